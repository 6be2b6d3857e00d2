//! Releases in the console: holding, writing, editing, correcting, and a source's settings.

use super::*;
use crate::{
    db,
    newsletters::{self, NewsletterState},
    releases::{self, Policy, tests::Office as Site},
    test_data, values,
};

async fn set_up(app: &App) {
    let settings = [
        ("name", "Office of Rep. Jane Doe"),
        ("from", "news@example.gov"),
        ("postal-address", "1 Main St, Tustin, CA"),
        ("time-zone", "America/Los_Angeles"),
    ];
    crate::office::Office::set_all(&app.db, "operator", &settings, 0)
        .await
        .unwrap();
}

/// A site that has been looked at once; what it publishes is dated long ago, so it is held.
async fn watched(app: &App) -> Site {
    set_up(app).await;
    let site = Site::open().await;
    site.publish("old", "An old release", "Mon, 05 Jan 2026 15:00:00 +0000");
    releases::add_source(app, &site.url, Policy::Approve, 0)
        .await
        .unwrap();
    releases::tests::poll(app).await;
    site
}

async fn state(app: &App, id: i64) -> NewsletterState {
    newsletters::find(app, id).await.unwrap().state
}

#[tokio::test]
async fn f8_what_is_held_is_let_go_or_dropped_with_one_button_and_goes_on_record() {
    let (app, _place) = instance().await;
    let site = watched(&app).await;
    for slug in ["one", "two"] {
        site.publish(slug, slug, "Mon, 16 Feb 2026 15:00:00 +0000");
    }
    releases::tests::poll(&app).await;
    newsletters::draft_ready(&app).await.unwrap();
    let here = "/staff/releases";
    let browser = Browser::on(&app);
    let mut editor = member(&app, &browser, Role::Editor).await;
    let page = editor.get(here).await;
    assert!(page.text.contains("more than 48 hours"), "{}", page.text);
    assert!(!page.text.contains("Approve release"), "approvers decide");
    let mut approver = member(&app, &browser, Role::Approver).await;
    let page = approver.get(here).await;
    assert!(page.text.contains("Approve release") && page.text.contains("Don’t send"));
    let held = "SELECT id FROM release WHERE state = 'held' ORDER BY id";
    let ids: Vec<i64> = db::scalars(app.db.pool(), held, []).await.unwrap();
    for (id, what, done) in [(ids[0], "release", "released"), (ids[1], "drop", "dropped")] {
        let path = format!("/staff/releases/{id}/{what}");
        let answer = approver.submit(here, &path, &[]).await;
        assert_eq!(answer.location(), format!("{here}?done={done}"));
        let lines = format!(
            "SELECT count(*) FROM audit WHERE who = 'approver@example.gov' AND action = 'release.{what}' AND object = 'release/{id}'"
        );
        assert_eq!(number(&app, &lines).await, 1);
        // An old page's button changes nothing.
        assert_eq!(approver.submit(here, &path, &[]).await.status, 409);
    }
    assert_eq!(state(&app, 1).await, NewsletterState::Draft);
    assert_eq!(newsletters::find(&app, 1).await.unwrap().attention, None);
    assert_eq!(state(&app, 2).await, NewsletterState::Cancelled);
}

