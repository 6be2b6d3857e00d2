//! The queue against a real database: SQLite here; the black-box suite repeats the story on
//! PostgreSQL.

use super::{claim::claiming, *};
use crate::{
    app::App,
    clock::Clock,
    db,
    delivery::testing,
    test_data::{self, NewNewsletter},
    values,
};

mod edges;
mod model;

const NOW: i64 = 1_700_000_000_000;

async fn app_with(subscribers: i64) -> (App, tempfile::TempDir, Active) {
    let (app, folder) = testing::app(Clock::fixed_at(crate::clock::instant(NOW))).await;
    let newsletter = testing::sending_newsletter(&app, subscribers).await;
    for worker in [1, 2] {
        let registered = register(&app.db, "", "", NOW, NOW + 30_000).await;
        assert_eq!(registered.unwrap(), worker);
    }
    (app, folder, newsletter)
}

async fn status(app: &App, state: i64) -> i64 {
    let sql = "SELECT count(*) FROM delivery WHERE state = $1";
    let count = db::scalar(app.db.pool(), sql, values![state]).await;
    count.unwrap().unwrap()
}

async fn enqueue_all(app: &App, newsletter: &Active) -> i64 {
    let mut slices = 0;
    while enqueue_slice(&app.db, newsletter, NOW).await.unwrap() {
        slices += 1;
    }
    slices
}

#[tokio::test]
async fn the_whole_audience_is_queued_once_however_often_it_is_asked() {
    let (app, _folder, newsletter) = app_with(30).await;
    enqueue_all(&app, &newsletter).await;
    app.db
        .execute(
            "UPDATE newsletter SET enqueued_at = NULL, enqueued_to = 0",
            [],
        )
        .await
        .unwrap();
    enqueue_all(&app, &newsletter).await;
    assert_eq!(status(&app, 0).await, 30);
}

#[tokio::test]
async fn who_confirms_after_sending_began_is_not_in_its_audience() {
    let (app, _folder, newsletter) = app_with(3).await;
    app.db
        .execute(
            "UPDATE subscriber SET status_at = $1 WHERE id = 2",
            values![NOW + 1],
        )
        .await
        .unwrap();
    enqueue_all(&app, &newsletter).await;
    assert_eq!(status(&app, 0).await, 2);
}

#[tokio::test]
async fn two_workers_never_claim_the_same_delivery() {
    let (app, _folder, newsletter) = app_with(10).await;
    enqueue_all(&app, &newsletter).await;
    let first = claim(&app.db, &newsletter, 1, 6, NOW).await.unwrap();
    let second = claim(&app.db, &newsletter, 2, 6, NOW).await.unwrap();
    assert_eq!((first.len(), second.len()), (6, 4));
    for claimed in &first {
        assert!(
            second
                .iter()
                .all(|other| other.subscriber_id != claimed.subscriber_id)
        );
    }
}

#[tokio::test]
async fn s12_who_left_after_queueing_is_withdrawn_at_the_claim() {
    let (app, _folder, newsletter) = app_with(3).await;
    enqueue_all(&app, &newsletter).await;
    app.db
        .execute("UPDATE subscriber SET status = 2 WHERE id = 1", [])
        .await
        .unwrap();
    app.db
        .execute("DELETE FROM subscription WHERE subscriber_id = 2", [])
        .await
        .unwrap();
    let claimed = claim(&app.db, &newsletter, 1, 10, NOW).await.unwrap();
    assert_eq!(
        claimed.iter().map(|c| c.subscriber_id).collect::<Vec<_>>(),
        [3]
    );
    assert_eq!(status(&app, 5).await, 2);
}

/// A second newsletter of another topic, with the subscribers 2 and 3 of the first and one more.
async fn another(app: &App, newsletter: NewNewsletter) -> Active {
    let topic = test_data::topic(app, "b").await;
    for subscriber in [2_i64, 3] {
        test_data::subscribes(app, subscriber, topic).await;
    }
    test_data::subscriber(4).topics(&[topic]).insert(app).await;
    let newsletter = newsletter.id(2).topic(topic).sending();
    Active {
        id: newsletter.insert(app).await,
        topic_id: topic,
        ..active(&app.db).await.unwrap()[0]
    }
}

