//! Signing up and confirming (rules O1–O10, H6 for the landing page).

use gazette::{
    clock::{DAY, HOUR},
    office::Office,
    subscribers, values,
};

use crate::{
    app::{TestApp, field},
    peer::{ONE_BY_ONE, Peer},
};

#[tokio::test]
async fn o4_a_scanner_that_opens_the_link_confirms_nothing_and_a_person_does() {
    let app = TestApp::start().await;
    let mail = app.sign_up("ana@example.org").await;
    let link = mail.link("/confirm/");
    for _ in 0..20 {
        assert_eq!(app.get(&link).await.status(), 200);
        assert!(
            app.client
                .head(&link)
                .send()
                .await
                .unwrap()
                .status()
                .is_success()
        );
    }
    assert_eq!(app.status("ana@example.org").await, "pending");
    assert_eq!(app.post(&link, "").await.status(), 200);
    assert_eq!(app.status("ana@example.org").await, "confirmed");
    app.stop().await;
}

#[tokio::test]
async fn o5_every_address_gets_the_same_answer() {
    let app = TestApp::start().await;
    app.sign_up("pending@example.org").await;
    app.subscriber("confirmed@example.org").await;
    app.subscriber("left@example.org").await;
    let left = app.draft("Before leaving").await;
    app.send(left).await;
    let mails = app.mails_to("left@example.org").await;
    app.post(
        &mails.last().unwrap().one_click(),
        "List-Unsubscribe=One-Click",
    )
    .await;
    let never = app.sign_up("never@example.org").await;
    app.post(&never.link("/never/"), "").await;
    assert_eq!(app.status("left@example.org").await, "unsubscribed");
    assert_eq!(app.status("never@example.org").await, "blocked");

    let mut answers = Vec::new();
    for email in [
        "new@example.org",
        "pending@example.org",
        "confirmed@example.org",
        "left@example.org",
        "never@example.org",
    ] {
        let form = app.submit(email).await;
        let mut headers: Vec<String> = form
            .headers()
            .iter()
            .map(|(name, value)| format!("{name}: {value:?}"))
            .collect();
        headers.retain(|header| {
            !header.starts_with("date:") && !header.starts_with("content-length:")
        });
        let status = form.status();
        // The page repeats the address, and says nothing else of it.
        let body = form.text().await.unwrap().replace(email, "ADDRESS");
        let api = app
            .client
            .post(app.url("/api/v1/subscriptions"))
            .json(&serde_json::json!({ "email": email }))
            .send()
            .await
            .unwrap();
        assert_eq!(api.status(), 202);
        answers.push((status, headers, body, api.text().await.unwrap()));
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]));
    app.stop().await;
}

#[tokio::test]
async fn o6_a_second_sign_up_within_a_day_sends_no_second_mail_and_voids_nothing() {
    let app = TestApp::start().await;
    let first = app.sign_up("ana@example.org").await;
    for _ in 0..3 {
        app.submit("Ana@Example.org").await;
    }
    app.all_answered().await;
    assert_eq!(app.mails_to("ana@example.org").await.len(), 1);
    assert_eq!(
        app.count("SELECT count(*) FROM transactional_mail").await,
        1
    );
    app.post(&first.link("/confirm/"), "").await;
    assert_eq!(app.status("ana@example.org").await, "confirmed");
    app.stop().await;
}

#[tokio::test]
async fn o3_o6_after_a_day_a_new_mail_comes_and_the_old_link_is_void() {
    let app = TestApp::start().await;
    let first = app.sign_up("ana@example.org").await;
    app.app.clock.advance_ms(DAY + HOUR);
    let second = app.sign_up("ana@example.org").await;
    assert_eq!(app.post(&first.link("/confirm/"), "").await.status(), 410);
    assert_eq!(app.status("ana@example.org").await, "pending");
    assert_eq!(app.post(&second.link("/confirm/"), "").await.status(), 200);
    app.stop().await;
}

#[tokio::test]
async fn o6_one_network_and_one_domain_get_only_so_many_mails_in_an_hour() {
    let app = TestApp::start().await;
    let from = |ip: String, email: String| {
        let request = app
            .client
            .post(app.url("/subscribe"))
            .header("x-forwarded-for", ip)
            .body(format!("email={email}"));
        request
            .header("content-type", "application/x-www-form-urlencoded")
            .send()
    };
    for n in 0..9 {
        from(format!("198.51.100.{n}"), format!("a{n}@one{n}.example"))
            .await
            .unwrap();
    }
    app.all_answered().await;
    assert_eq!(app.count("SELECT count(*) FROM confirmation").await, 5);
    // A program tells its reader that it takes longer, in their language.
    let asked = serde_json::json!({ "email": "a9@one9.example", "language": "es" });
    let api = app.client.post(app.url("/api/v1/subscriptions"));
    let api = api.header("x-forwarded-for", "198.51.100.77").json(&asked);
    let told: serde_json::Value = api.send().await.unwrap().json().await.unwrap();
    let notice = told["notice"].as_str().unwrap_or_default();
    assert!(notice.contains("Muchas personas"), "{told}");
    for n in 0..14 {
        from(format!("203.0.{n}.1"), format!("b{n}@agency.gov"))
            .await
            .unwrap();
    }
    app.all_answered().await;
    assert_eq!(
        app.count("SELECT count(*) FROM subscriber WHERE email LIKE '%@agency.gov'")
            .await,
        10
    );
    app.stop().await;
}

#[tokio::test]
async fn o3_replayed_expired_and_forged_tokens_change_nothing() {
    let app = TestApp::start().await;
    let mail = app.sign_up("ana@example.org").await;
    let link = mail.link("/confirm/");
    let forged = link.replace(link.rsplit('/').next().unwrap(), &"a".repeat(32));
    assert_eq!(app.post(&forged, "").await.status(), 410);
    assert_eq!(app.post("/confirm/short", "").await.status(), 410);
    assert_eq!(app.post(&link, "").await.status(), 200);
    let replay = app.post(&link, "").await;
    assert_eq!(replay.status(), 200);
    assert!(replay.text().await.unwrap().contains("You are subscribed"));
    assert_eq!(
        app.count("SELECT count(*) FROM consent WHERE event = 'confirmed'")
            .await,
        1
    );

    let late = app.sign_up("late@example.org").await;
    app.app.clock.advance_ms(49 * HOUR);
    assert_eq!(app.post(&late.link("/confirm/"), "").await.status(), 410);
    assert_eq!(app.status("late@example.org").await, "pending");
    app.stop().await;
}

