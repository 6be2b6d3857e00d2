//! Every button that lets a text go names the text that was seen: where it has changed since, nothing is
//! done, and where it has not, the audit log says by its hash which text it was.

use super::{
    newsletters::{draft, office},
    *,
};
use crate::{
    audit::OPERATOR,
    newsletters::{self, NewsletterState},
    releases::by_hand,
};

async fn logged(app: &App, action: &str, revision: i32) -> i64 {
    let sql = format!(
        "SELECT count(*) FROM audit WHERE action = '{action}' AND details LIKE '%revision {revision}, sha256 %'"
    );
    number(app, &sql).await
}

#[tokio::test]
async fn approving_scheduling_and_sending_each_refuse_an_unseen_text_and_log_the_seen_one() {
    let (app, _place) = instance().await;
    office(&app).await;
    let id = draft(&app).await;
    let here = format!("/staff/newsletters/{id}");
    let mut approver = member(&app, &Browser::on(&app), Role::Approver).await;
    let state = async || newsletters::find(&app, id).await.unwrap().state;
    let (at, later) = ("2026-03-02T09:00", "2026-03-03T09:00");
    newsletters::rename(&app, id, "The bridge is closed", 0, OPERATOR)
        .await
        .unwrap();

    // A draft: approved for now or for later.
    for (button, fields) in [
        ("approve", vec![("revision", "0")]),
        ("schedule", vec![("revision", "0"), ("at", at)]),
    ] {
        let page = approver
            .submit(&here, &format!("{here}/{button}"), &fields)
            .await;
        assert_eq!(page.status, 409, "{button}: {}", page.text);
        assert!(page.text.contains("so nothing was done"), "{button}");
        assert!(page.text.contains("The bridge is closed"), "{button}");
        assert_eq!(state().await, NewsletterState::Draft, "{button}");
    }
    assert_eq!(
        number(
            &app,
            "SELECT count(*) FROM audit WHERE action LIKE 'newsletter.approve%'"
        )
        .await,
        0
    );
    let done = approver
        .submit(&here, &format!("{here}/schedule"), &[("at", at)])
        .await;
    assert_eq!(done.location(), format!("{here}?done=scheduled"));
    assert_eq!(logged(&app, "newsletter.approve", 1).await, 1);

    // An approved one: given another time, or sent at once, from a page of before.
    for (button, fields) in [
        ("reschedule", vec![("revision", "0"), ("at", later)]),
        ("send", vec![("revision", "0")]),
    ] {
        let page = approver
            .submit(&here, &format!("{here}/{button}"), &fields)
            .await;
        assert_eq!(page.status, 409, "{button}: {}", page.text);
        assert_eq!(state().await, NewsletterState::Approved, "{button}");
    }
    let planned = newsletters::find(&app, id).await.unwrap().scheduled_at;
    let unchanged = planned.unwrap().to_string();
    assert!(unchanged.starts_with("2026-03-02"), "{unchanged}");
    approver
        .submit(&here, &format!("{here}/reschedule"), &[("at", later)])
        .await;
    assert_eq!(logged(&app, "newsletter.reschedule", 1).await, 1);
    approver.submit(&here, &format!("{here}/send"), &[]).await;
    assert_eq!(logged(&app, "newsletter.send_now", 1).await, 1);
    // What begins is the text that they saw, and the log says so once more.
    app.clock.advance_ms(60_000);
    newsletters::start_due(&app).await.unwrap();
    assert_eq!(state().await, NewsletterState::Sending);
    assert_eq!(logged(&app, "newsletter.start", 1).await, 1);
}

#[tokio::test]
async fn who_saves_second_is_shown_every_field_and_overwrites_none_that_they_did_not_change() {
    let (app, _place) = instance().await;
    office(&app).await;
    let id = draft(&app).await;
    let edit = format!("/staff/newsletters/{id}/edit");
    let site = Browser::on(&app);
    let mut ana = member(&app, &site, Role::Editor).await;
    let mut ben = member(&app, &site, Role::Approver).await;
    let before = newsletters::find(&app, id).await.unwrap();
    let text = by_hand::to_markdown(&before.document);
    let opened = ben.get(&edit).await;
    let hers = [
        ("subject", before.subject.as_str()),
        ("preview", "From noon on"),
        ("intro", "Dear neighbors,\nit is done."),
        ("text", &text),
        ("action", "keep"),
    ];
    assert_eq!(ana.submit(&edit, &edit, &hers).await.status, 303);

    // Ben saw neither field, and changed the text alone.
    let token = opened.token();
    let (_, began) = opened.text.split_once("name=\"began\" value=\"").unwrap();
    let began = began.split_once('"').unwrap().0.to_owned();
    let his = [
        ("form_token", token.as_str()),
        ("revision", "0"),
        ("began", &began),
        ("subject", &before.subject),
        ("preview", ""),
        ("intro", ""),
        ("text", "The bridge opens on Friday."),
        ("action", "keep"),
    ];
    let told = ben.post(&edit, &his).await;
    assert_eq!(told.status, 409, "{}", told.text);
    let (form, beside) = told.text.split_once("What it says now").unwrap();
    for part in ["From noon on", "it is done.", "The bridge opens on Friday."] {
        assert!(form.contains(part), "{part}: {form}");
    }
    for part in ["From noon on", "it is done.", "First line in the mailbox"] {
        assert!(beside.contains(part), "{part}: {beside}");
    }

    // From a page that does not say what it began with, all that it would change is shown.
    let blind = his.map(|(name, value)| {
        if name == "began" {
            (name, "")
        } else {
            (name, value)
        }
    });
    let told = ben.post(&edit, &blind).await;
    let (form, change) = told
        .text
        .split_once("What yours would change in it")
        .unwrap();
    assert!(
        !form
            .split_once("What it says now")
            .unwrap()
            .0
            .contains("From noon on")
    );
    assert!(change.contains("<del>From noon on</del>"), "{change}");

    // A field that both changed keeps what was typed, and says so.
    let both = his.map(|(name, value)| {
        if name == "preview" {
            (name, "From one on")
        } else {
            (name, value)
        }
    });
    let told = ben.post(&edit, &both).await;
    let (_, change) = told
        .text
        .split_once("What yours would change in it")
        .unwrap();
    assert!(
        change.contains("noon") && change.contains("one"),
        "{change}"
    );
    assert!(told.text.contains("value=\"From one on\""), "{}", told.text);
    let seen = newsletters::find(&app, id).await.unwrap();
    assert_eq!(
        seen.preview.as_deref(),
        Some("From noon on"),
        "nothing was saved"
    );
}
