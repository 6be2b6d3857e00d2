//! Subscribers in the console: how many there are, and why one of them may be mailed.

use axum::{
    Form, Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use gazette_templates::pages::staff::{self as pages, Evidence, EvidenceLine, SubscribersView};
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::Value;

use super::{
    failure::{Failure, sentence},
    frame::{frame, shown},
    guard::{Admin, SignedIn, Viewer},
    return_pages::item,
    state::Console,
};
use crate::{
    app::App,
    clock::Timestamp,
    office::Office,
    returns,
    subscribers::{self, Status, SubscriberError},
};

type Answer = Result<Response, Failure>;

pub fn routes() -> Router<Console> {
    Router::new().route("/staff/subscribers", get(subscribers_page).post(evidence))
}

async fn subscribers_page(State(app): State<App>, Viewer(me): Viewer) -> Answer {
    Ok(pages::subscribers(&view(&app, &me).await?).into_response())
}

#[derive(Deserialize)]
struct Address {
    email: String,
}

/// A POST, although it changes nothing: the address must not stand in a URL.
async fn evidence(State(app): State<App>, Admin(me): Admin, Form(form): Form<Address>) -> Answer {
    let mut view = view(&app, &me).await?;
    let zone = Office::load(&app.db).await?.time_zone;
    let status = match subscribers::show_evidence(&app, &form.email, me.who()).await {
        Ok(evidence) => {
            let returned = returns::of_address(&app, &form.email).await?;
            view.evidence = Some(Evidence {
                returns: returned.iter().map(|line| item(line, &zone)).collect(),
                ..told(&evidence, &zone)
            });
            StatusCode::OK
        }
        Err(error @ (SubscriberError::NotFound(_) | SubscriberError::Address(..))) => {
            view.error = Some(sentence(&error));
            StatusCode::UNPROCESSABLE_ENTITY
        }
        Err(error) => return Err(error.into()),
    };
    view.email = form.email;
    Ok((status, pages::subscribers(&view)).into_response())
}

async fn view(app: &App, me: &SignedIn) -> Result<SubscribersView, Failure> {
    Ok(SubscribersView {
        frame: frame(app, me, None).await?,
        counts: subscribers::counts(app)
            .await?
            .into_iter()
            .map(|(status, number)| (status.as_str(), means(status), number))
            .collect(),
        email: String::new(),
        evidence: None,
        error: None,
    })
}

fn means(status: Status) -> &'static str {
    match status {
        Status::Pending => "asked, have not confirmed yet",
        Status::Confirmed => "get newsletters",
        Status::Unsubscribed => "have left",
        Status::Bounced => "their address takes no mail",
        Status::Complained => "called our mail spam",
        Status::Blocked => "asked never to be written to",
    }
}

/// The evidence as it is printed on the command line, laid out for reading.
fn told(evidence: &Value, zone: &TimeZone) -> Evidence {
    let text = |value: &Value, key: &str| words(&value[key]);
    let at = |value: &Value, key: &str| match text(value, key).parse::<Timestamp>() {
        Ok(at) => shown(at, zone),
        Err(_) => text(value, key),
    };
    let list = |key: &str| {
        evidence[key]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default()
    };
    Evidence {
        email: text(evidence, "email"),
        status: text(evidence, "status"),
        since: at(evidence, "since"),
        topics: list("topics").iter().map(words).collect(),
        returns: Vec::new(),
        events: list("events")
            .iter()
            .map(|event| EvidenceLine {
                at: at(event, "at"),
                event: text(event, "event").replace('_', " "),
                details: event
                    .as_object()
                    .into_iter()
                    .flatten()
                    .filter(|(key, value)| {
                        !matches!(key.as_str(), "at" | "event") && !value.is_null()
                    })
                    .map(|(key, value)| (key.replace('_', " "), words(value)))
                    .collect(),
            })
            .collect(),
    }
}

fn words(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}
