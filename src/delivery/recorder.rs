//! Outcomes are committed together, for all senders at once, and the same step allows what the senders
//! want to send next.
//!
//! A sender hands over what became of its last message and what it would like to send; it waits for
//! the answer before another message is complete on its connection. Whatever the senders handed over
//! while the last commit ran goes into the next one, so the number of commits follows the database,
//! not the rate of sending. A database that fails is asked again until it answers: the senders wait,
//! and nothing is forgotten.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::outcome::{Attempt, MessageKey, Request};
use crate::{app::App, repeated_fault::RepeatedFault};

mod batch;
mod recent_outcomes;

use batch::Batch;
use recent_outcomes::RecentOutcomes;

/// How long a sender may wait for others to commit with: nothing beside a relay's round trip.
const GATHER_TIMEOUT: Duration = Duration::from_millis(1);

/// How long a stopping process waits until the last outcomes are on the database's disk.
const LAST_FLUSH: Duration = Duration::from_secs(1);

/// How long one commit may take before the service manager takes this process for hung.
const RECORD_LIMIT: Duration = Duration::from_mins(3);

#[derive(Debug, Default)]
struct Slot {
    request: Option<Request>,
    answer: Option<bool>,
}

/// Commits for all senders of one worker.
#[derive(Debug)]
pub struct Recorder {
    slots: Vec<(Mutex<Slot>, Notify)>,
    wakeup: Notify,
    /// Senders that are in the middle of sending.
    busy: AtomicUsize,
    is_durable: AtomicBool,
}

/// While it lives, a sender counts as busy.
#[derive(Debug)]
pub struct Busy<'a>(&'a AtomicUsize);

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Recorder {
    /// For this many senders.
    #[must_use]
    pub fn new(senders: usize) -> Self {
        Self {
            slots: (0..senders).map(|_| Default::default()).collect(),
            wakeup: Notify::new(),
            busy: AtomicUsize::new(0),
            is_durable: AtomicBool::new(true),
        }
    }

    /// Whether the database has on its disk all that was committed: it will not forget any of it.
    pub fn is_durable(&self) -> bool {
        self.is_durable.load(Ordering::SeqCst)
    }

    /// Counts a sender as busy for as long as the guard lives.
    pub fn busy(&self) -> Busy<'_> {
        self.busy.fetch_add(1, Ordering::Relaxed);
        Busy(&self.busy)
    }

    /// Whether no more than one sender is in the middle of sending.
    pub fn is_alone(&self) -> bool {
        self.busy.load(Ordering::Relaxed) <= 1
    }

    /// Hands over what settled and asks for leave to send `ask`. [`Recorder::answer`] must follow.
    pub fn submit(&self, sender: usize, attempts: [Option<Attempt>; 2], ask: Option<MessageKey>) {
        if let Some((slot, _)) = self.slots.get(sender) {
            lock(slot).request = Some(Request { attempts, ask });
            self.wakeup.notify_one();
        }
    }

    /// Waits until what `sender` handed over is committed. Whether what it asked for may be sent:
    /// then this worker holds it, the newsletter is being sent and the reader still wants it.
    pub async fn answer(&self, sender: usize) -> bool {
        let Some((slot, wakeup)) = self.slots.get(sender) else {
            return false;
        };
        loop {
            if let Some(answer) = lock(slot).answer.take() {
                return answer;
            }
            wakeup.notified().await;
        }
    }

    /// Commits until `stop` is cancelled and nothing is left to commit. `worker` gives the number
    /// under which this process holds its claims.
    pub async fn run(&self, app: &App, worker: impl Fn() -> i64, stop: CancellationToken) {
        let mut batch = Batch::default();
        let mut fault = RepeatedFault::default();
        let mut recent = RecentOutcomes::default();
        let pulse = app.progress.part("the recorder of outcomes", RECORD_LIMIT);
        loop {
            batch.clear();
            self.gather(&mut batch);
            if batch.senders.is_empty() {
                pulse.rest();
                tokio::select! {
                    biased;
                    () = self.wakeup.notified() => {}
                    () = recent.due() => self.keep(&mut recent, app, worker()).await,
                    () = stop.cancelled() => {
                        let last = self.keep(&mut recent, app, worker());
                        // Where it does not answer, the database loses them only if it crashes, too.
                        let _ = tokio::time::timeout(LAST_FLUSH, last).await;
                        return;
                    }
                }
                continue;
            }
            pulse.beat();
            self.wait_for_half(&mut batch).await;
            let mut wait = Duration::from_millis(20);
            let openings = RecentOutcomes::openings(app);
            while let Err(error) = recent.commit(&mut batch, app, worker()).await {
                app.note_trouble_in(&error);
                if fault.is_worth_a_line() {
                    tracing::error!(%error, "cannot record outcomes; sending waits and tries again");
                }
                pulse.beat();
                tokio::time::sleep(wait).await;
                wait = (wait * 2).min(Duration::from_secs(2));
            }
            fault.ended();
            app.deliveries_recorded.fetch_add(1, Ordering::Relaxed);
            if let Some(openings) = openings {
                recent.add(&mut batch, openings);
            }
            self.is_durable.store(recent.is_empty(), Ordering::SeqCst);
            self.reply(&mut batch);
            if recent.is_due() {
                pulse.beat();
                self.keep(&mut recent, app, worker()).await;
            }
        }
    }

    /// One half of the busy senders is committed while the other half sends. Committing each sender by
    /// itself would leave the relay idle for most of the time.
    async fn wait_for_half(&self, batch: &mut Batch) {
        let patience = tokio::time::sleep(GATHER_TIMEOUT);
        tokio::pin!(patience);
        while batch.senders.len() * 2 < self.busy.load(Ordering::Relaxed) {
            tokio::select! {
                biased;
                () = self.wakeup.notified() => self.gather(batch),
                () = &mut patience => return,
            }
        }
    }

    /// Makes sure that the database keeps what was committed; where it cannot be asked, later again.
    async fn keep(&self, recent: &mut RecentOutcomes, app: &App, worker: i64) {
        if let Err(error) = recent.make_durable(app, worker).await {
            tracing::debug!(%error, "outcomes are not on the disk yet; trying again");
            recent.wait_again();
        }
        self.is_durable.store(recent.is_empty(), Ordering::SeqCst);
    }

    fn gather(&self, batch: &mut Batch) {
        for (sender, (slot, _)) in self.slots.iter().enumerate() {
            if let Some(request) = lock(slot).request.take() {
                batch.add(sender, request);
            }
        }
    }

    fn reply(&self, batch: &mut Batch) {
        for (sender, ask) in &batch.senders {
            if let Some((slot, wakeup)) = self.slots.get(*sender) {
                lock(slot).answer = Some(ask.is_some_and(|key| batch.allowed.contains(&key)));
                wakeup.notify_one();
            }
        }
    }
}

/// A sender that panicked while holding its slot leaves it as it was; the others go on.
fn lock(slot: &Mutex<Slot>) -> std::sync::MutexGuard<'_, Slot> {
    slot.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
