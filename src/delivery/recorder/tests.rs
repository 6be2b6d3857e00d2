//! What the recorder promises: outcomes first, then leave to send, and leave only for who still
//! wants it.

use std::sync::Arc;

use super::*;
use crate::{
    clock::Clock,
    db,
    delivery::{
        outcome::Outcome,
        queue::{self, Active},
        testing,
    },
    delivery_state::Tls,
    delivery_withdrawal, values,
};

const WORKER: i64 = 7;

struct Desk {
    app: App,
    recorder: Arc<Recorder>,
    stop: CancellationToken,
    task: tokio::task::JoinHandle<()>,
    newsletter: Active,
    _folder: tempfile::TempDir,
}

async fn desk(subscribers: i64) -> Desk {
    let (app, folder) = testing::app(Clock::system()).await;
    let newsletter = testing::sending_newsletter(&app, subscribers).await;
    while queue::enqueue_slice(&app.db, &newsletter, 1).await.unwrap() {}
    testing::worker(&app, WORKER).await;
    queue::claim(&app.db, &newsletter, WORKER, 1000, 1)
        .await
        .unwrap();
    let recorder = Arc::new(Recorder::new(4));
    let stop = CancellationToken::new();
    let task = tokio::spawn({
        let (app, recorder, stop) = (app.clone(), recorder.clone(), stop.clone());
        async move { recorder.run(&app, || WORKER, stop).await }
    });
    Desk {
        app,
        recorder,
        stop,
        task,
        newsletter,
        _folder: folder,
    }
}

impl Desk {
    fn key(&self, subscriber: i64) -> MessageKey {
        MessageKey::Delivery {
            newsletter: self.newsletter.id,
            topic: 1,
            subscriber,
        }
    }

    async fn ask(&self, sender: usize, subscriber: i64) -> bool {
        self.recorder
            .submit(sender, [None, None], Some(self.key(subscriber)));
        self.recorder.answer(sender).await
    }

    async fn record(&self, subscriber: i64, outcome: Outcome) {
        let attempt = Attempt {
            key: self.key(subscriber),
            relay: 1,
            tls: Tls::V1_3,
            outcome,
            in_doubt: false,
        };
        self.recorder.submit(0, [Some(attempt), None], None);
        assert!(!self.recorder.answer(0).await);
    }

    async fn state(&self, subscriber: i64) -> i16 {
        let sql = "SELECT state FROM delivery WHERE subscriber_id = $1";
        let state = db::scalar(self.app.db.pool(), sql, values![subscriber]).await;
        state.unwrap().unwrap()
    }

    async fn close(self) {
        self.stop.cancel();
        self.task.await.unwrap();
    }
}

#[tokio::test]
async fn an_outcome_is_in_the_database_before_the_answer_is_given() {
    let desk = desk(3).await;
    desk.record(1, Outcome::Accepted).await;
    assert_eq!(desk.state(1).await, 3);
    desk.record(2, Outcome::Deferred(99, 451, "4.7.1 later".to_owned()))
        .await;
    assert_eq!(desk.state(2).await, 2);
    desk.record(3, Outcome::Failed(550, "5.1.1 no such user".to_owned()))
        .await;
    assert_eq!(desk.state(3).await, 4);
    let exceptions = crate::delivery::exceptions(&desk.app, 1, 10).await.unwrap();
    assert_eq!(exceptions.len(), 2);
    assert!(
        exceptions
            .iter()
            .any(|e| e.code == 550 && e.words.contains("no such user"))
    );
    desk.close().await;
}

#[tokio::test]
async fn p4_how_an_attempt_travelled_is_on_record_whatever_came_of_it() {
    let desk = desk(4).await;
    desk.record(1, Outcome::Accepted).await;
    desk.record(2, Outcome::Failed(550, "5.1.1 no such user".to_owned()))
        .await;
    let attempt = Attempt {
        key: desk.key(3),
        relay: 1,
        tls: Tls::None,
        outcome: Outcome::Failed(550, "5.1.1 no such user".to_owned()),
        in_doubt: false,
    };
    desk.recorder.submit(0, [Some(attempt), None], None);
    desk.recorder.answer(0).await;
    let rows = desk
        .app
        .db
        .all("SELECT tls FROM delivery ORDER BY subscriber_id", [])
        .await
        .unwrap();
    let kept: Vec<Option<i16>> = rows
        .iter()
        .map(|row| row.try_get("", "tls").unwrap())
        .collect();
    assert_eq!(kept, [Some(13), Some(13), Some(0), Some(-1)]);
    let exceptions = crate::delivery::exceptions(&desk.app, 1, 10).await;
    let mut shown: Vec<_> = exceptions.unwrap().into_iter().map(|e| e.tls).collect();
    shown.sort_unstable();
    assert_eq!(shown, [Some("TLS 1.3"), Some("none")]);
    desk.close().await;
}

