//! A circuit breaker for refusals that say neither "the reader" nor "the sender". One of them is the
//! odd reader out and is set aside. The same one for several different readers in a row, or refusals
//! of that kind for many of the last messages, are not about them: the newsletter pauses, and those who
//! were refused so are put back.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::{
    reply_class::ReplyClass,
    smtp::{Reply, standing},
};

/// What staff read of a newsletter that paused so; by these words it is known again.
pub const REFUSES_MANY: &str =
    "refuses many readers with the same words, so the fault is hardly theirs";

/// The same where it refuses the sender.
pub const REFUSES_US: &str = "refuses us as the sender, not the readers";

/// The same where it calls most readers unknown.
pub const REFUSES_MOST_AS_UNKNOWN: &str =
    "refuses most readers as unknown, so the fault may be its own list of mailboxes, or its DNS";

/// Of the last messages, so many refused as unknown, and more than half, are hardly that many dead mailboxes.
const UNKNOWN: usize = 20;

/// Different readers in a row who meet the same refusal.
const IN_A_ROW: usize = 5;

/// The last messages that are looked at, and one in how many of them may be refused so: 20 %. Where
/// fewer were sent, of those; but some refusals are no share of anything yet.
pub const LAST: usize = 200;
const ONE_IN: usize = 5;
const FEWEST_REFUSALS: usize = 5;

/// How long after a trip its readers are looked for: a refusal may be on its way to the database.
const FRESH_FOR: Duration = Duration::from_secs(10);

/// How long a trip is remembered: a relay may take minutes over a message that left before it.
const TRIP_LIFETIME: Duration = Duration::from_hours(1);

/// The database allowed a message, and its sender noted when, so much later at most.
const NOTED_WITHIN: Duration = Duration::from_secs(1);

/// What makes refusals the same. The words may hold the reader's address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refusal {
    /// What the relay thinks of the sender, or a rule of it: it has several sentences for that.
    Standing(ReplyClass),
    /// The codes.
    Coded(u16, Option<(u8, u16, u16)>),
}

impl Refusal {
    fn of(reply: &Reply) -> Self {
        let coded = Self::Coded(reply.code, reply.enhanced);
        standing(reply).map_or(coded, Self::Standing)
    }
}

/// The breakers of all newsletters that this worker sends.
#[derive(Debug, Default)]
pub struct CircuitBreaker(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    watched: BTreeMap<i64, Watch>,
    tripped: Vec<Tripped>,
    /// Newsletters that were paused because most readers were unknown: whoever lets one go on knows it.
    known_as_old: BTreeSet<i64>,
}

impl State {
    /// Whether the message was on the wire when its newsletter was paused: its reader is put back with the others.
    fn joins_trip(&mut self, newsletter: i64, subscriber: i64, allowed_at: Instant) -> bool {
        let trip = self
            .tripped
            .iter_mut()
            .find(|tripped| tripped.includes(newsletter, allowed_at));
        if let Some(tripped) = trip {
            tripped.subscribers.push(subscriber);
            return true;
        }
        false
    }
}

/// Readers of a newsletter who were refused for what is not their fault.
#[derive(Debug, Clone)]
pub struct Tripped {
    /// `newsletter.id`
    pub newsletter: i64,
    /// Who is to be put back.
    pub subscribers: Vec<i64>,
    since: Instant,
    /// When the newsletter was paused; `None`: not yet. What was allowed before is part of the trip.
    paused: Option<Instant>,
}

impl Tripped {
    fn new(newsletter: i64, subscribers: Vec<i64>) -> Self {
        Self {
            newsletter,
            subscribers,
            since: Instant::now(),
            paused: None,
        }
    }

    fn includes(&self, newsletter: i64, allowed_at: Instant) -> bool {
        let is_before = |paused: Instant| allowed_at <= paused + NOTED_WITHIN;
        self.newsletter == newsletter && self.paused.is_none_or(is_before)
    }
}

#[derive(Debug)]
struct Watch {
    /// The last messages; of an unclear refusal, whose.
    last: VecDeque<Option<i64>>,
    unclear: usize,
    /// Of the last messages, who was refused as unknown.
    unknown: VecDeque<Option<i64>>,
    in_a_row: Option<(Refusal, Vec<i64>)>,
    accepted: bool,
}

