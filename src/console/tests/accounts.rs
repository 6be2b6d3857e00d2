//! Accounts as a person meets them: the second step, sessions, a forgotten password, the password once
//! more before what matters.

use super::{newsletters::office, *};
use crate::clock::{HOUR, MINUTE};

/// What the app of whoever typed this secret shows now.
fn app_code(app: &App, secret: &str) -> String {
    let secret: String = secret.chars().filter(|c| !c.is_whitespace()).collect();
    let secret = data_encoding::BASE32_NOPAD
        .decode(secret.as_bytes())
        .unwrap();
    let totp = totp_rs::TOTP::new(
        totp_rs::Algorithm::SHA1,
        6,
        0,
        30,
        secret,
        None,
        String::new(),
    )
    .unwrap();
    totp.generate((app.clock.now_ms() / 1000).unsigned_abs())
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let (_, rest) = text
        .split_once(before)
        .unwrap_or_else(|| panic!("{before}: {text}"));
    rest.split_once(after).unwrap().0
}

/// Turns the second step on: the secret, and the recovery codes.
async fn second_step(app: &App, browser: &mut Browser) -> (String, Vec<String>) {
    let here = "/staff/account";
    let page = browser
        .submit(here, "/staff/account/second-step", &[])
        .await;
    assert!(
        page.text.contains("<svg") && !page.text.contains("<?xml"),
        "{}",
        page.text
    );
    let secret = between(&page.text, "Or type this into the app: <code>", "</code>").to_owned();
    let token = page.token();
    let wrong = [("form_token", token.as_str()), ("code", "000000")];
    let refused = browser
        .post("/staff/account/second-step/confirm", &wrong)
        .await;
    assert_eq!(refused.status, 422);
    assert!(refused.text.contains(&secret), "the picture is still there");
    let code = app_code(app, &secret);
    let right = [("form_token", token.as_str()), ("code", &code)];
    let page = browser
        .post("/staff/account/second-step/confirm", &right)
        .await;
    assert!(page.text.contains("Your recovery codes"), "{}", page.text);
    (secret, shown_codes(&page.text))
}

/// The recovery codes on a page.
fn shown_codes(page: &str) -> Vec<String> {
    let list = between(page, "<ul class=\"codes\">", "</ul>");
    let codes = list.split("<code>").skip(1);
    codes
        .map(|rest| rest.split('<').next().unwrap().to_owned())
        .collect()
}

/// How many recovery codes there are.
const CODES: &str = "SELECT count(*) FROM staff_recovery_code";

