//! What a reader is told when something goes wrong: one friendly page in their language, or JSON
//! for a program, and never the reason itself, which the log has.

use std::time::Duration;

use axum::{
    Json,
    body::Body,
    extract::Request,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{Html, IntoResponse, Response},
};
use gazette_templates::pages::{
    layout::{Frame, page},
    staff::{self, Notice},
    subscribers::notice,
    words::Words,
};
use sea_orm::{ConnAcquireErr, DbErr, RuntimeErr};
use serde_json::json;

use super::visitor::{accepted, asked, best};
use crate::{address::veil, rendering::TooBusy};

/// What went wrong on our side: the reader is told to come back, the log is told why.
#[derive(Debug)]
pub struct Failure(anyhow::Error);

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        if self.0.chain().any(<dyn std::error::Error>::is::<TooBusy>) {
            return later(RETRY_AFTER_SECONDS);
        }
        if self.0.chain().any(is_of_the_database) {
            // Every page says so while it lasts: who watches is told by the scheduler, at growing intervals.
            tracing::debug!(
                error = format!("{:#}", self.0),
                "the database failed a request"
            );
            return later(RETRY_AFTER_OUTAGE_SECONDS);
        }
        // V3: a room's error names the address that it is about.
        let error = veil(&format!("{:#}", self.0));
        tracing::error!(error, "a request failed");
        // `explain` says the rest.
        StatusCode::INTERNAL_SERVER_ERROR.into_response()
    }
}

/// A room's error passes on its cause, and may stand for it.
fn is_of_the_database(cause: &(dyn std::error::Error + 'static)) -> bool {
    cause.is::<DbErr>() || cause.is::<RuntimeErr>() || cause.is::<ConnAcquireErr>()
}

/// Seconds after which to ask again.
const RETRY_AFTER_SECONDS: u64 = 5;
/// See [`RETRY_AFTER_SECONDS`].
const RETRY_AFTER_OUTAGE_SECONDS: u64 = 120;

fn later(seconds: u64) -> Response {
    let again = [(header::RETRY_AFTER, HeaderValue::from(seconds))];
    (StatusCode::SERVICE_UNAVAILABLE, again).into_response()
}

/// Answers within five seconds whatever the database does: a mailbox provider that presses "unsubscribe"
/// for a reader waits no longer, and comes back where it is told to. What was not answered in time has
/// not happened.
pub async fn promptly(request: Request, next: Next) -> Response {
    let answered = tokio::time::timeout(ANSWER_TIMEOUT, next.run(request)).await;
    answered.unwrap_or_else(|_| later(RETRY_AFTER_OUTAGE_SECONDS))
}

/// See [`promptly`].
const ANSWER_TIMEOUT: Duration = Duration::from_millis(4_500);

/// Puts our words in the place of every bare error: ours, the framework's (a form that cannot be
/// read, a body that is too large, a method that the page does not have), a panic, a timeout.
pub async fn explain(request: Request, next: Next) -> Response {
    let json = wants_json(&request);
    // A script of our own pages, which shows what is wrong in their words.
    let plain = request
        .headers()
        .get(header::ACCEPT)
        .is_some_and(|accept| accept == "text/plain");
    let asked = asked(request.uri());
    let of_staff = request.uri().path().starts_with("/staff");
    let accepted = accepted(request.headers()).to_owned();
    let response = next.run(request).await;
    if !(response.status().is_client_error() || response.status().is_server_error()) {
        return response;
    }
    match kind_of(response.headers()) {
        "application/json" => return response,
        "text/html" if !json => return response,
        "text/plain" if plain => return response,
        _ => {}
    }
    let (mut parts, _) = response.into_parts();
    let body = if json {
        let error = match parts.status {
            StatusCode::PAYLOAD_TOO_LARGE => "this is too large; send less at once".to_owned(),
            status => status.canonical_reason().unwrap_or("error").to_lowercase(),
        };
        Json(json!({ "error": error })).into_response()
    } else {
        let ours: Vec<&str> = Words::all().iter().map(|words| words.tag).collect();
        let words = best(&ours, asked.as_deref(), &accepted);
        let page = if of_staff {
            told_to_staff(parts.status)
        } else {
            told(words, parts.status)
        };
        Html(page).into_response()
    };
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.insert(
        header::CONTENT_TYPE,
        body.headers()
            .get(header::CONTENT_TYPE)
            .cloned()
            .unwrap_or(HeaderValue::from_static("text/plain")),
    );
    Response::from_parts(parts, Body::new(body.into_body()))
}

fn kind_of(headers: &HeaderMap) -> &str {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .unwrap_or_default()
        .trim()
}

/// Programs talk to the API, or say that they read JSON and no pages.
fn wants_json(request: &Request) -> bool {
    let accept = request
        .headers()
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    request.uri().path().starts_with("/api/")
        || (accept.contains("application/json") && !accept.contains("text/html"))
}

/// The page in the console, which speaks English and leads back there.
fn told_to_staff(status: StatusCode) -> String {
    let (title, text) = match status {
        StatusCode::NOT_FOUND => (
            "There is no such page",
            "The address may be cut or mistyped.",
        ),
        _ if status.is_client_error() => (
            "This cannot be read",
            "The address or the form is not complete, so nothing was done. Go back, and try once more.",
        ),
        _ => staff::WENT_WRONG,
    };
    staff::notice(&Notice {
        title: title.to_owned(),
        text: text.to_owned(),
        link: ("/staff".to_owned(), "Go to the console".to_owned()),
    })
    .into_string()
}

/// The page. It asks the database nothing: the database may be what failed.
fn told(words: &'static Words, status: StatusCode) -> String {
    let (title, text) = match status {
        StatusCode::NOT_FOUND => (words.not_found_title, words.not_found),
        _ if status.is_client_error() => (words.unread_title, words.unread),
        _ => (words.failed_title, words.failed),
    };
    let frame = Frame {
        office: words.sign_up_title,
        postal_address: "",
        privacy_url: "/privacy",
        colour: None,
        words,
        languages: &[],
        query: "",
        event: None,
    };
    page(&frame, title, &notice(title, text)).into_string()
}
