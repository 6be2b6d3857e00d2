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
async fn h5_h8_one_click_is_answered_alike_before_and_after_and_never_says_what_is_not_so() {
    let app = TestApp::start().await;
    let mail = newsletter_for(&app, "ana@example.org").await;
    let link = mail.one_click();
    let token = link.rsplit('/').next().unwrap().to_owned();
    let forged = format!(
        "{}{}",
        if token.starts_with('b') { 'a' } else { 'b' },
        &token[1..]
    );
    let mut refused = Vec::new();
    for address in [
        link.replace(&token, &forged),
        link.replace(&token, "x"),
        link.replace(&token, &token[..token.len() - 1]),
        link.replace(&token, &token[..20]),
        link.replace(&token, ""),
        link.replace(&token, "%ff%fe"),
    ] {
        for answer in [
            app.post(&address, "List-Unsubscribe=One-Click").await,
            app.post(&address, "").await,
        ] {
            assert_eq!(answer.status(), 200, "{address}");
            refused.push(answer.text().await.unwrap());
        }
    }
    assert!(refused.windows(2).all(|pair| pair[0] == pair[1]));
    assert!(refused[0].contains("This link is incomplete"));
    assert!(refused[0].contains("href=\"/manage?lang=en\""));
    assert!(!refused[0].contains("You are unsubscribed"));
    assert_eq!(app.status("ana@example.org").await, "confirmed");

    let mut answers = Vec::new();
    for address in [
        link.replace(&token, &token.to_uppercase()),
        link.clone(),
        format!("{link}/"),
    ] {
        let answer = app.post(&address, "List-Unsubscribe=One-Click").await;
        assert_eq!(answer.status(), 200, "{address}");
        answers.push(answer.text().await.unwrap());
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]));
    assert!(answers[0].contains("You are unsubscribed"));
    assert_eq!(app.status("ana@example.org").await, "unsubscribed");
    assert_eq!(
        app.count("SELECT count(*) FROM consent WHERE event = 'unsubscribed'")
            .await,
        1
    );
    app.stop().await;
}

#[tokio::test]
async fn a_link_that_was_wrapped_bracketed_or_quoted_still_works() {
    let app = TestApp::start().await;
    for (number, damage) in [
        "{}.",
        "{}%3E",
        "{}=3D",
        "{}%20",
        "{})",
        "{a}%20{b}",
        "{a}=%0D%0A{b}",
        "{a}%0A{b}",
        "{}]",
        "{}%22",
        "{}/",
    ]
    .into_iter()
    .enumerate()
    {
        let email = format!("reader{number}@example.org");
        let mail = newsletter_for(&app, &email).await;
        let link = mail.link("/u/");
        let token = link.rsplit('/').next().unwrap();
        let (a, b) = token.split_at(23);
        let broken = damage
            .replace("{}", token)
            .replace("{a}", a)
            .replace("{b}", b);
        let address = link.replace(token, &broken);
        let page = app.get(&address).await;
        assert_eq!(page.status(), 200, "{damage}");
        assert!(page.text().await.unwrap().contains("<button>"), "{damage}");
        let answer = app.post(&address, "").await.text().await.unwrap();
        assert!(answer.contains("You are unsubscribed"), "{damage}");
        assert_eq!(app.status(&email).await, "unsubscribed", "{damage}");
    }
    let mail = app.sign_up("late@example.org").await;
    let link = mail.link("/confirm/");
    let link = link.split('?').next().unwrap();
    for end in [".", "%3E.", "=3D", "%20"] {
        let page = app.get(&format!("{link}{end}")).await;
        assert_eq!(page.status(), 200, "{end}");
    }
    for cut in [&link[..link.len() - 1], link.rsplit_once('/').unwrap().0] {
        let answer = app.post(cut, "").await;
        assert_eq!(answer.status(), 410);
        let page = answer.text().await.unwrap();
        assert!(page.contains("This link is incomplete"), "{page}");
    }
    assert_eq!(app.status("late@example.org").await, "pending");
    app.post(&format!("{link}%3E"), "").await;
    assert_eq!(app.status("late@example.org").await, "confirmed");
    app.stop().await;
}

async fn second_topic(app: &TestApp) {
    app.topic("veterans", "Veterans").await;
}

async fn topics_of(app: &TestApp, email: &str) -> serde_json::Value {
    subscribers::evidence(&app.app, email).await.unwrap()["topics"].clone()
}

/// A subscriber of both topics, and a newsletter of the first.
async fn with_two_topics(app: &TestApp, email: &str) -> Mail {
    let sign_up = format!(
        "email={}&topic=press&topic=veterans",
        email.replace('@', "%40")
    );
    app.post("/subscribe", &sign_up).await;
    app.app.scheduler_wakeup.notify_one();
    let mail = app
        .until("the confirmation mail", async || {
            app.mails_to(email).await.pop()
        })
        .await;
    app.post(&mail.link("/confirm/"), "").await;
    let id = app.draft(&format!("Press news for {email}")).await;
    app.send(id).await;
    app.mails_to(email).await.pop().unwrap()
}

