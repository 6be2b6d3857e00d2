//! A time as staff write it, in the office's zone. Two nights a year a clock time names no instant
//! or two; then nothing is guessed: a newsletter an hour early is a newsletter too early.

use gazette_templates::pages::words::Words;
use jiff::{
    civil::DateTime,
    tz::{AmbiguousOffset, TimeZone},
};

use crate::clock::Timestamp;

/// Which of the two instants is meant where the clock shows a time twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fold {
    /// Before the clocks go back.
    First,
    /// After the clocks went back.
    Second,
}

/// Why a written time is no instant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    /// Not a date and a time.
    #[error("enter a date and a time, such as November 24, 2026, at 9:00 a.m.")]
    Shape,
    /// The clocks skip it (spring).
    #[error(
        "the clocks skip {local} ({zone}): they go forward that night; choose a time before {from} or from {to} on"
    )]
    Gap {
        /// What was written.
        local: String,
        /// The office's zone, in words.
        zone: String,
        /// The first clock time that is skipped.
        from: String,
        /// The first that is not any more.
        to: String,
    },
    /// The clocks show it twice (autumn).
    #[error(
        "the clocks show {local} twice ({zone}): they go back that night; choose the first ({first}) or the second ({second})"
    )]
    Twice {
        /// What was written.
        local: String,
        /// The office's zone.
        zone: String,
        /// Abbreviation of the first, such as `PDT`.
        first: String,
        /// Abbreviation of the second, such as `PST`.
        second: String,
    },
}

/// The instant that `written` (`2026-11-24T09:00`, as `<input type="datetime-local">` sends it)
/// names in `zone`.
///
/// # Errors
/// [`ScheduleError::Gap`] for a time that the clocks skip; [`ScheduleError::Twice`] for one that
/// they show twice while `fold` does not say which.
pub fn office_time(
    written: &str,
    zone: &TimeZone,
    fold: Option<Fold>,
) -> Result<Timestamp, ScheduleError> {
    // The parser of a clock time would leave out an offset or a zone behind it.
    let is_bare = !written.contains(['[', '+', 'Z', 'z']) && written.matches('-').count() == 2;
    let local = is_bare.then(|| written.trim().parse::<DateTime>().ok());
    let local = local.flatten().ok_or(ScheduleError::Shape)?;
    let ambiguous = zone.to_ambiguous_timestamp(local);
    let words = Words::of("en");
    let shown = format!(
        "{}, {}",
        words.date(local.date()),
        words.time_of_day(local.time())
    );
    let outside = |_| ScheduleError::Shape;
    match (ambiguous.offset(), fold) {
        (AmbiguousOffset::Unambiguous { .. }, _) => ambiguous.unambiguous().map_err(outside),
        (AmbiguousOffset::Gap { .. }, _) => {
            // `later` reads the clock as if it had not moved yet, so it lies after the change.
            let after = ambiguous.later().map_err(outside)?;
            let change = zone
                .preceding(after)
                .next()
                .map_or(after, |change| change.timestamp());
            let before =
                Timestamp::from_millisecond(change.as_millisecond() - 1).map_err(outside)?;
            let skipped_from = zone.to_offset(before).to_datetime(change);
            Err(ScheduleError::Gap {
                local: shown,
                zone: zone_name(zone, before),
                from: words.time_of_day(skipped_from.time()),
                to: words.time_of_day(zone.to_datetime(change).time()),
            })
        }
        (AmbiguousOffset::Fold { .. }, Some(Fold::First)) => ambiguous.earlier().map_err(outside),
        (AmbiguousOffset::Fold { .. }, Some(Fold::Second)) => ambiguous.later().map_err(outside),
        (AmbiguousOffset::Fold { .. }, None) => {
            let label = |at: Timestamp| {
                let at = at.to_zoned_datetime(zone.clone());
                format!("{} {}", words.time_of_day(at.time()), at.strftime("%Z"))
            };
            let first = ambiguous.earlier().map_err(outside)?;
            let second = ambiguous.later().map_err(outside)?;
            Err(ScheduleError::Twice {
                local: shown,
                zone: zone_name(zone, first),
                first: label(first),
                second: label(second),
            })
        }
    }
}

/// A zone as people call it, at an instant: `Eastern time`, or by its abbreviation elsewhere than in America.
#[must_use]
pub fn zone_name(zone: &TimeZone, at: Timestamp) -> String {
    let shown = at
        .to_zoned_datetime(zone.clone())
        .strftime("%Z")
        .to_string();
    let name = zone.iana_name().unwrap_or_default();
    let is_american = ["America/", "US/", "Pacific/Honolulu"]
        .iter()
        .any(|part| name.starts_with(part));
    let words = match shown.as_str() {
        "EST" | "EDT" => "Eastern time",
        "CST" | "CDT" => "Central time",
        "MST" | "MDT" => "Mountain time",
        "PST" | "PDT" => "Pacific time",
        "AKST" | "AKDT" => "Alaska time",
        "HST" => "Hawaii time",
        "AST" | "ADT" => "Atlantic time",
        _ => "",
    };
    match name.rsplit_once('/') {
        _ if is_american && !words.is_empty() => words.to_owned(),
        // Where it has no abbreviation, only the distance to Greenwich stands there.
        Some((_, city)) if !shown.starts_with(char::is_alphabetic) => {
            format!("time of {}", city.replace('_', " "))
        }
        _ => shown,
    }
}

/// A time that is near, as people say it: `today, 4:10 p.m.`, `Tuesday, 4:10 p.m.`; with its date where it is more
/// than six days away.
#[must_use]
pub fn near_time(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let words = Words::of("en");
    let at = at.to_zoned_datetime(zone.clone());
    let today = now.to_zoned_datetime(zone.clone()).date();
    let time = words.time_of_day(at.time());
    let days = (at.date() - today).get_days();
    match days {
        0 => format!("today, {time}"),
        1..=6 => format!("{}, {time}", at.strftime("%A")),
        _ => format!("{}, {time}", words.date(at.date())),
    }
}

