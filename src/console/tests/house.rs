//! House rules in the console: elections, the banner, the tick box, the press list, the report.

use super::{
    newsletters::{draft, office},
    *,
};
use crate::{
    clock::DAY,
    newsletters::{NewsletterState, find},
};

const ELECTION: [(&str, &str); 4] = [
    ("day", "2026-04-07"),
    ("kind", "special"),
    ("name", "House CA-40"),
    ("candidate", "yes"),
];

/// Every field has a label, there is one main heading, and no level of heading is skipped.
pub(super) fn is_built_for_everyone(page: &str) {
    for tag in ["<input", "<select", "<textarea"] {
        for field in page.split(tag).skip(1) {
            let attributes = field.split('>').next().unwrap();
            if attributes.contains("type=\"hidden\"") {
                continue;
            }
            let id = attributes
                .split(" id=\"")
                .nth(1)
                .unwrap_or_else(|| panic!("no id: {tag}{attributes}"))
                .split('"')
                .next()
                .unwrap();
            assert!(page.contains(&format!("for=\"{id}\"")), "no label for {id}");
            assert_eq!(page.matches(&format!(" id=\"{id}\"")).count(), 1, "{id}");
        }
    }
    let mut level = 0;
    for heading in page.split("<h").skip(1) {
        let Some(found) = heading.chars().next().and_then(|c| c.to_digit(10)) else {
            continue;
        };
        assert!(found <= level + 1, "h{found} below h{level}");
        level = found;
    }
    assert_eq!(page.matches("<h1").count(), 1);
}

#[tokio::test]
async fn an_admin_enters_an_election_and_everyone_sees_its_blackout() {
    let (app, _place) = instance().await;
    office(&app).await;
    let id = draft(&app).await;
    let (page, path) = ("/staff/house", "/staff/house/elections");
    let mut admin = member(&app, &Browser::on(&app), Role::Admin).await;
    assert!(admin.get(page).await.text.contains("There is none now"));
    let wrong = [
        ("day", "April"),
        ("kind", "special"),
        ("name", "x"),
        ("candidate", "yes"),
    ];
    let answer = admin.submit(page, path, &wrong).await;
    assert_eq!(answer.status, 422);
    assert!(answer.text.contains("is no date") && answer.text.contains("value=\"April\""));
    is_built_for_everyone(&answer.text);

    let answer = admin.submit(page, path, &ELECTION).await;
    assert_eq!(answer.location(), "/staff/house?done=election");
    let shown = admin.get(answer.location()).await;
    let words = "6 Feb 2026 to 7 Apr 2026, before the special election “House CA-40”";
    assert!(
        shown.text.contains(words) && shown.text.contains("(now)"),
        "{}",
        shown.text
    );
    is_built_for_everyone(&shown.text);

    let mut viewer = member(&app, &Browser::on(&app), Role::Viewer).await;
    for path in [
        "/staff/newsletters".to_owned(),
        format!("/staff/newsletters/{id}"),
    ] {
        let shown = viewer.get(&path).await;
        assert!(
            shown.text.contains("Blackout: ") && shown.text.contains(words),
            "{path}"
        );
    }
    // Sessions do not last so long.
    app.clock.advance_ms(60 * DAY);
    admin.sign_in("admin@example.gov", PASSWORD).await;
    let list = admin.get("/staff/newsletters").await;
    assert!(list.text.contains("<h1>Newsletters") && !list.text.contains("Blackout: "));

    let election = number(&app, "SELECT id FROM election").await;
    let remove = format!("{path}/{election}/remove");
    let answer = admin.submit(page, &remove, &[]).await;
    assert_eq!(answer.location(), "/staff/house?done=election-removed");
    assert_eq!(admin.submit(page, &remove, &[]).await.status, 404);
    let lines = "SELECT count(*) FROM audit WHERE action IN ('election.add', 'election.remove')";
    assert_eq!(number(&app, lines).await, 2);
}

