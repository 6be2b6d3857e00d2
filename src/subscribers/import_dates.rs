//! When somebody left, as lists write it: with a zone or without, as a day alone, in the order of one country
//! or the other.
//!
//! It is held against a person's own word of later. What may mean two days means the later one, and a day
//! alone its end: who may have left after they confirmed has left.

use jiff::{
    civil::{Date, DateTime},
    tz::TimeZone,
};

use crate::clock::Timestamp;

/// See the module's head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListDate {
    /// With its zone.
    Instant(Timestamp),
    /// By the clocks of wherever the list comes from.
    Clock(DateTime),
}

/// Days with the month in words.
const IN_WORDS: [&str; 6] = [
    "%b %d, %Y",
    "%B %d, %Y",
    "%d %b %Y",
    "%d %B %Y",
    "%d-%b-%Y",
    "%d-%b-%y",
];

impl ListDate {
    /// The date in a cell; `None`: none stands there that can be read.
    #[must_use]
    pub fn of_cell(cell: &str) -> Option<Self> {
        let cell = cell.trim();
        if let Ok(instant) = cell.parse::<Timestamp>() {
            return Some(Self::Instant(instant));
        }
        let (day, time) = match cell.split_once(['T', ' ']) {
            Some((day, time)) => (day, time),
            None => (cell, ""),
        };
        if let (true, Ok(at)) = (time.contains(':'), cell.parse::<DateTime>()) {
            return Some(Self::Clock(at));
        }
        let in_words = || {
            let mut read = IN_WORDS.iter().map(|format| Date::strptime(format, cell));
            read.find_map(Result::ok)
        };
        let day = in_numbers(day).or_else(in_words)?;
        Some(Self::Clock(day.at(23, 59, 59, 0)))
    }

    /// The instant, in milliseconds, by the clocks of this zone where it names none.
    #[must_use]
    pub fn instant(self, zone: &TimeZone) -> Option<i64> {
        let at = match self {
            Self::Instant(at) => at,
            Self::Clock(at) => zone.to_timestamp(at).ok()?,
        };
        Some(at.as_millisecond())
    }
}

/// `2024-03-01`, `3/1/2024`, `1.3.24`.
fn in_numbers(day: &str) -> Option<Date> {
    let parts: Option<Vec<i16>> = day
        .split(['-', '/', '.'])
        .map(|part| part.parse().ok())
        .collect();
    let [first, second, third] = parts?.try_into().ok()?;
    let date = |year: i16, month: i16, day: i16| {
        let year = if year < 100 { 2_000 + year } else { year };
        Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
    };
    if first > 31 {
        return date(first, second, third);
    }
    let month_first = date(third, first, second);
    let day_first = date(third, second, first);
    month_first.max(day_first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_as_lists_write_them_and_the_later_one_where_there_are_two() {
        for (cell, says) in [
            ("2026-01-01T00:00:00.000Z", "2026-01-01T00:00:00Z"),
            ("2024-03-01T12:00:00-08:00", "2024-03-01T20:00:00Z"),
            ("2024-03-01 12:00:00", "2024-03-01T12:00:00Z"),
            ("2024-03-01 12:00", "2024-03-01T12:00:00Z"),
            ("2024-03-01", "2024-03-01T23:59:59Z"),
            ("2024/03/01", "2024-03-01T23:59:59Z"),
            ("02/24/2024", "2024-02-24T23:59:59Z"),
            ("24.02.2024", "2024-02-24T23:59:59Z"),
            ("03/04/2024", "2024-04-03T23:59:59Z"),
            ("3/1/24 9:15 PM", "2024-03-01T23:59:59Z"),
            ("Mar 1, 2024", "2024-03-01T23:59:59Z"),
            ("1 March 2024", "2024-03-01T23:59:59Z"),
        ] {
            let read = ListDate::of_cell(cell).and_then(|date| date.instant(&TimeZone::UTC));
            let expected: Timestamp = says.parse().unwrap();
            assert_eq!(read, Some(expected.as_millisecond()), "{cell}");
        }
        for cell in [
            "",
            "true",
            "1",
            "May 3",
            "0000-00-00 00:00:00",
            "13/13/2024",
        ] {
            assert_eq!(ListDate::of_cell(cell), None, "{cell}");
        }
        let midnight = ListDate::of_cell("2024-03-01 00:00:00").unwrap();
        let zone = TimeZone::get("America/Los_Angeles").unwrap();
        let expected: Timestamp = "2024-03-01T08:00:00Z".parse().unwrap();
        assert_eq!(midnight.instant(&zone), Some(expected.as_millisecond()));
    }
}
