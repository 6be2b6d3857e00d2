//! Webhooks through their route, as the services send them: only what is signed, of our topic and fresh
//! changes anything, only once, and only about what was mailed.

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    hmac,
    rand::SystemRandom,
    rsa::KeySize,
    signature::{
        ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair,
    },
};
use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use data_encoding::HEXLOWER;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::{LARGEST, routes, sns};
use crate::{
    app::App,
    clock::{HOUR, MINUTE, instant},
    db,
    returns::receive_tests::{office_with, status},
    subscribers::Status,
};

const TOPIC: &str = "arn:aws:sns:eu-west-1:1:bounces";

async fn post(app: &App, service: &str, headers: &[(&str, String)], body: &str) -> StatusCode {
    let mut request = Request::post(format!("/returns/{service}"));
    for (name, value) in headers {
        request = request.header(*name, value);
    }
    let request = request.body(Body::from(body.to_owned())).unwrap();
    let routes = routes().with_state(app.clone());
    routes.oneshot(request).await.unwrap().status()
}

async fn kept(app: &App) -> i64 {
    let count = db::scalar(app.db.pool(), "SELECT count(*) FROM returned_mail", []);
    count.await.unwrap().unwrap()
}

fn mailgun(app: &App, key: &str, token: &str, age_ms: i64, reader: &str) -> String {
    let at = ((app.clock.now_ms() - age_ms) / 1_000).to_string();
    let key = hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes());
    let tag = hmac::sign(&key, format!("{at}{token}").as_bytes());
    json!({
        "signature": {"timestamp": at, "token": token, "signature": HEXLOWER.encode(tag.as_ref())},
        "event-data": {"event": "failed", "severity": "permanent", "recipient": reader,
            "delivery-status": {"code": 550, "message": "5.1.1 user unknown"}}
    })
    .to_string()
}

#[tokio::test]
async fn w3_mailgun_is_heard_once_for_each_token_and_only_for_a_quarter_of_an_hour() {
    let (app, _folder) = office_with(2, &["--returns-mailgun-key", "key-1"]).await;
    for (forged, expected) in [
        (
            mailgun(&app, "key-2", "t1", 0, "reader1@example.org"),
            StatusCode::FORBIDDEN,
        ),
        (
            mailgun(&app, "key-1", "t1", 16 * MINUTE, "reader1@example.org"),
            StatusCode::FORBIDDEN,
        ),
        ("{}".to_owned(), StatusCode::BAD_REQUEST),
    ] {
        assert_eq!(post(&app, "mailgun", &[], &forged).await, expected);
    }
    assert_eq!(
        (status(&app, 1).await, kept(&app).await),
        (Status::Confirmed, 0)
    );
    let signed = mailgun(&app, "key-1", "t1", 0, "reader1@example.org");
    assert_eq!(post(&app, "mailgun", &[], &signed).await, StatusCode::OK);
    assert_eq!(status(&app, 1).await, Status::Bounced);
    // The signature does not cover the event: whoever has seen one cannot put another beside it.
    let replayed = mailgun(&app, "key-1", "t1", 0, "reader2@example.org");
    assert_eq!(post(&app, "mailgun", &[], &replayed).await, StatusCode::OK);
    assert_eq!(
        (status(&app, 2).await, kept(&app).await),
        (Status::Confirmed, 1)
    );
    // Signed, and about nobody whom we mailed: written down, and nothing changes.
    let stranger = mailgun(&app, "key-1", "t2", 0, "stranger@example.org");
    assert_eq!(post(&app, "mailgun", &[], &stranger).await, StatusCode::OK);
    assert_eq!(
        (status(&app, 2).await, kept(&app).await),
        (Status::Confirmed, 2)
    );
}

#[tokio::test]
async fn w2_sendgrid_is_heard_with_its_own_signature_alone_and_each_event_once() {
    let random = SystemRandom::new();
    let pair = || {
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random);
        EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, pkcs8.unwrap().as_ref()).unwrap()
    };
    let (theirs, another) = (pair(), pair());
    let key = BASE64_STANDARD.encode(theirs.public_key());
    let (app, _folder) = office_with(2, &["--returns-sendgrid-key", &key]).await;
    let event = |reader: &str, id: &str| {
        let event = json!([{"event": "bounce", "type": "bounce", "email": reader, "sg_event_id": id,
            "status": "5.1.1", "reason": "550 5.1.1 user unknown"}]);
        format!("{event}\r\n")
    };
    let signed = |pair: &EcdsaKeyPair, body: &str| {
        let at = (app.clock.now_ms() / 1_000).to_string();
        let signature = pair
            .sign(&random, format!("{at}{body}").as_bytes())
            .unwrap();
        [
            (
                "x-twilio-email-event-webhook-signature",
                BASE64_STANDARD.encode(signature),
            ),
            ("x-twilio-email-event-webhook-timestamp", at),
        ]
    };
    let body = event("reader1@example.org", "e1");
    let forged = signed(&another, &body);
    let of_another_body = signed(&theirs, &event("reader2@example.org", "e1"));
    for headers in [&[][..], &forged, &of_another_body] {
        let answer = post(&app, "sendgrid", headers, &body).await;
        assert_eq!(answer, StatusCode::FORBIDDEN);
    }
    assert_eq!(
        (status(&app, 1).await, kept(&app).await),
        (Status::Confirmed, 0)
    );
    let headers = signed(&theirs, &body);
    for _ in 0..2 {
        assert_eq!(
            post(&app, "sendgrid", &headers, &body).await,
            StatusCode::OK
        );
        assert_eq!(
            (status(&app, 1).await, kept(&app).await),
            (Status::Bounced, 1)
        );
    }
    assert_eq!(status(&app, 2).await, Status::Confirmed);
}

