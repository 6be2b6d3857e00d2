//! Addresses that are opened at the wrong time, and forms that come too late: each leads on, and nothing
//! that was typed is lost.

use super::{
    newsletters::{draft, office},
    *,
};

/// Every address of the console with the methods that it takes, as the source of its routers lists them.
pub(super) fn routes() -> Vec<(String, bool, bool)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/console");
    let mut found = Vec::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|kind| kind != "rs") {
            continue;
        }
        let source = std::fs::read_to_string(&path).unwrap();
        for route in source.split(".route(").skip(1) {
            let Some(rest) = route.trim_start().strip_prefix('"') else {
                panic!("{}: write the address out: {route}", path.display());
            };
            let (address, rest) = rest.split_once('"').unwrap();
            let handlers = rest.split(';').next().unwrap();
            let handlers = handlers.split(".route(").next().unwrap();
            let (get, post) = (handlers.contains("get("), handlers.contains("post("));
            if address.starts_with("/staff")
                && !address.contains("/assets/")
                && !address.contains('*')
            {
                found.push((address.to_owned(), get, post));
            }
        }
    }
    found
}

/// The addresses of those that show something.
pub(super) fn page_addresses() -> impl Iterator<Item = String> {
    let shown = routes().into_iter().filter(|(_, get, _)| *get);
    shown.map(|(address, ..)| address)
}

pub(super) fn filled_in(address: &str) -> String {
    address
        .replace("{id}", "1")
        .replace("{token}", "x")
        .replace("{label}", "x")
}

#[tokio::test]
async fn every_address_that_takes_a_form_leads_to_a_page_when_it_is_opened() {
    let (app, _place) = instance().await;
    office(&app).await;
    draft(&app).await;
    let site = Browser::on(&app);
    let mut admin = member(&app, &site, Role::Admin).await;
    let routes = routes();
    let only_forms: Vec<_> = routes
        .iter()
        .filter(|(_, get, post)| *post && !*get)
        .collect();
    assert!(only_forms.len() > 25, "{}", only_forms.len());
    for (address, ..) in only_forms {
        let path = filled_in(address);
        let answer = admin.get(&path).await;
        assert_eq!(answer.status, 303, "{path}");
        let mut page = answer.location().to_owned();
        let mut answer = admin.get(&page).await;
        if answer.status == 303 {
            page = answer.location().to_owned();
            answer = admin.get(&page).await;
        }
        assert_eq!(answer.status, 200, "{path} leads to {page}");
        // Who is signed out comes there after the sign-in.
        let mut nobody = site.another();
        assert_eq!(nobody.get(&path).await.status, 303, "{path}");
    }
}

#[tokio::test]
async fn every_address_is_shut_to_whoever_is_signed_out_and_takes_no_form_without_its_token() {
    let (app, _place) = instance().await;
    office(&app).await;
    draft(&app).await;
    let site = Browser::on(&app);
    let mut admin = member(&app, &site, Role::Admin).await;
    let routes = routes();
    assert!(routes.len() > 50, "{}", routes.len());
    let rows = "SELECT count(*) FROM audit";
    let before = number(&app, rows).await;
    for (address, get, post) in &routes {
        let path = filled_in(address);
        if super::route_roles::OPEN.contains(&address.as_str()) {
            continue;
        }
        let mut nobody = site.another();
        if *get && path != "/staff" && path != "/staff/" {
            let answer = nobody.get(&path).await;
            assert!(
                answer.location().starts_with("/staff/login?next="),
                "{path}: {}",
                answer.status
            );
        }
        if *post {
            for browser in [&mut nobody, &mut admin] {
                for token in ["", "0123456789abcdef"] {
                    let answer = browser.post(&path, &[("form_token", token)]).await;
                    assert_eq!(answer.status, 403, "{path}");
                }
            }
        }
    }
    assert_eq!(number(&app, rows).await, before, "nothing was done");
}

