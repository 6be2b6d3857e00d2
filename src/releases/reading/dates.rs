//! Dates as offices, their content systems and their feeds write them, and what they leave out.

use jiff::{SignedDuration, Timestamp, civil::Time, tz::TimeZone};

mod date_words;
mod order;
mod parts;
mod written;

pub use order::DateOrder;
use parts::Parts;
pub use written::Written;

/// A date as it was found, with the other day that it may mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DateFound {
    /// The likelier reading.
    pub written: Written,
    /// `05/10/2025` where nothing tells whether the day or the month stands first: the other one.
    pub other: Option<Written>,
}

/// When a release was published, and how sure that is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublishedAt {
    /// The instant.
    pub instant: Timestamp,
    /// Whether a person should look at it before anything goes out by itself.
    pub certainty: Certainty,
}

/// How sure a date is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Certainty {
    /// It can mean one day only.
    #[default]
    Certain,
    /// It can mean this instant, too: day and month may be the other way round.
    Ambiguous {
        /// The other instant.
        other: Timestamp,
    },
    /// It lies more than a day ahead: what waits for it waits in silence.
    Future,
}

/// How what names no zone is meant: in the office's own (F10).
#[derive(Debug, Clone)]
pub(in crate::releases) struct Calendar {
    zone: TimeZone,
    now: Timestamp,
    order: DateOrder,
}

