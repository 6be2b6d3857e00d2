//! House rules from outside: the exact mail, the press list, the report.

use gazette::{
    delivery, house,
    house::ElectionKind,
    newsletters::{self, NewsletterError, Quarter},
    subscribers::{
        link::{Placeholders, SubscriberLink},
        press_list,
    },
};

use crate::app::TestApp;

const PRESS: &str = "email,name,outlet\nana@paper.example,Ana,The Paper\nben@radio.example,Ben,Radio 5\ncy@example.org,Cy,\n";

fn replaced(text: &[u8], from: &[u8], to: &[u8]) -> (Vec<u8>, usize) {
    let mut out = Vec::with_capacity(text.len());
    let (mut at, mut times) = (0, 0);
    while at < text.len() {
        if text[at..].starts_with(from) {
            out.extend_from_slice(to);
            at += from.len();
            times += 1;
        } else {
            out.push(text[at]);
            at += 1;
        }
    }
    (out, times)
}

#[tokio::test]
async fn c4_the_exported_mail_is_the_mail_that_is_sent_but_for_the_readers_own_marks() {
    let app = TestApp::start().await;
    app.import(&["reader@example.org".to_owned()]).await;
    let id = app.draft("Exact").await;
    app.send(id).await;
    let sent = app.mails_to("reader@example.org").await.remove(0).raw;
    let exported = delivery::export_eml(&app.app, id, "operator")
        .await
        .unwrap();

    let link = SubscriberLink {
        subscriber: app.count("SELECT id FROM subscriber").await,
        newsletter: id,
    };
    let Placeholders {
        token, message_id, ..
    } = link.placeholders(&app.app.keys);
    let (text, addresses) = replaced(
        &sent,
        b"reader@example.org",
        b"subscriber@recipient.invalid",
    );
    let (text, ids) = replaced(&text, &message_id, &[b'0'; SubscriberLink::MESSAGE_ID]);
    let (text, tokens) = replaced(&text, &token, SubscriberLink::SLOT.as_bytes());
    assert_eq!((addresses, ids), (1, 1));
    // In the header, and two links in each of the two parts.
    assert_eq!(tokens, 5);
    assert_eq!(
        String::from_utf8_lossy(&text),
        String::from_utf8_lossy(&exported)
    );
    app.stop().await;
}

#[tokio::test]
async fn c1_the_press_list_gets_its_own_mail_leaves_with_one_click_and_stays_away() {
    let app = TestApp::start().await;
    app.import(&["reader@example.org".to_owned()]).await;
    press_list::import(&app.app, PRESS.as_bytes(), "gallery", "operator")
        .await
        .unwrap();
    let model = app.draft("Bridge").await;
    let id = newsletters::for_press(&app.app, model, true, "test")
        .await
        .unwrap();
    assert_eq!(app.send(id).await.accepted, 3);
    assert!(app.mails_to("reader@example.org").await.is_empty());
    let mail = app.mails_to("ana@paper.example").await.remove(0);
    assert!(
        mail.header("List-Id")
            .unwrap()
            .contains("press-list.list-id.")
    );
    assert_eq!(
        mail.header("List-Unsubscribe-Post").unwrap(),
        "List-Unsubscribe=One-Click"
    );
    let text = mail.text();
    assert!(
        text.contains("this address is on the press list of the Office of Rep. Jane Doe"),
        "{text}"
    );
    assert!(
        !text.contains("/preferences/") && !text.contains("/p/") && !text.contains("you asked for")
    );

    let answer = app
        .post(&mail.one_click(), "List-Unsubscribe=One-Click")
        .await;
    assert_eq!(answer.status(), 200);
    // Nobody else was meant by it.
    assert_eq!(app.status("reader@example.org").await, "confirmed");
    let again = press_list::import(&app.app, PRESS.as_bytes(), "gallery", "operator")
        .await
        .unwrap();
    assert_eq!((again.added, again.known, again.suppressed), (0, 2, 1));
    let second = app.draft("Road").await;
    let second = newsletters::for_press(&app.app, second, false, "test")
        .await
        .unwrap();
    assert_eq!(app.send(second).await.accepted, 2);
    assert_eq!(app.mails_to("ana@paper.example").await.len(), 1);

    let quarter: Quarter = "2026Q4".parse().unwrap();
    let lines = newsletters::report(&app.app, quarter).await.unwrap();
    let csv = String::from_utf8(newsletters::report_csv(&lines).unwrap()).unwrap();
    assert_eq!(
        csv,
        format!(
            "newsletter,date,subject,news_release,recipients,unsolicited,mass_communication,in_blackout\n\
             {id},2026-11-24,Bridge,yes,3,1,no,no\n\
             {second},2026-11-24,Road,no,2,2,no,no\n"
        )
    );
    assert!(
        newsletters::report(&app.app, "2026Q3".parse().unwrap())
            .await
            .unwrap()
            .is_empty()
    );
    // The public archive lists what subscribers got, not the press list's copies.
    let archive = app.get("/archive").await.text().await.unwrap();
    assert!(!archive.contains("Bridge") && !archive.contains("Road"));
    app.until("the list to be logged", async || {
        let sql = "SELECT count(*) FROM audit WHERE action = 'newsletter.list'";
        (app.count(sql).await == 2).then_some(())
    })
    .await;
    app.stop().await;
}

#[tokio::test]
async fn who_leaves_while_a_mail_to_the_press_list_waits_is_not_mailed() {
    let app = TestApp::start().await;
    press_list::import(&app.app, PRESS.as_bytes(), "gallery", "operator")
        .await
        .unwrap();
    let model = app.draft("Later").await;
    let id = newsletters::for_press(&app.app, model, true, "test")
        .await
        .unwrap();
    let first = app.draft("First").await;
    let first = newsletters::for_press(&app.app, first, true, "test")
        .await
        .unwrap();
    app.send(first).await;
    house::add(
        &app.app,
        "2026-12-08",
        ElectionKind::Runoff,
        "Runoff",
        true,
        "operator",
    )
    .await
    .unwrap();
    let refused = newsletters::approve(&app.app, id, "test", None, 0).await;
    assert!(
        matches!(refused, Err(NewsletterError::Blackout(_))),
        "{refused:?}"
    );
    newsletters::acknowledge_blackout(&app.app, id, "test", None)
        .await
        .unwrap();
    // Suppressed as a subscriber's address counts here, too.
    app.import(&["ben@radio.example".to_owned()]).await;
    gazette::subscribers::erase(&app.app, "ben@radio.example", "operator")
        .await
        .unwrap();
    let counts = app.send(id).await;
    assert_eq!(counts.accepted, 2);
    assert_eq!(app.mails_to("ben@radio.example").await.len(), 0);
    app.stop().await;
}
