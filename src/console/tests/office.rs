//! Settings, staff and the log.

use super::*;
use crate::{office::Office, test_data};

#[tokio::test]
async fn settings_are_all_saved_or_none_and_each_mistake_stands_at_its_field() {
    let (app, _place) = instance().await;
    let mut admin = member(&app, &Browser::on(&app), Role::Admin).await;
    let (page, path) = ("/staff/settings", "/staff/settings");
    let wrong = [
        ("name", "Office of Rep. Jane Doe"),
        ("colour", "#ffcc00"),
        ("from", "nobody"),
    ];
    let answer = admin.submit(page, path, &wrong).await;
    assert_eq!(answer.status, 422);
    for part in [
        "id=\"colour-error\"",
        "id=\"from-error\"",
        "aria-describedby=\"from-hint from-error\"",
        "value=\"nobody\"",
        "value=\"Office of Rep. Jane Doe\"",
        "<title>Error: ",
    ] {
        assert!(answer.text.contains(part), "{part}");
    }
    assert!(!Office::load(&app.db).await.unwrap().name.contains("Jane"));

    let right = [
        ("name", "Office of Rep. Jane Doe"),
        ("from", "news@example.gov"),
        ("postal-address", "1 Main St\r\nTustin, CA"),
    ];
    let answer = admin.submit(page, path, &right).await;
    assert_eq!(answer.location(), "/staff/settings?done=settings");
    let office = Office::load(&app.db).await.unwrap();
    assert!(office.complete);
    assert_eq!(office.postal_address, "1 Main St\nTustin, CA");
    let lines =
        "SELECT count(*) FROM audit WHERE action = 'office.set' AND who = 'admin@example.gov'";
    assert_eq!(number(&app, lines).await, 3);
    // Saving again what stands there changes nothing and writes no line.
    admin.submit(page, path, &right).await;
    assert_eq!(number(&app, lines).await, 3);
}

#[tokio::test]
async fn what_no_mail_goes_without_may_be_changed_and_not_emptied() {
    let (app, _place) = instance().await;
    super::newsletters::office(&app).await;
    let mut admin = member(&app, &Browser::on(&app), Role::Admin).await;
    let (page, path) = ("/staff/settings", "/staff/settings");
    let before = Office::settings(&app.db).await.unwrap();
    for (key, says) in [
        ("name", "no mail may go out without it"),
        ("from", "no mail may go out without it"),
        ("postal-address", "no mail may go out without it"),
        ("time-zone", "would move to UTC"),
    ] {
        for empty in ["", "  ", "\r\n \r\n"] {
            let told = admin.submit(page, path, &[(key, empty)]).await;
            assert_eq!(told.status, 422, "{key}");
            assert!(told.text.contains(&format!("id=\"{key}-error\"")), "{key}");
            assert!(told.text.contains(says), "{key}: {}", told.text);
            // Nor at the command line.
            let set = Office::set_all(&app.db, "operator", &[(key, empty)], 0).await;
            assert!(set.unwrap_err().to_string().contains(says), "{key}");
        }
    }
    // What only looks as if it said something is nothing.
    let told = admin.submit(page, path, &[("name", "\u{200B}")]).await;
    assert_eq!(told.status, 422);
    assert_eq!(Office::settings(&app.db).await.unwrap(), before);
    assert!(Office::load(&app.db).await.unwrap().complete);
    let done = admin
        .submit(page, path, &[("name", "Office of Rep. John Roe")])
        .await;
    assert_eq!(done.status, 303, "{}", done.text);
    // Of a name that nobody has given yet nothing is asked.
    test_data::never_set(&app, &["postal-address"]).await;
    assert_eq!(
        admin
            .submit(page, path, &[("postal-address", "")])
            .await
            .status,
        303
    );
}

