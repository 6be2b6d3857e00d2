//! Any order of steps on two newsletters and some transactional mail, by two workers and those that were
//! taken for dead, against a model in memory that is too simple to be wrong.

use proptest::{prelude::*, test_runner::TestRunner};

use super::*;
use crate::{
    delivery::{outcome::MessageKey, transactional_queue},
    newsletters,
};

mod compare;
mod steps;
mod work;

use newsletters::NewsletterState::{Cancelled, Paused, Sending, Sent};
use steps::{Step, step};

const LETTERS: usize = 2;
const READERS: usize = 6;
const MAILS: usize = 3;

/// Everything that can be sent has a place: the newsletters reader by reader, then the transactional mail.
const PLACES: usize = LETTERS * READERS + MAILS;

fn place(letter: usize, reader: usize) -> usize {
    letter * READERS + reader
}

fn place_of_mail(mail: usize) -> usize {
    LETTERS * READERS + mail
}

/// The newsletter and the reader of a place; none for transactional mail.
fn delivery(place: usize) -> Option<(usize, usize)> {
    (place < LETTERS * READERS).then_some((place / READERS, place % READERS))
}

/// As the database counts.
fn number(index: usize) -> i64 {
    index as i64 + 1
}

fn key(place: usize) -> MessageKey {
    match delivery(place) {
        Some((letter, reader)) => MessageKey::Delivery {
            newsletter: number(letter),
            topic: 1,
            subscriber: number(reader),
        },
        None => MessageKey::TransactionalMail(number(place - LETTERS * READERS)),
    }
}

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

/// A worker, or the ghost of one: the places that it has in hand, and what it may send.
#[derive(Debug, Default)]
struct Worker {
    id: i64,
    hand: Vec<usize>,
    wire: Vec<usize>,
}

struct Letter {
    active: Active,
    state: newsletters::NewsletterState,
    enqueued: bool,
}

struct Model {
    app: App,
    letters: Vec<Letter>,
    rows: [Row; PLACES],
    wants: [bool; READERS],
    workers: Vec<Worker>,
    ghosts: Vec<Worker>,
    moment: i64,
    now: i64,
}