#[tokio::test]
async fn what_was_typed_when_the_session_ended_comes_back_after_the_sign_in() {
    let (app, _place) = instance().await;
    office(&app).await;
    let id = draft(&app).await;
    let here = format!("/staff/newsletters/{id}");
    let mut editor = member(&app, &Browser::on(&app), Role::Editor).await;
    let page = editor.get(&format!("{here}/edit")).await;
    let (token, revision) = (page.token(), page.revision().unwrap());
    let typed = [
        ("form_token", token.as_str()),
        ("revision", &revision),
        ("subject", "A <new> bridge"),
        ("text", "The bridge is \"open\".\n\nReally."),
        ("action", "keep"),
    ];
    app.db.execute("DELETE FROM session", []).await.unwrap();
    let ended = editor.post(&format!("{here}/edit"), &typed).await;
    assert_eq!(ended.status, 403);
    assert!(ended.text.contains("Sign in"), "{}", ended.text);
    // Nothing of it stands on the page that whoever is there sees.
    assert!(!ended.text.contains("bridge"), "{}", ended.text);
    // Once with a wrong password: it is still there.
    let mut token = ended.token();
    for password in ["not the password", PASSWORD] {
        let fields = [
            ("form_token", token.as_str()),
            ("email", "editor@example.gov"),
            ("password", password),
        ];
        let answer = editor.post("/staff/login", &fields).await;
        if password == PASSWORD {
            assert_eq!(answer.location(), "/staff/kept", "{}", answer.text);
        } else {
            assert_eq!(answer.status, 422);
            token = answer.token();
        }
    }
    let again = editor.get("/staff/kept").await;
    assert!(
        again.text.contains("A &lt;new&gt; bridge"),
        "{}",
        again.text
    );
    assert!(again.text.contains("Really."));
    assert!(again.text.contains(&format!("action=\"{here}/edit\"")));
    let token = again.token();
    let mut sent = typed;
    sent[0].1 = &token;
    let done = editor.post(&format!("{here}/edit"), &sent).await;
    assert_eq!(done.location(), format!("{here}?done=text"));
    let saved = crate::newsletters::find(&app, id).await.unwrap();
    assert_eq!(saved.subject, "A <new> bridge");
}

#[tokio::test]
async fn a_form_of_an_older_session_is_shown_again_and_one_of_another_site_is_not() {
    let (app, _place) = instance().await;
    office(&app).await;
    let id = draft(&app).await;
    let path = format!("/staff/newsletters/{id}/comment");
    let mut editor = member(&app, &Browser::on(&app), Role::Editor).await;
    let old = [
        ("form_token", "0".repeat(72)),
        ("comment", "Look here".to_owned()),
    ];
    let old: Vec<(&str, &str)> = old
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let again = editor.post(&path, &old).await;
    assert_eq!(again.status, 403);
    assert!(again.text.contains("What you typed is still here"));
    assert!(again.text.contains("Look here"));
    editor.says = Some(("sec-fetch-site", "cross-site"));
    let foreign = editor.post(&path, &old).await;
    assert_eq!(foreign.status, 403);
    assert!(!foreign.text.contains("Look here"));
    // A password never travels, and nothing leads out of the console.
    for fields in [
        vec![
            ("form_token", "0"),
            ("comment", "x"),
            ("password", "secret words"),
        ],
        vec![("form_token", "0"), ("comment", " ")],
    ] {
        editor.says = None;
        let answer = editor.post(&path, &fields).await;
        assert!(!answer.text.contains("still here") && !answer.text.contains("secret words"));
    }
    let forged = r#"{"path":"https://evil.example/","fields":[["comment","x"]]}"#;
    assert!(super::super::kept_form::KeptForm::from_json(forged).is_none());
    assert!(
        crate::newsletters::comments(&app, id)
            .await
            .unwrap()
            .is_empty()
    );
}

/// Signs in on the page of `asked`.
async fn sign_in_on(browser: &mut Browser, asked: &browser::Page, whose: &str) -> browser::Page {
    let token = asked.token();
    let fields = [
        ("form_token", token.as_str()),
        ("email", whose),
        ("password", PASSWORD),
    ];
    browser.post("/staff/login", &fields).await
}