#[tokio::test]
async fn boxes_times_and_choices_write_what_the_command_line_writes() {
    let (app, _place) = instance().await;
    let mut admin = member(&app, &Browser::on(&app), Role::Admin).await;
    let (page, path) = ("/staff/settings", "/staff/settings");
    let text = admin.get(page).await.text;
    for control in [
        "name=\"four-eyes\" type=\"checkbox\" value=\"true\"",
        "name=\"undo-seconds\" type=\"number\"",
        "<select id=\"summary-day\"",
        "name=\"colour\" type=\"color\"",
        "name=\"sending-window\" type=\"time\"",
    ] {
        assert!(text.contains(control), "{control}");
    }
    assert!(!text.contains("true or false"));
    // As a browser sends the page when nothing was touched: nothing is changed.
    let untouched = [
        ("four-eyes", ""),
        ("pause-in-blackout", ""),
        ("one-click-leaves", "topic"),
        ("summary-day", "friday"),
        ("summary-at", "17:00"),
        ("sending-window", ""),
        ("sending-window", ""),
        ("sending-days", ""),
    ];
    admin.submit(page, path, &untouched).await;
    let lines = "SELECT count(*) FROM audit WHERE action = 'office.set'";
    assert_eq!(number(&app, lines).await, 0);
    let chosen = [
        ("four-eyes", ""),
        ("four-eyes", "true"),
        ("one-click-leaves", "all"),
        ("sending-window", "08:00"),
        ("sending-window", "20:00"),
        ("sending-days", ""),
        ("sending-days", "mon"),
        ("sending-days", "fri"),
        ("languages", "es"),
        ("languages", "en"),
        ("languages", "es"),
    ];
    let answer = admin.submit(page, path, &chosen).await;
    assert_eq!(answer.location(), "/staff/settings?done=settings");
    let stored = Office::settings(&app.db).await.unwrap();
    let value = |key: &str| {
        stored
            .iter()
            .find(|(known, _)| *known == key)
            .unwrap()
            .1
            .clone()
    };
    assert_eq!(value("four-eyes"), "true");
    assert_eq!(value("one-click-leaves"), "all");
    assert_eq!(value("sending-window"), "08:00-20:00");
    assert_eq!(value("sending-days"), "mon,fri");
    assert_eq!(value("languages"), "es,en");
    let answer = admin.submit(page, path, &[("four-eyes", "")]).await;
    assert_eq!(answer.status, 303);
    assert!(!Office::load(&app.db).await.unwrap().four_eyes);
    // Half a window is said to be one, at its field.
    let half = [("sending-window", "08:00"), ("sending-window", "")];
    let answer = admin.submit(page, path, &half).await;
    assert_eq!(answer.status, 422);
    assert!(answer.text.contains("id=\"sending-window-error\""));
}

#[tokio::test]
async fn e6_a_seal_is_looked_at_before_it_stands_in_a_mail() {
    let (app, _place) = instance().await;
    let mut admin = member(&app, &Browser::on(&app), Role::Admin).await;
    let (page, path) = ("/staff/settings", "/staff/settings/logo");
    let answer = admin.upload(page, path, "logo", b"<svg/>").await;
    assert_eq!(answer.status, 422);
    assert!(answer.text.contains("id=\"logo-error\"") && answer.text.contains("no PNG, JPEG"));
    // What is wrong is said first, with the way to the field.
    let (first, _) = answer.text.split_once("id=\"logo-error\"").unwrap();
    assert!(
        first.contains("id=\"problem\"") && first.contains("href=\"#logo\""),
        "{first}"
    );

    let answer = admin
        .upload(page, path, "logo", &crate::logo::tests::png(112, 112))
        .await;
    assert_eq!(answer.location(), "/staff/settings?done=logo");
    let logo = Office::load(&app.db).await.unwrap().logo.unwrap();
    assert!(admin.get(page).await.text.contains(&logo.path()));
    let (kind, bytes) = crate::logo::picture(&app.db, &logo.file)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(kind, "image/png");
    assert!(bytes.starts_with(b"\x89PNG"));

    // Without the token of the page nothing is taken, and an editor has no such page.
    let mut stranger = admin.another();
    let answer = stranger.upload("/staff/login", path, "logo", b"x").await;
    assert!(answer.location().starts_with("/staff/login"));
    let mut editor = member(&app, &Browser::on(&app), Role::Editor).await;
    let answer = editor
        .upload(
            "/staff/password",
            path,
            "logo",
            &crate::logo::tests::png(64, 64),
        )
        .await;
    assert_eq!(answer.status, 403);

    admin.submit(page, "/staff/settings/logo/remove", &[]).await;
    assert_eq!(Office::load(&app.db).await.unwrap().logo, None);
    let lines = "SELECT count(*) FROM audit WHERE object = 'office/logo'";
    assert_eq!(number(&app, lines).await, 2);
}

