//! Mails made to hurt: no panic, no time that grows faster than the mail.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use proptest::test_runner::{Config, TestRunner};

use super::{LONGEST_MAIL_OCTETS, ReturnKind, files, read};
use crate::delivery::reply_class::ReplyAction;

/// Pieces of which bounces consist, to be put together wrongly.
const PIECES: [&str; 26] = [
    "From: MAILER-DAEMON@mx.example\n",
    "Subject: Undelivered Mail Returned to Sender\n",
    "Return-Path: <>\n",
    "MIME-Version: 1.0\n",
    "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n",
    "Content-Type: multipart/report; boundary=\"b\"; report-type=feedback-report\n",
    "Content-Type: message/delivery-status\n",
    "Content-Type: message/rfc822\n",
    "Content-Type: message/feedback-report\n",
    "Content-Type: text/html; charset=x-none\n",
    "Content-Transfer-Encoding: base64\n",
    "Content-Transfer-Encoding: quoted-printable\n",
    "\n",
    "\n--b\n",
    "\n--b--\n",
    "Final-Recipient: rfc822; ana@example.org\n",
    "Original-Recipient: utf-8; \\x{7528}\\x{zz}@example.org\n",
    "Action: failed\n",
    "Status: 5.1.1\n",
    "Diagnostic-Code: smtp; 550-5.1.1 user\n  unknown\n",
    "Feedback-Type: abuse\n",
    "<ana@example.org>: host mx said: 550 5.1.1 user unknown\n",
    "--- Below this line is a copy of the message.\n",
    "用户@例え.jp 存在しません\n",
    "=?utf-8?B?////?=@@@<<>>\n",
    "\u{0}\u{7f}\r\r\n",
];

/// For how long mails are made up: a moment with all other tests, a minute in the full run, which sets
/// `GAZETTE_FUZZ_SECONDS`.
fn budget() -> Duration {
    let seconds = std::env::var("GAZETTE_FUZZ_SECONDS").ok();
    let seconds = seconds.and_then(|text| text.parse().ok()).unwrap_or(2);
    Duration::from_secs(seconds) / 3
}

/// Tries other values each time until the budget is used up; a failure is made small and shown.
fn fuzz<S: Strategy>(strategy: &S, test: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    let start = Instant::now();
    let config = Config {
        cases: 64,
        failure_persistence: None,
        ..Config::default()
    };
    let mut runner = TestRunner::new(config);
    while start.elapsed() < budget() {
        runner.run(strategy, &test).unwrap();
    }
}

/// What always holds, whatever came.
fn hold_rules(mail: &[u8]) -> Result<(), TestCaseError> {
    let reading = read(mail);
    prop_assert!(!reading.recipients.is_empty());
    if matches!(
        reading.kind,
        ReturnKind::AutoReply | ReturnKind::Reply | ReturnKind::Report | ReturnKind::Unknown
    ) {
        let ignored =
            |recipient: &super::ReturnedRecipient| recipient.action == ReplyAction::Ignore;
        prop_assert!(reading.recipients.iter().all(ignored));
    }
    Ok(())
}

#[test]
fn any_bytes_are_read_without_a_panic() {
    fuzz(&proptest::collection::vec(any::<u8>(), 0..2_000), |bytes| {
        hold_rules(&bytes)
    });
}

#[test]
fn any_order_of_the_pieces_is_read_without_a_panic() {
    let orders = (
        proptest::collection::vec(0..PIECES.len(), 0..60),
        any::<bool>(),
    );
    fuzz(&orders, |(order, crlf)| {
        let mut mail: String = order.iter().map(|at| PIECES[*at]).collect();
        if crlf {
            mail = mail.replace('\n', "\r\n");
        }
        hold_rules(mail.as_bytes())
    });
}

/// One change to a mail: where, what is put there, how much of it is left out.
type Change = (prop::sample::Index, Vec<u8>, usize);

fn changed(mail: &[u8], changes: &[Change]) -> Vec<u8> {
    let mut mail = mail.to_vec();
    for (at, put, left_out) in changes {
        let at = at.index(mail.len() + 1);
        let end = mail.len().min(at + left_out);
        mail.splice(at..end, put.iter().copied());
    }
    mail
}

