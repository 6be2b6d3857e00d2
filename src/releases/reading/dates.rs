//! The dates that sites and feeds write, and the ones that they should not (F6).

use jiff::{
    Timestamp,
    civil::{Date, DateTime},
    fmt::{rfc2822, strtime},
    tz::TimeZone,
};

/// An instant, from whatever a feed calls a date. One without a zone is taken as UTC.
pub(in crate::releases) fn instant(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(at);
    }
    if let Ok(at) = rfc2822::DateTimeParser::new().parse_timestamp(text) {
        return Some(at);
    }
    if let Ok(at) = text.parse::<DateTime>() {
        return at
            .to_zoned_datetime(TimeZone::UTC)
            .ok()
            .map(|at| at.timestamp());
    }
    // `Monday, April 15, 2013 - 2:23pm`
    let bare = text.split_once(", ").map_or(text, |(day, rest)| {
        if day.to_ascii_lowercase().ends_with("day") {
            rest
        } else {
            text
        }
    });
    let bare = bare
        .replace("am", " AM")
        .replace("pm", " PM")
        .replace("  ", " ");
    for format in [
        "%B %d, %Y - %I:%M %p",
        "%b %d, %Y - %I:%M %p",
        "%B %d, %Y %I:%M %p",
        "%m/%d/%Y - %H:%M",
        "%m/%d/%Y %I:%M %p",
        "%d %b %Y %H:%M:%S",
        "%Y-%m-%d %H:%M:%S",
    ] {
        if let Ok(at) = strtime::parse(format, &bare).and_then(|parts| parts.to_datetime()) {
            return at
                .to_zoned_datetime(TimeZone::UTC)
                .ok()
                .map(|at| at.timestamp());
        }
    }
    day(text)?
        .to_zoned_datetime(TimeZone::UTC)
        .ok()
        .map(|at| at.timestamp())
}

/// A day as people write it.
fn day(text: &str) -> Option<Date> {
    let text = text.trim().replace('.', "");
    let bare = match text.split_once(", ") {
        Some((first, rest)) if first.to_ascii_lowercase().ends_with("day") => rest,
        _ => text.as_str(),
    };
    [
        "%B %d, %Y",
        "%b %d, %Y",
        "%d %B %Y",
        "%d %b %Y",
        "%m/%d/%Y",
        "%Y-%m-%d",
    ]
    .iter()
    .find_map(|format| {
        strtime::parse(format, bare)
            .and_then(|parts| parts.to_date())
            .ok()
    })
}

/// A line that holds only a date, perhaps with the site's category: `Feb 16, 2024 | Uncategorized`.
pub(super) fn line(text: &str) -> Option<Timestamp> {
    let date = text.split(['|', '•', '·']).next()?;
    (text.chars().count() < 80)
        .then(|| day(date))
        .flatten()?
        .to_zoned_datetime(TimeZone::UTC)
        .ok()
        .map(|at| at.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_however_a_feed_writes_them() {
        for (text, expected) in [
            ("Fri, 16 Feb 2024 15:00:00 +0000", "2024-02-16T15:00:00Z"),
            ("Fri, 16 Feb 2024 10:00:00 EST", "2024-02-16T15:00:00Z"),
            ("2024-02-16T07:00:00-08:00", "2024-02-16T15:00:00Z"),
            ("2024-02-16T15:00:00", "2024-02-16T15:00:00Z"),
            ("Monday, April 15, 2013 - 2:23pm", "2013-04-15T14:23:00Z"),
            ("April 15, 2013", "2013-04-15T00:00:00Z"),
        ] {
            let found = instant(text).map(|at| at.to_string());
            assert_eq!(found.as_deref(), Some(expected), "{text}");
        }
        assert_eq!(instant("soon"), None);
        assert!(line("Feb 16, 2024 | Uncategorized").is_some());
        assert!(line("May 3 the force").is_none());
    }
}