#[tokio::test]
async fn s12_leave_is_given_only_while_the_reader_wants_it_and_the_newsletter_goes_out() {
    let desk = desk(4).await;
    assert!(desk.ask(0, 1).await);
    desk.app
        .db
        .execute("UPDATE subscriber SET status = 2 WHERE id = 2", [])
        .await
        .unwrap();
    assert!(!desk.ask(0, 2).await);
    assert_eq!(desk.state(2).await, 5, "withdrawn");
    desk.app
        .db
        .execute("UPDATE newsletter SET state = 3", [])
        .await
        .unwrap();
    assert!(!desk.ask(0, 3).await);
    assert_eq!(desk.state(3).await, 0, "back in the queue while paused");
    desk.app
        .db
        .execute("UPDATE newsletter SET state = 5", [])
        .await
        .unwrap();
    assert!(!desk.ask(0, 4).await);
    assert_eq!(desk.state(4).await, 5, "withdrawn when cancelled");
    desk.close().await;
}

#[tokio::test]
async fn s12_nothing_begins_for_an_address_that_is_not_the_readers_any_more() {
    let desk = desk(3).await;
    let (app, now) = (&desk.app, 9);
    let transaction = app.db.begin().await.unwrap();
    let sql = "UPDATE subscriber SET email = 'new@example.org', email_key = 'new@example.org' WHERE id = 2";
    db::execute(&transaction, sql, []).await.unwrap();
    delivery_withdrawal::readdress(&transaction, 2)
        .await
        .unwrap();
    transaction.commit().await.unwrap();
    // Together with an outcome it is one statement on PostgreSQL.
    let accepted = Attempt {
        key: desk.key(1),
        relay: 1,
        tls: Tls::V1_3,
        outcome: Outcome::Accepted,
        in_doubt: false,
    };
    desk.recorder
        .submit(0, [Some(accepted), None], Some(desk.key(2)));
    assert!(!desk.recorder.answer(0).await);
    assert_eq!(desk.state(2).await, 0, "back in the queue");
    let claimed = queue::claim(&app.db, &desk.newsletter, WORKER, 10, now)
        .await
        .unwrap();
    let addresses: Vec<&str> = claimed.iter().map(|one| one.email.as_str()).collect();
    assert_eq!(addresses, ["new@example.org"]);
    assert!(desk.ask(0, 2).await && desk.ask(1, 3).await);
    desk.close().await;
}

#[tokio::test]
async fn a_worker_that_lost_its_claim_is_refused_but_what_it_sent_counts() {
    let desk = desk(2).await;
    desk.app
        .db
        .execute("UPDATE delivery SET worker = 8", [])
        .await
        .unwrap();
    assert!(!desk.ask(0, 1).await);
    assert_eq!(
        desk.state(1).await,
        1,
        "the other worker's claim is untouched"
    );
    desk.record(2, Outcome::Accepted).await;
    assert_eq!(
        desk.state(2).await,
        3,
        "the relay has it, whoever held the row"
    );
    desk.close().await;
}

#[tokio::test]
async fn an_accepted_delivery_stays_accepted() {
    let desk = desk(1).await;
    desk.record(1, Outcome::Accepted).await;
    desk.record(1, Outcome::Failed(550, "late news".to_owned()))
        .await;
    assert_eq!(desk.state(1).await, 3);
    desk.close().await;
}

#[tokio::test]
async fn many_senders_at_once_each_get_their_own_answer() {
    let desk = desk(40).await;
    desk.app
        .db
        .execute("UPDATE subscriber SET status = 2 WHERE id % 2 = 0", [])
        .await
        .unwrap();
    let answers = futures_util::future::join_all((0..4).map(|sender| {
        let desk = &desk;
        async move {
            for round in 0..10 {
                let subscriber = 1 + sender as i64 + 4 * round;
                let attempt = (round > 0).then(|| Attempt {
                    key: desk.key(subscriber - 4),
                    relay: 1,
                    tls: Tls::V1_3,
                    outcome: Outcome::Accepted,
                    in_doubt: false,
                });
                desk.recorder
                    .submit(sender, [attempt, None], Some(desk.key(subscriber)));
                assert_eq!(
                    desk.recorder.answer(sender).await,
                    subscriber % 2 == 1,
                    "{subscriber}"
                );
            }
        }
    }));
    answers.await;
    desk.close().await;
}