#[tokio::test]
async fn a_second_step_lets_nobody_in_with_the_password_alone() {
    let (app, _place) = instance().await;
    office(&app).await;
    let site = Browser::on(&app);
    let mut ana = member(&app, &site, Role::Approver).await;
    let (secret, codes) = second_step(&app, &mut ana).await;
    assert_eq!(codes.len(), 10);
    app.clock.advance_ms(MINUTE);

    let mut elsewhere = site.another();
    let answer = elsewhere.sign_in("approver@example.gov", PASSWORD).await;
    assert_eq!(answer.location(), "/staff/login/code");
    // Half signed in is not signed in.
    for path in ["/staff", "/staff/newsletters", "/staff/account"] {
        assert!(
            elsewhere
                .get(path)
                .await
                .location()
                .starts_with("/staff/login"),
            "{path}"
        );
    }
    let refused = elsewhere
        .submit(
            "/staff/login/code",
            "/staff/login/code",
            &[("code", "123456")],
        )
        .await;
    assert_eq!(refused.status, 422);
    let code = app_code(&app, &secret);
    let answer = elsewhere
        .submit("/staff/login/code", "/staff/login/code", &[("code", &code)])
        .await;
    assert_eq!(answer.location(), "/staff");
    assert_eq!(elsewhere.get("/staff/newsletters").await.status, 200);
    // Nobody who looked over the shoulder uses the same code.
    let mut thief = site.another();
    thief.sign_in("approver@example.gov", PASSWORD).await;
    let again = thief
        .submit("/staff/login/code", "/staff/login/code", &[("code", &code)])
        .await;
    assert_eq!(again.status, 422);
    // And a sign-in that was left in between ends.
    app.clock.advance_ms(10 * MINUTE);
    assert_eq!(
        thief.get("/staff/login/code").await.location(),
        "/staff/login"
    );

    // Without the phone: a recovery code, once.
    for (expected, location) in [(303, "/staff"), (422, "")] {
        let mut lost = site.another();
        lost.sign_in("approver@example.gov", PASSWORD).await;
        let answer = lost
            .submit(
                "/staff/login/code",
                "/staff/login/code",
                &[("code", &codes[0])],
            )
            .await;
        assert_eq!(
            (answer.status.as_u16(), answer.location()),
            (expected, location)
        );
    }
    // A link by mail gives a new password and not the second step.
    let account = find(&app, &address("approver@example.gov")).await.unwrap();
    let link = crate::accounts::new_link(&app, &account, "operator")
        .await
        .unwrap();
    let path = path_of(&app, &link);
    let mut reset = site.another();
    let password = [("password", "moss lantern quarry nine")];
    let answer = reset.submit(&path, &path, &password).await;
    assert_eq!(answer.location(), "/staff/login/code");
    // It ended all sessions there were.
    assert_eq!(elsewhere.get("/staff/newsletters").await.status, 303);
    // An admin turns it off for who lost both.
    let mut admin = member(&app, &site, Role::Admin).await;
    let off = format!("/staff/people/{}/second-step", account.id);
    let answer = admin.submit("/staff/people", &off, &[]).await;
    assert_eq!(answer.location(), "/staff/people?done=their-second-step");
    let mut again = site.another();
    let answer = again
        .sign_in("approver@example.gov", "moss lantern quarry nine")
        .await;
    assert_eq!(answer.location(), "/staff");
}

#[tokio::test]
async fn new_recovery_codes_end_the_old_ones_and_off_ends_them_all() {
    let (app, _place) = instance().await;
    office(&app).await;
    let site = Browser::on(&app);
    let mut ana = member(&app, &site, Role::Approver).await;
    let (here, more) = ("/staff/account", "/staff/account/second-step/codes");
    // Who has no second step has no codes to renew.
    let token = ana.get(here).await.token();
    let none = ana.post(more, &[("form_token", &token)]).await;
    assert_eq!(none.location(), here);
    assert_eq!(number(&app, CODES).await, 0);
    let (_, old) = second_step(&app, &mut ana).await;
    let page = ana.submit(here, more, &[]).await;
    assert_eq!(page.status, 200);
    let new = shown_codes(&page.text);
    assert_eq!(new.len(), 10);
    assert!(old.iter().all(|code| !new.contains(code)));
    assert_eq!(number(&app, CODES).await, 10);
    // They are shown once.
    let again = ana.get(here).await;
    assert!(new.iter().all(|code| !again.text.contains(code)));
    for (codes, expected) in [(&old, 422), (&new, 303)] {
        let mut lost = site.another();
        lost.sign_in("approver@example.gov", PASSWORD).await;
        let code = [("code", codes[3].as_str())];
        let answer = lost
            .submit("/staff/login/code", "/staff/login/code", &code)
            .await;
        assert_eq!(answer.status, expected, "{}", answer.text);
    }

    let off = "/staff/account/second-step/off";
    let answer = ana.submit(here, off, &[]).await;
    assert_eq!(answer.location(), "/staff/account?done=second-step-off");
    assert_eq!(number(&app, CODES).await, 0);
    let answer = site
        .another()
        .sign_in("approver@example.gov", PASSWORD)
        .await;
    assert_eq!(answer.location(), "/staff", "the password is enough again");
    // On, new codes, one of them used, and off: each stands in the log, by whoever did it.
    let lines = "SELECT count(*) FROM audit WHERE action = 'staff.second_factor'
                 AND who = 'approver@example.gov'";
    assert_eq!(number(&app, lines).await, 4);
}

