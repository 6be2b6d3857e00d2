//! What returns do to subscribers: only what is proved, only once, and never more than they say.

use std::fmt::Write as _;

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::{
    ReturnKind, ReturnState, ReturnWay, receive,
    receive::{Receipt, Return, act, receive_all},
    returned_mail::{Column, Entity},
    undo,
};
use crate::{
    accounts::Role,
    app::App,
    clock::{Clock, DAY, HOUR, instant},
    db,
    delivery::{reply_class::ReplyAction, testing},
    delivery_state::DeliveryState,
    newsletters::NewsletterState,
    subscribers::{Status, link::SubscriberLink, press_list},
    test_data, values,
};

pub(super) const UNKNOWN: &str = "550 5.1.1 user unknown";

pub(super) async fn office(readers: i64) -> (App, tempfile::TempDir) {
    office_with(readers, &[]).await
}

/// The same with more flags.
pub(super) async fn office_with(readers: i64, flags: &[&str]) -> (App, tempfile::TempDir) {
    let clock = Clock::fixed_at(instant(1_780_000_000_000));
    let (app, folder) = testing::app_with(clock, flags).await;
    testing::sending_newsletter(&app, readers).await;
    app.clock.advance_ms(HOUR);
    accepted(&app, 1, readers).await;
    (app, folder)
}

/// The newsletter, taken for everybody.
async fn accepted(app: &App, newsletter: i64, readers: i64) {
    let now = app.clock.now_ms();
    if newsletter > 1 {
        let more = test_data::newsletter(&newsletter.to_string()).id(newsletter);
        more.state(NewsletterState::Sending)
            .started_at(now)
            .insert(app)
            .await;
    }
    for reader in 1..=readers {
        let accepted = test_data::delivery(newsletter, reader).state(DeliveryState::Accepted);
        accepted.insert(app).await;
    }
}

pub(super) async fn status(app: &App, reader: i64) -> Status {
    let sql = "SELECT status FROM subscriber WHERE id = $1";
    let status: Option<Status> = db::scalar(app.db.pool(), sql, values![reader])
        .await
        .unwrap();
    status.unwrap()
}

pub(super) fn return_path(app: &App, newsletter: i64, subscriber: i64) -> String {
    let marks = SubscriberLink {
        subscriber,
        newsletter,
    }
    .placeholders(&app.keys);
    String::from_utf8(marks.return_path.to_vec()).unwrap()
}

pub(super) fn bounce(to: &str, reader: i64, reply: &str) -> String {
    format!(
        "Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.example\r\nTo: <{to}@bounce.example>\r\nSubject: Undelivered Mail Returned to Sender\r\n\r\n\
         <reader{reader}@example.org>: host mx.example.org said: {reply} (in reply to RCPT TO command)\r\n"
    )
}

async fn came(app: &App, mail: &str) -> Receipt {
    receive(app, ReturnWay::CommandLine, mail.as_bytes())
        .await
        .unwrap()
        .1
}

#[tokio::test]
async fn b1_a_bounce_with_our_return_path_suppresses_its_reader_and_nobody_else() {
    let (app, _folder) = office(3).await;
    // Some systems fold the case.
    let path = return_path(&app, 1, 2).to_uppercase();
    let receipt = came(&app, &bounce(&path, 2, UNKNOWN)).await;
    assert_eq!(
        (receipt.state, receipt.newsletter),
        (ReturnState::Acted, Some(1))
    );
    assert_eq!(status(&app, 2).await, Status::Bounced);
    assert_eq!(status(&app, 1).await, Status::Confirmed);
    assert_eq!(status(&app, 3).await, Status::Confirmed);
}

#[tokio::test]
async fn b1_forged_returns_change_nothing_and_are_written_down() {
    let (app, _folder) = office(2).await;
    let good = return_path(&app, 1, 2);
    let mut flipped = good.clone().into_bytes();
    flipped[33] = if flipped[33] == b'a' { b'b' } else { b'a' };
    let flipped = String::from_utf8(flipped).unwrap();
    for (path, why) in [
        ("office", "no return path"),
        (&flipped, "another MAC"),
        (
            &return_path(&app, 2, 2),
            "a newsletter that was never sent to this person",
        ),
        (&return_path(&app, 1, 99), "nobody"),
    ] {
        let receipt = came(&app, &bounce(path, 2, UNKNOWN)).await;
        assert_eq!(receipt.state, ReturnState::Unproved, "{why}");
        assert_eq!(status(&app, 2).await, Status::Confirmed, "{why}");
    }
    let complaint = "From: fbl@evil.example\r\nTo: abuse@office.example\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; boundary=b\r\n\r\n\
        --b\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\nOriginal-Rcpt-To: reader2@example.org\r\n\r\n--b--\r\n";
    assert_eq!(came(&app, complaint).await.state, ReturnState::Unproved);
    assert_eq!(status(&app, 2).await, Status::Confirmed);
    let kept = Entity::find()
        .filter(Column::State.eq(ReturnState::Unproved))
        .all(app.db.pool())
        .await
        .unwrap();
    assert_eq!(kept.len(), 5);
}