#[tokio::test]
async fn o8_never_again_holds_against_the_form_and_imports() {
    let app = TestApp::start().await;
    let mail = app.sign_up("ana@example.org").await;
    assert!(mail.text().contains("1 Main Street"));
    assert!(mail.text().contains(
        "you authorize the Office of Rep. Jane Doe to send regular email updates to this address"
    ));
    assert_eq!(
        mail.header("Auto-Submitted").as_deref(),
        Some("auto-generated")
    );
    assert_eq!(mail.header("List-Unsubscribe"), None);
    let never = mail.link("/never/");
    app.get(&never).await;
    assert_eq!(app.status("ana@example.org").await, "pending");
    assert_eq!(app.post(&never, "").await.status(), 200);
    assert_eq!(app.status("ana@example.org").await, "blocked");
    app.app.clock.advance_ms(40 * DAY);
    app.submit("ana@example.org").await;
    app.all_answered().await;
    let report = app.import(&["ana@example.org".to_owned()]).await;
    assert_eq!((report.imported, report.suppressed), (0, 1));
    assert_eq!(app.mails_to("ana@example.org").await.len(), 1);
    assert_eq!(app.post(&mail.link("/confirm/"), "").await.status(), 410);
    app.stop().await;
}

#[tokio::test]
async fn o7_whoever_is_as_fast_as_a_program_presses_once_more_and_loses_nothing() {
    let app = TestApp::start().await;
    let page = app.get("/").await.text().await.unwrap();
    let shown = field(&page, "shown");
    for (number, form) in [
        format!("website=http%3A%2F%2Fautofilled&shown={shown}"),
        format!("website=&shown={shown}"),
        "shown=1.forged".to_owned(),
        "website=filled".to_owned(),
    ]
    .into_iter()
    .enumerate()
    {
        let form = format!("email=person{number}%40example.org&topic=press&{form}");
        let answer = app.post("/subscribe", &form).await;
        assert_eq!(answer.status(), 200, "{form}");
        let page = answer.text().await.unwrap();
        assert!(page.contains("Please press the button once more"), "{form}");
        assert!(!page.contains("Check your email"), "{form}");
        assert!(page.contains(&format!("value=\"person{number}@example.org\"")));
        app.all_answered().await;
        let email = format!("person{number}@example.org");
        assert_eq!(app.status(&email).await, "unknown");
        // What the browser sends when the button is pressed once more, at once; one that fills in what nobody sees
        // does so again.
        let again = format!(
            "email=person{number}%40example.org&topic=press&website={}&shown={}",
            if number == 0 { "filled+again" } else { "" },
            field(&page, "shown")
        );
        let page = app.post("/subscribe", &again).await.text().await.unwrap();
        assert!(page.contains("Check your email"), "{page}");
        app.all_answered().await;
        assert_eq!(app.status(&email).await, "pending");
    }
    app.stop().await;
}

#[tokio::test]
async fn o2_who_sends_a_form_whose_text_has_changed_since_reads_the_new_one_first() {
    let app = TestApp::start().await;
    let page = app.get("/").await.text().await.unwrap();
    let rename = [("name", "Office of Rep. Ann Newman")];
    Office::set_all(&app.app.db, "operator", &rename, 0)
        .await
        .unwrap();
    let old = field(&page, "consent");
    let sent = format!("email=ana%40example.org&topic=press&consent={old}");
    let answer = app.post("/subscribe", &sent).await;
    assert_eq!(answer.status(), 422);
    let page = answer.text().await.unwrap();
    assert!(page.contains("What you agree to has changed"), "{page}");
    assert!(page.contains("value=\"ana@example.org\"") && page.contains("Ann Newman"));
    let api = app.client.post(app.url("/api/v1/subscriptions"));
    let asked = serde_json::json!({ "email": "ana@example.org", "consent": old });
    let answer = api.json(&asked).send().await.unwrap();
    assert_eq!(answer.status(), 422);
    let answer: serde_json::Value = answer.json().await.unwrap();
    assert!(
        answer["notice"].to_string().contains("has changed"),
        "{answer}"
    );
    app.all_answered().await;
    assert_eq!(app.status("ana@example.org").await, "unknown");
    // The form that came back has the mark of what is read in it.
    let sent = format!(
        "email=ana%40example.org&topic=press&consent={}",
        field(&page, "consent")
    );
    assert_eq!(app.post("/subscribe", &sent).await.status(), 200);
    app.all_answered().await;
    let known = subscribers::evidence(&app.app, "ana@example.org")
        .await
        .unwrap();
    assert!(
        known["events"][0]["consent_text"]
            .to_string()
            .contains("Ann Newman")
    );
    app.stop().await;
}

#[tokio::test]
async fn a_page_of_the_offices_own_with_odd_letters_in_its_address_is_gone_to() {
    let app = TestApp::start().await;
    let sites = [("form-sites", "https://doe.example.gov")];
    Office::set_all(&app.app.db, "operator", &sites, 0)
        .await
        .unwrap();
    for (at, (next, leads_to)) in [
        ("%2Fa%0D%0AX-Odd%3A+1", "/aX-Odd:%201"),
        ("%2Fgracias%3Fpara%3D%C3%A9+1", "/gracias?para=%C3%A9%201"),
    ]
    .into_iter()
    .enumerate()
    {
        let form =
            format!("email=reader{at}%40example.org&next=https%3A%2F%2Fdoe.example.gov{next}");
        let answer = app.post("/subscribe", &form).await;
        assert_eq!(answer.status(), 303, "{next}");
        assert_eq!(
            answer.headers()["location"],
            format!("https://doe.example.gov{leads_to}")
        );
        assert!(!answer.headers().contains_key("x-odd"));
    }
    app.all_answered().await;
    assert_eq!(app.status("reader0@example.org").await, "pending");
    app.stop().await;
}

#[tokio::test]
async fn who_has_it_sent_again_is_told_that_the_next_may_go_out_tomorrow() {
    let app = TestApp::start().await;
    let page = app.submit("ana@example.org").await.text().await.unwrap();
    assert!(
        page.contains("We are sending a confirmation email"),
        "{page}"
    );
    assert!(page.contains("name=\"resend\" value=\"yes\""), "{page}");
    let again = app
        .post(
            "/subscribe",
            "email=ana%40example.org&topic=press&resend=yes",
        )
        .await;
    let page = again.text().await.unwrap();
    assert!(
        page.contains("the next can go out a day after it"),
        "{page}"
    );
    assert!(!page.contains("We are sending"), "{page}");
    app.stop().await;
}

