//! `gazette returns read --dry-run`: what it says of a mail without a database, with and without the key.

use gazette::{secret::Keys, subscribers::link::SubscriberLink};
use serde_json::Value;

use crate::program::Program;

const KEY: &str = "2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a";
const OTHER_KEY: &str = "2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b";

/// Whom newsletter 7 did not reach.
const LINK: SubscriberLink = SubscriberLink {
    subscriber: 42,
    newsletter: 7,
};

/// A bounce with one of our marks: in the address that it came to, or in the headers of what came back.
fn bounce(to: &str, message_id: &str) -> String {
    format!(
        "From: MAILER-DAEMON@mx.example.org\r\nTo: <{to}@bounces.doe.example>\r\nSubject: Undelivered\r\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n\
         --b\r\n\r\nYour mail did not arrive.\r\n\
         --b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.org\r\n\r\n\
         Final-Recipient: rfc822; ana@example.org\r\nAction: failed\r\nStatus: 5.1.1\r\n\
         Diagnostic-Code: smtp; 550 5.1.1 no such user\r\n\r\n\
         --b\r\nContent-Type: text/rfc822-headers\r\n\r\nSubject: News\r\nMessage-ID: <{message_id}@doe.example>\r\n\r\n--b--\r\n"
    )
}

/// The one line of JSON that the program prints.
async fn read(program: &Program) -> Value {
    let words = ["returns", "read", "bounce.eml", "--dry-run", "--json"];
    let ran = program.run(&words).await;
    assert_eq!(ran.status, 0, "{ran:?}");
    let made = program.folder().join("gazette.db").exists();
    assert!(!made, "a database was made");
    serde_json::from_str(&ran.out).unwrap()
}

#[tokio::test]
async fn a_dry_run_names_the_newsletter_where_the_key_is_at_hand_and_needs_no_database() {
    let marks = LINK.placeholders(&Keys::from_hex(KEY).unwrap());
    let text = |mark: &[u8]| String::from_utf8(mark.to_vec()).unwrap();
    let (path, id) = (text(&marks.return_path), text(&marks.message_id));
    for mail in [bounce(&path, "x"), bounce("bounces", &id)] {
        let bare = Program::new();
        let with_key = Program::new().with("GAZETTE_SECRET_KEY", KEY);
        let with_another = Program::new().with("GAZETTE_SECRET_KEY", OTHER_KEY);
        let beside = Program::new();
        let file = beside.folder().join("gazette.key");
        std::fs::write(&file, KEY).unwrap();
        let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(&file, private).unwrap();
        for (program, newsletter) in [
            (bare, Value::Null),
            (with_key, 7.into()),
            // A mark that this key did not make says nothing.
            (with_another, Value::Null),
            (beside, 7.into()),
        ] {
            std::fs::write(program.folder().join("bounce.eml"), &mail).unwrap();
            let line = read(&program).await;
            assert_eq!(line["newsletter"], newsletter, "{line}");
            assert_eq!(line["kind"], "bounce");
            assert_eq!(line["recipient"], "ana@example.org");
            assert_eq!(line["action"], "suppress");
        }
    }
}
