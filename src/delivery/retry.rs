//! The retry of a deferred message: when it is tried again, with backoff and jitter, and when its deadline
//! ends that (RFC 5321 §4.5.4.1).

use super::outcome::MessageKey;
use crate::{clock::MINUTE, config::RetryTimes};

/// After the connection broke behind the final dot the message may or may not have arrived; the
/// first time it is sent again soon, with the same Message-ID, so that a reader's mailbox can tell
/// (S4).
const IN_DOUBT_WAIT_MS: i64 = MINUTE;

/// So many copies that may have arrived are enough: a relay that breaks the connection behind the end of one
/// reader's message would get one at each retry until the deadline.
pub const MOST_DOUBTS: i64 = 3;

/// Which message has been tried, and how often: 1 is the first attempt.
#[derive(Debug, Clone, Copy)]
pub struct Tried {
    pub key: MessageKey,
    pub attempts: i16,
}

/// What to do after an attempt that did not succeed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Try again at this time.
    At(i64),
    /// The newsletter's deadline would be past.
    PastDeadline,
}

/// When to try again after an attempt that ended at `now`. Up to 10 %
/// earlier or later, so that a big list does not come back as one wave.
#[must_use]
pub fn after(times: &RetryTimes, tried: Tried, now: i64, deadline: i64) -> Next {
    by(
        now + tried.jittered(times.wait_after(tried.attempts)),
        deadline,
    )
}

/// The same where the relay may have taken it, or was out of order for a moment. A relay that breaks behind every final dot would
/// otherwise get a copy a minute without end: after the first time it is an attempt like others.
#[must_use]
pub fn after_doubt(times: &RetryTimes, tried: Tried, now: i64, deadline: i64) -> Next {
    if tried.attempts <= 1 {
        by(now + IN_DOUBT_WAIT_MS, deadline)
    } else {
        after(times, tried, now, deadline)
    }
}

fn by(at: i64, deadline: i64) -> Next {
    if at > deadline {
        Next::PastDeadline
    } else {
        Next::At(at)
    }
}

impl Tried {
    /// The same for the same message and attempt: spread over the readers, it need not be chance.
    fn jittered(self, wait: i64) -> i64 {
        let (kind, one, other) = match self.key {
            MessageKey::Delivery {
                newsletter,
                subscriber,
                ..
            } => (0, newsletter, subscriber),
            MessageKey::TransactionalMail(id) => (1, id, 0),
        };
        let parts = [kind, one, other, i64::from(self.attempts)];
        let spread = parts
            .into_iter()
            .fold(0, |mixed, part| mix(mixed ^ part as u64));
        wait * 9 / 10 + wait * (spread % 1_000) as i64 / 5_000
    }
}

/// Makes of numbers that are close together some that are not (the finaliser of `splitmix64`,
/// Steele, Lea and Flood 2014).
fn mix(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{DAY, HOUR};
    use proptest::prelude::*;

    fn tried(subscriber: i64, attempts: i16) -> Tried {
        let key = MessageKey::Delivery {
            newsletter: 1,
            topic: 1,
            subscriber,
        };
        Tried { key, attempts }
    }

    #[test]
    fn s2_those_put_off_together_come_back_spread_over_a_fifth_of_the_wait() {
        let times = RetryTimes::default();
        let wait = times.wait_after(1);
        let mut tenths = [0; 10];
        for subscriber in 1..=10_000 {
            let Next::At(at) = after(&times, tried(subscriber, 1), 0, DAY) else {
                panic!("{subscriber}")
            };
            tenths[((at - wait * 9 / 10) * 10 / (wait / 5)) as usize] += 1;
        }
        assert!(
            tenths.iter().all(|many| (800..1_200).contains(many)),
            "{tenths:?}"
        );
    }

    /// The times at which a message is tried that never succeeds.
    fn tries(after: fn(&RetryTimes, Tried, i64, i64) -> Next) -> Vec<i64> {
        let schedule = RetryTimes::default();
        let mut times = vec![0];
        while let Next::At(at) = after(
            &schedule,
            tried(1, times.len() as i16),
            times[times.len() - 1],
            4 * DAY,
        ) {
            times.push(at);
        }
        times
    }

    #[test]
    fn s2_the_schedule_tries_twice_in_the_first_hour_and_ends() {
        let times = tries(after);
        let within = |hours: i64| times.iter().filter(|at| **at <= hours * HOUR).count();
        assert!((2..=3).contains(&within(1)), "{times:?}");
        assert!((6..=8).contains(&within(13)), "{times:?}");
        assert!(*times.last().unwrap() > 3 * DAY, "{times:?}");
        assert!(times.len() < 30, "{times:?}");
    }

    #[test]
    fn s4_what_is_in_doubt_comes_again_soon_and_then_by_the_schedule_and_ends() {
        let times = tries(after_doubt);
        assert_eq!(times[1], MINUTE);
        assert!(times[2] - times[1] >= 27 * MINUTE, "{times:?}");
        assert!(times.len() < 30, "{times:?}");
        assert_eq!(
            after_doubt(
                &RetryTimes::default(),
                tried(1, 1),
                10 * MINUTE,
                10 * MINUTE
            ),
            Next::PastDeadline
        );
    }

    #[test]
    fn s2_the_schedule_is_the_operators() {
        let times: RetryTimes = "10m,1h".parse().unwrap();
        for (attempts, wait) in [(1, 10 * MINUTE), (2, HOUR), (3, HOUR), (40, HOUR)] {
            let Next::At(at) = after(&times, tried(1, attempts), 0, DAY) else {
                panic!("{attempts}")
            };
            assert!((wait * 9 / 10..=wait * 11 / 10).contains(&at), "{attempts}");
        }
    }

    proptest! {
        #[test]
        fn s2_jitter_stays_within_a_tenth(subscriber in 1i64..1 << 39, attempts in 1i16..40) {
            let times = RetryTimes::default();
            let wait = times.wait_after(attempts);
            match after(&times, tried(subscriber, attempts), 0, i64::MAX) {
                Next::At(at) => prop_assert!((wait * 9 / 10..=wait * 11 / 10).contains(&at)),
                Next::PastDeadline => prop_assert!(false),
            }
        }
    }
}
