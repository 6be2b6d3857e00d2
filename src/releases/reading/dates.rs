//! Dates as offices, their content systems and their feeds write them, and what they leave out.

use jiff::{
    Timestamp,
    civil::{Date, DateTime, Time},
    tz::TimeZone,
};

mod parts;

use parts::Parts;

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

/// How what names no zone is meant: in the office's own (F10).
#[derive(Debug, Clone)]
pub(in crate::releases) struct Calendar {
    zone: TimeZone,
    now: Timestamp,
}

impl Calendar {
    /// Of an office in `zone`, read at `now`.
    pub(in crate::releases) fn new(zone: TimeZone, now: Timestamp) -> Self {
        Self { zone, now }
    }

    /// Of nowhere, for what is in UTC without saying so.
    pub(in crate::releases) fn utc() -> Self {
        Self::new(TimeZone::UTC, Timestamp::MAX)
    }

    /// The instant that was meant. A day alone is its noon: whoever is some hours off still has the
    /// same day. Today has come, so what is dated today never lies ahead: it would wait until noon.
    pub(in crate::releases) fn instant(&self, written: Written) -> Option<Timestamp> {
        let (local, is_day) = match written {
            Written::Instant(at) => return Some(at),
            Written::Local(at) => (at, false),
            Written::Day(day) => (day.to_datetime(Time::constant(12, 0, 0, 0)), true),
        };
        let at = self.zone.to_timestamp(local).ok()?;
        let is_today = is_day && local.date() == self.zone.to_datetime(self.now).date();
        Some(if is_today { at.min(self.now) } else { at })
    }

    /// The instant that `text` names.
    pub(in crate::releases) fn read(&self, text: &str) -> Option<Timestamp> {
        self.instant(written(text)?)
    }

    /// The number of the day on which it is `at` here: for telling days apart.
    pub(in crate::releases) fn day(&self, at: Timestamp) -> i64 {
        let midnight = self.zone.to_datetime(at).date().to_datetime(Time::MIN);
        let midnight = TimeZone::UTC.to_timestamp(midnight);
        midnight.map_or(0, |midnight| midnight.as_second() / 86_400)
    }
}

/// The date that `text` names, in any of the forms that are met: RFC 3339, RFC 5322, RFC 850,
/// `Monday, April 15, 2013 - 2:23pm`, `2024-02-16T14:00:00`, `16 de febrero de 2024`, `2024년 2월
/// 16일`, `16 tháng 2, 2024`. None where there is no such day.
pub(in crate::releases) fn written(text: &str) -> Option<Written> {
    let text = text.trim();
    let written = if let Ok(instant) = text.parse() {
        Written::Instant(instant)
    } else if text.contains(':')
        && let Ok(local) = text.parse()
    {
        Written::Local(local)
    } else {
        Parts::of(text).written()?
    };
    plausible(written)
}

/// The same for a line that holds a date and nothing else, such as a page's date line.
pub(in crate::releases) fn alone(text: &str) -> Option<Written> {
    let parts = Parts::of(text);
    if parts.says_more() {
        return None;
    }
    plausible(parts.written()?)
}