#[tokio::test]
async fn a_mistyped_address_is_asked_back_and_kept_where_it_is_right() {
    let app = TestApp::start().await;
    let answer = app.submit("ana@gmial.com").await;
    assert_eq!(answer.status(), 422);
    let page = answer.text().await.unwrap();
    assert!(page.contains("Did you mean ana@gmail.com?"), "{page}");
    assert!(
        page.contains("value=\"ana@gmail.com\""),
        "the correction is filled in"
    );
    assert_eq!(app.count("SELECT count(*) FROM sign_up").await, 0);
    let keep = format!(
        "email=ana%40gmail.com&keep=ana%40gmial.com&shown={}",
        field(&page, "shown")
    );
    let page = app.post("/subscribe", &keep).await.text().await.unwrap();
    assert!(page.contains("<strong>ana@gmial.com</strong>"), "{page}");
    app.all_answered().await;
    assert_eq!(app.status("ana@gmial.com").await, "pending");
    let api = async |body: serde_json::Value| {
        let request = app.client.post(app.url("/api/v1/subscriptions"));
        request.json(&body).send().await.unwrap()
    };
    let asked = api(serde_json::json!({ "email": "bob@gmial.com" })).await;
    assert_eq!(asked.status(), 422);
    let asked: serde_json::Value = asked.json().await.unwrap();
    assert_eq!(asked["likely"], "bob@gmail.com");
    let kept = api(serde_json::json!({ "email": "bob@gmial.com", "as_typed": true })).await;
    assert_eq!(kept.status(), 202);
    app.stop().await;
}

#[tokio::test]
async fn what_is_no_address_comes_back_as_what_was_meant_and_cannot_be_kept() {
    let app = TestApp::start().await;
    for (typed, meant) in [
        ("Ana+Lopez+%3Cana%40example.org%3E", "ana@example.org"),
        ("ana%40example%2Corg", "ana@example.org"),
        ("ana%40gmail", "ana@gmail.com"),
        // A Cyrillic letter that looks like an a.
        ("ana%40gm%D0%B0il.com", "ana@gmail.com"),
    ] {
        let answer = app.post("/subscribe", &format!("email={typed}")).await;
        assert_eq!(answer.status(), 422, "{typed}");
        let page = answer.text().await.unwrap();
        assert!(
            page.contains(&format!("Did you mean {meant}?"))
                && page.contains(&format!("value=\"{meant}\"")),
            "{typed}: {page}"
        );
        let can_be_kept = typed.contains("%D0");
        assert_eq!(page.contains("name=\"keep\""), can_be_kept, "{typed}");
    }
    let request = app.client.post(app.url("/api/v1/subscriptions"));
    let refused = request.body("{\"email\":\"ana@example,org\"}").send();
    let refused = refused.await.unwrap().text().await.unwrap();
    assert!(
        refused.contains("did they mean ana@example.org?"),
        "{refused}"
    );
    // A link in which nobody wrote the plus as it must be fills in what was meant.
    let filled = app.get("/?email=ana+news@example.org").await;
    let filled = filled.text().await.unwrap();
    assert!(
        filled.contains("value=\"ana+news@example.org\""),
        "{filled}"
    );
    // A link that says something twice leads to the form.
    let twice = app
        .get("/?email=a%40example.org&email=b%40example.org")
        .await;
    assert_eq!(twice.status(), 200);
    assert!(
        twice
            .text()
            .await
            .unwrap()
            .contains("action=\"/subscribe\"")
    );
    assert_eq!(app.count("SELECT count(*) FROM sign_up").await, 0);
    // Wide letters are the keyboard's and no part of an address.
    let wide = "email=%EF%BD%81%EF%BD%8E%EF%BD%81%EF%BC%A0example.org";
    let page = app.post("/subscribe", wide).await.text().await.unwrap();
    assert!(page.contains("<strong>ana@example.org</strong>"), "{page}");
    app.stop().await;
}

#[tokio::test]
async fn the_page_after_signing_up_repeats_the_address_and_helps_to_correct_it() {
    let app = TestApp::start().await;
    let page = app.submit("maria@example.org").await.text().await.unwrap();
    assert!(page.contains("a confirmation email to <strong>maria@example.org</strong>"));
    assert!(page.contains("It comes from news@doe.example."));
    let shown = field(&page, "shown");
    let correct = format!("email=maria%40example.org&topic=press&shown={shown}&correct=yes");
    let form = app.post("/subscribe", &correct).await.text().await.unwrap();
    assert!(
        form.contains("name=\"email\" value=\"maria@example.org\""),
        "{form}"
    );
    assert!(form.contains("<button>Subscribe</button>"));
    let again = format!("email=maria%40example.org&topic=press&shown={shown}");
    let page = app.post("/subscribe", &again).await.text().await.unwrap();
    assert!(page.contains("Check your email"));
    app.stop().await;
}

#[tokio::test]
async fn who_confirms_and_leaves_comes_back_the_same_day() {
    let app = TestApp::start().await;
    app.subscriber("ana@example.org").await;
    let id = app.draft("Before leaving").await;
    app.send(id).await;
    let mail = app.mails_to("ana@example.org").await.pop().unwrap();
    app.post(&mail.one_click(), "List-Unsubscribe=One-Click")
        .await;
    assert_eq!(app.status("ana@example.org").await, "unsubscribed");
    app.app.clock.advance_ms(HOUR);
    let again = app.sign_up("ana@example.org").await;
    app.post(&again.link("/confirm/"), "").await;
    assert_eq!(app.status("ana@example.org").await, "confirmed");
    app.stop().await;
}

#[tokio::test]
async fn a_wrong_address_is_said_beside_its_field_and_what_was_typed_stays() {
    let app = TestApp::start().await;
    for wrong in [
        "",
        "nobody",
        "a@b",
        "a%40x.com%0D%0ABcc%3A+b%40y.com",
        "%22a+b%22%40x.com",
    ] {
        let answer = app.post("/subscribe", &format!("email={wrong}")).await;
        assert_eq!(answer.status(), 422, "{wrong}");
        let page = answer.text().await.unwrap();
        assert!(
            page.contains("aria-invalid=\"true\"") && page.contains("id=\"email-error\""),
            "{wrong}"
        );
    }
    for body in ["", "[]", "{\"email\":1}", "{\"email\":\"nobody\"}"] {
        let answer = app
            .client
            .post(app.url("/api/v1/subscriptions"))
            .body(body)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 422, "{body}");
    }
    assert_eq!(app.count("SELECT count(*) FROM sign_up").await, 0);
    app.stop().await;
}

