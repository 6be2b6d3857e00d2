//! A fault that repeats: the log says it the first time, then at growing intervals.

/// How often something failed in a row.
#[derive(Debug, Default)]
pub struct RepeatedFault {
    in_a_row: u32,
}

impl RepeatedFault {
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
    }
}
