//! Mails to one person as they go on the wire.

use mail_parser::{Message, MessageParser};

use super::*;
use crate::{
    clock::Clock,
    delivery::testing::{app, worker},
    newsletters::{NewsletterState, send_test},
    subscribers::link::SubscriberLink,
    test_data,
    transactional::{self, TransactionalMail},
};

/// What the next mail in the queue is written as, and its return path.
async fn written(app: &App) -> (String, Vec<u8>) {
    let now = app.clock.now_ms();
    let mut mails = claim(app, 1, 1, now).await.unwrap();
    let mail = mails.pop().unwrap();
    let (mut wire, mut path) = (Vec::new(), Vec::new());
    write(app, &mail, None, &mut wire, &mut path).await.unwrap();
    wire.truncate(wire.len() - b".\r\n".len());
    (String::from_utf8(path).unwrap(), wire)
}

fn parsed(wire: &[u8]) -> Message<'_> {
    MessageParser::default().parse(wire).unwrap()
}

async fn notice(app: &App, office: &Office) {
    let parts = ("It waits.\n", "<p>It waits.</p>");
    letter(app, office, TransactionalKind::Notice, "en", parts).await;
}

/// Queues a mail in `language` with these parts, text and HTML.
async fn letter(
    app: &App,
    office: &Office,
    kind: TransactionalKind,
    language: &str,
    (text, html): (&str, &str),
) {
    let recipient = EmailAddress::parse("ana@example.gov").unwrap();
    let mail = TransactionalMail {
        kind,
        recipient: &recipient,
        content: TransactionalContent {
            subject: "Please review: A bridge".to_owned(),
            text: text.to_owned(),
            html: Some(html.to_owned()),
            language: language.to_owned(),
            newsletter: None,
            ..Default::default()
        },
        token_label: None,
    };
    transactional::enqueue(app, app.db.pool(), office, mail)
        .await
        .unwrap();
}

#[tokio::test]
async fn p16_other_mails_have_a_from_and_a_return_path_of_their_own() {
    let (app, _folder) = app(Clock::fixed_at("2026-02-24T17:00:00Z".parse().unwrap())).await;
    test_data::office(&app).await;
    worker(&app, 1).await;
    for (settings, from, path) in [
        (vec![], "news@doe.example", "news@doe.example"),
        (
            vec![("notice-from", "office@mail.doe.example")],
            "office@mail.doe.example",
            "office@mail.doe.example",
        ),
        (
            vec![("notice-return-path", "returns@bounce.doe.example")],
            "office@mail.doe.example",
            "returns@bounce.doe.example",
        ),
    ] {
        Office::set_all(&app.db, "operator", &settings, 0)
            .await
            .unwrap();
        let office = Office::load(&app.db).await.unwrap();
        notice(&app, &office).await;
        let (return_path, wire) = written(&app).await;
        assert_eq!(return_path, path);
        let message = parsed(&wire);
        assert_eq!(
            message.from().unwrap().first().unwrap().address(),
            Some(from)
        );
        let domain = from.split_once('@').unwrap().1;
        assert!(
            message
                .message_id()
                .unwrap()
                .ends_with(&format!("@{domain}"))
        );
        let header = |name: &str| message.header_raw(name).unwrap().trim().to_owned();
        assert_eq!(header("X-Auto-Response-Suppress"), "All");
    }
}

#[tokio::test]
async fn a_test_is_the_real_mail_with_a_token_that_is_nobodys() {
    let (app, _folder) = app(Clock::fixed_at("2026-02-24T17:00:00Z".parse().unwrap())).await;
    test_data::office(&app).await;
    worker(&app, 1).await;
    let seeds = [("test-recipients", "seed@example.org, ANA@example.gov")];
    Office::set_all(&app.db, "operator", &seeds, 0)
        .await
        .unwrap();
    let id = test_data::newsletter("a-bridge-opens")
        .subject("A bridge opens")
        .says("It opens on Monday.")
        .state(NewsletterState::Draft)
        .insert(&app)
        .await;
    let ana = EmailAddress::parse("ana@example.gov").unwrap();
    let sent = send_test(&app, id, &[ana], "ana").await.unwrap();
    assert_eq!(sent, 2, "ana is on both lists");
    // What it says when it leaves, not when it was asked for.
    let later = "UPDATE newsletter SET subject = 'A bridge opens at noon' WHERE id = $1";
    app.db.execute(later, values![id]).await.unwrap();
    let mut message_ids = Vec::new();
    for to in ["ana@example.gov", "seed@example.org"] {
        let (_, wire) = written(&app).await;
        let message = parsed(&wire);
        assert_eq!(message.to().unwrap().first().unwrap().address(), Some(to));
        assert_eq!(message.subject(), Some("[Test] A bridge opens at noon"));
        let header = |name: &str| {
            message
                .header_raw(name)
                .map(|value| value.trim().to_owned())
        };
        let slot = SubscriberLink::SLOT;
        assert_eq!(SubscriberLink::from_token(&app.keys, slot), None);
        assert!(header("List-Unsubscribe").unwrap().contains(slot));
        assert_eq!(
            header("List-Unsubscribe-Post"),
            Some("List-Unsubscribe=One-Click".to_owned())
        );
        assert!(header("List-Id").is_some() && header("Precedence").as_deref() == Some("bulk"));
        for part in [message.body_html(0).unwrap(), message.body_text(0).unwrap()] {
            assert!(part.contains("It opens on Monday.") && part.contains(slot));
        }
        message_ids.push(message.message_id().unwrap().to_owned());
    }
    assert_ne!(message_ids[0], message_ids[1], "P14");
}

