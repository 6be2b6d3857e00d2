//! The public routes of the sign-up flow. A GET changes nothing, a POST needs no cookie, and no
//! answer tells whose address is known.

mod api_request;
mod confirm_pages;
mod event_pages;
mod form_age;
mod mailed_link;
mod manage_pages;
mod proof_of_work;
mod sign_up_pages;
mod typed_address;
mod unsubscribe_pages;
mod visitor_request;
mod widget_page;

use axum::{
    Extension, Router, middleware,
    routing::{MethodRouter, get, post},
};

pub use sign_up_pages::consent_mark;
pub use widget_page::policy_url;

use super::sign_up_intake::Intake;
use crate::{app::App, http};

/// The form, the API, and the pages that mails link to.
pub fn routes(app: &App) -> Router<App> {
    let confirm = get(confirm_pages::page).post(confirm_pages::confirm_now);
    let never = get(confirm_pages::never_page).post(confirm_pages::never_now);
    let unsubscribe = get(unsubscribe_pages::page).post(unsubscribe_pages::leave_now);
    let preferences =
        get(unsubscribe_pages::preferences_page).post(unsubscribe_pages::preferences_now);
    // Whoever changes the language of an answer, or loads it again, comes with a GET: it leads to where they
    // can go on.
    let about = get(manage_pages::manage_page).post(manage_pages::change_about_now);
    let address = get(manage_pages::manage_page).post(manage_pages::ask_for_address);
    let erase = get(manage_pages::manage_page).post(manage_pages::erase);
    let again = get(confirm_pages::page).post(confirm_pages::again);
    let undo = get(unsubscribe_pages::preferences_page).post(unsubscribe_pages::undo_now);
    let router = Router::new()
        .route("/", get(sign_up_pages::form))
        .route("/widget.js", get(widget_page::widget))
        .route(
            "/subscribe",
            get(sign_up_pages::form).post(sign_up_pages::subscribe),
        )
        .route(
            "/api/v1/subscriptions",
            post(sign_up_pages::subscribe_by_api)
                .layer(middleware::from_fn(sign_up_pages::allow_own_sites)),
        )
        .route("/confirm/{token}/again", again)
        .route(
            "/manage",
            get(manage_pages::ask_page).post(manage_pages::ask),
        )
        .route("/manage/{token}/address", address)
        .route("/manage/{token}/about", about)
        .route("/manage/{token}/copy", get(manage_pages::copy))
        .route("/manage/{token}/erase", erase)
        .route("/undo/{token}", undo);
    let new_address = get(manage_pages::new_address_page).post(manage_pages::new_address_now);
    let event = get(event_pages::page).post(event_pages::sign_up);
    let router = mailed(router, "/event", event);
    let router = mailed(router, "/confirm", confirm);
    let router = mailed(router, "/never", never);
    // Mails have the short ones, so that a line of a header holds them; those of earlier mails, and
    // people's own links, go on working.
    let router = mailed(router, "/u", unsubscribe.clone());
    let router = mailed(router, "/p", preferences.clone());
    let router = mailed(router, "/unsubscribe", unsubscribe);
    let router = router
        .route("/manage/{token}", get(manage_pages::manage_page))
        .route("/manage/{token}/", get(manage_pages::manage_page));
    let router = mailed(router, "/new-address", new_address);
    mailed(router, "/preferences", preferences)
        .route_layer(middleware::from_fn(http::promptly))
        .layer(Extension(Intake::new(app)))
}

/// A route that stands in mails. Some mail software adds a slash to links, and H5 forbids to
/// redirect its POST. A link that was cut right before its token leads there, too.
fn mailed(router: Router<App>, path: &str, methods: MethodRouter<App>) -> Router<App> {
    router
        .route(path, methods.clone())
        .route(&format!("{path}/{{token}}"), methods.clone())
        .route(&format!("{path}/{{token}}/"), methods.clone())
        .route(&format!("{path}/"), methods)
}
