//! Passkeys: made, shown, renamed and removed, by a device in software; and everything that is no passkey.

use super::{authenticator::Device, browser::Page, newsletters::office, *};
use crate::{
    accounts::{Account, account::by_key},
    office::Office,
};

async fn site() -> (App, Place) {
    let place = Place::new().await;
    // Browsers offer none for an IP address.
    let app = place.open("http://localhost:8080").await;
    (app, place)
}

async fn account(app: &App) -> Account {
    by_key(app, "editor@example.gov").await.unwrap().unwrap()
}

async fn asks(browser: &mut Browser) -> Page {
    let page = browser
        .submit(
            "/staff/login",
            "/staff/passkey",
            &[("next", "/staff/topics")],
        )
        .await;
    assert_eq!(page.status, 200, "{}", page.text);
    page
}

async fn answer(browser: &mut Browser, asked: &Page, credential: &str) -> Page {
    let token = asked.token();
    let fields = [("form_token", token.as_str()), ("credential", credential)];
    browser.post("/staff/passkey/finish", &fields).await
}

/// Shows the passkey after the password, which lets in.
async fn show_as_second_step(browser: &mut Browser, device: &mut Device) {
    let asked = browser
        .submit("/staff/login/code", "/staff/passkey", &[])
        .await;
    let credential = device.show(&asked.text);
    let page = answer(browser, &asked, &credential).await;
    assert_eq!(page.location(), "/staff", "{}", page.text);
}

async fn add(browser: &mut Browser, device: &mut Device, name: &str) -> Page {
    let asked = browser
        .submit(
            "/staff/account",
            "/staff/account/passkeys",
            &[("name", name)],
        )
        .await;
    assert_eq!(asked.status, 200, "{}", asked.text);
    let (token, credential) = (asked.token(), device.make(&asked.text));
    let fields = [("form_token", token.as_str()), ("credential", &credential)];
    browser
        .post("/staff/account/passkeys/finish", &fields)
        .await
}

#[tokio::test]
async fn a_passkey_lets_in_alone_and_in_place_of_the_code_until_it_is_removed() {
    let (app, _place) = site().await;
    let mut browser = member(&app, &Browser::on(&app), Role::Editor).await;
    let mut device = Device::new(b"phone of the editor");
    let page = add(&mut browser, &mut device, "  My   phone ").await;
    assert_eq!(
        page.location(),
        "/staff/account?done=passkey",
        "{}",
        page.text
    );
    let page = browser.get("/staff/account").await;
    assert!(page.text.contains("My phone"), "{}", page.text);
    assert!(page.text.contains("not used yet"));

    let mut fresh = browser.another();
    let asked = asks(&mut fresh).await;
    let credential = device.show(&asked.text);
    let page = answer(&mut fresh, &asked, &credential).await;
    assert_eq!(page.location(), "/staff/topics", "{}", page.text);
    assert_eq!(fresh.get("/staff/topics").await.status, 200);
    // The same answer again: the question is answered already.
    let page = answer(&mut browser.another(), &asked, &credential).await;
    assert_eq!(page.status, 403);
    let again = asks(&mut browser.another()).await;
    assert_eq!(
        answer(&mut browser.another(), &again, &credential)
            .await
            .status,
        403
    );

    // A second step is on, and the passkey counts as it.
    let label = "UPDATE staff SET totp_label = 'x', totp_since = 1";
    app.db.execute(label, []).await.unwrap();
    let mut fresh = browser.another();
    let page = fresh.sign_in("editor@example.gov", PASSWORD).await;
    assert_eq!(page.location(), "/staff/login/code");
    let page = fresh.get("/staff/login/code").await;
    assert!(
        page.text.contains("action=\"/staff/passkey\""),
        "{}",
        page.text
    );
    show_as_second_step(&mut fresh, &mut device).await;

    let lines =
        "SELECT count(*) FROM audit WHERE action = 'staff.sign_in' AND details LIKE '%by passkey'";
    assert_eq!(number(&app, lines).await, 2);
    let id = number(&app, "SELECT id FROM staff_passkey")
        .await
        .to_string();
    let page = browser
        .submit(
            "/staff/account",
            "/staff/account/passkeys/rename",
            &[("id", &id), ("name", "Old phone")],
        )
        .await;
    assert_eq!(page.location(), "/staff/account?done=passkey-named");
    let page = browser
        .submit(
            "/staff/account",
            "/staff/account/passkeys/remove",
            &[("id", &id)],
        )
        .await;
    assert_eq!(page.location(), "/staff/account?done=passkey-removed");
    let mut fresh = browser.another();
    let asked = asks(&mut fresh).await;
    let credential = device.show(&asked.text);
    let page = answer(&mut fresh, &asked, &credential).await;
    assert_eq!(page.status, 422);
    assert!(page.text.contains("not known here"), "{}", page.text);
    let lines = "SELECT count(*) FROM audit WHERE action = 'staff.passkey'";
    assert_eq!(number(&app, lines).await, 3);
}