impl Calendar {
    /// Of an office in `zone`, read at `now`.
    pub(in crate::releases) fn new(zone: TimeZone, now: Timestamp) -> Self {
        let order = zone.iana_name().map(DateOrder::of_zone).unwrap_or_default();
        Self { zone, now, order }
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

    /// When `text` says that it was.
    pub(in crate::releases) fn dated(&self, text: &str) -> Option<PublishedAt> {
        self.published_at(written_in(text, self.order)?)
    }

    /// What numbers alone begin with in the office's country.
    pub(in crate::releases) fn order(&self) -> DateOrder {
        self.order
    }

    /// The instant that `text` names.
    pub(in crate::releases) fn read(&self, text: &str) -> Option<Timestamp> {
        Some(self.dated(text)?.instant)
    }

    /// When that was. Of two days that may be meant, one that lies ahead is the unlikelier.
    pub(in crate::releases) fn published_at(&self, found: DateFound) -> Option<PublishedAt> {
        let instant = self.instant(found.written)?;
        let other = found.other.and_then(|other| self.instant(other));
        let is_ahead = |at: Timestamp| {
            self.now
                .checked_add(SignedDuration::from_hours(26))
                .is_ok_and(|soon| at > soon)
        };
        let (instant, other) = match other {
            Some(other) if is_ahead(instant) && !is_ahead(other) => (other, Some(instant)),
            other => (instant, other),
        };
        let certainty = match other {
            Some(other) => Certainty::Ambiguous { other },
            None if is_ahead(instant) => Certainty::Future,
            None => Certainty::Certain,
        };
        Some(PublishedAt { instant, certainty })
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
    Some(written_in(text, DateOrder::default())?.written)
}

/// [`written`] where it is known what a date begins with.
pub(in crate::releases) fn written_in(text: &str, order: DateOrder) -> Option<DateFound> {
    let text = text.trim();
    let certain = |written| DateFound {
        written,
        other: None,
    };
    let found = if let Ok(instant) = text.parse() {
        certain(Written::Instant(instant))
    } else if text.contains(':')
        && let Ok(local) = text.parse()
    {
        certain(Written::Local(local))
    } else {
        found(&Parts::of(text, order))?
    };
    plausible(found)
}

/// `20210820030646`, `20210820`: as content systems stamp what they store.
pub(in crate::releases) fn compact(text: &str) -> Option<DateFound> {
    let text = text.trim();
    let is_stamp = matches!(text.len(), 8 | 12 | 14) && text.bytes().all(|b| b.is_ascii_digit());
    let (year, rest) = text.split_at_checked(4).filter(|_| is_stamp)?;
    let (month, day) = (rest.get(..2)?, rest.get(2..4)?);
    alone_in(&format!("{year}-{month}-{day}"), DateOrder::DayFirst)
}

/// The same for a line that holds a date and nothing else, such as a page's date line.
pub(in crate::releases) fn alone(text: &str) -> Option<Written> {
    Some(alone_in(text, DateOrder::default())?.written)
}

/// Whether a date may begin with the word, as it is compared: a number, a month, a day of the week.
pub(super) fn may_begin(word: &str) -> bool {
    word.chars().any(|c| c.is_ascii_digit())
        || date_words::month(word).is_some()
        || date_words::is_filler(word)
}

/// [`alone`] where it is known what a date begins with.
pub(in crate::releases) fn alone_in(text: &str, order: DateOrder) -> Option<DateFound> {
    let text = text
        .trim()
        .strip_prefix(['[', '【'])
        .and_then(|inside| inside.strip_suffix([']', '】']))
        .unwrap_or(text);
    if text.contains('T')
        && let Ok(instant) = text.trim().parse()
    {
        return plausible(DateFound {
            written: Written::Instant(instant),
            other: None,
        });
    }
    let parts = Parts::of(text, order);
    if parts.says_more() {
        return None;
    }
    plausible(found(&parts)?)
}

fn found(parts: &Parts) -> Option<DateFound> {
    Some(DateFound {
        written: parts.written()?,
        other: parts.swapped(),
    })
}

/// A feed that says year 0000 or 9999 says nothing.
fn plausible(found: DateFound) -> Option<DateFound> {
    (1980..=2200)
        .contains(&found.written.day().year())
        .then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A number as large as a date's parts can hold, or larger, is no part of a date and no sum that
    /// runs over.
    #[test]
    fn numbers_at_the_edge_of_what_can_be_counted_are_read_or_refused() {
        let edges = [
            0,
            60,
            99,
            127,
            128,
            255,
            256,
            30_857,
            32_767,
            32_768,
            65_535,
            2_147_483_647,
            9_223_372_036_854_775_807_u64,
            u64::MAX,
        ];
        let forms = [
            "N-02-16",
            "2024-N-16",
            "2024-02-N",
            "N/N/N",
            "N.N.N",
            "N年N月N日",
            "民國N年5月6日",
            "N년 N월 N일",
            "February N, 2024",
            "February 16, N",
            "16 February 2024 N:N",
            "16 February 2024 N:N:N PM",
            "Fri, 16 Feb 2024 15:00:00 +N",
            "Fri, 16 Feb 2024 15:00:00 GMT-N",
            "Fri, 16 Feb 2024 15:00:00 UTC+N:N",
            "2024-02-16T15:00:00+N:N",
            "2024-02-16TN:N:N.NZ",
            "N",
            "NT",
            "@N",
            "-N-02-16",
        ];
        for form in forms {
            for edge in edges {
                let text = form.replace('N', &edge.to_string());
                for order in [DateOrder::DayFirst, DateOrder::YearFirst] {
                    if let Some(DateFound {
                        written: Written::Day(day),
                        ..
                    }) = alone_in(&text, order)
                    {
                        assert!((1900..2200).contains(&day.year()), "{text} is {day}");
                    }
                }
                let _ = written(&text);
            }
        }
    }

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
            // Eastern time is that of the east, wherever the office is, in summer and in winter.
            (
                &seoul,
                "Fri, 16 Feb 2024 10:00:00 ET",
                "2024-02-16T15:00:00Z",
            ),
            (
                &tustin,
                "July 16, 2024 at 2:00 p.m. ET",
                "2024-07-16T18:00:00Z",
            ),
        ] {
            assert_eq!(calendar.read(text), wanted.parse().ok(), "{text}");
        }
        let morning = "2024-02-15T23:30:00Z".parse().unwrap();
        assert_eq!(seoul.day(morning), Calendar::utc().day(morning) + 1);
    }

