//! How many returns one core reads, and how many it acts on: `taskset -c 0 cargo bench --bench returns`.
//!
//! Read: the fixtures of many systems, as they are. Acted on: bounces of one newsletter, each with its
//! reader's return path, from the octets to the subscriber who is not mailed any more, with the
//! evidence, committed in SQLite, 64 at a time as `gazette returns read` does. Target: 5,000 a second read.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use clap::Parser;
use gazette::{
    app::App,
    clock::Clock,
    config::Settings,
    returns::{self, ReturnState, ReturnWay, files},
    subscribers::link::SubscriberLink,
};

const READERS: i64 = 5_000;

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    settings: Settings,
}

fn main() {
    reading();
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(acting());
}

fn say(what: &str, number: usize, took: Duration) {
    let rate = number as f64 / took.as_secs_f64();
    println!("{what}: {number} in {took:.2?}, {rate:.0} /s");
}

fn reading() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/returns");
    let mut mails = Vec::new();
    files::each_mail::<std::io::Error>(&folder, &mut |found| {
        mails.push(found.mail);
        Ok(())
    })
    .expect("the fixtures");
    let (start, mut number) = (Instant::now(), 0);
    while start.elapsed() < Duration::from_secs(5) {
        for mail in &mails {
            divan::black_box(returns::read(divan::black_box(mail)));
        }
        number += mails.len();
    }
    say("read", number, start.elapsed());
}

async fn acting() {
    let folder = std::env::temp_dir().join(format!("gazette-returns-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let url = format!("sqlite://{}/gazette.db", folder.display());
    let key = "07".repeat(32);
    let words = ["gazette", "--database-url", &url, "--secret-key", &key];
    let app = App::open(Line::parse_from(words).settings, Clock::system())
        .await
        .expect("a database");
    // A finished newsletter that a relay took for everybody.
    for sql in [
        "INSERT INTO newsletter (id, topic_id, subject, slug, language, document, state, automatic, created_at, started_at, enqueued_to, total)
         VALUES (1, 1, 'A bridge opens', 'bridge', 'en', '{}', 2, FALSE, 0, 0, 0, 0)".to_owned(),
        format!("INSERT INTO subscriber (id, email, email_key, status, language, created_at, status_at)
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {READERS})
         SELECT i, 'reader' || i || '@example.org', 'reader' || i || '@example.org', 1, 'en', 0, 0 FROM n"),
        "INSERT INTO delivery (newsletter_id, subscriber_id, state, attempts, at) SELECT 1, id, 3, 1, 1 FROM subscriber".to_owned(),
    ] {
        app.db.execute(&sql, []).await.expect("rows");
    }
    let mails: Vec<String> = (1..=READERS).map(|reader| bounce(&app, reader)).collect();
    let start = Instant::now();
    for mails in mails.chunks(64) {
        let done = returns::receive_all(&app, ReturnWay::CommandLine, mails)
            .await
            .expect("receipts");
        assert!(
            done.iter()
                .all(|(_, receipt)| receipt.state == ReturnState::Acted)
        );
    }
    say("acted on", mails.len(), start.elapsed());
    let start = Instant::now();
    for mails in mails.chunks(64) {
        let done = returns::receive_all(&app, ReturnWay::CommandLine, mails)
            .await
            .expect("receipts");
        assert!(done.iter().all(|(_, receipt)| receipt.known));
    }
    say("the same once more", mails.len(), start.elapsed());
    drop(app);
    std::fs::remove_dir_all(&folder).expect("the folder goes");
}

/// As Postfix writes it, with the headers of the mail that came back.
fn bounce(app: &App, reader: i64) -> String {
    let link = SubscriberLink {
        subscriber: reader,
        newsletter: 1,
    };
    let local = link.placeholders(&app.keys).return_path;
    let local = std::str::from_utf8(&local).expect("ASCII");
    format!(
        "Return-Path: <>\r\nDelivered-To: {local}@bounce.doe.example\r\nFrom: MAILER-DAEMON@mx.example (Mail Delivery System)\r\n\
         Subject: Undelivered Mail Returned to Sender\r\nTo: {local}@bounce.doe.example\r\nAuto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=\"b/x\"\r\n\r\n--b/x\r\nContent-Type: text/plain\r\n\r\n\
         This is the mail system at host mx.example.\r\n\r\nI'm sorry to have to inform you that your message could not\r\n\
         be delivered to one or more recipients. It's attached below.\r\n\r\n\
         <reader{reader}@example.org>: host mx.example.org[192.0.2.1] said: 550 5.1.1\r\n    <reader{reader}@example.org>: user unknown (in reply to RCPT TO command)\r\n\r\n\
         --b/x\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\nArrival-Date: Sat, 28 Nov 2026 10:00:00 +0000\r\n\r\n\
         Final-Recipient: rfc822; reader{reader}@example.org\r\nAction: failed\r\nStatus: 5.1.1\r\nRemote-MTA: dns; mx.example.org\r\n\
         Diagnostic-Code: smtp; 550 5.1.1 <reader{reader}@example.org>: user unknown\r\n\r\n\
         --b/x\r\nContent-Type: text/rfc822-headers\r\n\r\nReturn-Path: <{local}@bounce.doe.example>\r\nFrom: news@doe.example\r\n\
         To: reader{reader}@example.org\r\nSubject: A bridge opens\r\n\r\n--b/x--\r\n"
    )
}
