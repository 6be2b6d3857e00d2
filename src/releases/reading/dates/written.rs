//! A date as it stands in a text.

use jiff::{
    Timestamp,
    civil::{Date, DateTime},
    tz::TimeZone,
};

/// A date as somebody wrote it. What it leaves out, the office's [`Calendar`] knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// With its zone.
    Instant(Timestamp),
    /// Day and hour, of whatever zone.
    Local(DateTime),
    /// A day alone.
    Day(Date),
}

impl Written {
    /// The day that was written; of an instant, the day that it was in UTC.
    #[must_use]
    pub fn day(self) -> Date {
        match self {
            Self::Instant(at) => TimeZone::UTC.to_datetime(at).date(),
            Self::Local(at) => at.date(),
            Self::Day(day) => day,
        }
    }
}
