//! What belongs to mail that is no newsletter: confirmations that bounce, replies, our own test mails,
//! and for how long any of it is kept.

use sea_orm::EntityTrait;

use super::{
    ReturnState, ReturnWay, latest_probe, probe_due, purge, receive,
    receive::{Receipt, receive_for},
    returned_mail::{self, Entity},
    send_probe,
};
use crate::{
    address::EmailAddress,
    app::App,
    clock::{Clock, DAY, HOUR, instant},
    db,
    delivery::testing,
    delivery_state::DeliveryState,
    office::Office,
    subscribers::{Status, link::SubscriberLink},
    test_data,
    transactional::{self, ReturnMark, TransactionalContent, TransactionalKind, TransactionalMail},
    values,
};

async fn office() -> (App, tempfile::TempDir) {
    let flags = ["--returns-listen", "127.0.0.1:1"];
    let clock = Clock::fixed_at(instant(1_780_000_000_000));
    let (app, folder) = testing::app_with(clock, &flags).await;
    testing::sending_newsletter(&app, 2).await;
    test_data::office(&app).await;
    set(&app, "bounce-domain", "bounce.doe.example").await;
    set(&app, "reply-to", "office@doe.example").await;
    app.clock.advance_ms(HOUR);
    for reader in 1..=2 {
        let delivery = test_data::delivery(1, reader).state(DeliveryState::Accepted);
        delivery.insert(&app).await;
    }
    (app, folder)
}

async fn set(app: &App, key: &str, value: &str) {
    Office::set_all(&app.db, "operator", &[(key, value)], 0)
        .await
        .unwrap();
}

async fn status(app: &App, reader: i64) -> Status {
    let sql = "SELECT status FROM subscriber WHERE id = $1";
    let found: Option<Status> = db::scalar(app.db.pool(), sql, values![reader])
        .await
        .unwrap();
    found.unwrap()
}

/// A transactional mail to the first reader that a relay took; its return path's local part.
async fn taken(app: &App, kind: TransactionalKind) -> String {
    let office = Office::load(&app.db).await.unwrap();
    let recipient = EmailAddress::parse("reader1@example.org").unwrap();
    let mail = TransactionalMail {
        kind,
        recipient: &recipient,
        content: TransactionalContent::default(),
        token_label: None,
    };
    let queued = transactional::enqueue(app, app.db.pool(), &office, mail)
        .await
        .unwrap();
    let sql = "UPDATE transactional_mail SET state = $2, at = $3 WHERE id = $1";
    let state = DeliveryState::Accepted as i16;
    let values = values![queued.id, state, app.clock.now_ms()];
    app.db.execute(sql, values).await.unwrap();
    ReturnMark::Mail(queued.id).local_part(&app.keys)
}

async fn came(app: &App, to: &str, mail: &str) -> Receipt {
    let to = format!("{to}@bounce.doe.example");
    let from = if mail.starts_with("From: MAILER-DAEMON") {
        ""
    } else {
        "reader1@example.org"
    };
    receive_for(app, ReturnWay::Listener, from, &to, mail.as_bytes())
        .await
        .unwrap()
        .1
}

const BOUNCE: &str = "From: MAILER-DAEMON@mx.example\r\nSubject: Undelivered Mail Returned to Sender\r\n\r\n\
    <reader1@example.org>: host mx said: 550 5.1.1 user unknown (in reply to RCPT TO command)\r\n";

#[tokio::test]
async fn b1_a_bounced_confirmation_stops_whom_it_asked_and_a_notice_to_staff_stops_nobody() {
    let (app, _folder) = office().await;
    let sql = "UPDATE subscriber SET status = $1 WHERE id = 1";
    let pending = values![Status::Pending as i16];
    app.db.execute(sql, pending).await.unwrap();
    let notice = taken(&app, TransactionalKind::Notice).await;
    let receipt = came(&app, &notice, BOUNCE).await;
    assert_eq!(receipt.state, ReturnState::Noted);
    assert_eq!(status(&app, 1).await, Status::Pending);
    let confirmation = taken(&app, TransactionalKind::Confirmation).await;
    let receipt = came(&app, &confirmation.to_uppercase(), BOUNCE).await;
    assert_eq!(receipt.state, ReturnState::Acted);
    assert_eq!(status(&app, 1).await, Status::Bounced);
    assert_eq!(status(&app, 2).await, Status::Confirmed);
}