async fn queued(app: &App, newsletter: i64) -> Vec<i64> {
    let sql = "SELECT subscriber_id FROM delivery WHERE newsletter_id = $1 ORDER BY subscriber_id";
    let found = db::scalars(app.db.pool(), sql, values![newsletter]).await;
    found.unwrap()
}

#[tokio::test]
async fn who_asked_for_two_topics_of_one_edition_is_queued_once() {
    crate::db::several_connections();
    let (app, _folder, first) = app_with(3).await;
    let second = another(&app, test_data::newsletter("second").edition(1)).await;
    app.db
        .execute("UPDATE newsletter SET edition = 1", [])
        .await
        .unwrap();
    // Both at the same time, as two workers do.
    tokio::join!(enqueue_all(&app, &first), enqueue_all(&app, &second));
    let mut all = queued(&app, 1).await;
    all.extend(queued(&app, 2).await);
    all.sort_unstable();
    assert_eq!(all, [1, 2, 3, 4]);
}

#[tokio::test]
async fn who_was_withdrawn_from_one_topic_gets_the_other_of_the_edition() {
    let (app, _folder, first) = app_with(3).await;
    let second = another(&app, test_data::newsletter("second").edition(1)).await;
    app.db
        .execute("UPDATE newsletter SET edition = 1", [])
        .await
        .unwrap();
    enqueue_all(&app, &first).await;
    app.db
        .execute("UPDATE delivery SET state = 5 WHERE subscriber_id = 2", [])
        .await
        .unwrap();
    enqueue_all(&app, &second).await;
    assert_eq!(queued(&app, 2).await, [2, 4]);
}

/// Two newsletters of one edition in the queue; the readers 2 and 3 asked for both topics.
async fn edition() -> (App, tempfile::TempDir, Active, Active) {
    let (app, folder, first) = app_with(3).await;
    let second = another(&app, test_data::newsletter("second").edition(1)).await;
    let sql = "UPDATE newsletter SET edition = 1";
    app.db.execute(sql, []).await.unwrap();
    enqueue_all(&app, &first).await;
    enqueue_all(&app, &second).await;
    assert_eq!(queued(&app, 1).await, [1, 2, 3]);
    assert_eq!(queued(&app, 2).await, [4]);
    (app, folder, first, second)
}

async fn leaves_topic(app: &App, subscriber: i64, topic: i64) {
    let sql = "DELETE FROM subscription WHERE subscriber_id = $1 AND topic_id = $2";
    let left = app.db.execute(sql, values![subscriber, topic]).await;
    assert_eq!(left.unwrap(), 1);
}

async fn number(app: &App, sql: &str) -> i64 {
    db::scalar(app.db.pool(), sql, []).await.unwrap().unwrap()
}

#[tokio::test]
async fn who_leaves_one_topic_mid_send_gets_the_copy_of_the_other_and_only_that() {
    let (app, _folder, first, second) = edition().await;
    leaves_topic(&app, 2, first.topic_id).await;
    let claimed = claim(&app.db, &first, 1, 10, NOW).await.unwrap();
    let mut ids: Vec<i64> = claimed.iter().map(|c| c.subscriber_id).collect();
    ids.sort_unstable();
    assert_eq!(ids, [1, 3]);
    assert_eq!(queued(&app, 2).await, [2, 4]);
    let claimed = claim(&app.db, &second, 2, 10, NOW).await.unwrap();
    assert_eq!(claimed.len(), 2);
    assert_eq!(
        number(&app, "SELECT total FROM newsletter WHERE id = 2").await,
        2
    );
    // Asked again, it changes nothing.
    claim(&app.db, &first, 1, 10, NOW).await.unwrap();
    assert_eq!(
        number(&app, "SELECT total FROM newsletter WHERE id = 2").await,
        2
    );
}

