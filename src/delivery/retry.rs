//! When a deferred message is tried again, with backoff and jitter, and when its deadline ends that (RFC 5321 §4.5.4.1).

use crate::{clock::MINUTE, config::RetryTimes, secret::random_bytes};

/// After the connection broke behind the final dot the message may or may not have arrived; the
/// first time it is sent again soon, with the same Message-ID, so that a reader's mailbox can tell
/// (S4).
const IN_DOUBT: i64 = MINUTE;

/// What to do after an attempt that did not succeed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Try again at this time.
    At(i64),
    /// The newsletter's deadline would be past.
    PastDeadline,
}

/// When to try again after attempt number `attempts` (1 is the first) ended at `now`. Up to 10 %
/// earlier or later, so that a big list does not come back as one wave.
#[must_use]
pub fn after(times: &RetryTimes, attempts: i16, now: i64, deadline: i64) -> Next {
    by(now + jittered(times.wait_after(attempts)), deadline)
}

/// The same where the relay may have taken it, or was out of order for a moment. A relay that breaks behind every final dot would
/// otherwise get a copy a minute without end: after the first time it is an attempt like others.
#[must_use]
pub fn after_doubt(times: &RetryTimes, attempts: i16, now: i64, deadline: i64) -> Next {
    if attempts <= 1 {
        by(now + IN_DOUBT, deadline)
    } else {
        after(times, attempts, now, deadline)
    }
}

fn by(at: i64, deadline: i64) -> Next {
    if at > deadline {
        Next::PastDeadline
    } else {
        Next::At(at)
    }
}

fn jittered(wait: i64) -> i64 {
    let random = random_bytes::<2>().map_or(0x8000, u16::from_be_bytes);
    wait * 9 / 10 + wait * i64::from(random) / 5 / i64::from(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{DAY, HOUR};
    use proptest::prelude::*;

    /// The times at which a message is tried that never succeeds.
    fn tries(after: fn(&RetryTimes, i16, i64, i64) -> Next) -> Vec<i64> {
        let schedule = RetryTimes::default();
        let mut times = vec![0];
        while let Next::At(at) = after(
            &schedule,
            times.len() as i16,
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
            after_doubt(&RetryTimes::default(), 1, 10 * MINUTE, 10 * MINUTE),
            Next::PastDeadline
        );
    }

    #[test]
    fn s2_the_schedule_is_the_operators() {
        let times: RetryTimes = "10m,1h".parse().unwrap();
        for (attempts, wait) in [(1, 10 * MINUTE), (2, HOUR), (3, HOUR), (40, HOUR)] {
            let Next::At(at) = after(&times, attempts, 0, DAY) else {
                panic!("{attempts}")
            };
            assert!((wait * 9 / 10..=wait * 11 / 10).contains(&at), "{attempts}");
        }
    }

    proptest! {
        #[test]
        fn s2_jitter_stays_within_a_tenth(attempts in 1i16..40) {
            let times = RetryTimes::default();
            let wait = times.wait_after(attempts);
            match after(&times, attempts, 0, i64::MAX) {
                Next::At(at) => prop_assert!((wait * 9 / 10..=wait * 11 / 10).contains(&at)),
                Next::PastDeadline => prop_assert!(false),
            }
        }
    }
}
