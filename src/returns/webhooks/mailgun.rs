//! Mailgun's webhooks (W3). The signature covers a timestamp and a token but not the event, so a token
//! is good for one event only: it is what the event is known by.

use aws_lc_rs::hmac;
use data_encoding::HEXLOWER_PERMISSIVE;
use serde::Deserialize;

use super::service_event::{Refused, ServiceEvent, decide};
use crate::{app::App, delivery::reply_class::ReplyAction, returns::return_reader::ReturnKind};

/// Seconds for which a signature is taken.
const FRESH_S: i64 = 15 * 60;

#[derive(Deserialize)]
struct Request {
    signature: Signature,
    #[serde(rename = "event-data")]
    event: Event,
}

#[derive(Deserialize)]
struct Signature {
    timestamp: String,
    token: String,
    #[serde(rename = "signature")]
    tag: String,
}

#[derive(Deserialize)]
struct Event {
    #[serde(rename = "event")]
    name: String,
    #[serde(default)]
    severity: String,
    #[serde(default)]
    recipient: String,
    #[serde(default, rename = "delivery-status")]
    status: Status,
    #[serde(default)]
    message: Message,
}

#[derive(Deserialize, Default)]
struct Status {
    #[serde(default)]
    code: Option<i64>,
    #[serde(default)]
    message: Option<String>,
    #[serde(default)]
    description: Option<String>,
    #[serde(default, rename = "enhanced-code")]
    enhanced: Option<String>,
}

#[derive(Deserialize, Default)]
struct Message {
    #[serde(default)]
    headers: Headers,
}

#[derive(Deserialize, Default)]
struct Headers {
    #[serde(default, rename = "message-id")]
    message_id: String,
}

pub(super) fn events(app: &App, body: &[u8]) -> Result<Vec<ServiceEvent>, Refused> {
    let key = app
        .settings
        .returns
        .mailgun_key
        .as_deref()
        .ok_or(Refused::NotSetUp)?;
    // The signature is part of the body, so that is read first, and nothing of it believed.
    let request: Request = serde_json::from_slice(body).map_err(|_| Refused::Body)?;
    if !is_signed(key, &request.signature, app.clock.now_ms() / 1_000) {
        return Err(Refused::Signature);
    }
    Ok(read(request).into_iter().collect())
}

fn is_signed(key: &str, signature: &Signature, now_s: i64) -> bool {
    let fresh = signature
        .timestamp
        .parse()
        .is_ok_and(|at: i64| now_s.saturating_sub(at).abs() <= FRESH_S);
    let key = hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes());
    let signed = format!("{}{}", signature.timestamp, signature.token);
    fresh
        && HEXLOWER_PERMISSIVE
            .decode(signature.tag.as_bytes())
            // Compares in constant time.
            .is_ok_and(|given| hmac::verify(&key, signed.as_bytes(), &given).is_ok())
}

fn read(request: Request) -> Option<ServiceEvent> {
    let event = request.event;
    let words = [
        event.status.code.map(|code| code.to_string()),
        event.status.enhanced.clone(),
        event.status.message,
        event.status.description,
    ];
    let words = words.into_iter().flatten().collect::<Vec<_>>().join(" ");
    let (kind, class, action) = match event.name.as_str() {
        "failed" if event.severity == "temporary" => (ReturnKind::Delay, None, ReplyAction::Retry),
        "failed" => {
            let (class, action) = decide(&words, true);
            (ReturnKind::Bounce, Some(class), action)
        }
        "complained" => (ReturnKind::Complaint, None, ReplyAction::Suppress),
        "unsubscribed" => (ReturnKind::Unsubscribe, None, ReplyAction::Suppress),
        _ => return None,
    };
    Some(ServiceEvent {
        id: request.signature.token,
        kind,
        address: event.recipient,
        message_id: event.message.headers.message_id,
        class,
        action,
        status: event.status.enhanced,
        diagnosis: words,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signature(timestamp: &str, token: &str) -> Signature {
        let key = hmac::Key::new(hmac::HMAC_SHA256, b"signing key");
        let tag = hmac::sign(&key, format!("{timestamp}{token}").as_bytes());
        Signature {
            timestamp: timestamp.to_owned(),
            token: token.to_owned(),
            tag: HEXLOWER_PERMISSIVE.encode(tag.as_ref()),
        }
    }

    #[test]
    fn w3_a_signature_holds_for_its_token_and_a_quarter_of_an_hour() {
        let good = signature("1700000000", "abc");
        assert!(is_signed("signing key", &good, 1_700_000_000 + FRESH_S));
        assert!(!is_signed("signing key", &good, 1_700_000_001 + FRESH_S));
        assert!(!is_signed("another key", &good, 1_700_000_000));
        let stolen = Signature {
            token: "abd".to_owned(),
            ..signature("1700000000", "abc")
        };
        assert!(!is_signed("signing key", &stolen, 1_700_000_000));
    }
}
