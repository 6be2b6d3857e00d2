//! A fault that repeats: the log says it the first time, then at growing intervals.

use std::sync::{Mutex, PoisonError};

use crate::clock::DAY;

/// How often something failed in a row.
#[derive(Debug, Default)]
pub struct RepeatedFault {
    in_a_row: u32,
}

impl RepeatedFault {
    /// What is known to have failed so often in a row already, such as a source whose failures are stored.
    #[must_use]
    pub fn after(in_a_row: i64) -> Self {
        let in_a_row = u32::try_from(in_a_row.max(0)).unwrap_or(u32::MAX);
        Self { in_a_row }
    }

    /// Counts one more; whether the log should say it: the 1st, 2nd, 4th, 8th… time.
    pub fn is_worth_a_line(&mut self) -> bool {
        self.in_a_row = self.in_a_row.saturating_add(1);
        self.in_a_row.is_power_of_two()
    }

    /// How often it has failed since it last went well.
    #[must_use]
    pub fn in_a_row(&self) -> u32 {
        self.in_a_row
    }

    /// It went well: the next fault is a new one.
    pub fn ended(&mut self) {
        self.in_a_row = 0;
    }
}

/// The same for what others bring about, such as requests that are refused: what is counted begins anew
/// each day, so that tomorrow's flood is not drowned by today's.
#[derive(Debug, Default)]
pub struct DailyCount(Mutex<(i64, RepeatedFault)>);

impl DailyCount {
    /// None yet.
    #[must_use]
    pub const fn new() -> Self {
        Self(Mutex::new((0, RepeatedFault { in_a_row: 0 })))
    }

    /// Counts one more at `now` (in milliseconds); how many there are today, where the log should say it.
    pub fn one_more(&self, now: i64) -> Option<u32> {
        let mut count = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let today = now.div_euclid(DAY);
        if count.0 != today {
            *count = (today, RepeatedFault::default());
        }
        count.1.is_worth_a_line().then(|| count.1.in_a_row())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_says_it_at_growing_intervals() {
        let mut fault = RepeatedFault::default();
        let lines = (0..100).filter(|_| fault.is_worth_a_line()).count();
        assert_eq!(lines, 7);
        fault.ended();
        assert!(fault.is_worth_a_line());
        let said: Vec<i64> = (0..20)
            .filter(|stored| RepeatedFault::after(*stored).is_worth_a_line())
            .collect();
        assert_eq!(said, [0, 1, 3, 7, 15]);
    }

    #[test]
    fn a_flood_of_refusals_is_a_few_lines_a_day_with_their_number() {
        let refused = DailyCount::new();
        let said: Vec<u32> = (0..1_000).filter_map(|_| refused.one_more(5)).collect();
        assert_eq!(said, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]);
        assert_eq!(refused.one_more(DAY + 5), Some(1));
    }
}
