//! When somebody left, as lists write it: with a zone or without, as a day alone, in the order of one country
//! or the other, in words of several languages, or as a number of seconds or days.
//!
//! It is held against a person's own word of later. What may mean two days means the later one, and a day
//! alone its end: who may have left after they confirmed has left.

use std::sync::LazyLock;

use gazette_templates::{month_names, weekday_names};
use jiff::{
    ToSpan,
    civil::{Date, DateTime},
    fmt::rfc2822,
    tz::TimeZone,
};

use super::import_spelling::plain;
use crate::clock::Timestamp;

/// See the module's head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListDate {
    /// With its zone.
    Instant(Timestamp),
    /// By the clocks of wherever the list comes from.
    Clock(DateTime),
}

/// The years of which lists tell: another number is none.
const YEARS: std::ops::RangeInclusive<i16> = 1_990..=2_100;

/// Signs of a cell, at most: what is longer is a remark.
const LONGEST_DATE: usize = 60;

impl ListDate {
    /// The date in a cell; `None`: none stands there that can be read.
    #[must_use]
    pub fn of_cell(cell: &str) -> Option<Self> {
        let cell = cell.trim();
        let is_digit = |c: char| c.is_numeric();
        if cell.len() > LONGEST_DATE || !cell.contains(is_digit) {
            return None;
        }
        if let Ok(instant) = cell.parse::<Timestamp>() {
            return Some(Self::Instant(instant));
        }
        if let (true, Ok(at)) = (cell.contains(':'), cell.parse::<DateTime>()) {
            return Some(Self::Clock(at));
        }
        if let Ok(at) = rfc2822::parse(cell) {
            return Some(Self::Instant(at.timestamp()));
        }
        if cell.chars().all(|c| c.is_ascii_digit() || c == '.')
            && let Some(date) = of_number(cell)
        {
            return Some(date);
        }
        Some(end_of(of_words(cell)?))
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

fn end_of(day: Date) -> ListDate {
    ListDate::Clock(day.at(23, 59, 59, 0))
}

/// What one number says: seconds or milliseconds since 1970, days as spreadsheets count them, a year, or year, month
/// and day without signs between.
fn of_number(cell: &str) -> Option<ListDate> {
    let whole = match cell.split_once('.') {
        Some((whole, part)) if !part.contains('.') => whole,
        Some(_) => return None,
        None => cell,
    };
    let number: i64 = whole.parse().ok()?;
    match whole.len() {
        4 => {
            let year = i16::try_from(number).ok()?;
            let last = Date::new(year, 12, 31).ok()?;
            YEARS.contains(&year).then(|| end_of(last))
        }
        // From 1982 to 2064; what is less may be a count, or a ZIP code.
        5 if (30_000..60_000).contains(&number) => {
            let first = Date::constant(1899, 12, 30);
            Some(end_of(first.checked_add(number.days()).ok()?))
        }
        8 => {
            let part = |over: i64, of: i64| i16::try_from(number / over % of).ok();
            date(part(10_000, 10_000)?, part(100, 100)?, part(1, 100)?).map(end_of)
        }
        9 | 10 => Some(ListDate::Instant(Timestamp::from_second(number).ok()?)),
        12 | 13 => Some(ListDate::Instant(Timestamp::from_millisecond(number).ok()?)),
        _ => None,
    }
}

/// What stands around a date and says nothing of the day: articles, halves of the day, zones.
const FILLERS: &[&str] = &[
    "de", "del", "of", "the", "le", "la", "el", "den", "der", "am", "pm", "a", "p", "m", "at",
    "um", "uhr", "h", "à", "alle", "om", "às", "ngày", "tháng", "năm", "lúc", "utc", "gmt", "z",
    "t", "est", "edt", "cst", "cdt", "mst", "mdt", "pst", "pdt", "akst", "akdt", "hst", "et", "ct",
    "mt", "pt", "cet", "cest", "bst", "kst", "오전", "오후", "上午", "下午",
];

/// Abbreviations of months that are no beginnings of their names.
const SHORT_MONTHS: [(&str, i16); 3] = [("mrz", 3), ("mrt", 3), ("sept", 9)];

struct Words {
    months: Vec<(String, i16)>,
    weekdays: Vec<String>,
    fillers: Vec<String>,
}

static WORDS: LazyLock<Words> = LazyLock::new(|| {
    let languages = [
        &month_names::ENGLISH,
        &month_names::SPANISH,
        &month_names::GERMAN,
        &month_names::FRENCH,
        &month_names::ITALIAN,
        &month_names::PORTUGUESE,
        &month_names::DUTCH,
        &month_names::ARABIC,
    ];
    let months = languages.iter().flat_map(|names| names.iter().zip(1..));
    let weekdays = [
        &weekday_names::ENGLISH[..],
        &weekday_names::SPANISH,
        &weekday_names::GERMAN,
        &weekday_names::FRENCH,
    ];
    let weekdays = weekdays.into_iter().flatten();
    let short = SHORT_MONTHS.iter().map(|(name, month)| (name, *month));
    Words {
        months: months
            .chain(short)
            .map(|(name, month)| (plain(name), month))
            .collect(),
        weekdays: weekdays.map(|name| plain(name)).collect(),
        fillers: FILLERS.iter().map(|word| plain(word)).collect(),
    }
});

/// The shortest beginning of a name that stands for it.
const SHORTEST: usize = 3;

fn month_of(word: &str) -> Option<i16> {
    let begins = |name: &str| {
        name == word || word.len() >= SHORTEST && word.is_ascii() && name.starts_with(word)
    };
    let mut found = WORDS
        .months
        .iter()
        .filter(|(name, _)| begins(name))
        .map(|(_, month)| *month);
    let first = found.next()?;
    found.all(|other| other == first).then_some(first)
}

fn is_weekday(word: &str) -> bool {
    // `mi` and `do`, as Germans and Spaniards have them.
    word.len() >= 2 && WORDS.weekdays.iter().any(|name| name.starts_with(word))
}

/// A day as people write it, with or without a time: `15. Januar 2024`, `Jan 15, 2024 10:30 AM`, `2024년 1월 15일`,
/// `3/1/24`.
fn of_words(cell: &str) -> Option<Date> {
    let (mut numbers, mut month, mut at_time) = (Vec::new(), None, false);
    let mut may_be_weekday = false;
    let is_sign = |c: char| !(c.is_alphanumeric() || c == ':') || "年月日号號년월일".contains(c);
    let words = cell.split(is_sign).filter(|word| !word.is_empty());
    for (at, word) in words.enumerate() {
        if word.contains(':') {
            // `15T10:30:00`
            numbers.extend(
                word.split_once('T')
                    .and_then(|(day, _)| day.parse::<i16>().ok()),
            );
            at_time = true;
            continue;
        }
        let word = plain(word);
        if let Some(number) = number_of(&word) {
            // What stands behind the time is a zone, unless it is the year.
            let has_day = numbers.len() + usize::from(month.is_some()) >= 3;
            if !at_time || !has_day {
                numbers.push(number);
            }
        } else if let Some(named) = month_of(&word) {
            // `mar` is a Tuesday, too, before another month.
            if month.is_some() && !std::mem::take(&mut may_be_weekday) {
                return None;
            }
            may_be_weekday = at == 0 && is_weekday(&word);
            month = Some(named);
        } else if !is_weekday(&word) && !WORDS.fillers.contains(&word) {
            return None;
        }
    }
    match (month, numbers.as_slice()) {
        (Some(month), [one, other]) => {
            let first = date(*one, month, *other);
            first.max(date(*other, month, *one))
        }
        (Some(month), [year]) if YEARS.contains(year) => last_of_month(*year, month),
        (None, [year, month]) if YEARS.contains(year) => last_of_month(*year, *month),
        (None, [first, second, third]) => in_numbers(*first, *second, *third),
        _ => None,
    }
}

/// The number that a word is: `15`, `15th`, `1er`. One that is too large is none of a date.
fn number_of(word: &str) -> Option<i16> {
    let digits = word.trim_end_matches(|c: char| !c.is_ascii_digit());
    let ends = &word[digits.len()..];
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let is_ordinal = matches!(ends, "" | "st" | "nd" | "rd" | "th" | "er" | "e" | "o");
    (is_number && is_ordinal).then(|| digits.parse().unwrap_or(i16::MAX))
}

fn last_of_month(year: i16, month: i16) -> Option<Date> {
    date(year, month, 1).map(Date::last_of_month)
}

fn date(year: i16, month: i16, day: i16) -> Option<Date> {
    let year = if (0..100).contains(&year) {
        2_000 + year
    } else {
        year
    };
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

/// `2024-03-01`, `3/1/2024`, `1.3.24`.
fn in_numbers(first: i16, second: i16, third: i16) -> Option<Date> {
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
            ("Jan 15, 2024 10:30 AM", "2024-01-15T23:59:59Z"),
            ("15 Jan 2024 10:30", "2024-01-15T23:59:59Z"),
            ("15 Jan 2024 10:30am", "2024-01-15T23:59:59Z"),
            ("Mon, 15 Jan 2024 10:30:00 +0000", "2024-01-15T10:30:00Z"),
            ("Mon Jan 15 10:30:00 EST 2024", "2024-01-15T23:59:59Z"),
            ("Monday, January 15, 2024", "2024-01-15T23:59:59Z"),
            ("Jan 15 2024", "2024-01-15T23:59:59Z"),
            ("January 15th 2024", "2024-01-15T23:59:59Z"),
            ("Jan-15-2024", "2024-01-15T23:59:59Z"),
            ("15-Jan-24", "2024-01-15T23:59:59Z"),
            ("15.Jan.2024", "2024-01-15T23:59:59Z"),
            ("20240115", "2024-01-15T23:59:59Z"),
            ("1705314600", "2024-01-15T10:30:00Z"),
            ("1705314600000", "2024-01-15T10:30:00Z"),
            ("45306", "2024-01-15T23:59:59Z"),
            ("45306.4375", "2024-01-15T23:59:59Z"),
            ("15-ene-2024", "2024-01-15T23:59:59Z"),
            ("15 ene. 2024", "2024-01-15T23:59:59Z"),
            ("15 de enero de 2024", "2024-01-15T23:59:59Z"),
            ("15/01/2024 10:30:00 a. m.", "2024-01-15T23:59:59Z"),
            ("2024년 1월 15일", "2024-01-15T23:59:59Z"),
            ("2024. 1. 15.", "2024-01-15T23:59:59Z"),
            ("2024年1月15日 10:30", "2024-01-15T23:59:59Z"),
            ("15 tháng 1 năm 2024", "2024-01-15T23:59:59Z"),
            ("15. Januar 2024", "2024-01-15T23:59:59Z"),
            ("15 février 2024", "2024-02-15T23:59:59Z"),
            ("mar, 16 ene 2024", "2024-01-16T23:59:59Z"),
            ("2024-01-15 10:30:00 EST", "2024-01-15T23:59:59Z"),
            ("2024-01-15 10:30:00.000000", "2024-01-15T10:30:00Z"),
            ("2024-01-15T10:30", "2024-01-15T10:30:00Z"),
            ("2024-01", "2024-01-31T23:59:59Z"),
            ("January 2024", "2024-01-31T23:59:59Z"),
            ("2024", "2024-12-31T23:59:59Z"),
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
            "92780",
            "3",
            "192.0.2.1",
            "Declined on 2024-02-02",
            "714-555-1212",
            "May 3, 12 people",
        ] {
            assert_eq!(ListDate::of_cell(cell), None, "{cell}");
        }
        let midnight = ListDate::of_cell("2024-03-01 00:00:00").unwrap();
        let zone = TimeZone::get("America/Los_Angeles").unwrap();
        let expected: Timestamp = "2024-03-01T08:00:00Z".parse().unwrap();
        assert_eq!(midnight.instant(&zone), Some(expected.as_millisecond()));
    }
}