#[tokio::test]
async fn an_admin_invites_changes_disables_and_cannot_lock_everyone_out() {
    let (app, _place) = instance().await;
    crate::test_data::office(&app).await;
    let mut admin = member(&app, &Browser::on(&app), Role::Admin).await;
    let invitation = [("email", "Ben@Example.gov"), ("role", "editor")];
    let page = admin
        .submit("/staff/people", "/staff/people", &invitation)
        .await;
    assert!(
        page.text.contains("http://127.0.0.1:8080/staff/welcome/"),
        "{}",
        page.text
    );
    let mails = "SELECT count(*) FROM transactional_mail WHERE kind = 'invitation' AND recipient = 'Ben@example.gov'";
    assert_eq!(number(&app, mails).await, 1);
    let again = admin
        .submit("/staff/people", "/staff/people", &invitation)
        .await;
    assert_eq!(again.status, 422);

    let link = page
        .text
        .split("<code>")
        .nth(1)
        .unwrap()
        .split("</code>")
        .next()
        .unwrap();
    let path = path_of(&app, link);
    let mut ben = admin.another();
    ben.submit(&path, &path, &[("password", PASSWORD)]).await;
    let id = number(&app, "SELECT id FROM staff WHERE role = 'editor'").await;
    assert_eq!(ben.get("/staff/newsletters").await.status, 200);

    // A role counts from the next request on.
    assert_eq!(ben.get("/staff/settings").await.status, 403);
    admin
        .submit(
            "/staff/people",
            &format!("/staff/people/{id}/role"),
            &[("role", "admin")],
        )
        .await;
    assert_eq!(ben.get("/staff/settings").await.status, 200);
    admin
        .submit("/staff/people", &format!("/staff/people/{id}/disable"), &[])
        .await;
    assert_eq!(ben.get("/staff/newsletters").await.status, 303);
    assert_eq!(ben.sign_in("ben@example.gov", PASSWORD).await.status, 422);

    let me = number(
        &app,
        "SELECT id FROM staff WHERE email = 'admin@example.gov'",
    )
    .await;
    let page = admin
        .submit("/staff/people", &format!("/staff/people/{me}/disable"), &[])
        .await;
    assert_eq!(page.status, 422);
    let myself = crate::accounts::find(&app, &address("admin@example.gov"))
        .await
        .unwrap();
    for refused in [
        crate::accounts::disable(&app, &myself, "operator").await,
        crate::accounts::set_role(&app, &myself, Role::Viewer, "operator").await,
    ] {
        assert!(refused.unwrap_err().to_string().contains("only admin"));
    }
    assert_eq!(admin.get("/staff/people").await.status, 200);
}

#[tokio::test]
async fn a_new_link_replaces_the_one_before_and_the_password() {
    let (app, _place) = instance().await;
    let mut viewer = member(&app, &Browser::on(&app), Role::Viewer).await;
    let account = crate::accounts::find(&app, &address("viewer@example.gov"))
        .await
        .unwrap();
    let older = crate::accounts::new_link(&app, &account, "operator")
        .await
        .unwrap();
    let link = crate::accounts::new_link(&app, &account, "operator")
        .await
        .unwrap();
    let mut browser = viewer.another();
    assert_eq!(browser.get(&path_of(&app, &older)).await.status, 422);
    // Whoever found the address out cannot sign someone out with it.
    assert_eq!(viewer.get("/staff/newsletters").await.status, 200);
    let path = path_of(&app, &link);
    browser
        .submit(&path, &path, &[("password", "another horse battery")])
        .await;
    assert_eq!(browser.get("/staff/newsletters").await.status, 200);
    assert_eq!(viewer.get("/staff/newsletters").await.status, 303);
}

