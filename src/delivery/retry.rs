//! When a deferred message is tried again, and when it is given up (RFC 5321 §4.5.4.1; S2).

use crate::{
    clock::{HOUR, MINUTE},
    secret::random_bytes,
};

/// Waiting times after the first, second, … attempt; the last one repeats. Two attempts in the
/// first hour, then wider apart.
const WAITS: [i64; 7] = [
    30 * MINUTE,
    30 * MINUTE,
    2 * HOUR,
    3 * HOUR,
    3 * HOUR,
    3 * HOUR,
    6 * HOUR,
];

/// After the connection broke behind the final dot the message may or may not have arrived; it is
/// sent again soon, with the same Message-ID, so that a reader's mailbox can tell (S4).
pub const IN_DOUBT: i64 = MINUTE;

/// What to do after an attempt that did not succeed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Try again at this time.
    At(i64),
    /// The newsletter's give-up time would be past.
    GiveUp,
}

/// When to try again after attempt number `attempts` (1 is the first) ended at `now`. Up to 10 %
/// earlier or later, so that a big list does not come back as one wave.
#[must_use]
pub fn after(attempts: i16, now: i64, give_up_at: i64) -> Next {
    let wait = WAITS[(attempts.max(1) as usize - 1).min(WAITS.len() - 1)];
    let at = now + jittered(wait);
    if at > give_up_at {
        Next::GiveUp
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
    use crate::clock::DAY;
    use proptest::prelude::*;

    #[test]
    fn s2_the_schedule_tries_twice_in_the_first_hour_and_ends() {
        let mut now = 0;
        let mut attempts = 0;
        let mut times = Vec::new();
        loop {
            attempts += 1;
            times.push(now);
            match after(attempts, now, 4 * DAY) {
                Next::At(at) => now = at,
                Next::GiveUp => break,
            }
        }
        let within = |hours: i64| times.iter().filter(|at| **at <= hours * HOUR).count();
        assert!((2..=3).contains(&within(1)), "{times:?}");
        assert!((6..=8).contains(&within(13)), "{times:?}");
        assert!(*times.last().unwrap() > 3 * DAY, "{times:?}");
        assert!(times.len() < 30, "{times:?}");
    }

    proptest! {
        #[test]
        fn s2_jitter_stays_within_a_tenth(attempts in 1i16..40) {
            let wait = WAITS[(attempts as usize - 1).min(WAITS.len() - 1)];
            match after(attempts, 0, i64::MAX) {
                Next::At(at) => prop_assert!((wait * 9 / 10..=wait * 11 / 10).contains(&at)),
                Next::GiveUp => prop_assert!(false),
            }
        }
    }
}
