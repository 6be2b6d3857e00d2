//! Concurrency control: how many connections to a relay are open: as many as make it faster, and fewer when it objects.
//!
//! An operator states at most how many a relay takes; how many are of use nobody knows beforehand.
//! So their number is doubled for as long as that raises the rate. A relay that refuses a connection
//! or closes one with 421 has half as many from then on, and they come back one at a time (P13).
//! What the operator states holds over all workers together: each has its part of it.

use std::{
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{sync::Notify, time::Instant};

/// Connections that are tried at once at the beginning.
const FIRST: usize = 4;

/// How long a number of connections is watched before it is judged, and on how many messages.
const MEASURE_FOR: Duration = Duration::from_millis(250);
const SAMPLE: u64 = 50;

/// The same of a relay that takes long over each message: then each connection's second message is enough.
const MEASURE_SLOW_FOR: Duration = Duration::from_secs(2);
const SLOW_SAMPLE_EACH: u64 = 2;

/// A larger number must make it this much faster to be kept: in percent.
const WORTH: u64 = 3;

/// How long a number that was found is kept before a larger one is tried again.
const HOLD_FOUND_FOR: Duration = Duration::from_secs(20);

/// How long a relay that objected is not tried with more.
const HOLD_OBJECTED_FOR: Duration = Duration::from_mins(10);

/// The connections of one relay.
#[derive(Debug)]
pub struct ConnectionScaling {
    most: usize,
    /// This worker's part of it.
    part: AtomicUsize,
    open: AtomicUsize,
    /// Messages taken since the watch began.
    taken: AtomicUsize,
    changed: Notify,
    search: Mutex<Search>,
}

#[derive(Debug)]
struct Search {
    since: Instant,
    /// Messages in a thousand seconds, and with how many connections.
    best: (u64, usize),
    quiet_until: Option<Instant>,
    objected: bool,
}

impl ConnectionScaling {
    /// At most this many.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self {
            most,
            part: AtomicUsize::new(most),
            open: AtomicUsize::new(FIRST.min(most)),
            taken: AtomicUsize::new(0),
            changed: Notify::new(),
            search: Mutex::new(Search {
                since: Instant::now(),
                best: (0, 0),
                quiet_until: None,
                objected: false,
            }),
        }
    }

    /// How many may ever be open.
    pub fn most(&self) -> usize {
        self.most
    }

    /// How many may be open now.
    pub fn now(&self) -> usize {
        self.open.load(Ordering::Relaxed).min(self.part())
    }

    /// Shares with the other workers: there are so many, and this is the one with that place among
    /// them, from 0. Where there are more workers than connections, each has one.
    pub fn share_among(&self, workers: usize, place: usize) {
        let workers = workers.max(1);
        let one_more = usize::from(place < self.most % workers);
        let part = (self.most / workers + one_more).max(1);
        let before = self.now();
        self.part.store(part, Ordering::Relaxed);
        if self.now() != before {
            tracing::debug!(
                connections = self.now(),
                workers,
                "connections to the relay"
            );
            self.changed.notify_waiters();
        }
    }

    fn part(&self) -> usize {
        self.part.load(Ordering::Relaxed)
    }

    /// Whether the connection with this number, from 0, may be open.
    pub fn may_open(&self, number: usize) -> bool {
        number < self.now()
    }

    /// Waits until the number changes.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }

    /// Counts a message that the relay took.
    pub fn took(&self) {
        self.taken.fetch_add(1, Ordering::Relaxed);
    }

    /// The relay does not want so many: half of them, and for a while no more.
    pub fn object(&self, now: Instant) {
        let mut search = self.search();
        // Connections that are refused together are one objection.
        if search.objected
            && search
                .quiet_until
                .is_some_and(|until| until > now + HOLD_OBJECTED_FOR / 2)
        {
            return;
        }
        self.set((self.now() / 2).max(1));
        search.objected = true;
        search.quiet_until = Some(now + HOLD_OBJECTED_FOR);
        self.watch_anew(&mut search, now);
    }

    /// Looks at the rate and opens or closes: to be called a few times a second, whether there is
    /// mail waiting or not.
    pub fn look(&self, now: Instant, is_mail_waiting: bool) {
        let mut search = self.search();
        if !is_mail_waiting {
            // Idle time is no low rate.
            self.watch_anew(&mut search, now);
            return;
        }
        let watched = now.saturating_duration_since(search.since);
        let taken = self.taken.load(Ordering::Relaxed) as u64;
        let open = self.now();
        let is_enough = taken >= SAMPLE
            || watched >= MEASURE_SLOW_FOR && taken >= SLOW_SAMPLE_EACH * open as u64;
        if watched < MEASURE_FOR || !is_enough {
            return;
        }
        // Of few messages a second, too, whole numbers tell one rate from another.
        let rate = taken * 1_000_000 / (watched.as_millis() as u64).max(1);
        let (best_rate, best_open) = search.best;
        if search.quiet_until.is_some_and(|until| until > now) {
            // What the relay does now is what more connections will be compared with.
            search.best = (rate, open);
        } else if best_open >= open || rate * 100 >= best_rate * (100 + WORTH) {
            search.best = (rate, open);
            let more = if search.objected { open + 1 } else { open * 2 };
            if open == self.part() {
                search.quiet_until = Some(now + HOLD_FOUND_FOR);
            }
            self.set(more.min(self.part()));
        } else {
            self.set(best_open);
            search.quiet_until = Some(now + HOLD_FOUND_FOR);
        }
        self.watch_anew(&mut search, now);
    }

    fn watch_anew(&self, search: &mut Search, now: Instant) {
        self.taken.store(0, Ordering::Relaxed);
        search.since = now;
    }

    fn set(&self, open: usize) {
        if self.open.swap(open, Ordering::Relaxed) != open {
            tracing::debug!(connections = open, "connections to the relay");
            self.changed.notify_waiters();
        }
    }

    fn search(&self) -> MutexGuard<'_, Search> {
        self.search.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A relay that takes so many messages per second over `open` connections.
    fn watch(scaling: &ConnectionScaling, now: &mut Instant, rate: impl Fn(usize) -> u64) {
        *now += Duration::from_millis(500);
        for _ in 0..rate(scaling.now()) / 2 {
            scaling.took();
        }
        scaling.look(*now, true);
    }

    #[test]
    fn connections_are_opened_while_they_raise_the_rate() {
        let scaling = ConnectionScaling::new(32);
        let mut now = Instant::now();
        // Ten a second each, until eight of them are all that the relay can do.
        for _ in 0..20 {
            watch(&scaling, &mut now, |open| 1_000 * open.min(8) as u64);
        }
        assert_eq!(scaling.now(), 8);
    }

    #[test]
    fn all_are_opened_where_each_one_helps() {
        let scaling = ConnectionScaling::new(30);
        let mut now = Instant::now();
        for _ in 0..20 {
            watch(&scaling, &mut now, |open| 1_000 * open as u64);
        }
        assert_eq!(scaling.now(), 30);
    }

    #[test]
    fn of_a_slow_relay_more_are_opened_within_seconds() {
        let scaling = ConnectionScaling::new(40);
        let begun = Instant::now();
        let mut now = begun;
        // Each connection's message takes 1.2 s.
        let mut part = 0.0;
        while scaling.now() < 40 && now < begun + Duration::from_mins(1) {
            now += Duration::from_millis(100);
            part += scaling.now() as f64 / 12.0;
            while part >= 1.0 {
                scaling.took();
                part -= 1.0;
            }
            scaling.look(now, true);
        }
        assert!(now - begun < Duration::from_secs(12), "{:?}", now - begun);
    }

    #[test]
    fn what_a_relay_allows_holds_over_all_workers_and_each_has_one() {
        for (most, workers) in [(10, 1), (10, 3), (10, 4), (4, 4), (2, 5), (1, 1), (500, 7)] {
            let parts = (0..workers).map(|place| {
                let scaling = ConnectionScaling::new(most);
                scaling.open.store(most, Ordering::Relaxed);
                scaling.share_among(workers, place);
                scaling.now()
            });
            let parts: Vec<usize> = parts.collect();
            assert!(parts.iter().all(|part| *part >= 1), "{parts:?}");
            assert_eq!(parts.iter().sum::<usize>(), most.max(workers), "{parts:?}");
        }
    }

    #[test]
    fn a_worker_alone_again_has_all_connections_again() {
        let scaling = ConnectionScaling::new(8);
        let mut now = Instant::now();
        scaling.share_among(4, 1);
        for _ in 0..10 {
            watch(&scaling, &mut now, |open| 1_000 * open as u64);
        }
        assert_eq!(scaling.now(), 2);
        scaling.share_among(1, 0);
        now += HOLD_FOUND_FOR;
        for _ in 0..10 {
            watch(&scaling, &mut now, |open| 1_000 * open as u64);
        }
        assert_eq!(scaling.now(), 8);
        scaling.share_among(2, 0);
        assert_eq!(scaling.now(), 4);
        assert!(scaling.may_open(3) && !scaling.may_open(4));
    }

    #[test]
    fn p13_a_relay_that_objects_has_half_and_they_come_back_one_at_a_time() {
        let scaling = ConnectionScaling::new(16);
        let mut now = Instant::now();
        for _ in 0..10 {
            watch(&scaling, &mut now, |open| 1_000 * open as u64);
        }
        assert_eq!(scaling.now(), 16);
        for _ in 0..16 {
            scaling.object(now);
        }
        assert_eq!(
            scaling.now(),
            8,
            "sixteen refusals at once are one objection"
        );
        watch(&scaling, &mut now, |open| 1_000 * open as u64);
        assert_eq!(scaling.now(), 8);
        now += HOLD_OBJECTED_FOR;
        watch(&scaling, &mut now, |open| 1_000 * open as u64);
        assert_eq!(scaling.now(), 9);
        assert!(scaling.may_open(8) && !scaling.may_open(9));
    }

    #[test]
    fn idle_time_is_no_low_rate_and_opens_and_closes_nothing() {
        let scaling = ConnectionScaling::new(32);
        let mut now = Instant::now();
        for _ in 0..20 {
            watch(&scaling, &mut now, |open| 1_000 * open.min(8) as u64);
        }
        assert_eq!(scaling.now(), 8);
        for _ in 0..10 {
            // A last few messages, nothing for a minute, and the next newsletter.
            for _ in 0..SAMPLE {
                scaling.took();
            }
            for _ in 0..120 {
                now += Duration::from_millis(500);
                scaling.look(now, false);
            }
            // More are tried again, and found to be of no use.
            for _ in 0..6 {
                watch(&scaling, &mut now, |open| 1_000 * open.min(8) as u64);
            }
            assert_eq!(scaling.now(), 8);
        }
    }
}
