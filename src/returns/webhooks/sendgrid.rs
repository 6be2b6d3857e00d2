//! `SendGrid`'s event webhook (W2): ECDSA P-256 over timestamp and body, which ends with a line end
//! that is signed too.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use axum::http::HeaderMap;
use base64::{Engine, prelude::BASE64_STANDARD};
use serde::Deserialize;
use x509_parser::{prelude::FromDer, x509::SubjectPublicKeyInfo};

use super::service_event::{Refused, ServiceEvent, decide};
use crate::{app::App, delivery::reply_class::ReplyAction, returns::return_reader::ReturnKind};

#[derive(Deserialize)]
struct Event {
    #[serde(rename = "event")]
    name: String,
    #[serde(default)]
    email: String,
    #[serde(default)]
    sg_event_id: String,
    #[serde(default, rename = "smtp-id")]
    smtp_id: String,
    #[serde(default, rename = "type")]
    kind: String,
    #[serde(default)]
    status: String,
    #[serde(default)]
    reason: String,
}

/// Events of one request that are read.
const EVENTS: usize = 5_000;

pub(super) fn events(
    app: &App,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Vec<ServiceEvent>, Refused> {
    let key = app
        .settings
        .returns
        .sendgrid_key
        .as_deref()
        .ok_or(Refused::NotSetUp)?;
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let signature = header("x-twilio-email-event-webhook-signature").ok_or(Refused::Signature)?;
    let timestamp = header("x-twilio-email-event-webhook-timestamp").ok_or(Refused::Signature)?;
    if !is_signed(key, signature, timestamp, body) {
        return Err(Refused::Signature);
    }
    let events: Vec<Event> = serde_json::from_slice(body).map_err(|_| Refused::Body)?;
    Ok(events.into_iter().take(EVENTS).filter_map(read).collect())
}

fn is_signed(key: &str, signature: &str, timestamp: &str, body: &[u8]) -> bool {
    let (Ok(key), Ok(signature)) = (
        BASE64_STANDARD.decode(key),
        BASE64_STANDARD.decode(signature),
    ) else {
        return false;
    };
    // Theirs is a SubjectPublicKeyInfo; the point is inside.
    let key = SubjectPublicKeyInfo::from_der(&key).map_or_else(
        |_| key.clone(),
        |(_, info)| info.subject_public_key.data.to_vec(),
    );
    let signed = [timestamp.as_bytes(), body].concat();
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, key)
        .verify(&signed, &signature)
        .is_ok()
}

fn read(event: Event) -> Option<ServiceEvent> {
    let (kind, class, action) = match event.name.as_str() {
        // "blocked" is theirs for "not for good", whatever the server said.
        "bounce" => {
            let words = format!("{} {}", event.status, event.reason);
            let (class, action) = decide(&words, event.kind != "blocked");
            (ReturnKind::Bounce, Some(class), action)
        }
        "dropped" => {
            let (class, action) = decide(&event.reason, true);
            (ReturnKind::Bounce, Some(class), action)
        }
        "deferred" => (ReturnKind::Delay, None, ReplyAction::Retry),
        "spamreport" => (ReturnKind::Complaint, None, ReplyAction::Suppress),
        "unsubscribe" | "group_unsubscribe" => {
            (ReturnKind::Unsubscribe, None, ReplyAction::Suppress)
        }
        _ => return None,
    };
    (!event.sg_event_id.is_empty()).then(|| ServiceEvent {
        id: event.sg_event_id,
        kind,
        address: event.email,
        message_id: event.smtp_id,
        class,
        action,
        status: (!event.status.is_empty()).then_some(event.status),
        diagnosis: event.reason,
    })
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::{
        rand::SystemRandom,
        signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair},
    };

    use super::*;

    #[test]
    fn w2_the_line_end_of_the_body_is_signed_and_every_change_is_found() {
        let random = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).unwrap();
        let pair =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, pkcs8.as_ref()).unwrap();
        let key = BASE64_STANDARD.encode(pair.public_key());
        let body = b"[{\"event\":\"bounce\"}]\r\n";
        let signed = [&b"1700000000"[..], body].concat();
        let signature = BASE64_STANDARD.encode(pair.sign(&random, &signed).unwrap());
        assert!(is_signed(&key, &signature, "1700000000", body));
        assert!(!is_signed(&key, &signature, "1700000001", body));
        assert!(!is_signed(
            &key,
            &signature,
            "1700000000",
            body.trim_ascii_end()
        ));
        assert!(!is_signed(&key, "AAAA", "1700000000", body));
        assert!(!is_signed("no key", &signature, "1700000000", body));
    }

    #[test]
    fn events_are_decided_by_the_words_of_the_server() {
        let event = |json: serde_json::Value| read(serde_json::from_value(json).unwrap());
        let hard = serde_json::json!({"event": "bounce", "type": "bounce", "status": "5.1.1", "reason": "550 5.1.1 user unknown",
            "email": "ana@example.org", "sg_event_id": "1", "something": "new"});
        assert_eq!(event(hard).unwrap().action, ReplyAction::Suppress);
        let full = serde_json::json!({"event": "bounce", "type": "blocked", "reason": "552 5.2.2 mailbox full", "sg_event_id": "2"});
        assert_eq!(event(full).unwrap().action, ReplyAction::Count);
        let blocked = serde_json::json!({"event": "bounce", "type": "blocked", "reason": "550 user unknown", "sg_event_id": "3"});
        assert_ne!(event(blocked).unwrap().action, ReplyAction::Suppress);
        let opened = serde_json::json!({"event": "open", "sg_event_id": "4"});
        assert_eq!(event(opened), None);
    }
}
