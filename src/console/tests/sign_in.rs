//! Links, passwords, sessions and forged forms.

use super::*;
use crate::{
    accounts::sign_in_throttle::{self, Attempt, Pace},
    db,
};

#[tokio::test]
async fn the_first_link_makes_an_admin_and_works_once() {
    let (app, _place) = instance().await;
    let older = first_account_link(&app).await.unwrap().unwrap();
    let link = first_account_link(&app).await.unwrap().unwrap();
    let mut browser = Browser::on(&app);
    // O3: a newer link ends the older; a scanner that looks uses nothing up.
    assert_eq!(browser.get(&path_of(&app, &older)).await.status, 422);
    let path = path_of(&app, &link);
    for _ in 0..5 {
        assert_eq!(browser.get(&path).await.status, 200);
    }
    let typed = [("email", "ana@example.gov"), ("password", "too short")];
    let page = browser.submit(&path, &path, &typed).await;
    assert_eq!(page.status, 422);
    assert!(page.text.contains("at least 12 characters") && page.text.contains("ana@example.gov"));
    let typed = [("email", "ana@example.gov"), ("password", PASSWORD)];
    let page = browser.submit(&path, &path, &typed).await;
    assert_eq!((page.status.as_u16(), page.location()), (303, "/staff"));
    assert_eq!(browser.get("/staff/people").await.status, 200);

    assert_eq!(Browser::on(&app).get(&path).await.status, 422);
    assert_eq!(first_account_link(&app).await.unwrap(), None);
    assert_eq!(
        number(&app, "SELECT count(*) FROM staff WHERE role = 'admin'").await,
        1
    );
}

#[tokio::test]
async fn a_link_ends_after_a_day() {
    let (app, _place) = instance().await;
    let link = first_account_link(&app).await.unwrap().unwrap();
    app.clock.advance_ms(crate::clock::DAY);
    let page = Browser::on(&app).get(&path_of(&app, &link)).await;
    assert_eq!(page.status, 422);
    assert!(page.text.contains("ask for a new one"), "{}", page.text);
}

#[tokio::test]
async fn the_database_holds_no_link_and_no_session_that_could_be_used() {
    let (app, _place) = instance().await;
    crate::test_data::office(&app).await;
    let link = invite(&app, &address("ana@example.gov"), Role::Viewer, "operator")
        .await
        .unwrap();
    let browser = member(&app, &Browser::on(&app), Role::Admin).await;
    let mut kept = String::new();
    for query in [
        "SELECT recipient || content || coalesce(token_label, '') FROM transactional_mail",
        "SELECT id || content FROM session",
        "SELECT email || coalesce(password_hash, '') FROM staff",
        "SELECT who || object || details FROM audit",
    ] {
        let texts: Vec<String> = db::scalars(app.db.pool(), query, []).await.unwrap();
        kept.extend(texts);
    }
    let sql = "SELECT token_hash FROM staff_invitation";
    let hashes: Vec<Vec<u8>> = db::scalars(app.db.pool(), sql, []).await.unwrap();
    for hash in hashes {
        kept.push_str(&String::from_utf8_lossy(&hash));
    }
    let holds = |secret: &str| kept.contains(secret);
    assert!(holds("ana@example.gov") && holds("/staff/welcome/"));
    assert!(!holds(link.rsplit('/').next().unwrap()));
    for (name, value) in &browser.jar {
        assert!(!holds(value), "{name}");
    }
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_get_the_same_answer() {
    let (app, _place) = instance().await;
    let site = Browser::on(&app);
    member(&app, &site, Role::Viewer).await;
    invite(&app, &address("new@example.gov"), Role::Viewer, "operator")
        .await
        .unwrap();
    let mut answers = Vec::new();
    for email in [
        "viewer@example.gov",
        "nobody@example.gov",
        "new@example.gov",
    ] {
        let page = site.another().sign_in(email, "wrong horse battery").await;
        assert_eq!(page.status, 422);
        let token = page.token();
        answers.push(page.text.replace(email, "EMAIL").replace(&token, "TOKEN"));
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0], answers[2]);
    let page = site.another().sign_in("VIEWER@example.GOV", PASSWORD).await;
    assert_eq!(page.location(), "/staff");
}

