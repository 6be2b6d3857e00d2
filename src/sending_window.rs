//! The sending window, hours of the office's day: when automatic newsletters may begin, and when digests are due. All
//! in the office's own zone, so that 08:00 stays 08:00 when the clocks change.

use jiff::{
    Timestamp,
    civil::{Date, Time, Weekday},
    tz::{AmbiguousOffset, TimeZone},
};

/// The instant at which the office's clock shows `time` on `date`: the first where it shows it
/// twice, and the end of the gap where it skips it. None only at the ends of time.
#[must_use]
pub fn instant_of(date: Date, time: Time, zone: &TimeZone) -> Option<Timestamp> {
    let ambiguous = zone.to_ambiguous_timestamp(date.to_datetime(time));
    match ambiguous.offset() {
        AmbiguousOffset::Gap { .. } => {
            let after = ambiguous.later().ok()?;
            Some(
                zone.preceding(after)
                    .next()
                    .map_or(after, |change| change.timestamp()),
            )
        }
        _ => ambiguous.earlier().ok(),
    }
}

/// `17:00` as a time of day; `24:00` is none.
#[must_use]
pub fn time_of_day(written: &str) -> Option<Time> {
    let (hour, minute) = written.trim().split_once(':')?;
    let digits = |text: &str| {
        (text.len() <= 2 && text.bytes().all(|b| b.is_ascii_digit()))
            .then(|| text.parse::<i8>().ok())
            .flatten()
    };
    Time::new(digits(hour)?, digits(minute)?, 0, 0).ok()
}

/// `monday` or `mon`, in any case.
#[must_use]
pub fn weekday(written: &str) -> Option<Weekday> {
    let written = written.trim().to_ascii_lowercase();
    DAYS.iter()
        .find(|(name, _)| *name == written || (written.len() == 3 && name.starts_with(&written)))
        .map(|(_, day)| *day)
}

/// The days by their names.
pub const DAYS: [(&str, Weekday); 7] = [
    ("monday", Weekday::Monday),
    ("tuesday", Weekday::Tuesday),
    ("wednesday", Weekday::Wednesday),
    ("thursday", Weekday::Thursday),
    ("friday", Weekday::Friday),
    ("saturday", Weekday::Saturday),
    ("sunday", Weekday::Sunday),
];

/// When newsletters may begin that nobody sends by hand. The default is always.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SendingWindow {
    /// From and until; until before from: over midnight. None: the whole day.
    hours: Option<(Time, Time)>,
    /// None: every day. An hour belongs to the day on which its window opened.
    days: Option<Vec<Weekday>>,
}

impl SendingWindow {
    /// From the office's settings, such as `08:00-20:00` and `mon-fri` or `mon,wed,fri`.
    ///
    /// # Errors
    /// What to write instead.
    pub fn parse(hours: Option<&str>, days: Option<&str>) -> Result<Self, &'static str> {
        Ok(Self {
            hours: hours.map(parse_hours).transpose()?,
            days: days.map(parse_days).transpose()?,
        })
    }

    /// Whether it opens on this day of the week.
    #[must_use]
    pub fn has(&self, day: Weekday) -> bool {
        self.days.as_ref().is_none_or(|days| days.contains(&day))
    }

    /// Whether it is open at `now`.
    #[must_use]
    pub fn is_open(&self, now: Timestamp, zone: &TimeZone) -> bool {
        self.opens(now, zone) <= now
    }

    /// `now` while it is open, else when it opens next.
    #[must_use]
    pub fn opens(&self, now: Timestamp, zone: &TimeZone) -> Timestamp {
        if *self == Self::default() {
            return now;
        }
        let today = now.to_zoned_datetime(zone.clone()).date();
        // Yesterday's window may still be open; a week and a day has every weekday ahead.
        let mut day = today.yesterday().unwrap_or(today);
        for _ in 0..10 {
            if let Some((from, until)) = self.on(day, zone)
                && now < until
            {
                return now.max(from);
            }
            match day.tomorrow() {
                Ok(tomorrow) => day = tomorrow,
                Err(_) => break,
            }
        }
        now
    }

    /// From when until when it is open that opens on this day.
    fn on(&self, day: Date, zone: &TimeZone) -> Option<(Timestamp, Timestamp)> {
        if let Some(days) = &self.days
            && !days.contains(&day.weekday())
        {
            return None;
        }
        let (from, until) = self.hours.unwrap_or((Time::midnight(), Time::midnight()));
        let last = if until > from {
            day
        } else {
            day.tomorrow().ok()?
        };
        Some((instant_of(day, from, zone)?, instant_of(last, until, zone)?))
    }
}

