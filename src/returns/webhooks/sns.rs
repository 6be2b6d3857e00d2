//! Amazon SES over SNS (W1): the notification is signed with a certificate that is fetched from
//! Amazon's own host, and only topics that the settings name are heard.

use std::{
    collections::HashMap,
    sync::{LazyLock, Mutex},
    time::Duration,
};

use aws_lc_rs::signature::{
    RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey,
};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde::Deserialize;
use x509_parser::{parse_x509_certificate, pem::parse_x509_pem};

use super::service_event::{Refused, ServiceEvent, decide};
use crate::{
    app::App,
    clock::Timestamp,
    delivery::reply_class::{ReplyAction, ReplyClass},
    http_client,
    returns::return_reader::ReturnKind,
};

/// Seconds after which a notification is too old.
const FRESH_S: i64 = 60 * 60;
/// Octets of a certificate.
const CERTIFICATE_OCTETS: usize = 16 * 1024;
/// Certificates that are remembered: Amazon has a few for each region.
const REMEMBERED: usize = 32;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Notification {
    #[serde(rename = "Type")]
    kind: String,
    message_id: String,
    topic_arn: String,
    message: String,
    timestamp: String,
    signature_version: String,
    signature: String,
    #[serde(rename = "SigningCertURL")]
    signing_cert_url: String,
    subject: Option<String>,
    #[serde(rename = "SubscribeURL")]
    subscribe_url: Option<String>,
    token: Option<String>,
}

static CERTIFICATES: LazyLock<Mutex<HashMap<String, Vec<u8>>>> = LazyLock::new(Mutex::default);

pub(super) async fn events(app: &App, body: &[u8]) -> Result<Vec<ServiceEvent>, Refused> {
    let topics = &app.settings.returns.ses_topics;
    if topics.is_empty() {
        return Err(Refused::NotSetUp);
    }
    let notification: Notification = serde_json::from_slice(body).map_err(|_| Refused::Body)?;
    if !topics.contains(&notification.topic_arn) {
        return Err(Refused::Signature);
    }
    if !is_fresh(&notification, app.clock.now()) || !is_amazon(&notification.signing_cert_url) {
        return Err(Refused::Signature);
    }
    let certificate = certificate(&notification.signing_cert_url).await?;
    if !is_signed(&notification, &certificate, app.clock.now()) {
        return Err(Refused::Signature);
    }
    match notification.kind.as_str() {
        "Notification" => read(&notification),
        "SubscriptionConfirmation" => {
            let url = notification.subscribe_url.as_deref().unwrap_or_default();
            if !is_amazon(url) {
                return Err(Refused::Signature);
            }
            fetch(url).await?;
            tracing::info!(
                topic = notification.topic_arn,
                "the SNS subscription is confirmed"
            );
            Ok(Vec::new())
        }
        _ => Ok(Vec::new()),
    }
}

fn is_fresh(notification: &Notification, now: Timestamp) -> bool {
    notification
        .timestamp
        .parse::<Timestamp>()
        .is_ok_and(|at| now.duration_since(at).as_secs().abs() <= FRESH_S)
}

/// `https://sns.{region}.amazonaws.com/` and China's `.com.cn`, and nothing that only looks so.
fn is_amazon(url: &str) -> bool {
    let Ok(url) = url::Url::parse(url) else {
        return false;
    };
    let region = url.host_str().and_then(|host| {
        let host = host.strip_prefix("sns.")?;
        host.strip_suffix(".amazonaws.com")
            .or_else(|| host.strip_suffix(".amazonaws.com.cn"))
    });
    url.scheme() == "https"
        && url.port().is_none()
        && url.username().is_empty()
        && url.password().is_none()
        && region.is_some_and(|region| {
            !region.is_empty()
                && region
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        })
}

async fn certificate(url: &str) -> Result<Vec<u8>, Refused> {
    let known = CERTIFICATES
        .lock()
        .ok()
        .and_then(|known| known.get(url).cloned());
    if let Some(certificate) = known {
        return Ok(certificate);
    }
    let certificate = fetch(url).await?;
    remember(url, certificate.clone());
    Ok(certificate)
}

