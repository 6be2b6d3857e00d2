//! Signed webhooks of sending services: Amazon SES over SNS, `SendGrid`, Mailgun, Postmark (W1–W5).
//!
//! The signature is checked over the octets as they came, before anything is read from them; an event
//! is stored before it is answered with 200, and its id tells a repetition. A service without a key in
//! the settings has no route that answers.

mod mailgun;
mod postmark;
mod sendgrid;
mod service_event;
mod sns;

#[cfg(test)]
mod webhook_tests;

use std::{num::NonZeroU32, sync::LazyLock};

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, State},
    http::{HeaderMap, StatusCode},
    routing::post,
};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use self::service_event::{Refused, ServiceEvent};
use super::{
    marks::ReturnMarks,
    receive::{Return, act},
    return_channel::note_success,
    return_reader::{Reading, ReturnKind, ReturnedRecipient},
    returned_mail::ReturnWay,
};
use crate::{app::App, delivery::reply_class::ReplyClass, repeated_fault::DailyCount};

/// Requests a second for each service; a burst of ten times as many.
const REQUESTS_PER_SECOND: NonZeroU32 = NonZeroU32::new(100).unwrap();
const BURST: NonZeroU32 = NonZeroU32::new(1_000).unwrap();

static LIMITS: LazyLock<DefaultKeyedRateLimiter<&'static str>> =
    LazyLock::new(|| RateLimiter::keyed(Quota::per_second(REQUESTS_PER_SECOND).allow_burst(BURST)));

/// Anybody can bring it about.
static REFUSED: DailyCount = DailyCount::new();

/// A message of a service: some gather a thousand events.
const LARGEST: usize = 1024 * 1024;

/// The routes for the services.
pub fn routes() -> Router<App> {
    let receive = post(receive).layer(DefaultBodyLimit::max(LARGEST));
    Router::new().route("/returns/{service}", receive)
}

async fn receive(
    State(app): State<App>,
    Path(service): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let service = match service.as_str() {
        "ses" => "ses",
        "sendgrid" => "sendgrid",
        "mailgun" => "mailgun",
        "postmark" => "postmark",
        _ => return StatusCode::NOT_FOUND,
    };
    if LIMITS.check_key(&service).is_err() {
        return StatusCode::TOO_MANY_REQUESTS;
    }
    let events = match service {
        "ses" => sns::events(&app, &body).await,
        "sendgrid" => sendgrid::events(&app, &headers, &body),
        "mailgun" => mailgun::events(&app, &body),
        _ => postmark::events(&app, &headers, &body),
    };
    let events = match events {
        Ok(events) => events,
        Err(refused) => {
            if let Some(today) = REFUSED.one_more(app.clock.now_ms()) {
                tracing::warn!(service, %refused, today, "a webhook was refused");
            }
            return match refused {
                Refused::NotSetUp => StatusCode::NOT_FOUND,
                Refused::Signature => StatusCode::FORBIDDEN,
                Refused::Body => StatusCode::BAD_REQUEST,
                Refused::TryAgain => StatusCode::SERVICE_UNAVAILABLE,
            };
        }
    };
    for event in events {
        let identity = format!("{service} {}", event.id);
        let reading = reading(&event);
        let returned = Return {
            way: ReturnWay::Webhook,
            reading: &reading,
            identity: identity.as_bytes(),
            raw: &body,
            signed: true,
        };
        if let Err(error) = act(&app, &returned).await {
            tracing::error!(service, %error, "a webhook could not be stored");
            return StatusCode::SERVICE_UNAVAILABLE;
        }
    }
    let words = format!("The last events from {service} were taken.");
    if let Err(error) = note_success(&app, ReturnWay::Webhook, &words).await {
        tracing::warn!(service, %error, "that a webhook came could not be written down");
    }
    StatusCode::OK
}

fn reading(event: &ServiceEvent) -> Reading {
    let class = event.class;
    let why = class.map_or_else(
        || match event.kind {
            ReturnKind::Complaint => {
                "The sending service says that the reader called this mail spam."
            }
            ReturnKind::Unsubscribe => "The sending service says that the reader wants to leave.",
            _ => "Told by the sending service. Nothing changes.",
        },
        ReplyClass::explanation,
    );
    let mut marks = ReturnMarks::default();
    marks.look_at_message_id(&event.message_id);
    Reading {
        kind: event.kind,
        recipients: vec![ReturnedRecipient {
            address: Some(event.address.clone()),
            diagnosis: event.diagnosis.clone(),
            status: event.status.clone(),
            class,
            action: event.action,
            why: why.to_owned(),
        }],
        marks,
        from: None,
        subject: String::new(),
        message_id: None,
        report: None,
    }
}
