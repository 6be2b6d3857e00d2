//! One provider that asked us to slow down: how long it is left alone, and how many messages may be
//! on their way to it afterwards.

use std::sync::Arc;

use crate::clock::{HOUR, SECOND};

/// How long a provider is left alone at most.
pub(super) const LONGEST_WAIT_MS: i64 = HOUR;

/// How long it is one worker's turn with what does not divide: a worker with none of that provider's
/// mail, or without a relay, keeps the others waiting no longer.
pub(super) const TURN_MS: i64 = 10 * SECOND;

#[derive(Debug)]
pub(super) struct SlowProvider {
    pub refusals: u32,
    /// None go before.
    pub wait_until: i64,
    /// So many at a time from then on, by all workers together, as the database has it.
    pub at_a_time: usize,
    /// What this worker's messages that it took since then add to that.
    pub more: usize,
    /// Messages on their way.
    pub under_way: Arc<()>,
    pub words: String,
    /// The database has not heard of it yet.
    pub unsaved: bool,
}

/// How many workers there are, and the place of this one among them, from 0.
#[derive(Debug, Clone, Copy)]
pub(super) struct Workers {
    pub number: usize,
    pub place: usize,
}

impl Default for Workers {
    fn default() -> Self {
        Self {
            number: 1,
            place: 0,
        }
    }
}

impl Workers {
    /// This one's part of so many.
    pub fn part(self, all: usize, now: i64) -> usize {
        let turn = usize::try_from(now / TURN_MS).unwrap_or_default();
        let place = (self.place + turn) % self.number;
        all / self.number + usize::from(place < all % self.number)
    }
}

/// Whether a message to a provider may go now.
#[derive(Debug)]
pub enum SendDecision {
    /// It may; the guard is kept until the provider has answered.
    Send(Option<InFlight>),
    /// Not before this time.
    WaitUntil(i64),
    /// Others to the same provider must be answered first, or it must be found out which one it is.
    Queue,
}

/// Counts as one message on its way for as long as it lives.
#[derive(Debug)]
pub struct InFlight(#[expect(dead_code, reason = "its count is what matters")] Arc<()>);

impl SlowProvider {
    pub fn begin_anew(&mut self) {
        (self.at_a_time, self.more) = (1, 0);
    }

    pub fn decide(&mut self, workers: Workers, now: i64) -> SendDecision {
        // A clock that was set back must not stop the mail for longer than the longest wait.
        self.wait_until = self.wait_until.min(now + LONGEST_WAIT_MS);
        if self.wait_until > now {
            return SendDecision::WaitUntil(self.wait_until);
        }
        // The first count is our own.
        if Arc::strong_count(&self.under_way) > workers.part(self.at_a_time, now) + self.more {
            return SendDecision::Queue;
        }
        SendDecision::Send(Some(InFlight(self.under_way.clone())))
    }
}

impl Default for SlowProvider {
    fn default() -> Self {
        Self {
            refusals: 0,
            wait_until: 0,
            at_a_time: 1,
            more: 0,
            under_way: Arc::new(()),
            words: String::new(),
            unsaved: false,
        }
    }
}
