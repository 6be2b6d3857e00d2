//! What staff read before sending is what is queued: one question, for both audiences.

use crate::{
    app::App,
    clock::{Clock, instant},
    db,
    delivery::{queue, testing},
    delivery_state::DeliveryState,
    newsletters::{NewsletterState, audience, proof},
    subscribers::{
        Status,
        consent::Evidence,
        press_list::{self, NO_TOPIC},
    },
    test_data, values,
};

const NOW: i64 = 1_780_000_000_000;

async fn app() -> (App, tempfile::TempDir) {
    testing::app(Clock::fixed_at(instant(NOW))).await
}

/// Begins to send the draft now and queues all of its recipients; their ids.
async fn queued(app: &App, id: i64) -> Vec<i64> {
    let begin =
        "UPDATE newsletter SET state = $2, started_at = $3, deadline_at = $3 + 1000 WHERE id = $1";
    let values = values![id, NewsletterState::Sending as i16, app.clock.now_ms()];
    db::execute(app.db.pool(), begin, values).await.unwrap();
    let active = queue::active(&app.db).await.unwrap();
    let active = active.iter().find(|active| active.id == id).unwrap();
    while queue::enqueue_slice(&app.db, active, app.clock.now_ms())
        .await
        .unwrap()
    {}
    let sql = "SELECT subscriber_id FROM delivery WHERE newsletter_id = $1 ORDER BY 1";
    db::scalars(app.db.pool(), sql, values![id]).await.unwrap()
}

/// What the console says before, and what is queued at the same instant.
async fn said_and_queued(app: &App, id: i64) -> Vec<i64> {
    let said = audience(app, id).await.unwrap();
    let proved = proof(app, id).await.unwrap().people;
    let queued = queued(app, id).await;
    assert_eq!(said, queued.len() as u64, "the count before sending");
    assert_eq!(proved, queued.len() as u64, "the proof before sending");
    queued
}

/// One of each status, one without evidence, one of another topic, one from the future.
async fn everybody(app: &App, other_topic: i64) {
    for (id, status) in [
        (1, Status::Confirmed),
        (2, Status::Pending),
        (3, Status::Unsubscribed),
        (4, Status::Bounced),
        (5, Status::Complained),
        (6, Status::Blocked),
    ] {
        test_data::subscriber(id).status(status).insert(app).await;
    }
    let asked = [(Evidence::Requested, "{}")];
    test_data::subscriber(7).evidence(&asked).insert(app).await;
    test_data::subscriber(8)
        .topics(&[other_topic])
        .insert(app)
        .await;
    let imported = [(Evidence::Imported, "{}")];
    test_data::subscriber(9)
        .evidence(&imported)
        .insert(app)
        .await;
}

#[tokio::test]
async fn of_a_topic_those_are_counted_who_are_queued() {
    let (app, _folder) = app().await;
    let other = test_data::topic(&app, "other").await;
    everybody(&app, other).await;
    let id = test_data::newsletter("a").insert(&app).await;
    assert_eq!(said_and_queued(&app, id).await, [1, 9]);
}

#[tokio::test]
async fn of_an_edition_those_are_counted_who_have_no_copy_yet() {
    let (app, _folder) = app().await;
    let other = test_data::topic(&app, "other").await;
    everybody(&app, other).await;
    test_data::subscriber(10)
        .topics(&[test_data::FIRST_TOPIC, other])
        .insert(&app)
        .await;
    test_data::subscriber(11)
        .topics(&[test_data::FIRST_TOPIC, other])
        .insert(&app)
        .await;
    let first = test_data::newsletter("a")
        .id(1)
        .edition(1)
        .insert(&app)
        .await;
    let second = test_data::newsletter("b")
        .id(2)
        .topic(other)
        .edition(1)
        .insert(&app)
        .await;
    assert_eq!(said_and_queued(&app, first).await, [1, 9, 10, 11]);
    let withdrawn = "UPDATE delivery SET state = $1 WHERE subscriber_id = 11";
    let state = values![DeliveryState::Withdrawn as i16];
    db::execute(app.db.pool(), withdrawn, state).await.unwrap();
    assert_eq!(said_and_queued(&app, second).await, [8, 11]);
}

#[tokio::test]
async fn of_a_correction_those_are_counted_who_got_the_first_text_or_may_have() {
    let (app, _folder) = app().await;
    for id in 1..=6 {
        test_data::subscriber(id).insert(&app).await;
    }
    let first = test_data::newsletter("a")
        .state(NewsletterState::Sent)
        .insert(&app)
        .await;
    for (id, state) in [
        (1, DeliveryState::Queued),
        (2, DeliveryState::Claimed),
        (3, DeliveryState::Deferred),
        (4, DeliveryState::Accepted),
        (5, DeliveryState::Failed),
        (6, DeliveryState::Withdrawn),
    ] {
        test_data::delivery(first, id)
            .state(state)
            .insert(&app)
            .await;
    }
    let correction = test_data::newsletter("b")
        .corrects(first)
        .insert(&app)
        .await;
    assert_eq!(said_and_queued(&app, correction).await, [2, 3, 4]);
}

#[tokio::test]
async fn of_the_press_list_those_are_counted_who_did_not_get_the_release_as_subscribers() {
    let (app, _folder) = app().await;
    test_data::release(1).insert(&app).await;
    for (id, status) in [
        (1, Status::Confirmed),
        (2, Status::Unsubscribed),
        (3, Status::Pending),
    ] {
        test_data::subscriber(id).status(status).insert(&app).await;
    }
    let file = "email,outlet\nreader1@example.org,Blog\nreader3@example.org,\nana@paper.example,The Paper\n";
    press_list::import(&app, file.as_bytes(), "gallery", "test")
        .await
        .unwrap();
    let first = test_data::newsletter("a").release(1).insert(&app).await;
    assert_eq!(said_and_queued(&app, first).await, [1]);
    let press = test_data::newsletter("b")
        .release(1)
        .insert_for_press(&app)
        .await;
    let contacts = said_and_queued(&app, press).await;
    assert_eq!(
        contacts.len(),
        2,
        "Ana, and who has not confirmed as a subscriber"
    );
    assert!(contacts.iter().all(|id| *id >= press_list::FIRST_ID));
    let active = queue::active(&app.db).await.unwrap();
    let active = active.iter().find(|active| active.id == press).unwrap();
    assert_eq!(active.topic_id, NO_TOPIC);
}