    #[test]
    fn days_are_read_in_the_ten_languages_and_in_the_order_of_the_country() {
        let first = DateOrder::DayFirst;
        for (text, order, wanted) in [
            ("4. Mai 2026", first, "2026-05-04"),
            ("Montag, den 4. März 2026, 14:00 Uhr", first, "2026-03-04"),
            ("04.05.2026", DateOrder::default(), "2026-05-04"),
            ("12.01.2026", DateOrder::default(), "2026-01-12"),
            ("1er août 2026", first, "2026-08-01"),
            ("mar. 4 mai 2026 à 14h30", first, "2026-05-04"),
            ("Lundi 4 août 2026", first, "2026-08-04"),
            ("4 luglio 2026", first, "2026-07-04"),
            ("lunedì 4 maggio 2026 alle ore 10:00", first, "2026-05-04"),
            ("4 de outubro de 2026 às 10h", first, "2026-10-04"),
            ("4 maart 2026", first, "2026-03-04"),
            ("maandag 4 mei 2026", first, "2026-05-04"),
            ("4 de setiembre de 2026", first, "2026-09-04"),
            ("Thứ Năm, 4/5/2026", first, "2026-05-04"),
            ("05/10/2025", first, "2025-10-05"),
            ("26-03-09 10:12", DateOrder::YearFirst, "2026-03-09"),
            ("26.03.02", DateOrder::YearFirst, "2026-03-02"),
            ("05/10/2025", DateOrder::YearFirst, "2025-10-05"),
            ("115-05-06", DateOrder::YearFirst, "2026-05-06"),
            ("115/5/6", DateOrder::default(), "2026-05-06"),
            ("民國115年5月6日", first, "2026-05-06"),
            ("中華民國 115 年 5 月 6 日", first, "2026-05-06"),
            (
                "05/10/2025",
                DateOrder::MonthFirst { certain: true },
                "2025-05-10",
            ),
            ("04-05-2026 - 13:14", first, "2026-05-04"),
            ("2026年05月04日 09:30", first, "2026-05-04"),
            (
                "Mon May 04 2026 09:00:00 GMT+0200 (Central European Summer Time)",
                first,
                "2026-05-04",
            ),
            ("May 4, 2026 5:27 am CST", first, "2026-05-04"),
            ("4 May 2026 10:00 GMT+7", first, "2026-05-04"),
            ("4 May 2026 10:00 UTC-05:00", first, "2026-05-04"),
        ] {
            let found = alone_in(text, order).map(|found| found.written.day().to_string());
            assert_eq!(found.as_deref(), Some(wanted), "{text}");
        }
        let seven = written("4 May 2026 10:00 GMT+7");
        assert_eq!(
            seven,
            Some(Written::Instant("2026-05-04T03:00:00Z".parse().unwrap()))
        );
        let five = written("4 May 2026 10:00 UTC-05:00");
        assert_eq!(
            five,
            Some(Written::Instant("2026-05-04T15:00:00Z".parse().unwrap()))
        );
    }

    #[test]
    fn a_date_that_may_mean_two_days_says_so_and_is_never_the_one_that_lies_ahead() {
        let now: Timestamp = "2026-02-01T12:00:00Z".parse().unwrap();
        let calendar = Calendar::new(TimeZone::UTC, now);
        let at = |text: &str| {
            calendar
                .published_at(written_in(text, DateOrder::default()).unwrap())
                .unwrap()
        };
        let noon = |day: &str| format!("{day}T12:00:00Z").parse::<Timestamp>().unwrap();
        assert_eq!(
            at("12/01/2026"),
            PublishedAt {
                instant: noon("2026-01-12"),
                certainty: Certainty::Ambiguous {
                    other: noon("2026-12-01")
                }
            }
        );
        assert_eq!(at("01/12/2026").instant, noon("2026-01-12"));
        assert_eq!(at("01/13/2026").certainty, Certainty::Certain);
        assert_eq!(at("01/01/2026").certainty, Certainty::Certain);
        assert_eq!(at("December 1, 2026").certainty, Certainty::Future);
        assert_eq!(at("February 2, 2026").certainty, Certainty::Certain);
    }

    #[test]
    fn stamps_of_content_systems_are_days() {
        for (text, wanted) in [
            ("20210820030646", Some("2021-08-20")),
            ("20210820", Some("2021-08-20")),
            ("202108200306", Some("2021-08-20")),
            ("20211320", None),
            ("12345678", None),
            ("2021082003064", None),
        ] {
            let found = compact(text).map(|found| found.written.day().to_string());
            assert_eq!(found.as_deref(), wanted, "{text}");
        }
    }

    #[test]
    fn a_sentence_with_a_date_in_it_is_no_date_line() {
        assert!(alone("February 16, 2024").is_some());
        assert!(alone("Posted on Feb 16, 2024").is_some());
        assert!(alone("On February 16, 2024, the House voted.").is_none());
    }
}
