//! Returns of many systems, each read as `expected.csv` says, with every kind of line end.

use std::{fs, path::Path};

use serde::Deserialize;

use super::{ReturnKind, read};
use crate::{
    delivery::reply_class::{ReplyAction, ReplyClass},
    secret::Keys,
};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/returns");

#[derive(Debug, Deserialize)]
struct Expected {
    file: String,
    system: String,
    kind: String,
    recipient: String,
    action: String,
    /// Empty where only the action matters.
    class: String,
}

fn expected() -> Vec<Expected> {
    csv::Reader::from_path(Path::new(FOLDER).join("expected.csv"))
        .unwrap()
        .deserialize()
        .collect::<Result<_, _>>()
        .unwrap()
}

/// Of Unix, of the wire, of old Macintoshes, and of a pipe that changed the wire's once more.
const LINE_ENDS: [&[u8]; 4] = [b"\n", b"\r\n", b"\r", b"\r\r\n"];

fn with_line_ends(mail: &[u8], end: &[u8]) -> Vec<u8> {
    mail.split(|byte| *byte == b'\n')
        .collect::<Vec<_>>()
        .join(end)
}

fn kind_word(kind: ReturnKind) -> String {
    serde_json::to_value(kind)
        .unwrap()
        .as_str()
        .unwrap()
        .to_owned()
}

#[test]
fn every_return_is_read_as_the_table_says() {
    let mut wrong = Vec::new();
    for expected in expected() {
        let mail = fs::read(Path::new(FOLDER).join(&expected.file)).unwrap();
        assert!(
            !mail.contains(&b'\r'),
            "{} has its line ends mixed",
            expected.file
        );
        for end in LINE_ENDS {
            let reading = read(&with_line_ends(&mail, end));
            let first = reading.first();
            let found = (
                kind_word(reading.kind),
                first.address.as_deref().unwrap_or_default().to_owned(),
                first.action.as_str(),
                first.class.map_or("", ReplyClass::as_str),
            );
            let class_fits = expected.class.is_empty() || expected.class == found.3;
            let fits = found.0 == expected.kind
                && found.1 == expected.recipient
                && found.2 == expected.action
                && class_fits;
            if !fits {
                wrong.push(format!(
                    "{} {end:?}\n   found {found:?}\n   not   {} {} {} {}\n   {} | {}",
                    expected.file,
                    expected.kind,
                    expected.recipient,
                    expected.action,
                    expected.class,
                    first.why,
                    first.diagnosis
                ));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn the_fixtures_are_as_many_as_promised_and_none_is_forgotten() {
    let expected = expected();
    let systems: std::collections::BTreeSet<_> = expected.iter().map(|row| &row.system).collect();
    assert!(expected.len() >= 150, "{}", expected.len());
    assert!(systems.len() >= 30, "{}", systems.len());
    let on_disk = fs::read_dir(FOLDER)
        .unwrap()
        .filter(|entry| {
            let path = entry.as_ref().unwrap().path();
            path.extension().is_some_and(|extension| extension == "eml")
        })
        .count();
    assert_eq!(on_disk, expected.len());
}

#[test]
fn our_own_marks_are_found_on_a_bounce_and_on_a_redacted_complaint() {
    for file in ["qmail-nomailbox.eml", "arf-yahoo-redacted.eml"] {
        let reading = read(&fs::read(Path::new(FOLDER).join(file)).unwrap());
        assert!(!reading.marks.return_paths.is_empty(), "{file}");
        assert!(!reading.marks.link_tokens.is_empty(), "{file}");
        assert!(reading.claimed_newsletter(None).is_some(), "{file}");
        // Made with another key.
        let keys = Keys::from_bytes(&[7; 32]);
        assert_eq!(reading.claimed_newsletter(Some(&keys)), None, "{file}");
    }
}

/// A bounce whose report says "unknown user" in its status, and something else in its words.
#[test]
fn b5_the_diagnosis_goes_before_the_status() {
    for (status, diagnosis, expected) in [
        ("5.1.1", "450 4.1.1 user unknown", ReplyAction::Retry),
        ("5.1.1", "421 4.7.0 try again later", ReplyAction::Retry),
        (
            "5.1.1",
            "550 5.7.1 blocked using zen.spamhaus.org",
            ReplyAction::Pause,
        ),
        ("5.1.1", "550 5.7.26 unauthenticated", ReplyAction::Pause),
        (
            "5.1.1",
            "552 message size exceeds the limit",
            ReplyAction::Fix,
        ),
        ("5.1.1", "550 go away", ReplyAction::Count),
        ("5.0.0", "550 5.1.1 no", ReplyAction::Suppress),
        ("5.7.1", "550 no such user", ReplyAction::Suppress),
        ("4.4.7", "550 no such user", ReplyAction::Suppress),
    ] {
        let mail = format!(
            "From: MAILER-DAEMON@mx.example\nSubject: Undelivered\nMIME-Version: 1.0\n\
             Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\n\
             Your mail could not be delivered.\n--b\nContent-Type: message/delivery-status\n\n\
             Reporting-MTA: dns; mx.example\n\nFinal-Recipient: rfc822; ana@example.org\nAction: failed\n\
             Status: {status}\nDiagnostic-Code: smtp; {diagnosis}\n\n--b--\n"
        );
        let reading = read(mail.as_bytes());
        assert_eq!(reading.first().action, expected, "{status} {diagnosis}");
    }
}
