//! What staff are told when the sending of a newsletter has ended.

use sea_orm::FromQueryResult;

use super::*;
use crate::{
    clock::{Clock, DAY},
    db,
    delivery::{queue, testing},
    office::Office,
};

/// 5 p.m. in the office's zone.
const NOW: &str = "2026-11-24T01:00:00Z";
const READERS: i64 = 6;

#[derive(Debug, FromQueryResult)]
struct Told {
    headline: String,
    text: String,
}

async fn told(app: &App) -> Vec<(String, String)> {
    let sql = "SELECT headline, text FROM staff_notice WHERE kind = 'sent' ORDER BY id";
    let rows: Vec<Told> = db::rows(app.db.pool(), sql, []).await.unwrap();
    rows.into_iter()
        .map(|told| (told.headline, told.text))
        .collect()
}

/// A newsletter on its way to all readers, and somebody who hears of it.
async fn on_its_way() -> (App, queue::Active, tempfile::TempDir) {
    let (app, folder) = testing::app(Clock::fixed_at(NOW.parse().unwrap())).await;
    let settings = [("time-zone", "America/Los_Angeles")];
    Office::set_all(&app.db, "operator", &settings, 0)
        .await
        .unwrap();
    test_data::member(&app, "editor@example.gov", Role::Editor).await;
    let newsletter = testing::sending_newsletter(&app, READERS).await;
    let now = app.clock.now_ms();
    while queue::enqueue_slice(&app.db, &newsletter, now)
        .await
        .unwrap()
    {}
    (app, newsletter, folder)
}

async fn settle(app: &App, readers: &[i64], state: DeliveryState) {
    for reader in readers {
        let sql = "UPDATE delivery SET state = $2, at = $3 WHERE subscriber_id = $1";
        let values = values![*reader, state as i16, app.clock.now_ms()];
        app.db.execute(sql, values).await.unwrap();
    }
}

async fn ends(app: &App, newsletter: &queue::Active) -> bool {
    queue::finish(&app.db, newsletter.id, app.clock.now_ms())
        .await
        .unwrap()
}

#[tokio::test]
async fn nobody_is_told_that_it_was_sent_while_some_are_still_tried() {
    let (app, newsletter, _folder) = on_its_way().await;
    settle(&app, &[1, 2, 3, 4, 5], DeliveryState::Accepted).await;
    for still in [
        DeliveryState::Queued,
        DeliveryState::Claimed,
        DeliveryState::Deferred,
    ] {
        settle(&app, &[6], still).await;
        assert!(!ends(&app, &newsletter).await);
        assert_eq!(told(&app).await, []);
    }
    settle(&app, &[6], DeliveryState::Accepted).await;
    assert!(ends(&app, &newsletter).await);
    let all = (
        "Sent: Subject".to_owned(),
        "“Subject” was sent to 6 people.".to_owned(),
    );
    assert_eq!(told(&app).await, [all]);
    // Ended is ended: it is told once.
    assert!(!ends(&app, &newsletter).await);
    assert_eq!(told(&app).await.len(), 1);
}

#[tokio::test]
async fn who_was_refused_at_once_was_not_tried_until_the_deadline() {
    let (app, newsletter, _folder) = on_its_way().await;
    settle(&app, &[1, 2], DeliveryState::Failed).await;
    settle(&app, &[3], DeliveryState::Withdrawn).await;
    settle(&app, &[4, 5, 6], DeliveryState::Accepted).await;
    // The mail to the last of them was on the wire when the deadline came.
    app.clock.advance_ms(DAY + MINUTE);
    assert!(ends(&app, &newsletter).await);
    assert_eq!(
        told(&app).await[0].1,
        "“Subject” was sent to 3 people.\nNot delivered: 2.\nUnsubscribed before delivery: 1."
    );
}

#[tokio::test]
async fn who_was_tried_until_the_deadline_is_told_with_it() {
    let (app, newsletter, _folder) = on_its_way().await;
    settle(&app, &[1], DeliveryState::Failed).await;
    settle(&app, &[2, 3, 4, 5], DeliveryState::Accepted).await;
    app.clock.advance_ms(DAY + MINUTE);
    let now = app.clock.now_ms();
    let given_up = queue::fail_past_deadline(&app.db, &newsletter, now).await;
    assert_eq!(given_up.unwrap(), 1);
    assert!(ends(&app, &newsletter).await);
    assert_eq!(
        told(&app).await[0].1,
        "“Subject” was sent to 4 people.\nNot delivered: 2. We tried until today, 5:00 p.m."
    );
}

#[tokio::test]
async fn what_reached_nobody_is_not_called_sent() {
    let (app, newsletter, _folder) = on_its_way().await;
    settle(&app, &[1, 2, 3, 4, 5, 6], DeliveryState::Failed).await;
    assert!(ends(&app, &newsletter).await);
    let nobody = (
        "Reached nobody: Subject".to_owned(),
        "“Subject” reached nobody.\nNot delivered: 6.".to_owned(),
    );
    assert_eq!(told(&app).await, [nobody]);
}