#[tokio::test]
async fn one_click_leaves_the_topic_of_its_mail_and_everything_is_one_press_away() {
    let app = TestApp::start().await;
    second_topic(&app).await;
    let mail = with_two_topics(&app, "ana@example.org").await;
    let link = mail.one_click();
    let page = app.get(&link).await.text().await.unwrap();
    assert!(page.contains("no more “Press releases”"), "{page}");
    let left = app.post(&link, "List-Unsubscribe=One-Click").await;
    let page = left.text().await.unwrap();
    assert!(page.contains("You are unsubscribed from “Press releases”"));
    assert!(page.contains("You still get: Veterans."));
    assert_eq!(
        topics_of(&app, "ana@example.org").await,
        serde_json::json!(["veterans"])
    );
    assert_eq!(app.status("ana@example.org").await, "confirmed");
    let next = app.draft("The next press release").await;
    assert_eq!(app.send(next).await.accepted, 0);
    let page = app.post(&link, "all=yes").await.text().await.unwrap();
    assert!(page.contains("You are unsubscribed"));
    assert_eq!(app.status("ana@example.org").await, "unsubscribed");
    // Undo brings back both steps of the same minute.
    app.post(&link.replace("/u/", "/undo/"), "").await;
    let topics = topics_of(&app, "ana@example.org").await;
    assert_eq!(topics, serde_json::json!(["press", "veterans"]));

    // An office may want one click to leave everything.
    gazette::office::Office::set_all(&app.app.db, "operator", &[("one-click-leaves", "all")], 0)
        .await
        .unwrap();
    app.post(&link, "List-Unsubscribe=One-Click").await;
    assert_eq!(app.status("ana@example.org").await, "unsubscribed");
    app.stop().await;
}

#[tokio::test]
async fn one_click_in_a_mail_whose_topic_was_archived_since_leaves_that_topic_alone() {
    let app = TestApp::start().await;
    second_topic(&app).await;
    let mail = with_two_topics(&app, "ana@example.org").await;
    subscribers::topics::archive(&app.app, "press", true, "operator")
        .await
        .unwrap();
    let left = app
        .post(&mail.one_click(), "List-Unsubscribe=One-Click")
        .await;
    let page = left.text().await.unwrap();
    assert!(
        page.contains("You are unsubscribed from “Press releases”"),
        "{page}"
    );
    assert_eq!(app.status("ana@example.org").await, "confirmed");
    let topics = topics_of(&app, "ana@example.org").await;
    assert_eq!(topics, serde_json::json!(["veterans"]));
    app.stop().await;
}

#[tokio::test]
async fn who_leaves_reads_it_in_their_language_and_sees_what_undo_agrees_to() {
    let app = TestApp::start().await;
    let mail = newsletter_for(&app, "ana@example.org").await;
    let link = mail.link("/u/");
    let sql = "UPDATE subscriber SET language = 'es'";
    gazette::db::execute(app.app.db.pool(), sql, [])
        .await
        .unwrap();
    let spanish = "<html lang=\"es\"";
    for page in [app.get(&link).await, app.post(&link, "").await] {
        let page = page.text().await.unwrap();
        assert!(page.contains(spanish), "{page}");
    }
    let page = app.post(&link, "").await.text().await.unwrap();
    let agreed_to = "Al suscribirse, usted autoriza";
    assert!(page.contains(agreed_to), "{page}");
    let other = app
        .get(&format!("{link}?lang=ko"))
        .await
        .text()
        .await
        .unwrap();
    assert!(other.contains("<html lang=\"ko\""), "{other}");
    app.stop().await;
}

#[tokio::test]
async fn leaving_is_undone_on_its_page_with_evidence_and_not_a_day_later() {
    let app = TestApp::start().await;
    let mail = newsletter_for(&app, "ana@example.org").await;
    let link = mail.link("/u/");
    let undo = link.replace("/u/", "/undo/");
    // Nothing was left yet: nothing to take back.
    let page = app.post(&undo, "").await.text().await.unwrap();
    assert!(page.contains("cannot be undone any more"), "{page}");
    let page = app.post(&link, "").await.text().await.unwrap();
    assert!(page.contains("Undo: keep sending me news"), "{page}");
    let path = undo.split_once("/undo/").unwrap().1;
    assert!(page.contains(&format!("action=\"/undo/{path}?lang=en\"")));
    // A second press says what is so, and writes nothing down again.
    for _ in 0..2 {
        let page = app.post(&undo, "").await.text().await.unwrap();
        assert!(page.contains("You are subscribed again"), "{page}");
    }
    let back = "SELECT count(*) FROM consent WHERE event = 'resubscribed'";
    assert_eq!(app.count(back).await, 1);
    assert_eq!(app.status("ana@example.org").await, "confirmed");
    assert_eq!(
        topics_of(&app, "ana@example.org").await,
        serde_json::json!(["press"])
    );
    let story = subscribers::evidence(&app.app, "ana@example.org")
        .await
        .unwrap();
    let last = story["events"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(last["event"], "resubscribed");
    assert!(
        last["consent_text"]
            .as_str()
            .unwrap()
            .contains("you authorize")
    );
    let next = app.draft("After coming back").await;
    assert_eq!(app.send(next).await.accepted, 1);

    app.post(&link, "").await;
    app.app.clock.advance_ms(DAY + 1);
    let page = app.post(&undo, "").await.text().await.unwrap();
    assert!(page.contains("cannot be undone any more"));
    assert_eq!(app.status("ana@example.org").await, "unsubscribed");
    app.stop().await;
}

#[tokio::test]
async fn no_link_brings_back_who_left_by_phone() {
    let app = TestApp::start().await;
    let mail = newsletter_for(&app, "ana@example.org").await;
    assert!(
        subscribers::unsubscribe_address(&app.app, "ana@example.org", "operator")
            .await
            .unwrap()
    );
    let undo = mail.link("/u/").replace("/u/", "/undo/");
    app.post(&undo, "").await;
    assert_eq!(app.status("ana@example.org").await, "unsubscribed");
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
    second_topic(&app).await;
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
