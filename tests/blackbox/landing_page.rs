//! What the page says that a confirmation link opens, before its button is pressed.

use gazette::{
    clock::{DAY, HOUR},
    subscribers,
};

use crate::app::TestApp;

/// Signs up with this form and gives the link of the mail.
async fn link_after(app: &TestApp, email: &str, form: &str) -> String {
    let before = app.mails_to(email).await.len();
    let typed = format!("email={}&{form}", email.replace('@', "%40"));
    assert_eq!(app.post("/subscribe", &typed).await.status(), 200);
    app.app.scheduler_wakeup.notify_one();
    let mail = app.until("the confirmation mail", async || {
        let mails = app.mails_to(email).await;
        (mails.len() > before).then(|| mails.last().unwrap().clone())
    });
    mail.await.link("/confirm/")
}

async fn page(app: &TestApp, link: &str) -> String {
    let answer = app.get(link).await;
    assert_eq!(answer.status(), 200);
    answer.text().await.unwrap()
}

async fn two_topics(app: &TestApp) {
    app.topic("veterans", "News <for> veterans").await;
    subscribers::translate(
        &app.app,
        "veterans",
        "es",
        "Noticias para veteranos",
        "",
        "operator",
    )
    .await
    .unwrap();
}

#[tokio::test]
async fn it_names_what_is_about_to_be_confirmed_in_the_readers_language() {
    let app = TestApp::start().await;
    two_topics(&app).await;
    let link = link_after(
        &app,
        "ana@example.org",
        "topic=veterans&frequency=weekly&language=en",
    )
    .await;
    let said = page(&app, &link).await;
    assert!(
        said.contains("You will receive: News &lt;for&gt; veterans."),
        "{said}"
    );
    assert!(
        said.contains("How often? <strong>Once a week</strong>"),
        "{said}"
    );
    assert!(
        !said.contains("Press releases") && !said.contains("ana@"),
        "{said}"
    );
    let path = link.split('?').next().unwrap();
    for (tag, words) in [
        ("es", "Recibirá: Noticias para veteranos."),
        ("es", "¿Con qué frecuencia? <strong>Una vez por semana"),
        ("ko", "받으실 소식: News"),
        ("vi", "Quý vị sẽ nhận: News"),
        ("zh-Hant", "您將收到：News"),
        ("zh-Hans", "您将收到：News"),
        ("ar", "ستصلك: "),
    ] {
        let said = page(&app, &format!("{path}?lang={tag}")).await;
        assert!(said.contains(words), "{tag}: {said}");
    }
    // Nothing is said of how often where it is as they come out.
    let link = link_after(&app, "bob@example.org", "language=en").await;
    let said = page(&app, &link).await;
    assert!(
        said.contains("You will receive: Press releases, News &lt;for&gt; veterans."),
        "{said}"
    );
    assert!(!said.contains("How often?"), "{said}");
    app.stop().await;
}

#[tokio::test]
async fn it_names_the_newest_choice_as_the_button_confirms_it() {
    let app = TestApp::start().await;
    two_topics(&app).await;
    let link = link_after(&app, "ana@example.org", "topic=press&language=en").await;
    app.app.clock.advance_ms(HOUR);
    let newer = "email=ana%40example.org&topic=veterans&frequency=daily&language=en";
    assert_eq!(app.post("/subscribe", newer).await.status(), 200);
    app.all_answered().await;
    let said = page(&app, &link).await;
    assert!(
        said.contains("You will receive: News &lt;for&gt; veterans."),
        "{said}"
    );
    assert!(said.contains("<strong>Once a day</strong>"), "{said}");
    // Opening it took nothing of what waits.
    assert_eq!(app.post(&link, "").await.status(), 200);
    let kept = subscribers::evidence(&app.app, "ana@example.org")
        .await
        .unwrap();
    assert_eq!(kept["topics"], serde_json::json!(["veterans"]));
    assert_eq!(kept["frequency"]["veterans"], "daily");
    app.stop().await;
}

#[tokio::test]
async fn every_link_that_confirms_nothing_opens_the_same_page() {
    let app = TestApp::start().await;
    two_topics(&app).await;
    let used = link_after(&app, "used@example.org", "topic=veterans&language=en").await;
    app.post(&used, "").await;
    let old = link_after(&app, "old@example.org", "topic=veterans&language=en").await;
    let never = link_after(&app, "never@example.org", "topic=veterans&language=en").await;
    app.post(&never.replace("/confirm/", "/never/"), "").await;
    app.app.clock.advance_ms(30 * DAY);
    let mut forged = used.clone();
    let at = forged.find("/confirm/").unwrap() + "/confirm/".len();
    let other = if forged[at..].starts_with('a') {
        "b"
    } else {
        "a"
    };
    forged.replace_range(at..=at, other);
    let token = |link: &str| {
        let rest = link.split("/confirm/").nth(1).unwrap();
        rest.split('?').next().unwrap().to_owned()
    };
    let mut pages = Vec::new();
    for link in [&used, &old, &never, &forged] {
        let said = page(&app, link).await;
        assert!(!said.contains("You will receive"), "{said}");
        pages.push(said.replace(&token(link), "TOKEN"));
    }
    assert!(pages.windows(2).all(|pair| pair[0] == pair[1]));
    app.stop().await;
}
