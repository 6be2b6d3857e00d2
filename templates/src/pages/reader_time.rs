//! Times as readers write them, in each of their languages.

use jiff::civil::{DateTime, Time};

use crate::email::words::FixedWords;

/// A day and a time in a zone: "November 27, 2026, 11:55 p.m. PST".
#[must_use]
pub fn day_and_time(language: &str, at: DateTime, zone: &str) -> String {
    let day = FixedWords::of(language).date(at.date());
    let time = time_of_day(language, at.time());
    format!("{day}, {time} {zone}")
}

/// A time of day: "6:00 p.m.".
#[must_use]
pub fn time_of_day(language: &str, time: Time) -> String {
    let (hour, minute) = (time.hour(), time.minute());
    if language.split('-').next() != Some("en") {
        return format!("{hour}:{minute:02}");
    }
    let half = if hour < 12 { "a.m." } else { "p.m." };
    let hour = match hour % 12 {
        0 => 12,
        hour => hour,
    };
    format!("{hour}:{minute:02} {half}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_written_as_its_readers_write_it() {
        let at: DateTime = "2026-11-27T23:55".parse().unwrap();
        let shown = day_and_time("en", at, "PST");
        assert_eq!(shown, "November 27, 2026, 11:55 p.m. PST");
        let shown = day_and_time("es-US", at, "PST");
        assert_eq!(shown, "27 de noviembre de 2026, 23:55 PST");
        let midnight: DateTime = "2026-11-27T00:05".parse().unwrap();
        assert_eq!(time_of_day("en", midnight.time()), "12:05 a.m.");
    }
}