/// The same for the command line, where a time may also name its offset (`2026-11-24T09:00-08:00`,
/// `2026-11-24T17:00Z`): then it is that instant, wherever the office is.
///
/// # Errors
/// As [`office_time`]; of a time that the clocks show twice, its two offsets tell which is meant.
pub fn written_time(written: &str, zone: &TimeZone) -> Result<Timestamp, ScheduleError> {
    match written.trim().parse::<Timestamp>() {
        Ok(instant) => Ok(instant),
        Err(_) => office_time(written, zone, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn los_angeles() -> TimeZone {
        TimeZone::get("America/Los_Angeles").unwrap()
    }

    #[test]
    fn an_ordinary_time_is_the_offices_clock() {
        for (written, instant) in [
            ("2026-11-24T09:00", "2026-11-24T17:00:00Z"),
            ("2026-07-01T09:00", "2026-07-01T16:00:00Z"),
            (" 2026-07-01T09:00:30 ", "2026-07-01T16:00:30Z"),
        ] {
            let at = office_time(written, &los_angeles(), None).unwrap();
            assert_eq!(at.to_string(), instant);
        }
        for nonsense in ["", "tomorrow", "2026-13-01T09:00", "2026-02-30T09:00"] {
            assert_eq!(
                office_time(nonsense, &los_angeles(), None),
                Err(ScheduleError::Shape)
            );
        }
    }

    #[test]
    fn a_time_with_an_offset_is_that_instant_and_none_is_ever_left_out() {
        for (written, instant) in [
            ("2026-11-24T09:00-05:00", "2026-11-24T14:00:00Z"),
            ("2026-11-24T09:00+01:00", "2026-11-24T08:00:00Z"),
            ("2026-11-24 17:00Z", "2026-11-24T17:00:00Z"),
            ("2026-11-01T01:30-08:00", "2026-11-01T09:30:00Z"),
            ("2026-11-24T09:00", "2026-11-24T17:00:00Z"),
        ] {
            let at = written_time(written, &los_angeles()).unwrap();
            assert_eq!(at.to_string(), instant, "{written}");
        }
        for refused in [
            "2026-11-24T09:00 EST",
            "2026-11-24T09:00[Europe/Nowhere]",
            "2026-11-24T09:00[Europe/Berlin]",
        ] {
            assert!(written_time(refused, &los_angeles()).is_err(), "{refused}");
        }
    }

    #[test]
    fn f10_a_time_in_the_skipped_hour_is_refused_with_what_is_possible() {
        let error = office_time("2026-03-08T02:30", &los_angeles(), None).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the clocks skip March 8, 2026, 2:30 a.m. (Pacific time): they go forward that night; \
             choose a time before 2:00 a.m. or from 3:00 a.m. on"
        );
        for (written, instant) in [
            ("2026-03-08T01:59", "2026-03-08T09:59:00Z"),
            ("2026-03-08T03:00", "2026-03-08T10:00:00Z"),
        ] {
            let at = office_time(written, &los_angeles(), None).unwrap();
            assert_eq!(at.to_string(), instant);
        }
    }

    #[test]
    fn f10_a_time_that_comes_twice_is_asked_back() {
        let written = "2026-11-01T01:30";
        let error = office_time(written, &los_angeles(), None).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the clocks show November 1, 2026, 1:30 a.m. twice (Pacific time): they go back that night; \
             choose the first (1:30 a.m. PDT) or the second (1:30 a.m. PST)"
        );
        let first = office_time(written, &los_angeles(), Some(Fold::First)).unwrap();
        let second = office_time(written, &los_angeles(), Some(Fold::Second)).unwrap();
        assert_eq!(first.to_string(), "2026-11-01T08:30:00Z");
        assert_eq!(second.to_string(), "2026-11-01T09:30:00Z");
    }

    #[test]
    fn f10_a_half_hour_change_is_described_as_it_is() {
        let lord_howe = TimeZone::get("Australia/Lord_Howe").unwrap();
        let error = office_time("2026-10-04T02:10", &lord_howe, None).unwrap_err();
        assert!(
            error
                .to_string()
                .contains("before 2:00 a.m. or from 2:30 a.m. on"),
            "{error}"
        );
    }

    #[test]
    fn zones_and_near_times_are_said_as_people_say_them() {
        let now: Timestamp = "2026-11-24T17:00:00Z".parse().unwrap();
        for (zone, words) in [
            ("America/New_York", "Eastern time"),
            ("America/Los_Angeles", "Pacific time"),
            ("America/Phoenix", "Mountain time"),
            ("Pacific/Honolulu", "Hawaii time"),
            ("Europe/Berlin", "CET"),
            ("Asia/Shanghai", "CST"),
            ("America/Sao_Paulo", "time of Sao Paulo"),
            ("UTC", "UTC"),
        ] {
            assert_eq!(zone_name(&TimeZone::get(zone).unwrap(), now), words);
        }
        for (at, words) in [
            ("2026-11-24T23:10:00Z", "today, 3:10 p.m."),
            ("2026-11-25T23:10:00Z", "Wednesday, 3:10 p.m."),
            ("2026-11-30T23:10:00Z", "Monday, 3:10 p.m."),
            ("2026-12-01T23:10:00Z", "December 1, 2026, 3:10 p.m."),
            ("2026-11-20T23:10:00Z", "November 20, 2026, 3:10 p.m."),
        ] {
            assert_eq!(near_time(at.parse().unwrap(), now, &los_angeles()), words);
        }
    }
}
