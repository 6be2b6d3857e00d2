//! A circuit breaker for refusals whose fault one reader's does not tell. One of them is the odd reader out and
//! is set aside. The same one for several different readers in a row, or refusals of that kind for many of the
//! last messages, are not about them: the newsletter pauses, and those who were refused so are put back.
//!
//! Whatever the words are: a relay passes on what a reader's host, or the reader's own filter, says of us, and
//! says of our account what others say of a mailbox.

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

/// Different readers in a row who meet the same refusal; and, where the words are about us or the message and
/// the relay has taken nothing of the newsletter yet.
const IN_A_ROW: usize = 5;
const IN_A_ROW_AT_FIRST: usize = 3;

/// Different readers in a row who are called unknown, or the like, in the very same words.
const UNKNOWN_IN_A_ROW: usize = 12;

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
    /// Newsletters of which some relay took a message, also before they were paused.
    taken: BTreeSet<i64>,
}

/// Notes one more newsletter; of very many, the oldest are forgotten.
fn note(newsletters: &mut BTreeSet<i64>, newsletter: i64) {
    newsletters.insert(newsletter);
    while newsletters.len() > LAST {
        newsletters.pop_first();
    }
}

/// What a refusal seems to be about, which several readers have to confirm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suspect {
    /// We, or the message.
    Us {
        /// Other readers of the newsletter are being tried, or wait for it.
        others_to_ask: bool,
    },
    /// Nobody knows.
    Anybody,
}

/// What a refusal that is plainly about its reader, and comes too often for that, tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TooOften {
    /// Most are called unknown: the relay's list of mailboxes, or ours, is wrong.
    Unknown,
    /// Many in a row meet the same words, which name no unknown mailbox.
    Alike,
}

/// A message that was refused.
#[derive(Debug, Clone, Copy)]
pub struct Refused {
    /// `newsletter.id`
    pub newsletter: i64,
    /// `subscriber.id`
    pub subscriber: i64,
    /// When the database allowed it.
    pub allowed_at: Instant,
}

impl State {
    /// Whether the message was on the wire when its newsletter was paused: its reader is put back with the others.
    fn joins_trip(&mut self, refused: &Refused) -> bool {
        let mut tripped = self.tripped.iter_mut();
        let Some(trip) = tripped.find(|trip| trip.includes(refused)) else {
            return false;
        };
        trip.subscribers.push(refused.subscriber);
        true
    }
}