/// The reader's address is a list of its own office: one of those behind it is gone, the reader is not.
#[tokio::test]
async fn a_report_on_several_is_held_against_the_reader_only_by_name() {
    let (app, _folder) = office(3).await;
    let report = |reader: i64, blocks: &[(&str, &str, &str)]| {
        let blocks: String = blocks
            .iter()
            .fold(String::new(), |mut blocks, (address, action, status)| {
                _ = write!(blocks, "\r\nFinal-Recipient: rfc822; {address}\r\nAction: {action}\r\nStatus: {status}\r\n");
                blocks
            });
        format!(
            "Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.example\r\nTo: <{}@bounce.example>\r\nSubject: Delivery report\r\nMIME-Version: 1.0\r\n\
             Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n\
             --b\r\n\r\nSee below.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n{blocks}\r\n--b--\r\n",
            return_path(&app, 1, reader)
        )
    };
    let gone = ("gone@example.org", "failed", "5.1.1");
    let harmless = report(1, &[gone, ("reader1@example.org", "delivered", "2.0.0")]);
    assert_eq!(came(&app, &harmless).await.state, ReturnState::Noted);
    let harmless = report(2, &[gone, ("other@example.org", "failed", "4.2.2")]);
    came(&app, &harmless).await;
    assert_eq!(status(&app, 1).await, Status::Confirmed);
    assert_eq!(status(&app, 2).await, Status::Confirmed);
    // By name, and where one address behind the reader's is all there is.
    let by_name = report(
        1,
        &[
            ("other@example.org", "delivered", "2.0.0"),
            ("READER1@example.org", "failed", "5.1.1"),
        ],
    );
    assert_eq!(came(&app, &by_name).await.state, ReturnState::Acted);
    assert_eq!(
        came(&app, &report(3, &[gone])).await.state,
        ReturnState::Acted
    );
    assert_eq!(status(&app, 1).await, Status::Bounced);
    assert_eq!(status(&app, 3).await, Status::Bounced);
}

#[tokio::test]
async fn the_same_mail_again_counts_once() {
    let (app, _folder) = office(1).await;
    let mail = bounce(&return_path(&app, 1, 1), 1, "552 5.2.2 mailbox full");
    assert!(!came(&app, &mail).await.known);
    for _ in 0..5 {
        assert!(came(&app, &mail).await.known);
    }
    assert_eq!(Entity::find().all(app.db.pool()).await.unwrap().len(), 1);
}

#[tokio::test]
async fn what_is_our_fault_touches_no_subscriber_and_pauses_only_when_many_say_so() {
    let (app, _folder) = office(4).await;
    let domains = ["example.org", "example.org", "example.net", "example.net"];
    for (reader, domain) in (1..).zip(domains) {
        let sql = "UPDATE subscriber SET email = $2 WHERE id = $1";
        let address = format!("reader{reader}@{domain}");
        app.db.execute(sql, values![reader, address]).await.unwrap();
    }
    for reader in 1..=4 {
        let mail = bounce(
            &return_path(&app, 1, reader),
            reader,
            "550 5.7.26 unauthenticated",
        );
        assert_eq!(came(&app, &mail).await.state, ReturnState::Noted);
        assert_eq!(status(&app, reader).await, Status::Confirmed);
        let state: Option<i16> = db::scalar(
            app.db.pool(),
            "SELECT state FROM newsletter WHERE id = 1",
            [],
        )
        .await
        .unwrap();
        // Three readers at two providers.
        assert_eq!(state, Some(if reader < 3 { 2 } else { 3 }), "{reader}");
    }
}

