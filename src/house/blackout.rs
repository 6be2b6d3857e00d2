//! From an election to its blackout.

use jiff::{ToSpan, civil::Date, tz::TimeZone};
use sea_orm::DbErr;

use super::election::{self, Election};
use crate::{app::App, clock::Timestamp};

/// Days before an election on which unsolicited mass communication is not allowed. House Rule XXIV
/// says "less than 60 days before"; whether the sixtieth day itself is free has changed between
/// the Commission's own pages, so we count it in. Until 2020 it was 90 days.
pub const DAYS: i64 = 60;

/// The days before an election in which the Member is a candidate, election day included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blackout {
    /// The election that makes it.
    pub election: Election,
    /// Its first day, in the office's time zone.
    pub first: Date,
    /// Its last day: the election's.
    pub last: Date,
}

impl Blackout {
    /// The blackout of `election`; none where the Member is no candidate.
    #[must_use]
    pub fn of(election: Election) -> Option<Self> {
        if !election.candidate {
            return None;
        }
        Some(Self {
            first: days_before(election.day, DAYS),
            last: election.day,
            election,
        })
    }

    /// Whether this day of the office's calendar lies in it.
    #[must_use]
    pub fn covers(&self, day: Date) -> bool {
        (self.first..=self.last).contains(&day)
    }

    /// `4 Sep 2026 to 3 Nov 2026, before the general election “House CA-40”`.
    #[must_use]
    pub fn words(&self) -> String {
        format!(
            "{} to {}, before the {} election “{}”",
            shown(self.first),
            shown(self.last),
            self.election.kind,
            self.election.name
        )
    }
}

/// `3 Nov 2026`.
fn shown(day: Date) -> String {
    day.strftime("%-d %b %Y").to_string()
}

fn days_before(day: Date, days: i64) -> Date {
    day.checked_sub(days.days()).unwrap_or(Date::MIN)
}

/// The blackout that `at` lies in, by the calendar of `zone`; where several meet, the one that
/// ends last.
pub async fn blackout_at(
    app: &App,
    zone: &TimeZone,
    at: Timestamp,
) -> Result<Option<Blackout>, DbErr> {
    let today = zone.to_datetime(at).date();
    let until = today.checked_add(DAYS.days()).unwrap_or(Date::MAX);
    let mut coming = election::candidacies(app, today, Some(until)).await?;
    Ok(coming.pop().and_then(Blackout::of))
}

/// Every blackout that is not over yet, in the order in which they begin.
pub async fn blackouts(
    app: &App,
    zone: &TimeZone,
    from: Timestamp,
) -> Result<Vec<Blackout>, DbErr> {
    let today = zone.to_datetime(from).date();
    let coming = election::candidacies(app, today, None).await?;
    Ok(coming.into_iter().filter_map(Blackout::of).collect())
}

#[cfg(test)]
mod tests {
    use super::super::{ElectionKind, add};
    use super::*;
    use crate::{clock::Clock, delivery::testing};

    fn zone(name: &str) -> TimeZone {
        TimeZone::get(name).unwrap()
    }

    async fn app() -> (App, tempfile::TempDir) {
        testing::app(Clock::fixed_at("2026-01-01T00:00:00Z".parse().unwrap())).await
    }

    async fn blocked(app: &App, zone: &TimeZone, at: &str) -> Option<String> {
        let found = blackout_at(app, zone, at.parse().unwrap()).await.unwrap();
        found.map(|blackout| blackout.election.name)
    }

    #[test]
    fn the_arithmetic_is_the_commissions() {
        for (day, days, first) in [
            ("2026-11-03", DAYS, "2026-09-04"),
            ("2020-11-03", 90, "2020-08-05"),
            ("2016-11-08", 90, "2016-08-10"),
        ] {
            assert_eq!(days_before(day.parse().unwrap(), days).to_string(), first);
        }
    }

    #[tokio::test]
    async fn c3_the_blackout_holds_from_the_sixtieth_day_through_election_day_on_the_offices_clock()
    {
        let (app, _folder) = app().await;
        add(
            &app,
            "2026-11-03",
            ElectionKind::General,
            "November",
            true,
            "test",
        )
        .await
        .unwrap();
        for (name, times) in [
            (
                "America/Los_Angeles",
                [
                    ("2026-09-04T06:59:59Z", false),
                    ("2026-09-04T07:00:00Z", true),
                    ("2026-10-01T00:00:00Z", true),
                    // The night when the clocks go back lies inside; the last day ends in PST.
                    ("2026-11-04T07:59:59Z", true),
                    ("2026-11-04T08:00:00Z", false),
                ],
            ),
            (
                "America/New_York",
                [
                    ("2026-09-04T03:59:59Z", false),
                    ("2026-09-04T04:00:00Z", true),
                    ("2026-10-01T00:00:00Z", true),
                    ("2026-11-04T04:59:59Z", true),
                    ("2026-11-04T05:00:00Z", false),
                ],
            ),
        ] {
            for (at, expected) in times {
                let found = blocked(&app, &zone(name), at).await;
                assert_eq!(found.is_some(), expected, "{name} {at}");
            }
        }
        let blackout = &blackouts(&app, &zone("America/New_York"), app.clock.now())
            .await
            .unwrap()[0];
        assert!(!blackout.covers("2026-09-03".parse().unwrap()));
        assert!(blackout.covers("2026-09-04".parse().unwrap()));
        assert!(blackout.covers("2026-11-03".parse().unwrap()));
        assert!(!blackout.covers("2026-11-04".parse().unwrap()));
    }

    #[tokio::test]
    async fn c3_of_several_elections_only_those_with_the_member_count_and_the_last_to_end_is_told()
    {
        let (app, _folder) = app().await;
        for (day, kind, name, candidate) in [
            ("2026-06-02", ElectionKind::Primary, "June", true),
            ("2026-07-01", ElectionKind::Runoff, "July", true),
            ("2026-08-15", ElectionKind::Special, "Not ours", false),
        ] {
            add(&app, day, kind, name, candidate, "test").await.unwrap();
        }
        let zone = zone("America/Los_Angeles");
        for (at, name) in [
            ("2026-04-02T12:00:00Z", None),
            ("2026-04-03T12:00:00Z", Some("June")),
            ("2026-05-20T12:00:00Z", Some("July")),
            ("2026-06-30T12:00:00Z", Some("July")),
            ("2026-07-20T12:00:00Z", None),
        ] {
            assert_eq!(blocked(&app, &zone, at).await.as_deref(), name, "{at}");
        }
        let coming = blackouts(&app, &zone, app.clock.now()).await.unwrap();
        assert_eq!(coming.len(), 2);
        assert_eq!(
            coming[0].words(),
            "3 Apr 2026 to 2 Jun 2026, before the primary election “June”"
        );
    }
}
