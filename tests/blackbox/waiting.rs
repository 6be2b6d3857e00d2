//! A limit postpones and never drops: who has to wait is told until when, and gets their mail.

use gazette::clock::{DAY, HOUR, MINUTE};

use crate::app::{TestApp, field};

async fn sign_up_from(app: &TestApp, ip: &str, email: &str) -> (u16, String) {
    let request = app.client.post(app.url("/subscribe"));
    let answer = request
        .header("x-forwarded-for", ip)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(format!(
            "email={}&topic=press",
            email.replace('+', "%2B").replace('@', "%40")
        ))
        .send()
        .await
        .unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

async fn asked(app: &TestApp) -> i64 {
    app.all_answered().await;
    app.count("SELECT count(*) FROM confirmation").await
}

#[tokio::test]
async fn twenty_people_on_the_wi_fi_of_a_town_hall_all_get_their_mail_and_are_told_when() {
    let app = TestApp::start().await;
    for n in 0..20 {
        let email = format!("neighbour{n}@place{n}.example");
        let (status, page) = sign_up_from(&app, "198.51.100.7", &email).await;
        assert_eq!(status, 200);
        let said = page.contains("your email may take until");
        assert_eq!(said, n >= 5, "{n}: {page}");
        // Four in the morning in Los Angeles, when the story begins.
        if (5..10).contains(&n) {
            assert!(page.contains("may take until 5:10 a.m."), "{page}");
        }
    }
    assert_eq!(asked(&app).await, 5);
    app.app.clock.advance_ms(HOUR + 1);
    assert_eq!(asked(&app).await, 10);
    app.app.clock.advance_ms(2 * HOUR);
    assert_eq!(asked(&app).await, 20);
    assert_eq!(app.count("SELECT count(*) FROM sign_up").await, 0);
    app.stop().await;
}

#[tokio::test]
async fn everybody_at_a_large_provider_gets_their_mail_at_once() {
    let app = TestApp::start().await;
    for n in 0..120 {
        let ip = format!("203.0.{n}.1");
        let (_, page) = sign_up_from(&app, &ip, &format!("person.{n}@gmail.com")).await;
        assert!(!page.contains("may take until"), "{n}");
    }
    assert_eq!(asked(&app).await, 120);
    app.stop().await;
}

#[tokio::test]
async fn fifty_requests_from_ten_networks_close_a_large_provider_to_nobody() {
    let app = TestApp::start().await;
    for n in 0..50 {
        let ip = format!("198.51.{}.7", 100 + n % 10);
        sign_up_from(&app, &ip, &format!("victim.number{n}@gmail.com")).await;
    }
    for n in 0..10 {
        let ip = format!("203.0.{n}.1");
        let (status, page) = sign_up_from(&app, &ip, &format!("voter.{n}@gmail.com")).await;
        assert_eq!(status, 200);
        assert!(!page.contains("may take until"), "{n}: {page}");
    }
    app.all_answered().await;
    for n in 0..10 {
        let email = format!("voter.{n}@gmail.com");
        let mail = async || app.mails_to(&email).await.pop();
        app.until("the mail", mail).await;
    }
    app.stop().await;
}

#[tokio::test]
async fn who_presses_twice_within_two_seconds_gets_one_mail_and_the_same_page() {
    let app = TestApp::start().await;
    let (first, second) = tokio::join!(
        sign_up_from(&app, "203.0.113.1", "ana@example.org"),
        sign_up_from(&app, "203.0.113.1", "ana@example.org"),
    );
    for (status, page) in [first, second] {
        assert_eq!(status, 200);
        assert!(page.contains("Check your email"), "{page}");
        assert!(page.contains("ana@example.org"), "{page}");
    }
    assert_eq!(asked(&app).await, 1);
    app.stop().await;
}

#[tokio::test]
async fn sixty_people_of_one_small_domain_get_theirs_within_the_hour() {
    let app = TestApp::start().await;
    for n in 0..60 {
        let (_, page) = sign_up_from(
            &app,
            &format!("203.0.{n}.1"),
            &format!("p{n}@college.example"),
        )
        .await;
        assert_eq!(page.contains("may take until"), n >= 50, "{n}");
    }
    assert_eq!(asked(&app).await, 50);
    app.app.clock.advance_ms(HOUR + MINUTE);
    assert_eq!(asked(&app).await, 60);
    app.stop().await;
}

#[tokio::test]
async fn o6_a_site_with_many_ipv6_networks_counts_as_one() {
    let app = TestApp::start().await;
    for n in 0..40 {
        // Another /56 each time, all in one /48.
        let ip = format!("2001:db8:1:{n:x}00::1");
        sign_up_from(&app, &ip, &format!("v{n}@place{n}.example")).await;
    }
    assert_eq!(asked(&app).await, 20);
    app.stop().await;
}

#[tokio::test]
async fn o6_the_dots_and_tags_of_one_mailbox_get_one_mail_a_day_and_all_of_them_wait_their_turn() {
    let app = TestApp::start().await;
    for (n, email) in [
        "ana.lopez@gmail.com",
        "analopez@gmail.com",
        "ana.lopez+x@googlemail.com",
    ]
    .into_iter()
    .enumerate()
    {
        sign_up_from(&app, &format!("203.0.{n}.1"), email).await;
        app.all_answered().await;
    }
    assert_eq!(asked(&app).await, 1);
    app.app.clock.advance_ms(DAY + MINUTE);
    assert_eq!(asked(&app).await, 2);
    app.stop().await;
}

#[tokio::test]
async fn a_flood_from_two_networks_delays_nobody_else_and_staff_are_told() {
    let app = TestApp::start().await;
    app.admin("ada@doe.example").await;
    let mut flood = tokio::task::JoinSet::new();
    for n in 0..2_000 {
        let (client, url) = (app.client.clone(), app.url("/subscribe"));
        flood.spawn(async move {
            let request = client
                .post(url)
                .header("x-forwarded-for", format!("198.51.{}.{}", n % 2, n % 250))
                .header("content-type", "application/x-www-form-urlencoded");
            let answer = request.body(format!("email=victim{n}%40agency.gov")).send();
            answer.await.unwrap().status().as_u16()
        });
        if flood.len() > 60 {
            flood.join_next().await.unwrap().unwrap();
        }
    }
    while let Some(answer) = flood.join_next().await {
        let status = answer.unwrap();
        assert!(status == 200 || status == 429, "{status}");
    }
    for (ip, email) in [
        ("203.0.113.5", "neighbour@place.example"),
        ("203.0.114.5", "clerk@agency.gov"),
    ] {
        let (_, page) = sign_up_from(&app, ip, email).await;
        assert!(!page.contains("may take until"), "{email}");
        app.until("the mail of somebody else", async || {
            app.app.scheduler_wakeup.notify_one();
            app.mails_to(email).await.pop()
        })
        .await;
    }
    let (status, page) = sign_up_from(&app, "198.51.0.3", "late@agency.gov").await;
    assert_eq!(status, 429);
    assert!(page.contains("We could not take your request"), "{page}");
    assert!(page.contains("news@doe.example"));
    let told = app
        .until("the notice", async || {
            app.mails_to("ada@doe.example").await.pop()
        })
        .await;
    assert!(told.subject().contains("sign-ups wait for their turn"));
    app.stop().await;
}

/// What a browser works out: the first number that makes a hash begin with sixteen zero bits.
fn answer_to(question: &str) -> u64 {
    let is_right = |number: &u64| {
        let text = format!("{question}.{number}");
        let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes());
        hash.as_ref().starts_with(&[0, 0])
    };
    (0..u64::MAX).find(is_right).unwrap()
}