#[tokio::test]
async fn a_new_password_by_a_link_in_a_signed_in_browser_leads_to_the_second_step() {
    let (app, _place) = instance().await;
    office(&app).await;
    let mut ed = member(&app, &Browser::on(&app), Role::Editor).await;
    let (secret, _) = second_step(&app, &mut ed).await;
    app.clock.advance_ms(MINUTE);
    let account = find(&app, &address("editor@example.gov")).await.unwrap();
    let link = crate::accounts::new_link(&app, &account, "operator")
        .await
        .unwrap();
    let path = path_of(&app, &link);
    let chosen = [("password", "another horse battery")];
    let answer = ed.submit(&path, &path, &chosen).await;
    assert_eq!(answer.location(), "/staff/login/code", "{}", answer.text);
    let code = app_code(&app, &secret);
    let answer = ed
        .submit("/staff/login/code", "/staff/login/code", &[("code", &code)])
        .await;
    assert_eq!(answer.location(), "/staff", "{}", answer.text);
    assert_eq!(ed.get("/staff/newsletters").await.status, 200);
}

#[tokio::test]
async fn a_session_elsewhere_is_seen_told_of_and_ended() {
    let (app, _place) = instance().await;
    office(&app).await;
    let site = Browser::on(&app);
    let mut ana = member(&app, &site, Role::Editor).await;
    let told = "SELECT count(*) FROM transactional_mail WHERE kind = 'notice'";
    assert_eq!(number(&app, told).await, 0, "the first sign-in is no news");
    // The same browser once more is none either.
    ana.submit("/staff/more", "/staff/logout", &[]).await;
    ana.sign_in("editor@example.gov", PASSWORD).await;
    assert_eq!(number(&app, told).await, 0);
    let mut thief = site.another();
    thief.address = [198, 51, 100, 7];
    thief.says = Some((
        "user-agent",
        "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0",
    ));
    thief.sign_in("editor@example.gov", PASSWORD).await;
    let mail = "SELECT content FROM transactional_mail WHERE kind = 'notice'";
    let mail: Vec<String> = db::scalars(app.db.pool(), mail, []).await.unwrap();
    assert_eq!(mail.len(), 1);
    for word in ["Firefox on Linux", "network 198.51.100.x", "/staff/account"] {
        assert!(mail[0].contains(word), "{word}: {}", mail[0]);
    }
    let page = ana.get("/staff/account").await;
    assert!(page.text.contains("from network 198.51.100.x") && !page.text.contains("/24"));
    assert!(page.text.contains("Firefox on Linux") && page.text.contains("this browser"));
    let key = between(&page.text, "name=\"key\" value=\"", "\"").to_owned();
    // Nobody ends another's session.
    let mut viewer = member(&app, &site, Role::Viewer).await;
    let end = "/staff/account/sessions/end";
    viewer.submit("/staff/account", end, &[("key", &key)]).await;
    assert_eq!(thief.get("/staff/newsletters").await.status, 200);
    ana.submit("/staff/account", end, &[("key", &key)]).await;
    assert_eq!(thief.get("/staff/newsletters").await.status, 303);
    assert_eq!(ana.get("/staff/newsletters").await.status, 200);
    thief.sign_in("editor@example.gov", PASSWORD).await;
    let others = "/staff/account/sessions/end-others";
    ana.submit("/staff/account", others, &[]).await;
    assert_eq!(thief.get("/staff/newsletters").await.status, 303);
    assert_eq!(ana.get("/staff/newsletters").await.status, 200);
}

