//! Leaving: RFC 8058 one click, the page's button, preferences (rules H1–H8, P10, O9).

use gazette::{clock::DAY, subscribers};

use crate::app::{Mail, TestApp};

async fn newsletter_for(app: &TestApp, email: &str) -> Mail {
    app.subscriber(email).await;
    let id = app.draft(&format!("News for {email}")).await;
    app.send(id).await;
    app.mails_to(email).await.last().unwrap().clone()
}

#[tokio::test]
async fn h1_h4_one_click_works_with_every_body_that_mail_programs_send() {
    let app = TestApp::start().await;
    let boundary_missing = "---FormBoundaryjWmhtjORrn\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n---FormBoundaryjWmhtjORrn--\r\n";
    let multipart = "--b\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--b--\r\n";
    for (number, (content_type, body)) in [
        (
            "application/x-www-form-urlencoded",
            "List-Unsubscribe=One-Click",
        ),
        ("multipart/form-data; boundary=b", multipart),
        (
            "multipart/form-data; boundary=---FormBoundaryjWmhtjORrn",
            boundary_missing,
        ),
        ("application/x-www-form-urlencoded", ""),
        ("text/plain", "\u{0}garbled \u{fffd}"),
        ("multipart/form-data", "no boundary at all"),
    ]
    .into_iter()
    .enumerate()
    {
        let email = format!("reader{number}@example.org");
        let mail = newsletter_for(&app, &email).await;
        assert_eq!(
            mail.header("List-Unsubscribe-Post").as_deref(),
            Some("List-Unsubscribe=One-Click")
        );
        let answer = app
            .client
            .post(mail.one_click())
            .header("content-type", content_type)
            .header("cookie", "a=b")
            .header("origin", "https://mail.example")
            .body(body)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 200, "{content_type}: {body}");
        assert_eq!(
            app.status(&email).await,
            "unsubscribed",
            "{content_type}: {body}"
        );
    }
    app.stop().await;
}

#[tokio::test]
async fn h4_a_huge_body_is_refused_and_changes_nothing() {
    let app = TestApp::start().await;
    let mail = newsletter_for(&app, "ana@example.org").await;
    let answer = app
        .client
        .post(mail.one_click())
        .body(vec![b'x'; 1_100_000])
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 413);
    assert_eq!(app.status("ana@example.org").await, "confirmed");
    app.stop().await;
}

#[tokio::test]
async fn h5_h8_known_used_forged_and_shouted_tokens_get_the_same_answer() {
    let app = TestApp::start().await;
    let mail = newsletter_for(&app, "ana@example.org").await;
    let link = mail.one_click();
    let token = link.rsplit('/').next().unwrap().to_owned();
    let forged = format!(
        "{}{}",
        if token.starts_with('b') { 'a' } else { 'b' },
        &token[1..]
    );
    let mut answers = Vec::new();
    for address in [
        link.replace(&token, &forged),
        link.replace(&token, "x"),
        link.replace(&token, &token.to_uppercase()),
        link.clone(),
        format!("{link}/"),
    ] {
        let answer = app.post(&address, "List-Unsubscribe=One-Click").await;
        assert_eq!(answer.status(), 200, "{address}");
        answers.push(answer.text().await.unwrap());
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]));
    assert_eq!(app.status("ana@example.org").await, "unsubscribed");
    assert_eq!(
        app.count("SELECT count(*) FROM consent WHERE event = 'unsubscribed'")
            .await,
        1
    );
    app.stop().await;
}

