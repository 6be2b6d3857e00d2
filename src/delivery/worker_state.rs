//! What the tasks of one worker share: the messages that it holds, and what they wait for.

use std::{
    collections::{HashMap, VecDeque},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::{
    circuit_breaker::CircuitBreaker,
    outcome::MessageKey,
    prepared_newsletter::PreparedNewsletter,
    provider_throttle::{InFlight, ProviderThrottle, SendDecision},
    queue::Claimed,
    recorder::Recorder,
    relay::Relay,
    transactional_queue::{self, ClaimedMail},
    trying_time::TryingTime,
};
use crate::app::App;

/// What a worker's part of [`crate::progress`] is called: it has begun when the worker is at work.
pub const PROGRESS: &str = "the delivery worker";

/// How long a loop of the worker may stand still before the service manager takes this process for
/// hung. What it waits for, a statement or the opening of a connection, has shorter limits of its own.
pub const LOOP_LIMIT: Duration = Duration::from_mins(3);

/// Deliveries held in memory at most, and how many are claimed at once: a claim is a fraction of a
/// millisecond's work, so that outcomes never wait long behind one.
pub const READY: usize = 1_000;
pub const CLAIM: usize = 250;

/// How many deliveries to a slow provider are passed over in search of another.
const PASSED_OVER: usize = 100;

/// Something to send.
#[derive(Debug)]
pub enum Job {
    /// A newsletter to a subscriber, with a pass where its provider takes only a few at a time.
    Delivery(
        Arc<PreparedNewsletter>,
        Claimed,
        #[expect(dead_code, reason = "it counts for as long as it lives")] Option<InFlight>,
    ),
    /// A transactional mail.
    TransactionalMail(ClaimedMail),
}

impl Job {
    pub fn key(&self) -> MessageKey {
        match self {
            Self::Delivery(prepared, claimed, _) => MessageKey::Delivery {
                newsletter: prepared.newsletter.id,
                topic: prepared.newsletter.topic_id,
                subscriber: claimed.subscriber_id,
            },
            Self::TransactionalMail(mail) => MessageKey::TransactionalMail(mail.id),
        }
    }

    pub fn recipient(&self) -> &str {
        match self {
            Self::Delivery(_, claimed, _) => &claimed.email,
            Self::TransactionalMail(mail) => &mail.recipient,
        }
    }

    /// Attempts before this one.
    pub fn attempts(&self) -> i16 {
        match self {
            Self::Delivery(_, claimed, _) => claimed.attempts,
            Self::TransactionalMail(mail) => mail.attempts,
        }
    }

    pub fn deadline(&self) -> i64 {
        match self {
            Self::Delivery(prepared, ..) => prepared.newsletter.deadline,
            Self::TransactionalMail(mail) => mail.created_at + transactional_queue::DEADLINE_MS,
        }
    }
}

/// What the tasks of a worker share.
#[derive(Debug)]
pub struct WorkerState {
    pub app: App,
    pub recorder: Recorder,
    pub throttle: ProviderThrottle,
    pub breaker: CircuitBreaker,
    pub relays: Vec<Arc<Relay>>,
    pub stop: CancellationToken,
    pub worker: AtomicI64,
    /// How it signs mail.
    pub signs_as: String,
    /// Whether other processes are heard when they ring.
    pub listening: AtomicBool,
    pub ready: Mutex<Ready>,
    /// Senders that have taken something, until its outcome is recorded.
    pub in_hand: AtomicUsize,
    pub trying_time: TryingTime,
    /// Until when each newsletter that is being sent is tried, as it stands by now.
    pub deadlines: Mutex<HashMap<i64, i64>>,
    pub filled: Notify,
    pub low_watermark: Notify,
}

#[derive(Debug, Default)]
pub struct Ready {
    pub urgent: VecDeque<ClaimedMail>,
    pub bulk: VecDeque<(Arc<PreparedNewsletter>, Claimed)>,
    /// Whether the last claim brought something: only then may there be more to claim. A job that is
    /// taken and put back again and again has the queue looked at once.
    pub is_refilled: bool,
    /// To be put off until these times: their providers asked for patience.
    pub deferred: Vec<(Arc<PreparedNewsletter>, Claimed, i64)>,
}

/// While it lives, its sender may hold something.
#[derive(Debug)]
pub struct InHand<'a>(&'a AtomicUsize);

impl<'a> InHand<'a> {
    fn of(state: &'a WorkerState) -> Self {
        state.in_hand.fetch_add(1, Ordering::SeqCst);
        Self(&state.in_hand)
    }
}

impl Drop for InHand<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl WorkerState {
    /// The number under which this process holds its claims.
    pub fn worker(&self) -> i64 {
        self.worker.load(Ordering::SeqCst)
    }

    /// Until when a job is tried. A deadline may have been moved since it was claimed.
    pub fn deadline(&self, job: &Job) -> i64 {
        let deadlines = self
            .deadlines
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        match job {
            Job::Delivery(prepared, ..) => deadlines.get(&prepared.newsletter.id).copied(),
            Job::TransactionalMail(_) => None,
        }
        .unwrap_or_else(|| job.deadline())
    }