#[tokio::test]
async fn o2_the_evidence_tells_the_whole_story_and_cannot_be_changed() {
    let app = TestApp::start().await;
    app.subscriber("Ana+news@Example.org").await;
    let evidence = subscribers::evidence(&app.app, "ana+news@example.org")
        .await
        .unwrap();
    assert_eq!(evidence["email"], "Ana+news@example.org");
    assert_eq!(evidence["topics"], serde_json::json!(["press"]));
    let events = evidence["events"].as_array().unwrap();
    let names: Vec<&str> = events
        .iter()
        .map(|event| event["event"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["requested", "confirmation_queued", "confirmed"]);
    assert_eq!(events[0]["typed"], "Ana+news@Example.org");
    for field in [
        "consent_text",
        "consent_text_sha256",
        "consent_text_version",
        "page",
        "language",
        "ip",
        "channel",
    ] {
        assert!(
            events[0][field]
                .as_str()
                .is_some_and(|text| !text.is_empty()),
            "{field}"
        );
    }
    assert!(
        events[1]["message_id"]
            .as_str()
            .unwrap()
            .ends_with("@doe.example")
    );
    assert_eq!(events[1]["token_sha256"], events[2]["token_sha256"]);
    assert_eq!(events[2]["method"], "POST");
    for sql in ["UPDATE consent SET event = 'x'", "DELETE FROM consent"] {
        assert!(app.app.db.execute(sql, []).await.is_err(), "{sql}");
    }
    app.stop().await;
}

#[tokio::test]
async fn o3_the_database_holds_no_token_that_works() {
    let app = TestApp::start().await;
    let mail = app.sign_up("ana@example.org").await;
    let link = mail.link("/confirm/");
    let token = link.rsplit('/').next().unwrap();
    for (table, column) in [
        ("transactional_mail", "content"),
        ("transactional_mail", "token_label"),
        ("consent", "evidence"),
        ("confirmation", "topics"),
    ] {
        let sql = format!("SELECT count(*) FROM {table} WHERE {column} LIKE $1");
        let row = app
            .app
            .db
            .one(&sql, values![format!("%{token}%")])
            .await
            .unwrap()
            .unwrap();
        assert_eq!(
            row.try_get_by_index::<i64>(0).unwrap(),
            0,
            "{table}.{column}"
        );
    }
    app.stop().await;
}

#[tokio::test]
async fn o7_whoever_corrects_a_letter_at_once_is_no_program() {
    let app = TestApp::start().await;
    let mark = |page: &str| {
        let (_, rest) = page.split_once("name=\"shown\" value=\"").unwrap();
        rest.split('"').next().unwrap().to_owned()
    };
    let first = mark(&app.get("/").await.text().await.unwrap());
    app.app.clock.advance_ms(10_000);
    let wrong = format!("email=ana%40nowhere&shown={first}");
    let again = app.post("/subscribe", &wrong).await;
    let second = mark(&again.text().await.unwrap());
    let right = format!("email=ana%40example.org&shown={second}");
    assert_eq!(app.post("/subscribe", &right).await.status(), 200);
    app.all_answered().await;
    assert_eq!(app.status("ana@example.org").await, "pending");
    app.stop().await;
}

#[tokio::test]
async fn o1_the_form_says_what_is_asked_for_and_ticks_nothing() {
    let app = TestApp::start().await;
    app.topic("veterans", "Veterans").await;
    let page = app.get("/").await.text().await.unwrap();
    for part in [
        "Office of Rep. Jane Doe",
        "you authorize",
        "usually a few a week",
        "href=\"/privacy?lang=en\"",
        "autocomplete=\"email\"",
        "If you choose nothing, you receive all of these.",
    ] {
        assert!(page.contains(part), "{part}");
    }
    assert_eq!(page.matches("type=\"checkbox\"").count(), 2);
    assert!(!page.contains("checked"), "{page}");
    app.stop().await;
}

#[tokio::test]
async fn every_page_is_had_in_every_language_of_the_office() {
    let app = TestApp::start().await;
    for (language, word) in [
        ("en", "Subscribe"),
        ("es", "Suscribirme"),
        ("ko", "구독하기"),
        ("vi", "Đăng ký"),
        ("zh-Hant", "訂閱"),
        ("zh-Hans", "订阅"),
        ("ar", "اشترك"),
    ] {
        let page = app
            .get(&format!("/?lang={language}"))
            .await
            .text()
            .await
            .unwrap();
        assert!(
            page.contains(&format!("<html lang=\"{language}\"")) && page.contains(word),
            "{language}"
        );
        assert_eq!(page.contains("dir=\"rtl\""), language == "ar");
        let accepted = app
            .client
            .get(app.url("/help"))
            .header("accept-language", format!("{language}-XX,fr;q=0.5"))
            .send()
            .await
            .unwrap();
        assert!(
            accepted
                .text()
                .await
                .unwrap()
                .contains(&format!("<html lang=\"{language}\""))
        );
    }
    app.stop().await;
}

#[tokio::test]
async fn the_language_that_a_reader_picks_is_kept_in_every_link_and_form() {
    let app = TestApp::start().await;
    for path in [
        "/",
        "/archive",
        "/help",
        "/privacy",
        "/manage",
        "/unsubscribe/nonsense",
    ] {
        let page = app
            .get(&format!("{path}?lang=ko"))
            .await
            .text()
            .await
            .unwrap();
        let (mut links, mut forms) = (0, 0);
        for link in page.split("<a ").skip(1) {
            let address = link.split_once("href=\"").unwrap().1;
            let address = address.split('"').next().unwrap();
            let ours = address.starts_with('/') && !address.contains(".xml");
            assert!(!ours || address.contains("lang=ko"), "{path}: {address}");
            links += usize::from(ours);
        }
        for form in page.split("<form ").skip(1) {
            let form = form.split("</form>").next().unwrap();
            let kept = form.contains("?lang=ko") || form.contains("name=\"lang\"");
            assert!(kept, "{path}: {form}");
            forms += 1;
        }
        assert!(links >= 4, "{path}");
        assert_eq!(
            forms,
            usize::from(matches!(path, "/" | "/manage")),
            "{path}"
        );
        // The switch stands before everything else but the way past it.
        let switch = page.find("hreflang=\"zh-Hant\"").unwrap();
        assert!(switch < page.find("<main").unwrap(), "{path}");
    }
    app.stop().await;
}

#[tokio::test]
async fn what_a_link_filled_in_or_searched_for_stays_when_the_reader_picks_a_language() {
    let app = TestApp::start().await;
    for (path, kept) in [
        (
            "/?email=ana%2Bnews%40example.org&topic=press&frequency=weekly",
            "email=ana%2Bnews%40example.org&amp;frequency=weekly&amp;topic=press",
        ),
        ("/archive?q=water+%26+roads", "q=water+%26+roads"),
    ] {
        let page = app.get(path).await.text().await.unwrap();
        let link = format!("href=\"?lang=ko&amp;{kept}\"");
        assert!(page.contains(&link), "{path}: {page}");
    }
    // What was typed and sent stands in no address.
    let returned = app.post("/subscribe", "email=ana%40&topic=press").await;
    let page = returned.text().await.unwrap();
    assert!(
        page.contains("ana@") && !page.contains("href=\"?lang=ko"),
        "{page}"
    );
    app.stop().await;
}

#[tokio::test]
async fn whatever_the_browser_speaks_the_words_are_those_that_stood_beside_the_form() {
    let app = TestApp::start().await;
    let send = async |form: &'static str| {
        let sent = app.client.post(app.url("/subscribe"));
        let sent = sent.header("accept-language", "ko,en;q=0.5");
        let sent = sent.header("content-type", "application/x-www-form-urlencoded");
        let page = sent.body(form).send().await.unwrap().text().await.unwrap();
        app.all_answered().await;
        page
    };
    // The form of another site says no language: it is in the office's first.
    let page = send("email=ana%40example.org").await;
    assert!(page.contains("Check your email"), "{page}");
    let mail = app
        .until("the mail", async || {
            app.mails_to("ana@example.org").await.pop()
        })
        .await;
    assert_eq!(mail.header("Content-Language").as_deref(), Some("en"));
    // The link leads to a page in the mail's language.
    let link = mail.link("/confirm/");
    assert!(link.ends_with("?lang=en"), "{link}");
    let opened = app.client.get(&link).header("accept-language", "ko");
    let opened = opened.send().await.unwrap().text().await.unwrap();
    assert!(opened.contains("<html lang=\"en\""), "{opened}");
    let page = send("email=eva%40example.org&lang=es").await;
    assert!(page.contains("<html lang=\"es\""), "{page}");
    app.stop().await;
}

