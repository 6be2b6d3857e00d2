//! What a relay's operator allows: messages per second, hour and day, and a slow start.
//!
//! All workers share one allowance, so it is taken in the database, a tenth of a second's worth at a
//! time: a relay without stated limits never comes here, and one with a limit is asked about ten
//! times a second however many messages that is.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use sea_orm::DbErr;

use crate::{
    app::App,
    clock::{DAY, HOUR, SECOND},
    config::Allowance,
    values,
};

/// A relay's allowance as this worker has taken it.
#[derive(Debug)]
pub struct RateLimit {
    relay: i16,
    allowance: Allowance,
    /// Messages that may go now.
    left: Mutex<u32>,
    /// The last answer was: none before some time.
    used_up: AtomicBool,
}

/// How far a relay's allowance is used, as the database keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Used {
    first_at: i64,
    next_at: i64,
    hour: i64,
    hour_taken: i64,
    day: i64,
    day_taken: i64,
}

/// What an attempt to take some gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Taken {
    /// So many may go, from this time on.
    Some(u32, i64),
    /// None before this time.
    NotBefore(i64),
}

impl RateLimit {
    /// For the relay with this number.
    #[must_use]
    pub fn new(relay: i16, allowance: Allowance) -> Self {
        Self {
            relay,
            allowance,
            left: Mutex::new(0),
            used_up: AtomicBool::new(false),
        }
    }

    /// Whether a message may go at once; it counts as gone.
    pub fn try_take(&self) -> bool {
        if !self.allowance.is_limited() {
            return true;
        }
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let any = *left > 0;
        *left = left.saturating_sub(1);
        any
    }

    /// Whether the hour's or the day's messages have been sent: other relays do not wait for it.
    pub fn are_used_up(&self) -> bool {
        self.used_up.load(Ordering::Relaxed)
    }

    /// Gives one back that was taken for a message that did not go.
    pub fn give_back(&self) {
        if self.allowance.is_limited() {
            *self.left.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        }
    }

    /// Takes more from what all workers share. How long to wait before asking again; zero: now.
    pub async fn refill(&self, app: &App) -> Result<Duration, DbErr> {
        let now = app.clock.now_ms();
        let lock = if app.db.is_sqlite() { "" } else { "FOR UPDATE" };
        let mut transaction = app.db.queue().begin().await?;
        let sql = format!(
            "SELECT first_used_at, next_at, hour, hour_taken, day, day_taken FROM relay WHERE id = $1 {lock}"
        );
        let used = transaction
            .rows(&sql, values![self.relay], |row| {
                Ok(Used {
                    first_at: row.integer_or_none("first_used_at")?.unwrap_or(now),
                    next_at: row.integer("next_at")?,
                    hour: row.integer("hour")?,
                    hour_taken: row.integer("hour_taken")?,
                    day: row.integer("day")?,
                    day_taken: row.integer("day_taken")?,
                })
            })
            .await?;
        let Some(mut used) = used.first().copied() else {
            return Ok(Duration::from_secs(1));
        };
        let taken = used.take(&self.allowance, now);
        transaction
            .execute(
                "UPDATE relay SET first_used_at = $2, next_at = $3, hour = $4, hour_taken = $5, day = $6, day_taken = $7
                 WHERE id = $1",
                values![
                    self.relay,
                    used.first_at,
                    used.next_at,
                    used.hour,
                    used.hour_taken,
                    used.day,
                    used.day_taken
                ],
            )
            .await?;
        transaction.commit().await?;
        let used_up = matches!(taken, Taken::NotBefore(_));
        self.used_up.store(used_up, Ordering::Relaxed);
        let until = match taken {
            Taken::Some(number, from) => {
                if from > now {
                    // Ours, but not yet: nobody else can take them meanwhile.
                    let wait = Duration::from_millis((from - now) as u64);
                    tokio::time::sleep(wait.min(Duration::from_secs(1))).await;
                }
                *self.left.lock().unwrap_or_else(PoisonError::into_inner) += number;
                return Ok(Duration::ZERO);
            }
            Taken::NotBefore(at) => at,
        };
        // Never so long that a clock set right, or a relay taken from the settings, goes unnoticed.
        Ok(Duration::from_millis(
            (until - now).clamp(10, 10 * SECOND) as u64
        ))
    }
}

impl Allowance {
    /// Whether anything is to be counted.
    #[must_use]
    pub fn is_limited(&self) -> bool {
        self.per_second.is_some()
            || self.per_hour.is_some()
            || self.per_day.is_some()
            || self.warm_up.is_some()
    }
}