#[tokio::test]
async fn who_leaves_a_topic_mid_send_gets_the_other_copy_in_the_nearest_language() {
    let (app, _folder, first) = app_with(3).await;
    let english = another(&app, test_data::newsletter("second").edition(1)).await;
    let third = test_data::newsletter("third").edition(1).id(3);
    let third = third.topic(english.topic_id).sending().insert(&app).await;
    let spanish = Active {
        id: third,
        ..english
    };
    // Of the second topic there are both; reader 2 reads Spanish.
    for sql in [
        "UPDATE newsletter SET edition = 1, version_rank = 1, language = 'es'",
        "UPDATE newsletter SET version_rank = 0, language = 'en' WHERE id = 2",
        "UPDATE subscriber SET language = 'es' WHERE id = 2",
    ] {
        app.db.execute(sql, []).await.unwrap();
    }
    for newsletter in [&first, &english, &spanish] {
        enqueue_all(&app, newsletter).await;
    }
    assert_eq!(queued(&app, 1).await, [1, 2]);
    assert_eq!(queued(&app, 2).await, [3, 4]);
    assert!(queued(&app, 3).await.is_empty());
    leaves_topic(&app, 2, first.topic_id).await;
    claim(&app.db, &first, 1, 10, NOW).await.unwrap();
    assert_eq!(queued(&app, 3).await, [2]);
}

#[tokio::test]
async fn who_leaves_everything_mid_send_gets_no_copy_at_all() {
    let (app, _folder, first, second) = edition().await;
    let sql = "UPDATE subscriber SET status = 2 WHERE id = 2";
    app.db.execute(sql, []).await.unwrap();
    leaves_topic(&app, 3, first.topic_id).await;
    leaves_topic(&app, 3, second.topic_id).await;
    assert_eq!(claim(&app.db, &first, 1, 10, NOW).await.unwrap().len(), 1);
    assert_eq!(queued(&app, 2).await, [4]);
}

#[tokio::test]
async fn a_copy_that_was_finished_goes_on_for_who_leaves_the_other_topic() {
    let (app, _folder, first, second) = edition().await;
    claim(&app.db, &second, 2, 10, NOW).await.unwrap();
    let accepted = "UPDATE delivery SET state = 3, worker = NULL WHERE newsletter_id = 2";
    app.db.execute(accepted, []).await.unwrap();
    assert!(finish(&app.db, 2, NOW).await.unwrap());
    leaves_topic(&app, 2, first.topic_id).await;
    claim(&app.db, &first, 1, 10, NOW).await.unwrap();
    let state = "SELECT CAST(state AS BIGINT) FROM newsletter WHERE id = 2";
    assert_eq!(number(&app, state).await, 2, "it is being sent again");
    let lines =
        "SELECT count(*) FROM audit WHERE action = 'newsletter.go_on' AND object = 'newsletter/2'";
    assert_eq!(number(&app, lines).await, 1);
    assert_eq!(claim(&app.db, &second, 2, 10, NOW).await.unwrap().len(), 1);
    app.db.execute(accepted, []).await.unwrap();
    assert!(finish(&app.db, 2, NOW).await.unwrap());
    // Past its deadline a copy takes nobody any more.
    let late = NOW + 2 * crate::clock::DAY;
    leaves_topic(&app, 3, first.topic_id).await;
    let sql = "UPDATE delivery SET state = 5, worker = NULL WHERE newsletter_id = 1 AND subscriber_id = 3";
    app.db.execute(sql, []).await.unwrap();
    let handed = edition_handover::hand_over_withdrawn(&app.db, 1, late).await;
    assert_eq!(handed.unwrap(), 0);
}

#[tokio::test]
async fn f9_a_correction_goes_to_those_who_got_the_first_and_to_nobody_else() {
    let (app, _folder, first) = app_with(3).await;
    let correction = another(&app, test_data::newsletter("second").corrects(1)).await;
    app.db
        .execute(
            "UPDATE subscription SET topic_id = 2 WHERE topic_id = 1 AND subscriber_id = 1",
            [],
        )
        .await
        .unwrap();
    test_data::subscribes(&app, 1, 1).await;
    enqueue_all(&app, &first).await;
    for (subscriber, state) in [(1, 3), (2, 4), (3, 2)] {
        app.db
            .execute(
                "UPDATE delivery SET state = $2 WHERE subscriber_id = $1",
                values![subscriber, state],
            )
            .await
            .unwrap();
    }
    enqueue_all(&app, &correction).await;
    assert_eq!(queued(&app, 2).await, [1, 3]);
}