#[tokio::test]
async fn what_one_person_typed_is_shown_to_no_other_who_signs_in_on_their_page() {
    let (app, _place) = instance().await;
    office(&app).await;
    let id = draft(&app).await;
    let here = format!("/staff/newsletters/{id}");
    let site = Browser::on(&app);
    let mut browser = member(&app, &site, Role::Editor).await;
    member(&app, &site, Role::Viewer).await;
    let typed = [("comment", "Between us: wait.")];
    let page = browser.get(&here).await;
    let token = page.token();
    let comment = [("form_token", token.as_str()), typed[0]];
    app.db.execute("DELETE FROM session", []).await.unwrap();
    let asked = browser.post(&format!("{here}/comment"), &comment).await;
    assert!(!asked.text.contains("Between us"), "{}", asked.text);
    assert!(asked.text.contains("kept for you alone"), "{}", asked.text);

    let entered = sign_in_on(&mut browser, &asked, "viewer@example.gov").await;
    assert_eq!(entered.location(), "/staff");
    for page in ["/staff", "/staff/kept", "/staff/account"] {
        let shown = browser.get(page).await;
        assert!(!shown.text.contains("Between us"), "{page}");
        assert!(!shown.text.contains("/staff/kept"), "{page}");
    }
    // Nor where the other has signed in by the time it is sent.
    let refused = browser.post(&format!("{here}/comment"), &comment).await;
    assert_eq!(refused.status, 403);
    assert!(!refused.text.contains("Send it again"), "{}", refused.text);
    assert!(
        refused.text.contains("viewer@example.gov"),
        "{}",
        refused.text
    );

    // Its writer has it back, once, in whatever browser she signs in next.
    let mut elsewhere = site.another();
    let asked = elsewhere.get("/staff/login").await;
    let entered = sign_in_on(&mut elsewhere, &asked, "editor@example.gov").await;
    assert_eq!(entered.location(), "/staff/kept");
    let kept = elsewhere.get("/staff/kept").await;
    assert_eq!(kept.text.matches("Between us").count(), 1, "{}", kept.text);
    // Of a form that does not say whose it is, nothing is kept.
    app.db.execute("DELETE FROM session", []).await.unwrap();
    let unknown = [("form_token", "0"), typed[0]];
    let asked = browser.post(&format!("{here}/comment"), &unknown).await;
    assert!(asked.text.contains("nothing was changed"), "{}", asked.text);
    let waiting = "SELECT count(*) FROM staff_kept_form";
    assert_eq!(number(&app, waiting).await, 1);
}

#[tokio::test]
async fn what_two_windows_held_when_the_session_ended_is_both_there_and_each_ends_once_it_is_sent()
{
    let (app, _place) = instance().await;
    office(&app).await;
    let id = draft(&app).await;
    let here = format!("/staff/newsletters/{id}");
    let comment = format!("{here}/comment");
    let mut editor = member(&app, &Browser::on(&app), Role::Editor).await;
    let token = editor.get(&here).await.token();
    app.db.execute("DELETE FROM session", []).await.unwrap();
    let mut asked = Vec::new();
    for words in ["From the first window.", "From the second window."] {
        let typed = [("form_token", token.as_str()), ("comment", words)];
        asked.push(editor.post(&comment, &typed).await);
        app.clock.advance_ms(1_000);
    }
    for (asked, words) in asked.iter().zip(["first window", "second window"]) {
        let entered = sign_in_on(&mut editor, asked, "editor@example.gov").await;
        assert_eq!(entered.location(), "/staff/kept", "{}", entered.text);
        let kept = editor.get("/staff/kept").await.text;
        assert!(kept.contains(words), "{kept}");
    }
    let kept = editor.get("/staff/kept").await;
    assert!(kept.text.contains("first window"), "{}", kept.text);
    assert_eq!(kept.text.matches("Send it again").count(), 2);

    // One is sent again, changed on the way; the other is thrown away.
    let entries: Vec<String> = kept
        .text
        .split("name=\"kept_entry\" value=\"")
        .skip(1)
        .map(|rest| rest.split_once('"').unwrap().0.to_owned())
        .collect();
    let token = kept.token();
    let again = [
        ("form_token", token.as_str()),
        ("kept_entry", &entries[0]),
        ("comment", "From the first window, really."),
    ];
    // Refused, it stays.
    let empty = again.map(|(name, value)| (name, if name == "comment" { " " } else { value }));
    let refused = editor.post(&comment, &empty).await;
    assert!(refused.status.is_client_error(), "{}", refused.status);
    assert!(
        editor
            .get("/staff/kept")
            .await
            .text
            .contains("first window")
    );
    assert_eq!(editor.post(&comment, &again).await.status, 303);
    let kept = editor.get("/staff/kept").await.text;
    assert!(
        !kept.contains("first window") && kept.contains("second window"),
        "{kept}"
    );
    let last = entries.last().unwrap();
    editor
        .submit("/staff/kept", "/staff/kept", &[("kept_entry", last)])
        .await;
    assert_eq!(editor.get("/staff/kept").await.location(), "/staff");
    let said = crate::newsletters::comments(&app, id).await.unwrap();
    assert_eq!(said.len(), 1);

    // Another account may sign in on a page that was shown before; a form without the token of this browser may not.
    let forged = [
        ("form_token", "0"),
        ("email", "editor@example.gov"),
        ("password", PASSWORD),
    ];
    assert_eq!(editor.post("/staff/login", &forged).await.status, 403);
}