#[tokio::test]
async fn the_log_shows_who_did_what_and_cannot_be_changed() {
    let (app, _place) = instance().await;
    let mut admin = member(&app, &Browser::on(&app), Role::Admin).await;
    let page = admin.get("/staff/audit").await;
    assert!(
        page.text.contains("The command line</strong> invited"),
        "{}",
        page.text
    );
    for (query, fits) in [
        ("who=OPERATOR", true),
        ("who=nobody", false),
        // Also what was done to somebody, and by what the page calls them.
        ("who=admin@", true),
        ("who=staff+member+1", true),
        ("who=the+command+line", true),
        ("object=staff", true),
        ("object=newsletter", false),
        ("from=2026-02-24&to=2026-02-24", true),
        ("from=2026-02-25", false),
        ("to=2026-02-23", false),
    ] {
        let page = admin.get(&format!("/staff/audit?{query}")).await;
        assert_eq!(
            page.text.contains("invited"),
            fits,
            "{query}: {}",
            page.text
        );
        let csv = admin.get(&format!("/staff/audit.csv?{query}")).await;
        assert_eq!(
            csv.text.contains(",operator,staff.invite,"),
            fits,
            "{query}"
        );
        assert!(
            csv.text
                .starts_with("id,at,who,action,object,details,staff_member\n")
        );
    }
    let wrong = admin.get("/staff/audit?from=yesterday").await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.text.contains("“yesterday” is no day") && !wrong.text.contains("invited"));
    let lines = number(&app, "SELECT count(*) FROM audit").await;
    assert!(lines > 0);
    for sql in ["UPDATE audit SET who = 'nobody'", "DELETE FROM audit"] {
        let error = app.db.execute(sql, []).await.unwrap_err();
        assert!(error.to_string().contains("append-only"), "{error}");
    }
    assert_eq!(number(&app, "SELECT count(*) FROM audit").await, lines);
}

#[tokio::test]
async fn every_setting_has_its_field() {
    let (app, _place) = instance().await;
    let mut admin = member(&app, &Browser::on(&app), Role::Admin).await;
    let page = admin.get("/staff/settings").await;
    for (key, _) in crate::office::KEYS {
        assert!(page.text.contains(&format!("name=\"{key}\"")), "{key}");
    }
}

#[tokio::test]
async fn a_held_release_says_why() {
    let (app, _place) = instance().await;
    let mut viewer = member(&app, &Browser::on(&app), Role::Viewer).await;
    assert!(
        viewer
            .get("/staff/releases")
            .await
            .text
            .contains("No press release has been seen yet")
    );
    let held = crate::test_data::release(1).held("the title was mailed last week");
    held.insert(&app).await;
    let page = viewer.get("/staff/releases").await;
    assert!(
        page.text.contains("Waiting for your decision")
            && page.text.contains("the title was mailed last week")
    );
    // However many come in behind it, it is not forgotten.
    for number in 2..150 {
        crate::test_data::release(number).insert(&app).await;
    }
    for path in ["/staff", "/staff/releases"] {
        let page = viewer.get(path).await;
        assert!(page.text.contains("title was mailed last week"), "{path}");
    }
}

/// A site whose feed has one item: its port, and what serves it.
async fn site_with_feed() -> (u16, tokio::task::JoinHandle<std::io::Result<()>>) {
    let feed = "<rss version='2.0'><channel><title>Rep. Doe</title><item><title>A bridge opens</title>\
                <link>https://doe.example.gov/a</link></item></channel></rss>";
    let site = axum::Router::new().route("/feed/", axum::routing::get(async move || feed));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let serving = tokio::spawn(async move { axum::serve(listener, site).await });
    (port, serving)
}

