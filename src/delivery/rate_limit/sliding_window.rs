//! How many messages went in the last hour or day, whenever it is looked at: providers count the hour and
//! the day that end now, not those of the calendar
//! (<https://knowledge.workspace.google.com/admin/gmail/gmail-sending-limits-in-google-workspace>).

use serde::Deserialize;

/// A window is counted in so many parts, and reaches back over one more than that, since the first of them
/// is only partly over: never more than the limit, and at least 60 of 61 of it.
const PARTS: i64 = 60;

/// The messages of a window that is so many ms long.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub(super) struct SlidingWindow<const LENGTH_MS: i64> {
    /// Each part's number since 1970, and the messages in it; the oldest first, none without any.
    parts: Vec<(i64, i64)>,
}

impl<const LENGTH_MS: i64> SlidingWindow<LENGTH_MS> {
    const PART_MS: i64 = LENGTH_MS / PARTS;

    /// From `[[PART,MESSAGES],…]`, as [`Self::to_text`] writes it.
    ///
    /// # Errors
    /// It is something else.
    pub(super) fn parse(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// See [`Self::parse`].
    pub(super) fn to_text(&self) -> String {
        serde_json::json!(self.parts).to_string()
    }

    fn part_of(at: i64) -> i64 {
        at.div_euclid(Self::PART_MS)
    }

    /// How many messages went in the window that ends at `now`, in ms since 1970. What went before it is
    /// forgotten.
    pub(super) fn taken(&mut self, now: i64) -> i64 {
        let current = Self::part_of(now);
        self.parts.retain(|(part, _)| *part >= current - PARTS);
        // A message may leave a little later than it was reserved. What stands further ahead was counted
        // before the clock was set back: it is counted as of now, and not for ever.
        if let Some(first) = self.parts.iter().position(|(part, _)| *part > current + 1) {
            let ahead = self.parts.split_off(first);
            for (_, messages) in ahead {
                self.add(current + 1, messages);
            }
        }
        self.parts.iter().map(|(_, messages)| messages).sum()
    }

    /// When the oldest messages of the window have left it, in ms since 1970; `None` where there are none.
    pub(super) fn frees_at(&self) -> Option<i64> {
        let (oldest, _) = self.parts.first()?;
        Some((oldest + PARTS + 1) * Self::PART_MS)
    }

    /// One more message, that has left at `at` at the latest.
    pub(super) fn take(&mut self, at: i64) {
        self.add(Self::part_of(at), 1);
    }

    /// One that was to leave by `at` did not.
    pub(super) fn give_back(&mut self, at: i64) {
        let part = Self::part_of(at);
        if let Ok(found) = self.find(part) {
            self.parts[found].1 -= 1;
            if self.parts[found].1 <= 0 {
                self.parts.remove(found);
            }
        }
    }

    fn add(&mut self, part: i64, messages: i64) {
        match self.find(part) {
            Ok(found) => self.parts[found].1 += messages,
            Err(place) => self.parts.insert(place, (part, messages)),
        }
    }

    fn find(&self, part: i64) -> Result<usize, usize> {
        self.parts.binary_search_by_key(&part, |(part, _)| *part)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use proptest::prelude::*;

    use super::*;
    use crate::clock::{DAY, HOUR, MINUTE};

    #[test]
    fn the_hour_that_ends_now_is_counted_and_not_that_of_the_calendar() {
        let mut hour = SlidingWindow::<HOUR>::default();
        let noon = 12 * HOUR;
        // All of an hour's messages in its last minute: none is free when the clock strikes.
        for _ in 0..100 {
            hour.take(noon - 1);
        }
        assert_eq!(hour.taken(noon), 100);
        assert_eq!(hour.taken(noon + 59 * MINUTE), 100);
        assert_eq!(hour.frees_at(), Some(noon + HOUR));
        assert_eq!(hour.taken(noon + HOUR - 1), 100);
        assert_eq!(hour.taken(noon + HOUR), 0);
        assert_eq!(hour.frees_at(), None);
    }

    #[test]
    fn a_clock_that_is_set_back_frees_nothing_and_keeps_nothing_for_ever() {
        let mut day = SlidingWindow::<DAY>::default();
        let wrong = 30 * DAY;
        day.take(wrong);
        day.take(wrong - HOUR);
        let right = 20 * DAY;
        assert_eq!(day.taken(right), 2);
        assert_eq!(day.taken(right + DAY - 1), 2);
        assert_eq!(day.taken(right + DAY + DAY / 20), 0);
    }

    #[test]
    fn a_message_that_did_not_leave_is_free_again_where_it_was_counted() {
        let mut hour = SlidingWindow::<HOUR>::default();
        hour.take(MINUTE);
        hour.take(MINUTE);
        hour.take(5 * MINUTE);
        hour.give_back(MINUTE + 1);
        // Nothing is counted there.
        hour.give_back(3 * MINUTE);
        assert_eq!(hour.taken(6 * MINUTE), 2);
        assert_eq!(hour.taken(62 * MINUTE), 1);
    }

    #[test]
    fn what_is_stored_is_read_and_what_is_not_ours_is_refused() {
        let mut hour = SlidingWindow::<HOUR>::default();
        hour.take(7 * MINUTE);
        hour.take(7 * MINUTE);
        hour.take(9 * MINUTE);
        assert_eq!(hour.to_text(), "[[7,2],[9,1]]");
        assert_eq!(SlidingWindow::parse(&hour.to_text()).unwrap(), hour);
        for wrong in ["", "7", "{}", "[[7]]", "[[7,true]]"] {
            assert!(SlidingWindow::<HOUR>::parse(wrong).is_err(), "{wrong}");
        }
    }

    proptest! {
        /// Whoever takes all that is free whenever they look: no hour, wherever it begins, holds more than
        /// the limit, and nearly all of it is used.
        #[test]
        fn no_hour_wherever_it_begins_holds_more_than_its_limit(
            limit in 1i64..500,
            pauses in prop::collection::vec(1i64..40 * MINUTE, 1..80),
        ) {
            let mut hour = SlidingWindow::<HOUR>::default();
            let (mut now, mut left) = (1_000 * DAY, VecDeque::new());
            for pause in pauses {
                now += pause;
                while hour.taken(now) < limit {
                    hour.take(now);
                    left.push_back(now);
                }
                while left.front().is_some_and(|at| *at <= now - HOUR) {
                    left.pop_front();
                }
                prop_assert!(left.len() as i64 <= limit, "{} of {limit}", left.len());
                // Who has waited until it said so finds something.
                let frees_at = hour.frees_at().unwrap();
                prop_assert!(frees_at > now && frees_at <= now + HOUR + HOUR / PARTS);
                prop_assert!(hour.clone().taken(frees_at) < limit);
            }
        }
    }
}
