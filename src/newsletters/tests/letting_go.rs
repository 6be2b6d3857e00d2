//! What becomes of a held release that a person lets go where releases go out by themselves: it has
//! its settle time and its checks all the same (C5, F9, F10).

use super::{
    holding::{release_of, release_state},
    *,
};
use crate::{
    clock::HOUR,
    newsletters::{checks, release_held},
    releases::tests::{Office as Press, TODAY, watching},
};

const LATE: &str = "Tue, 13 Feb 2024 15:00:00 +0000";

/// A release that is held because of its date, with this text.
async fn held(settle_seconds: i64, text: &str) -> (App, Press, tempfile::TempDir) {
    let (app, office, folder) = watching(settle_seconds).await;
    set_up(&app, &[]).await;
    office.publish("late", "Late", LATE);
    office.change(|site| rewrite(site, &text.replace("SITE", &office.url)));
    beat(&app).await;
    let late = release_of(&app, "Late").await;
    assert_eq!(release_state(&app, late).await, "held");
    (app, office, folder)
}

async fn let_go(app: &App) {
    let late = release_of(app, "Late").await;
    release_held(app, late, "ana").await.unwrap();
}

#[tokio::test]
async fn what_is_let_go_because_of_its_date_still_waits_where_a_check_stops_it_c5() {
    for (text, why) in [
        (
            "<p>Washington, DC – Today we say: please donate at our page.</p>",
            "campaigning or fundraising",
        ),
        (
            "<p>Washington, DC – Today the office opens <a href=SITE/nowhere/>its new page</a>.</p>",
            "1 leads nowhere",
        ),
    ] {
        let (app, _office, _folder) = held(0, text).await;
        checks::follow_links(&app, 1).await.unwrap();
        let_go(&app).await;
        live(&app, 60).await;
        let draft = find(&app, 1).await.unwrap();
        assert_eq!(draft.state, NewsletterState::Draft, "{why}");
        assert!(
            draft.attention.as_deref().unwrap().contains(why),
            "{draft:?}"
        );
        approve_seen(&app, 1, "ana", None).await.unwrap();
        assert_eq!(state(&app, 1).await, NewsletterState::Sending);
    }
}

#[tokio::test]
async fn a_link_to_a_campaign_site_is_held_whatever_its_words_say_c5() {
    let (app, office, _folder) = watching(0).await;
    set_up(&app, &[]).await;
    office.publish("a", "A bridge opens", TODAY);
    office.change(|site| {
        rewrite(
            site,
            "<p>Washington, DC – Today the bridge opens. <a href=https://secure.actblue.com/x>More</a></p>",
        );
    });
    beat(&app).await;
    let draft = find(&app, 1).await.unwrap();
    assert_eq!(draft.state, NewsletterState::Draft);
    let why = draft.attention.unwrap();
    assert!(why.contains("secure.actblue.com"), "{why}");
    // Nobody looks at the console of an office whose releases go out by themselves.
    assert_eq!(number(&app, STAFF_NOTIFIED).await, 1);
}

#[tokio::test]
async fn what_is_let_go_and_then_taken_back_is_not_mailed_f9() {
    let (app, office, _folder) = held(600, "<p>Washington, DC – Today it is late.</p>").await;
    app.clock.advance_ms(2 * MINUTE);
    let_go(&app).await;
    beat(&app).await;
    assert_eq!(state(&app, 1).await, NewsletterState::Draft);
    office.change(take_back);
    live(&app, 60).await;
    let draft = find(&app, 1).await.unwrap();
    assert_eq!(draft.state, NewsletterState::Cancelled);
    assert!(draft.attention.unwrap().contains("took it back"));
    assert_eq!(all(&app).await.len(), 1);
}

#[tokio::test]
async fn what_is_let_go_and_then_edited_is_mailed_once_as_it_is_then_f9() {
    let (app, office, _folder) = held(600, "<p>Washington, DC – Today it is late.</p>").await;
    app.clock.advance_ms(2 * MINUTE);
    let_go(&app).await;
    office.change(|site| rewrite(site, "<p>Washington, DC – Today it is corrected.</p>"));
    app.clock.advance_ms(7 * MINUTE);
    beat(&app).await;
    assert_eq!(state(&app, 1).await, NewsletterState::Draft, "not yet");
    app.clock.advance_ms(MINUTE);
    beat(&app).await;
    live(&app, 60).await;
    let made = all(&app).await;
    let [(NewsletterState::Sending, _, words)] = made.as_slice() else {
        panic!("{made:?}")
    };
    assert!(words.contains("corrected"), "{words}");
    let newsletter = find(&app, 1).await.unwrap();
    assert!(!newsletter.automatic, "a person looked at it (H12)");
    assert_eq!(newsletter.approved.unwrap().1, "ana");
}

#[tokio::test]
async fn what_is_let_go_is_held_again_only_for_another_reason_f8() {
    let (app, office, _folder) = held(600, "<p>EMBARGOED UNTIL noon. Today it is late.</p>").await;
    let_go(&app).await;
    live(&app, 15).await;
    let waits = find(&app, 1).await.unwrap();
    assert_eq!(
        waits.state,
        NewsletterState::Sending,
        "{:?} {:?}",
        waits.attention,
        waits.auto_approve
    );

    let text = "<p>Washington, DC – Today it is late.</p>";
    let (app, office_2, _folder) = held(600, text).await;
    let_go(&app).await;
    office_2.change(|site| rewrite(site, "<p>EMBARGOED UNTIL noon. Today it is late.</p>"));
    live(&app, 15).await;
    let late = release_of(&app, "Late").await;
    assert_eq!(release_state(&app, late).await, "held");
    let draft = find(&app, 1).await.unwrap();
    assert_eq!(draft.state, NewsletterState::Draft);
    assert!(draft.attention.unwrap().contains("embargoed"));
    drop(office);
}

#[tokio::test]
async fn a_release_of_a_flood_that_is_dated_tomorrow_waits_for_tomorrow_when_let_go_f10() {
    let (app, office, _folder) = watching(0).await;
    set_up(&app, &[]).await;
    for slug in ["a", "b", "c"] {
        office.publish(slug, slug, TODAY);
    }
    office.publish("late", "Late", "Sat, 17 Feb 2024 15:00:00 +0000");
    beat(&app).await;
    let_go(&app).await;
    live(&app, 23 * 60).await;
    let late = release_of(&app, "Late").await;
    assert_eq!(release_state(&app, late).await, "settling");
    app.clock.advance_ms(2 * HOUR);
    beat(&app).await;
    let sent = "SELECT count(*) FROM newsletter WHERE state = 2";
    assert_eq!(number(&app, sent).await, 1);
}

#[tokio::test]
async fn who_approves_a_held_draft_within_its_settle_time_gets_the_second_look_too_f9() {
    let (app, office, _folder) = held(600, "<p>Washington, DC – Today it is late.</p>").await;
    approve_seen(&app, 1, "ana", None).await.unwrap();
    assert_eq!(state(&app, 1).await, NewsletterState::Approved);
    office.change(take_back);
    live(&app, 30).await;
    assert_eq!(state(&app, 1).await, NewsletterState::Cancelled);
}