#[tokio::test]
async fn what_a_dead_worker_held_is_queued_again_and_the_dead_finds_out() {
    let (app, _folder, newsletter) = app_with(5).await;
    enqueue_all(&app, &newsletter).await;
    claim(&app.db, &newsletter, 1, 3, NOW).await.unwrap();
    assert_eq!(expire(&app.db, 1, NOW).await.unwrap(), 3);
    assert_eq!(status(&app, 0).await, 5);
    assert!(!renew_lease(&app.db, 1, NOW).await.unwrap());
}

#[tokio::test]
async fn a_worker_that_was_struck_and_does_not_know_it_yet_claims_nothing() {
    let (app, _folder, newsletter) = app_with(3).await;
    enqueue_all(&app, &newsletter).await;
    expire(&app.db, 1, NOW).await.unwrap();
    let claimed = claim(&app.db, &newsletter, 1, 10, NOW).await.unwrap();
    assert!(claimed.is_empty(), "{claimed:?}");
    assert_eq!(status(&app, 0).await, 3);
    let claimed = claim(&app.db, &newsletter, 2, 10, NOW).await.unwrap();
    assert_eq!(claimed.len(), 3);
}

#[tokio::test]
async fn a_strike_and_a_claim_at_the_same_time_leave_nothing_under_the_number_that_was_struck() {
    crate::db::several_connections();
    let (app, _folder, newsletter) = app_with(400).await;
    enqueue_all(&app, &newsletter).await;
    for worker in 10..30 {
        testing::worker(&app, worker).await;
        let (claimed, expired) = tokio::join!(
            claim(&app.db, &newsletter, worker, 20, NOW),
            expire(&app.db, worker, NOW)
        );
        claimed.unwrap();
        expired.unwrap();
        assert_eq!(status(&app, 1).await, 0, "worker {worker}");
    }
}

#[tokio::test]
async fn what_is_held_under_nobodys_number_is_queued_again() {
    let (app, _folder, newsletter) = app_with(5).await;
    enqueue_all(&app, &newsletter).await;
    claim(&app.db, &newsletter, 1, 2, NOW).await.unwrap();
    claim(&app.db, &newsletter, 2, 2, NOW).await.unwrap();
    app.db
        .execute("DELETE FROM worker WHERE id = 1", [])
        .await
        .unwrap();
    assert_eq!(free_ownerless(&app.db, 1, NOW).await.unwrap(), 2);
    assert_eq!((status(&app, 0).await, status(&app, 1).await), (3, 2));
    assert_eq!(free_ownerless(&app.db, 1, NOW).await.unwrap(), 0);
}

#[tokio::test]
async fn s2_what_waits_when_the_give_up_time_has_passed_is_not_sent_any_more() {
    let (app, _folder, newsletter) = app_with(5).await;
    enqueue_all(&app, &newsletter).await;
    claim(&app.db, &newsletter, 1, 1, NOW).await.unwrap();
    let deferred = "UPDATE delivery SET state = 2, at = 5 WHERE subscriber_id = 5";
    app.db.execute(deferred, []).await.unwrap();
    let deferred = crate::delivery_state::DeliveryState::Deferred;
    test_data::reply(&app, (1, 5), deferred, (451, "4.7.1 not now")).await;
    let before = newsletter.deadline - 1;
    assert_eq!(
        fail_past_deadline(&app.db, &newsletter, before)
            .await
            .unwrap(),
        0
    );
    let then = newsletter.deadline;
    assert_eq!(
        fail_past_deadline(&app.db, &newsletter, then)
            .await
            .unwrap(),
        4
    );
    assert_eq!(
        fail_past_deadline(&app.db, &newsletter, then)
            .await
            .unwrap(),
        0
    );
    assert_eq!((status(&app, 1).await, status(&app, 4).await), (1, 4));
    let failed = crate::delivery::exceptions(&app, 1, 10).await.unwrap();
    assert!(failed.iter().all(|one| one.state == "failed"));
    let words = |email: &str| {
        let of = failed.iter().find(|one| one.email.starts_with(email));
        of.map(|one| (one.code, one.words.as_str())).unwrap()
    };
    assert_eq!(words("reader2@"), (0, "not sent before the give-up time"));
    assert_eq!(
        words("reader5@"),
        (
            451,
            "not sent before the give-up time; before: 4.7.1 not now"
        )
    );
    // Paused, it keeps what it has: whoever resumes it gives it its hours anew.
    give_back(&app.db, 1, 1, &[1], then).await.unwrap();
    app.db
        .execute("UPDATE newsletter SET state = 3", [])
        .await
        .unwrap();
    assert_eq!(
        fail_past_deadline(&app.db, &newsletter, then)
            .await
            .unwrap(),
        0
    );
    crate::newsletters::resume(&app, 1, "test").await.unwrap();
    app.clock.advance_ms(then - NOW);
    let resumed = active(&app.db).await.unwrap()[0];
    assert!(resumed.deadline > then, "{resumed:?}");
}