#[tokio::test]
async fn f9_a_new_releases_draft_says_until_when_the_office_may_change_it() {
    let (app, _place) = instance().await;
    let site = watched(&app).await;
    test_data::subscribers(&app, 1).await;
    let mut approver = member(&app, &Browser::on(&app), Role::Approver).await;
    for (policy, then) in [
        ("approve", "What you approve before sends then."),
        (
            "auto",
            "Then it sends by itself, unless somebody edits or cancels it first.",
        ),
    ] {
        releases::set_source(&app, 1, &[("settle", "600"), ("policy", policy)])
            .await
            .unwrap();
        site.publish(policy, policy, "Tue, 24 Feb 2026 16:59:00 +0000");
        releases::tests::poll(&app).await;
        let made = newsletters::draft_ready(&app).await.unwrap();
        let list = approver.get("/staff/newsletters").await.text;
        assert!(
            list.contains("Your website may still change this release until 9:10 a.m."),
            "{list}"
        );
        let here = format!("/staff/newsletters/{}", made[0]);
        let page = approver.get(&here).await.text;
        let says = format!("Your website may still change this release until 9:10 a.m. {then}");
        assert!(page.contains(&says), "{page}");
        assert!(!page.contains("Send this to the press list, too"));
        let approve = format!("{here}/approve");
        let done = approver.submit(&here, &approve, &[]).await;
        assert_eq!(done.location(), format!("{here}?done=approved-settling"));
        let page = approver.get(done.location()).await.text;
        assert!(page.contains("It sends then."), "{page}");
        assert_eq!(state(&app, made[0]).await, NewsletterState::Approved);
        // Of one that has its own time only that one is said.
        let later = crate::clock::instant(app.clock.now_ms() + crate::clock::DAY);
        let seen = newsletters::find(&app, made[0]).await.unwrap().revision;
        newsletters::reschedule(&app, made[0], "ana", later, seen)
            .await
            .unwrap();
        let page = approver.get(&here).await.text;
        assert!(
            page.contains("still change this release until 9:10 a.m."),
            "{page}"
        );
        assert!(!page.contains("It sends then."), "{page}");
    }
}

#[tokio::test]
async fn a_release_is_written_with_a_preview_that_needs_no_script() {
    let (app, _place) = instance().await;
    set_up(&app).await;
    let mut editor = member(&app, &Browser::on(&app), Role::Editor).await;
    let new = "/staff/releases/new";
    let page = editor.get(new).await;
    assert!(page.text.contains("<textarea") && page.text.contains("name=\"intro\""));
    let policy = page.header("content-security-policy");
    assert!(
        policy.contains("script-src 'self'") && policy.contains("img-src 'self' https:"),
        "{policy}"
    );

    let fields = [
        ("subject", "A <new> bridge"),
        (
            "text",
            "The bridge **opens**.\r\n\r\n- one\r\n- two <script>alert(1)</script>",
        ),
        ("action", "preview"),
    ];
    let page = editor.submit(new, new, &fields).await;
    assert_eq!(page.status, 200);
    let mail = editor.get(&page.mail()).await;
    assert!(mail.text.contains("<strong>opens</strong>") && mail.text.contains(">one</li>"));
    for shown in [&page.text, &mail.text] {
        assert!(!shown.contains("<script>alert"), "{shown}");
    }
    assert!(
        page.text.contains("value=\"A &lt;new&gt; bridge\""),
        "what was typed is kept"
    );
    assert_eq!(number(&app, "SELECT count(*) FROM release").await, 0);

    let empty = [("subject", "A bridge"), ("text", " "), ("action", "keep")];
    let page = editor.submit(new, new, &empty).await;
    assert_eq!(page.status, 422);
    assert!(
        page.text
            .contains("Write a text; a newsletter cannot be empty.")
    );

    let fields = [fields[0], fields[1], ("action", "keep")];
    let done = editor.submit(new, new, &fields).await;
    assert_eq!(done.location(), "/staff/newsletters/1?done=written");
    let newsletter = newsletters::find(&app, 1).await.unwrap();
    assert_eq!(newsletter.subject, "A <new> bridge");
    assert_eq!(newsletter.state, NewsletterState::Draft);
    let page = editor.get(done.location()).await;
    assert!(page.text.contains("Nobody gets it before it is approved."));
}