#[tokio::test]
async fn a_page_says_that_something_was_done_where_it_was_and_only_for_some_minutes() {
    let (app, _place) = instance().await;
    office(&app).await;
    let id = draft(&app).await;
    let site = Browser::on(&app);
    let mut ana = member(&app, &site, Role::Admin).await;
    // Made up, or kept among one's bookmarks.
    for (page, said) in [
        ("/staff/topics?done=topic-archived", "It is archived."),
        ("/staff/account?done=password", "Your password is changed."),
        ("/staff/press-list?x=1&done=contact-removed", "Removed from"),
        ("/staff/newsletters/1?done=comment", "The comment is saved."),
    ] {
        let answer = ana.get(page).await;
        assert_eq!(answer.status, 200, "{page}");
        assert!(!answer.text.contains(said), "{page}");
    }
    let here = format!("/staff/newsletters/{id}");
    let comment = [("comment", "Read it twice")];
    let done = ana
        .submit(&here, &format!("{here}/comment"), &comment)
        .await;
    let there = done.location().to_owned();
    let said = "The comment is saved.";
    // Loaded again it says so, too.
    for _ in 0..2 {
        assert!(ana.get(&there).await.text.contains(said), "{there}");
    }
    let mut other = member(&app, &site, Role::Editor).await;
    assert!(!other.get(&there).await.text.contains(said));
    assert!(
        !ana.get("/staff/topics?done=comment")
            .await
            .text
            .contains(said)
    );
    app.clock.advance_ms(5 * 60_000);
    assert!(!ana.get(&there).await.text.contains(said), "{there}");
}

#[tokio::test]
async fn who_writes_while_another_approves_is_led_to_what_they_wrote() {
    let (app, _place) = instance().await;
    office(&app).await;
    let id = draft(&app).await;
    let site = Browser::on(&app);
    let mut ana = member(&app, &site, Role::Editor).await;
    let mut other = member(&app, &site, Role::Approver).await;
    let here = format!("/staff/newsletters/{id}");
    let (edit, unsaved) = (format!("{here}/edit"), format!("{here}/unsaved"));
    let typed = [
        ("subject", "A bridge"),
        ("text", "It is half written"),
        ("intro", "A word of ours"),
    ];
    ana.submit(&edit, &unsaved, &typed).await;
    let seen = crate::newsletters::find(&app, id).await.unwrap().revision;
    let later = crate::clock::instant(app.clock.now_ms() + crate::clock::DAY);
    crate::newsletters::approve(&app, id, "ben@example.gov", Some(later), seen)
        .await
        .unwrap();

    let pointer = "You wrote something for this newsletter that is not in it.";
    let page = ana.get(&here).await.text;
    assert!(
        page.contains(pointer) && page.contains(&format!("href=\"{edit}\"")),
        "{page}"
    );
    assert!(!other.get(&here).await.text.contains(pointer));
    assert_eq!(other.get(&edit).await.location(), here);
    let kept = ana.get(&edit).await;
    assert_eq!(kept.status, 200);
    for said in [
        "It is half written",
        "A word of ours",
        "approved without it",
    ] {
        assert!(kept.text.contains(said), "{said}: {}", kept.text);
    }
    assert!(
        !kept.text.contains("Go on with it"),
        "it could not be saved"
    );
    let thrown = ana
        .submit(&edit, &format!("{unsaved}/discard"), &[("once", "")])
        .await;
    assert_eq!(thrown.location(), edit);
    assert_eq!(ana.get(&edit).await.location(), here);
    assert!(!ana.get(&here).await.text.contains(pointer));
}