#[tokio::test]
async fn a_form_that_comes_back_still_knows_where_it_stood_and_where_it_leads() {
    let app = TestApp::start().await;
    let site = ("form-sites", "https://doe.example.gov");
    Office::set_all(&app.app.db, "operator", &[site], 0)
        .await
        .unwrap();
    let elsewhere =
        "page=https%3A%2F%2Fdoe.example.gov%2Fnews&next=https%3A%2F%2Fdoe.example.gov%2Fthanks";
    let typed = format!("email=ana%40exmaple&{elsewhere}");
    let page = app.post("/subscribe", &typed).await.text().await.unwrap();
    assert_eq!(field(&page, "page"), "https://doe.example.gov/news");
    assert_eq!(field(&page, "next"), "https://doe.example.gov/thanks");
    // Nobody else's page.
    let typed =
        "email=ana%40exmaple&page=https%3A%2F%2Fevil.example%2F&next=https%3A%2F%2Fevil.example%2F";
    let page = app.post("/subscribe", typed).await.text().await.unwrap();
    assert!(!page.contains("evil.example"), "{page}");
    app.stop().await;
}

#[tokio::test]
async fn the_form_for_the_offices_own_site_is_a_small_script_that_says_what_the_evidence_keeps() {
    let app = TestApp::start().await;
    let script = app.get("/widget.js?lang=es&topic=press").await;
    assert_eq!(
        script.headers()["cross-origin-resource-policy"],
        "cross-origin"
    );
    let script = script.text().await.unwrap();
    assert!(script.len() < 3 * 1024, "{}", script.len());
    let filled = app
        .get("/?email=ana%40example.org&topic=press&frequency=weekly")
        .await;
    let filled = filled.text().await.unwrap();
    assert!(filled.contains("value=\"ana@example.org\""), "{filled}");
    assert!(filled.contains("value=\"weekly\" selected"), "{filled}");
    let request = app
        .client
        .post(app.url("/api/v1/subscriptions"))
        .json(&serde_json::json!({ "email": "ana@example.org", "language": "es", "frequency": "daily" }))
        .send()
        .await
        .unwrap();
    assert_eq!(request.status(), 202);
    app.all_answered().await;
    let evidence = gazette::subscribers::evidence(&app.app, "ana@example.org")
        .await
        .unwrap();
    let asked = &evidence["events"][0];
    let text = asked.to_string();
    assert!(text.contains("\"frequency\":\"daily\""), "{text}");
    let consent =
        gazette_templates::pages::words::Words::of("es").consent("Office of Rep. Jane Doe");
    assert!(
        script.contains(&consent) && text.contains(&consent),
        "{text}"
    );
    app.stop().await;
}

#[tokio::test]
async fn topics_and_the_office_are_called_as_the_reader_calls_them() {
    let app = TestApp::start().await;
    app.topic("veterans", "Veterans").await;
    gazette::subscribers::translate(&app.app, "veterans", "es", "Veteranos", "Ayuda", "operator")
        .await
        .unwrap();
    let names = [("names", "es=Oficina de la Rep. Jane Doe")];
    gazette::office::Office::set_all(&app.app.db, "operator", &names, 0)
        .await
        .unwrap();
    let spanish = app.get("/?lang=es").await.text().await.unwrap();
    for part in [
        "Veteranos",
        "Ayuda",
        "autoriza a la Oficina de la Rep. Jane Doe",
    ] {
        assert!(spanish.contains(part), "{part}");
    }
    let english = app.get("/?lang=en").await.text().await.unwrap();
    assert!(english.contains("Veterans") && !english.contains("Veteranos"));
    // What was shown is what the evidence keeps.
    let form = "email=ana%40example.org&topic=veterans&lang=es";
    app.post("/subscribe", form).await;
    app.all_answered().await;
    let evidence = gazette::subscribers::evidence(&app.app, "ana@example.org")
        .await
        .unwrap();
    let asked = &evidence["events"][0]["consent_text"];
    assert!(spanish.contains(asked.as_str().unwrap()), "{evidence}");
    app.stop().await;
}

#[tokio::test]
async fn the_form_may_stand_on_the_offices_own_sites_and_on_no_other() {
    let app = TestApp::start().await;
    let sites = [("form-sites", "https://doe.example.gov")];
    gazette::office::Office::set_all(&app.app.db, "operator", &sites, 0)
        .await
        .unwrap();
    let send = async |email: &str, site: &str| {
        let form = format!("email={email}%40example.org&page={site}%2Fnews&next={site}%2Fthanks");
        app.post("/subscribe", &form).await
    };
    let ours = send("ana", "https%3A%2F%2Fdoe.example.gov").await;
    assert_eq!(ours.status(), 303);
    assert_eq!(ours.headers()["location"], "https://doe.example.gov/thanks");
    for site in [
        "https%3A%2F%2Fevil.example",
        "https%3A%2F%2Fdoe.example.gov.evil.example",
        "%2F%2Fevil.example",
    ] {
        let other = send("bob", site).await;
        assert_eq!(other.status(), 200, "{site}");
    }
    app.all_answered().await;
    let page = async |email: &str| {
        let story = subscribers::evidence(&app.app, email).await.unwrap();
        story["events"][0]["page"].as_str().unwrap().to_owned()
    };
    assert_eq!(
        page("ana@example.org").await,
        "https://doe.example.gov/news"
    );
    assert_eq!(page("bob@example.org").await, app.url("/"));
    for (origin, allowed) in [
        ("https://doe.example.gov", true),
        ("https://evil.example", false),
    ] {
        let api = app.url("/api/v1/subscriptions");
        let asked = app.client.request(reqwest::Method::OPTIONS, &api);
        let asked = asked.header("origin", origin).send().await.unwrap();
        let posted = app.client.post(&api).header("origin", origin);
        let posted = posted
            .body("{\"email\":\"cy@example.org\"}")
            .send()
            .await
            .unwrap();
        assert_eq!(posted.status(), 202);
        for answer in [asked, posted] {
            let header = answer.headers().get("access-control-allow-origin");
            assert_eq!(
                header.is_some_and(|value| value == origin),
                allowed,
                "{origin}"
            );
        }
    }
    app.stop().await;
}

