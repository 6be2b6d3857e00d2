//! Outcomes are committed together, for all lanes at once, and the same step allows what the lanes
//! want to send next.
//!
//! A lane hands over what became of its last message and what it would like to send; it waits for
//! the answer before another message is complete on its connection. Whatever the lanes handed over
//! while the last commit ran goes into the next one, so the number of commits follows the database,
//! not the rate of sending. A database that fails is asked again until it answers: the lanes wait,
//! and nothing is forgotten.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::smtp::Tls;
use crate::app::App;

mod batch;

use batch::Batch;

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
    /// A transactional mail.
    TransactionalMail(i64),
}

/// What became of one message.
#[derive(Debug)]
pub struct Settled {
    /// Which.
    pub key: Key,
    /// The relay that it was offered to.
    pub relay: i16,
    /// How it travelled there.
    pub tls: Tls,
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

    /// Whether no more than one lane is in the middle of sending.
    pub fn is_alone(&self) -> bool {
        self.busy.load(Ordering::Relaxed) <= 1
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

#[cfg(test)]
mod tests;