#[test]
fn real_returns_with_pieces_lost_doubled_and_damaged_are_read_without_a_panic() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/returns");
    let mut mails = Vec::new();
    files::each_mail::<std::io::Error>(std::path::Path::new(folder), &mut |found| {
        mails.push(found.mail);
        Ok(())
    })
    .unwrap();
    let put = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..8),
        prop::sample::select(&PIECES[..]).prop_map(|piece| piece.as_bytes().to_vec()),
    ];
    let change = (any::<prop::sample::Index>(), put, 0..400_usize);
    let damaged = (
        prop::sample::select(mails),
        proptest::collection::vec(change, 1..6),
    );
    fuzz(&damaged, |(mail, changes)| {
        hold_rules(&changed(&mail, &changes))
    });
}

fn time(mail: &[u8]) -> Duration {
    (0..3)
        .map(|_| {
            let start = Instant::now();
            let _ = read(mail);
            start.elapsed()
        })
        .min()
        .unwrap_or_default()
}

/// Of everything that could be said again and again: four times as much takes no more than about four
/// times as long. The bound is wide, because the machine is shared; quadratic would be sixteen times.
#[test]
fn time_grows_with_the_mail_and_no_faster() {
    let head = "From: MAILER-DAEMON@mx.example\nSubject: Undelivered Mail\nMIME-Version: 1.0\n";
    let report = format!(
        "{head}Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\nx\n--b\nContent-Type: message/delivery-status\n\n"
    );
    let parts = format!("{head}Content-Type: multipart/mixed; boundary=b\n\n");
    let cases: [(&str, String, &str); 10] = [
        ("addresses", format!("{head}\n"), "<ana@example.org>:\n"),
        ("at signs", format!("{head}\n"), "@"),
        ("codes", format!("{head}\n"), "550-5.1.1 "),
        ("brackets", format!("{head}\n"), "<<<<"),
        (
            "headers",
            head.to_owned(),
            "X-Failed-Recipients: ana@example.org\n",
        ),
        ("received", head.to_owned(), "To: b-x@y, <\n"),
        (
            "recipients",
            report.clone(),
            "Final-Recipient: rfc822; ana@example.org\nAction: failed\nStatus: 5.1.1\n\n",
        ),
        (
            "folded",
            format!("{report}Diagnostic-Code: smtp;"),
            " 550 user\n",
        ),
        (
            "parts",
            parts,
            "--b\nContent-Type: text/plain\n\n550 user unknown\n",
        ),
        (
            "nested",
            head.to_owned(),
            "Content-Type: multipart/mixed; boundary=b\n\n--b\n",
        ),
    ];
    for (name, begin, piece) in cases {
        let of = |octets: usize| format!("{begin}{}", piece.repeat(octets / piece.len()));
        let (small, large) = (time(of(60_000).as_bytes()), time(of(240_000).as_bytes()));
        assert!(
            large < small * 9 + Duration::from_millis(30),
            "{name}: {small:?}, four times as long: {large:?}"
        );
    }
}

#[test]
fn a_mail_beyond_ten_megabytes_is_set_aside_and_one_below_is_read() {
    let mut mail = b"From: MAILER-DAEMON@mx.example\nSubject: Undelivered Mail\n\n<ana@example.org>: 550 user unknown\n".to_vec();
    mail.resize(LONGEST_MAIL_OCTETS, b'x');
    assert_eq!(read(&mail).kind, ReturnKind::Bounce);
    mail.push(b'x');
    assert_eq!(read(&mail).kind, ReturnKind::Unknown);
}

/// Bounces within bounces, five deep and five hundred, are read for what the outermost says.
#[test]
fn returns_that_stand_in_one_another_are_read_from_the_outside() {
    for depth in [1, 5, 500] {
        let mut mail =
            "From: news@office.example\r\nSubject: Hearing\r\n\r\nuser unknown\r\n".to_owned();
        for level in 0..depth {
            let status = if level + 1 == depth { "5.2.2" } else { "5.1.1" };
            mail = format!(
                "Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.example\r\nSubject: Undelivered Mail\r\nMIME-Version: 1.0\r\n\
                 Content-Type: multipart/report; report-type=delivery-status; boundary=b{level}\r\n\r\n\
                 --b{level}\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx\r\n\r\n\
                 Final-Recipient: rfc822; reader{level}@example.org\r\nAction: failed\r\nStatus: {status}\r\n\r\n\
                 --b{level}\r\nContent-Type: message/rfc822\r\n\r\n{mail}\r\n--b{level}--\r\n"
            );
        }
        let start = Instant::now();
        let reading = read(mail.as_bytes());
        assert!(start.elapsed() < Duration::from_secs(2), "{depth}");
        let expected = format!("reader{}@example.org", depth - 1);
        assert_eq!(
            reading.first().address.as_deref(),
            Some(&*expected),
            "{depth}"
        );
        assert_eq!(reading.first().action, ReplyAction::Count, "{depth}");
    }
}
