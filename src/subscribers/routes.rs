//! The public routes of the sign-up flow. A GET changes nothing, a POST needs no cookie, and no
//! answer tells whose address is known.

mod confirming;
mod form_age;
mod leaving;
mod signing_up;

use axum::{
    Router,
    response::Response,
    routing::{MethodRouter, get, post},
};
use gazette_templates::pages::subscribers::TopicChoice;

use super::{Press, TopicRow};
use crate::{
    app::App,
    http::{Failure, Visitor},
};

type Answer = Result<Response, Failure>;

/// The form, the API, and the pages that mails link to.
pub fn routes() -> Router<App> {
    let confirm = get(confirming::page).post(confirming::confirm_now);
    let never = get(confirming::never_page).post(confirming::never_now);
    let unsubscribe = get(leaving::page).post(leaving::leave_now);
    let preferences = get(leaving::preferences_page).post(leaving::preferences_now);
    let router = Router::new()
        .route("/", get(signing_up::form))
        // Whoever changes the language of the answer comes here with a GET.
        .route(
            "/subscribe",
            get(signing_up::form).post(signing_up::subscribe),
        )
        .route("/api/v1/subscriptions", post(signing_up::subscribe_by_api))
        .route("/confirm/{token}/again", post(confirming::again));
    let router = mailed(router, "/confirm/{token}", confirm);
    let router = mailed(router, "/never/{token}", never);
    let router = mailed(router, "/unsubscribe/{token}", unsubscribe);
    mailed(router, "/preferences/{token}", preferences)
}

/// A route that stands in mails. Some mail software adds a slash to links, and H5 forbids to
/// redirect its POST.
fn mailed(router: Router<App>, path: &str, methods: MethodRouter<App>) -> Router<App> {
    router
        .route(path, methods.clone())
        .route(&format!("{path}/"), methods)
}

fn press(visitor: &Visitor) -> Press {
    Press {
        ip: visitor.client.ip.to_string(),
        user_agent: visitor.user_agent.clone(),
    }
}

fn choice(topic: &TopicRow, chosen: bool) -> TopicChoice {
    TopicChoice {
        slug: topic.slug.clone(),
        name: topic.name.clone(),
        description: topic.description.clone(),
        chosen,
    }
}

/// The network to count a sign-up in (O6). Without a forwarding proxy every visitor of a trial has
/// this machine's own address: counting it would lock out everyone at the sixth sign-up.
fn network(app: &App, visitor: &Visitor) -> Option<String> {
    let client = visitor.client;
    let trial =
        app.settings.public_url.is_loopback() && client.ip.is_loopback() && !client.forwarded;
    (!trial).then(|| client.network())
}