#[tokio::test]
async fn o9_the_bounce_of_a_confirmation_from_before_somebody_confirmed_changes_nothing() {
    let (app, _folder) = office().await;
    let confirmation = taken(&app, TransactionalKind::Confirmation).await;
    app.clock.advance_ms(HOUR);
    let sql = "UPDATE subscriber SET status_at = $1 WHERE id = 1";
    let now = values![app.clock.now_ms()];
    app.db.execute(sql, now).await.unwrap();
    assert_eq!(
        came(&app, &confirmation, BOUNCE).await.state,
        ReturnState::Noted
    );
    assert_eq!(status(&app, 1).await, Status::Confirmed);
}

fn newsletter_path(app: &App, reader: i64) -> String {
    let link = SubscriberLink {
        subscriber: reader,
        newsletter: 1,
    };
    let local = link.placeholders(&app.keys).return_path;
    std::str::from_utf8(&local).unwrap().to_owned()
}

async fn forwarded(app: &App) -> Vec<(String, TransactionalContent)> {
    let sql = "SELECT content FROM transactional_mail WHERE kind = 'forward' ORDER BY id";
    let contents: Vec<Option<String>> = app
        .db
        .all(sql, [])
        .await
        .unwrap()
        .iter()
        .map(|row| row.try_get("", "content").unwrap())
        .collect();
    let sql = "SELECT recipient FROM transactional_mail WHERE kind = 'forward' LIMIT 1";
    let to: Option<String> = db::scalar(app.db.pool(), sql, []).await.unwrap();
    contents
        .into_iter()
        .map(|content| {
            let content = serde_json::from_str(&content.unwrap()).unwrap();
            (to.clone().unwrap(), content)
        })
        .collect()
}

const REPLY: &str = "From: Reader One <reader1@example.org>\r\nTo: news@doe.example\r\nSubject: Re: A bridge opens\r\n\
    Message-ID: <1@example.org>\r\n\r\nWhen does it open?\r\n";

#[tokio::test]
async fn a_reply_is_passed_on_to_the_office_once_and_answers_go_to_who_wrote_it() {
    let (app, _folder) = office().await;
    let path = newsletter_path(&app, 1);
    assert!(came(&app, &path, REPLY).await.forwarded);
    assert!(came(&app, &path, REPLY).await.known);
    let forwarded = forwarded(&app).await;
    assert_eq!(forwarded.len(), 1);
    let (to, content) = &forwarded[0];
    assert_eq!(to, "office@doe.example");
    assert_eq!(content.reply_to.as_deref(), Some("reader1@example.org"));
    assert!(content.text.contains("When does it open?"), "{content:?}");
    assert!(content.attached_mail.is_some());
    assert_eq!(status(&app, 1).await, Status::Confirmed);
}

#[tokio::test]
async fn h13_nothing_automatic_and_nothing_of_our_own_is_passed_on() {
    let (app, _folder) = office().await;
    let path = newsletter_path(&app, 1);
    for mail in [
        // What we passed on, forwarded back to us by a rule of the office's mailbox.
        REPLY.replace(
            "From: Reader One <reader1@example.org>",
            "From: Office <office@doe.example>",
        ),
        REPLY.replace(
            "From: Reader One <reader1@example.org>",
            "From: News <NEWS@doe.example>",
        ),
        REPLY.replace("Subject", "Auto-Submitted: auto-generated\r\nSubject"),
        REPLY.replace("Subject", "Auto-Submitted: auto-replied\r\nSubject"),
        REPLY.replace("Subject", "List-Id: <x.example.org>\r\nSubject"),
        REPLY.replace("Subject", "Precedence: bulk\r\nSubject"),
    ] {
        assert!(!came(&app, &path, &mail).await.forwarded, "{mail}");
    }
    // A mailbox that people read, too: without a mark of ours a mail is theirs.
    let (_, receipt) = receive(&app, ReturnWay::Imap, REPLY.as_bytes())
        .await
        .unwrap();
    assert!(!receipt.forwarded);
    assert_eq!(forwarded(&app).await.len(), 0);
}