#[tokio::test]
async fn the_paste_answers_the_script_with_markdown() {
    let (app, _place) = instance().await;
    let mut editor = member(&app, &Browser::on(&app), Role::Editor).await;
    let new = "/staff/releases/new";
    let pasted = [(
        "html",
        "<p class=MsoNormal>Some <b>bold</b> text.<o:p></o:p></p>",
    )];
    let page = editor.submit(new, "/staff/releases/paste", &pasted).await;
    assert_eq!(page.text, r#"{"left":[],"text":"Some **bold** text."}"#);
    // Without the form's token nothing is answered, however the request was made.
    let forged = editor.post("/staff/releases/paste", &[("html", "x")]).await;
    assert_eq!(forged.status, 403);
}

#[tokio::test]
async fn the_editor_gets_a_text_in_blocks_that_are_the_text() {
    let (app, _place) = instance().await;
    let mut editor = member(&app, &Browser::on(&app), Role::Editor).await;
    let new = "/staff/releases/new";
    let typed = [("text", "The bridge **opens**.\r\n\r\n\r\n* a\r\n")];
    let page = editor.submit(new, "/staff/releases/blocks", &typed).await;
    let expected = serde_json::json!({ "before": "", "blocks": [
        { "source": "The bridge **opens**.", "gap": "\n\n\n", "html": "<p>The bridge <strong>opens</strong>.</p>" },
        { "source": "* a", "gap": "\n", "html": "<ul><li><p>a</p></li></ul>", "written": "- a" },
    ] });
    let answer: serde_json::Value = serde_json::from_str(&page.text).unwrap();
    assert_eq!(answer, expected);
    let forged = editor
        .post("/staff/releases/blocks", &[("text", "x")])
        .await;
    assert_eq!(forged.status, 403);
}

#[tokio::test]
async fn a_drafts_text_is_edited_and_two_editors_do_not_overwrite_each_other() {
    let (app, _place) = instance().await;
    crate::test_data::somebody(&app).await;
    set_up(&app).await;
    let document = releases::by_hand::from_markdown("The bridge **opens**.\n\n###\n");
    let release = releases::by_hand::add_written(&app, "A bridge", &document)
        .await
        .unwrap();
    let id = newsletters::draft(&app, release).await.unwrap();
    let edit = format!("/staff/newsletters/{id}/edit");
    let browser = Browser::on(&app);
    let mut editor = member(&app, &browser, Role::Editor).await;
    let page = editor.get(&edit).await;
    assert!(page.text.contains("The bridge **opens**.") && page.text.contains("\\###"));
    // Only the subject: the text stays to the letter.
    let subject = [
        ("subject", "A new bridge"),
        ("text", "The bridge **opens**.\r\n\r\n\\###"),
        ("revision", "0"),
        ("action", "keep"),
    ];
    let done = editor.submit(&edit, &edit, &subject).await;
    assert_eq!(
        done.location(),
        format!("/staff/newsletters/{id}?done=text")
    );
    let newsletter = newsletters::find(&app, id).await.unwrap();
    assert_eq!(
        (newsletter.subject.as_str(), &newsletter.document),
        ("A new bridge", &document)
    );

    // The line that mailboxes show is written in the same form, and stands in the list of checks.
    let own = [
        ("subject", "A new bridge"),
        ("preview", "  What opens,\tand when "),
        ("text", "The bridge **opens**.\r\n\r\n\\###"),
        ("revision", "1"),
        ("action", "keep"),
    ];
    editor.submit(&edit, &edit, &own).await;
    let newsletter = newsletters::find(&app, id).await.unwrap();
    assert_eq!(newsletter.preview.as_deref(), Some("What opens, and when"));
    let page = editor.get(&format!("/staff/newsletters/{id}")).await;
    assert_eq!(
        page.text.matches("What opens, and when").count(),
        2,
        "{}",
        page.text
    );
    let page = editor.get(&edit).await;
    assert!(page.text.contains("value=\"What opens, and when\""));
    assert!(!page.text.contains("What changed"), "it corrects nothing");

    let mut late = subject;
    late[1] = ("text", "Mine.");
    let mut other = member(&app, &browser, Role::Approver).await;
    let page = other.submit(&edit, &edit, &late).await;
    assert_eq!(page.status, 409);
    assert!(page.text.contains("Somebody else changed the text") && page.text.contains("Mine."));
    // Both texts, who saved the other one, and a form that names the one that was seen now.
    assert!(page.text.contains("What it says now") && page.text.contains("editor@example.gov"));
    assert!(page.text.contains("A new bridge") && page.text.contains("<strong>opens</strong>"));
    assert_eq!(page.revision().as_deref(), Some("2"));
    late[2] = ("revision", "2");
    late[3] = ("action", "preview");
    let page = other.submit(&edit, &edit, &late).await;
    assert!(other.get(&page.mail()).await.text.contains(">Mine.</p>"));
    late[3] = ("action", "keep");
    other.submit(&edit, &edit, &late).await;
    let words = releases::reading::words(&newsletters::find(&app, id).await.unwrap().document);
    assert_eq!(words, "Mine");
    newsletters::approve(&app, id, "ana", None, 3)
        .await
        .unwrap();
    let gone = editor.get(&edit).await;
    assert_eq!(gone.location(), format!("/staff/newsletters/{id}"));
}

#[tokio::test]
async fn f9_a_change_after_sending_is_shown_in_words_and_corrected_by_a_button() {
    let (app, _place) = instance().await;
    crate::test_data::somebody(&app).await;
    let site = watched(&app).await;
    site.publish("vote", "The vote", "Tue, 24 Feb 2026 16:59:00 +0000");
    site.change(|site| {
        "<p>The vote is on Monday at noon in the hall.</p>".clone_into(&mut site.posts[0].text);
    });
    releases::tests::poll(&app).await;
    newsletters::draft_ready(&app).await.unwrap();
    newsletters::approve(&app, 1, "ana", None, 0).await.unwrap();
    site.change(|site| {
        "<p>The vote is on Tuesday at noon in the hall.</p>".clone_into(&mut site.posts[0].text);
    });
    app.clock.advance_ms(15 * crate::clock::MINUTE);
    assert_eq!(releases::revisit_due(&app).await.unwrap(), 1);
    newsletters::follow_changes(&app).await.unwrap();

    let browser = Browser::on(&app);
    let here = "/staff/newsletters/1";
    let changes = "/staff/newsletters/1/changes";
    let mut viewer = member(&app, &browser, Role::Viewer).await;
    assert!(viewer.get(here).await.text.contains("See the changes"));
    let page = viewer.get(changes).await;
    assert!(
        page.text
            .contains("<del><span class=\"hidden\"> (removed: </span>Monday <span")
            && page
                .text
                .contains("<ins><span class=\"hidden\"> (added: </span>Tuesday <span"),
        "{}",
        page.text
    );
    assert!(!page.text.contains("Write a correction"));
    let mut editor = member(&app, &browser, Role::Editor).await;
    let sql = "SELECT release_id FROM newsletter WHERE id = $1";
    let release: i64 = db::scalar(app.db.pool(), sql, values![1])
        .await
        .unwrap()
        .unwrap();
    let fields = [("release", release.to_string())];
    let fields: Vec<(&str, &str)> = fields
        .iter()
        .map(|(name, id)| (*name, id.as_str()))
        .collect();
    for _ in 0..2 {
        let done = editor
            .submit(changes, "/staff/newsletters/1/correct", &fields)
            .await;
        assert_eq!(done.location(), "/staff/newsletters/2?done=correction");
    }
    let page = editor.get("/staff/newsletters/2").await;
    assert!(
        page.text.contains("Correction: The vote")
            && page.text.contains("only to those who got the first")
    );
    assert!(
        editor
            .get(changes)
            .await
            .text
            .contains("The correction that was written")
    );
    assert_eq!(state(&app, 2).await, NewsletterState::Draft);
}

#[tokio::test]
async fn a_sources_settings_are_set_in_the_console_and_what_is_wrong_is_said() {
    let (app, _place) = instance().await;
    watched(&app).await;
    let mut admin = member(&app, &Browser::on(&app), Role::Admin).await;
    let here = "/staff/sources/1/settings";
    let page = admin.get(here).await;
    assert!(page.text.contains("Every Friday"), "{}", page.text);
    let fields = [
        ("policy", "digest"),
        ("digest", "friday"),
        ("digest-at", "16:30"),
        ("digest-approval", "no"),
        ("categories", "Veterans=press"),
        ("include", "category:Veterans"),
        ("settle", "900"),
    ];
    let done = admin.submit(here, here, &fields).await;
    assert_eq!(done.location(), "/staff/releases?done=settings");
    let settings = releases::source_settings(&app, 1).await.unwrap();
    for (key, value) in fields {
        assert!(
            settings.contains(&(key, value.to_owned())),
            "{key}: {settings:?}"
        );
    }
    assert_eq!(
        number(
            &app,
            "SELECT count(*) FROM audit WHERE action = 'source.set'"
        )
        .await,
        7
    );
    for (key, value, says) in [
        ("digest-at", "noon", "17:00"),
        ("settle", "-1", "0 to 86400"),
        ("categories", "Veterans", "CATEGORY=TOPIC"),
        ("categories", "Uncategorized=press", "no category"),
        ("categories", "Veterans=nothing", "there is no topic"),
        ("include", ",", "category:NAME"),
    ] {
        let page = admin.submit(here, here, &[(key, value)]).await;
        assert_eq!(page.status, 422, "{key}={value}");
        assert!(
            page.text.to_lowercase().contains(&says.to_lowercase()),
            "{key}={value}: {}",
            page.text
        );
        assert_eq!(releases::source_settings(&app, 1).await.unwrap(), settings);
    }
    assert_eq!(admin.get("/staff/sources/9/settings").await.status, 404);
}

#[tokio::test]
async fn what_happened_to_a_release_and_could_not_be_read_is_seen_until_somebody_has_compared_it() {
    let (app, _place) = instance().await;
    let site = watched(&app).await;
    site.publish("one", "A bridge opens", "Mon, 16 Feb 2026 15:00:00 +0000");
    releases::tests::poll(&app).await;
    newsletters::draft_ready(&app).await.unwrap();
    let newest = number(&app, "SELECT max(id) FROM release").await;
    test_data::release_event(app.db.pool(), newest, "unheard-of", None).await;
    newsletters::follow_changes(&app).await.unwrap();
    let event = newsletters::events_set_aside(&app).await.unwrap()[0].event_id;
    let (here, path) = (
        "/staff/releases",
        format!("/staff/releases/events/{event}/dismiss"),
    );
    let browser = Browser::on(&app);
    let mut editor = member(&app, &browser, Role::Editor).await;
    let page = editor.get(here).await.text;
    assert!(
        page.contains("A bridge opens") && page.contains("unheard-of"),
        "{page}"
    );
    assert!(!page.contains(&path), "approvers decide");
    assert_eq!(editor.submit(here, &path, &[]).await.status, 403);
    let mut approver = member(&app, &browser, Role::Approver).await;
    assert!(approver.get(here).await.text.contains(&path));
    let answer = approver.submit(here, &path, &[]).await;
    assert_eq!(answer.status, 303);
    assert!(!approver.get(here).await.text.contains("unheard-of"));
    let again = approver.submit(here, &path, &[]).await;
    assert_eq!(again.status, 422, "{}", again.text);
}

#[tokio::test]
async fn an_approver_joins_a_release_with_its_translation_and_takes_it_back() {
    let (app, _place) = instance().await;
    let spanish = crate::test_data::paragraph("El puente está abierto.");
    let spanish = spanish.replace(r#""language":"en""#, r#""language":"es""#);
    for (id, document) in [
        (701, crate::test_data::paragraph("The bridge is open.")),
        (702, spanish),
    ] {
        let release = crate::test_data::release(id).document(&document);
        release.insert(&app).await;
    }
    let browser = Browser::on(&app);
    let mut ann = member(&app, &browser, Role::Approver).await;
    let list = ann.get("/staff/releases").await;
    assert!(
        list.text.contains("/staff/releases/701/languages"),
        "{}",
        list.text
    );
    let page = "/staff/releases/701/languages";
    let before = ann.get(page).await;
    assert!(before.text.contains("is in English"), "{}", before.text);
    ann.submit(page, page, &[("other", "702")]).await;
    let after = ann.get(page).await;
    assert!(
        after.text.contains("Each reader gets the version"),
        "{}",
        after.text
    );
    let together = crate::newsletters::versions_of(&app, 702).await.unwrap();
    assert_eq!(together.len(), 2);
    // What is no translation is refused in words.
    let wrong = ann.submit(page, page, &[("other", "999")]).await;
    assert!(wrong.text.contains("no release 999"), "{}", wrong.text);
    let separate = format!("{page}/separate");
    let done = ann.submit(page, &separate, &[]).await;
    assert_eq!(done.location(), format!("{page}?done=separated"));
    let together = crate::newsletters::versions_of(&app, 702).await.unwrap();
    assert_eq!(together.len(), 1);
    let again = ann.submit(page, &separate, &[]).await;
    assert_eq!(again.location(), page, "nothing more was separated");
    let mut eve = member(&app, &browser, Role::Editor).await;
    assert!(!eve.get(page).await.text.contains("is in English"));
}