#[tokio::test]
async fn soft_bounces_stop_mail_after_three_newsletters_over_a_week_and_are_forgiven_when_one_arrives()
 {
    let (app, _folder) = office(2).await;
    let full = "552 5.2.2 mailbox full";
    for newsletter in 1..=5 {
        if newsletter > 1 {
            accepted(&app, newsletter, 2).await;
        }
        // The first reader's third newsletter arrives.
        for reader in 1..=2 {
            if (reader, newsletter) != (1, 3) {
                came(
                    &app,
                    &bounce(&return_path(&app, newsletter, reader), reader, full),
                )
                .await;
            }
        }
        app.clock.advance_ms(4 * DAY);
        let expected = if newsletter >= 3 {
            Status::Bounced
        } else {
            Status::Confirmed
        };
        assert_eq!(status(&app, 2).await, expected, "{newsletter}");
        assert_eq!(status(&app, 1).await, Status::Confirmed, "{newsletter}");
    }
    accepted(&app, 6, 1).await;
    came(&app, &bounce(&return_path(&app, 6, 1), 1, full)).await;
    assert_eq!(status(&app, 1).await, Status::Bounced);
}

#[tokio::test]
async fn several_bounces_of_one_newsletter_count_as_one() {
    let (app, _folder) = office(1).await;
    for time in 0..6 {
        let mail = bounce(
            &return_path(&app, 1, 1),
            1,
            &format!("552 5.2.2 mailbox full {time}"),
        );
        came(&app, &mail).await;
        app.clock.advance_ms(3 * DAY);
    }
    assert_eq!(status(&app, 1).await, Status::Confirmed);
}

#[tokio::test]
async fn a_domain_that_is_gone_takes_a_second_report_a_day_later() {
    let (app, _folder) = office(1).await;
    let gone = |newsletter, time: u8| {
        bounce(
            &return_path(&app, newsletter, 1),
            1,
            &format!("5.1.2 Host or domain name not found {time}"),
        )
    };
    came(&app, &gone(1, 1)).await;
    app.clock.advance_ms(HOUR);
    came(&app, &gone(1, 2)).await;
    assert_eq!(status(&app, 1).await, Status::Confirmed);
    app.clock.advance_ms(DAY);
    assert_eq!(came(&app, &gone(1, 3)).await.state, ReturnState::Acted);
    assert_eq!(status(&app, 1).await, Status::Bounced);
}

#[tokio::test]
async fn o9_a_bounce_from_before_somebody_confirmed_anew_changes_nothing() {
    let (app, _folder) = office(1).await;
    app.clock.advance_ms(DAY);
    let sql = "UPDATE subscriber SET status_at = $1";
    app.db
        .execute(sql, values![app.clock.now_ms()])
        .await
        .unwrap();
    let receipt = came(&app, &bounce(&return_path(&app, 1, 1), 1, UNKNOWN)).await;
    assert_eq!(receipt.state, ReturnState::Noted);
    assert_eq!(status(&app, 1).await, Status::Confirmed);
}

#[tokio::test]
async fn h9_a_mail_with_the_token_unsubscribes_and_a_return_path_or_a_vacation_does_not() {
    let (app, _folder) = office(2).await;
    let token = SubscriberLink {
        subscriber: 1,
        newsletter: 1,
    }
    .token(&app.keys);
    let to = |local: &str, more: &str| {
        format!(
            "From: x@example.org\r\nTo: <unsub+{local}@bounce.example>\r\nSubject: hello\r\n{more}\r\nuser unknown, mailbox full\r\n"
        )
    };
    came(&app, &to(&token, "Auto-Submitted: auto-replied\r\n")).await;
    assert_eq!(status(&app, 1).await, Status::Confirmed);
    let forged = token.replace(&token[30..], &"a".repeat(10));
    assert_eq!(
        came(&app, &to(&forged, "")).await.state,
        ReturnState::Unproved
    );
    assert_eq!(status(&app, 1).await, Status::Confirmed);
    assert_eq!(came(&app, &to(&token, "")).await.state, ReturnState::Acted);
    assert_eq!(status(&app, 1).await, Status::Unsubscribed);
    assert_eq!(status(&app, 2).await, Status::Confirmed);
}