#[tokio::test]
async fn w4_postmark_is_heard_with_its_name_and_password_alone_and_each_event_once() {
    let (app, _folder) = office_with(1, &["--returns-postmark-login", "gazette:se:cret"]).await;
    let basic = |login: &str| {
        [(
            "authorization",
            format!("Basic {}", BASE64_STANDARD.encode(login)),
        )]
    };
    let body = json!({"RecordType": "Bounce", "Type": "HardBounce", "ID": 7, "Email": "reader1@example.org",
        "Details": "smtp;550 5.1.1 user unknown"})
    .to_string();
    for headers in [&[][..], &basic("gazette:secret"), &basic("")] {
        let answer = post(&app, "postmark", headers, &body).await;
        assert_eq!(answer, StatusCode::FORBIDDEN);
    }
    let mine = basic("gazette:se:cret");
    let far_too_long = " ".repeat(LARGEST) + &body;
    let answer = post(&app, "postmark", &mine, &far_too_long).await;
    assert_eq!(answer, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(
        (status(&app, 1).await, kept(&app).await),
        (Status::Confirmed, 0)
    );
    for _ in 0..2 {
        assert_eq!(post(&app, "postmark", &mine, &body).await, StatusCode::OK);
        assert_eq!(
            (status(&app, 1).await, kept(&app).await),
            (Status::Bounced, 1)
        );
    }
}

/// A key of Amazon's, with the address of its certificate.
struct Amazon(RsaKeyPair, String);

impl Amazon {
    fn new(name: &str) -> Self {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
        let pkcs8 = AsDer::<Pkcs8V1Der>::as_der(&pair).unwrap();
        let key = rcgen::KeyPair::from_pkcs8_der_and_sign_algo(
            &pkcs8.as_ref().to_vec().into(),
            &rcgen::PKCS_RSA_SHA256,
        );
        let certificate = rcgen::CertificateParams::new(vec!["sns.amazonaws.com".to_owned()])
            .unwrap()
            .self_signed(&key.unwrap())
            .unwrap();
        let url = format!("https://sns.eu-west-1.amazonaws.com/{name}.pem");
        sns::remember(&url, certificate.pem().into_bytes());
        Self(pair, url)
    }

    /// Signed as Amazon's page says: names and values, each on its line.
    fn notification(&self, app: &App, topic: &str, age_ms: i64, message: &Value) -> Value {
        let at = instant(app.clock.now_ms() - age_ms).to_string();
        let signed = format!(
            "Message\n{message}\nMessageId\nm1\nTimestamp\n{at}\nTopicArn\n{topic}\nType\nNotification\n"
        );
        let mut signature = vec![0; self.0.public_modulus_len()];
        self.0
            .sign(
                &RSA_PKCS1_SHA256,
                &SystemRandom::new(),
                signed.as_bytes(),
                &mut signature,
            )
            .unwrap();
        json!({"Type": "Notification", "MessageId": "m1", "TopicArn": topic, "Message": message.to_string(),
            "Timestamp": at, "SignatureVersion": "2", "Signature": BASE64_STANDARD.encode(signature),
            "SigningCertURL": self.1})
    }
}

#[tokio::test]
async fn w1_ses_is_heard_of_our_own_topic_alone_and_each_notification_once() {
    let (app, _folder) = office_with(1, &["--returns-ses-topics", TOPIC]).await;
    let (amazon, another) = (Amazon::new("theirs"), Amazon::new("another"));
    let bounce = json!({"notificationType": "Bounce", "bounce": {"bounceType": "Permanent", "bounceSubType": "General",
        "bouncedRecipients": [{"emailAddress": "reader1@example.org", "status": "5.1.1",
            "diagnosticCode": "smtp; 550 5.1.1 user unknown"}]}});
    let good = amazon.notification(&app, TOPIC, 0, &bounce);
    let changed = |name: &str, value: &str| {
        let mut changed = good.clone();
        changed[name] = value.into();
        changed
    };
    let refused = [
        amazon.notification(&app, "arn:aws:sns:eu-west-1:2:bounces", 0, &bounce),
        amazon.notification(&app, TOPIC, HOUR + MINUTE, &bounce),
        changed("SigningCertURL", &another.1),
        changed(
            "SigningCertURL",
            "https://sns.eu-west-1.amazonaws.com.evil.example/theirs.pem",
        ),
        changed("MessageId", "m2"),
        changed("Message", &bounce.to_string().replace("reader1", "reader2")),
        changed("Signature", ""),
    ];
    for forged in &refused {
        let answer = post(&app, "ses", &[], &forged.to_string()).await;
        assert_eq!(answer, StatusCode::FORBIDDEN, "{forged}");
    }
    assert_eq!(
        (status(&app, 1).await, kept(&app).await),
        (Status::Confirmed, 0)
    );
    for _ in 0..2 {
        let answer = post(&app, "ses", &[], &good.to_string()).await;
        assert_eq!(answer, StatusCode::OK);
        assert_eq!(
            (status(&app, 1).await, kept(&app).await),
            (Status::Bounced, 1)
        );
    }
}

#[tokio::test]
async fn w5_a_service_that_is_not_set_up_has_no_door() {
    let (app, _folder) = office_with(1, &[]).await;
    for service in ["ses", "sendgrid", "mailgun", "postmark", "another"] {
        let answer = post(&app, service, &[], "{}").await;
        assert_eq!(answer, StatusCode::NOT_FOUND, "{service}");
    }
}