#[tokio::test]
async fn whoever_tries_without_end_keeps_the_owner_from_nothing() {
    let (app, _place) = instance().await;
    let site = Browser::on(&app);
    let mut owner = member(&app, &site, Role::Viewer).await;
    // Longer than any password can be, so that no hash is computed here.
    let wrong = "x".repeat(5000);
    let mut stranger = site.another();
    stranger.address = [198, 51, 100, 7];
    for _ in 0..5 {
        let page = stranger.sign_in("viewer@example.gov", &wrong).await;
        assert_eq!(page.status, 422);
    }
    // As many at the same time as are let wait.
    let theirs = Attempt {
        account: "viewer@example.gov",
        network: "198.51.100.0/24",
        device: None,
    };
    while let Pace::After(_) = sign_in_throttle::count(&app, &theirs).await.unwrap() {}
    let page = stranger.sign_in("viewer@example.gov", &wrong).await;
    assert_eq!(page.status, 429);
    assert!(page.text.contains("wait a minute"));
    // From elsewhere, without any cookie; and among the strangers, on the owner's own device.
    let page = site.another().sign_in("viewer@example.gov", PASSWORD).await;
    assert_eq!(page.status, 303);
    let token = owner.get("/staff/newsletters").await.token();
    owner.post("/staff/logout", &[("form_token", &token)]).await;
    owner.address = stranger.address;
    let page = owner.sign_in("viewer@example.gov", PASSWORD).await;
    assert_eq!(page.status, 303);
    // Their cookie is for their account only, and proves nothing to who made it up.
    let device = owner
        .jar
        .iter()
        .find(|(name, _)| name == "gazette_staff_device");
    let (name, value) = device.unwrap().clone();
    for planted in [value.replace('.', ""), format!("x{value}")] {
        let mut forger = stranger.another();
        forger.jar.push((name.clone(), planted));
        let page = forger.sign_in("viewer@example.gov", &wrong).await;
        assert_eq!(page.status, 429);
    }
}

#[tokio::test]
async fn who_was_disabled_comes_back_to_no_old_session() {
    let (app, _place) = instance().await;
    let admin = member(&app, &Browser::on(&app), Role::Admin).await;
    let mut stolen = member(&app, &admin, Role::Viewer).await;
    let account = find(&app, &address("viewer@example.gov")).await.unwrap();
    disable(&app, &account, "operator").await.unwrap();
    // Nobody asked anything with it while the account was disabled.
    let account = find(&app, &address("viewer@example.gov")).await.unwrap();
    enable(&app, &account, "operator").await.unwrap();
    assert_eq!(stolen.get("/staff/newsletters").await.status, 303);
    let mut owner = admin.another();
    let page = owner.sign_in("viewer@example.gov", PASSWORD).await;
    assert_eq!(page.location(), "/staff");
}

#[tokio::test]
async fn a_session_ends_after_a_week_however_much_it_is_used() {
    let (app, _place) = instance().await;
    let mut browser = member(&app, &Browser::on(&app), Role::Viewer).await;
    for _ in 0..16 {
        app.clock.advance_ms(10 * crate::clock::HOUR);
        assert_eq!(browser.get("/staff/newsletters").await.status, 200);
    }
    app.clock.advance_ms(10 * crate::clock::HOUR);
    assert_eq!(browser.get("/staff/newsletters").await.status, 303);
}

#[tokio::test]
async fn the_cookie_is_http_only_same_site_and_secure_where_the_site_is() {
    for (public_url, secure, name, cookie_path) in [
        (
            "http://127.0.0.1:8080",
            false,
            "gazette_staff",
            "Path=/staff",
        ),
        (
            "https://news.example.gov",
            true,
            "__Host-gazette_staff",
            "Path=/",
        ),
    ] {
        let place = Place::new().await;
        let app = place.open(public_url).await;
        let link = first_account_link(&app).await.unwrap().unwrap();
        let path = path_of(&app, &link);
        let mut browser = Browser::on(&app);
        let token = browser.get(&path).await.token();
        let fields = [
            ("form_token", token.as_str()),
            ("email", "ana@example.gov"),
            ("password", PASSWORD),
        ];
        let page = browser.post(&path, &fields).await;
        let session = page
            .cookies()
            .into_iter()
            .find(|cookie| cookie.starts_with(&format!("{name}=")))
            .unwrap();
        for part in ["HttpOnly", "SameSite=Lax", cookie_path] {
            assert!(session.split("; ").any(|found| found == part), "{session}");
        }
        assert!(!session.contains("Domain"), "{session}");
        assert_eq!(session.contains("Secure"), secure, "{session}");
        assert!(!session.contains("Max-Age"), "{session}");
    }
}

#[tokio::test]
async fn signing_in_gives_a_new_session_and_signing_out_ends_it() {
    let (app, _place) = instance().await;
    let site = Browser::on(&app);
    let mut first = member(&app, &site, Role::Viewer).await;
    let kept = first.clone();
    let token = first.get("/staff/newsletters").await.token();
    first.post("/staff/logout", &[("form_token", &token)]).await;
    for mut browser in [first.clone(), kept.clone()] {
        let page = browser.get("/staff/newsletters").await;
        assert_eq!(page.location(), "/staff/login?next=%2Fstaff%2Fnewsletters");
    }
    // A planted session identity is not taken over by a sign-in.
    let mut planted = kept.clone();
    let before = planted.jar.clone();
    planted.sign_in("viewer@example.gov", PASSWORD).await;
    let session = |jar: &[(String, String)]| {
        jar.iter()
            .find(|(name, _)| name == "gazette_staff")
            .cloned()
    };
    assert_ne!(session(&before), session(&planted.jar));
    assert_eq!(planted.get("/staff/newsletters").await.status, 200);
}