#[tokio::test]
async fn h9_a_press_contact_who_writes_to_leave_leaves_or_the_mail_is_not_yet_read() {
    let (app, _folder) = office(1).await;
    let file = b"email,name,outlet\nana@paper.example,Ana,The Paper\n";
    press_list::import(&app, &file[..], "gallery", "test")
        .await
        .unwrap();
    let token = SubscriberLink {
        subscriber: press_list::FIRST_ID,
        newsletter: 1,
    }
    .token(&app.keys);
    let mail =
        format!("From: x@example.org\r\nTo: <unsub+{token}@bounce.example>\r\n\r\nplease\r\n");
    let listed = async || press_list::size(&app).await.unwrap().people;
    assert_eq!(listed().await, 1);

    // The database fails in the midst of it, where a process may be killed as well.
    let away = "ALTER TABLE consent RENAME TO consent_away";
    app.db.execute(away, []).await.unwrap();
    let failed = receive(&app, ReturnWay::CommandLine, mail.as_bytes()).await;
    assert!(failed.is_err(), "{failed:?}");
    let back = "ALTER TABLE consent_away RENAME TO consent";
    app.db.execute(back, []).await.unwrap();
    assert_eq!(listed().await, 1);

    assert!(!came(&app, &mail).await.known);
    assert_eq!(listed().await, 0);
    assert!(came(&app, &mail).await.known);
}

#[tokio::test]
async fn many_returns_are_taken_together_as_each_would_be_alone() {
    let (app, _folder) = office(3).await;
    let gone = |reader| bounce(&return_path(&app, 1, reader), reader, UNKNOWN);
    let vacation = "From: x@example.org\r\nAuto-Submitted: auto-replied\r\nSubject: Out of office\r\n\r\nback soon\r\n";
    let mails = [gone(1), vacation.to_owned(), gone(1), gone(2)];

    // Where one cannot be acted on, those before it are; nothing of itself is half-done.
    app.db
        .execute("ALTER TABLE consent RENAME TO consent_away", [])
        .await
        .unwrap();
    let failed = receive_all(&app, ReturnWay::CommandLine, &[&mails[1], &mails[0]]).await;
    assert!(failed.is_err(), "{failed:?}");
    app.db
        .execute("ALTER TABLE consent_away RENAME TO consent", [])
        .await
        .unwrap();

    let done = receive_all(&app, ReturnWay::CommandLine, &mails)
        .await
        .unwrap();
    let told: Vec<_> = done
        .iter()
        .map(|(_, receipt)| (receipt.state, receipt.known))
        .collect();
    assert_eq!(
        told,
        [
            (ReturnState::Acted, false),
            (ReturnState::Noted, true),
            (ReturnState::Noted, true),
            (ReturnState::Acted, false),
        ]
    );
}

fn complaint(app: &App, reader: i64) -> String {
    let token = SubscriberLink {
        subscriber: reader,
        newsletter: 1,
    }
    .token(&app.keys);
    format!(
        "From: fbl@mail.example\r\nTo: abuse@office.example\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=feedback-report; boundary=b\r\n\r\n\
         --b\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\nVersion: 1\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n\
         To: redacted\r\nList-Unsubscribe: <https://news.example/unsubscribe/{token}>\r\n\r\nx\r\n--b--\r\n"
    )
}

#[tokio::test]
async fn b7_p11_redacted_complaints_are_known_by_their_token_and_many_pause_the_newsletter() {
    let (app, _folder) = office(4).await;
    for reader in 1..=3 {
        assert_eq!(
            came(&app, &complaint(&app, reader)).await.state,
            ReturnState::Acted
        );
        assert_eq!(status(&app, reader).await, Status::Complained);
        let state: Option<i16> = db::scalar(
            app.db.pool(),
            "SELECT state FROM newsletter WHERE id = 1",
            [],
        )
        .await
        .unwrap();
        assert_eq!(state, Some(if reader < 3 { 2 } else { 3 }), "{reader}");
    }
    assert_eq!(status(&app, 4).await, Status::Confirmed);
}

#[tokio::test]
async fn p11_staff_are_told_once_when_a_tenth_of_a_percent_complained_and_nothing_stops_yet() {
    let (app, _folder) = office(4).await;
    test_data::office(&app).await;
    test_data::member(&app, "a@doe.example", Role::Admin).await;
    let told = async || {
        crate::accounts::notifications::send_due(&app)
            .await
            .unwrap();
        let sql = "SELECT count(*) FROM transactional_mail WHERE kind = 'notice'";
        let told: Option<i64> = db::scalar(app.db.pool(), sql, []).await.unwrap();
        told.unwrap()
    };
    for (reader, times) in [(1, 1), (2, 1)] {
        came(&app, &complaint(&app, reader)).await;
        assert_eq!(told().await, times, "{reader}");
    }
    // The same reader once more is no second one.
    let again = complaint(&app, 1).replace("\r\nx\r\n", "\r\nx again\r\n");
    came(&app, &again).await;
    let state: Option<i16> = db::scalar(
        app.db.pool(),
        "SELECT state FROM newsletter WHERE id = 1",
        [],
    )
    .await
    .unwrap();
    assert_eq!(state, Some(2));
    assert_eq!(told().await, 1);
    let rates = super::complaint_rates(&app).await.unwrap();
    let whole = &rates[0];
    assert_eq!(
        (whole.complaints, whole.accepted, whole.per_100_000()),
        (2, 4, 50_000)
    );
    assert_eq!(rates[1].provider.as_deref(), Some("example.org"));
}