#[tokio::test]
async fn s2_nobody_is_put_off_until_after_the_give_up_time() {
    let (app, _folder, newsletter) = app_with(2).await;
    enqueue_all(&app, &newsletter).await;
    claim(&app.db, &newsletter, 1, 2, NOW).await.unwrap();
    for (reader, at, state) in [(1, newsletter.deadline, 2), (2, newsletter.deadline + 1, 4)] {
        defer_until(&app.db, &newsletter, 1, &[reader], at, NOW)
            .await
            .unwrap();
        assert_eq!(status(&app, state).await, 1);
    }
    assert_eq!(status(&app, 1).await, 0);
    let exceptions = crate::delivery::exceptions(&app, 1, 10).await.unwrap();
    let failed = exceptions.iter().find(|one| one.state == "failed").unwrap();
    assert_eq!(failed.words, "not sent before the give-up time");
}

#[tokio::test]
async fn a_newsletter_is_finished_only_when_nothing_waits_and_all_were_queued() {
    let (app, _folder, newsletter) = app_with(2).await;
    assert!(!finish(&app.db, newsletter.id, NOW).await.unwrap());
    enqueue_all(&app, &newsletter).await;
    assert!(!finish(&app.db, newsletter.id, NOW).await.unwrap());
    app.db
        .execute("UPDATE delivery SET state = 3", [])
        .await
        .unwrap();
    assert!(finish(&app.db, newsletter.id, NOW).await.unwrap());
    assert!(!finish(&app.db, newsletter.id, NOW).await.unwrap());
    let counts = crate::newsletters::counts(&app, newsletter.id)
        .await
        .unwrap();
    assert_eq!(counts.accepted, 2);
}

#[tokio::test]
async fn a_deferred_delivery_comes_back_when_it_is_due_and_before_fresh_ones() {
    let (app, _folder, newsletter) = app_with(3).await;
    enqueue_all(&app, &newsletter).await;
    app.db
        .execute(
            "UPDATE delivery SET state = 2, at = $1 WHERE subscriber_id = 3",
            values![NOW + 100],
        )
        .await
        .unwrap();
    let early = claim(&app.db, &newsletter, 1, 1, NOW).await.unwrap();
    assert_eq!(early[0].subscriber_id, 1);
    let later = claim(&app.db, &newsletter, 1, 1, NOW + 100).await.unwrap();
    assert_eq!(later[0].subscriber_id, 3);
}

