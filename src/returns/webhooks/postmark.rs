//! Postmark's webhooks (W4). They carry no signature: a name and a password in the address, sent as
//! HTTP Basic, prove who asks.

use axum::http::{HeaderMap, HeaderValue, header::AUTHORIZATION};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde::Deserialize;
use subtle::ConstantTimeEq;

use super::service_event::{Refused, ServiceEvent, decide};
use crate::{
    app::App,
    delivery::reply_class::{ReplyAction, ReplyClass},
    returns::return_reader::ReturnKind,
};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Event {
    #[serde(default)]
    record_type: String,
    #[serde(default, rename = "ID")]
    id: i64,
    #[serde(default, rename = "Type")]
    kind: String,
    #[serde(default)]
    email: String,
    #[serde(default)]
    recipient: String,
    #[serde(default, rename = "MessageID")]
    message_id: String,
    #[serde(default)]
    details: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    suppress_sending: bool,
    #[serde(default)]
    changed_at: String,
}

pub(super) fn events(
    app: &App,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Vec<ServiceEvent>, Refused> {
    let login = app
        .settings
        .returns
        .postmark_login
        .as_deref()
        .ok_or(Refused::NotSetUp)?;
    let given = headers.get(AUTHORIZATION).map(HeaderValue::as_bytes);
    if !is_login(login, given.unwrap_or_default()) {
        return Err(Refused::Signature);
    }
    let event: Event = serde_json::from_slice(body).map_err(|_| Refused::Body)?;
    Ok(read(event).into_iter().collect())
}

fn is_login(login: &str, given: &[u8]) -> bool {
    let expected = format!("Basic {}", BASE64_STANDARD.encode(login));
    bool::from(expected.as_bytes().ct_eq(given))
}

fn read(event: Event) -> Option<ServiceEvent> {
    let words = format!("{} {}", event.description, event.details);
    let (kind, class, action) = match (event.record_type.as_str(), event.kind.as_str()) {
        (
            "Bounce",
            "HardBounce"
            | "BadEmailAddress"
            | "ManuallyDeactivated"
            | "AddressChange"
            | "Undeliverable",
        ) => {
            let (class, action) = decide(&words, true);
            match class {
                // Theirs is a word for it; the server's say nothing.
                ReplyClass::Undetermined => (
                    ReturnKind::Bounce,
                    Some(ReplyClass::UnknownUser),
                    ReplyAction::Suppress,
                ),
                class => (ReturnKind::Bounce, Some(class), action),
            }
        }
        ("Bounce", "AutoResponder" | "ChallengeVerification") => {
            (ReturnKind::AutoReply, None, ReplyAction::Ignore)
        }
        ("Bounce", "Unsubscribe") => (ReturnKind::Unsubscribe, None, ReplyAction::Suppress),
        ("Bounce", "Transient") => (ReturnKind::Delay, None, ReplyAction::Retry),
        ("Bounce", _) => {
            let (class, action) = decide(&words, false);
            (ReturnKind::Bounce, Some(class), action)
        }
        ("SpamComplaint", _) => (ReturnKind::Complaint, None, ReplyAction::Suppress),
        ("SubscriptionChange", _) if event.suppress_sending => {
            (ReturnKind::Unsubscribe, None, ReplyAction::Suppress)
        }
        _ => return None,
    };
    let address = if event.email.is_empty() {
        event.recipient
    } else {
        event.email
    };
    Some(ServiceEvent {
        id: format!(
            "{} {} {} {}",
            event.record_type, event.id, event.message_id, event.changed_at
        ),
        kind,
        address,
        // Theirs, not ours.
        message_id: String::new(),
        class,
        action,
        status: None,
        diagnosis: words,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn w4_only_the_login_opens_and_auto_replies_harm_nobody() {
        let given = format!("Basic {}", BASE64_STANDARD.encode("gazette:secret"));
        assert!(is_login("gazette:secret", given.as_bytes()));
        assert!(!is_login("gazette:other", given.as_bytes()));
        assert!(!is_login("gazette:secret", b""));
        let event = |json: serde_json::Value| read(serde_json::from_value(json).unwrap());
        let vacation = serde_json::json!({"RecordType": "Bounce", "Type": "AutoResponder", "Email": "ana@example.org", "ID": 1});
        assert_eq!(event(vacation).unwrap().action, ReplyAction::Ignore);
        let hard = serde_json::json!({"RecordType": "Bounce", "Type": "HardBounce", "Email": "ana@example.org", "ID": 2,
            "Details": "smtp;550 5.1.1 unknown user"});
        assert_eq!(event(hard).unwrap().action, ReplyAction::Suppress);
        let spam = serde_json::json!({"RecordType": "Bounce", "Type": "HardBounce", "Email": "ana@example.org", "ID": 3,
            "Details": "550 5.7.1 blocked as spam"});
        assert_eq!(event(spam).unwrap().action, ReplyAction::Pause);
        assert_eq!(event(serde_json::json!({"RecordType": "Open"})), None);
    }
}