#[tokio::test]
async fn what_is_being_written_is_kept_for_its_writer_alone_until_it_is_saved() {
    let (app, _place) = instance().await;
    office(&app).await;
    let id = draft(&app).await;
    let site = Browser::on(&app);
    let mut ana = member(&app, &site, Role::Editor).await;
    let edit = format!("/staff/newsletters/{id}/edit");
    let unsaved = format!("/staff/newsletters/{id}/unsaved");
    let typed = [("subject", "A bridge"), ("text", "It is \"half\" written")];
    for round in 0..2 {
        // Again and again while they type; the newest counts.
        let kept = ana.submit(&edit, &unsaved, &typed).await;
        assert!(
            kept.text.starts_with("Saved 9:00 a.m."),
            "{round}: {}",
            kept.text
        );
    }
    let before = crate::newsletters::find(&app, id).await.unwrap();
    assert_ne!(before.subject, "A bridge", "nothing of it is saved");
    // The window was closed; here it is again, and nobody else sees it.
    let page = ana.get(&edit).await;
    assert!(
        page.text.contains("did not save it") && page.text.contains("half"),
        "{}",
        page.text
    );
    let mut other = member(&app, &site, Role::Approver).await;
    assert!(!other.get(&edit).await.text.contains("half"));
    let on = [typed[0], typed[1], ("action", "preview")];
    let page = ana.submit(&edit, &edit, &on).await;
    assert!(
        page.text.contains("It is &quot;half&quot; written"),
        "{}",
        page.text
    );
    let saved = [typed[0], ("text", "It is written."), ("action", "keep")];
    let done = ana.submit(&edit, &edit, &saved).await;
    assert_eq!(
        done.location(),
        format!("/staff/newsletters/{id}?done=text")
    );
    assert!(!ana.get(&edit).await.text.contains("did not save it"));
    // The same for a release that is not made yet; thrown away it is gone.
    let new = "/staff/releases/new";
    ana.submit(new, "/staff/releases/unsaved", &typed).await;
    assert!(ana.get(new).await.text.contains("did not save it"));
    ana.submit(new, "/staff/releases/unsaved/discard", &[])
        .await;
    assert!(!ana.get(new).await.text.contains("did not save it"));
}

#[tokio::test]
async fn who_goes_on_with_a_kept_text_gets_that_one_and_the_way_to_every_other() {
    let (app, _place) = instance().await;
    office(&app).await;
    let id = draft(&app).await;
    let mut ana = member(&app, &Browser::on(&app), Role::Editor).await;
    let edit = format!("/staff/newsletters/{id}/edit");
    for (form, unsaved) in [
        (edit.clone(), format!("/staff/newsletters/{id}/unsaved")),
        (
            "/staff/releases/new".to_owned(),
            "/staff/releases/unsaved".to_owned(),
        ),
    ] {
        let (kept, typed) = ("k".repeat(32), "t".repeat(32));
        let first = [
            ("once", kept.as_str()),
            ("subject", "A bridge"),
            ("text", "One.\n\nTwo."),
        ];
        ana.submit(&form, &unsaved, &first).await;
        let page = ana.get(&form).await.text;
        assert!(
            page.contains("data-another"),
            "the script knows that another text comes: {page}"
        );
        let second = [("once", typed.as_str()), ("subject", ""), ("text", "Word")];
        ana.submit(&form, &unsaved, &second).await;
        let on = [first[0], first[1], first[2], ("action", "go-on")];
        let page = ana.submit(&form, &form, &on).await.text;
        let (others, shown) = page.split_once("div class=\"write\"").unwrap();
        assert!(shown.contains("One.\n\nTwo.</textarea>"), "{shown}");
        assert!(shown.contains(&format!("value=\"{kept}\"")), "{shown}");
        assert!(others.contains("did not save it"), "{others}");
        assert!(
            others.contains("Word") && !others.contains("Two."),
            "{others}"
        );
    }
}

#[tokio::test]
async fn a_subject_that_is_too_long_is_said_to_be_so_and_never_cut_in_silence() {
    let (app, _place) = instance().await;
    office(&app).await;
    let id = draft(&app).await;
    let here = format!("/staff/newsletters/{id}");
    let mut editor = member(&app, &Browser::on(&app), Role::Editor).await;
    let before = crate::newsletters::find(&app, id).await.unwrap().subject;
    let long = "bridge ".repeat(40);
    let told = editor
        .submit(&here, &format!("{here}/subject"), &[("subject", &long)])
        .await;
    assert_eq!(told.status, 422);
    assert!(told.text.contains("up to 200 characters"), "{}", told.text);
    assert!(told.text.contains(long.trim()), "what was typed is there");
    let edit = format!("{here}/edit");
    let fields = [
        ("subject", long.as_str()),
        ("text", "It opens."),
        ("action", "keep"),
    ];
    assert_eq!(editor.submit(&edit, &edit, &fields).await.status, 422);
    let after = crate::newsletters::find(&app, id).await.unwrap().subject;
    assert_eq!(after, before);
}

