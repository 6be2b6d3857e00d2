//! Dates as offices, their content systems and their feeds write them.

use jiff::{
    Timestamp,
    civil::{Date, DateTime, Time},
    tz::{Offset, TimeZone},
};

/// The instant that `text` names, in any of the forms that are met: RFC 3339, RFC 5322, RFC 850,
/// `Monday, April 15, 2013 - 2:23pm`, `2024-02-16T14:00:00`, `16 de febrero de 2024`. What names
/// no zone is taken as UTC. A day alone is its noon in UTC: that is the same day wherever an
/// office is, and midnight would be the day before in America. None where there is no such day.
pub(in crate::releases) fn instant(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if let Ok(instant) = text.parse::<Timestamp>() {
        return plausible(instant);
    }
    if text.contains(':')
        && let Ok(local) = text.parse::<DateTime>()
    {
        return plausible(TimeZone::UTC.to_timestamp(local).ok()?);
    }
    Parts::of(text).instant()
}

/// The same for a line that holds a date and nothing else, such as a page's date line.
pub(in crate::releases) fn alone(text: &str) -> Option<Timestamp> {
    let parts = Parts::of(text);
    if parts.other_words > 0 {
        return None;
    }
    parts.instant()
}

/// A feed that says year 0000 or 9999 says nothing.
fn plausible(instant: Timestamp) -> Option<Timestamp> {
    let year = TimeZone::UTC.to_datetime(instant).year();
    (1980..=2200).contains(&year).then_some(instant)
}

#[derive(Debug, Default)]
struct Parts {
    year: Option<i16>,
    month: Option<i8>,
    day: Option<i8>,
    time: Option<Time>,
    offset: Option<Offset>,
    other_words: usize,
}

impl Parts {
    fn of(text: &str) -> Self {
        let mut parts = Self::default();
        // Nothing that is a date is longer.
        if text.len() > 120 {
            parts.other_words = 1;
            return parts;
        }
        for token in text.split(|c: char| {
            c.is_whitespace() || matches!(c, ',' | '(' | ')' | '|' | ';' | '–' | '—')
        }) {
            let token = token.trim_end_matches('.');
            if token.is_empty() || token == "-" {
                continue;
            }
            if parts.time.is_some() && parts.take_offset(token) {
                continue;
            }
            if token.contains(':') {
                parts.take_time(token);
            } else if let Ok(date) = token.parse::<Date>() {
                parts.year = Some(date.year());
                parts.month = Some(date.month());
                parts.day = Some(date.day());
            } else if token.contains(['-', '/']) || is_dotted(token) {
                parts.take_joined(token);
            } else {
                parts.take_word(token);
            }
        }
        parts
    }

    fn take_word(&mut self, word: &str) {
        let lower = word.to_lowercase();
        let digits = lower.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        match (digits.parse::<i16>(), lower.get(digits.len()..)) {
            (Ok(year), Some("")) if digits.len() == 4 => self.year = Some(year),
            (Ok(day), Some("" | "st" | "nd" | "rd" | "th")) if digits.len() <= 2 => {
                if self.day.is_none() {
                    self.day = i8::try_from(day).ok();
                } else {
                    self.other_words += 1;
                }
            }
            // `2 pm`, after the time was taken apart from it.
            _ if matches!(lower.as_str(), "am" | "pm" | "a.m" | "p.m") => self.shift_to(&lower),
            _ => match month_of(&lower) {
                Some(month) if self.month.is_none() => self.month = Some(month),
                _ if is_filler(&lower) => {}
                _ => self.other_words += 1,
            },
        }
    }

    /// `16-Feb-24` of RFC 850, and `2/16/2024` or `02.16.24`, which in this country have the month
    /// first.
    fn take_joined(&mut self, token: &str) {
        let pieces: Vec<&str> = token.split(['-', '/', '.']).collect();
        let &[first, second, third] = pieces.as_slice() else {
            self.other_words += 1;
            return;
        };
        let year = |text: &str| match (text.len(), text.parse::<i16>().ok()?) {
            (2, year) if year < 70 => Some(2000 + year),
            (2, year) => Some(1900 + year),
            (4, year) => Some(year),
            _ => None,
        };
        if let Some(month) = month_of(&second.to_lowercase()) {
            (self.day, self.month) = (first.parse().ok(), Some(month));
        } else {
            (self.month, self.day) = (first.parse().ok(), second.parse().ok());
        }
        self.year = year(third);
        if self.day.is_none() || self.month.is_none() || self.year.is_none() {
            self.other_words += 1;
        }
    }