pub(super) fn remember(url: &str, certificate: Vec<u8>) {
    if let Ok(mut known) = CERTIFICATES.lock() {
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert(url.to_owned(), certificate);
    }
}

/// Only ever Amazon's own host, over TLS, without redirects.
async fn fetch(url: &str) -> Result<Vec<u8>, Refused> {
    let client = http_client::builder(Duration::from_secs(10))
        .https_only(true)
        .build()
        .map_err(|_| Refused::TryAgain)?;
    let mut response = client
        .get(url)
        .send()
        .await
        .map_err(|_| Refused::TryAgain)?;
    if !response.status().is_success() {
        return Err(Refused::TryAgain);
    }
    let content = http_client::read_at_most(&mut response, CERTIFICATE_OCTETS).await;
    content
        .map_err(|_| Refused::TryAgain)?
        .ok_or(Refused::Signature)
}

fn is_signed(notification: &Notification, pem: &[u8], now: Timestamp) -> bool {
    let Ok((_, pem)) = parse_x509_pem(pem) else {
        return false;
    };
    let Ok((_, certificate)) = parse_x509_certificate(&pem.contents) else {
        return false;
    };
    let valid = certificate.validity();
    let now = now.as_second();
    if now < valid.not_before.timestamp() || now > valid.not_after.timestamp() {
        return false;
    }
    let Ok(signature) = BASE64_STANDARD.decode(&notification.signature) else {
        return false;
    };
    let key = certificate.public_key().subject_public_key.data.as_ref();
    let algorithm = match notification.signature_version.as_str() {
        "1" => &RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY,
        "2" => &RSA_PKCS1_2048_8192_SHA256,
        _ => return false,
    };
    UnparsedPublicKey::new(algorithm, key)
        .verify(signed_text(notification).as_bytes(), &signature)
        .is_ok()
}