#[tokio::test]
async fn two_windows_of_one_page_are_two_texts() {
    let (app, _place) = instance().await;
    office(&app).await;
    let id = draft(&app).await;
    let mut ana = member(&app, &Browser::on(&app), Role::Editor).await;
    let once = |page: &str| {
        let (_, rest) = page.split_once("name=\"once\" value=\"").unwrap();
        rest.split_once('"').unwrap().0.to_owned()
    };
    for (page, unsaved) in [
        (
            "/staff/releases/new".to_owned(),
            "/staff/releases/unsaved".to_owned(),
        ),
        (
            format!("/staff/newsletters/{id}/edit"),
            format!("/staff/newsletters/{id}/unsaved"),
        ),
    ] {
        let windows = [
            once(&ana.get(&page).await.text),
            once(&ana.get(&page).await.text),
        ];
        assert_ne!(windows[0], windows[1]);
        for round in 0..2 {
            for (window, words) in windows.iter().zip(["The bridge", "The library"]) {
                let text = format!("{words}, round {round}.");
                let typed = [("subject", words), ("text", &text), ("once", window)];
                assert_eq!(ana.submit(&page, &unsaved, &typed).await.status, 200);
            }
        }
        let both = ana.get(&page).await.text;
        assert!(both.contains("The bridge, round 1.") && both.contains("The library, round 1."));
        assert!(both.contains("You wrote 2 texts here"), "{both}");
        // Who goes on with one of them writes in that one, and throwing it away leaves the other.
        let on = [
            ("subject", "The bridge"),
            ("text", "The bridge, round 1."),
            ("once", windows[0].as_str()),
            ("action", "preview"),
        ];
        let shown = ana.submit(&page, &page, &on).await;
        assert_eq!(once(&shown.text), windows[0], "{}", shown.text);
        let thrown = [("once", windows[0].as_str())];
        ana.submit(&page, &format!("{unsaved}/discard"), &thrown)
            .await;
        let left = ana.get(&page).await.text;
        assert!(!left.contains("The bridge, round") && left.contains("The library, round 1."));
        let saved = [
            ("subject", "The library"),
            ("text", "The library, round 1."),
            ("once", windows[1].as_str()),
            ("action", "keep"),
        ];
        assert_eq!(ana.submit(&page, &page, &saved).await.status, 303);
        assert!(!ana.get(&page).await.text.contains("did not save it"));
    }
    // However many windows there are, so many are kept.
    let fields = crate::newsletters::UnsavedFields::default();
    for number in 0..30 {
        app.clock.advance_ms(1);
        crate::newsletters::keep_unsaved(&app, 1, None, &format!("{number}"), &fields)
            .await
            .unwrap();
    }
    let kept = crate::newsletters::unsaved(&app, 1, None).await.unwrap();
    assert_eq!((kept.len(), kept[0].form.as_str()), (20, "29"));
}

#[tokio::test]
async fn what_is_typed_for_a_draft_that_was_approved_meanwhile_is_not_lost() {
    let (app, _place) = instance().await;
    office(&app).await;
    let id = draft(&app).await;
    let here = format!("/staff/newsletters/{id}");
    let site = Browser::on(&app);
    let mut ana = member(&app, &site, Role::Editor).await;
    let page = ana.get(&here).await;
    let (token, revision) = (page.token(), page.revision().unwrap());
    let mut ben = member(&app, &site, Role::Approver).await;
    let approved = ben
        .submit(&format!("{here}/review"), &format!("{here}/approve"), &[])
        .await;
    assert_eq!(approved.status, 303, "{}", approved.text);
    for (path, field) in [
        ("subject", "subject"),
        ("request-review", "comment"),
        ("edit", "text"),
    ] {
        let typed = "A <bridge> of\r\n\"two\" lines & more";
        let mut fields = vec![
            ("form_token", token.as_str()),
            ("revision", &revision),
            ("action", "keep"),
            (field, typed),
        ];
        if path == "edit" {
            fields.push(("subject", "A subject"));
        }
        let told = ana.post(&format!("{here}/{path}"), &fields).await;
        assert_eq!(told.status, 409, "{path}: {}", told.text);
        let shown = "A &lt;bridge&gt; of\n&quot;two&quot; lines &amp; more";
        assert!(
            told.text.replace('\r', "").contains(shown),
            "{path}: {}",
            told.text
        );
    }
}

/// Fields of forms of the console, each with something that no page says by itself.
const TYPED: [&str; 24] = [
    "subject",
    "text",
    "comment",
    "name",
    "lines",
    "origin",
    "description",
    "url",
    "email",
    "new_email",
    "consent",
    "day",
    "kind",
    "candidate",
    "hours",
    "at",
    "deadline",
    "slug",
    "language",
    "policy",
    "preview",
    "changed",
    "address",
    "q",
];

