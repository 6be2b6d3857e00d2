//! Any order of steps, by two workers and those that were taken for dead, against a model in
//! memory that is too simple to be wrong.

use proptest::{prelude::*, test_runner::TestRunner};
use tokio_util::sync::CancellationToken;

use super::*;
use crate::{
    delivery::{
        recorder::{Fate, Key, Recorder, Settled},
        smtp::Tls,
    },
    newsletters,
};

mod steps;

use steps::{Step, step};

const READERS: usize = 8;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Row {
    None,
    Queued,
    Claimed(i64),
    Deferred(i64),
    Accepted,
    Failed,
    Withdrawn,
}

/// A worker, or the ghost of one: what it has in hand, and what it may send.
#[derive(Debug, Default)]
struct Worker {
    id: i64,
    hand: Vec<usize>,
    wire: Vec<usize>,
}

struct Model {
    app: App,
    newsletter: Active,
    rows: [Row; READERS],
    wants: [bool; READERS],
    state: newsletters::NewsletterState,
    enqueued: bool,
    workers: Vec<Worker>,
    ghosts: Vec<Worker>,
    moment: i64,
    now: i64,
}

#[test]
fn any_order_of_steps_leaves_the_queue_as_the_model_has_it() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (app, _folder) =
        runtime.block_on(testing::app(Clock::standing_at(crate::clock::instant(NOW))));
    let mut runner = TestRunner::new(ProptestConfig {
        cases: 60,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let steps = proptest::collection::vec(step(), 1..60);
    let outcome = runner.run(&steps, |steps| {
        runtime.block_on(async {
            let mut model = Model::new(&app).await;
            for step in steps {
                model.take(step).await;
                model.compare(step).await;
            }
        });
        Ok(())
    });
    outcome.unwrap();
}

impl Model {
    async fn new(app: &App) -> Self {
        for table in [
            "delivery_reply",
            "delivery",
            "newsletter",
            "subscription",
            "subscriber",
            "worker",
        ] {
            let sql = format!("DELETE FROM {table}");
            app.db.execute(&sql, []).await.unwrap();
        }
        let newsletter = testing::sending_newsletter(app, READERS as i64).await;
        let mut workers = Vec::new();
        for _ in 0..2 {
            let id = enlist(&app.db, "", NOW, NOW + 30_000).await.unwrap();
            workers.push(Worker {
                id,
                ..Worker::default()
            });
        }
        Self {
            app: app.clone(),
            newsletter,
            rows: [Row::None; READERS],
            wants: [true; READERS],
            state: newsletters::NewsletterState::Sending,
            enqueued: false,
            workers,
            ghosts: Vec::new(),
            moment: 0,
            now: app.clock.now_ms(),
        }
    }

    async fn take(&mut self, step: Step) {
        use newsletters::NewsletterState::{Cancelled, Paused, Sending};
        match step {
            Step::Enqueue => self.enqueue().await,
            Step::Claim { worker, limit } => {
                let claimed = self.claim(worker, limit).await;
                self.workers[worker].hand.extend(claimed);
            }
            Step::LoseClaim { .. } if self.state != Sending => {}
            Step::LoseClaim { worker } => {
                let claimed = self.claim(worker, 3).await;
                for reader in claimed {
                    self.rows[reader] = Row::Queued;
                }
                let id = self.workers[worker].id;
                let db = &self.app.db;
                give_back_claim(db, 1, id, self.now + self.moment)
                    .await
                    .unwrap();
            }
            Step::Ask { worker } => {
                if let Some(reader) = self.workers[worker].hand.pop() {
                    self.ask(worker, reader).await;
                }
            }
            Step::Accept { worker } => self.settle(worker, Row::Accepted).await,
            Step::Defer { worker } => {
                self.moment += 1;
                let at = self.now + 500 + self.moment;
                self.settle(worker, Row::Deferred(at)).await;
            }
            Step::Fail { worker } => self.settle(worker, Row::Failed).await,
            Step::GiveBack { worker } => self.give_back(worker).await,
            Step::Leave { reader } => {
                self.wants[reader] = false;
                let id = reader as i64 + 1;
                let sql = "UPDATE subscriber SET standing = 2 WHERE id = $1";
                self.app.db.execute(sql, values![id]).await.unwrap();
            }
            Step::Pause => {
                let done = newsletters::pause(&self.app, 1, "model").await.is_ok();
                assert_eq!(done, self.state == Sending);
                if done {
                    self.state = Paused;
                }
            }
            Step::Resume => {
                let done = newsletters::resume(&self.app, 1, "model").await.is_ok();
                assert_eq!(done, self.state == Paused);
                if done {
                    self.state = Sending;
                }
            }
            Step::Cancel => {
                let done = newsletters::cancel(&self.app, 1, "model").await.is_ok();
                assert_eq!(done, matches!(self.state, Sending | Paused));
                if done {
                    self.state = Cancelled;
                    for row in &mut self.rows {
                        if matches!(row, Row::Queued | Row::Deferred(_)) {
                            *row = Row::Withdrawn;
                        }
                    }
                }
            }
            Step::Die { worker } => self.die(worker).await,
            Step::GhostAsks => {
                if let Some((id, reader)) = self.ghost(|ghost| &mut ghost.hand) {
                    assert!(!recorded(&self.app, id, None, Some(key(reader))).await);
                }
            }
            Step::GhostAccepts => {
                // It was on the wire when its worker was struck: the relay has it.
                if let Some((id, reader)) = self.ghost(|ghost| &mut ghost.wire) {
                    self.record(id, reader, Row::Accepted).await;
                }
            }
            Step::GhostClaims => {
                if let Some(ghost) = self.ghosts.last() {
                    let (db, now) = (&self.app.db, self.now + self.moment);
                    let claimed = super::claim(db, &self.newsletter, ghost.id, 5, now).await;
                    assert!(claimed.unwrap().is_empty());
                }
            }
            Step::Wait => {
                self.now += 300;
                self.app.clock.advance_ms(300);
            }
            Step::Finish => {
                let done = finish(&self.app.db, 1, self.now).await.unwrap();
                let open =
                    |row: &Row| matches!(row, Row::Queued | Row::Claimed(_) | Row::Deferred(_));
                let may = self.state == Sending && self.enqueued && !self.rows.iter().any(open);
                assert_eq!(done, may);
                if done {
                    self.state = newsletters::NewsletterState::Sent;
                }
            }
        }
    }

    async fn enqueue(&mut self) {
        let more = enqueue_slice(&self.app.db, &self.newsletter, self.now)
            .await
            .unwrap();
        let sends = self.state == newsletters::NewsletterState::Sending;
        let queued = self.rows.iter().any(|row| *row != Row::None);
        let first = sends && !self.enqueued && !queued && self.wants.contains(&true);
        if first {
            for (row, wants) in self.rows.iter_mut().zip(self.wants) {
                if wants {
                    *row = Row::Queued;
                }
            }
        } else if sends && !more {
            self.enqueued = true;
        }
    }

    async fn claim(&mut self, worker: usize, limit: usize) -> Vec<usize> {
        if self.state != newsletters::NewsletterState::Sending {
            // The worker looks only at what is being sent.
            return Vec::new();
        }
        self.moment += 1;
        let id = self.workers[worker].id;
        // Far below the 300 of a wait, so that nothing comes due by it.
        let now = self.now + self.moment;
        let claimed = super::claim(&self.app.db, &self.newsletter, id, limit, now)
            .await
            .unwrap();
        let due = |row: &Row| matches!(row, Row::Deferred(at) if *at <= now);
        let mut waiting: Vec<usize> = (0..READERS)
            .filter(|reader| due(&self.rows[*reader]))
            .collect();
        waiting.sort_by_key(|reader| match self.rows[*reader] {
            Row::Deferred(at) => at,
            _ => 0,
        });
        let mut expected = self.hand_out(id, waiting, limit);
        let room = limit - expected.len();
        let fresh = (0..READERS)
            .filter(|reader| self.rows[*reader] == Row::Queued)
            .collect();
        expected.extend(self.hand_out(id, fresh, room));
        let mut found: Vec<usize> = claimed
            .iter()
            .map(|one| one.subscriber_id as usize - 1)
            .collect();
        found.sort_unstable();
        expected.sort_unstable();
        assert_eq!(found, expected);
        found
    }

    /// Gives the first of `waiting` to a worker: those who have left are withdrawn, and count.
    fn hand_out(&mut self, worker: i64, waiting: Vec<usize>, limit: usize) -> Vec<usize> {
        let mut given = Vec::new();
        for reader in waiting.into_iter().take(limit) {
            if self.wants[reader] {
                self.rows[reader] = Row::Claimed(worker);
                given.push(reader);
            } else {
                self.rows[reader] = Row::Withdrawn;
            }
        }
        given
    }

    async fn ask(&mut self, worker: usize, reader: usize) {
        use newsletters::NewsletterState::{Paused, Sending};
        let id = self.workers[worker].id;
        let holds = self.rows[reader] == Row::Claimed(id);
        let may = holds && self.state == Sending && self.wants[reader];
        assert_eq!(recorded(&self.app, id, None, Some(key(reader))).await, may);
        if may {
            self.workers[worker].wire.push(reader);
        } else if holds {
            let back = self.state == Paused && self.wants[reader];
            self.rows[reader] = if back { Row::Queued } else { Row::Withdrawn };
        }
    }

    async fn give_back(&mut self, worker: usize) {
        if let Some(reader) = self.workers[worker].hand.pop() {
            let id = self.workers[worker].id;
            let number = [reader as i64 + 1];
            let done = super::give_back(&self.app.db, 1, id, &number, self.now);
            done.await.unwrap();
            if self.rows[reader] == Row::Claimed(id) {
                self.rows[reader] = Row::Queued;
            }
        }
    }

    async fn settle(&mut self, worker: usize, row: Row) {
        if let Some(reader) = self.workers[worker].wire.pop() {
            let id = self.workers[worker].id;
            self.record(id, reader, row).await;
        }
    }

    async fn record(&mut self, worker: i64, reader: usize, row: Row) {
        let fate = match row {
            Row::Deferred(at) => Fate::Deferred(at, 451, "later".to_owned()),
            Row::Failed => Fate::Failed(550, "no".to_owned()),
            _ => Fate::Accepted,
        };
        let settled = Settled {
            key: key(reader),
            relay: 1,
            tls: Tls::V1_3,
            fate,
        };
        recorded(&self.app, worker, Some(settled), None).await;
        let cancelled = self.state == newsletters::NewsletterState::Cancelled;
        if matches!(
            self.rows[reader],
            Row::Queued | Row::Claimed(_) | Row::Deferred(_)
        ) {
            self.rows[reader] = match row {
                Row::Deferred(_) if cancelled => Row::Withdrawn,
                row => row,
            };
        }
    }

    async fn die(&mut self, worker: usize) {
        let id = self.workers[worker].id;
        dismiss(&self.app.db, id, self.now).await.unwrap();
        assert!(!renew(&self.app.db, id, self.now).await.unwrap());
        let cancelled = self.state == newsletters::NewsletterState::Cancelled;
        for row in &mut self.rows {
            if *row == Row::Claimed(id) {
                *row = if cancelled {
                    Row::Withdrawn
                } else {
                    Row::Queued
                };
            }
        }
        let fresh = Worker {
            id: enlist(&self.app.db, "", self.now, self.now + 30_000)
                .await
                .unwrap(),
            ..Worker::default()
        };
        self.ghosts
            .push(std::mem::replace(&mut self.workers[worker], fresh));
    }

    fn ghost(&mut self, part: impl Fn(&mut Worker) -> &mut Vec<usize>) -> Option<(i64, usize)> {
        let ghosts = self.ghosts.iter_mut();
        ghosts
            .rev()
            .find_map(|ghost| Some((ghost.id, part(ghost).pop()?)))
    }

    /// Row by row, and the counts.
    async fn compare(&self, step: Step) {
        let sql = "SELECT subscriber_id, state, worker, at FROM delivery";
        let mut found = [Row::None; READERS];
        for row in self.app.db.all(sql, []).await.unwrap() {
            let reader = row.try_get_by_index::<i64>(0).unwrap() as usize - 1;
            let worker: Option<i64> = row.try_get_by_index(2).unwrap();
            let at: i64 = row.try_get_by_index(3).unwrap();
            found[reader] = match row.try_get_by_index::<i16>(1).unwrap() {
                0 => Row::Queued,
                1 => Row::Claimed(worker.unwrap()),
                2 => Row::Deferred(at),
                3 => Row::Accepted,
                4 => Row::Failed,
                _ => Row::Withdrawn,
            };
            assert_eq!(worker.is_some(), matches!(found[reader], Row::Claimed(_)));
        }
        assert_eq!(found, self.rows, "after {step:?}");
        let counts = newsletters::counts(&self.app, 1).await.unwrap();
        let count =
            |wanted: fn(&Row) -> bool| self.rows.iter().filter(|row| wanted(row)).count() as u64;
        let expected = newsletters::Counts {
            queued: count(|row| *row == Row::Queued),
            claimed: count(|row| matches!(row, Row::Claimed(_))),
            accepted: count(|row| *row == Row::Accepted),
            deferred: count(|row| matches!(row, Row::Deferred(_))),
            failed: count(|row| *row == Row::Failed),
            withdrawn: count(|row| *row == Row::Withdrawn),
        };
        assert_eq!(counts, expected, "after {step:?}");
    }
}

fn key(reader: usize) -> Key {
    Key::Delivery {
        newsletter: 1,
        topic: 1,
        subscriber: reader as i64 + 1,
    }
}

/// One commit by a recorder of `worker`.
async fn recorded(app: &App, worker: i64, settled: Option<Settled>, ask: Option<Key>) -> bool {
    let recorder = Recorder::new(1);
    recorder.submit(0, [settled, None], ask);
    tokio::select! {
        () = recorder.run(app, || worker, CancellationToken::new()) => false,
        answer = recorder.answer(0) => answer,
    }
}
