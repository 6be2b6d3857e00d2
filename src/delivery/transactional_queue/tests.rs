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
    let recipient = EmailAddress::parse("ana@example.gov").unwrap();
    let mail = TransactionalMail {
        kind: TransactionalKind::Notice,
        recipient: &recipient,
        content: TransactionalContent {
            subject: "Please review: A bridge".to_owned(),
            text: "It waits.\n".to_owned(),
            html: Some("<p>It waits.</p>".to_owned()),
            language: "en".to_owned(),
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