#[tokio::test]
async fn of_every_form_that_is_refused_what_was_typed_stands_on_the_page() {
    let (app, _place) = instance().await;
    office(&app).await;
    draft(&app).await;
    let mut admin = member(&app, &Browser::on(&app), Role::Admin).await;
    let token = admin.get("/staff/account").await.token();
    let mut refused = 0;
    for (address, _, post) in routes() {
        // What holds secrets is not shown again, and files cannot be.
        let is_secret = [
            "login",
            "logout",
            "password",
            "welcome",
            "again",
            "forgotten",
            "second-step",
            "passkey",
            "oidc",
        ]
        .iter()
        .any(|word| address.contains(word));
        if !post || is_secret {
            continue;
        }
        for revision in ["0", "none"] {
            let path = filled_in(&address);
            let values: Vec<String> = TYPED
                .iter()
                .map(|name| format!("zq <{name}> \"&\""))
                .collect();
            let mut fields = vec![("form_token", token.as_str()), ("revision", revision)];
            fields.extend(
                TYPED
                    .iter()
                    .zip(&values)
                    .map(|(name, value)| (*name, value.as_str())),
            );
            let answer = admin.post(&path, &fields).await;
            if answer.status.is_success() || answer.status.is_redirection() {
                continue;
            }
            refused += 1;
            assert!(
                answer.header("content-type").starts_with("text/html"),
                "{path} {}: {}",
                answer.status,
                answer.text
            );
            for name in TYPED {
                let shown = format!("zq &lt;{name}&gt; &quot;&amp;&quot;");
                assert!(
                    answer.text.contains(&shown),
                    "{path} loses {name}: {}",
                    answer.text
                );
            }
        }
    }
    assert!(refused > 60, "{refused}");
}

#[tokio::test]
async fn a_file_that_comes_after_the_session_ended_is_neither_kept_nor_said_to_be_too_large() {
    let (app, _place) = instance().await;
    office(&app).await;
    let mut nobody = Browser::on(&app);
    for path in ["/staff/pictures", "/staff/import"] {
        for octets in [3_000, 400_000] {
            let file = vec![7; octets];
            let page = nobody.upload("/staff/login", path, "file", &file).await;
            assert_eq!(page.status, 403, "{path}");
            assert!(page.text.contains("Your session ended"), "{}", page.text);
            assert!(page.text.contains("choose it again"), "{}", page.text);
            assert!(!page.text.contains("still stands there"), "{}", page.text);
        }
    }
}

/// What stands beside a file.
fn typed(token: &str) -> [(&str, &str); 2] {
    [("form_token", token), ("alt", "Rep. Doe & the mayor")]
}

#[tokio::test]
async fn what_was_typed_beside_a_file_comes_back_to_its_author_without_the_file() {
    let (app, _place) = instance().await;
    office(&app).await;
    let (page, path) = ("/staff/pictures", "/staff/pictures");
    let mut editor = member(&app, &Browser::on(&app), Role::Editor).await;
    let token = editor.get(page).await.token();
    let large = vec![7; 3_000_000];
    let photograph = super::pictures_in_texts::file(16, 16, image::ImageFormat::Png);
    app.db.execute("DELETE FROM session", []).await.unwrap();
    // Whose form it is nobody knows: nothing is kept.
    let waiting = "SELECT count(*) FROM staff_kept_form";
    let forged = "0".repeat(token.len());
    for token in ["", forged.as_str()] {
        let refused = editor
            .post_file(path, &typed(token), ("picture", &large))
            .await;
        assert_eq!(refused.status, 403);
        assert!(
            refused.text.contains("nothing was kept"),
            "{}",
            refused.text
        );
        assert_eq!(number(&app, waiting).await, 0);
    }
    let asked = editor
        .post_file(path, &typed(&token), ("picture", &large))
        .await;
    assert_eq!(asked.status, 403);
    assert!(asked.text.contains("kept for you alone"), "{}", asked.text);
    assert!(asked.text.contains("choose it again"), "{}", asked.text);
    assert!(!asked.text.contains("mayor"), "{}", asked.text);
    // The script's own form keeps nothing: its page still shows all.
    let line = editor
        .post_file("/staff/pictures/line", &typed(&token), ("picture", &large))
        .await;
    assert_eq!(line.status, 403);
    assert_eq!(number(&app, waiting).await, 1);

    let entered = sign_in_on(&mut editor, &asked, "editor@example.gov").await;
    assert_eq!(entered.location(), "/staff/kept");
    let kept = editor.get("/staff/kept").await;
    for part in [
        "Rep. Doe &amp; the mayor",
        "enctype=\"multipart/form-data\"",
        "The file itself was not kept: choose it again.",
        "name=\"picture\" type=\"file\" required",
    ] {
        assert!(kept.text.contains(part), "{part}: {}", kept.text);
    }
    let (_, entry) = kept
        .text
        .split_once("name=\"kept_entry\" value=\"")
        .unwrap();
    let entry = entry.split_once('"').unwrap().0;
    let token = kept.token();
    let again = [
        ("form_token", token.as_str()),
        ("kept_entry", entry),
        ("alt", "Rep. Doe & the mayor"),
    ];
    // Without a file it is refused, and stays.
    let refused = editor.post_file(path, &again, ("picture", b"")).await;
    assert_eq!(refused.status, 422);
    assert_eq!(number(&app, waiting).await, 1);
    let done = editor
        .post_file(path, &again, ("picture", &photograph))
        .await;
    assert_eq!(done.status, 200, "{}", done.text);
    assert_eq!(number(&app, waiting).await, 0);
    // Of a page of an older session, for whoever is signed in again meanwhile.
    let old = editor.get(page).await.token();
    app.db.execute("DELETE FROM session", []).await.unwrap();
    editor.sign_in("editor@example.gov", PASSWORD).await;
    let again = editor
        .post_file(path, &typed(&old), ("picture", &large))
        .await;
    assert_eq!(again.status, 403);
    assert!(again.text.contains("What you typed is still here"));
    assert!(again.text.contains("Rep. Doe &amp; the mayor"));
}

