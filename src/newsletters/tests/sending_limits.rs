//! What stands because a relay's limit is used up.

use super::*;
use crate::{
    clock::{Clock, HOUR},
    delivery::testing,
    newsletters::{goes_on, pause, resume_due, stop_until},
};

async fn stopped(more: &[(&str, &str)]) -> (App, tempfile::TempDir, i64) {
    let clock = Clock::fixed_at("2026-02-24T17:00:00Z".parse().unwrap());
    let (app, folder) = testing::app(clock).await;
    set_up(&app, more).await;
    let id = test_data::newsletter("a-bridge-opens")
        .sending()
        .insert(&app)
        .await;
    stop_for_an_hour(&app, id).await;
    (app, folder, id)
}

async fn stop_for_an_hour(app: &App, id: i64) {
    let free = crate::clock::instant(app.clock.now_ms() + HOUR);
    stop_until(app, id, "The limit is used up.", Some(free))
        .await
        .unwrap();
    assert_eq!(state(app, id).await, NewsletterState::Paused);
}

#[tokio::test]
async fn it_goes_on_by_itself_when_the_limit_is_free_and_its_deadline_stays() {
    let (app, _folder, id) = stopped(&[("resume-after-quota", "true")]).await;
    let paused = find(&app, id).await.unwrap();
    let office = Office::load(&app.db).await.unwrap();
    let told = goes_on(&paused, &office).unwrap();
    assert!(told.contains("by itself at 2026-02-24 10:00 PST"), "{told}");
    app.clock.advance_ms(HOUR - 1);
    assert_eq!(resume_due(&app).await.unwrap(), 0);
    app.clock.advance_ms(1);
    assert_eq!(resume_due(&app).await.unwrap(), 1);
    let sending = find(&app, id).await.unwrap();
    assert_eq!(sending.state, NewsletterState::Sending);
    assert_eq!((&sending.attention, sending.resumes_at), (&None, None));
    assert_eq!(sending.deadline_at, paused.deadline_at);
    assert_eq!(goes_on(&sending, &office), None);
    // Used up once more.
    stop_for_an_hour(&app, id).await;
    app.clock.advance_ms(HOUR);
    assert_eq!(resume_due(&app).await.unwrap(), 1);
}

#[tokio::test]
async fn unless_the_office_says_so_a_person_decides() {
    let (app, _folder, id) = stopped(&[]).await;
    app.clock.advance_ms(2 * HOUR);
    assert_eq!(resume_due(&app).await.unwrap(), 0);
    let office = Office::load(&app.db).await.unwrap();
    let told = goes_on(&find(&app, id).await.unwrap(), &office).unwrap();
    assert!(
        told.contains("waits for you") && told.contains("resume-after-quota"),
        "{told}"
    );
    crate::newsletters::resume(&app, id, "ana").await.unwrap();
    assert_eq!(find(&app, id).await.unwrap().resumes_at, None);
}

#[tokio::test]
async fn one_that_would_go_on_by_itself_stays_when_a_person_pauses_it() {
    let (app, _folder, id) = stopped(&[("resume-after-quota", "true")]).await;
    pause(&app, id, "ana").await.unwrap();
    app.clock.advance_ms(2 * HOUR);
    assert_eq!(resume_due(&app).await.unwrap(), 0);
    assert_eq!(state(&app, id).await, NewsletterState::Paused);
    // There is nothing left to keep from going on.
    let again = pause(&app, id, "ana").await;
    assert!(matches!(again, Err(NewsletterError::State { .. })));
}

#[tokio::test]
async fn what_stopped_for_another_reason_never_goes_on_by_itself() {
    let (app, _folder, id) = stopped(&[("resume-after-quota", "true")]).await;
    crate::newsletters::resume(&app, id, "ana").await.unwrap();
    crate::newsletters::stop_for(&app, id, "It is refused.")
        .await
        .unwrap();
    app.clock.advance_ms(48 * HOUR);
    assert_eq!(resume_due(&app).await.unwrap(), 0);
}
