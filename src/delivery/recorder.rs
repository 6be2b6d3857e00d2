//! Outcomes are committed together, for all lanes at once, and the same step allows what the lanes
//! want to send next.
//!
//! A lane hands over what became of its last message and what it would like to send; it waits for
//! the answer before another body leaves on its connection. Whatever the lanes handed over while
//! the last commit ran goes into the next one, so the number of commits follows the database, not
//! the rate of sending. A database that fails is asked again until it answers: the lanes wait, and
//! nothing is forgotten.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use sea_orm::{ConnectionTrait, DbErr};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::{DeliveryState, queue};
use crate::{app::App, values};

/// How long a lane may wait for others to commit with: nothing beside a relay's round trip.
const GATHER: Duration = Duration::from_millis(1);

/// Which message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// One newsletter to one subscriber.
    Delivery {
        /// `newsletter.id`
        newsletter: i64,
        /// Its topic: the reader must still want it.
        topic: i64,
        /// `subscriber.id`
        subscriber: i64,
    },
    /// A one-off mail.
    OneOff(i64),
}

/// What became of one message.
#[derive(Debug)]
pub struct Settled {
    /// Which.
    pub key: Key,
    /// The relay that it was offered to.
    pub relay: i16,
    /// What became of it.
    pub fate: Fate,
}

/// What became of a message that was offered to a relay.
#[derive(Debug)]
pub enum Fate {
    /// The relay took it.
    Accepted,
    /// To be tried again at this time, with the relay's code and words.
    Deferred(i64, u16, String),
    /// Ended, with the relay's code and words.
    Failed(u16, String),
}

/// What a lane hands over at once: its last message, the one behind it where that was refused, and
/// what it would like to send.
#[derive(Debug, Default)]
pub struct Request {
    settled: [Option<Settled>; 2],
    ask: Option<Key>,
}

#[derive(Debug, Default)]
struct Slot {
    request: Option<Request>,
    answer: Option<bool>,
}

/// Commits for all lanes of one worker.
#[derive(Debug)]
pub struct Recorder {
    slots: Vec<(Mutex<Slot>, Notify)>,
    bell: Notify,
    /// Lanes that are in the middle of sending.
    busy: AtomicUsize,
}

/// While it lives, a lane counts as busy.
#[derive(Debug)]
pub struct Busy<'a>(&'a AtomicUsize);

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Recorder {
    /// For this many lanes.
    #[must_use]
    pub fn new(lanes: usize) -> Self {
        Self {
            slots: (0..lanes).map(|_| Default::default()).collect(),
            bell: Notify::new(),
            busy: AtomicUsize::new(0),
        }
    }

    /// Counts a lane as busy for as long as the guard lives.
    pub fn busy(&self) -> Busy<'_> {
        self.busy.fetch_add(1, Ordering::Relaxed);
        Busy(&self.busy)
    }

    /// Hands over what settled and asks for leave to send `ask`. [`Recorder::answer`] must follow.
    pub fn submit(&self, lane: usize, settled: [Option<Settled>; 2], ask: Option<Key>) {
        if let Some((slot, _)) = self.slots.get(lane) {
            lock(slot).request = Some(Request { settled, ask });
            self.bell.notify_one();
        }
    }

    /// Waits until what `lane` handed over is committed. Whether what it asked for may be sent:
    /// then this worker holds it, the newsletter is being sent and the reader still wants it.
    pub async fn answer(&self, lane: usize) -> bool {
        let Some((slot, bell)) = self.slots.get(lane) else {
            return false;
        };
        loop {
            if let Some(answer) = lock(slot).answer.take() {
                return answer;
            }
            bell.notified().await;
        }
    }

    /// Commits until `stop` is cancelled and nothing is left to commit. `worker` gives the number
    /// under which this process holds its claims.
    pub async fn run(&self, app: &App, worker: impl Fn() -> i64, stop: CancellationToken) {
        let mut batch = Batch::default();
        loop {
            batch.clear();
            self.gather(&mut batch);
            if batch.lanes.is_empty() {
                tokio::select! {
                    () = self.bell.notified() => {}
                    () = stop.cancelled() => return,
                }
                continue;
            }
            self.wait_for_half(&mut batch).await;
            let mut wait = Duration::from_millis(20);
            while let Err(error) = batch.commit(app, worker()).await {
                tracing::error!(%error, "cannot record outcomes; sending waits and tries again");
                tokio::time::sleep(wait).await;
                wait = (wait * 2).min(Duration::from_secs(2));
            }
            self.reply(&mut batch);
        }
    }

    /// One half of the busy lanes is committed while the other half sends. Committing each lane by
    /// itself would leave the relay idle for most of the time.
    async fn wait_for_half(&self, batch: &mut Batch) {
        let patience = tokio::time::sleep(GATHER);
        tokio::pin!(patience);
        while batch.lanes.len() * 2 < self.busy.load(Ordering::Relaxed) {
            tokio::select! {
                () = self.bell.notified() => self.gather(batch),
                () = &mut patience => return,
            }
        }
    }

    fn gather(&self, batch: &mut Batch) {
        for (lane, (slot, _)) in self.slots.iter().enumerate() {
            if let Some(request) = lock(slot).request.take() {
                batch.add(lane, request);
            }
        }
    }

    fn reply(&self, batch: &mut Batch) {
        for (lane, ask) in &batch.lanes {
            if let Some((slot, bell)) = self.slots.get(*lane) {
                lock(slot).answer = Some(ask.is_some_and(|key| batch.allowed.contains(&key)));
                bell.notify_one();
            }
        }
    }
}