/// A mail whose text part says this, as it goes on the wire.
async fn saying(app: &App, office: &Office, language: &str, text: &str) -> Vec<u8> {
    let html = format!("<p>{text}</p>");
    let parts = (text, html.as_str());
    letter(
        app,
        office,
        TransactionalKind::Subscription,
        language,
        parts,
    )
    .await;
    written(app).await.1
}

/// A flowed text with its paragraphs whole again (RFC 3676 §4.2).
fn unfolded(text: &str) -> String {
    let mut whole = String::new();
    for line in text.lines() {
        let stuffed = line.strip_prefix(' ').unwrap_or(line);
        whole.push_str(stuffed);
        if !line.ends_with(' ') || line == "-- " {
            whole.push('\n');
        }
    }
    whole
}

#[tokio::test]
async fn a_letter_to_one_person_flows_and_is_written_in_what_is_smaller_and_read_as_it_was() {
    let (app, _folder) = app(Clock::fixed_at("2026-02-24T17:00:00Z".parse().unwrap())).await;
    test_data::office(&app).await;
    worker(&app, 1).await;
    let office = Office::load(&app.db).await.unwrap();
    let long =
        "Someone, hopefully you, entered this address on the page of the office today. ".repeat(4);
    let url = format!(
        "https://news.doe.example/confirm/{}?lang=ar",
        "a".repeat(90)
    );
    for (language, paragraph, encoding) in [
        ("en", long.trim_end(), "quoted-printable"),
        (
            "es",
            "Confirme que desea recibir correos. Puede darse de baja en cualquier momento con un clic, también mañana.",
            "quoted-printable",
        ),
        (
            "ko",
            "이 주소로 정기적으로 이메일 소식을 보내는 데 동의하시게 됩니다. 언제든지 클릭 한 번으로 구독을 취소하실 수 있습니다.",
            "base64",
        ),
        (
            "zh-Hant",
            "訂閱即表示您授權本辦公室定期向此地址寄送電子郵件。您隨時可以按一下連結取消訂閱。",
            "base64",
        ),
        (
            "ar",
            "باشتراكك تسمح بأن يرسل المكتب تحديثات منتظمة بالبريد الإلكتروني إلى هذا العنوان.",
            "base64",
        ),
    ] {
        // What else a letter may hold: an address longer than a line, lines that begin with a space, a
        // full stop or “From ”, and the line above a signature.
        let text = format!(
            "{paragraph}\n\n{url}\n\n. A stop\nFrom here on\n indented\n\n-- \nOffice of Rep. Jane Doe\n"
        );
        let wire = saying(&app, &office, language, &text).await;
        assert!(
            wire.split(|byte| *byte == b'\n')
                .all(|line| line.len() <= 78),
            "{language}"
        );
        assert!(wire.is_ascii(), "{language}");
        let undotted = String::from_utf8(wire).unwrap().replace("\r\n..", "\r\n.");
        let message = parsed(undotted.as_bytes());
        let part = message.text_part(0).unwrap();
        let header = |name: &str| part.headers.iter().find(|header| header.name() == name);
        let raw = |name: &str| {
            let header = header(name).unwrap();
            let value = undotted.get(header.offset_start as usize..header.offset_end as usize);
            value.unwrap().trim().to_owned()
        };
        assert_eq!(raw("Content-Transfer-Encoding"), encoding, "{language}");
        assert!(
            raw("Content-Type").contains("format=flowed"),
            "{}",
            raw("Content-Type")
        );
        let flowed = part.text_contents().unwrap().replace("\r\n", "\n");
        for line in flowed
            .lines()
            .filter(|line| line.contains(' ') && line.is_ascii())
        {
            assert!(line.len() <= 78, "{line}");
        }
        assert_eq!(unfolded(&flowed).trim_end(), text.trim_end(), "{language}");
        let html = message.body_html(0).unwrap().replace("\r\n", "\n");
        assert_eq!(html.trim_end(), format!("<p>{text}</p>"));
    }
}