#[tokio::test]
async fn c4_in_a_blackout_the_approver_ticks_a_box_and_the_log_remembers() {
    let (app, _place) = instance().await;
    office(&app).await;
    let id = draft(&app).await;
    let here = format!("/staff/newsletters/{id}");
    let mut approver = member(&app, &Browser::on(&app), Role::Approver).await;
    assert!(
        !approver
            .get(&here)
            .await
            .text
            .contains("name=\"acknowledge\"")
    );
    let mut admin = member(&app, &Browser::on(&app), Role::Admin).await;
    admin
        .submit("/staff/house", "/staff/house/elections", &ELECTION)
        .await;

    let page = approver.get(&format!("{here}/review")).await;
    assert!(
        page.text
            .contains("id=\"acknowledge-approve\" type=\"checkbox\" name=\"acknowledge\"")
    );
    is_built_for_everyone(&page.text);
    let page = approver.get(&here).await;
    assert!(
        page.text.contains("1 person</strong>: confirmed by mail"),
        "{}",
        page.text
    );
    assert!(page.text.contains("the evidence of each is on record"));
    is_built_for_everyone(&page.text);
    let approve = format!("{here}/approve");
    let refused = approver.submit(&here, &approve, &[]).await;
    assert_eq!(refused.status, 422);
    assert!(
        refused
            .text
            .contains("This would go out in the blackout of 6 Feb 2026")
    );
    // A time behind the blackout needs no box; one inside it does.
    let later = format!("{here}/schedule");
    let at = [("at", "2026-04-01T09:00")];
    let refused = approver.submit(&here, &later, &at).await;
    assert_eq!(refused.status, 422);
    assert!(refused.text.contains("id=\"acknowledge-later\""));
    assert_eq!(find(&app, id).await.unwrap().state, NewsletterState::Draft);

    let ticked = [("acknowledge", "yes")];
    let done = approver.submit(&here, &approve, &ticked).await;
    assert_eq!(done.location(), format!("{here}?done=approved"));
    assert_eq!(
        find(&app, id).await.unwrap().state,
        NewsletterState::Approved
    );
    let line = format!(
        "SELECT count(*) FROM audit WHERE action = 'newsletter.acknowledge_blackout' AND who = 'approver@example.gov' AND object = 'newsletter/{id}'"
    );
    assert_eq!(number(&app, &line).await, 1);
}

#[tokio::test]
async fn an_editor_keeps_the_press_list_and_makes_a_draft_for_it() {
    let (app, _place) = instance().await;
    office(&app).await;
    let id = draft(&app).await;
    let page = "/staff/press-list";
    let mut editor = member(&app, &Browser::on(&app), Role::Editor).await;
    let lines = [
        (
            "lines",
            "ana@paper.example, Ana, The Paper\r\ncy@example.org\r\nnobody",
        ),
        ("origin", "press gallery, May 2026"),
    ];
    let shown = editor.submit(page, page, &lines).await;
    assert!(
        shown.text.contains("2 added") && shown.text.contains("1 wrong"),
        "{}",
        shown.text
    );
    assert!(shown.text.contains("The Paper") && shown.text.contains("press gallery, May 2026"));
    is_built_for_everyone(&shown.text);
    let nameless = [("lines", "x@example.org"), ("origin", " ")];
    let answer = editor.submit(page, page, &nameless).await;
    assert_eq!(answer.status, 422);
    assert!(answer.text.contains("x@example.org"));

    let here = format!("/staff/newsletters/{id}");
    let made = editor
        .submit(&here, &format!("{here}/press"), &[("news_release", "yes")])
        .await;
    assert_eq!(made.status, 303, "{}", made.text);
    let shown = editor.get(made.location()).await;
    for part in [
        "2 people",
        "on the press list.",
        "1 person</strong>: on the press list, without a newspaper or station",
        "They did not ask for it themselves",
    ] {
        assert!(shown.text.contains(part), "{part}: {}", shown.text);
    }
    is_built_for_everyone(&shown.text);
    assert!(!shown.text.contains("Make a draft for the press list"));

    let cy = "SELECT id FROM press_contact WHERE email = 'cy@example.org'";
    let cy = number(&app, cy).await.to_string();
    let removed = editor
        .submit(page, "/staff/press-list/remove", &[("contact", &cy)])
        .await;
    assert_eq!(removed.location(), "/staff/press-list?done=contact-removed");
    assert!(!editor.get(page).await.text.contains("c…@example.org"));
}