fn parse_hours(written: &str) -> Result<(Time, Time), &'static str> {
    const SHAPE: &str = "must be two times of day such as 08:00-20:00";
    let (from, until) = written.split_once(['-', '–']).ok_or(SHAPE)?;
    let until = if until.trim() == "24:00" {
        Time::midnight()
    } else {
        time_of_day(until).ok_or(SHAPE)?
    };
    let from = time_of_day(from).ok_or(SHAPE)?;
    if from == until {
        return Err("must be two different times; leave it empty for the whole day");
    }
    Ok((from, until))
}

fn parse_days(written: &str) -> Result<Vec<Weekday>, &'static str> {
    const SHAPE: &str = "must be days such as mon-fri or mon,wed,fri";
    let mut days = Vec::new();
    for part in written.split(',') {
        match part.split_once(['-', '–']) {
            None => days.push(weekday(part).ok_or(SHAPE)?),
            Some((first, last)) => {
                let last = weekday(last).ok_or(SHAPE)?;
                let mut day = weekday(first).ok_or(SHAPE)?;
                while day != last {
                    days.push(day);
                    day = day.next();
                }
                days.push(last);
            }
        }
    }
    Ok(days)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(hours: &str, days: Option<&str>) -> SendingWindow {
        SendingWindow::parse(Some(hours), days).unwrap()
    }

    fn opens(window: &SendingWindow, now: &str) -> String {
        let zone = TimeZone::get("America/Los_Angeles").unwrap();
        window.opens(now.parse().unwrap(), &zone).to_string()
    }

    #[test]
    fn f10_a_window_opens_by_the_offices_clock_also_in_the_nights_of_the_change() {
        let day = window("08:00-20:00", None);
        for (now, opening) in [
            // An ordinary day, open and closed.
            ("2026-02-24T18:00:00Z", "2026-02-24T18:00:00Z"),
            ("2026-02-25T04:00:00Z", "2026-02-25T16:00:00Z"),
            // The clocks go forward: 08:00 comes an hour earlier.
            ("2026-03-08T05:00:00Z", "2026-03-08T15:00:00Z"),
            ("2026-03-08T14:59:59Z", "2026-03-08T15:00:00Z"),
            // The clocks go back: 08:00 comes an hour later.
            ("2026-11-01T04:00:00Z", "2026-11-01T16:00:00Z"),
            ("2026-11-01T15:30:00Z", "2026-11-01T16:00:00Z"),
        ] {
            assert_eq!(opens(&day, now), opening, "{now}");
        }
        // A window that opens in the hour that is skipped opens when that hour would have ended,
        // and one that opens in the hour that comes twice opens once.
        let night = window("02:30-05:00", None);
        assert_eq!(
            opens(&night, "2026-03-08T09:00:00Z"),
            "2026-03-08T10:00:00Z"
        );
        let night = window("01:30-05:00", None);
        assert_eq!(
            opens(&night, "2026-11-01T08:00:00Z"),
            "2026-11-01T08:30:00Z"
        );
        assert_eq!(
            opens(&night, "2026-11-01T09:10:00Z"),
            "2026-11-01T09:10:00Z"
        );
    }

    #[test]
    fn f10_days_count_and_a_window_may_reach_over_midnight() {
        let weekdays = window("08:00-20:00", Some("mon-fri"));
        // Friday evening waits for Monday morning.
        assert_eq!(
            opens(&weekdays, "2026-02-28T05:00:00Z"),
            "2026-03-02T16:00:00Z"
        );
        let late = window("20:00-02:00", Some("fri"));
        assert_eq!(opens(&late, "2026-02-28T09:00:00Z"), "2026-02-28T09:00:00Z");
        assert_eq!(opens(&late, "2026-02-28T10:00:00Z"), "2026-03-07T04:00:00Z");
        let days = SendingWindow::parse(None, Some("Sat,sun")).unwrap();
        assert_eq!(opens(&days, "2026-02-25T09:00:00Z"), "2026-02-28T08:00:00Z");
        assert_eq!(
            opens(&SendingWindow::default(), "2026-02-25T09:00:00Z"),
            "2026-02-25T09:00:00Z"
        );
    }

    #[test]
    fn what_is_no_window_says_how_to_write_one() {
        for hours in ["8-20", "08:00", "08:00-25:00", "night", "-1:00-2:00"] {
            assert!(SendingWindow::parse(Some(hours), None).is_err(), "{hours}");
        }
        assert!(SendingWindow::parse(Some("08:00-08:00"), None).is_err());
        for days in ["", "weekdays", "mon-", "m"] {
            assert!(SendingWindow::parse(None, Some(days)).is_err(), "{days}");
        }
        assert!(SendingWindow::parse(Some("8:00–24:00"), Some("fri-mon")).is_ok());
    }
}