#[tokio::test]
async fn the_help_page_names_whom_to_ask() {
    let app = TestApp::start().await;
    gazette::office::Office::set_all(&app.app.db, "operator", &[("phone", "(714) 555-0100")], 0)
        .await
        .unwrap();
    let page = app.get("/help").await.text().await.unwrap();
    for part in [
        "mailto:news@doe.example",
        "tel:7145550100",
        "(714) 555-0100",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    // Before the office is set up it names nobody.
    app.app
        .db
        .execute("DELETE FROM office_setting", [])
        .await
        .unwrap();
    let page = app.get("/help").await.text().await.unwrap();
    assert!(
        !page.contains("mailto:") && !page.contains(".invalid"),
        "{page}"
    );
    app.stop().await;
}

#[tokio::test]
async fn a_zip_code_and_the_offices_own_questions_are_optional_and_kept_with_who_confirms() {
    let app = TestApp::start().await;
    let form = app.get("/").await.text().await.unwrap();
    assert!(!form.contains("name=\"zip\"") && !form.contains("name=\"about\""));
    let asked = [
        ("zip-codes", "92602, 92700-92799"),
        (
            "question-1",
            "How did you hear of us?; es=¿Cómo supo de nosotros?",
        ),
    ];
    Office::set_all(&app.app.db, "test", &asked, 0)
        .await
        .unwrap();
    let form = app.get("/").await.text().await.unwrap();
    for says in [
        "ZIP code (optional)",
        "How did you hear of us?</bdi> (optional)",
    ] {
        assert!(form.contains(says), "{says}: {form}");
    }
    let spanish = app.get("/?lang=es").await.text().await.unwrap();
    assert!(
        spanish.contains("¿Cómo supo de nosotros?</bdi> (opcional)"),
        "{spanish}"
    );
    // Whatever is typed there, nobody is refused.
    for (email, said) in [
        ("ana@example.org", "zip=92780-1234&about=At+the+fair"),
        ("bob@example.org", "zip=10001&about="),
        ("cy@example.org", "zip=not+a+zip"),
        ("dee@example.org", ""),
    ] {
        let typed = format!("email={}&{said}", email.replace('@', "%40"));
        let page = app.post("/subscribe", &typed).await;
        assert_eq!(page.status(), 200);
        let page = page.text().await.unwrap();
        assert!(page.contains("Check your email"), "{page}");
        if email.starts_with("ana") {
            // "Send it again" and "Correct the address" keep it.
            assert_eq!(page.matches("value=\"At the fair\"").count(), 2, "{page}");
        }
        app.all_answered().await;
        // Until the mailbox has answered, it waits with the request, and is nothing about a reader.
        let of_them = format!(
            "SELECT count(*) FROM subscriber_about s JOIN subscriber u ON u.id = s.subscriber_id WHERE u.email = '{email}'"
        );
        assert_eq!(app.count(&of_them).await, 0);
        let mail = app
            .until("the mail", async || app.mails_to(email).await.pop())
            .await;
        app.post(&mail.link("/confirm/"), "").await;
        assert_eq!(app.status(email).await, "confirmed");
    }
    let kept = async |email: &str| subscribers::evidence(&app.app, email).await.unwrap();
    let ana = kept("ana@example.org").await;
    assert_eq!(ana["zip"], "92780");
    assert_eq!(ana["answers"][0][0], "How did you hear of us?");
    assert_eq!(ana["answers"][0][1], "At the fair");
    assert_eq!(kept("bob@example.org").await["zip"], "10001");
    for email in ["cy@example.org", "dee@example.org"] {
        assert!(kept(email).await["zip"].is_null());
    }
    let district = Office::load(&app.app.db).await.unwrap().zip_codes;
    let counted = subscribers::in_and_outside(&app.app, &district)
        .await
        .unwrap();
    assert_eq!(counted, (1, 1));
    // By the API, too.
    let api = app.client.post(app.url("/api/v1/subscriptions"));
    let given =
        serde_json::json!({ "email": "eve@example.org", "zip": "92602", "answers": ["A friend"] });
    assert_eq!(api.json(&given).send().await.unwrap().status(), 202);
    app.all_answered().await;
    let mail = app
        .until("the mail", async || {
            app.mails_to("eve@example.org").await.pop()
        })
        .await;
    app.post(&mail.link("/confirm/"), "").await;
    assert_eq!(kept("eve@example.org").await["answers"][0][1], "A friend");
    // A form that was made when the office asked something else: what is asked no more is not kept, and the
    // answer stands by its question.
    let older = "asked=What+is+your+age%3F&about=44&asked=How+did+you+hear+of+us%3F&about=By+mail";
    let page = app
        .post("/subscribe", &format!("email=fay%40example.org&{older}"))
        .await;
    assert_eq!(page.status(), 200);
    app.all_answered().await;
    let fay = kept("fay@example.org").await;
    assert_eq!(
        fay["answers"],
        serde_json::json!([["How did you hear of us?", "By mail"]])
    );
    subscribers::erase(&app.app, "fay@example.org", "test")
        .await
        .unwrap();
    subscribers::erase(&app.app, "eve@example.org", "test")
        .await
        .unwrap();
    assert_eq!(app.count("SELECT count(*) FROM subscriber_about").await, 2);
    app.stop().await;
}

#[tokio::test]
async fn several_addresses_in_the_field_are_asked_for_one_at_a_time() {
    let app = TestApp::start().await;
    for typed in [
        "ana%40example.org%2C+bob%40example.net",
        "ana%40example.org+bob%40example.net",
        "ana%40example.org%3Bbob%40example.net",
    ] {
        let answer = app.post("/subscribe", &format!("email={typed}")).await;
        assert_eq!(answer.status(), 422, "{typed}");
        let page = answer.text().await.unwrap();
        assert!(
            page.contains("Enter one email address at a time.") && page.contains("bob@example.net"),
            "{typed}: {page}"
        );
    }
    let api = app.client.post(app.url("/api/v1/subscriptions"));
    let several = serde_json::json!({ "email": "ana@example.org, bob@example.net" });
    let answer = api.json(&several).send().await.unwrap();
    assert_eq!(answer.status(), 422);
    let answer: serde_json::Value = answer.json().await.unwrap();
    assert_eq!(answer["field"], "email");
    assert_eq!(answer["error"], "enter one email address at a time");
    assert_eq!(app.count("SELECT count(*) FROM sign_up").await, 0);
    app.stop().await;
}

#[tokio::test]
async fn who_asks_for_what_is_not_offered_is_asked_to_choose_and_not_signed_up_for_everything() {
    let app = TestApp::start().await;
    app.topic("veterans", "Veterans").await;
    subscribers::topics::archive(&app.app, "veterans", true, "operator")
        .await
        .unwrap();
    let event = subscribers::open_event(&app.app, "Town hall", 2, "ana@example.gov").await;
    let event = format!("/event/{}", event.unwrap().token.as_str());
    for (at, form) in [
        ("/subscribe", "topic=pres&zip=92780"),
        (&event, "topic=water&topic=roads"),
        ("/subscribe", "topic=veterans"),
        (&event, "topic=veterans"),
    ] {
        let answer = app
            .post(at, &format!("email=ana%40example.org&{form}"))
            .await;
        assert_eq!(answer.status(), 422, "{at}");
        let page = answer.text().await.unwrap();
        let said = "What was asked for is not offered here.";
        assert!(
            page.contains(said) && page.contains("value=\"ana@example.org\""),
            "{page}"
        );
        assert!(
            !page.contains("Check your email") && !page.contains("value=\"pres\""),
            "{page}"
        );
    }
    let ask = async |topics: &[&str]| {
        let asked = serde_json::json!({ "email": "ana@example.org", "topics": topics });
        let api = app.client.post(app.url("/api/v1/subscriptions"));
        let answer = api.json(&asked).send().await.unwrap();
        (
            answer.status().as_u16(),
            answer.json::<serde_json::Value>().await.unwrap(),
        )
    };
    for named in ["pres", "veterans"] {
        let (status, answer) = ask(&[named]).await;
        assert_eq!(
            (status, &answer["field"]),
            (422, &"topics".into()),
            "{answer}"
        );
    }
    assert_eq!(app.count("SELECT count(*) FROM sign_up").await, 0);
    assert_eq!(app.status("ana@example.org").await, "unknown");

    // Beside one that is offered it is passed over; a choice of nothing is none.
    assert_eq!(ask(&["press", "pres"]).await.0, 202);
    assert_eq!(ask(&[""]).await.0, 202);
    let nothing = app
        .post("/subscribe", "email=bob%40example.org&topic=")
        .await;
    assert_eq!(nothing.status(), 200);
    app.stop().await;
}

#[tokio::test]
async fn a_form_that_calls_its_field_otherwise_asks_for_the_topic_and_not_for_everything() {
    let app = TestApp::start().await;
    app.topic("veterans", "Veterans").await;
    for (at, field) in [
        "topic=veterans",
        "topics=veterans",
        "topic%5B%5D=veterans",
        "topics%5B%5D=veterans",
        "Topic=veterans",
        "topic=veterans%2C",
    ]
    .into_iter()
    .enumerate()
    {
        let email = format!("reader{at}@example.org");
        let form = format!("email=reader{at}%40example.org&{field}");
        assert_eq!(app.post("/subscribe", &form).await.status(), 200, "{field}");
        app.all_answered().await;
        let known = subscribers::evidence(&app.app, &email).await.unwrap();
        let asked = serde_json::json!(["veterans"]);
        assert_eq!(known["events"][0]["topics"], asked, "{field}");
        let page = app.get(&format!("/?{field}")).await.text().await.unwrap();
        let ticked = page.contains("value=\"veterans\" checked");
        assert!(ticked, "{field}: {page}");
    }
    app.stop().await;
}

#[tokio::test]
async fn on_an_events_tablet_no_link_leads_to_another_form() {
    let app = TestApp::start().await;
    let event = subscribers::open_event(&app.app, "Town hall", 2, "ana@example.gov").await;
    let event = format!("/event/{}", event.unwrap().token.as_str());
    let form = app.get(&event).await.text().await.unwrap();
    let done = app.post(&event, "email=ana%40example.org").await;
    let done = done.text().await.unwrap();
    for page in [form, done] {
        assert!(!page.contains("href=\"/?lang="), "{page}");
        assert!(!page.contains("href=\"/archive"), "{page}");
        assert!(
            page.contains(&format!("href=\"{event}?lang=en\"")),
            "{page}"
        );
    }
    app.stop().await;
}

#[tokio::test]
async fn a_domain_is_shown_as_people_write_it_and_mailed_as_machines_do() {
    let app = TestApp::start().await;
    for path in ["/subscribe", "/manage"] {
        let page = app.post(path, "email=ana%40b%C3%BCcher.example").await;
        let page = page.text().await.unwrap();
        assert!(page.contains("ana@bücher.example"), "{page}");
        // Browsers check what a field holds, and know no other letters than ASCII there.
        let said = page.replace("value=\"ana@xn--bcher-kva.example\"", "");
        assert!(!said.contains("xn--"), "{page}");
    }
    app.all_answered().await;
    assert_eq!(app.status("ana@xn--bcher-kva.example").await, "pending");
    // What the page repeats can be sent again.
    let again = app.post("/subscribe", "email=ana%40b%C3%BCcher.example&lang=es");
    assert_eq!(again.await.status(), 200);
    app.stop().await;
}

#[tokio::test]
async fn a_form_that_comes_in_parts_is_a_form_and_what_is_none_says_what_to_do() {
    let app = TestApp::start().await;
    let boundary = "multipart/form-data; boundary=edge";
    let part = |name: &str, value: &str| {
        format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let send = async |path: &str, kind: &str, body: String| {
        let request = app.client.post(app.url(path)).header("content-type", kind);
        request.body(body).send().await.unwrap()
    };
    let form = [
        part("email", "ana@example.org"),
        part("topic", "press"),
        part("lang", "es"),
        "--edge--\r\n".to_owned(),
    ];
    for path in ["/subscribe", "/manage"] {
        let answer = send(path, boundary, form.concat()).await;
        assert_eq!(answer.status(), 200, "{path}");
        assert!(answer.text().await.unwrap().contains("ana@example.org"));
    }
    app.all_answered().await;
    assert_eq!(app.status("ana@example.org").await, "pending");
    // Cut, without a boundary, of no kind that forms have, or too large.
    let large = [
        part("email", &"x".repeat(20_000)),
        "--edge--\r\n".to_owned(),
    ];
    for (kind, body, status) in [
        (boundary, form[..2].concat(), 400),
        ("multipart/form-data", form.concat(), 400),
        ("application/json", "{}".to_owned(), 415),
        (boundary, large.concat(), 413),
    ] {
        let answer = send("/subscribe", kind, body).await;
        assert_eq!(answer.status().as_u16(), status, "{kind}");
        let page = answer.text().await.unwrap();
        assert!(page.contains("load the page again"), "{kind}: {page}");
        assert!(page.contains("href=\"/help"), "{kind}: {page}");
    }
    assert_eq!(app.count("SELECT count(*) FROM subscriber").await, 1);
    app.stop().await;
}

#[tokio::test]
async fn the_sign_up_page_and_the_page_after_confirming_lead_on_to_the_newest_newsletters() {
    let app = TestApp::start().await;
    let empty = app.get("/").await.text().await.unwrap();
    assert!(!empty.contains("See an example"), "{empty}");
    app.subscriber("ana@example.org").await;
    let id = app.draft("a-bridge-opens").await;
    app.send(id).await;
    let page = app.get("/?lang=es").await.text().await.unwrap();
    for part in [
        "href=\"/archive/a-bridge-opens?lang=es\"",
        "href=\"/archive?lang=es\"",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let page = app.get("/").await.text().await.unwrap();
    assert!(
        page.contains("Latest newsletters") && page.contains("See an example"),
        "{page}"
    );
    let example = app.get("/archive/a-bridge-opens").await;
    assert_eq!(example.status(), 200);
    let example = example.text().await.unwrap();
    assert!(
        example.contains("property=\"og:title\" content=\"a-bridge-opens\""),
        "{example}"
    );
    let mail = app.sign_up("bob@example.org").await;
    let page = app.post(&mail.link("/confirm/"), "").await;
    let page = page.text().await.unwrap();
    assert!(
        page.contains("href=\"/archive/a-bridge-opens?lang=en\""),
        "{page}"
    );
    assert!(page.contains("to your contacts"), "{page}");
    app.stop().await;
}

#[tokio::test]
async fn the_page_of_an_event_says_that_it_has_ended_only_where_it_has() {
    let app = TestApp::start().await;
    let event = subscribers::open_event(&app.app, "Town hall", 2, "ana@example.gov").await;
    let link = format!("/event/{}", event.unwrap().token.as_str());
    let page = app.get(&format!("{link}?lang=es")).await;
    assert_eq!(page.status(), 200);
    let guest = format!("{link}?lang=es");
    let done = app.post(&guest, "email=ana%40example.org").await;
    let done = done.text().await.unwrap();
    // The next guest may speak another language than the one before.
    let next = done.split_once("method=\"get\"").unwrap().1;
    let next = next.split_once("</form>").unwrap().0;
    assert!(next.contains(&link) && !next.contains("lang"), "{next}");

    // One letter is not what stood on the board; and the code was read in part.
    let other = if link.ends_with('x') { "y" } else { "x" };
    let changed = format!("{}{other}", &link[..link.len() - 1]);
    for damaged in [
        changed.as_str(),
        &link[..link.len() - 1],
        "/event/",
        "/event",
    ] {
        for answer in [
            app.get(damaged).await,
            app.post(damaged, "email=bob%40example.org").await,
        ] {
            assert_eq!(answer.status(), 404, "{damaged}");
            let text = answer.text().await.unwrap();
            assert!(
                text.contains("This link is incomplete"),
                "{damaged}: {text}"
            );
            assert!(text.contains("Scan the code again"), "{damaged}: {text}");
        }
    }
    app.app.clock.advance_ms(2 * HOUR);
    for answer in [
        app.get(&link).await,
        app.post(&link, "email=bob%40example.org").await,
    ] {
        assert_eq!(answer.status(), 410);
        assert!(
            answer
                .text()
                .await
                .unwrap()
                .contains("Sign-up here has ended")
        );
    }
    app.stop().await;
}

/// The page of the form in another language would say that nothing was sent.
#[tokio::test]
async fn a_page_that_answers_a_form_leads_to_no_empty_form_in_another_language() {
    let app = TestApp::start().await;
    Office::set_all(&app.app.db, "operator", &[("languages", "en,es")], 0)
        .await
        .unwrap();
    let switch = "href=\"?lang=es";
    let form = app.get("/").await.text().await.unwrap();
    assert!(form.contains(switch));
    let sent = app.submit("ana@example.org").await.text().await.unwrap();
    assert!(sent.contains("ana@example.org") && !sent.contains(switch));
    app.all_answered().await;
    let mail = app
        .until("the mail", async || {
            app.mails_to("ana@example.org").await.pop()
        })
        .await;
    let link = mail.link("/confirm/");
    let asks = app.get(&link).await.text().await.unwrap();
    assert!(asks.contains(switch));
    let confirmed = app.post(&link, "").await.text().await.unwrap();
    assert!(!confirmed.contains(switch), "{confirmed}");
    app.stop().await;
}

/// RFC 6531: a relay that offers no SMTPUTF8 takes no such address, and no page promises a mail to it.
#[tokio::test]
async fn an_address_that_no_relay_takes_is_refused_at_once() {
    let peer = Peer::start(ONE_BY_ONE, |_| None).await;
    let app = TestApp::start_with(&["--smtp-url", &peer.url()]).await;
    let submit = async |email: &str| app.submit(email).await;
    // Nobody knows yet.
    assert_eq!(submit("josé@example.org").await.status(), 200);
    assert_eq!(submit("ana@example.org").await.status(), 200);
    app.until("what the relay offers to be noted", async || {
        let sql = "SELECT count(*) FROM relay WHERE takes_utf8 = 0";
        (app.count(sql).await == 1).then_some(())
    })
    .await;
    let refused = submit("maría@example.org").await;
    assert_eq!(refused.status(), 422);
    let page = refused.text().await.unwrap();
    assert!(
        page.contains("letters beyond a to z") && page.contains("maría@example.org"),
        "{page}"
    );
    assert_eq!(
        submit("bob@例子.example").await.status(),
        200,
        "its domain has another form"
    );
    let api = app
        .client
        .post(app.url("/api/v1/subscriptions"))
        .json(&serde_json::json!({ "email": "maría@example.org" }))
        .send()
        .await
        .unwrap();
    assert_eq!(api.status(), 422);
    app.stop().await;
}