impl Default for Watch {
    fn default() -> Self {
        Self {
            last: VecDeque::with_capacity(LAST),
            unclear: 0,
            unknown: VecDeque::with_capacity(LAST),
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

    fn push_unknown(&mut self, unknown: Option<i64>) {
        if self.unknown.len() == LAST {
            self.unknown.pop_front();
        }
        self.unknown.push_back(unknown);
    }

    /// Whom to put back where most of the last messages met an unknown mailbox.
    fn mostly_unknown(&self) -> Option<Vec<i64>> {
        let mut readers: Vec<i64> = self.unknown.iter().copied().flatten().collect();
        readers.sort_unstable();
        readers.dedup();
        let is_most = readers.len() >= UNKNOWN && readers.len() * 2 > self.unknown.len();
        is_most.then_some(readers)
    }

    /// The different readers among them who were refused so.
    fn refused(&self) -> Vec<i64> {
        let mut readers: Vec<i64> = self.last.iter().copied().flatten().collect();
        readers.sort_unstable();
        readers.dedup();
        readers
    }

    /// Whether more than a fifth of the last messages were refused so.
    fn is_refused_often(&self) -> bool {
        let is_often =
            |refused: usize| refused >= FEWEST_REFUSALS && refused * ONE_IN > self.last.len();
        is_often(self.unclear) && is_often(self.refused().len())
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
        watch.push_unknown(None);
    }

    /// A message that its reader's mailbox, or the relay, takes later.
    pub fn put_off(&self, newsletter: i64) {
        let mut state = self.state();
        let watch = state.watched.entry(newsletter).or_default();
        watch.in_a_row = None;
        watch.push(None);
    }

    /// A refusal that is plainly about its reader. True: so are most of the others, which cannot be, and the
    /// newsletter is to be paused; once, for a list may be as old as that.
    pub fn refused_reader(&self, newsletter: i64, subscriber: i64, allowed_at: Instant) -> bool {
        let state = &mut *self.state();
        if state.joins_trip(newsletter, subscriber, allowed_at) {
            return true;
        }
        let watch = state.watched.entry(newsletter).or_default();
        watch.in_a_row = None;
        watch.push(None);
        watch.push_unknown(Some(subscriber));
        if state.known_as_old.contains(&newsletter) {
            return false;
        }
        let Some(subscribers) = watch.mostly_unknown() else {
            return false;
        };
        state.watched.remove(&newsletter);
        state.tripped.push(Tripped::new(newsletter, subscribers));
        state.known_as_old.insert(newsletter);
        while state.known_as_old.len() > LAST {
            state.known_as_old.pop_first();
        }
        true
    }

    /// Whether the relay took any message of this newsletter: then not all of it is unacceptable.
    pub fn has_accepted(&self, newsletter: i64) -> bool {
        let state = self.state();
        let watch = state.watched.get(&newsletter);
        watch.is_some_and(|watch| watch.accepted)
    }

    /// A refusal that says neither, of a message that the database allowed at `allowed_at`. True: that
    /// was one too many, and the newsletter is to be paused. So it is for whatever was on the wire
    /// when it was.
    pub fn refused_unclearly(
        &self,
        newsletter: i64,
        subscriber: i64,
        reply: &Reply,
        allowed_at: Instant,
    ) -> bool {
        let mut state = self.state();
        if state.joins_trip(newsletter, subscriber, allowed_at) {
            return true;
        }
        let watch = state.watched.entry(newsletter).or_default();
        let refusal = Refusal::of(reply);
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
        if in_a_row < IN_A_ROW && !watch.is_refused_often() {
            return false;
        }
        let subscribers = watch.refused();
        // Whoever resumes it begins anew.
        state.watched.remove(&newsletter);
        state.tripped.push(Tripped::new(newsletter, subscribers));
        true
    }

    /// The newsletter is paused in the database: from now on nothing of it is allowed.
    pub fn paused(&self, newsletter: i64) {
        for tripped in &mut self.state().tripped {
            if tripped.newsletter == newsletter {
                tripped.paused.get_or_insert_with(Instant::now);
            }
        }
    }

    /// Whom to put back: asked once a second, and for a while, because a refusal that another sender
    /// met may not be in the database yet.
    pub fn tripped(&self) -> Vec<Tripped> {
        let mut state = self.state();
        let is_fresh = |tripped: &&Tripped| tripped.since.elapsed() < FRESH_FOR;
        let fresh = state.tripped.iter().filter(is_fresh).cloned().collect();
        state
            .tripped
            .retain(|tripped| tripped.since.elapsed() < TRIP_LIFETIME);
        fresh
    }

    /// Forgets newsletters that are not being sent any more. One that another worker's breaker may
    /// have paused in the middle of a row of refusals puts that row back too: its readers met the same.
    pub fn keep(&self, is_active: impl Fn(i64) -> bool) {
        let state = &mut *self.state();
        let gone = state.watched.extract_if(.., |id, _| !is_active(*id));
        for (newsletter, watch) in gone {
            if let Some((_, readers)) = watch.in_a_row
                && readers.len() > 1
            {
                state.tripped.push(Tripped {
                    paused: Some(Instant::now()),
                    ..Tripped::new(newsletter, readers)
                });
            }
        }
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

    /// Whether a refusal of what was allowed now trips it.
    fn refused(breaker: &CircuitBreaker, newsletter: i64, reader: i64, code: u16) -> bool {
        breaker.refused_unclearly(newsletter, reader, &reply(code), Instant::now())
    }

    #[test]
    fn the_same_refusal_for_five_readers_in_a_row_trips_it_and_names_them() {
        let breaker = CircuitBreaker::default();
        for reader in 1..IN_A_ROW as i64 {
            assert!(!refused(&breaker, 1, reader, 554));
        }
        // Again the same reader: four readers still.
        assert!(!refused(&breaker, 1, 4, 554));
        assert!(refused(&breaker, 1, 5, 554));
        let tripped = breaker.tripped();
        assert_eq!(tripped.len(), 1);
        assert_eq!(
            (tripped[0].newsletter, &tripped[0].subscribers[..]),
            (1, &[1, 2, 3, 4, 5][..])
        );
    }

    #[test]
    fn what_was_allowed_before_the_pause_is_put_back_too_and_after_it_all_begins_anew() {
        let breaker = CircuitBreaker::default();
        for reader in 1..=5 {
            refused(&breaker, 1, reader, 554);
        }
        // On the wire, and allowed while the pause was being written.
        assert!(refused(&breaker, 1, 6, 554) && refused(&breaker, 1, 7, 550));
        assert!(!refused(&breaker, 2, 8, 554));
        breaker.paused(1);
        let long_ago = Instant::now();
        let resumed = Instant::now() + NOTED_WITHIN * 2;
        assert!(!breaker.refused_unclearly(1, 9, &reply(554), resumed));
        // A relay that was slow about one of the first.
        assert!(breaker.refused_unclearly(1, 10, &reply(554), long_ago));
        assert_eq!(breaker.tripped()[0].subscribers, [1, 2, 3, 4, 5, 6, 7, 10]);
    }

    #[test]
    fn a_row_that_another_worker_s_pause_ends_is_put_back() {
        let breaker = CircuitBreaker::default();
        for reader in 1..=3 {
            refused(&breaker, 1, reader, 554);
        }
        refused(&breaker, 2, 4, 554);
        breaker.keep(|_| false);
        let tripped = breaker.tripped();
        assert_eq!(tripped.len(), 1);
        assert_eq!(tripped[0].subscribers, [1, 2, 3]);
    }

    #[test]
    fn other_refusals_other_newsletters_and_what_is_taken_between_end_the_row() {
        let breaker = CircuitBreaker::default();
        for reader in 0..4 {
            assert!(!refused(&breaker, 1, reader, 554));
            assert!(!refused(&breaker, 2, reader, 554));
        }
        breaker.put_off(1);
        for _ in 0..40 {
            breaker.accepted(2);
        }
        for reader in 4..8 {
            assert!(!refused(&breaker, 2, reader, 550 + (reader % 2) as u16));
            assert!(!refused(&breaker, 3, reader, 554));
        }
        assert!(breaker.has_accepted(2) && !breaker.has_accepted(1));
    }

    #[test]
    fn more_than_a_fifth_of_the_last_two_hundred_trips_it_however_they_are_spread() {
        let breaker = CircuitBreaker::default();
        let mut reader = 0;
        // Every fifth: exactly 20 %, for as long as one likes.
        for _ in 0..400 {
            for _ in 0..4 {
                breaker.accepted(1);
            }
            reader += 1;
            assert!(!refused(&breaker, 1, reader, 554), "{reader}");
        }
        // Every fourth is more.
        let trips = (0..60).any(|_| {
            for _ in 0..3 {
                breaker.accepted(1);
            }
            reader += 1;
            refused(&breaker, 1, reader, 554)
        });
        assert!(trips);
        assert_eq!(breaker.tripped()[0].subscribers.len(), LAST / ONE_IN + 1);
    }

    fn said(words: &str) -> Reply {
        Reply {
            code: words[..3].parse().unwrap(),
            enhanced: None,
            words: words[4..].to_owned(),
            stage: Stage::Content,
        }
    }

    #[test]
    fn of_a_short_list_it_is_a_fifth_of_what_was_sent_so_far() {
        let policy = "554 5.7.1 Message rejected due to local policy";
        let other_words = "550 5.7.0 Local Policy Violation";
        for (spread, most) in [
            // Two sentences for one thing, in turns: the same refusal.
            (&[Some(policy), Some(other_words)][..], 5),
            // A reader's own refusal, or an acceptance, between them.
            (
                &[Some(policy), Some(policy), Some(policy), Some(policy), None][..],
                6,
            ),
            (&[Some(policy), None][..], 9),
            (&[Some("554 Transaction failed"), None, None, None][..], 17),
        ] {
            for is_reader_at_fault in [true, false] {
                let breaker = CircuitBreaker::default();
                let trips = (0..most).find(|at| match spread[at % spread.len()] {
                    Some(words) => {
                        breaker.refused_unclearly(1, *at as i64, &said(words), Instant::now())
                    }
                    None if is_reader_at_fault => {
                        breaker.put_off(1);
                        false
                    }
                    None => {
                        breaker.accepted(1);
                        false
                    }
                });
                assert_eq!(trips, Some(most - 1), "{spread:?}");
                assert_eq!(breaker.tripped()[0].subscribers.len(), 5);
            }
        }
        // A few odd ones out at the beginning are no share yet.
        let breaker = CircuitBreaker::default();
        for reader in 0..4 {
            assert!(!breaker.refused_unclearly(1, reader, &said(policy), Instant::now()));
            breaker.accepted(1);
        }
        for _ in 0..20 {
            breaker.accepted(1);
        }
        assert!(!breaker.refused_unclearly(1, 9, &said(policy), Instant::now()));
    }

    #[test]
    fn plain_refusals_of_readers_never_trip_it() {
        let breaker = CircuitBreaker::default();
        for reader in 0..1_000 {
            breaker.put_off(1);
            assert!(reader % 10 != 0 || !refused(&breaker, 1, reader, 554));
        }
    }

    #[test]
    fn a_relay_that_calls_most_readers_unknown_pauses_once_and_puts_all_of_them_back() {
        let breaker = CircuitBreaker::default();
        let unknown = |reader| breaker.refused_reader(1, reader, Instant::now());
        for reader in 1..UNKNOWN as i64 {
            assert!(!unknown(reader), "{reader}");
        }
        // The same reader again is no further one.
        assert!(!unknown(1));
        assert!(unknown(UNKNOWN as i64));
        assert!(unknown(UNKNOWN as i64 + 1), "it was on the wire");
        let all: Vec<i64> = (1..=UNKNOWN as i64 + 1).collect();
        assert_eq!(breaker.tripped()[0].subscribers, all);
        breaker.paused(1);
        // Whoever resumes it knows that the list is old.
        let resumed = Instant::now() + NOTED_WITHIN * 2;
        for reader in 100..200 {
            assert!(!breaker.refused_reader(1, reader, resumed));
        }
    }

    #[test]
    fn a_list_with_many_dead_mailboxes_among_living_ones_goes_on() {
        let breaker = CircuitBreaker::default();
        for reader in 0..1_000 {
            breaker.accepted(1);
            assert!(!breaker.refused_reader(1, reader, Instant::now()));
        }
    }
}