/// A lane that panicked while holding its slot leaves it as it was; the others go on.
fn lock(slot: &Mutex<Slot>) -> std::sync::MutexGuard<'_, Slot> {
    slot.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What one commit carries; its vectors are reused.
#[derive(Debug, Default)]
struct Batch {
    lanes: Vec<(usize, Option<Key>)>,
    settled: Vec<Settled>,
    allowed: Vec<Key>,
    numbers: Vec<i64>,
}

impl Batch {
    fn clear(&mut self) {
        self.lanes.clear();
        self.settled.clear();
        self.allowed.clear();
    }

    fn add(&mut self, lane: usize, request: Request) {
        self.lanes.push((lane, request.ask));
        self.settled.extend(request.settled.into_iter().flatten());
    }

    /// Records, then allows. Every step may be repeated: a row is settled once, and asking again
    /// gives the same answer. What was recorded is dropped from the batch as it goes, so that an
    /// error further down repeats only the rest.
    async fn commit(&mut self, app: &App, worker: i64) -> Result<(), DbErr> {
        self.accept(app).await?;
        while let Some(settled) = self.settled.last() {
            record(app, settled).await?;
            self.settled.pop();
        }
        self.allow(app, worker).await
    }

    /// Everything accepted, in one statement per newsletter and relay: nearly always one.
    async fn accept(&mut self, app: &App) -> Result<(), DbErr> {
        while let Some((newsletter, relay)) = self.settled.iter().find_map(accepted_delivery) {
            self.numbers.clear();
            for settled in &self.settled {
                if let (Some(group), Key::Delivery { subscriber, .. }) =
                    (accepted_delivery(settled), settled.key)
                    && group == (newsletter, relay)
                {
                    self.numbers.push(subscriber);
                }
            }
            // Whoever holds the row by now: the relay has the message, and that is what counts. A
            // claim that was taken over meanwhile ends here, before the other worker sends.
            let sql = format!(
                "UPDATE delivery SET state = 3, at = $2, relay = $3, worker = NULL, attempts = attempts + 1
                 WHERE newsletter_id = $1 AND state IN (0, 1, 2) AND subscriber_id IN {}",
                app.db.in_list("$4")
            );
            app.db
                .queue()
                .execute_raw(app.db.statement(
                    &sql,
                    values![
                        newsletter,
                        app.clock.now_ms(),
                        relay,
                        queue::list(&self.numbers)
                    ],
                ))
                .await?;
            self.settled
                .retain(|settled| accepted_delivery(settled) != Some((newsletter, relay)));
        }
        Ok(())
    }

