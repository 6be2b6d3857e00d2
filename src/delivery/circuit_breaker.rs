//! A circuit breaker for refusals that say neither "the reader" nor "the sender". One of them is the
//! odd reader out and is set aside. The same one for several different readers in a row, or for many
//! of the last messages, is not about them: the newsletter pauses, and those who were refused so are
//! put back.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use super::smtp::Reply;

/// Different readers in a row who meet the same refusal.
const IN_A_ROW: usize = 5;

/// The last messages that are looked at, and how many of them may be refused so: 20 %.
const LAST: usize = 200;
const MOST_OF_LAST: usize = LAST / 5;

/// How long after a trip its readers are looked for: a refusal may be on its way to the database.
const PUT_BACK_FOR: Duration = Duration::from_secs(10);

/// Refusals are the same by their codes: words may hold the reader's address.
type Refusal = (u16, Option<(u8, u16, u16)>);

/// The breakers of all newsletters that this worker sends.
#[derive(Debug, Default)]
pub struct CircuitBreaker(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    watched: HashMap<i64, Watch>,
    tripped: Vec<Tripped>,
}

/// Readers of a newsletter who were refused for what is not their fault.
#[derive(Debug, Clone)]
pub struct Tripped {
    /// `newsletter.id`
    pub newsletter: i64,
    /// Who is to be put back.
    pub subscribers: Vec<i64>,
    since: Instant,
}

#[derive(Debug)]
struct Watch {
    /// The last messages; of an unclear refusal, whose.
    last: VecDeque<Option<i64>>,
    unclear: usize,
    in_a_row: Option<(Refusal, Vec<i64>)>,
    accepted: bool,
}

impl Default for Watch {
    fn default() -> Self {
        Self {
            last: VecDeque::with_capacity(LAST),
            unclear: 0,
            in_a_row: None,
            accepted: false,
        }
    }
}

impl Watch {
    fn push(&mut self, unclear: Option<i64>) {
        if self.last.len() == LAST {
            let oldest = self.last.pop_front().flatten();
            self.unclear -= usize::from(oldest.is_some());
        }
        self.unclear += usize::from(unclear.is_some());
        self.last.push_back(unclear);
    }
}

impl CircuitBreaker {
    /// The relay took a message.
    pub fn accepted(&self, newsletter: i64) {
        let mut state = self.state();
        let watch = state.watched.entry(newsletter).or_default();
        watch.accepted = true;
        watch.in_a_row = None;
        watch.push(None);
    }

    /// A refusal that is plainly about its reader.
    pub fn refused_reader(&self, newsletter: i64) {
        let mut state = self.state();
        let watch = state.watched.entry(newsletter).or_default();
        watch.in_a_row = None;
        watch.push(None);
    }

    /// Whether the relay took any message of this newsletter: then not all of it is unacceptable.
    pub fn has_accepted(&self, newsletter: i64) -> bool {
        let state = self.state();
        let watch = state.watched.get(&newsletter);
        watch.is_some_and(|watch| watch.accepted)
    }

    /// A refusal that says neither. True: that was one too many, and the newsletter is to be paused.
    pub fn refused_unclearly(&self, newsletter: i64, subscriber: i64, reply: &Reply) -> bool {
        let mut state = self.state();
        let watch = state.watched.entry(newsletter).or_default();
        let refusal = (reply.code, reply.enhanced);
        watch.push(Some(subscriber));
        match &mut watch.in_a_row {
            Some((same, readers)) if *same == refusal => {
                if !readers.contains(&subscriber) {
                    readers.push(subscriber);
                }
            }
            other => *other = Some((refusal, vec![subscriber])),
        }
        let in_a_row = watch.in_a_row.as_ref();
        let in_a_row = in_a_row.map_or(0, |(_, readers)| readers.len());
        if in_a_row < IN_A_ROW && watch.unclear <= MOST_OF_LAST {
            return false;
        }
        let mut subscribers: Vec<i64> = watch.last.iter().copied().flatten().collect();
        subscribers.sort_unstable();
        subscribers.dedup();
        // Whoever resumes it begins anew.
        state.watched.remove(&newsletter);
        state.tripped.push(Tripped {
            newsletter,
            subscribers,
            since: Instant::now(),
        });
        true
    }

    /// Whom to put back: asked once a second, and for a while, because a refusal that another sender
    /// met may not be in the database yet.
    pub fn tripped(&self) -> Vec<Tripped> {
        let mut state = self.state();
        let all = state.tripped.clone();
        state
            .tripped
            .retain(|tripped| tripped.since.elapsed() < PUT_BACK_FOR);
        all
    }

    /// Forgets newsletters that are not being sent any more.
    pub fn keep(&self, is_active: impl Fn(i64) -> bool) {
        let watched = &mut self.state().watched;
        watched.retain(|newsletter, _| is_active(*newsletter));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::reply_class::Stage;

    fn reply(code: u16) -> Reply {
        Reply {
            code,
            enhanced: None,
            words: "no".to_owned(),
            stage: Stage::Content,
        }
    }

    #[test]
    fn the_same_refusal_for_five_readers_in_a_row_trips_it_and_names_them() {
        let breaker = CircuitBreaker::default();
        for reader in 1..IN_A_ROW as i64 {
            assert!(!breaker.refused_unclearly(1, reader, &reply(554)));
        }
        // Again the same reader: four readers still.
        assert!(!breaker.refused_unclearly(1, 4, &reply(554)));
        assert!(breaker.refused_unclearly(1, 5, &reply(554)));
        let tripped = breaker.tripped();
        assert_eq!(tripped.len(), 1);
        assert_eq!(
            (tripped[0].newsletter, &tripped[0].subscribers[..]),
            (1, &[1, 2, 3, 4, 5][..])
        );
        // Resumed, it is watched anew.
        assert!(!breaker.refused_unclearly(1, 6, &reply(554)));
    }

    #[test]
    fn other_refusals_other_newsletters_and_what_is_taken_between_end_the_row() {
        let breaker = CircuitBreaker::default();
        for reader in 0..30 {
            assert!(!breaker.refused_unclearly(1, reader, &reply(550 + (reader % 2) as u16)));
            assert!(!breaker.refused_unclearly(2, reader, &reply(554)));
            breaker.accepted(2);
        }
        assert!(breaker.has_accepted(2) && !breaker.has_accepted(1));
    }

    #[test]
    fn more_than_a_fifth_of_the_last_two_hundred_trips_it_however_they_are_spread() {
        let breaker = CircuitBreaker::default();
        let mut reader = 0;
        // Every fifth: exactly 20 %, for as long as one likes.
        for _ in 0..400 {
            reader += 1;
            assert!(
                !breaker.refused_unclearly(1, reader, &reply(554)),
                "{reader}"
            );
            for _ in 0..4 {
                breaker.accepted(1);
            }
        }
        // Every fourth is more.
        let trips = (0..60).any(|_| {
            reader += 1;
            let trips = breaker.refused_unclearly(1, reader, &reply(554));
            for _ in 0..3 {
                breaker.accepted(1);
            }
            trips
        });
        assert!(trips);
        assert_eq!(breaker.tripped()[0].subscribers.len(), MOST_OF_LAST + 1);
    }

    #[test]
    fn plain_refusals_of_readers_never_trip_it() {
        let breaker = CircuitBreaker::default();
        for reader in 0..1_000 {
            breaker.refused_reader(1);
            assert!(reader % 10 != 0 || !breaker.refused_unclearly(1, reader, &reply(554)));
        }
    }
}
