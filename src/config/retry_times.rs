//! How long to wait between two attempts.

use std::{fmt, str::FromStr};

use crate::clock::{HOUR, MINUTE};

/// The shortest and the longest wait, and how many may be told apart.
const SHORTEST_WAIT_MS: i64 = MINUTE;
const LONGEST_WAIT_MS: i64 = 24 * HOUR;
const MOST_WAITS: usize = 24;

/// Waiting times after the first, second, … attempt that a relay put off; the last one repeats (S2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetryTimes(Vec<i64>);

impl RetryTimes {
    /// The wait after attempt number `attempts`, of which the first is 1; in milliseconds.
    #[must_use]
    pub fn wait_after(&self, attempts: i16) -> i64 {
        let at = usize::try_from(attempts.max(1) - 1).unwrap_or_default();
        let wait = self.0.get(at).or(self.0.last());
        wait.copied().unwrap_or(30 * MINUTE)
    }
}

/// Two attempts in the first hour, then wider apart (RFC 5321 §4.5.4.1).
impl Default for RetryTimes {
    fn default() -> Self {
        Self(
            [30, 30, 120, 180, 180, 180, 360]
                .map(|minutes| minutes * MINUTE)
                .to_vec(),
        )
    }
}

impl fmt::Display for RetryTimes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, wait) in self.0.iter().enumerate() {
            let comma = if at > 0 { "," } else { "" };
            if wait % HOUR == 0 {
                write!(f, "{comma}{}h", wait / HOUR)?;
            } else {
                write!(f, "{comma}{}m", wait / MINUTE)?;
            }
        }
        Ok(())
    }
}

impl FromStr for RetryTimes {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let wait = |word: &str| {
            let (number, unit) = match word.strip_suffix('m') {
                Some(number) => (number, MINUTE),
                None => (word.strip_suffix('h')?, HOUR),
            };
            let wait = number.parse::<i64>().ok()?.checked_mul(unit)?;
            (SHORTEST_WAIT_MS..=LONGEST_WAIT_MS)
                .contains(&wait)
                .then_some(wait)
        };
        let mut waits = Vec::new();
        // By its place: what is wrong may be a password in the wrong variable.
        for (at, word) in text.split(',').map(str::trim).enumerate() {
            waits.push(wait(word).ok_or_else(|| {
                format!(
                    "waiting time {} is none: minutes as in `30m` or hours as in `2h`, from 1m to 24h, separated by commas",
                    at + 1
                )
            })?);
        }
        if waits.len() > MOST_WAITS {
            return Err(format!(
                "{} waiting times are too many: give {MOST_WAITS} at most, the last one repeats",
                waits.len()
            ));
        }
        Ok(Self(waits))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s2_waiting_times_are_read_as_they_are_written() {
        for text in ["30m,30m,2h,3h,3h,3h,6h", "5m", "90m,24h"] {
            assert_eq!(text.parse::<RetryTimes>().unwrap().to_string(), text);
        }
        let default = RetryTimes::default();
        assert_eq!(default.to_string().parse(), Ok(default));
        let spaced: RetryTimes = "30m, 2h".parse().unwrap();
        assert_eq!(spaced.wait_after(1), 30 * MINUTE);
        for later in [2, 3, i16::MAX] {
            assert_eq!(spaced.wait_after(later), 2 * HOUR);
        }
    }

    #[test]
    fn a_wrong_waiting_time_is_named_and_the_error_says_what_is_right() {
        for (text, wrong) in [
            ("", 1),
            ("30m,,2h", 2),
            ("30", 1),
            ("30m,2d", 2),
            ("0m", 1),
            ("25h", 1),
            ("30m,2h,-1h", 3),
            ("99999999999999999999h", 1),
        ] {
            let error = text.parse::<RetryTimes>().unwrap_err();
            let named = format!("waiting time {wrong} is none");
            assert!(error.starts_with(&named), "{text}: {error}");
            assert!(error.contains("as in `30m`"), "{text}: {error}");
        }
        let many = ["1h"; 25].join(",").parse::<RetryTimes>().unwrap_err();
        assert!(many.contains("24 at most"), "{many}");
    }
}