#[tokio::test]
async fn an_admin_adds_a_source_and_takes_it_away() {
    let (port, serving) = site_with_feed().await;

    let (app, _place) = instance().await;
    let mut admin = member(&app, &Browser::on(&app), Role::Admin).await;
    let (page, path) = ("/staff/releases", "/staff/sources");
    let wrong = [("url", "not an address"), ("policy", "approve")];
    let answer = admin.submit(page, path, &wrong).await;
    assert_eq!(answer.status, 422);
    assert!(answer.text.contains("value=\"not an address\""));

    let url = format!("http://127.0.0.1:{port}/feed/");
    // First a look: it says what is there, keeps what was typed, and adds nothing.
    let look = [("url", url.as_str()), ("policy", "auto"), ("act", "look")];
    let answer = admin.submit(page, path, &look).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    for says in ["Nothing was added yet", "A bridge opens", "Rep. Doe", &url] {
        assert!(answer.text.contains(says), "{says}: {}", answer.text);
    }
    assert!(
        answer.text.contains("value=\"auto\" checked"),
        "{}",
        answer.text
    );
    assert_eq!(number(&app, "SELECT count(*) FROM source").await, 0);
    let new = [("url", url.as_str()), ("policy", "auto")];
    let answer = admin.submit(page, path, &new).await;
    let id = number(&app, "SELECT id FROM source").await;
    let added = format!("/staff/releases?done=source&source={id}");
    assert_eq!(answer.location(), added, "{}", answer.text);
    let said = admin.get(&added).await.text;
    assert!(
        said.contains("Its new releases go to the readers of “Press releases”."),
        "{said}"
    );
    // F11: an office in service does not read its own machine's pages, whoever asks.
    let place = Place::new().await;
    let in_service = place.open("https://news.example.gov").await;
    let mut other = member(&in_service, &Browser::on(&in_service), Role::Admin).await;
    assert_eq!(other.submit(page, path, &new).await.status, 422);
    assert_eq!(number(&in_service, "SELECT count(*) FROM source").await, 0);
    serving.abort();

    app.db
        .execute(
            "UPDATE source SET failures = 3, last_error = 'no answer within 30 s'",
            [],
        )
        .await
        .unwrap();
    let shown = admin.get(page).await;
    for part in [
        "Rep. Doe",
        "New releases go out by themselves",
        "Failed 3 times in a row: no answer within 30 s",
    ] {
        assert!(shown.text.contains(part), "{part}: {}", shown.text);
    }
    let id = number(&app, "SELECT id FROM source").await;
    let remove = format!("/staff/sources/{id}/remove");
    let answer = admin.submit(page, &remove, &[]).await;
    assert_eq!(answer.location(), "/staff/releases?done=removed");
    assert!(!admin.get(page).await.text.contains("Rep. Doe"));
    assert_eq!(admin.submit(page, &remove, &[]).await.status, 404);
}

#[tokio::test]
async fn how_a_mail_looks_is_seen_before_anything_is_saved() {
    let (app, _place) = instance().await;
    let mut ada = member(&app, &Browser::on(&app), Role::Admin).await;
    let (page, look) = ("/staff/settings", "/staff/settings/preview.html");
    let typed = [
        ("name", "Office of Rep. <Jane> Doe"),
        ("colour", "#7a1f1f"),
        ("footer", "Said last"),
        // What cannot be saved does not break the look.
        ("from", "nobody"),
    ];
    let shows = |text: &str| {
        text.contains("Office of Rep. &lt;Jane&gt; Doe")
            && text.contains("#7a1f1f")
            && text.contains("Said last")
    };
    // An office that is just beginning has no newsletter yet.
    let first = ada.submit(page, look, &typed).await;
    assert_eq!(first.status, 200, "{}", first.text);
    assert!(shows(&first.text), "{}", first.text);
    assert!(first.text.contains("with its pictures and links"));
    super::newsletters::office(&app).await;
    super::newsletters::draft(&app).await;
    let query: String = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(&typed)
        .finish();
    let second = ada.get(&format!("{look}?{query}")).await;
    assert!(shows(&second.text), "{}", second.text);
    assert!(!second.text.contains("with its pictures and links"));
    assert!(
        second
            .header("content-security-policy")
            .contains("frame-ancestors 'self'")
    );
    let stored = Office::load(&app.db).await.unwrap();
    assert_ne!(stored.colour, "#7a1f1f");
    assert_eq!(stored.footer, None);
    // Enter in a field saves: the button that saves stands before the one that shows.
    let text = ada.get(page).await.text;
    let at = |words: &str| text.find(words).unwrap_or_else(|| panic!("no {words}"));
    assert!(at("Save settings") < at("formaction=\"/staff/settings/preview.html\""));
}