#[test]
fn any_order_of_steps_leaves_the_queue_as_the_model_has_it() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (app, _folder) =
        runtime.block_on(testing::app(Clock::fixed_at(crate::clock::instant(NOW))));
    let mut runner = TestRunner::new(ProptestConfig {
        cases: 60,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let steps = proptest::collection::vec(step(), 1..80);
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
        if app.db.is_sqlite() {
            // Thousands of commits that nobody needs once the test is over.
            let unsafely = "PRAGMA synchronous = OFF";
            app.db.execute(unsafely, []).await.unwrap();
        }
        for table in [
            "delivery_reply",
            "delivery",
            "newsletter",
            "subscription",
            "subscriber",
            "transactional_mail",
            "worker",
        ] {
            let sql = format!("DELETE FROM {table}");
            app.db.execute(&sql, []).await.unwrap();
        }
        let first = testing::sending_newsletter(app, READERS as i64).await;
        let second = test_data::newsletter("second").id(2).sending();
        second.insert(app).await;
        let now = app.clock.now_ms();
        let mut rows = [Row::None; PLACES];
        for mail in 0..MAILS {
            test_data::transactional_mail(app, number(mail), now).await;
            rows[place_of_mail(mail)] = Row::Queued;
        }
        let letters = (0..LETTERS).map(|letter| Letter {
            active: Active {
                id: number(letter),
                ..first
            },
            state: Sending,
            enqueued: false,
        });
        let mut model = Self {
            app: app.clone(),
            letters: letters.collect(),
            rows,
            wants: [true; READERS],
            workers: Vec::new(),
            ghosts: Vec::new(),
            moment: 0,
            now,
        };
        for _ in 0..2 {
            let worker = model.worker().await;
            model.workers.push(worker);
        }
        model
    }

    /// A new worker, on some other machine.
    async fn worker(&self) -> Worker {
        let id = register(&self.app.db, "", "", self.now, self.now + 30_000).await;
        Worker {
            id: id.unwrap(),
            ..Worker::default()
        }
    }

    async fn take(&mut self, step: Step) {
        match step {
            Step::Enqueue { letter } => self.enqueue(letter).await,
            Step::Claim {
                worker,
                letter,
                limit,
            } => {
                let claimed = self.claim(worker, letter, limit).await;
                self.workers[worker].hand.extend(claimed);
            }
            Step::ClaimMails { worker } => {
                let claimed = self.claim_mails(worker).await;
                self.workers[worker].hand.extend(claimed);
            }
            Step::LoseClaim { worker, letter } => self.lose_claim(worker, letter).await,
            Step::LoseMails { worker } => self.lose_mails(worker).await,
            Step::Ask { worker } => {
                if let Some(place) = self.workers[worker].hand.pop() {
                    self.ask(worker, place).await;
                }
            }
            Step::Accept { worker } => self.record_end(worker, Row::Accepted).await,
            Step::Defer { worker } => {
                self.moment += 1;
                let at = self.now + 500 + self.moment;
                self.record_end(worker, Row::Deferred(at)).await;
            }
            Step::Fail { worker } => self.record_end(worker, Row::Failed).await,
            Step::GiveBack { worker } => self.give_back(worker).await,
            Step::Postpone { worker } => self.defer_until(worker).await,
            Step::SendDecision { reader } => {
                self.wants[reader] = false;
                let sql = "UPDATE subscriber SET status = 2 WHERE id = $1";
                let left = self.app.db.execute(sql, values![number(reader)]);
                left.await.unwrap();
            }
            Step::Pause { letter } => {
                let done = newsletters::pause(&self.app, number(letter), "model").await;
                self.moves(letter, done.is_ok(), &[Sending], Paused);
            }
            Step::Resume { letter } => {
                let done = newsletters::resume(&self.app, number(letter), "model").await;
                self.moves(letter, done.is_ok(), &[Paused], Sending);
            }
            Step::Cancel { letter } => {
                let done = newsletters::cancel(&self.app, number(letter), "model").await;
                self.moves(letter, done.is_ok(), &[Sending, Paused], Cancelled);
                if done.is_ok() {
                    for row in &mut self.rows[place(letter, 0)..place(letter, READERS)] {
                        if matches!(row, Row::Queued | Row::Deferred(_)) {
                            *row = Row::Withdrawn;
                        }
                    }
                }
            }
            Step::Die { worker, found } => self.die(worker, found).await,
            Step::GhostClaims { letter } => self.ghost_claims(letter).await,
            Step::GhostAsks => {
                if let Some((id, place)) = self.ghost(|ghost| &mut ghost.hand) {
                    assert!(!work::recorded(&self.app, id, None, Some(key(place))).await);
                }
            }
            Step::GhostPostpones => {
                if let Some((id, place)) = self.ghost(|ghost| &mut ghost.hand)
                    && let Some((letter, reader)) = delivery(place)
                {
                    // It holds nothing any more.
                    self.postpone_in_database(id, letter, reader, self.now)
                        .await;
                }
            }
            Step::GhostAccepts => {
                // It was on the wire when its worker was expired: the relay has it.
                if let Some((id, place)) = self.ghost(|ghost| &mut ghost.wire) {
                    self.record(id, place, Row::Accepted).await;
                }
            }
            Step::Wait => {
                self.now += 300;
                self.app.clock.advance_ms(300);
            }
            Step::Finish { letter } => {
                let done = finish(&self.app.db, number(letter), self.now).await;
                let open =
                    |row: &Row| matches!(row, Row::Queued | Row::Claimed(_) | Row::Deferred(_));
                let rows = &self.rows[place(letter, 0)..place(letter, READERS)];
                let may = self.letters[letter].enqueued && !rows.iter().any(open);
                let from: &[_] = if may { &[Sending] } else { &[] };
                self.moves(letter, done.unwrap(), from, Sent);
            }
        }
    }

    /// A newsletter goes from one of these states to another, and from no other state.
    fn moves(
        &mut self,
        letter: usize,
        done: bool,
        from: &[newsletters::NewsletterState],
        to: newsletters::NewsletterState,
    ) {
        let state = &mut self.letters[letter].state;
        assert_eq!(done, from.contains(state));
        if done {
            *state = to;
        }
    }
}
