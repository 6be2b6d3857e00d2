//! Deadlines run on time that was spent trying, not on the wall clock's word alone.
//!
//! What the clock showed is written down while mail is tried. Where it shows much more than has passed
//! since (it was set, the machine slept, or nothing ran for days), the difference is added to the
//! deadlines of what is being sent, so that nobody is given up unheard. A clock that is years off sends
//! nothing: mail with such a date is refused, and every schedule would be wrong.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use sea_orm::DbErr;

use crate::{
    app::App,
    clock::{Clock, DAY, HOUR, MINUTE, SECOND, instant},
    db,
    delivery_state::sql::DEFERRED,
    newsletters::{
        newsletter_state_sql::{ACTIVE, SENDING},
        queueing::sql_deadlines_moved,
    },
    office::Office,
    transactional, values,
};

/// How often what the clock shows is written down while something is being sent, and while nothing is.
const NOTE_EVERY_MS: i64 = 30 * SECOND;
const NOTE_IDLE_EVERY_MS: i64 = DAY;

/// What a clock may be off from the time that has passed: time servers correct by less.
const TOLERANCE_MS: i64 = 2 * MINUTE;

/// Longer than anybody leaves an office's newsletter alone.
const YEARS_OFF_MS: i64 = 366 * DAY;

/// Nothing waits for longer than this between two attempts.
const LONGEST_WAIT_MS: i64 = 12 * HOUR;

/// What the clock showed, and how much time had passed, when it was last compared.
#[derive(Debug, Clone, Copy)]
struct Moment {
    wall: i64,
    passed: i64,
}

impl Moment {
    fn of(clock: &Clock) -> Self {
        Self {
            wall: clock.now_ms(),
            passed: clock.passed_ms(),
        }
    }

    /// By how much the clock was set since `earlier`, forward where positive.
    fn set_since(self, earlier: Self) -> i64 {
        (self.wall - earlier.wall) - (self.passed - earlier.passed)
    }
}

/// The time spent trying, as one worker keeps it.
#[derive(Debug, Default)]
pub struct TryingTime {
    last: Mutex<Option<Moment>>,
    /// The clock could not be right when it was last compared.
    was_wrong: AtomicBool,
}

/// What the comparison said.
#[derive(Debug, PartialEq, Eq)]
pub enum ClockCheck {
    /// The clock goes as time does.
    Steady,
    /// It was set, and the deadlines have been moved.
    Moved,
    /// It cannot be right: why, in words for staff.
    Unbelievable(String),
}

impl TryingTime {
    /// Whether the clock has gone as time does since it was last compared. Before anybody is given up,
    /// this is asked.
    pub fn is_steady(&self, clock: &Clock) -> bool {
        let last = *self.last();
        last.is_none_or(|last| Moment::of(clock).set_since(last).abs() <= TOLERANCE_MS)
    }

    /// Compares the clock with what was written down, and writes it down again when it is time.
    pub async fn keep(&self, app: &App, is_sending: bool) -> Result<ClockCheck, DbErr> {
        let now = Moment::of(&app.clock);
        let last = *self.last();
        let was_wrong = self.was_wrong.load(Ordering::SeqCst);
        if !was_wrong
            && last.is_some_and(|last| {
                now.passed - last.passed < NOTE_EVERY_MS
                    && now.set_since(last).abs() <= TOLERANCE_MS
            })
        {
            return Ok(ClockCheck::Steady);
        }
        let sql = "SELECT at FROM sending_clock WHERE id = 1";
        let known: Option<i64> = db::scalar(app.db.pool(), sql, values![]).await?;
        let Some(known) = known else {
            let first =
                "INSERT INTO sending_clock (id, at) VALUES (1, $1) ON CONFLICT (id) DO NOTHING";
            db::execute(&app.db.writer(), first, values![now.wall]).await?;
            *self.last() = Some(now);
            return Ok(ClockCheck::Steady);
        };
        if let Some(why) = unbelievable(now.wall, known) {
            self.was_wrong.store(true, Ordering::SeqCst);
            return Ok(ClockCheck::Unbelievable(why));
        }
        // Of a process that has just begun nothing is known: it has tried nothing yet.
        let tried = last.map_or(0, |last| now.passed - last.passed);
        // While nothing is sent it is seldom written down; what we saw since counts as well.
        let seen = last.map_or(known, |last| known.max(last.wall));
        let mut gap = gap(now.wall - seen, tried);
        if was_wrong {
            // What began under the wrong clock is held to the right one.
            gap = gap.min(-SECOND);
        }
        let mut check = ClockCheck::Steady;
        if gap != 0 {
            move_deadlines(app, known, now.wall, gap).await?;
            check = ClockCheck::Moved;
        } else {
            let every = if is_sending {
                NOTE_EVERY_MS
            } else {
                NOTE_IDLE_EVERY_MS
            };
            if now.wall - known >= every {
                let sql = "UPDATE sending_clock SET at = $1 WHERE id = 1";
                app.db.queue().execute(sql, values![now.wall]).await?;
            }
        }
        *self.last() = Some(now);
        self.was_wrong.store(false, Ordering::SeqCst);
        Ok(check)
    }