#[tokio::test]
async fn of_a_new_source_it_is_asked_whose_readers_get_its_releases() {
    let (port, serving) = site_with_feed().await;
    let (app, _place) = instance().await;
    let mut admin = member(&app, &Browser::on(&app), Role::Admin).await;
    let (page, path) = ("/staff/releases", "/staff/sources");
    assert!(
        !admin.get(page).await.text.contains("id=\"topic\""),
        "there is only one"
    );
    crate::subscribers::topics::add(&app, "veterans", "Veterans", "", "ana")
        .await
        .unwrap();
    assert!(admin.get(page).await.text.contains("Choose a topic"));
    let url = format!("http://127.0.0.1:{port}/feed/");
    let mut typed = vec![("url", url.as_str()), ("policy", "auto")];
    for topic in ["", "roads"] {
        typed.push(("topic", topic));
        let told = admin.submit(page, path, &typed).await;
        assert_eq!(told.status, 422, "{}", told.text);
        assert!(
            told.text.contains("Choose the topic whose readers"),
            "{}",
            told.text
        );
        assert!(told.text.contains(&url), "what was typed stays");
        typed.pop();
    }
    assert_eq!(number(&app, "SELECT count(*) FROM source").await, 0);
    typed.push(("topic", "veterans"));
    // The look keeps what was chosen.
    let mut look = typed.clone();
    look.push(("act", "look"));
    let looked = admin.submit(page, path, &look).await;
    assert!(
        looked.text.contains("value=\"veterans\" selected"),
        "{}",
        looked.text
    );
    let added = admin.submit(page, path, &typed).await;
    let said = admin.get(added.location()).await.text;
    assert!(said.contains("go to the readers of “Veterans”"), "{said}");
    let of_veterans =
        "SELECT count(*) FROM source s JOIN topic t ON t.id = s.topic_id WHERE t.slug = 'veterans'";
    assert_eq!(number(&app, of_veterans).await, 1);
    serving.abort();
}

#[tokio::test]
async fn an_office_outside_the_united_states_chooses_its_own_clocks() {
    let (app, _place) = instance().await;
    let mut admin = member(&app, &Browser::on(&app), Role::Admin).await;
    let (page, path) = ("/staff/settings", "/staff/settings");
    for zone in ["Europe/Berlin", "America/Argentina/Buenos_Aires"] {
        let offered = admin.get(page).await.text;
        assert!(offered.contains(&format!("<option value=\"{zone}\"")));
        let saved = admin.submit(page, path, &[("time-zone", zone)]).await;
        assert_eq!(saved.location(), "/staff/settings?done=settings");
        let office = Office::load(&app.db).await.unwrap();
        assert_eq!(office.time_zone.iana_name(), Some(zone));
        let shown = admin.get(page).await.text;
        assert!(shown.contains(&format!("<option value=\"{zone}\" selected>")));
    }
    // One that only the command line knows stays what it is when something else is saved.
    Office::set_all(&app.db, "operator", &[("time-zone", "UTC")], 0)
        .await
        .unwrap();
    let shown = admin.get(page).await.text;
    assert!(shown.contains("<option value=\"UTC\" selected>UTC</option>"));
}