#[tokio::test]
async fn a_session_survives_a_restart_and_ends_after_twelve_idle_hours() {
    let place = Place::new().await;
    let app = place.open("http://127.0.0.1:8080").await;
    let before = member(&app, &Browser::on(&app), Role::Viewer).await;
    let app = place.open("http://127.0.0.1:8080").await;
    let mut after = Browser::on(&app);
    after.jar = before.jar;
    for _ in 0..3 {
        // Use keeps it alive…
        app.clock.advance_ms(11 * crate::clock::HOUR);
        assert_eq!(after.get("/staff/newsletters").await.status, 200);
    }
    // …and idleness ends it.
    app.clock.advance_ms(12 * crate::clock::HOUR);
    assert_eq!(after.get("/staff/newsletters").await.status, 303);
}

#[tokio::test]
async fn a_new_password_ends_every_other_session() {
    let (app, _place) = instance().await;
    let mut here = member(&app, &Browser::on(&app), Role::Viewer).await;
    let mut elsewhere = here.another();
    elsewhere.sign_in("viewer@example.gov", PASSWORD).await;
    assert_eq!(elsewhere.get("/staff/newsletters").await.status, 200);
    let wrong = [
        ("current", "not my password"),
        ("new", "another horse battery"),
    ];
    let page = here
        .submit("/staff/password", "/staff/password", &wrong)
        .await;
    assert_eq!(page.status, 422);
    let right = [("current", PASSWORD), ("new", "another horse battery")];
    let page = here
        .submit("/staff/password", "/staff/password", &right)
        .await;
    assert_eq!(page.location(), "/staff/account?done=password");
    assert_eq!(here.get("/staff/newsletters").await.status, 200);
    assert_eq!(elsewhere.get("/staff/newsletters").await.status, 303);
}

#[tokio::test]
async fn a_form_without_its_token_or_from_elsewhere_is_refused_and_nothing_happens() {
    let (app, _place) = instance().await;
    let site = Browser::on(&app);
    let mut admin = member(&app, &site, Role::Admin).await;
    let mut viewer = member(&app, &site, Role::Viewer).await;
    let token = admin.get("/staff/people").await.token();
    let others = viewer.get("/staff/newsletters").await.token();
    let invitation = [("email", "eve@example.org"), ("role", "admin")];
    let with = |token| [("form_token", token), invitation[0], invitation[1]];

    assert_eq!(admin.post("/staff/people", &invitation).await.status, 403);
    assert_eq!(
        admin.post("/staff/people", &with(&token[1..])).await.status,
        403
    );
    assert_eq!(
        admin.post("/staff/people", &with(&others)).await.status,
        403
    );
    for says in [
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("origin", "http://127.0.0.1:8081"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        admin.says = Some(says);
        let page = admin.post("/staff/people", &with(&token)).await;
        assert_eq!(page.status, 403, "{says:?}");
    }
    // A sign-in cannot be forged either (somebody else's account in my browser).
    let fields = [("email", "viewer@example.gov"), ("password", PASSWORD)];
    assert_eq!(
        site.another().post("/staff/login", &fields).await.status,
        403
    );
    assert_eq!(number(&app, "SELECT count(*) FROM staff").await, 2);

    admin.says = Some(("origin", "http://127.0.0.1:8080"));
    assert_eq!(admin.post("/staff/people", &with(&token)).await.status, 200);
    assert_eq!(number(&app, "SELECT count(*) FROM staff").await, 3);
}

#[tokio::test]
async fn the_style_sheet_and_the_script_set_no_cookie() {
    let (app, _place) = instance().await;
    let mut browser = Browser::on(&app);
    for file in [
        "console.css",
        "console.js",
        "writing.js",
        "editor.js",
        "editor_surface.js",
        "editor_blocks.js",
        "editor_markdown.js",
    ] {
        let path = &format!("/staff/assets/{file}");
        let page = browser.get(path).await;
        assert_eq!(page.status, 200, "{path}");
        assert!(page.cookies().is_empty(), "{path}");
    }
}

#[tokio::test]
async fn refused_sign_ins_and_refused_access_stand_in_the_audit_log() {
    let (app, _place) = instance().await;
    let admin = member(&app, &Browser::on(&app), Role::Admin).await;
    let mut viewer = member(&app, &admin, Role::Viewer).await;
    let mut stranger = admin.another();
    let wrong = [
        ("email", "admin@example.gov"),
        ("password", "not this one, surely"),
    ];
    let answer = stranger
        .submit("/staff/login", "/staff/login", &wrong)
        .await;
    assert_eq!(answer.status, 422);
    let lines = "SELECT count(*) FROM audit WHERE action = 'staff.sign_in_refused'
                 AND object LIKE 'a…@%' AND details LIKE 'from %'";
    assert_eq!(number(&app, lines).await, 1);
    assert_eq!(viewer.get("/staff/people").await.status, 403);
    let lines = "SELECT count(*) FROM audit WHERE action = 'access.refused'
                 AND who = 'viewer@example.gov' AND object = 'GET /staff/people'";
    assert_eq!(number(&app, lines).await, 1);
    let addresses = "SELECT count(*) FROM audit WHERE object LIKE '%admin@example.gov%'";
    assert_eq!(number(&app, addresses).await, 0);
}