#[tokio::test]
async fn what_waits_for_somebody_goes_with_an_erasure_and_after_a_month() {
    let (app, _place) = instance().await;
    office(&app).await;
    draft(&app).await;
    let mut admin = member(&app, &Browser::on(&app), Role::Admin).await;
    let token = admin.get("/staff/subscribers").await.token();
    app.db.execute("DELETE FROM session", []).await.unwrap();
    let path = "/staff/subscribers/unsubscribe";
    for email in ["Ana@example.org", "bo@example.org"] {
        let typed = [("form_token", token.as_str()), ("email", email)];
        admin.post(path, &typed).await;
    }
    let waiting = "SELECT count(*) FROM staff_kept_form";
    assert_eq!(number(&app, waiting).await, 2);
    crate::subscribers::erase(&app, "ana@example.org", "admin@example.gov")
        .await
        .unwrap();
    assert_eq!(number(&app, waiting).await, 1);
    app.clock.advance_ms(31 * crate::clock::DAY);
    crate::accounts::purge(&app).await.unwrap();
    assert_eq!(number(&app, waiting).await, 0);
}

/// The fields of a page that are typed into: name and label.
fn typed_fields(page: &str) -> Vec<(String, String)> {
    let between = |text: &str, from: &str, to: &str| {
        let (_, rest) = text.split_once(from)?;
        Some(rest.split_once(to)?.0.to_owned())
    };
    let mut found = Vec::new();
    for tag in page.split('<').filter(|tag| {
        let is_line = [
            "text",
            "email",
            "number",
            "url",
            "tel",
            "datetime-local",
            "date",
        ]
        .iter()
        .any(|kind| tag.contains(&format!("type=\"{kind}\"")));
        tag.starts_with("textarea") || tag.starts_with("input") && is_line
    }) {
        let (Some(name), Some(id)) = (between(tag, " name=\"", "\""), between(tag, " id=\"", "\""))
        else {
            continue;
        };
        if let Some(label) = between(page, &format!("<label for=\"{id}\">"), "</label>") {
            found.push((name, label));
        }
    }
    found
}

#[tokio::test]
async fn what_comes_back_has_the_labels_of_its_fields() {
    use gazette_templates::pages::staff::field_label;
    let (app, _place) = instance().await;
    office(&app).await;
    draft(&app).await;
    let mut admin = member(&app, &Browser::on(&app), Role::Admin).await;
    let mut labels: std::collections::BTreeMap<String, Vec<String>> =
        std::collections::BTreeMap::new();
    for address in page_addresses() {
        let page = admin.get(&filled_in(&address)).await;
        for (name, label) in typed_fields(&page.text) {
            labels.entry(name).or_default().push(label);
        }
    }
    assert!(labels.len() > 25, "{labels:?}");
    // Only what is looked for, which is never kept.
    for name in ["who", "from", "to", "q"] {
        labels.remove(name);
    }
    for (name, labels) in labels {
        let shown = field_label(&name);
        // One word does for those that pages call more closely, or that several call otherwise.
        let closely = labels
            .iter()
            .any(|label| label.to_lowercase().contains(&shown.to_lowercase()));
        let fits = closely || labels.len() > 1 && !shown.contains('_');
        assert!(fits, "{name}: {shown}, not {labels:?}");
    }
}
