//! Whom a newsletter may reach, and the proof of it.

use super::*;
use crate::{
    clock::Clock,
    db::{scalar, scalars},
    delivery::{queue, testing},
    newsletters::{for_press, tests::approve_seen},
    subscribers::{Status, consent::Evidence, press_list},
    test_data,
};

async fn app() -> (App, tempfile::TempDir) {
    let (app, folder) = testing::app(Clock::fixed_at(instant(1_780_000_000_000))).await;
    test_data::office(&app).await;
    (app, folder)
}

/// A subscriber of the topic with this evidence.
async fn subscriber(app: &App, id: i64, status: Status, evidence: &[(Evidence, &str)]) {
    let subscriber = test_data::subscriber(id).status(status);
    subscriber.evidence(evidence).insert(app).await;
}

async fn draft(app: &App) -> i64 {
    test_data::newsletter("a").insert(app).await
}

/// Everyone in the queue of newsletter `id`, as the worker would put them there.
async fn enqueue(app: &App, id: i64) -> Vec<i64> {
    let active = queue::active(&app.db).await.unwrap();
    let newsletter = active.iter().find(|active| active.id == id).unwrap();
    while queue::enqueue_slice(&app.db, newsletter, app.clock.now_ms())
        .await
        .unwrap()
    {}
    let sql = "SELECT subscriber_id FROM delivery WHERE newsletter_id = $1 ORDER BY 1";
    let queued = scalars(app.db.pool(), sql, values![id]).await;
    queued.unwrap().into_iter().collect()
}

fn kinds(proof: &Proof) -> Vec<(&str, u64)> {
    proof
        .evidence
        .iter()
        .map(|group| (group.kind.as_str(), group.people))
        .collect()
}

