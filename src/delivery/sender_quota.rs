//! When a sending limit that a relay says is used up is free again, as far as its words tell.

use jiff::civil::Time;

use super::smtp::Reply;
use crate::clock::{DAY, HOUR, MINUTE, SECOND};

/// No sooner, and no later, whatever the words say.
const SHORTEST_MS: i64 = MINUTE;
const LONGEST_MS: i64 = 7 * DAY;

/// What names a length of time, in lower case, and where that was learned. The first that stands in
/// the words counts.
const PERIODS: &[(&str, i64, &str)] = &[
    (
        "24 hour",
        DAY,
        "Amazon SES: Maximum sending rate and 24-hour quota",
    ),
    (
        "24-hour",
        DAY,
        "Amazon SES: Maximum sending rate and 24-hour quota",
    ),
    ("/hour", HOUR, "policyd: recipients of a sender per hour"),
    ("/day", DAY, "policyd: recipients of a sender per day"),
    ("hourly", HOUR, "cPanel and Exim: hourly limits of a domain"),
    ("per hour", HOUR, "cPanel and Exim: max emails per hour"),
    (
        "this hour",
        HOUR,
        "SendGrid: too many recipients received this hour",
    ),
    ("an hour", HOUR, "cPanel and Exim: max emails per hour"),
    (
        "daily",
        DAY,
        "Google Workspace: SMTP error reference, 5.4.5; Exchange Online: NDR 5.1.90",
    ),
    ("per day", DAY, "Zoho, OVH: messages per day"),
    ("a day", DAY, "Zoho, OVH: messages per day"),
    ("tomorrow", DAY, "IONOS: try again tomorrow"),
];

/// Units behind a number, as in `try again in 45 minutes`.
const UNITS: &[(&str, i64)] = &[
    ("second", SECOND),
    ("minute", MINUTE),
    ("hour", HOUR),
    ("day", DAY),
];

/// When the limit should be free again. A day is twenty-four hours from now: whether a relay counts
/// from midnight, and whose, or over the last day, none of them says. `None`: the words name no time.
#[must_use]
pub fn free_at(reply: &Reply, now: i64) -> Option<i64> {
    let words = reply.words.to_ascii_lowercase();
    let period = || {
        let named = PERIODS.iter().find(|(name, ..)| words.contains(name));
        named.map(|(_, length, _)| *length)
    };
    // Google's own code for its daily limit, in whatever words.
    let coded = || matches!(reply.enhanced, Some((_, 4, 5))).then_some(DAY);
    let wait = named_wait(&words)
        .or_else(|| wait_until_clock(&words, now))
        .or_else(period)
        .or_else(coded)?;
    Some(now + wait.clamp(SHORTEST_MS, LONGEST_MS))
}

/// `in 45 minutes`, `after 3600 seconds`.
fn named_wait(words: &str) -> Option<i64> {
    let mut words = words.split_whitespace().peekable();
    while let Some(word) = words.next() {
        if !matches!(word, "in" | "after" | "within") {
            continue;
        }
        let number = words.peek().and_then(|word| word.parse::<f64>().ok());
        let Some(number) = number.filter(|number| number.is_finite()) else {
            continue;
        };
        words.next();
        let unit = words.peek().copied().unwrap_or_default();
        if let Some((_, length)) = UNITS.iter().find(|(name, _)| unit.starts_with(name)) {
            // A number that is too large for it becomes the largest.
            let wait = (number * *length as f64).ceil() as i64;
            return Some(wait).filter(|wait| *wait > 0);
        }
    }
    None
}

/// `at 06:18 UTC`: from `now` to the next time that a clock at Greenwich says so. Of another clock nobody knows
/// where it hangs.
fn wait_until_clock(words: &str, now: i64) -> Option<i64> {
    let words: Vec<&str> = words
        .split(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | ',' | ';'))
        .collect();
    words.windows(2).find_map(|pair| {
        let zone = pair[1].trim_end_matches('.');
        if !matches!(zone, "utc" | "gmt" | "z") {
            return None;
        }
        let time: Time = pair[0].parse().ok()?;
        let of_day = i64::from(time.hour()) * HOUR
            + i64::from(time.minute()) * MINUTE
            + i64::from(time.second()) * SECOND;
        Some((of_day - now).rem_euclid(DAY))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::reply_class::Stage;

    #[test]
    fn a_time_of_day_at_greenwich_is_the_next_one() {
        let at = |words: &str| {
            let reply = Reply {
                code: 450,
                enhanced: Some((4, 7, 1)),
                words: words.to_owned(),
                stage: Stage::Sender,
            };
            // 06:16:48
            let now = 20_000 * DAY + 6 * HOUR + 16 * MINUTE + 48 * SECOND;
            free_at(&reply, now).map(|at| at - now)
        };
        let soon = MINUTE + 12 * SECOND;
        for words in [
            "Hourly limit exceeded, try again at 06:18 UTC",
            "Hourly limit exceeded (resets 06:18:00 GMT).",
        ] {
            assert_eq!(at(words), Some(soon), "{words}");
        }
        assert_eq!(
            at("limit exceeded until 06:00 UTC"),
            Some(DAY - 16 * MINUTE - 48 * SECOND)
        );
        // Whose clock that is nobody knows.
        assert_eq!(at("Hourly limit exceeded, try again at 06:18"), Some(HOUR));
        assert_eq!(at("Hourly limit exceeded, at 26:18 UTC"), Some(HOUR));
    }

    fn wait(enhanced: Option<(u8, u16, u16)>, words: &str) -> Option<i64> {
        let reply = Reply {
            code: 550,
            enhanced,
            words: words.to_owned(),
            stage: Stage::Content,
        };
        free_at(&reply, 1_000).map(|at| at - 1_000)
    }

    #[test]
    fn what_relays_say_of_their_limits_names_a_time_or_none() {
        for (words, expected) in [
            ("Daily user sending limit exceeded", Some(DAY)),
            (
                "Throttling failure: Daily message quota exceeded.",
                Some(DAY),
            ),
            (
                "Domain x has exceeded the max emails per hour (150/100 (150%)) allowed",
                Some(HOUR),
            ),
            (
                "Hourly sending limit exceeded, try again in 20 minutes",
                Some(20 * MINUTE),
            ),
            (
                "You have reached your daily limit. Please retry after 7200 seconds",
                Some(2 * HOUR),
            ),
            (
                "sending limit reached, retry in 5 seconds",
                Some(SHORTEST_MS),
            ),
            ("sending limit reached, retry in 365 days", Some(LONGEST_MS)),
            (
                "sending limit reached, retry in 99999999999999999 days",
                Some(LONGEST_MS),
            ),
            ("sending limit reached, retry in inf days", None),
            ("sending limit reached, retry in -2 hours", None),
            (
                "User has exceeded its 24-hour sending limit. Relay quota will reset in 2.35 hours.",
                Some(141 * MINUTE),
            ),
            (
                "too many recipients from news@doe.example (500/hour)",
                Some(HOUR),
            ),
            ("you sent too many messages in the last 24 hours", Some(DAY)),
            ("sending limit reached, retry in a while", None),
            ("sending limit exceeded", None),
            ("monthly sending limit exceeded", None),
        ] {
            assert_eq!(wait(None, words), expected, "{words}");
        }
        assert_eq!(wait(Some((5, 4, 5)), "Limit exceeded"), Some(DAY));
    }

    #[test]
    fn every_row_can_be_found_and_says_where_it_was_learned() {
        for (name, _, source) in PERIODS {
            assert_eq!(*name, name.to_ascii_lowercase());
            assert!(!source.is_empty());
        }
    }
}
