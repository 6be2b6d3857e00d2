//! What happens to hurried hands and to two people at once: a button that is pressed twice answers as it did
//! the first time, a form makes one thing, and a page that was opened before puts nothing back.

use super::{
    newsletters::{draft, office},
    *,
};
use crate::{
    newsletters::{self, NewsletterState},
    office::Office,
};

/// Presses a button with the page as it stands now, and once more with the same page.
async fn twice(
    browser: &mut Browser,
    page: &str,
    path: &str,
    fields: &[(&str, &str)],
) -> [String; 2] {
    let shown = browser.get(page).await;
    let (token, revision) = (shown.token(), shown.revision());
    let revision = revision.as_deref().map(|revision| ("revision", revision));
    let fields = [
        &[("form_token", token.as_str())],
        revision.as_slice(),
        fields,
    ]
    .concat();
    let first = browser.post(path, &fields).await.location().to_owned();
    let again = browser.post(path, &fields).await.location().to_owned();
    [first, again]
}

#[tokio::test]
async fn a_button_that_is_pressed_twice_answers_as_the_first_time() {
    let (app, _place) = instance().await;
    office(&app).await;
    let id = draft(&app).await;
    let here = format!("/staff/newsletters/{id}");
    let mut approver = member(&app, &Browser::on(&app), Role::Approver).await;
    let state = async || newsletters::find(&app, id).await.unwrap().state;
    let approve = format!("{here}/approve");
    for (button, leads_to) in [
        ("approve", NewsletterState::Approved),
        ("undo", NewsletterState::Draft),
        ("cancel", NewsletterState::Cancelled),
    ] {
        let [first, again] = twice(&mut approver, &here, &format!("{here}/{button}"), &[]).await;
        assert!(
            first.starts_with(&format!("{here}?done=")),
            "{button}: {first}"
        );
        assert_eq!(first, again, "{button}");
        assert_eq!(state().await, leads_to, "{button}");
    }
    let cancelled = "SELECT count(*) FROM audit WHERE action = 'newsletter.cancel'";
    assert_eq!(number(&app, cancelled).await, 1);

    // Somebody else's press, or one of a while ago, is not the same press.
    let id = newsletters::draft_for(&app, 1, None).await.unwrap();
    let there = format!("/staff/newsletters/{id}");
    let approve_there = approve.replace(&here, &there);
    approver.submit(&there, &approve_there, &[]).await;
    let mut other = member(&app, &Browser::on(&app), Role::Admin).await;
    assert_eq!(other.submit(&there, &approve_there, &[]).await.status, 409);
    app.clock.advance_ms(60_000);
    assert_eq!(
        approver.submit(&there, &approve_there, &[]).await.status,
        409
    );
}

#[tokio::test]
async fn a_text_that_is_saved_twice_is_saved_and_one_saved_after_going_back_is_told_apart() {
    let (app, _place) = instance().await;
    office(&app).await;
    let id = draft(&app).await;
    let edit = format!("/staff/newsletters/{id}/edit");
    let mut editor = member(&app, &Browser::on(&app), Role::Editor).await;
    let text = |words: &'static str| [("subject", "A bridge"), ("text", words), ("action", "keep")];
    let [first, again] = twice(&mut editor, &edit, &edit, &text("One\n\ntwo.")).await;
    assert!(
        first.ends_with("?done=text") && first == again,
        "{first} {again}"
    );
    assert_eq!(newsletters::find(&app, id).await.unwrap().revision, 1);
    let back = [&[("revision", "0")][..], &text("Three.")].concat();
    let refused = editor.submit(&edit, &edit, &back).await;
    assert_eq!(refused.status, 409);
    assert!(
        refused.text.contains("You saved another text here"),
        "{}",
        refused.text
    );
}

#[tokio::test]
async fn a_form_makes_one_draft_however_often_it_is_sent() {
    let (app, _place) = instance().await;
    office(&app).await;
    let mut editor = member(&app, &Browser::on(&app), Role::Editor).await;
    let page = "/staff/releases/new";
    let once = |page: &browser::Page| {
        let (_, rest) = page.text.split_once("name=\"once\" value=\"").unwrap();
        rest.split_once('"').unwrap().0.to_owned()
    };
    let written = [
        ("subject", "A bridge"),
        ("text", "It opens."),
        ("action", "keep"),
    ];
    let name = once(&editor.get(page).await);
    let fields = [&[("once", name.as_str())][..], &written].concat();
    let [first, again] = twice(&mut editor, page, page, &fields).await;
    assert!(
        first.ends_with("?done=written") && first == again,
        "{first} {again}"
    );
    let drafts = "SELECT count(*) FROM newsletter";
    assert_eq!(number(&app, drafts).await, 1);
    // The same words on a page of their own are another one.
    let other = once(&editor.get(page).await);
    let fields = [&[("once", other.as_str())][..], &written].concat();
    assert_ne!(twice(&mut editor, page, page, &fields).await[0], first);
    assert_eq!(number(&app, drafts).await, 2);
}

#[tokio::test]
async fn settings_that_another_admin_saved_meanwhile_are_not_put_back() {
    let (app, _place) = instance().await;
    office(&app).await;
    let mut admin = member(&app, &Browser::on(&app), Role::Admin).await;
    let page = "/staff/settings";
    let shown = admin.get(page).await;
    let value = |name: &str| {
        let (_, rest) = shown.text.split_once(&format!("name=\"{name}\"")).unwrap();
        let (_, rest) = rest.split_once("value=\"").unwrap();
        rest.split_once('"').unwrap().0.to_owned()
    };
    let (seen, phone) = (value("seen"), value("phone"));
    let changed = [("phone", "202-555-0100"), ("name", "Office of Rep. Roe")];
    Office::set_all(&app.db, "operator", &changed, 0)
        .await
        .unwrap();
    // A page of before that changes something else: what it shows of the rest is old.
    let old = [
        ("seen", seen.as_str()),
        ("phone", &phone),
        ("footer", "Paid for by nobody"),
    ];
    let done = admin.submit(page, page, &old).await;
    assert_eq!(
        done.location(),
        "/staff/settings?done=settings",
        "{}",
        done.text
    );
    let stored = async |key: &str| {
        let all = Office::settings(&app.db).await.unwrap();
        all.into_iter().find(|(known, _)| *known == key).unwrap().1
    };
    assert_eq!(stored("phone").await, "202-555-0100");
    assert_eq!(stored("footer").await, "Paid for by nobody");
    // One that changes the same is told so, once.
    let same = [("seen", seen.as_str()), ("phone", "202-555-0199")];
    let told = admin.submit(page, page, &same).await;
    assert_eq!(told.status, 422);
    assert!(
        told.text
            .contains("Somebody else changed this meanwhile, to “202-555-0100”"),
        "{}",
        told.text
    );
    assert_eq!(stored("phone").await, "202-555-0100");
}