const FORM: (Evidence, &str) = (Evidence::Requested, r#"{"channel":"form"}"#);
const AGAIN: (Evidence, &str) = (Evidence::Requested, r#"{"channel":"again"}"#);
const API: (Evidence, &str) = (Evidence::Requested, r#"{"channel":"api"}"#);
const CONFIRMED: (Evidence, &str) = (Evidence::Confirmed, "{}");
const IMPORTED: (Evidence, &str) = (Evidence::Imported, r#"{"consent_text":"signed a list"}"#);

#[tokio::test]
async fn c1_a_newsletter_reaches_no_row_without_confirmed_consent_or_a_place_on_the_press_list() {
    let (app, _folder) = app().await;
    subscriber(&app, 1, Status::Confirmed, &[FORM, CONFIRMED]).await;
    subscriber(&app, 2, Status::Confirmed, &[API, CONFIRMED]).await;
    subscriber(&app, 3, Status::Confirmed, &[IMPORTED]).await;
    // Confirmed, says the row, but nothing proves it.
    subscriber(&app, 4, Status::Confirmed, &[FORM]).await;
    for (id, status) in [
        (5, Status::Pending),
        (6, Status::Unsubscribed),
        (7, Status::Bounced),
        (8, Status::Complained),
        (9, Status::Blocked),
    ] {
        subscriber(&app, id, status, &[FORM, CONFIRMED]).await;
    }
    let file = "email,outlet\nana@paper.example,The Paper\nreader1@example.org,Blog\n";
    press_list::import(&app, file.as_bytes(), "gallery", "ana")
        .await
        .unwrap();

    let id = draft(&app).await;
    let press = for_press(&app, id, true, "ana").await.unwrap();
    for id in [id, press] {
        approve_seen(&app, id, "ana", None).await.unwrap();
    }
    assert_eq!(enqueue(&app, id).await, [1, 2, 3]);
    let contacts = enqueue(&app, press).await;
    assert!(contacts.iter().all(|id| *id >= press_list::FIRST_ID));
    assert_eq!(contacts.len(), 2);

    // Even a row that was forced into the other queue is not claimed.
    for (newsletter, reader) in [(id, contacts[0]), (press, 2)] {
        let forced = test_data::delivery(newsletter, reader).at(0);
        forced.insert(&app).await;
    }
    let worker = queue::register(&app.db, "", "", 0, i64::MAX).await.unwrap();
    for active in queue::active(&app.db).await.unwrap() {
        let claimed = queue::claim(&app.db, &active, worker, 100, app.clock.now_ms())
            .await
            .unwrap();
        let mut ids: Vec<i64> = claimed
            .iter()
            .map(|claimed| claimed.subscriber_id)
            .collect();
        ids.sort_unstable();
        if active.id == id {
            assert_eq!(ids, [1, 2, 3]);
        } else {
            assert_eq!(ids, contacts);
        }
    }
    let error = app
        .db
        .execute("UPDATE newsletter SET audience = 1 - audience", [])
        .await
        .unwrap_err();
    assert!(error.to_string().contains("keeps its audience"), "{error}");
}

#[tokio::test]
async fn c4_the_proof_counts_by_evidence_and_stays_as_the_list_was_when_it_was_sent() {
    let (app, _folder) = app().await;
    for id in 1..=2 {
        subscriber(&app, id, Status::Confirmed, &[FORM, CONFIRMED]).await;
    }
    subscriber(&app, 3, Status::Confirmed, &[FORM, AGAIN, CONFIRMED]).await;
    for id in 4..=5 {
        subscriber(&app, id, Status::Confirmed, &[IMPORTED]).await;
    }
    // Asked twice by form, then through the API: the last is what was confirmed.
    subscriber(&app, 6, Status::Confirmed, &[FORM, API, CONFIRMED]).await;
    subscriber(&app, 7, Status::Confirmed, &[FORM]).await;
    let id = draft(&app).await;
    let now = proof(&app, id).await.unwrap();
    assert_eq!(
        kinds(&now),
        [
            ("double_opt_in_form", 3),
            ("import", 2),
            ("double_opt_in_api", 1),
            ("none", 1)
        ]
    );
    assert_eq!(
        now.evidence[1].consent_text.as_deref(),
        Some("signed a list")
    );
    assert!(!now.all_opted_in);
    assert_eq!(log_lists(&app).await.unwrap(), 0);

    approve_seen(&app, id, "ana", None).await.unwrap();
    assert_eq!(enqueue(&app, id).await.len(), 6);
    assert_eq!(log_lists(&app).await.unwrap(), 1);
    assert_eq!(log_lists(&app).await.unwrap(), 0);
    app.db
        .execute("UPDATE subscriber SET status = 2", [])
        .await
        .unwrap();
    let kept = proof(&app, id).await.unwrap();
    assert_eq!(
        kinds(&kept),
        [
            ("double_opt_in_form", 3),
            ("import", 2),
            ("double_opt_in_api", 1)
        ]
    );
    assert!(kept.all_opted_in && kept.people == 6);
    let sql = "SELECT details FROM audit WHERE action = 'newsletter.list'";
    let details: Option<String> = scalar(app.db.pool(), sql, []).await.unwrap();
    let logged: Proof = serde_json::from_str(&details.unwrap()).unwrap();
    assert_eq!(logged, kept);
}

#[tokio::test]
async fn who_gets_a_release_as_a_subscriber_does_not_get_it_again_from_the_press_list() {
    let (app, _folder) = app().await;
    subscriber(&app, 1, Status::Confirmed, &[FORM, CONFIRMED]).await;
    test_data::release(1).insert(&app).await;
    let id = draft(&app).await;
    app.db
        .execute("UPDATE newsletter SET release_id = 1", [])
        .await
        .unwrap();
    let file = "email,outlet\nREADER1@example.org,Blog\nana@paper.example,The Paper\n";
    press_list::import(&app, file.as_bytes(), "gallery", "ana")
        .await
        .unwrap();
    let press = for_press(&app, id, true, "ana").await.unwrap();
    approve_seen(&app, id, "ana", None).await.unwrap();
    assert_eq!(enqueue(&app, id).await, [1]);
    approve_seen(&app, press, "ana", None).await.unwrap();
    assert_eq!(enqueue(&app, press).await.len(), 1);
}

#[tokio::test]
async fn a_long_list_is_not_counted_for_each_view_of_its_page_but_for_each_decision() {
    let (app, _folder) = app().await;
    test_data::subscribers(&app, 10_000).await;
    let id = draft(&app).await;
    let shown = shown_audience(&app, id).await.unwrap();
    assert_eq!((shown.people, shown.proof.people), (Some(10_000), 10_000));
    let leave = "UPDATE subscriber SET status = $1";
    let left = values![Status::Unsubscribed as i16];
    app.db.execute(leave, left).await.unwrap();
    assert_eq!(shown_audience(&app, id).await.unwrap(), shown, "kept");
    assert_eq!(store::audience(&app, id).await.unwrap(), 0);
    crate::newsletters::check_audience(&app, id)
        .await
        .unwrap_err();
}

#[tokio::test]
async fn a_short_list_is_counted_anew_and_what_is_queued_by_its_queue() {
    let (app, _folder) = app().await;
    test_data::subscribers(&app, 3).await;
    let id = draft(&app).await;
    for (person, left) in [(1, 2), (2, 1)] {
        let leave = "UPDATE subscriber SET status = $2 WHERE id = $1";
        let values = values![person, Status::Unsubscribed as i16];
        app.db.execute(leave, values).await.unwrap();
        let shown = shown_audience(&app, id).await.unwrap();
        assert_eq!((shown.people, shown.proof.people), (Some(left), left));
    }
    approve_seen(&app, id, "ana", None).await.unwrap();
    enqueue(&app, id).await;
    let shown = shown_audience(&app, id).await.unwrap();
    assert_eq!((shown.people, shown.proof.people), (None, 1));
}

#[test]
fn the_longer_a_list_the_longer_its_counts_are_shown_but_ten_minutes_at_most() {
    for (people, seconds) in [
        (0, 0),
        (9_999, 0),
        (10_000, 10),
        (1_000_000, 600),
        (u64::MAX, 600),
    ] {
        assert_eq!(kept_for(people), Duration::from_secs(seconds), "{people}");
    }
}