    fn take_time(&mut self, token: &str) {
        let lower = token.to_lowercase();
        let clock = lower.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == '.');
        let mut numbers = clock.split(':').map(|part| {
            part.split('.')
                .next()
                .unwrap_or_default()
                .parse::<i8>()
                .unwrap_or(-1)
        });
        let (hour, minute, second) = (
            numbers.next().unwrap_or(-1),
            numbers.next().unwrap_or(0),
            numbers.next().unwrap_or(0),
        );
        match Time::new(hour, minute, second.min(59), 0) {
            Ok(time) => self.time = Some(time),
            Err(_) => self.other_words += 1,
        }
        self.shift_to(lower.get(clock.len()..).unwrap_or_default());
    }

    fn shift_to(&mut self, half: &str) {
        let Some(time) = self.time else { return };
        let hour = match (half.bytes().next(), time.hour()) {
            (Some(b'p'), hour @ 1..=11) => hour + 12,
            (Some(b'a'), 12) => 0,
            (_, hour) => hour,
        };
        self.time = Time::new(hour, time.minute(), time.second(), 0).ok();
    }

    fn take_offset(&mut self, token: &str) -> bool {
        let hours = match token.to_ascii_uppercase().as_str() {
            "UT" | "UTC" | "GMT" | "Z" => 0,
            "EST" | "CDT" => -5,
            "EDT" => -4,
            "CST" | "MDT" => -6,
            "MST" | "PDT" => -7,
            "PST" => -8,
            // "ET" is Eastern time without saying whether it is summer: the zone of the office
            // is a better guess than a wrong hour.
            "ET" | "CT" | "MT" | "PT" => return true,
            _ => return self.take_numeric_offset(token),
        };
        self.offset = Offset::from_hours(hours).ok();
        true
    }

    fn take_numeric_offset(&mut self, token: &str) -> bool {
        let sign = match token.as_bytes().first() {
            Some(b'+') => 1,
            Some(b'-') => -1,
            _ => return false,
        };
        let digits: String = token.chars().filter(char::is_ascii_digit).collect();
        if digits.len() != 4 {
            return false;
        }
        let Ok(number) = digits.parse::<i32>() else {
            return false;
        };
        self.offset = Offset::from_seconds(sign * (number / 100 * 3600 + number % 100 * 60)).ok();
        self.offset.is_some()
    }

    fn instant(&self) -> Option<Timestamp> {
        let date = Date::new(self.year?, self.month?, self.day?).ok()?;
        let local = date.to_datetime(self.time.unwrap_or(Time::constant(12, 0, 0, 0)));
        let zone = match self.offset {
            Some(offset) => TimeZone::fixed(offset),
            None => TimeZone::UTC,
        };
        plausible(zone.to_timestamp(local).ok()?)
    }
}

fn is_dotted(token: &str) -> bool {
    token.matches('.').count() == 2 && token.chars().all(|c| c.is_ascii_digit() || c == '.')
}

/// English and Spanish months, whole or cut to three letters or more.
fn month_of(lower: &str) -> Option<i8> {
    const MONTHS: [(&str, &str); 12] = [
        ("january", "enero"),
        ("february", "febrero"),
        ("march", "marzo"),
        ("april", "abril"),
        ("may", "mayo"),
        ("june", "junio"),
        ("july", "julio"),
        ("august", "agosto"),
        ("september", "septiembre"),
        ("october", "octubre"),
        ("november", "noviembre"),
        ("december", "diciembre"),
    ];
    if lower.chars().count() < 3 {
        return None;
    }
    let at = MONTHS
        .iter()
        .position(|(english, spanish)| english.starts_with(lower) || spanish.starts_with(lower))?;
    i8::try_from(at + 1).ok()
}

/// Words that stand around a date and mean nothing by themselves.
fn is_filler(lower: &str) -> bool {
    const DAYS: [&str; 14] = [
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
        "lunes",
        "martes",
        "miércoles",
        "jueves",
        "viernes",
        "sábado",
        "domingo",
    ];
    matches!(
        lower,
        "at" | "on"
            | "of"
            | "de"
            | "del"
            | "the"
            | "posted"
            | "published"
            | "date"
            | "date:"
            | "updated"
    ) || (lower.chars().count() >= 3 && DAYS.iter().any(|day| day.starts_with(lower)))
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
            assert_eq!(instant(text), wanted, "{text}");
        }
    }

    #[test]
    fn a_sentence_with_a_date_in_it_is_no_date_line() {
        assert!(alone("February 16, 2024").is_some());
        assert!(alone("Posted on Feb 16, 2024").is_some());
        assert!(alone("On February 16, 2024, the House voted.").is_none());
    }
}