impl Used {
    /// Takes a tenth of a second's worth at `now`.
    fn take(&mut self, allowance: &Allowance, now: i64) -> Taken {
        // A clock that was set back opens a new hour and a new day, not a wait of years.
        for (index, length, taken) in [
            (&mut self.hour, HOUR, &mut self.hour_taken),
            (&mut self.day, DAY, &mut self.day_taken),
        ] {
            if *index != now / length {
                *index = now / length;
                *taken = 0;
            }
        }
        let mut number = i64::from(allowance.per_second.unwrap_or(1000).div_ceil(10));
        let today = day_limit(allowance, (now - self.first_at).max(0) / DAY);
        let hourly = allowance.per_hour.map(i64::from);
        for (limit, taken, ends) in [
            (hourly, self.hour_taken, (self.hour + 1) * HOUR),
            (today, self.day_taken, (self.day + 1) * DAY),
        ] {
            let Some(limit) = limit else { continue };
            if taken >= limit {
                return Taken::NotBefore(ends);
            }
            number = number.min(limit - taken);
        }
        let mut from = now;
        if let Some(rate) = allowance.per_second {
            // What was reserved further ahead than a second belongs to a clock that was set back.
            let reserved = if self.next_at > now + SECOND {
                now
            } else {
                self.next_at
            };
            from = from.max(reserved);
            self.next_at = from + number * SECOND / i64::from(rate);
        }
        self.hour_taken += number;
        self.day_taken += number;
        Taken::Some(number as u32, from)
    }
}

/// The day's limit on day number `day` of a relay's use: a new sender that doubles day by day is
/// trusted, one that starts with its whole list is not (P13).
fn day_limit(allowance: &Allowance, day: i64) -> Option<i64> {
    let full = allowance.per_day.map(i64::from);
    let Some(first) = allowance.warm_up.map(i64::from) else {
        return full;
    };
    // After thirty doublings nobody is new.
    if day >= 30 {
        return full;
    }
    let ramp = first << day;
    Some(full.map_or(ramp, |full| full.min(ramp)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const UNUSED: Used = Used {
        first_at: 0,
        next_at: 0,
        hour: 0,
        hour_taken: 0,
        day: 0,
        day_taken: 0,
    };

    #[test]
    fn a_day_that_is_used_up_waits_for_the_next() {
        let allowance = Allowance {
            per_day: Some(150),
            ..Allowance::default()
        };
        let mut used = UNUSED;
        assert_eq!(used.take(&allowance, 1), Taken::Some(100, 1));
        assert_eq!(used.take(&allowance, 2), Taken::Some(50, 2));
        assert_eq!(used.take(&allowance, 3), Taken::NotBefore(DAY));
        assert_eq!(used.take(&allowance, DAY), Taken::Some(100, DAY));
    }

    #[test]
    fn p13_a_warm_up_doubles_day_by_day_until_the_full_allowance() {
        let allowance = Allowance {
            warm_up: Some(200),
            per_day: Some(1_000),
            ..Allowance::default()
        };
        let days: Vec<_> = (0..5)
            .filter_map(|day| day_limit(&allowance, day))
            .collect();
        assert_eq!(days, [200, 400, 800, 1_000, 1_000]);
        let open = Allowance {
            per_day: None,
            ..allowance
        };
        assert_eq!(day_limit(&open, 40), None);
    }

    proptest! {
        /// However the workers ask, no second sees more than its rate and one block's rounding.
        #[test]
        fn the_rate_holds_over_any_asking(rate in 1u32..500, asks in prop::collection::vec(0i64..400, 1..200)) {
            let allowance = Allowance { per_second: Some(rate), ..Allowance::default() };
            let mut used = UNUSED;
            let mut now = 1_000_000;
            let mut sent: Vec<(i64, u32)> = Vec::new();
            for wait in asks {
                now += wait;
                if let Taken::Some(number, from) = used.take(&allowance, now) {
                    // Whoever took them waits until then, and asks again only afterwards.
                    now = now.max(from);
                    sent.push((from, number));
                }
            }
            let block = i64::from(rate.div_ceil(10));
            for (start, _) in &sent {
                let within: i64 = sent.iter().filter(|(at, _)| (*start..start + SECOND).contains(at)).map(|(_, number)| i64::from(*number)).sum();
                prop_assert!(within <= i64::from(rate) + 2 * block, "{within} at a rate of {rate}");
            }
        }

        #[test]
        fn a_clock_that_is_set_back_never_stops_the_mail(back in 0i64..10 * DAY) {
            let allowance = Allowance { per_second: Some(5), per_hour: Some(10), per_day: Some(10), ..Allowance::default() };
            let mut used = UNUSED;
            let now = 20 * DAY;
            used.take(&allowance, now);
            let waits = matches!(used.take(&allowance, now - back), Taken::Some(_, from) if from <= now - back + SECOND);
            prop_assert!(waits);
        }
    }
}
