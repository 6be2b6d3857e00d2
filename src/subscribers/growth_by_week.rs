//! How many came and went, week by week, from the evidence.

use std::collections::HashMap;

use jiff::{
    ZonedDateTime,
    civil::{Date, Weekday},
    tz::TimeZone,
};
use sea_orm::{ActiveEnum, FromQueryResult};

use super::{Result, consent::Evidence};
use crate::{app::App, db, values};

/// What happened in one week.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Week {
    /// Its Monday, by the office's calendar.
    pub monday: Date,
    /// Sign-ups.
    pub asked: u64,
    /// Confirmed by mail, or imported with consent given elsewhere.
    pub joined: u64,
    /// Unsubscribed, marked our mail as spam, or their address stopped taking mail.
    pub left: u64,
}

#[derive(FromQueryResult)]
struct Count {
    event: String,
    times: i64,
}

/// The last `weeks` weeks, the one that runs among them, the oldest first.
///
/// # Errors
/// The database failed.
pub async fn growth_by_week(app: &App, zone: &TimeZone, weeks: i32) -> Result<Vec<Week>> {
    let today = app.clock.now().to_zoned_datetime(zone.clone());
    let mut found = Vec::new();
    for back in (0..weeks).rev() {
        let Some((monday, begins, ends)) = week(&today, back) else {
            continue;
        };
        let Flow {
            asked,
            joined,
            left,
        } = flow(app, begins, ends).await?;
        found.push(Week {
            monday,
            asked,
            joined,
            left,
        });
    }
    Ok(found)
}

/// How many came and went.
pub(super) struct Flow {
    /// Sign-ups.
    pub asked: u64,
    /// See [`Week::joined`].
    pub joined: u64,
    /// See [`Week::left`].
    pub left: u64,
}

/// What the evidence says happened from `begins` on and before `ends`, in milliseconds.
pub(super) async fn flow(app: &App, begins: i64, ends: i64) -> Result<Flow> {
    // consent_by_time alone.
    let sql =
        "SELECT event, count(*) AS times FROM consent WHERE at >= $1 AND at < $2 GROUP BY event";
    let counts: Vec<Count> = db::rows(app.db.pool(), sql, values![begins, ends]).await?;
    let counts: HashMap<String, i64> = counts
        .into_iter()
        .map(|count| (count.event, count.times))
        .collect();
    let sum = |events: &[Evidence]| {
        let times = events
            .iter()
            .filter_map(|event| counts.get(&event.to_value()));
        times.sum::<i64>().unsigned_abs()
    };
    Ok(Flow {
        asked: sum(&[Evidence::Requested]),
        joined: sum(&[Evidence::Confirmed, Evidence::Imported]),
        left: sum(&[
            Evidence::Unsubscribed,
            Evidence::Bounced,
            Evidence::Complained,
        ]),
    })
}

/// The week that lies `back` weeks before today's: its Monday, and where it begins and ends in
/// milliseconds. A week with a change of clocks is an hour longer or shorter.
fn week(today: &ZonedDateTime, back: i32) -> Option<(Date, i64, i64)> {
    let since_monday = i64::from(today.date().weekday().since(Weekday::Monday));
    let days = |days: i64| jiff::Span::new().days(days);
    let monday = today
        .date()
        .checked_sub(days(since_monday + 7 * i64::from(back)))
        .ok()?;
    let midnight = |date: Date| {
        let at = date.to_zoned_datetime(today.time_zone().clone()).ok()?;
        Some(at.timestamp().as_millisecond())
    };
    let next = monday.checked_add(days(7)).ok()?;
    Some((monday, midnight(monday)?, midnight(next)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        clock::{Clock, DAY, HOUR},
        delivery::testing,
        subscribers::Status,
        test_data,
    };

    #[test]
    fn a_week_begins_on_monday_by_the_offices_clock() {
        let zone = TimeZone::get("America/Los_Angeles").unwrap();
        let at = |text: &str| text.parse::<jiff::Timestamp>().unwrap();
        // Sunday evening there is Monday in London.
        let sunday = at("2026-03-09T02:00:00Z").to_zoned_datetime(zone.clone());
        let (monday, begins, ends) = week(&sunday, 0).unwrap();
        assert_eq!(monday.to_string(), "2026-03-02");
        assert_eq!((ends - begins) / HOUR, 7 * 24 - 1, "the clocks go forward");
        let (before, _, until) = week(&sunday, 1).unwrap();
        assert_eq!((before.to_string().as_str(), until), ("2026-02-23", begins));
    }

    #[tokio::test]
    async fn each_step_counts_in_its_week() {
        let now = "2026-02-25T12:00:00Z".parse().unwrap();
        let (app, _folder) = testing::app(Clock::fixed_at(now)).await;
        let today = app.clock.now_ms();
        for (id, days, evidence) in [
            (1, 0, Evidence::Requested),
            (2, 0, Evidence::Confirmed),
            (3, 7, Evidence::Imported),
            (4, 7, Evidence::Unsubscribed),
            (5, 8, Evidence::Complained),
            (6, 700, Evidence::Confirmed),
        ] {
            test_data::subscriber(id)
                .status(Status::Confirmed)
                .since(today - days * DAY)
                .evidence(&[(evidence, "{}")])
                .insert(&app)
                .await;
        }
        let weeks = growth_by_week(&app, &TimeZone::UTC, 3).await.unwrap();
        let counts: Vec<_> = weeks
            .iter()
            .map(|week| (week.asked, week.joined, week.left))
            .collect();
        assert_eq!(counts, [(0, 0, 0), (0, 1, 2), (1, 1, 0)]);
    }
}