#[tokio::test]
async fn of_very_many_replies_in_a_day_the_rest_waits_for_staff() {
    let (app, _folder) = office().await;
    let path = newsletter_path(&app, 1);
    for n in 0..201 {
        let mail = REPLY.replace("<1@", &format!("<{n}@"));
        let receipt = came(&app, &path, &mail).await;
        assert_eq!(receipt.forwarded, n < 200, "{n}");
        let set_aside = receipt.state == ReturnState::SetAside;
        assert_eq!(set_aside, n >= 200, "{n}");
    }
    assert_eq!(forwarded(&app).await.len(), 200);
}

#[tokio::test]
async fn h9_newsletters_offer_to_unsubscribe_by_mail_only_while_our_own_mail_comes_back() {
    let (app, _folder) = office().await;
    let offered = async |app: &App| Office::load(&app.db).await.unwrap().unsubscribe_by_mail;
    probe_due(&app).await.unwrap();
    assert_eq!(offered(&app).await, None);
    let sent = latest_probe(app.db.pool()).await.unwrap().unwrap();
    assert_eq!(
        (sent.domain.as_str(), sent.came_at),
        ("bounce.doe.example", None)
    );
    // Not again before the day is over.
    probe_due(&app).await.unwrap();
    let sql = "SELECT count(*) FROM transactional_mail WHERE kind = 'probe'";
    let probes: Option<i64> = db::scalar(app.db.pool(), sql, []).await.unwrap();
    assert_eq!(probes, Some(1));
    let local = ReturnMark::Probe(1).local_part(&app.keys);
    let probe =
        "From: news@doe.example\r\nAuto-Submitted: auto-generated\r\nSubject: Test\r\n\r\nx\r\n";
    came(&app, &local, probe).await;
    assert_eq!(offered(&app).await.as_deref(), Some("bounce.doe.example"));
    // Another domain has shown nothing yet.
    set(&app, "bounce-domain", "other.doe.example").await;
    assert_eq!(offered(&app).await, None);
    set(&app, "bounce-domain", "bounce.doe.example").await;
    // The next day's does not come back.
    app.clock.advance_ms(DAY);
    probe_due(&app).await.unwrap();
    assert!(offered(&app).await.is_some());
    app.clock.advance_ms(7 * HOUR);
    probe_due(&app).await.unwrap();
    assert_eq!(offered(&app).await, None);
    // Forged: another number under the same MAC.
    let forged = local.replacen('a', "b", 1);
    came(&app, &forged, probe).await;
    assert_eq!(offered(&app).await, None);
    assert!(send_probe(&app).await.unwrap());
    let again = ReturnMark::Probe(3).local_part(&app.keys);
    came(&app, &again, probe).await;
    assert!(offered(&app).await.is_some());
}

#[tokio::test]
async fn the_raw_mail_is_forgotten_after_its_time_and_what_was_done_is_not() {
    let (app, _folder) = office().await;
    came(&app, &newsletter_path(&app, 1), BOUNCE).await;
    came(&app, &newsletter_path(&app, 1), REPLY).await;
    came(&app, "office", BOUNCE).await;
    app.clock.advance_ms(29 * DAY);
    purge(&app).await.unwrap();
    let rows: Vec<returned_mail::Model> = Entity::find().all(app.db.pool()).await.unwrap();
    assert_eq!(rows.iter().filter(|row| row.mail.is_some()).count(), 3);
    app.clock.advance_ms(2 * DAY);
    purge(&app).await.unwrap();
    let rows: Vec<returned_mail::Model> = Entity::find().all(app.db.pool()).await.unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].state, ReturnState::Acted);
    assert_eq!(
        (rows[0].mail.as_ref(), rows[0].subject.as_str()),
        (None, "")
    );
    assert!(
        !rows[0].diagnosis.contains("reader1@"),
        "{}",
        rows[0].diagnosis
    );
}

#[tokio::test]
async fn v2_erasing_a_person_forgets_what_their_returns_said() {
    let (app, _folder) = office().await;
    came(&app, &newsletter_path(&app, 1), BOUNCE).await;
    crate::subscribers::erase(&app, "reader1@example.org", "operator")
        .await
        .unwrap();
    let rows: Vec<returned_mail::Model> = Entity::find().all(app.db.pool()).await.unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!(
        (rows[0].mail.as_ref(), rows[0].diagnosis.as_str()),
        (None, "(erased)")
    );
}