#[tokio::test]
async fn addresses_are_veiled_until_an_approver_asks_and_the_log_says_who_did() {
    let (app, _place) = instance().await;
    office(&app).await;
    let lines = "email,name,outlet\nana@paper.example,ana@paper.example,The Paper\n";
    crate::subscribers::press_list::import(&app, lines.as_bytes(), "gallery", "operator")
        .await
        .unwrap();
    let (page, whole) = ("/staff/press-list", "/staff/press-list/addresses");
    let first = Browser::on(&app);
    for role in [Role::Viewer, Role::Editor] {
        let mut below = member(&app, &first, role).await;
        let shown = below.get(page).await;
        assert!(shown.text.contains("a…@paper.example"), "{}", shown.text);
        assert!(!shown.text.contains("ana@paper.example"), "{role}");
        assert!(!shown.text.contains("Show the addresses"), "{role}");
        let asked = below.submit(page, whole, &[]).await;
        assert_eq!(asked.status, 403, "{role}");
        assert!(!asked.text.contains("ana@paper.example"));
    }
    let looks = "SELECT count(*) FROM audit WHERE action = 'press_list.addresses'";
    assert_eq!(number(&app, looks).await, 0);
    let mut approver = member(&app, &first, Role::Approver).await;
    assert!(!approver.get(page).await.text.contains("ana@paper.example"));
    let shown = approver.submit(page, whole, &[]).await;
    assert!(shown.text.contains("ana@paper.example"), "{}", shown.text);
    is_built_for_everyone(&shown.text);
    let look = format!("{looks} AND who = 'approver@example.gov'");
    assert_eq!(number(&app, &look).await, 1);
}

#[tokio::test]
async fn lines_that_are_not_taken_stand_in_the_form_again_each_with_its_reason() {
    let (app, _place) = instance().await;
    office(&app).await;
    let page = "/staff/press-list";
    let mut editor = member(&app, &Browser::on(&app), Role::Editor).await;
    let pasted = "Outlet,Name,Email\r\nThe Paper,Ana,ana@paper.example\r\n\"Smith, Sons\",Cy,nobody\r\nRadio,B\u{202E}en,ben@radio.example";
    let fields = [("lines", pasted), ("origin", "press gallery")];
    let shown = editor.submit(page, page, &fields).await;
    assert!(
        shown.text.contains("1 added") && shown.text.contains("2 wrong"),
        "{}",
        shown.text
    );
    // In the order in which lines are typed: the heading is gone.
    let again = "nobody,Cy,&quot;Smith, Sons&quot;\nben@radio.example,B\u{202E}en,Radio</textarea>";
    assert!(shown.text.contains(again), "{}", shown.text);
    assert!(
        shown.text.contains("value=\"press gallery\""),
        "{}",
        shown.text
    );
    assert!(shown.text.contains("U+202E") && shown.text.contains("2 lines were not taken."));
    is_built_for_everyone(&shown.text);
    // Corrected, they are taken; the first of them has an address now, and the other is still none.
    let corrected = "nobody,Cy,\"Smith, Sons\"\nben@radio.example,Ben,Radio";
    let fields = [("lines", corrected), ("origin", "press gallery")];
    let shown = editor.submit(page, page, &fields).await;
    assert!(
        shown.text.contains("1 added") && shown.text.contains("1 wrong"),
        "{}",
        shown.text
    );
    assert!(
        shown
            .text
            .contains(">nobody,Cy,&quot;Smith, Sons&quot;</textarea>"),
        "{}",
        shown.text
    );
    let taken = "SELECT count(*) FROM press_contact WHERE outlet IN ('The Paper', 'Radio')";
    assert_eq!(number(&app, taken).await, 2);
}
