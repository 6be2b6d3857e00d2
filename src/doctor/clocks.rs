//! Clock skew: a wrong Date gets mail refused (P8), and schedules go by it.

use jiff::{Timestamp, fmt::rfc2822};
use sea_orm::DbErr;

use super::report::Finding;
use crate::{app::App, db};

const CHECK: &str = "clock";

/// What others' clocks may be off from ours, in seconds, before it is worth a word, and before mail
/// suffers.
const NOTICEABLE_SKEW_SECONDS: i64 = 60;
const HARMFUL_SKEW_SECONDS: i64 = 15 * 60;

/// What another clock said, against ours at that moment.
#[derive(Debug)]
pub struct Reading {
    whose: String,
    /// Seconds by which ours is ahead.
    ahead: i64,
}

impl Reading {
    pub fn new(app: &App, whose: impl Into<String>, theirs: Timestamp) -> Self {
        Self {
            whose: whose.into(),
            ahead: app.clock.now().as_second() - theirs.as_second(),
        }
    }

    /// Exim and Sendmail end their greeting with the date.
    pub fn of_greeting(app: &App, relay: &str, greeting: &str) -> Option<Self> {
        let theirs = date_at_end(greeting)?;
        Some(Self::new(app, format!("the relay `{relay}`"), theirs))
    }
}

/// The date (RFC 5322) that a text ends with.
fn date_at_end(text: &str) -> Option<Timestamp> {
    const DAYS: [&str; 7] = ["Mon,", "Tue,", "Wed,", "Thu,", "Fri,", "Sat,", "Sun,"];
    let begin = DAYS.iter().filter_map(|day| text.rfind(day)).max()?;
    let zoned = rfc2822::parse(text.get(begin..)?.trim()).ok()?;
    Some(zoned.timestamp())
}

/// Compares; asks the database server too, which may be another machine.
pub async fn examine(app: &App, mut readings: Vec<Reading>) -> Result<Vec<Finding>, DbErr> {
    let server = "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)";
    if !app.db.is_sqlite()
        && let Some(ms) = db::scalar(app.db.pool(), server, []).await?
    {
        let theirs = crate::clock::instant(ms);
        readings.push(Reading::new(app, "the database server", theirs));
    }
    if readings.is_empty() {
        return Ok(vec![Finding::note(
            CHECK,
            "nobody told the time, so this machine's clock was compared with no other",
        )]);
    }
    Ok(readings.iter().map(compare).collect())
}

fn compare(reading: &Reading) -> Finding {
    let off = reading.ahead.abs();
    let side = if reading.ahead > 0 {
        "ahead of"
    } else {
        "behind"
    };
    let what = format!(
        "this machine's clock is {off} s {side} that of {}",
        reading.whose
    );
    let remedy = "let the machine keep its time by NTP (`timedatectl set-ntp true`)";
    if off < NOTICEABLE_SKEW_SECONDS {
        Finding::ok(
            CHECK,
            format!("this machine's clock agrees with that of {}", reading.whose),
        )
    } else if off < HARMFUL_SKEW_SECONDS {
        Finding::warning(CHECK, what).remedy(remedy)
    } else {
        Finding::fault(CHECK, what).remedy(remedy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::report::Level;

    #[test]
    fn a_greeting_may_tell_the_time() {
        let expected = "2026-11-25T16:31:13Z".parse::<Timestamp>().unwrap();
        for greeting in [
            "mail.example.gov ESMTP Exim 4.98 Wed, 25 Nov 2026 16:31:13 +0000",
            "mail.example.gov ESMTP Sendmail 8.18; Wed, 25 Nov 2026 08:31:13 -0800",
        ] {
            assert_eq!(date_at_end(greeting), Some(expected), "{greeting}");
        }
        for greeting in ["mail.example.gov ESMTP Postfix", "Wed, soon", ""] {
            assert_eq!(date_at_end(greeting), None, "{greeting}");
        }
    }

    #[test]
    fn a_clock_that_is_off_is_told_by_how_much() {
        let level = |ahead| {
            compare(&Reading {
                whose: "the relay".to_owned(),
                ahead,
            })
            .level
        };
        assert_eq!(
            [0, -59, 60, -899, 900, -86_400].map(level),
            [
                Level::Ok,
                Level::Ok,
                Level::Warning,
                Level::Warning,
                Level::Fault,
                Level::Fault
            ]
        );
        let behind = compare(&Reading {
            whose: "the relay".to_owned(),
            ahead: -100,
        });
        assert!(behind.what.contains("100 s behind that of the relay"));
    }
}