#[tokio::test]
async fn whose_network_has_used_up_its_day_goes_on_when_their_browser_has_worked_for_it() {
    let app = TestApp::start().await;
    let ip = "198.51.100.7";
    let mut refused = 0;
    for n in 0..130 {
        refused += u16::from(
            sign_up_from(&app, ip, &format!("n{n}@place{n}.example"))
                .await
                .0
                == 429,
        );
    }
    assert!(refused > 0);
    let (status, page) = sign_up_from(&app, ip, "honest@place.example").await;
    assert_eq!(status, 429);
    let question = field(&page, "question");
    let form = format!(
        "email=honest%40place.example&topic=press&question={question}&answer={}",
        answer_to(question)
    );
    let post = async |path: &str, form: String| {
        let request = app.client.post(app.url(path)).header("x-forwarded-for", ip);
        let kind = ("content-type", "application/x-www-form-urlencoded");
        let answer = request
            .header(kind.0, kind.1)
            .body(form)
            .send()
            .await
            .unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    let (status, page) = post("/subscribe", form).await;
    assert_eq!(status, 200);
    assert!(
        page.contains("Check your email") && !page.contains("may take until"),
        "{page}"
    );
    app.all_answered().await;
    assert_eq!(app.status("honest@place.example").await, "pending");
    // The link to what somebody has is not refused for good either.
    let (status, page) = post("/manage", "email=reader%40place.example".to_owned()).await;
    assert_eq!(status, 429);
    assert!(page.contains("action=\"/manage?lang=en\""), "{page}");
    let question = field(&page, "question");
    let form = format!(
        "email=reader%40place.example&question={question}&answer={}",
        answer_to(question)
    );
    let (status, page) = post("/manage", form).await;
    assert_eq!(status, 200, "{page}");
    app.stop().await;
}

#[tokio::test]
async fn a_family_that_tags_one_mailbox_is_mailed_one_after_the_other_and_nobody_is_lost() {
    let app = TestApp::start().await;
    let all = ["lee", "lee+mom", "lee+dad", "lee+kid", "lee+gran"];
    for (n, local) in all.into_iter().enumerate() {
        sign_up_from(
            &app,
            &format!("203.0.{n}.1"),
            &format!("{local}@family.example"),
        )
        .await;
        app.all_answered().await;
    }
    assert_eq!(app.count("SELECT count(*) FROM confirmation").await, 1);
    assert_eq!(app.count("SELECT count(*) FROM sign_up").await, 4);
    app.stop().await;
}

#[tokio::test]
async fn a_sign_up_that_waits_outlives_a_restart() {
    let app = TestApp::start().await;
    for n in 0..7 {
        sign_up_from(&app, "198.51.100.7", &format!("n{n}@place{n}.example")).await;
    }
    assert_eq!(asked(&app).await, 5);
    let app = app.restart().await;
    assert_eq!(asked(&app).await, 5);
    app.app.clock.advance_ms(HOUR + 1);
    assert_eq!(asked(&app).await, 7);
    app.stop().await;
}

#[tokio::test]
async fn the_form_is_closed_while_the_office_could_not_send_anything() {
    let app = TestApp::start().await;
    let unset = "DELETE FROM office_setting WHERE key = 'postal-address'";
    app.app.db.execute(unset, []).await.unwrap();
    let page = app.get("/").await;
    assert_eq!(page.status(), 503);
    assert!(
        page.text()
            .await
            .unwrap()
            .contains("Sign-up is not open yet")
    );
    let answer = app.submit("ana@example.org").await;
    assert_eq!(answer.status(), 503);
    assert!(!answer.text().await.unwrap().contains("Check your email"));
    app.stop().await;
}
