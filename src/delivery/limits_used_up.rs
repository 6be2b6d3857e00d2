//! Until when nothing goes out because every relay's hour or day is used up: whoever looks at a newsletter
//! that stands still is told so.

use sea_orm::{DbErr, FromQueryResult};

use super::rate_limit::full_until;
use crate::{
    app::App,
    clock::{Timestamp, instant},
    db, values,
};

#[derive(FromQueryResult)]
struct UsedRelay {
    first_used_at: Option<i64>,
    taken_in_hour: Option<String>,
    taken_in_day: Option<String>,
}

/// When the first of the relays has room again in its hour, its day and its warm-up; `None`: one of them has
/// room now.
///
/// # Errors
/// The database failed, or what it keeps of a relay cannot be read.
pub async fn limits_used_up_until(app: &App) -> Result<Option<Timestamp>, DbErr> {
    let now = app.clock.now_ms();
    let mut first_free = None;
    for url in &app.settings.smtp_url {
        if !url.limits.is_limited() {
            return Ok(None);
        }
        // A handful of rows.
        let sql = "SELECT first_used_at, taken_in_hour, taken_in_day FROM relay WHERE address = $1";
        let relay: Option<UsedRelay> = db::row(app.db.pool(), sql, values![url.name()]).await?;
        let Some(relay) = relay else { return Ok(None) };
        let (hour, day) = (relay.taken_in_hour, relay.taken_in_day);
        let taken = (hour.as_deref(), day.as_deref());
        let first_used_at = relay.first_used_at.unwrap_or(now);
        let Some(free_at) = full_until(&url.limits, first_used_at, taken, now)? else {
            return Ok(None);
        };
        first_free = Some(first_free.map_or(free_at, |first: i64| first.min(free_at)));
    }
    Ok(first_free.map(instant))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        clock::{Clock, MINUTE},
        delivery::{rate_limit::RateLimit, testing},
        test_data,
    };

    #[tokio::test]
    async fn a_used_up_hour_is_told_until_it_has_room_again() {
        let clock = Clock::fixed_at(instant(1_793_631_600_000));
        let relay = "--smtp-url=smtp://127.0.0.1:9?tls=none&per-hour=2";
        let (app, _folder) = testing::app_with(clock, &[relay]).await;
        let url = app.settings.smtp_url[0].clone();
        test_data::relay(&app, 1, &url.name()).await;
        let limit = RateLimit::new(1, url.limits);
        for _ in 0..2 {
            assert_eq!(limits_used_up_until(&app).await.unwrap(), None);
            limit.reserve(&app).await.unwrap();
            limit.try_take(&app.clock).unwrap().spend();
        }
        let until = limits_used_up_until(&app).await.unwrap();
        let wait = until.unwrap().as_millisecond() - app.clock.now_ms();
        assert!((59 * MINUTE..=62 * MINUTE).contains(&wait), "{wait} ms");
        app.clock.advance_ms(wait);
        assert_eq!(limits_used_up_until(&app).await.unwrap(), None);
    }
}
