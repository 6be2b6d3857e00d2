//! Whom a newsletter may reach, and the proof of it.

use super::*;
use crate::{
    clock::Clock,
    delivery::{queue, testing},
    newsletters::{for_press, tests::approve_seen},
    office::Office,
};

async fn app() -> (App, tempfile::TempDir) {
    let (app, folder) = testing::app(Clock::fixed_at(instant(1_780_000_000_000))).await;
    let office = [
        ("name", "Office of Rep. Jane Doe"),
        ("from", "news@doe.example"),
        ("postal-address", "1 Main Street, Tustin, CA"),
    ];
    Office::set_all(&app.db, &office, 0).await.unwrap();
    (app, folder)
}

/// A subscriber of the topic with this status and this evidence.
async fn subscriber(app: &App, id: i64, status: i16, events: &[(&str, &str)]) {
    let email = format!("reader{id}@example.org");
    app.db
        .execute(
            "INSERT INTO subscriber (id, email, email_key, status, language, created_at, status_at) VALUES ($1, $2, $2, $3, 'en', 0, 0)",
            values![id, email, status],
        )
        .await
        .unwrap();
    app.db
        .execute(
            "INSERT INTO subscription (topic_id, subscriber_id) VALUES (1, $1)",
            values![id],
        )
        .await
        .unwrap();
    for (event, evidence) in events {
        app.db
            .execute(
                "INSERT INTO consent (subscriber_id, at, event, evidence) VALUES ($1, 0, $2, $3)",
                values![id, *event, *evidence],
            )
            .await
            .unwrap();
    }
}

async fn draft(app: &App) -> i64 {
    let document = r#"{"language":"en","direction":"ltr","blocks":[]}"#;
    let row = app
        .db
        .one(
            "INSERT INTO newsletter (topic_id, subject, slug, language, document, state, automatic, created_at, enqueued_to, total)
             VALUES (1, 'A', 'a', 'en', $1, 0, $2, 0, 0, 0) RETURNING id",
            values![document, false],
        )
        .await
        .unwrap()
        .unwrap();
    row.try_get_by_index(0).unwrap()
}

/// Everyone in the queue of newsletter `id`, as the worker would put them there.
async fn enqueue(app: &App, id: i64) -> Vec<i64> {
    let active = queue::active(&app.db).await.unwrap();
    let newsletter = active.iter().find(|active| active.id == id).unwrap();
    while queue::enqueue_slice(&app.db, newsletter, app.clock.now_ms())
        .await
        .unwrap()
    {}
    let rows = app
        .db
        .all(
            "SELECT subscriber_id FROM delivery WHERE newsletter_id = $1 ORDER BY 1",
            values![id],
        )
        .await
        .unwrap();
    rows.iter()
        .map(|row| row.try_get_by_index(0).unwrap())
        .collect()
}

fn kinds(proof: &Proof) -> Vec<(&str, u64)> {
    proof
        .evidence
        .iter()
        .map(|group| (group.kind.as_str(), group.people))
        .collect()
}

const FORM: (&str, &str) = ("requested", r#"{"channel":"form"}"#);
const AGAIN: (&str, &str) = ("requested", r#"{"channel":"again"}"#);
const API: (&str, &str) = ("requested", r#"{"channel":"api"}"#);
const CONFIRMED: (&str, &str) = ("confirmed", "{}");
const IMPORTED: (&str, &str) = ("imported", r#"{"consent_text":"signed a list"}"#);

#[tokio::test]
async fn c1_a_newsletter_reaches_no_row_without_confirmed_consent_or_a_place_on_the_press_list() {
    let (app, _folder) = app().await;
    subscriber(&app, 1, 1, &[FORM, CONFIRMED]).await;
    subscriber(&app, 2, 1, &[API, CONFIRMED]).await;
    subscriber(&app, 3, 1, &[IMPORTED]).await;
    // Confirmed, says the row, but nothing proves it.
    subscriber(&app, 4, 1, &[FORM]).await;
    for (id, status) in [(5, 0), (6, 2), (7, 3), (8, 4), (9, 5)] {
        subscriber(&app, id, status, &[FORM, CONFIRMED]).await;
    }
    let file = "email,outlet\nana@paper.example,The Paper\nreader1@example.org,Blog\n";
    press_list::import(&app, file.as_bytes(), "gallery")
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
        app.db
            .execute(
                "INSERT INTO delivery (newsletter_id, subscriber_id, state, attempts, at) VALUES ($1, $2, 0, 0, 0)",
                values![newsletter, reader],
            )
            .await
            .unwrap();
    }
    let worker = queue::register(&app.db, "", 0, i64::MAX).await.unwrap();
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
        subscriber(&app, id, 1, &[FORM, CONFIRMED]).await;
    }
    subscriber(&app, 3, 1, &[FORM, AGAIN, CONFIRMED]).await;
    for id in 4..=5 {
        subscriber(&app, id, 1, &[IMPORTED]).await;
    }
    // Asked twice by form, then through the API: the last is what was confirmed.
    subscriber(&app, 6, 1, &[FORM, API, CONFIRMED]).await;
    subscriber(&app, 7, 1, &[FORM]).await;
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
    let row = app
        .db
        .one(
            "SELECT details FROM audit WHERE action = 'newsletter.list'",
            [],
        )
        .await
        .unwrap()
        .unwrap();
    let logged: Proof = serde_json::from_str(&row.try_get_by_index::<String>(0).unwrap()).unwrap();
    assert_eq!(logged, kept);
}

#[tokio::test]
async fn who_gets_a_release_as_a_subscriber_does_not_get_it_again_from_the_press_list() {
    let (app, _folder) = app().await;
    subscriber(&app, 1, 1, &[FORM, CONFIRMED]).await;
    app.db
        .execute(
            "INSERT INTO release (id, identity, title, title_key, first_seen_at, state) VALUES (1, 'x', 'x', 'x', 0, 'settled')",
            [],
        )
        .await
        .unwrap();
    let id = draft(&app).await;
    app.db
        .execute("UPDATE newsletter SET release_id = 1", [])
        .await
        .unwrap();
    let file = "email,outlet\nREADER1@example.org,Blog\nana@paper.example,The Paper\n";
    press_list::import(&app, file.as_bytes(), "gallery")
        .await
        .unwrap();
    let press = for_press(&app, id, true, "ana").await.unwrap();
    approve_seen(&app, id, "ana", None).await.unwrap();
    assert_eq!(enqueue(&app, id).await, [1]);
    approve_seen(&app, press, "ana", None).await.unwrap();
    assert_eq!(enqueue(&app, press).await.len(), 1);
}
