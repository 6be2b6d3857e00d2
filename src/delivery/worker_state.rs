//! What the tasks of one worker share: the messages that it holds, and what they wait for.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
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
};
use crate::app::App;

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
    /// Whether other processes are heard when they ring.
    pub listening: AtomicBool,
    pub ready: Mutex<Ready>,
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

impl WorkerState {
    /// The number under which this process holds its claims.
    pub fn worker(&self) -> i64 {
        self.worker.load(Ordering::SeqCst)
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

    /// The next thing to send, waiting for it. `None` when the worker stops.
    pub async fn next(&self) -> Option<Job> {
        loop {
            let filled = self.filled.notified();
            tokio::pin!(filled);
            filled.as_mut().enable();
            if self.stop.is_cancelled() {
                return None;
            }
            if let Some(job) = self.try_next() {
                return Some(job);
            }
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
    use std::{sync::atomic::AtomicBool, time::Duration};

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
            listening: AtomicBool::new(false),
            ready: Mutex::default(),
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
