//! A blackout moves over newsletters of both audiences, with the clock in the test's hand.

use std::fmt::Write;

use super::*;
use crate::{
    clock::{Clock, DAY, HOUR},
    db::scalar,
    delivery::testing,
    house::{ElectionKind, add},
    newsletters::{self, for_press, resume, start_due, tests::approve_seen},
    test_data,
};

/// A day before the blackout of the general election, noon in Washington.
const BEFORE: &str = "2026-09-03T16:00:00Z";

async fn app(settings: &[(&str, &str)]) -> (App, tempfile::TempDir) {
    let (app, folder) = testing::app(Clock::fixed_at(BEFORE.parse().unwrap())).await;
    let office = [
        ("name", "Office of Rep. Jane Doe"),
        ("from", "news@doe.example"),
        ("postal-address", "1 Main Street, Tustin, CA"),
        ("time-zone", "America/New_York"),
    ];
    Office::set_all(&app.db, "operator", &office, 0)
        .await
        .unwrap();
    test_data::somebody(&app).await;
    Office::set_all(&app.db, "operator", settings, 0)
        .await
        .unwrap();
    add(
        &app,
        "2026-11-03",
        ElectionKind::General,
        "House CA-40",
        true,
        "test",
    )
    .await
    .unwrap();
    (app, folder)
}

async fn draft(app: &App, slug: &str) -> i64 {
    test_data::newsletter(slug).says(slug).insert(app).await
}

async fn press_list(app: &App, media: usize, others: usize) {
    let mut file = String::from("email,outlet\n");
    for number in 0..media {
        writeln!(file, "m{number}@paper.example,Paper {number}").unwrap();
    }
    for number in 0..others {
        writeln!(file, "o{number}@example.org,").unwrap();
    }
    crate::subscribers::press_list::import(app, file.as_bytes(), "gallery", "test")
        .await
        .unwrap();
}

async fn state(app: &App, id: i64) -> State {
    find(app, id).await.unwrap().state
}

async fn audited(app: &App, action: &str, id: i64) -> i64 {
    let sql = "SELECT count(*) FROM audit WHERE action = $1 AND object = $2";
    let values = values![format!("newsletter.{action}"), format!("newsletter/{id}")];
    let lines = scalar(app.db.pool(), sql, values).await;
    lines.unwrap().unwrap()
}

async fn made_from_a_release(app: &App, id: i64) {
    test_data::release(id).insert(app).await;
    let sql = "UPDATE newsletter SET release_id = $1 WHERE id = $1";
    app.db.execute(sql, values![id]).await.unwrap();
    test_data::made_from(app, id, id, 0).await;
}

async fn notice(app: &App, release: i64) -> Option<String> {
    let sql = "SELECT notice FROM release WHERE id = $1";
    let notice = scalar(app.db.pool(), sql, values![release]).await;
    notice.unwrap()
}

fn refused(result: Result<()>) -> String {
    match result {
        Err(NewsletterError::Blackout(why)) => why,
        other => panic!("not refused for a blackout: {other:?}"),
    }
}

#[tokio::test]
async fn c4_subscribers_get_their_newsletter_in_a_blackout_once_somebody_took_note() {
    let (app, _folder) = app(&[]).await;
    let before = draft(&app, "before").await;
    acknowledge_blackout(&app, before, "ana", None)
        .await
        .unwrap();
    assert_eq!(audited(&app, "acknowledge_blackout", before).await, 0);
    approve_seen(&app, before, "ana", None).await.unwrap();
    assert_eq!(state(&app, before).await, State::Sending);

    app.clock.advance_ms(DAY);
    // What began before goes on.
    start_due(&app).await.unwrap();
    assert_eq!(state(&app, before).await, State::Sending);
    let inside = draft(&app, "inside").await;
    let why = refused(approve_seen(&app, inside, "ana", None).await);
    assert!(
        why.contains("4 Sep 2026 to 3 Nov 2026") && why.contains("--acknowledge-blackout"),
        "{why}"
    );
    assert_eq!(state(&app, inside).await, State::Draft);
    acknowledge_blackout(&app, inside, "ana", None)
        .await
        .unwrap();
    acknowledge_blackout(&app, inside, "ana", None)
        .await
        .unwrap();
    assert_eq!(audited(&app, "acknowledge_blackout", inside).await, 1);
    approve_seen(&app, inside, "ana", None).await.unwrap();
    assert_eq!(state(&app, inside).await, State::Sending);

    // Going on with a paused one is a send inside the blackout, too.
    newsletters::pause(&app, before, "ana").await.unwrap();
    refused(resume(&app, before, "ana").await);
    acknowledge_blackout(&app, before, "ana", None)
        .await
        .unwrap();
    resume(&app, before, "ana").await.unwrap();

    app.clock.advance_ms(61 * DAY);
    let after = draft(&app, "after").await;
    approve_seen(&app, after, "ana", None).await.unwrap();
    assert_eq!(state(&app, after).await, State::Sending);
}