#[tokio::test]
async fn p11_the_marks_of_complaints_are_the_offices_own_to_set() {
    for (pause, least, state) in [(50_000, 2, 3), (50_001, 2, 2), (1, 3, 2)] {
        let flags = [
            format!("--returns-complaints-pause={pause}"),
            format!("--returns-complaints-least={least}"),
        ];
        let flags = [flags[0].as_str(), flags[1].as_str()];
        let clock = Clock::fixed_at(instant(1_780_000_000_000));
        let (app, _folder) = testing::app_with(clock, &flags).await;
        testing::sending_newsletter(&app, 4).await;
        crate::test_data::office(&app).await;
        test_data::member(&app, "a@doe.example", Role::Admin).await;
        app.clock.advance_ms(HOUR);
        accepted(&app, 1, 4).await;
        for reader in 1..=2 {
            came(&app, &complaint(&app, reader)).await;
        }
        let sql = "SELECT state FROM newsletter WHERE id = 1";
        let found: Option<i16> = db::scalar(app.db.pool(), sql, []).await.unwrap();
        assert_eq!(found, Some(state), "{pause} {least}");
        // Whoever is told of the pause gets to the newsletter by one press.
        let sql = "SELECT count(*) FROM staff_notice
            WHERE headline LIKE 'Sending stopped:%' AND path = '/staff/newsletters/1'";
        let told: Option<i64> = db::scalar(app.db.pool(), sql, []).await.unwrap();
        assert_eq!(told, Some(i64::from(state == 3)), "{pause} {least}");
    }
}

#[tokio::test]
async fn a_bounce_can_be_undone_once_and_a_complaint_never() {
    let (app, _folder) = office(2).await;
    came(&app, &bounce(&return_path(&app, 1, 1), 1, UNKNOWN)).await;
    came(&app, &complaint(&app, 2)).await;
    let rows = Entity::find().all(app.db.pool()).await.unwrap();
    let id = |kind| rows.iter().find(|row| row.kind == kind).unwrap().id;
    undo(&app, id(ReturnKind::Bounce), "staff@office.example")
        .await
        .unwrap();
    assert_eq!(status(&app, 1).await, Status::Confirmed);
    assert!(
        undo(&app, id(ReturnKind::Bounce), "staff@office.example")
            .await
            .is_err()
    );
    assert!(
        undo(&app, id(ReturnKind::Complaint), "staff@office.example")
            .await
            .is_err()
    );
    assert_eq!(status(&app, 2).await, Status::Complained);
}

#[tokio::test]
async fn w5_a_signed_event_needs_no_mark_but_only_what_was_mailed_can_come_back() {
    let (app, _folder) = office(1).await;
    let event = |address: &str, id: &'static str| (address.to_owned(), id);
    for ((address, id), signed, expected) in [
        (
            event("reader1@example.org", "e0"),
            false,
            ReturnState::Unproved,
        ),
        (
            event("stranger@example.org", "e1"),
            true,
            ReturnState::Unproved,
        ),
        (event("Reader1@Example.org", "e2"), true, ReturnState::Acted),
    ] {
        let mut reading = super::read(bounce("office", 1, UNKNOWN).as_bytes());
        reading.recipients[0].address = Some(address);
        let returned = Return {
            way: ReturnWay::Webhook,
            reading: &reading,
            identity: id.as_bytes(),
            raw: b"{}",
            signed,
        };
        let receipt = act(&app, &returned).await.unwrap();
        assert_eq!(receipt.state, expected, "{id}");
        assert!(act(&app, &returned).await.unwrap().known);
    }
    assert_eq!(status(&app, 1).await, Status::Bounced);
}

#[test]
fn words_of_the_database_are_those_of_the_json() {
    use sea_orm::{ActiveEnum, Iterable};
    for action in ReplyAction::iter() {
        assert_eq!(action.to_value(), action.as_str());
    }
    for class in crate::delivery::reply_class::ReplyClass::ALL {
        assert_eq!(class.to_value(), class.as_str());
    }
    assert_eq!(ReturnKind::AutoReply.to_value(), "auto-reply");
}