    /// Whether nothing is held here, neither in waiting nor in a sender's hands. Asked by the task that
    /// claims, so that nothing comes in between.
    pub fn holds_nothing(&self) -> bool {
        let ready = self.ready();
        ready.urgent.is_empty()
            && ready.bulk.is_empty()
            && ready.deferred.is_empty()
            && self.in_hand.load(Ordering::SeqCst) == 0
            && self.recorder.is_durable()
    }

    /// Whether other readers of a newsletter are being tried by this worker, or wait here for it.
    pub fn has_others_of(&self, newsletter: i64) -> bool {
        // One is in the hand of who asks.
        self.in_hand.load(Ordering::SeqCst) > 1
            || self
                .ready()
                .bulk
                .iter()
                .any(|(prepared, _)| prepared.newsletter.id == newsletter)
    }

    /// The next thing to send, if there is one now: transactional mail first.
    pub fn try_next(&self) -> Option<Job> {
        let mut ready = self.ready();
        if let Some(mail) = ready.urgent.pop_front() {
            return Some(Job::TransactionalMail(mail));
        }
        for _ in 0..PASSED_OVER {
            let (prepared, claimed) = ready.bulk.pop_front()?;
            match self.throttle.decide(&claimed.email, &self.app.clock) {
                SendDecision::Send(in_flight) => {
                    if ready.bulk.len().is_multiple_of(CLAIM)
                        && std::mem::take(&mut ready.is_refilled)
                    {
                        self.low_watermark.notify_one();
                    }
                    return Some(Job::Delivery(prepared, claimed, in_flight));
                }
                SendDecision::WaitUntil(until) => ready.deferred.push((prepared, claimed, until)),
                SendDecision::Queue => ready.bulk.push_back((prepared, claimed)),
            }
        }
        None
    }

    /// The first thing to send for a sender that has nothing in its hands, waiting for it, with a guard for
    /// all that it takes until it has recorded it. `None` when the worker stops.
    pub async fn next(&self) -> Option<(Job, InHand<'_>)> {
        loop {
            let filled = self.filled.notified();
            tokio::pin!(filled);
            filled.as_mut().enable();
            if self.stop.is_cancelled() {
                return None;
            }
            // Counted first: what is taken is never seen nowhere.
            let in_hand = InHand::of(self);
            if let Some(job) = self.try_next() {
                return Some((job, in_hand));
            }
            drop(in_hand);
            tokio::select! {
                biased;
                () = filled => {}
                () = self.stop.cancelled() => return None,
            }
        }
    }

    /// Has the queue looked at: what a sender had in hand is done, and perhaps it was the last.
    pub fn is_through(&self) {
        self.low_watermark.notify_one();
    }

    /// Puts a job back that was not offered to a relay; it is the next one again.
    pub fn requeue_front(&self, job: Job) {
        let mut ready = self.ready();
        match job {
            Job::TransactionalMail(mail) => ready.urgent.push_front(mail),
            Job::Delivery(prepared, claimed, _) => ready.bulk.push_front((prepared, claimed)),
        }
        drop(ready);
        self.filled.notify_waiters();
    }

    /// Puts a delivery back behind all others: its relay takes nothing now, and another message may
    /// show sooner when it does again.
    pub fn requeue_back(&self, prepared: Arc<PreparedNewsletter>, claimed: Claimed) {
        self.ready().bulk.push_back((prepared, claimed));
        self.filled.notify_waiters();
    }

    /// What is held here, locked.
    pub fn ready(&self) -> MutexGuard<'_, Ready> {
        self.ready.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use super::*;
    use crate::{clock::Clock, delivery::testing, test_data};

    #[tokio::test]
    async fn a_job_that_is_taken_and_put_back_does_not_keep_the_queue_busy() {
        let (app, _folder) = testing::app(Clock::system()).await;
        test_data::office(&app).await;
        let newsletter = testing::sending_newsletter(&app, 1).await;
        let prepared = PreparedNewsletter::prepare(&app, newsletter).await.unwrap();
        let state = WorkerState {
            app,
            recorder: Recorder::new(1),
            throttle: ProviderThrottle::default(),
            breaker: CircuitBreaker::default(),
            relays: Vec::new(),
            stop: CancellationToken::new(),
            worker: AtomicI64::new(1),
            signs_as: "unsigned".to_owned(),
            listening: AtomicBool::new(false),
            ready: Mutex::default(),
            in_hand: AtomicUsize::new(0),
            trying_time: TryingTime::default(),
            deadlines: Mutex::default(),
            filled: Notify::new(),
            low_watermark: Notify::new(),
        };
        let claimed = Claimed {
            subscriber_id: 1,
            attempts: 0,
            email: "ana@example.org".to_owned(),
        };
        state.ready().bulk.push_back((Arc::new(prepared), claimed));
        state.ready().is_refilled = true;
        let mut looks = 0;
        for _ in 0..100 {
            let job = state.try_next().unwrap();
            let told = tokio::time::timeout(Duration::ZERO, state.low_watermark.notified());
            looks += usize::from(told.await.is_ok());
            state.requeue_front(job);
        }
        assert_eq!(looks, 1);
    }
}