#[tokio::test]
async fn c3_what_was_approved_without_knowing_of_a_blackout_waits_as_a_draft_when_its_time_comes() {
    let (app, _folder) = app(&[]).await;
    let inside = "2026-09-10T13:00:00Z".parse().unwrap();
    let scheduled = draft(&app, "scheduled").await;
    refused(approve_seen(&app, scheduled, "ana", Some(inside)).await);
    acknowledge_blackout(&app, scheduled, "ana", Some(inside))
        .await
        .unwrap();
    approve_seen(&app, scheduled, "ana", Some(inside))
        .await
        .unwrap();

    // The election of a runoff is entered when this one is approved already.
    let unaware = draft(&app, "unaware").await;
    let december = "2026-11-20T13:00:00Z".parse().unwrap();
    approve_seen(&app, unaware, "ana", Some(december))
        .await
        .unwrap();
    add(
        &app,
        "2026-12-08",
        ElectionKind::Runoff,
        "Runoff",
        true,
        "test",
    )
    .await
    .unwrap();
    // Approved by the policy auto: by nobody.
    let automatic = draft(&app, "automatic").await;
    app.db
        .execute(
            "UPDATE newsletter SET state = 1, automatic = $2, approved_at = 0, approved_by = 'policy auto', scheduled_at = $3 WHERE id = $1",
            values![automatic, true, app.clock.now_ms() + 8 * DAY],
        )
        .await
        .unwrap();

    made_from_a_release(&app, automatic).await;

    app.clock.advance_ms(9 * DAY);
    start_due(&app).await.unwrap();
    assert_eq!(state(&app, scheduled).await, State::Sending);
    assert_eq!(state(&app, automatic).await, State::Draft);
    // Nobody may be looking at the console.
    let told = notice(&app, automatic).await.unwrap();
    assert!(told.contains("before the general election"), "{told}");
    app.clock.advance_ms(70 * DAY);
    start_due(&app).await.unwrap();
    assert_eq!(state(&app, unaware).await, State::Draft);
    let held = find(&app, unaware).await.unwrap();
    assert!(held.approved.is_none() && held.scheduled_at.is_none());
    assert!(
        held.attention
            .unwrap()
            .contains("before the runoff election")
    );
    assert_eq!(audited(&app, "hold_for_blackout", unaware).await, 1);
}

#[tokio::test]
async fn c3_an_office_that_pauses_sends_nobody_anything_in_a_blackout() {
    let (app, _folder) = app(&[("pause-in-blackout", "true")]).await;
    let running = draft(&app, "running").await;
    approve_seen(&app, running, "ana", None).await.unwrap();
    made_from_a_release(&app, running).await;
    app.clock.advance_ms(DAY);
    start_due(&app).await.unwrap();
    assert_eq!(state(&app, running).await, State::Paused);
    assert!(notice(&app, running).await.is_some());
    let id = draft(&app, "held").await;
    let why = refused(acknowledge_blackout(&app, id, "ana", None).await);
    assert!(why.contains("pause-in-blackout"), "{why}");
    refused(approve_seen(&app, id, "ana", None).await);
    app.clock.advance_ms(61 * DAY);
    resume(&app, running, "ana").await.unwrap();
    approve_seen(&app, id, "ana", None).await.unwrap();
}