    async fn allow(&mut self, app: &App, worker: i64) -> Result<(), DbErr> {
        self.allowed.clear();
        for at in 0..self.lanes.len() {
            match self.lanes[at].1 {
                Some(Key::Delivery {
                    newsletter, topic, ..
                }) if !self.lanes[..at]
                    .iter()
                    .any(|(_, key)| is_of(*key, newsletter)) =>
                {
                    self.allow_deliveries(app, worker, newsletter, topic)
                        .await?;
                }
                Some(key @ Key::OneOff(id)) => {
                    let held = app
                        .db
                        .one(
                            "SELECT 1 FROM one_off WHERE id = $1 AND state = 1 AND worker = $2",
                            values![id, worker],
                        )
                        .await?;
                    if held.is_some() {
                        self.allowed.push(key);
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// S12: the last look before MAIL FROM. One statement for all lanes of a newsletter.
    async fn allow_deliveries(
        &mut self,
        app: &App,
        worker: i64,
        newsletter: i64,
        topic: i64,
    ) -> Result<(), DbErr> {
        self.numbers.clear();
        for (_, ask) in &self.lanes {
            if let Some(Key::Delivery {
                newsletter: of,
                subscriber,
                ..
            }) = ask
                && *of == newsletter
            {
                self.numbers.push(*subscriber);
            }
        }
        let sql = format!(
            // Every table by its primary key.
            "SELECT d.subscriber_id FROM delivery d
             JOIN subscriber s ON s.id = d.subscriber_id AND s.standing = 1
             JOIN subscription t ON t.topic_id = $3 AND t.subscriber_id = d.subscriber_id
             WHERE d.newsletter_id = $1 AND d.state = 1 AND d.worker = $2 AND d.subscriber_id IN {}
               AND EXISTS (SELECT 1 FROM newsletter n WHERE n.id = $1 AND n.state = 2)",
            app.db.in_list("$4")
        );
        let rows = app
            .db
            .queue()
            .query_all_raw(app.db.statement(
                &sql,
                values![newsletter, worker, topic, queue::list(&self.numbers)],
            ))
            .await?;
        for row in rows {
            let subscriber = row.try_get_by_index(0)?;
            self.numbers.retain(|number| *number != subscriber);
            self.allowed.push(Key::Delivery {
                newsletter,
                topic,
                subscriber,
            });
        }
        if !self.numbers.is_empty() {
            turn_away(app, worker, newsletter, &self.numbers).await?;
        }
        Ok(())
    }
}

fn is_of(key: Option<Key>, newsletter: i64) -> bool {
    matches!(key, Some(Key::Delivery { newsletter: of, .. }) if of == newsletter)
}

fn accepted_delivery(settled: &Settled) -> Option<(i64, i16)> {
    match (&settled.fate, settled.key) {
        (Fate::Accepted, Key::Delivery { newsletter, .. }) => Some((newsletter, settled.relay)),
        _ => None,
    }
}

/// What was not allowed and is still ours is withdrawn where its reader has left or the newsletter
/// is cancelled, and goes back to the queue otherwise: the newsletter pauses, or paused a moment ago
/// and has been resumed since.
async fn turn_away(
    app: &App,
    worker: i64,
    newsletter: i64,
    subscribers: &[i64],
) -> Result<(), DbErr> {
    let transaction = app.db.begin_on_queue().await?;
    // Held until the rows are moved: a cancellation comes before, and is seen, or after, and finds
    // them in the queue.
    let hold = if app.db.is_sqlite() { "" } else { "FOR SHARE" };
    let row = transaction
        .query_one_raw(app.db.statement(
            &format!("SELECT state IN (2, 3) FROM newsletter WHERE id = $1 {hold}"),
            values![newsletter],
        ))
        .await?;
    let goes_on = match row {
        Some(row) => row.try_get_by_index::<bool>(0)?,
        None => false,
    };
    let sql = format!(
        // Every table by its primary key.
        "UPDATE delivery SET at = $4, worker = NULL, state = CASE WHEN $5 AND EXISTS (
                SELECT 1 FROM subscriber s
                JOIN subscription t ON t.subscriber_id = s.id
                JOIN newsletter n ON n.topic_id = t.topic_id AND n.id = $1
                WHERE s.id = delivery.subscriber_id AND s.standing = 1) THEN 0 ELSE 5 END
         WHERE newsletter_id = $1 AND worker = $2 AND state = 1 AND subscriber_id IN {}",
        app.db.in_list("$3")
    );
    transaction
        .execute_raw(app.db.statement(
            &sql,
            values![
                newsletter,
                worker,
                queue::list(subscribers),
                app.clock.now_ms(),
                goes_on
            ],
        ))
        .await?;
    transaction.commit().await
}

/// One outcome that is not the ordinary one.
async fn record(app: &App, settled: &Settled) -> Result<(), DbErr> {
    let now = app.clock.now_ms();
    let (state, at, code, words) = match &settled.fate {
        Fate::Accepted => (DeliveryState::Accepted, now, 250, ""),
        Fate::Deferred(at, code, words) => (DeliveryState::Deferred, *at, *code, words.as_str()),
        Fate::Failed(code, words) => (DeliveryState::Failed, now, *code, words.as_str()),
    };
    match settled.key {
        Key::OneOff(id) => {
            app.db
                .execute(
                    "UPDATE one_off SET state = $2, at = $3, relay = $4, code = $5, words = $6,
                                        worker = NULL, attempts = attempts + 1
                     WHERE id = $1 AND state IN (0, 1, 2)",
                    values![id, state as i16, at, settled.relay, code as i16, words],
                )
                .await?;
        }
        Key::Delivery {
            newsletter,
            subscriber,
            ..
        } => {
            let transaction = app.db.begin().await?;
            let changed = transaction
                .execute_raw(app.db.statement(
                    // What was on the wire when its newsletter was cancelled is not tried again.
                    "UPDATE delivery SET at = $4, relay = $5, worker = NULL, attempts = attempts + 1,
                        state = CASE WHEN $3 = 2 AND EXISTS (
                            SELECT 1 FROM newsletter n WHERE n.id = $1 AND n.state = 5) THEN 5 ELSE $3 END
                     WHERE newsletter_id = $1 AND subscriber_id = $2 AND state IN (0, 1, 2)
                       AND NOT (state = $3 AND at = $4)",
                    values![newsletter, subscriber, state as i16, at, settled.relay],
                ))
                .await?
                .rows_affected();
            if changed > 0 {
                transaction
                    .execute_raw(app.db.statement(
                        "INSERT INTO delivery_reply (newsletter_id, subscriber_id, at, outcome, code, words)
                         VALUES ($1, $2, $3, $4, $5, $6)
                         ON CONFLICT (newsletter_id, subscriber_id) DO UPDATE SET
                            at = excluded.at, outcome = excluded.outcome, code = excluded.code, words = excluded.words",
                        values![newsletter, subscriber, now, state as i16, code as i16, words],
                    ))
                    .await?;
            }
            transaction.commit().await?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