/// Names and values in the order of the names, each on its line.
fn signed_text(notification: &Notification) -> String {
    let mut text = String::new();
    let fields = [
        ("Message", Some(&notification.message)),
        ("MessageId", Some(&notification.message_id)),
        ("Subject", notification.subject.as_ref()),
        ("SubscribeURL", notification.subscribe_url.as_ref()),
        ("Timestamp", Some(&notification.timestamp)),
        ("Token", notification.token.as_ref()),
        ("TopicArn", Some(&notification.topic_arn)),
        ("Type", Some(&notification.kind)),
    ];
    for (name, value) in fields {
        if let Some(value) = value {
            text.push_str(name);
            text.push('\n');
            text.push_str(value);
            text.push('\n');
        }
    }
    text
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SesEvent {
    #[serde(alias = "eventType")]
    notification_type: String,
    bounce: Option<Bounce>,
    complaint: Option<Complaint>,
    #[serde(default)]
    mail: Mail,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bounce {
    #[serde(rename = "bounceType")]
    kind: String,
    #[serde(rename = "bounceSubType", default)]
    sub_kind: String,
    #[serde(default)]
    bounced_recipients: Vec<Recipient>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Complaint {
    #[serde(default)]
    complained_recipients: Vec<Recipient>,
    complaint_feedback_type: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Recipient {
    email_address: String,
    status: Option<String>,
    diagnostic_code: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct Mail {
    #[serde(default)]
    headers: Vec<Header>,
}

#[derive(Deserialize)]
struct Header {
    name: String,
    value: String,
}

fn read(notification: &Notification) -> Result<Vec<ServiceEvent>, Refused> {
    let event: SesEvent = serde_json::from_str(&notification.message).map_err(|_| Refused::Body)?;
    let message_id = event
        .mail
        .headers
        .iter()
        .find(|header| header.name.eq_ignore_ascii_case("message-id"))
        .map(|header| header.value.clone())
        .unwrap_or_default();
    let make = |recipient: Recipient, kind, class, action| ServiceEvent {
        id: format!("{} {}", notification.message_id, recipient.email_address),
        kind,
        address: recipient.email_address,
        message_id: message_id.clone(),
        class,
        action,
        status: recipient.status,
        diagnosis: recipient.diagnostic_code.unwrap_or_default(),
    };
    Ok(
        match (
            event.notification_type.as_str(),
            event.bounce,
            event.complaint,
        ) {
            ("Bounce", Some(bounce), _) => bounce
                .bounced_recipients
                .into_iter()
                .map(|recipient| {
                    let words = format!(
                        "{} {}",
                        recipient.diagnostic_code.as_deref().unwrap_or_default(),
                        recipient.status.as_deref().unwrap_or_default(),
                    );
                    let permanent = bounce.kind == "Permanent";
                    let (class, action) = match decide(&words, permanent) {
                        (ReplyClass::Undetermined, _) if permanent => {
                            let passed_on = recipient.diagnostic_code.is_some();
                            let class = by_sub_type(&bounce.sub_kind, passed_on);
                            (class, class.action(true))
                        }
                        decided => decided,
                    };
                    make(recipient, ReturnKind::Bounce, Some(class), action)
                })
                .collect(),
            ("Complaint", _, Some(complaint)) => {
                let taken_back = complaint.complaint_feedback_type.as_deref() == Some("not-spam");
                let (kind, action) = if taken_back {
                    (ReturnKind::Report, ReplyAction::Ignore)
                } else {
                    (ReturnKind::Complaint, ReplyAction::Suppress)
                };
                complaint
                    .complained_recipients
                    .into_iter()
                    .map(|recipient| make(recipient, kind, None, action))
                    .collect()
            }
            _ => Vec::new(),
        },
    )
}

/// What Amazon itself calls a bounce that is for good, where the server's words do not tell
/// (docs.aws.amazon.com, SES: notification contents). `passed_on`: whether there are any.
fn by_sub_type(sub_type: &str, passed_on: bool) -> ReplyClass {
    match sub_type {
        "Suppressed" | "OnAccountSuppressionList" | "UnsubscribedRecipient" => {
            ReplyClass::OnSuppressionList
        }
        "General" | "NoEmail" if !passed_on => ReplyClass::UnknownUser,
        _ => ReplyClass::Undetermined,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn w1_only_amazons_own_hosts_are_asked_for_a_certificate() {
        for (url, expected) in [
            (
                "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-1.pem",
                true,
            ),
            ("https://sns.cn-north-1.amazonaws.com.cn/x.pem", true),
            ("http://sns.us-east-1.amazonaws.com/x.pem", false),
            (
                "https://sns.us-east-1.amazonaws.com.evil.example/x.pem",
                false,
            ),
            ("https://sns.evil.com.amazonaws.com.evil/x.pem", false),
            ("https://sns.a.b.amazonaws.com/x.pem", false),
            ("https://sns..amazonaws.com/x.pem", false),
            ("https://user@sns.us-east-1.amazonaws.com/x.pem", false),
            ("https://sns.us-east-1.amazonaws.com:8443/x.pem", false),
            ("https://evil.example/sns.us-east-1.amazonaws.com/", false),
        ] {
            assert_eq!(is_amazon(url), expected, "{url}");
        }
    }

    #[test]
    fn w1_both_versions_of_the_signature_hold_and_every_change_is_found() {
        use aws_lc_rs::{
            rand::SystemRandom,
            rsa::KeySize,
            signature::{RSA_PKCS1_SHA256, RsaKeyPair},
        };
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
        let pkcs8 =
            aws_lc_rs::encoding::AsDer::<aws_lc_rs::encoding::Pkcs8V1Der>::as_der(&pair).unwrap();
        let key = rcgen::KeyPair::from_pkcs8_der_and_sign_algo(
            &pkcs8.as_ref().to_vec().into(),
            &rcgen::PKCS_RSA_SHA256,
        )
        .unwrap();
        let certificate = rcgen::CertificateParams::new(vec!["sns.amazonaws.com".to_owned()])
            .unwrap()
            .self_signed(&key)
            .unwrap()
            .pem();
        let mut notification = Notification {
            kind: "Notification".to_owned(),
            message_id: "m1".to_owned(),
            topic_arn: "arn:aws:sns:us-east-1:1:bounces".to_owned(),
            message: "{}".to_owned(),
            timestamp: "2026-11-27T09:00:00.000Z".to_owned(),
            signature_version: "2".to_owned(),
            signature: String::new(),
            signing_cert_url: String::new(),
            subject: None,
            subscribe_url: None,
            token: None,
        };
        let now: Timestamp = "2026-11-27T09:30:00Z".parse().unwrap();
        let mut signature = vec![0; pair.public_modulus_len()];
        pair.sign(
            &RSA_PKCS1_SHA256,
            &SystemRandom::new(),
            signed_text(&notification).as_bytes(),
            &mut signature,
        )
        .unwrap();
        notification.signature = BASE64_STANDARD.encode(&signature);
        assert!(is_signed(&notification, certificate.as_bytes(), now));
        assert!(is_fresh(&notification, now));
        assert!(!is_fresh(
            &notification,
            "2026-11-27T10:30:00Z".parse().unwrap()
        ));
        notification.signature_version = "1".to_owned();
        assert!(!is_signed(&notification, certificate.as_bytes(), now));
        notification.signature_version = "2".to_owned();
        notification.topic_arn.push('x');
        assert!(!is_signed(&notification, certificate.as_bytes(), now));
    }

    #[test]
    fn w1_every_recipient_is_an_event_and_transient_ones_suppress_nobody() {
        let notification = |message: serde_json::Value| Notification {
            kind: "Notification".to_owned(),
            message_id: "m1".to_owned(),
            topic_arn: String::new(),
            message: message.to_string(),
            timestamp: String::new(),
            signature_version: String::new(),
            signature: String::new(),
            signing_cert_url: String::new(),
            subject: None,
            subscribe_url: None,
            token: None,
        };
        let bounce = |kind: &str| {
            serde_json::json!({"eventType": "Bounce", "bounce": {"bounceType": kind, "bouncedRecipients": [
                {"emailAddress": "ana@example.org", "status": "5.1.1", "diagnosticCode": "smtp; 550 5.1.1 user unknown"},
                {"emailAddress": "ben@example.org", "status": "5.2.2", "diagnosticCode": "smtp; 552 5.2.2 mailbox full"}]},
                "mail": {"headers": [{"name": "Message-ID", "value": "<x@y>"}]}})
        };
        let events = read(&notification(bounce("Permanent"))).unwrap();
        let actions: Vec<_> = events.iter().map(|event| event.action).collect();
        assert_eq!(actions, [ReplyAction::Suppress, ReplyAction::Count]);
        assert_ne!(events[0].id, events[1].id);
        let events = read(&notification(bounce("Transient"))).unwrap();
        assert!(
            events
                .iter()
                .all(|event| event.action != ReplyAction::Suppress)
        );
        // Where no server's words are passed on, Amazon's own count; where they are, they do.
        for (kind, sub_type, words, expected) in [
            (
                "Permanent",
                "OnAccountSuppressionList",
                None,
                ReplyAction::Suppress,
            ),
            ("Permanent", "General", None, ReplyAction::Suppress),
            (
                "Permanent",
                "General",
                Some("smtp; 550 no"),
                ReplyAction::Count,
            ),
            (
                "Permanent",
                "General",
                Some("smtp; 554 5.7.1 blocked as spam"),
                ReplyAction::Pause,
            ),
            ("Permanent", "ofAnotherKind", None, ReplyAction::Count),
            ("Transient", "General", None, ReplyAction::Retry),
        ] {
            let bounce = serde_json::json!({"eventType": "Bounce", "bounce": {"bounceType": kind, "bounceSubType": sub_type,
                "bouncedRecipients": [{"emailAddress": "ana@example.org", "diagnosticCode": words}]}});
            let events = read(&notification(bounce)).unwrap();
            assert_eq!(events[0].action, expected, "{kind} {sub_type} {words:?}");
        }
        let complaint = serde_json::json!({"notificationType": "Complaint", "complaint": {"complainedRecipients": [
            {"emailAddress": "ana@example.org"}]}});
        assert_eq!(
            read(&notification(complaint)).unwrap()[0].kind,
            ReturnKind::Complaint
        );
    }
}