    fn last(&self) -> std::sync::MutexGuard<'_, Option<Moment>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Forgets what the clock showed before: the present one is right, whatever it says.
///
/// # Errors
/// The database failed.
pub async fn forget_clock(app: &App) -> Result<(), DbErr> {
    db::execute(&app.db.writer(), "DELETE FROM sending_clock", []).await?;
    Ok(())
}

/// By how much deadlines are off, where the clock shows `shown` more than what was written down and
/// `tried` has passed. Another worker may have written it down since we last looked.
fn gap(shown: i64, tried: i64) -> i64 {
    if shown < -TOLERANCE_MS {
        shown
    } else if shown - tried > TOLERANCE_MS {
        shown - tried
    } else {
        0
    }
}

fn unbelievable(now: i64, known: i64) -> Option<String> {
    let off = now - known;
    (off.abs() > YEARS_OFF_MS).then(|| {
        let day = |ms| instant(ms).strftime("%Y-%m-%d").to_string();
        format!(
            "This machine's clock says {}, and when mail was last sent it said {}. Nothing is sent until the clock is right (timedatectl); if it is right now, run `gazette migrate --adopt-settings` once",
            day(now),
            day(known)
        )
    })
}

/// Adds the gap to the deadlines of what is being sent; none is later than if it began now. Of several
/// workers one does so.
async fn move_deadlines(app: &App, known: i64, now: i64, gap: i64) -> Result<(), DbErr> {
    let hours = i64::from(Office::load(&app.db).await?.deadline_hours);
    let transaction = app.db.begin().await?;
    let taken = db::execute(
        &transaction,
        "UPDATE sending_clock SET at = $2 WHERE id = 1 AND at = $1",
        values![known, now],
    )
    .await?;
    if taken == 0 {
        return Ok(());
    }
    // Who was begun under a clock that was ahead has its hours anew.
    let ahead = gap.max(0);
    let moved = db::execute(
        &transaction,
        &sql_deadlines_moved(),
        values![now, ahead, hours],
    )
    .await?;
    transactional::move_deadlines(&transaction, now, ahead).await?;
    if gap < 0 {
        // What was put off under the later clock would wait for it to come again. delivery_deferred
        let sql = format!(
            "UPDATE delivery SET at = $1 WHERE state = {DEFERRED} AND at > $2
               AND newsletter_id IN (SELECT id FROM newsletter WHERE state IN ({ACTIVE}) AND state = {SENDING})"
        );
        db::execute(&transaction, &sql, values![now, now + LONGEST_WAIT_MS]).await?;
        transactional::try_by(&transaction, now, now + LONGEST_WAIT_MS).await?;
    }
    transaction.commit().await?;
    if moved > 0 {
        tracing::warn!(
            seconds = gap / SECOND,
            newsletters = moved,
            "the clock was set, or nothing was tried for a while; deadlines were moved accordingly"
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::testing;

    #[test]
    fn a_gap_is_what_nobody_spent_trying() {
        assert_eq!(gap(30 * SECOND, 30 * SECOND), 0);
        assert_eq!(gap(5 * DAY, 30 * SECOND), 5 * DAY - 30 * SECOND);
        assert_eq!(gap(-6 * HOUR, 30 * SECOND), -6 * HOUR);
        // Another worker has written it down a moment ago.
        assert_eq!(gap(SECOND, 10 * MINUTE), 0);
        // A process that has just begun, after days in which none ran.
        assert_eq!(gap(5 * DAY, 0), 5 * DAY);
    }

    #[test]
    fn a_clock_that_is_years_off_is_not_believed_and_one_that_is_days_off_is() {
        let now = 1_800_000_000_000;
        assert!(unbelievable(now + 5 * DAY, now).is_none());
        assert!(unbelievable(now - 30 * DAY, now).is_none());
        for off in [-20 * YEARS_OFF_MS, 2 * YEARS_OFF_MS] {
            let why = unbelievable(now + off, now).unwrap();
            assert!(why.contains("2027-01-15"), "{why}");
        }
    }

    async fn deadline(app: &App) -> i64 {
        let sql = "SELECT deadline_at FROM newsletter WHERE id = 1";
        db::scalar(app.db.pool(), sql, []).await.unwrap().unwrap()
    }

    #[tokio::test]
    async fn a_jump_moves_deadlines_once_and_time_that_passes_does_not() {
        let now = 1_700_000_000_000;
        let (app, _folder) = testing::app(Clock::fixed_at(instant(now))).await;
        testing::sending_newsletter(&app, 1).await;
        let set = "UPDATE newsletter SET deadline_at = $1 WHERE id = 1";
        app.db.execute(set, values![now + DAY]).await.unwrap();
        let (one, other) = (TryingTime::default(), TryingTime::default());
        for worker in [&one, &other] {
            assert_eq!(worker.keep(&app, true).await.unwrap(), ClockCheck::Steady);
        }
        // An hour of trying.
        for _ in 0..60 {
            app.clock.advance_ms(MINUTE);
            for worker in [&one, &other] {
                assert_eq!(worker.keep(&app, true).await.unwrap(), ClockCheck::Steady);
            }
        }
        assert_eq!(deadline(&app).await, now + DAY);
        app.clock.set_forward_ms(5 * DAY);
        assert!(!one.is_steady(&app.clock) && !other.is_steady(&app.clock));
        assert_eq!(one.keep(&app, true).await.unwrap(), ClockCheck::Moved);
        assert_eq!(deadline(&app).await, now + 6 * DAY);
        other.keep(&app, true).await.unwrap();
        assert!(one.is_steady(&app.clock) && other.is_steady(&app.clock));
        assert_eq!(deadline(&app).await, now + 6 * DAY, "once");
        // Set right again: its hours begin anew, at most.
        app.clock.set_forward_ms(-5 * DAY);
        assert_eq!(one.keep(&app, true).await.unwrap(), ClockCheck::Moved);
        let latest = app.clock.now_ms() + 120 * HOUR;
        assert!((now + DAY..=latest).contains(&deadline(&app).await));
        // Nothing ran for a week.
        app.clock.advance_ms(7 * DAY);
        let left = deadline(&app).await - (app.clock.now_ms() - 7 * DAY);
        let fresh = TryingTime::default();
        assert_eq!(fresh.keep(&app, true).await.unwrap(), ClockCheck::Moved);
        assert_eq!(deadline(&app).await - app.clock.now_ms(), left);
    }

    #[tokio::test]
    async fn while_nothing_is_sent_the_clock_is_written_down_once_a_day() {
        let now = 1_700_000_000_000;
        let (app, _folder) = testing::app(Clock::fixed_at(instant(now))).await;
        let worker = TryingTime::default();
        worker.keep(&app, false).await.unwrap();
        let written = async || {
            let sql = "SELECT at FROM sending_clock";
            db::scalar::<i64>(app.db.pool(), sql, []).await.unwrap()
        };
        for _ in 0..60 {
            app.clock.advance_ms(MINUTE);
            worker.keep(&app, false).await.unwrap();
        }
        assert_eq!(written().await, Some(now));
        for _ in 0..23 * 60 {
            app.clock.advance_ms(MINUTE);
            worker.keep(&app, false).await.unwrap();
        }
        assert_eq!(written().await, Some(now + DAY));
    }
}