#[tokio::test]
async fn every_query_of_the_hot_path_uses_its_index() {
    let (app, _folder, _newsletter) = app_with(1).await;
    if !app.db.is_sqlite() {
        // PostgreSQL chooses by size; on a table of one row it is right to read the table.
        return;
    }
    let queued = claiming(&app.db, 1, "state = 0", "subscriber_id");
    let deferred = claiming(&app.db, 1, "state = 2 AND at <= $4", "at");
    for (sql, index) in [
        (queued.as_str(), "delivery_queued"),
        (deferred.as_str(), "delivery_deferred"),
        (queued.as_str(), "SEARCH worker USING INTEGER PRIMARY KEY"),
        (registration::OWNERLESS.as_str(), "delivery_claimed"),
        (
            "SELECT subscriber_id FROM delivery WHERE newsletter_id = 1 AND state = 0 ORDER BY subscriber_id LIMIT 5",
            "delivery_queued",
        ),
        (
            "SELECT subscriber_id FROM delivery WHERE newsletter_id = 1 AND state = 2 AND at <= 5 ORDER BY at LIMIT 5",
            "delivery_deferred",
        ),
        (
            "SELECT count(*) FROM delivery WHERE newsletter_id = 1 AND state = 0",
            "delivery_queued",
        ),
        (
            "SELECT count(*) FROM delivery WHERE newsletter_id = 1 AND state = 1",
            "delivery_claimed",
        ),
        (
            "SELECT count(*) FROM delivery WHERE newsletter_id = 1 AND state IN (4, 5) AND state = 4",
            "delivery_exception",
        ),
        (
            "SELECT id FROM newsletter WHERE state IN (1, 2, 3) AND state = 2",
            "newsletter_active",
        ),
        (
            "SELECT id FROM transactional_mail WHERE state IN (0, 2) AND at <= 5 ORDER BY at LIMIT 5",
            "transactional_mail_due",
        ),
        (
            "SELECT 1 FROM newsletter n JOIN delivery d ON d.newsletter_id = n.id
             WHERE n.state IN (1, 2, 3) AND n.state = 2 AND d.state = 2 AND d.at <= 5",
            "delivery_deferred",
        ),
    ] {
        let rows = app
            .db
            .all(&format!("EXPLAIN QUERY PLAN {sql}"), [])
            .await
            .unwrap();
        let plan: Vec<String> = rows
            .iter()
            .map(|row| row.try_get("", "detail").unwrap())
            .collect();
        let plan = plan.join("; ");
        assert!(plan.contains(index), "{sql}: {plan}");
        assert!(!plan.contains("TEMP B-TREE"), "{sql}: {plan}");
        assert!(!plan.contains("SCAN delivery"), "{sql}: {plan}");
    }
}

/// A container that is paused, or a machine that sleeps, may stop a worker between two statements.
#[tokio::test]
async fn what_a_stopped_worker_holds_within_a_transaction_is_set_free_by_the_server() {
    crate::db::several_connections();
    let (app, _folder, newsletter) = app_with(3).await;
    if app.db.is_sqlite() {
        return;
    }
    enqueue_all(&app, &newsletter).await;
    let setting = "SELECT current_setting('idle_in_transaction_session_timeout') AS words";
    let of_pool: Option<String> = db::scalar(app.db.pool(), setting, []).await.unwrap();
    let of_queue = app
        .db
        .queue()
        .rows(setting, [], |row| row.text_or_none("words"));
    assert_eq!(of_pool.as_deref(), Some("10s"));
    assert_eq!(of_queue.await.unwrap(), [Some("10s".to_owned())]);

    let claimed = claim(&app.db, &newsletter, 1, 3, NOW + 1).await.unwrap();
    assert_eq!(claimed.len(), 3);
    let mut stopped = app.db.queue().begin().await.unwrap();
    let shorter = "SET LOCAL idle_in_transaction_session_timeout = '200ms'";
    stopped.execute(shorter, []).await.unwrap();
    let settle = "UPDATE delivery SET state = 3 WHERE worker = 1";
    assert_eq!(stopped.execute(settle, []).await.unwrap(), 3);
    // Others take over, and it has done nothing.
    expire(&app.db, 1, NOW + 40_000).await.unwrap();
    assert_eq!((status(&app, 0).await, status(&app, 3).await), (3, 0));
    assert!(stopped.execute(settle, []).await.is_err());
    drop(stopped);

    // A session that the server ended while it was about to commit is not used again.
    let mut stopped = app.db.queue().begin().await.unwrap();
    stopped.execute(shorter, []).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(600)).await;
    assert!(stopped.commit().await.is_err());
    assert_eq!(app.db.queue().execute(settle, []).await.unwrap(), 0);
}