#[tokio::test]
async fn what_is_no_passkey_of_this_site_lets_in_nobody() {
    let (app, _place) = site().await;
    let mut browser = member(&app, &Browser::on(&app), Role::Editor).await;
    let mut device = Device::new(b"phone of the editor");
    // Without a fingerprint it is one factor, and none is kept.
    device.verified = false;
    assert_eq!(add(&mut browser, &mut device, "x").await.status, 422);
    device.verified = true;
    device.origin = "http://localhost:9999";
    assert_eq!(add(&mut browser, &mut device, "x").await.status, 422);
    device.origin = "http://localhost:8080";
    assert_eq!(number(&app, "SELECT count(*) FROM staff_passkey").await, 0);
    assert_eq!(add(&mut browser, &mut device, "x").await.status, 303);
    // The same credential for somebody else.
    let mut other = member(&app, &browser, Role::Viewer).await;
    let page = add(&mut other, &mut Device::new(b"phone of the editor"), "x").await;
    assert_eq!(page.status, 422);
    assert!(page.text.contains("registered already"), "{}", page.text);

    let refused =
        async |change: &dyn Fn(&mut Device), undo: &dyn Fn(&mut Device), device: &mut Device| {
            let mut fresh = browser.another();
            let asked = asks(&mut fresh).await;
            change(device);
            let credential = device.show(&asked.text);
            undo(device);
            let page = answer(&mut fresh, &asked, &credential).await;
            assert_eq!(page.status, 422, "{}", page.text);
            assert_eq!(fresh.get("/staff/topics").await.status, 303);
        };
    refused(
        &|d| d.origin = "https://evil.example",
        &|d| d.origin = "http://localhost:8080",
        &mut device,
    )
    .await;
    refused(&|d| d.verified = false, &|d| d.verified = true, &mut device).await;
    refused(
        &|d| d.id = b"another".to_vec(),
        &|d| d.id = b"phone of the editor".to_vec(),
        &mut device,
    )
    .await;
    // A key of somebody else's under the same name.
    let mut copy = Device::new(b"phone of the editor");
    add(&mut other, &mut copy, "x").await;
    refused(&|_| (), &|_| (), &mut copy).await;
    for junk in ["", "{}", "[]", "null", "{\"id\":\"x\"}"] {
        let mut fresh = browser.another();
        let asked = asks(&mut fresh).await;
        assert_eq!(answer(&mut fresh, &asked, junk).await.status, 422, "{junk}");
    }
    // A copy of the key whose counter stands behind.
    let mut fresh = browser.another();
    let asked = asks(&mut fresh).await;
    device.counter = 50;
    let credential = device.show(&asked.text);
    assert_eq!(answer(&mut fresh, &asked, &credential).await.status, 303);
    refused(&|d| d.counter = 7, &|d| d.counter = 60, &mut device).await;
    // Too late, and an account that was disabled.
    let mut fresh = browser.another();
    let asked = asks(&mut fresh).await;
    let credential = device.show(&asked.text);
    app.clock.advance_ms(11 * crate::clock::MINUTE);
    let page = answer(&mut fresh, &asked, &credential).await;
    assert!(page.text.contains("took too long"), "{}", page.text);
    disable(&app, &account(&app).await, "operator")
        .await
        .unwrap();
    refused(&|_| (), &|_| (), &mut device).await;
}

#[tokio::test]
async fn a_passkey_takes_the_place_of_the_password_before_something_that_matters() {
    let (app, _place) = site().await;
    let mut browser = member(&app, &Browser::on(&app), Role::Editor).await;
    let mut device = Device::new(b"phone");
    assert_eq!(add(&mut browser, &mut device, "x").await.status, 303);
    app.clock.advance_ms(3 * crate::clock::HOUR);
    let asked = browser
        .submit(
            "/staff/account",
            "/staff/account/passkeys",
            &[("name", "second")],
        )
        .await;
    assert_eq!(asked.status, 403);
    assert!(asked.text.contains("action=\"/staff/passkey\""));
    let asked = browser
        .submit(
            "/staff/again?next=/staff/account",
            "/staff/passkey",
            &[("next", "/staff/account")],
        )
        .await;
    // Somebody else's proves nothing about me.
    let mut other = member(&app, &browser, Role::Viewer).await;
    let mut theirs = Device::new(b"theirs");
    add(&mut other, &mut theirs, "x").await;
    let wrong = theirs.show(&asked.text);
    assert_eq!(answer(&mut browser, &asked, &wrong).await.status, 422);
    let asked = browser
        .submit(
            "/staff/again",
            "/staff/passkey",
            &[("next", "/staff/account")],
        )
        .await;
    let right = device.show(&asked.text);
    assert_eq!(
        answer(&mut browser, &asked, &right).await.location(),
        "/staff/account"
    );
    assert_eq!(
        add(&mut browser, &mut Device::new(b"2"), "second")
            .await
            .status,
        303
    );
}