#[tokio::test]
async fn a_forgotten_password_is_answered_the_same_whoever_asks_and_mailed_once() {
    let (app, _place) = instance().await;
    office(&app).await;
    let site = Browser::on(&app);
    member(&app, &site, Role::Editor).await;
    member(&app, &site, Role::Viewer).await;
    let gone = find(&app, &address("viewer@example.gov")).await.unwrap();
    disable(&app, &gone, "operator").await.unwrap();
    let links = "SELECT count(*) FROM transactional_mail WHERE kind = 'invitation'";
    let before = number(&app, links).await;
    let ask = "/staff/forgotten";
    let mut answers = Vec::new();
    for email in [
        "editor@example.gov",
        "nobody@example.gov",
        "viewer@example.gov",
    ] {
        let page = site.another().submit(ask, ask, &[("email", email)]).await;
        assert_eq!(page.status, 200);
        answers.push(page.text.replace(email, "EMAIL"));
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    assert_eq!(number(&app, links).await, before + 1);
    site.another()
        .submit(ask, ask, &[("email", "editor@example.gov")])
        .await;
    assert_eq!(number(&app, links).await, before + 1, "one in ten minutes");
    let wrong = site
        .another()
        .submit(ask, ask, &[("email", "no address")])
        .await;
    assert_eq!(wrong.status, 422);
}

#[tokio::test]
async fn what_sends_or_lets_in_asks_for_the_password_again_and_loses_nothing() {
    let (app, _place) = instance().await;
    office(&app).await;
    let site = Browser::on(&app);
    let mut admin = member(&app, &site, Role::Admin).await;
    let page = admin.get("/staff/people").await;
    assert_eq!(page.status, 200);
    let token = page.token();
    app.clock.advance_ms(3 * HOUR);
    // Reading and stopping go on; what lets in does not.
    assert_eq!(admin.get("/staff/newsletters").await.status, 200);
    let asked = admin.get("/staff/people").await;
    assert_eq!(asked.location(), "/staff/again?next=%2Fstaff%2Fpeople");
    let invitation = [
        ("form_token", token.as_str()),
        ("email", "new@example.gov"),
        ("role", "editor"),
    ];
    let asked = admin.post("/staff/people", &invitation).await;
    assert_eq!(asked.status, 403);
    assert!(find(&app, &address("new@example.gov")).await.is_err());
    assert!(
        asked.text.contains("comes back right after"),
        "{}",
        asked.text
    );
    let token = asked.token();
    let again = [
        ("form_token", token.as_str()),
        ("password", "not the password"),
        ("next", "/staff/people"),
    ];
    let refused = admin.post("/staff/again", &again).await;
    assert_eq!(refused.status, 422);
    assert!(
        refused.text.contains("comes back right after"),
        "it is still kept"
    );
    let mut right = again;
    right[1].1 = PASSWORD;
    let done = admin.post("/staff/again", &right).await;
    assert_eq!(done.location(), "/staff/kept");
    let page = admin.get("/staff/kept").await;
    assert!(page.text.contains("new@example.gov"));
    let token = page.token();
    let mut sent = invitation;
    sent[0].1 = &token;
    assert_eq!(admin.post("/staff/people", &sent).await.status, 200);
    assert!(find(&app, &address("new@example.gov")).await.is_ok());
}

#[tokio::test]
async fn what_is_known_of_somebody_is_given_out_and_erased_only_when_sure() {
    let (app, _place) = instance().await;
    office(&app).await;
    super::newsletters::draft(&app).await;
    let mut admin = member(&app, &Browser::on(&app), Role::Admin).await;
    let page = "/staff/subscribers";
    let ana = [("email", "ana@example.org")];
    let file = admin
        .submit(page, "/staff/subscribers/download", &ana)
        .await;
    assert!(file.header("content-disposition").contains("attachment"));
    let known: serde_json::Value = serde_json::from_str(&file.text).unwrap();
    assert_eq!(known["email"], "ana@example.org");
    let unsure = admin.submit(page, "/staff/subscribers/erase", &ana).await;
    assert_eq!(unsure.status, 422);
    let people = "SELECT count(*) FROM subscriber";
    assert_eq!(number(&app, people).await, 1);
    let sure = [("email", "ana@example.org"), ("sure", "yes")];
    let gone = admin.submit(page, "/staff/subscribers/erase", &sure).await;
    assert!(gone.text.contains("Erased."), "{}", gone.text);
    assert!(!gone.text.contains("ana@example.org"));
    let again = admin.submit(page, "/staff/subscribers/erase", &sure).await;
    assert_eq!(again.status, 422);
}

#[tokio::test]
async fn where_the_office_demands_a_second_step_nobody_does_anything_before_they_have_one() {
    let (app, _place) = instance().await;
    office(&app).await;
    let id = super::newsletters::draft(&app).await;
    let site = Browser::on(&app);
    let mut editor = member(&app, &site, Role::Editor).await;
    let mut admin = member(&app, &site, Role::Admin).await;
    let edit = format!("/staff/newsletters/{id}/edit");
    let page = editor.get(&edit).await;
    let (token, revision) = (page.token(), page.revision().unwrap());
    let demand = [("require-second-step", "true")];
    let done = admin
        .submit("/staff/settings", "/staff/settings", &demand)
        .await;
    assert_eq!(done.status, 303, "{}", done.text);
    // It holds at once, also for who was signed in and for who demanded it.
    for browser in [&mut editor, &mut admin] {
        for path in [
            "/staff",
            "/staff/newsletters",
            "/staff/subscribers",
            "/staff/more",
        ] {
            assert_eq!(
                browser.get(path).await.location(),
                "/staff/account",
                "{path}"
            );
        }
        let page = browser.get("/staff/account").await;
        assert_eq!(page.status, 200);
        assert!(
            page.text.contains("Your office asks everybody"),
            "{}",
            page.text
        );
    }
    // What was being typed is not done, and is not lost.
    let typed = [
        ("form_token", token.as_str()),
        ("revision", &revision),
        ("subject", "A bridge"),
        ("text", "Half a text."),
        ("action", "keep"),
    ];
    assert_eq!(
        editor.post(&edit, &typed).await.location(),
        "/staff/account"
    );
    assert_ne!(
        crate::newsletters::find(&app, id).await.unwrap().subject,
        "A bridge"
    );
    second_step(&app, &mut editor).await;
    let page = editor.get("/staff/account").await;
    assert!(!page.text.contains("Your office asks everybody"));
    assert!(page.text.contains("href=\"/staff/kept\""), "{}", page.text);
    assert!(
        editor
            .get("/staff/kept")
            .await
            .text
            .contains("Half a text.")
    );
    assert_eq!(editor.get("/staff").await.status, 200);
    // Who turns it off again is led there again.
    let off = "/staff/account/second-step/off";
    editor
        .submit("/staff/account", off, &[("password", PASSWORD)])
        .await;
    assert_eq!(editor.get("/staff").await.location(), "/staff/account");
    // Signing out is nobody denied.
    let out = editor.submit("/staff/account", "/staff/logout", &[]).await;
    assert_eq!(out.status, 303);
}

#[tokio::test]
async fn whoever_presses_turn_on_twice_still_sees_their_recovery_codes() {
    let (app, _place) = instance().await;
    office(&app).await;
    let site = Browser::on(&app);
    let mut ana = member(&app, &site, Role::Editor).await;
    let (secret, codes) = second_step(&app, &mut ana).await;
    // The browser leaves the answer to the first press for that to the second.
    let token = ana.get("/staff/account").await.token();
    let confirm = "/staff/account/second-step/confirm";
    let typed = app_code(&app, &secret);
    let fields = [("form_token", token.as_str()), ("code", typed.as_str())];
    let again = ana.post(confirm, &fields).await;
    assert_eq!(again.status, 200, "{}", again.text);
    assert_eq!(shown_codes(&again.text), codes);
    // Somebody else's browser sees nothing of them, and nobody does later.
    let mut ben = member(&app, &site, Role::Viewer).await;
    let token = ben.get("/staff/account").await.token();
    let fields = [("form_token", token.as_str()), ("code", typed.as_str())];
    assert_eq!(ben.post(confirm, &fields).await.status, 422);
    app.clock.advance_ms(3 * MINUTE);
    let token = ana.get("/staff/account").await.token();
    let fields = [("form_token", token.as_str()), ("code", typed.as_str())];
    let late = ana.post(confirm, &fields).await;
    assert_eq!(late.status, 422);
    assert!(!late.text.contains(&codes[0]), "{}", late.text);
}