/// One more reader who met the same, or the first of another row; how many readers the row has.
fn add<T: PartialEq>(row: &mut Option<(T, Vec<i64>)>, met: T, subscriber: i64) -> usize {
    match row {
        Some((same, readers)) if *same == met => {
            if !readers.contains(&subscriber) {
                readers.push(subscriber);
            }
            readers.len()
        }
        other => {
            *other = Some((met, vec![subscriber]));
            1
        }
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

    fn includes(&self, refused: &Refused) -> bool {
        let is_before = |paused: Instant| refused.allowed_at <= paused + NOTED_WITHIN;
        self.newsletter == refused.newsletter && self.paused.is_none_or(is_before)
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
    /// The same of those called unknown, by their words.
    unknown_in_a_row: Option<(String, Vec<i64>)>,
}

impl Default for Watch {
    fn default() -> Self {
        Self {
            last: VecDeque::with_capacity(LAST),
            unclear: 0,
            unknown: VecDeque::with_capacity(LAST),
            in_a_row: None,
            unknown_in_a_row: None,
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

    /// Whom to put back where most of the last messages met an unknown mailbox, or the last of them all one in
    /// the same words.
    fn mostly_unknown(&self) -> Option<Vec<i64>> {
        if let Some((_, readers)) = &self.unknown_in_a_row
            && readers.len() >= UNKNOWN_IN_A_ROW
        {
            return Some(readers.clone());
        }
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
        let state = &mut *self.state();
        if !state.taken.contains(&newsletter) {
            note(&mut state.taken, newsletter);
        }
        let watch = state.watched.entry(newsletter).or_default();
        watch.in_a_row = None;
        watch.unknown_in_a_row = None;
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

    /// A refusal that is about its reader, in `words` without the reader's address; `is_unknown`: they call the
    /// mailbox unknown. That so many are is hardly so: then the newsletter is to be paused; for unknown ones once,
    /// for a list may be as old as that.
    pub fn refused_reader(
        &self,
        refused: Refused,
        words: &str,
        is_unknown: bool,
    ) -> Option<TooOften> {
        let kind = if is_unknown {
            TooOften::Unknown
        } else {
            TooOften::Alike
        };
        let state = &mut *self.state();
        if state.joins_trip(&refused) {
            return Some(kind);
        }
        let (newsletter, subscriber) = (refused.newsletter, refused.subscriber);
        let watch = state.watched.entry(newsletter).or_default();
        watch.in_a_row = None;
        watch.push(None);
        watch.push_unknown(Some(subscriber));
        // Numbers of a connection, a queue or a ticket differ each time.
        let words: String = words.chars().filter(|c| c.is_alphabetic()).collect();
        add(&mut watch.unknown_in_a_row, words, subscriber);
        if is_unknown && state.known_as_old.contains(&newsletter) {
            return None;
        }
        let subscribers = watch.mostly_unknown()?;
        state.watched.remove(&newsletter);
        state.tripped.push(Tripped::new(newsletter, subscribers));
        if is_unknown {
            note(&mut state.known_as_old, newsletter);
        }
        Some(kind)
    }

    /// The newsletter was paused for unknown mailboxes before, and somebody let it go on: nobody is put back.
    pub fn let_go_on(&self, newsletter: i64) {
        let state = &mut *self.state();
        let is_new =
            |tripped: &Tripped| tripped.newsletter == newsletter && tripped.paused.is_none();
        state.tripped.retain(|tripped| !is_new(tripped));
    }

    /// Another relay takes what this one refused, so nothing is paused: whom it refused is put back, and what is
    /// refused from now on is looked at anew.
    pub fn diverted(&self, newsletter: i64) {
        self.paused(newsletter);
        self.state().known_as_old.remove(&newsletter);
    }

    /// Whether the relay took any message of this newsletter: then not all of it is unacceptable.
    pub fn has_accepted(&self, newsletter: i64) -> bool {
        self.state().taken.contains(&newsletter)
    }

    /// A refusal that may be its reader's or not. True: that was one too many, and the newsletter is to be paused.
    /// So it is for whatever was on the wire when it was.
    pub fn refused_unclearly(&self, refused: Refused, reply: &Reply, suspect: Suspect) -> bool {
        let state = &mut *self.state();
        if state.joins_trip(&refused) {
            return true;
        }
        let (newsletter, subscriber) = (refused.newsletter, refused.subscriber);
        let watch = state.watched.entry(newsletter).or_default();
        watch.push(Some(subscriber));
        let in_a_row = add(&mut watch.in_a_row, Refusal::of(reply), subscriber);
        let needed = match suspect {
            _ if state.taken.contains(&newsletter) => IN_A_ROW,
            Suspect::Anybody => IN_A_ROW,
            Suspect::Us {
                others_to_ask: true,
            } => IN_A_ROW_AT_FIRST,
            Suspect::Us {
                others_to_ask: false,
            } => 1,
        };
        if in_a_row < needed && !watch.is_refused_often() {
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

    fn message(newsletter: i64, subscriber: i64) -> Refused {
        Refused {
            newsletter,
            subscriber,
            allowed_at: Instant::now(),
        }
    }

    /// Whether a refusal of what was allowed now trips it.
    fn refused(breaker: &CircuitBreaker, newsletter: i64, reader: i64, code: u16) -> bool {
        let refused = message(newsletter, reader);
        breaker.refused_unclearly(refused, &reply(code), Suspect::Anybody)
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
        let at = |reader, allowed_at| {
            let refused = Refused {
                allowed_at,
                ..message(1, reader)
            };
            breaker.refused_unclearly(refused, &reply(554), Suspect::Anybody)
        };
        assert!(!at(9, resumed));
        // A relay that was slow about one of the first.
        assert!(at(10, long_ago));
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
                    Some(words) => breaker.refused_unclearly(
                        message(1, *at as i64),
                        &said(words),
                        Suspect::Anybody,
                    ),
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
            assert!(!breaker.refused_unclearly(
                message(1, reader),
                &said(policy),
                Suspect::Anybody
            ));
            breaker.accepted(1);
        }
        for _ in 0..20 {
            breaker.accepted(1);
        }
        assert!(!breaker.refused_unclearly(message(1, 9), &said(policy), Suspect::Anybody));
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
        // Each time in words of its own.
        let in_words = |reader: i64| "a".repeat(reader.unsigned_abs() as usize);
        let unknown = |reader| {
            breaker.refused_reader(message(1, reader), &in_words(reader), true)
                == Some(TooOften::Unknown)
        };
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
            let refused = Refused {
                allowed_at: resumed,
                ..message(1, reader)
            };
            assert_eq!(breaker.refused_reader(refused, "no such user", true), None);
        }
    }

    #[test]
    fn a_list_with_many_dead_mailboxes_among_living_ones_goes_on() {
        let breaker = CircuitBreaker::default();
        for reader in 0..1_000 {
            breaker.accepted(1);
            assert_eq!(
                breaker.refused_reader(message(1, reader), "no such user", true),
                None
            );
        }
    }

    #[test]
    fn the_same_words_about_many_readers_in_a_row_are_hardly_about_them() {
        let breaker = CircuitBreaker::default();
        let refused = |reader, words: &str| {
            breaker.refused_reader(message(1, reader), words, false) == Some(TooOften::Alike)
        };
        for reader in 0..200 {
            for _ in 0..3 {
                breaker.accepted(1);
            }
            assert!(!refused(reader, "user unknown"));
        }
        breaker.accepted(1);
        for reader in 300..300 + UNKNOWN_IN_A_ROW as i64 - 1 {
            assert!(!refused(reader, "account disabled (1234)"), "{reader}");
        }
        assert!(!refused(300, "account disabled (99)"), "no further reader");
        assert!(refused(400, "account disabled (5)"));
        let readers = &breaker.tripped()[0].subscribers;
        assert_eq!((readers.len(), readers[0]), (UNKNOWN_IN_A_ROW, 300));
        // Whoever resumes it has not said that the list is old.
        breaker.paused(1);
        breaker.state().tripped.clear();
        assert!((500..512).any(|reader| refused(reader, "account disabled")));
    }

    #[test]
    fn what_is_said_of_us_needs_several_readers_unless_there_is_nobody_else_to_ask() {
        let us = |others_to_ask| Suspect::Us { others_to_ask };
        let breaker = CircuitBreaker::default();
        let denied = said("454 4.7.1 Relay access denied");
        let says = |newsletter, reader, suspect| {
            breaker.refused_unclearly(message(newsletter, reader), &denied, suspect)
        };
        assert!(!says(1, 1, us(true)));
        assert!(!says(1, 1, us(true)), "the same reader");
        assert!(!says(1, 2, us(true)));
        assert!(says(1, 3, us(true)));
        assert_eq!(breaker.tripped()[0].subscribers, [1, 2, 3]);
        assert!(says(2, 1, us(false)), "the only reader");
        // Where any was taken, also before a pause, it is the odd reader out.
        breaker.accepted(3);
        breaker.keep(|_| false);
        for reader in 1..5 {
            assert!(!says(3, reader, us(reader % 2 == 0)), "{reader}");
        }
        assert!(says(3, 5, us(true)));
    }
}