#[tokio::test]
async fn where_browsers_offer_no_passkeys_the_pages_say_so() {
    let (app, _place) = instance().await;
    let mut browser = member(&app, &Browser::on(&app), Role::Editor).await;
    let page = browser.get("/staff/account").await;
    assert!(
        page.text.contains("by a host name with https://"),
        "{}",
        page.text
    );
    assert!(
        !browser
            .another()
            .get("/staff/login")
            .await
            .text
            .contains("/staff/passkey")
    );
    let page = browser
        .submit("/staff/account", "/staff/account/passkeys", &[])
        .await;
    assert_eq!(page.status, 422);
    let place = Place::new().await;
    let plain = place.open("http://news.example.gov").await;
    assert!(!crate::accounts::passkey::is_possible(&plain));
    let place = Place::new().await;
    let safe = place.open("https://news.example.gov").await;
    assert!(crate::accounts::passkey::is_possible(&safe));
}

async fn demand_second_step(app: &App) {
    let demand = [("require-second-step", "true")];
    Office::set_all(&app.db, "operator", &demand, 0)
        .await
        .unwrap();
}

#[tokio::test]
async fn where_the_office_demands_a_second_step_a_password_alone_opens_nothing_of_who_has_a_passkey()
 {
    let (app, _place) = site().await;
    office(&app).await;
    let mut browser = member(&app, &Browser::on(&app), Role::Editor).await;
    let mut device = Device::new(b"phone of the editor");
    assert_eq!(add(&mut browser, &mut device, "x").await.status, 303);
    let mut by_password = browser.another();
    by_password.sign_in("editor@example.gov", PASSWORD).await;
    assert_eq!(by_password.get("/staff/topics").await.status, 200);
    demand_second_step(&app).await;
    // Who showed it in this session goes on; what began with the password alone does not hold any more.
    assert_eq!(browser.get("/staff/topics").await.status, 200);
    let led = by_password.get("/staff/topics").await;
    assert_eq!(led.location(), "/staff/login?next=%2Fstaff%2Ftopics");

    let mut fresh = browser.another();
    let signed = fresh.sign_in("editor@example.gov", PASSWORD).await;
    assert_eq!(signed.location(), "/staff/login/code", "{}", signed.text);
    for page in ["/staff", "/staff/topics", "/staff/account", "/staff/again"] {
        let led = fresh.get(page).await;
        assert!(led.location().starts_with("/staff/login"), "{page}");
    }
    let asked = fresh.get("/staff/login/code").await;
    assert!(
        asked.text.contains("yours is your passkey") && !asked.text.contains("name=\"code\""),
        "{}",
        asked.text
    );
    // Nor does it let anybody set up an app in its place, or take any code.
    let token = asked.token();
    let typed = [("form_token", token.as_str()), ("code", "000000")];
    let refused = fresh.post("/staff/login/code", &typed).await;
    assert_eq!(refused.location(), "/staff/login/code");
    let enrol = "/staff/account/second-step";
    let refused = fresh.post(enrol, &[("form_token", &token)]).await;
    assert_ne!(refused.status, 200);
    show_as_second_step(&mut fresh, &mut device).await;
    assert_eq!(fresh.get("/staff/topics").await.status, 200);
}

#[tokio::test]
async fn a_link_to_a_new_password_is_no_way_around_a_passkey_that_is_demanded() {
    let (app, _place) = site().await;
    office(&app).await;
    let site = Browser::on(&app);
    let mut browser = member(&app, &site, Role::Editor).await;
    let mut device = Device::new(b"phone of the editor");
    add(&mut browser, &mut device, "x").await;
    demand_second_step(&app).await;
    let editor = account(&app).await;
    let link = crate::accounts::invitation::new_link(&app, &editor, "operator")
        .await
        .unwrap();
    let path = path_of(&app, &link);
    let mut fresh = site.another();
    let chosen = [("password", "another horse battery")];
    let page = fresh.submit(&path, &path, &chosen).await;
    assert_eq!(page.location(), "/staff/login/code", "{}", page.text);
    assert_eq!(fresh.get("/staff/topics").await.status, 303);

    // Who lost it is let in by an admin, and begins with a new one.
    let mut admin = member(&app, &site, Role::Admin).await;
    let mut other = Device::new(b"phone of the admin");
    add(&mut admin, &mut other, "x").await;
    let people = admin.get("/staff/people").await;
    assert!(
        people.text.contains("Turn off second step"),
        "{}",
        people.text
    );
    let off = format!("/staff/people/{}/second-step", editor.id);
    let done = admin.submit("/staff/people", &off, &[]).await;
    assert_eq!(done.location(), "/staff/people?done=their-second-step");
    let page = fresh
        .sign_in("editor@example.gov", "another horse battery")
        .await;
    assert_eq!(page.location(), "/staff");
    assert_eq!(
        fresh.get("/staff/topics").await.location(),
        "/staff/account"
    );
    assert_eq!(add(&mut fresh, &mut device, "new").await.status, 303);
    assert_eq!(fresh.get("/staff/topics").await.status, 200);
}
