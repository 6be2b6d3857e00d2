//! Leaving and choosing: what the links at the end of every newsletter lead to.

use axum::{
    body::Bytes,
    extract::{Path, State, rejection::BytesRejection},
    response::Response,
};
use axum_extra::extract::Form;
use gazette_templates::pages::{
    subscribers::{self as pages, TopicChoice, notice},
    words::Words,
};
use serde::Deserialize;

use super::visitor_request::{Answer, choice, origin};
use crate::{
    app::App,
    http::{self, Visitor},
    office::Office,
    subscribers::{UnsubscribeChannel, choices, choose, link::SubscriberLink, unsubscribe},
};

pub(super) async fn page(
    State(app): State<App>,
    Path(token): Path<String>,
    visitor: Visitor,
) -> Answer {
    let office = Office::load(&app.db).await?;
    let words = visitor.words(&office, None);
    let content = pages::unsubscribe(words, &office.name, &echoed(&app, &token));
    Ok(http::page(
        &office,
        words,
        words.unsubscribe_title,
        &content,
    ))
}

/// RFC 8058 §3.1: the POST must not be redirected, needs no cookie and no login. The token in the
/// address decides; whatever the body is, from urlencoded over the RFC's own malformed multipart
/// example to nothing at all, it only tells the evidence who pressed (H4, H7).
pub(super) async fn leave_now(
    State(app): State<App>,
    Path(token): Path<String>,
    visitor: Visitor,
    body: Result<Bytes, BytesRejection>,
) -> Answer {
    // Too large, or broken off: it would only have told who pressed.
    let body = body.unwrap_or_default();
    if let Some(link) = SubscriberLink::from_token(&app.keys, &token) {
        let body = String::from_utf8_lossy(&body);
        let one_click = body.contains("List-Unsubscribe") && body.contains("One-Click");
        let by = if one_click {
            UnsubscribeChannel::OneClick
        } else {
            UnsubscribeChannel::Page
        };
        unsubscribe(&app, link, by, &origin(&visitor)).await?;
    }
    let office = Office::load(&app.db).await?;
    Ok(unsubscribed(&office, visitor.words(&office, None)))
}

/// H8: the same for who has left, who leaves now, and who never was here.
fn unsubscribed(office: &Office, words: &'static Words) -> Response {
    let content = notice(words.unsubscribed_title, words.unsubscribed);
    http::page(office, words, words.unsubscribed_title, &content)
}

/// A token as it may go back into a page: what we did not make is not repeated.
fn echoed(app: &App, token: &str) -> String {
    match SubscriberLink::from_token(&app.keys, token) {
        Some(link) => link.token(&app.keys),
        // H8: the page looks the same for a token that nobody has.
        None => token
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .take(SubscriberLink::TOKEN)
            .collect(),
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct PreferencesForm {
    #[serde(default)]
    topic: Vec<String>,
    lang: Option<String>,
}

pub(super) async fn preferences_page(
    State(app): State<App>,
    Path(token): Path<String>,
    visitor: Visitor,
) -> Answer {
    show(&app, &token, &visitor, false).await
}

pub(super) async fn preferences_now(
    State(app): State<App>,
    Path(token): Path<String>,
    visitor: Visitor,
    Form(form): Form<PreferencesForm>,
) -> Answer {
    if let Some(link) = SubscriberLink::from_token(&app.keys, &token) {
        let language = form.lang.as_deref().map(|tag| Words::of(tag).tag);
        choose(&app, link, &form.topic, language, &origin(&visitor)).await?;
    }
    show(&app, &token, &visitor, true).await
}

async fn show(app: &App, token: &str, visitor: &Visitor, saved: bool) -> Answer {
    let office = Office::load(&app.db).await?;
    let found = match SubscriberLink::from_token(&app.keys, token) {
        Some(link) => choices(app, link).await?,
        None => None,
    };
    let Some((topics, language)) = found else {
        // Who has left, and who never was: the way back is the form.
        return Ok(unsubscribed(&office, visitor.words(&office, None)));
    };
    let words = visitor.words(&office, Some(&language));
    let topics: Vec<TopicChoice> = topics
        .iter()
        .map(|(topic, chosen)| choice(topic, *chosen))
        .collect();
    let content = pages::preferences(
        words,
        &echoed(app, token),
        &topics,
        &http::languages(&office),
        Words::of(&language).tag,
        saved,
    );
    Ok(http::page(
        &office,
        words,
        words.preferences_title,
        &content,
    ))
}