/// A feed that says year 0000 or 9999 says nothing.
fn plausible(written: Written) -> Option<Written> {
    (1980..=2200)
        .contains(&written.day().year())
        .then_some(written)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_date_form_that_feeds_use_is_read_or_refused() {
        for (text, wanted) in [
            (
                "Fri, 16 Feb 2024 15:00:00 +0000",
                Some("2024-02-16T15:00:00Z"),
            ),
            (
                "Fri, 16 Feb 2024 10:00:00 EST",
                Some("2024-02-16T15:00:00Z"),
            ),
            (
                "Friday, 16-Feb-24 15:00:00 GMT",
                Some("2024-02-16T15:00:00Z"),
            ),
            ("2024-02-16T07:00:00-08:00", Some("2024-02-16T15:00:00Z")),
            ("2024-02-16T15:00:00", Some("2024-02-16T15:00:00Z")),
            ("2024-02-16 15:00:00", Some("2024-02-16T15:00:00Z")),
            (
                "Monday, April 15, 2013 - 2:23pm",
                Some("2013-04-15T14:23:00Z"),
            ),
            (
                "February 16th, 2024 at 2:00 p.m.",
                Some("2024-02-16T14:00:00Z"),
            ),
            ("2024-02-16", Some("2024-02-16T12:00:00Z")),
            ("Feb 16, 2024", Some("2024-02-16T12:00:00Z")),
            ("2/16/2024", Some("2024-02-16T12:00:00Z")),
            ("02.16.24", Some("2024-02-16T12:00:00Z")),
            ("16 de febrero de 2024", Some("2024-02-16T12:00:00Z")),
            ("Thu, 31 Feb 2024 00:00:00 GMT", None),
            ("Sat, 01 Jan 0000 00:00:00 GMT", None),
            ("0000-00-00T00:00:00", None),
            ("", None),
            ("soon", None),
            (&"9".repeat(5_000), None),
        ] {
            let wanted = wanted.map(|wanted| wanted.parse::<Timestamp>().unwrap());
            assert_eq!(Calendar::utc().read(text), wanted, "{text}");
        }
    }

    #[test]
    fn days_are_read_as_the_languages_of_readers_write_them() {
        for (text, wanted) in [
            ("2024년 2월 16일", "2024-02-16T12:00:00Z"),
            ("2024 년 2 월 16 일", "2024-02-16T12:00:00Z"),
            ("2024년 2월 16일 금요일", "2024-02-16T12:00:00Z"),
            ("2024년 2월 16일 (금) 오후 2:30", "2024-02-16T14:30:00Z"),
            ("2024. 2. 16.", "2024-02-16T12:00:00Z"),
            ("2024.02.16", "2024-02-16T12:00:00Z"),
            ("2024年2月16日", "2024-02-16T12:00:00Z"),
            ("２０２４年２月１６日", "2024-02-16T12:00:00Z"),
            ("2024年2月16日 星期五 下午2:30", "2024-02-16T14:30:00Z"),
            ("2024/02/16", "2024-02-16T12:00:00Z"),
            ("16 tháng 2, 2024", "2024-02-16T12:00:00Z"),
            ("Ngày 16 tháng 2 năm 2024", "2024-02-16T12:00:00Z"),
            ("Thứ Sáu, 16/02/2024", "2024-02-16T12:00:00Z"),
            ("16/02/2024", "2024-02-16T12:00:00Z"),
            ("16.2.2024", "2024-02-16T12:00:00Z"),
            // Either may be the month: it is, as in this country.
            ("02/03/2024", "2024-02-03T12:00:00Z"),
        ] {
            let at = alone(text).and_then(|date| Calendar::utc().instant(date));
            assert_eq!(at, wanted.parse().ok(), "{text}");
        }
        for text in [
            "16/16/2024",
            "2024년 13월 16일",
            "2024년",
            "2024年の予算 2月16日",
        ] {
            assert_eq!(alone(text), None, "{text}");
        }
    }

    #[test]
    fn what_names_no_zone_is_in_the_offices_f10() {
        let office = |zone: &str, now: &str| {
            Calendar::new(TimeZone::get(zone).unwrap(), now.parse().unwrap())
        };
        let seoul = office("Asia/Seoul", "2024-02-15T23:30:00Z");
        let tustin = office("America/Los_Angeles", "2024-02-17T04:00:00Z");
        for (calendar, text, wanted) in [
            (&seoul, "2024-02-16T14:00:00", "2024-02-16T05:00:00Z"),
            (&seoul, "2024-02-16 14:00", "2024-02-16T05:00:00Z"),
            (&seoul, "2024-02-16T14:00:00Z", "2024-02-16T14:00:00Z"),
            (
                &seoul,
                "Fri, 16 Feb 2024 14:00:00 GMT",
                "2024-02-16T14:00:00Z",
            ),
            // It is half past eight in the morning there.
            (&seoul, "2024년 2월 16일", "2024-02-15T23:30:00Z"),
            (&seoul, "2024년 2월 15일", "2024-02-15T03:00:00Z"),
            (&seoul, "2024년 2월 17일", "2024-02-17T03:00:00Z"),
            // And here still the day before.
            (&tustin, "February 16, 2024", "2024-02-16T20:00:00Z"),
            (
                &tustin,
                "February 16, 2024 at 2:00 p.m. PT",
                "2024-02-16T22:00:00Z",
            ),
            (
                &tustin,
                "July 16, 2024 at 2:00 p.m. PT",
                "2024-07-16T21:00:00Z",
            ),
        ] {
            assert_eq!(calendar.read(text), wanted.parse().ok(), "{text}");
        }
        let morning = "2024-02-15T23:30:00Z".parse().unwrap();
        assert_eq!(seoul.day(morning), Calendar::utc().day(morning) + 1);
    }

    #[test]
    fn a_sentence_with_a_date_in_it_is_no_date_line() {
        assert!(alone("February 16, 2024").is_some());
        assert!(alone("Posted on Feb 16, 2024").is_some());
        assert!(alone("On February 16, 2024, the House voted.").is_none());
    }
}