#[tokio::test]
async fn h6_opening_the_link_a_hundred_times_changes_nothing_and_its_button_does() {
    let app = TestApp::start().await;
    let mail = newsletter_for(&app, "ana@example.org").await;
    let link = mail.link("/u/");
    for agent in [
        "Mozilla/5.0",
        "GoogleImageProxy",
        "BarracudaCentral",
        "curl/8",
    ] {
        for _ in 0..25 {
            app.client
                .get(&link)
                .header("user-agent", agent)
                .send()
                .await
                .unwrap();
        }
        app.client.head(&link).send().await.unwrap();
        app.client
            .request(reqwest::Method::OPTIONS, &link)
            .send()
            .await
            .unwrap();
    }
    let page = app.get(&link).await.text().await.unwrap();
    assert!(
        page.contains("method=\"post\"") && page.contains("<button>") && !page.contains("<script")
    );
    assert_eq!(app.status("ana@example.org").await, "confirmed");
    app.post(&link, "").await;
    assert_eq!(app.status("ana@example.org").await, "unsubscribed");
    app.stop().await;
}

#[tokio::test]
async fn h7_the_link_in_a_mail_of_two_years_ago_works() {
    let app = TestApp::start().await;
    let mail = newsletter_for(&app, "ana@example.org").await;
    app.app.clock.advance_ms(730 * DAY);
    assert_eq!(
        app.post(&mail.one_click(), "List-Unsubscribe=One-Click")
            .await
            .status(),
        200
    );
    assert_eq!(app.status("ana@example.org").await, "unsubscribed");
    app.stop().await;
}

#[tokio::test]
async fn p10_the_next_newsletter_does_not_reach_who_left() {
    let app = TestApp::start().await;
    let mail = newsletter_for(&app, "ana@example.org").await;
    app.subscriber("bob@example.org").await;
    app.post(&mail.one_click(), "List-Unsubscribe=One-Click")
        .await;
    let next = app.draft("The next one").await;
    let counts = app.send(next).await;
    assert_eq!((counts.accepted, counts.withdrawn), (1, 0));
    assert_eq!(
        app.mails_to("ana@example.org")
            .await
            .iter()
            .filter(|mail| mail.subject() == "The next one")
            .count(),
        0
    );
    app.stop().await;
}

#[tokio::test]
async fn preferences_choose_topics_and_leaving_all_of_them_is_leaving() {
    let app = TestApp::start().await;
    app.app
        .db
        .execute("INSERT INTO topic (slug, name, description, position) VALUES ('veterans', 'Veterans', '', 2)", [])
        .await
        .unwrap();
    let mail = newsletter_for(&app, "ana@example.org").await;
    let link = mail.link("/p/");
    assert!(
        app.get(&link)
            .await
            .text()
            .await
            .unwrap()
            .contains("Veterans")
    );
    let topics = async || {
        subscribers::evidence(&app.app, "ana@example.org")
            .await
            .unwrap()["topics"]
            .clone()
    };
    assert_eq!(topics().await, serde_json::json!(["press"]));
    app.post(&link, "topic=press&topic=veterans&lang=es").await;
    assert_eq!(topics().await, serde_json::json!(["press", "veterans"]));
    app.post(&link, "topic=veterans&lang=es").await;
    assert_eq!(topics().await, serde_json::json!(["veterans"]));
    let press_only = app.draft("Press only").await;
    assert_eq!(app.send(press_only).await.accepted, 0);
    app.post(&link, "lang=es").await;
    assert_eq!(app.status("ana@example.org").await, "unsubscribed");
    // O9: the old link does not bring anyone back.
    app.post(&link, "topic=press&lang=es").await;
    assert_eq!(app.status("ana@example.org").await, "unsubscribed");
    app.stop().await;
}

#[tokio::test]
async fn o9_coming_back_takes_a_whole_new_opt_in() {
    let app = TestApp::start().await;
    let mail = newsletter_for(&app, "ana@example.org").await;
    app.post(&mail.one_click(), "List-Unsubscribe=One-Click")
        .await;
    let report = app.import(&["ana@example.org".to_owned()]).await;
    assert_eq!((report.imported, report.suppressed), (0, 1));
    app.app.clock.advance_ms(2 * DAY);
    let again = app.sign_up("ana@example.org").await;
    assert_eq!(app.status("ana@example.org").await, "unsubscribed");
    app.post(&again.link("/confirm/"), "").await;
    assert_eq!(app.status("ana@example.org").await, "confirmed");
    app.stop().await;
}