#[tokio::test]
async fn c1_a_news_release_goes_to_the_media_in_a_blackout_and_nothing_to_500_who_did_not_ask() {
    let (app, _folder) = app(&[]).await;
    press_list(&app, 500, 499).await;
    app.clock.advance_ms(DAY);
    let model = draft(&app, "model").await;
    let release = for_press(&app, model, true, "ana").await.unwrap();
    assert_eq!(for_press(&app, model, true, "ana").await.unwrap(), release);
    assert!(for_press(&app, model, false, "ana").await.is_err());
    refused(approve_seen(&app, release, "ana", None).await);
    acknowledge_blackout(&app, release, "ana", None)
        .await
        .unwrap();
    approve_seen(&app, release, "ana", None).await.unwrap();

    let other = draft(&app, "other").await;
    let unsolicited = for_press(&app, other, false, "ana").await.unwrap();
    let why = refused(acknowledge_blackout(&app, unsolicited, "ana", None).await);
    assert!(
        why.contains("999 people") && why.contains("mass communication"),
        "{why}"
    );
    refused(approve_seen(&app, unsolicited, "ana", None).await);

    // The 500th without a newspaper or station makes the difference for a news release.
    newsletters::cancel(&app, unsolicited, "ana").await.unwrap();
    let release = for_press(&app, other, true, "ana").await.unwrap();
    assert!(release > unsolicited);
    acknowledge_blackout(&app, release, "ana", None)
        .await
        .unwrap();
    let file = "email\nlast@example.org\n";
    crate::subscribers::press_list::import(&app, file.as_bytes(), "gallery", "test")
        .await
        .unwrap();
    let why = refused(approve_seen(&app, release, "ana", None).await);
    assert!(why.contains("500 people"), "{why}");
}

#[tokio::test]
async fn c2_the_report_tells_what_began_in_a_blackout_not_what_was_approved_in_one() {
    let (app, _folder) = app(&[]).await;
    press_list(&app, 2, 0).await;
    let model = draft(&app, "inside").await;
    let inside = for_press(&app, model, true, "ana").await.unwrap();
    let model = draft(&app, "after").await;
    let after = for_press(&app, model, true, "ana").await.unwrap();
    app.clock.advance_ms(DAY);
    for id in [inside, after] {
        acknowledge_blackout(&app, id, "ana", None).await.unwrap();
    }
    approve_seen(&app, inside, "ana", None).await.unwrap();
    start_due(&app).await.unwrap();
    app.clock.advance_ms(61 * DAY);
    approve_seen(&app, after, "ana", None).await.unwrap();
    start_due(&app).await.unwrap();
    let mut told = Vec::new();
    for quarter in ["2026Q3", "2026Q4"] {
        let lines = newsletters::report(&app, quarter.parse().unwrap()).await;
        told.extend(
            lines
                .unwrap()
                .iter()
                .map(|line| (line.newsletter, line.in_blackout)),
        );
    }
    assert_eq!(told, [(inside, true), (after, false)]);
}

#[tokio::test]
async fn c1_the_same_text_sent_in_two_halves_counts_as_one() {
    let (app, _folder) = app(&[]).await;
    press_list(&app, 0, 300).await;
    let model = draft(&app, "model").await;
    let first = for_press(&app, model, false, "ana").await.unwrap();
    approve_seen(&app, first, "ana", None).await.unwrap();
    let active = crate::delivery::queue::active(&app.db).await.unwrap();
    assert!(
        !crate::delivery::queue::enqueue_slice(&app.db, &active[0], app.clock.now_ms())
            .await
            .unwrap()
    );
    app.clock.advance_ms(DAY);
    app.db
        .execute(
            "UPDATE delivery SET state = 3 WHERE subscriber_id = (SELECT min(id) FROM press_contact)",
            [],
        )
        .await
        .unwrap();
    newsletters::cancel(&app, first, "ana").await.unwrap();
    let second = for_press(&app, model, false, "ana").await.unwrap();
    let why = refused(acknowledge_blackout(&app, second, "ana", None).await);
    assert!(why.contains("600 people"), "{why}");
    // Another text to the same 300 is another communication.
    let other = draft(&app, "other").await;
    let other = for_press(&app, other, false, "ana").await.unwrap();
    acknowledge_blackout(&app, other, "ana", None)
        .await
        .unwrap();
    approve_seen(&app, other, "ana", None).await.unwrap();
}

#[tokio::test]
async fn c3_a_mass_communication_under_way_stops_when_the_blackout_begins() {
    let (app, _folder) = app(&[]).await;
    press_list(&app, 0, 500).await;
    let model = draft(&app, "model").await;
    let id = for_press(&app, model, false, "ana").await.unwrap();
    approve_seen(&app, id, "ana", None).await.unwrap();
    // 23:59 in New York, then midnight.
    app.clock.advance_ms(12 * HOUR - 60_000);
    start_due(&app).await.unwrap();
    assert_eq!(state(&app, id).await, State::Sending);
    app.clock.advance_ms(60_000);
    start_due(&app).await.unwrap();
    assert_eq!(state(&app, id).await, State::Paused);
    refused(resume(&app, id, "ana").await);
}
