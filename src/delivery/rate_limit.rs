//! The rate limit of a relay, as its operator allows it: messages per second, hour and day, and a slow
//! start. A token bucket (GCRA) that all workers share.
//!
//! The bucket stands in the row of the relay: the time at which the next message may go, and how many
//! went in each part of the last hour and the last day ([`SlidingWindow`]). Whoever asks
//! reserves the next few permits in that one place, one after the other, and each permit has a time
//! before which it is not used and after which it has expired. So however many ask, and however late
//! they wake, no more than rate × time and one burst ([`burst_ms`]) leave. A relay without limits
//! never comes here.
//!
//! A [`Permit`] that is dropped unused goes back: to this worker while it is fresh, otherwise to the
//! row, where the next one to ask finds it.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use sea_orm::DbErr;
use tokio::time::Instant;

mod sliding_window;

use sliding_window::SlidingWindow;

use crate::{
    app::App,
    clock::{Clock, DAY, HOUR, SECOND},
    config::RelayLimits,
    db::Columns,
    values,
};

/// One burst, where that is one message or more.
const BURST_MS: i64 = 200;

/// One burst: so much of the rate may be behind its time and be made up for, but at least one message.
/// An asker may be late for its reservation by half of it, and a message for its permit by all of it.
fn burst_ms(limits: &RelayLimits) -> i64 {
    BURST_MS.max(interval_ns(limits) / NS_PER_MS)
}

/// How much is reserved at once: the database is asked some twenty times a second at most.
const BLOCK_MS: i64 = 50;

/// The same of a relay without a rate, where the pace of this worker decides: a worker that is killed
/// takes no more of the hour and the day with it than it would have used in a moment.
const MOST_AHEAD: i64 = 100;

/// Nothing is reserved further ahead: what is reserved and not used is missing elsewhere.
const AHEAD_MS: i64 = SECOND;

/// A clock that has gone back by more than this was set back. Those of two machines differ by less.
const SET_BACK_MS: i64 = SECOND;

/// How long to wait at most before asking again, so that a clock that was set right is noticed.
const LONGEST_WAIT_MS: i64 = 10 * SECOND;

const NS_PER_MS: i64 = 1_000_000;
const NS_PER_SECOND: i64 = SECOND * NS_PER_MS;

/// One relay's limit as this worker sees it; clones share it.
#[derive(Debug, Clone)]
pub struct RateLimit(Option<Arc<Limit>>);

#[derive(Debug)]
struct Limit {
    relay: i16,
    limits: RelayLimits,
    held: Mutex<Held>,
    /// One asks the database; the others wait and look at what it brought.
    turn: tokio::sync::Mutex<()>,
    /// The last answer was: none before some time.
    used_up: AtomicBool,
    /// Messages that the relay is being told of.
    announced: AtomicUsize,
    /// Messages that the relay refused before their permit was taken: the next permits are for them.
    owed: AtomicUsize,
}

/// How many seconds' messages may be announced to a relay at once: each takes its permit when it leaves, and none
/// waits for it much longer.
const ANNOUNCED_SECONDS: usize = 2;

/// How long to wait before looking again whether one of those that are announced has left.
const ANNOUNCED_TIMEOUT: Duration = Duration::from_millis(20);

/// A message that the relay is told of. Its permit is taken when the message itself is to leave: a slow relay takes
/// longer over the announcement than a permit is good for, and each message would cost two.
#[derive(Debug, Default)]
pub struct Announcement {
    limit: Option<Arc<Limit>>,
    permit: Option<Permit>,
}

impl Announcement {
    /// Whether it has a permit of this moment, or needs none.
    pub fn may_leave(&self, clock: &Clock) -> bool {
        let is_fresh = |permit: &Permit| permit.is_fresh(clock);
        self.limit.is_none() || self.permit.as_ref().is_some_and(is_fresh)
    }

    /// Takes the permit, if there is one now.
    pub fn take_permit(&mut self, clock: &Clock) -> bool {
        // One that is not fresh goes back first.
        self.permit = None;
        if let Some(limit) = &self.limit {
            self.permit = limit.take(clock);
        }
        self.may_leave(clock)
    }

    /// The message was offered to the relay: it counts, also where it was refused before it left.
    pub fn spend(mut self) {
        match (self.permit.take(), &self.limit) {
            (Some(permit), _) => permit.spend(),
            (None, Some(limit)) => {
                limit.owed.fetch_add(1, Ordering::Relaxed);
            }
            (None, None) => {}
        }
    }
}

impl Drop for Announcement {
    fn drop(&mut self) {
        if let Some(limit) = &self.limit {
            limit.announced.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

/// Permits that this worker has reserved and not used.
#[derive(Debug)]
struct Held {
    /// See [`burst_ms`].
    burst_ms: i64,
    /// From when each may be used, in ns since 1970, in order.
    usable_at: VecDeque<i64>,
    /// Expired, and to be given back to the row: from when each could have been used.
    expired: Vec<i64>,
    /// How fast they are used, where no rate decides.
    pace: Pace,
    /// What the clock said when, to notice that it was set back.
    clock: Option<(Instant, i64)>,
}

/// One message may go to the relay. Dropped without [`Permit::spend`] it is given back.
#[derive(Debug, Default)]
pub struct Permit {
    limit: Option<Arc<Limit>>,
    usable_at: i64,
}

impl Permit {
    /// The message was offered to the relay.
    pub fn spend(mut self) {
        self.limit = None;
    }

    /// Whether it may still be used; one that is not fresh is to be dropped, and another taken.
    pub fn is_fresh(&self, clock: &Clock) -> bool {
        let is_fresh =
            |limit: &Arc<Limit>| !is_expired(self.usable_at, limit.burst_ms(), clock.now_ms());
        self.limit.as_ref().is_none_or(is_fresh)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if let Some(limit) = self.limit.take() {
            let mut held = limit.held();
            let at = held.usable_at.partition_point(|at| *at <= self.usable_at);
            held.usable_at.insert(at, self.usable_at);
        }
    }
}

fn is_expired(usable_at: i64, burst_ms: i64, now: i64) -> bool {
    usable_at / NS_PER_MS + burst_ms < now
}

impl RateLimit {
    /// For the relay with this number.
    #[must_use]
    pub fn new(relay: i16, limits: RelayLimits) -> Self {
        Self(limits.is_limited().then(|| {
            Arc::new(Limit {
                relay,
                held: Mutex::new(Held::new(burst_ms(&limits))),
                limits,
                turn: tokio::sync::Mutex::default(),
                used_up: AtomicBool::new(false),
                announced: AtomicUsize::new(0),
                owed: AtomicUsize::new(0),
            })
        }))
    }

    /// A permit, if there is one at once.
    #[cfg(test)]
    pub fn try_take(&self, clock: &Clock) -> Option<Permit> {
        match &self.0 {
            Some(limit) => limit.take(clock),
            None => Some(Permit::default()),
        }
    }

    /// Leave to tell the relay of a message, if there is a permit at once, or will be by the time that it leaves.
    pub fn announce(&self, clock: &Clock) -> Option<Announcement> {
        let Some(limit) = &self.0 else {
            return Some(Announcement::default());
        };
        // Dropped, it goes back to whoever comes first to the end of an announcement.
        limit.take(clock)?;
        let most = limit.most_announced();
        let one_more = |announced: usize| (announced < most).then_some(announced + 1);
        let announced = &limit.announced;
        let begun = announced.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more);
        begun.ok().map(|_| Announcement {
            limit: Some(limit.clone()),
            permit: None,
        })
    }

    /// Whether none is to be had for a while, because of the rate, the hour or the day: other relays do
    /// not wait for it.
    pub fn is_used_up(&self) -> bool {
        let used_up = |limit: &Arc<Limit>| limit.used_up.load(Ordering::Relaxed);
        self.0.as_ref().is_some_and(used_up)
    }

    /// Reserves more of what all workers share. How long to wait until a message may be announced; zero: one may be
    /// now.
    pub async fn reserve(&self, app: &App) -> Result<Duration, DbErr> {
        let Some(limit) = &self.0 else {
            return Ok(Duration::ZERO);
        };
        let _turn = limit.turn.lock().await;
        let held = limit.held().wait(app.clock.now_ms());
        let wait = match held {
            Some(wait) => wait,
            None => limit.reserve(app).await?,
        };
        let wait = Duration::from_millis(wait.clamp(0, LONGEST_WAIT_MS).unsigned_abs());
        let is_told_of_enough = limit.announced.load(Ordering::Relaxed) >= limit.most_announced();
        Ok(if is_told_of_enough {
            wait.max(ANNOUNCED_TIMEOUT)
        } else {
            wait
        })
    }

    /// Gives back to all workers what this one has reserved: it ends.
    pub async fn give_back_all(&self, app: &App) -> Result<(), DbErr> {
        let Some(limit) = &self.0 else {
            return Ok(());
        };
        let _turn = limit.turn.lock().await;
        limit.held().expire_all();
        limit.write(app, |_, _| None).await?;
        Ok(())
    }
}

impl Held {
    fn new(burst_ms: i64) -> Self {
        Self {
            burst_ms,
            usable_at: VecDeque::new(),
            expired: Vec::new(),
            pace: Pace::default(),
            clock: None,
        }
    }

    /// Takes the first that may be used now; or how long to wait for it.
    fn take(&mut self, now: i64) -> Result<i64, Option<i64>> {
        self.expire(now);
        match self.usable_at.front() {
            Some(at) if *at / NS_PER_MS <= now => self.usable_at.pop_front().ok_or(None),
            Some(at) => Err(Some(*at / NS_PER_MS - now)),
            None => Err(None),
        }
    }

    /// How long to wait for what is held; `None` where nothing is.
    fn wait(&mut self, now: i64) -> Option<i64> {
        self.expire(now);
        let first = self.usable_at.front()?;
        Some((first / NS_PER_MS - now).max(0))
    }

    fn expire(&mut self, now: i64) {
        while let Some(at) = self.usable_at.front().copied()
            && is_expired(at, self.burst_ms, now)
        {
            self.usable_at.pop_front();
            self.expired.push(at);
        }
        // The clock was set back: what is held is for a time that is far off now.
        if self
            .usable_at
            .front()
            .is_some_and(|at| *at / NS_PER_MS > now + AHEAD_MS + self.burst_ms)
        {
            self.expire_all();
        }
    }

    fn expire_all(&mut self) {
        self.expired.extend(self.usable_at.drain(..));
    }

    /// What the clock would say if nobody had set it, where somebody has set it back.
    fn set_back_from(&mut self, now: i64) -> Option<i64> {
        let before = self.clock.replace((Instant::now(), now));
        let (then, said) = before?;
        let expected = said + then.elapsed().as_millis() as i64;
        (now < expected - SET_BACK_MS).then_some(expected)
    }
}

/// How fast a worker uses what it reserves.
#[derive(Debug, Default)]
struct Pace {
    /// When it last reserved, in ms, and how many.
    last: Option<(i64, i64)>,
}

impl Pace {
    /// How many to reserve at `now`, where so many of the last were not used: as many as will be used until
    /// they expire, and at most twice as many as before.
    fn next(&self, unused: i64, now: i64) -> i64 {
        let Some((at, number)) = self.last else {
            return 1;
        };
        let used = (number - unused).max(0);
        let at_this_pace = used * BURST_MS / (now - at).max(1);
        at_this_pace.clamp(1, number * 2).min(MOST_AHEAD)
    }
}

impl Limit {
    fn take(self: &Arc<Self>, clock: &Clock) -> Option<Permit> {
        let mut held = self.held();
        let usable_at = loop {
            let usable_at = held.take(clock.now_ms()).ok()?;
            let owes = |owed: usize| owed.checked_sub(1);
            let paid = self
                .owed
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, owes);
            if paid.is_err() {
                break usable_at;
            }
        };
        let limit = Some(self.clone());
        Some(Permit { limit, usable_at })
    }

    fn burst_ms(&self) -> i64 {
        burst_ms(&self.limits)
    }

    /// Of how many messages the relay may be told at once.
    fn most_announced(&self) -> usize {
        let rate = self.limits.per_second.map_or(0, |rate| rate as usize);
        self.held().usable_at.len().max(rate * ANNOUNCED_SECONDS)
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn reserve(&self, app: &App) -> Result<i64, DbErr> {
        let now = app.clock.now_ms();
        let most = {
            let held = self.held();
            held.pace.next(held.expired.len() as i64, now)
        };
        let reserved = self
            .write(app, |bucket, limits| {
                Some(bucket.reserve(limits, most, now))
            })
            .await?;
        let Some(reserved) = reserved else {
            return Ok(SECOND);
        };
        let used_up = matches!(reserved, Reserved::NotBefore(_));
        self.used_up.store(used_up, Ordering::Relaxed);
        Ok(match reserved {
            Reserved::Some {
                number,
                first,
                each,
            } => {
                let mut held = self.held();
                held.pace.last = Some((now, number));
                held.usable_at
                    .extend((0..number).map(|at| first + at * each));
                first / NS_PER_MS - now
            }
            Reserved::NotBefore(at) => (at - now).max(10),
        })
    }

    /// Changes the row, after what this worker has to give back.
    async fn write(
        &self,
        app: &App,
        change: impl FnOnce(&mut Bucket, &RelayLimits) -> Option<Reserved>,
    ) -> Result<Option<Reserved>, DbErr> {
        let now = app.clock.now_ms();
        let (unused, set_back_from) = {
            let mut held = self.held();
            (std::mem::take(&mut held.expired), held.set_back_from(now))
        };
        let written = self
            .write_row(app, now, &unused, set_back_from, change)
            .await;
        if written.is_err() {
            self.held().expired.extend(unused);
        }
        written
    }

    async fn write_row(
        &self,
        app: &App,
        now: i64,
        unused: &[i64],
        set_back_from: Option<i64>,
        change: impl FnOnce(&mut Bucket, &RelayLimits) -> Option<Reserved>,
    ) -> Result<Option<Reserved>, DbErr> {
        let lock = app.db.sql_lock("FOR UPDATE");
        let mut transaction = app.db.queue().begin().await?;
        // By its primary key.
        let sql = format!(
            "SELECT first_used_at, next_free_ns, taken_in_hour, taken_in_day FROM relay WHERE id = $1 {lock}"
        );
        let mut rows = transaction
            .rows(&sql, values![self.relay], |row| {
                Ok(Bucket {
                    first_used_at: row.integer_or_none("first_used_at")?.unwrap_or(now),
                    next_free_ns: row.integer("next_free_ns")?,
                    hour: window(row, "taken_in_hour")?,
                    day: window(row, "taken_in_day")?,
                })
            })
            .await?;
        let Some(mut bucket) = rows.pop() else {
            return Ok(None);
        };
        if let Some(expected) = set_back_from {
            bucket.set_back(expected, now);
        }
        bucket.give_back(&self.limits, unused);
        let reserved = change(&mut bucket, &self.limits);
        transaction
            .execute(
                "UPDATE relay SET first_used_at = $2, next_free_ns = $3, taken_in_hour = $4, taken_in_day = $5 WHERE id = $1",
                values![
                    self.relay,
                    bucket.first_used_at,
                    bucket.next_free_ns,
                    bucket.hour.to_text(),
                    bucket.day.to_text()
                ],
            )
            .await?;
        transaction.commit().await?;
        Ok(reserved)
    }
}

impl RelayLimits {
    /// Whether anything is to be counted.
    #[must_use]
    pub fn is_limited(&self) -> bool {
        self.per_second.is_some()
            || self.per_hour.is_some()
            || self.per_day.is_some()
            || self.warm_up.is_some()
    }
}

/// How far a relay's limits are used, as the database keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Bucket {
    first_used_at: i64,
    /// GCRA's theoretical arrival time: when the rate lets the next message go, in ns since 1970.
    next_free_ns: i64,
    hour: SlidingWindow<HOUR>,
    day: SlidingWindow<DAY>,
}

fn window<const LENGTH_MS: i64>(
    row: &dyn Columns,
    column: &str,
) -> Result<SlidingWindow<LENGTH_MS>, DbErr> {
    window_of(column, row.text_or_none(column)?.as_deref())
}

fn window_of<const LENGTH_MS: i64>(
    column: &str,
    taken: Option<&str>,
) -> Result<SlidingWindow<LENGTH_MS>, DbErr> {
    SlidingWindow::parse(taken.unwrap_or("[]"))
        .map_err(|error| DbErr::Type(format!("`{column}`: {error}")))
}

/// What came of asking for permits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reserved {
    /// So many, the first from this time on, one each so many ns.
    Some { number: i64, first: i64, each: i64 },
    /// None to be had before this time, in ms.
    NotBefore(i64),
}

/// When the message of a permit has left at the latest, in ms.
fn used_by(limits: &RelayLimits, usable_at: i64) -> i64 {
    usable_at / NS_PER_MS + burst_ms(limits)
}

/// The time between two messages, rounded up: never faster than the rate.
fn interval_ns(limits: &RelayLimits) -> i64 {
    limits.per_second.map_or(0, |rate| {
        let rate = i64::from(rate.max(1));
        (NS_PER_SECOND + rate - 1) / rate
    })
}

/// How many messages the hour and the day have room for.
#[derive(Debug, Clone, Copy)]
enum Room {
    For(i64),
    /// Before this time, in ms.
    None {
        until: i64,
    },
}

/// When a relay's hour and day have room again, in ms; `None`: they have it now. `taken`: what the database
/// keeps of the messages of the hour and of the day.
///
/// # Errors
/// What the database keeps is something else.
pub fn full_until(
    limits: &RelayLimits,
    first_used_at: i64,
    (in_hour, in_day): (Option<&str>, Option<&str>),
    now: i64,
) -> Result<Option<i64>, DbErr> {
    let mut bucket = Bucket {
        first_used_at,
        next_free_ns: 0,
        hour: window_of("taken_in_hour", in_hour)?,
        day: window_of("taken_in_day", in_day)?,
    };
    Ok(match bucket.room(limits, now) {
        Room::None { until } => Some(until),
        Room::For(_) => None,
    })
}

impl Bucket {
    fn room(&mut self, limits: &RelayLimits, now: i64) -> Room {
        let mut messages = i64::MAX;
        let today = day_limit(limits, (now - self.first_used_at).max(0) / DAY);
        let hourly = limits.per_hour.map(i64::from);
        for (limit, taken, frees_at) in [
            (hourly, self.hour.taken(now), self.hour.frees_at()),
            (today, self.day.taken(now), self.day.frees_at()),
        ] {
            let Some(limit) = limit else { continue };
            if taken >= limit {
                let until = frees_at.unwrap_or(now);
                return Room::None { until };
            }
            messages = messages.min(limit - taken);
        }
        Room::For(messages)
    }

    /// Reserves the next permits at `now`; where no rate says how many, at most so many.
    fn reserve(&mut self, limits: &RelayLimits, most: i64, now: i64) -> Reserved {
        let each = interval_ns(limits);
        let mut number = match limits.per_second {
            Some(rate) => (i64::from(rate) * BLOCK_MS / SECOND).max(1),
            None => most,
        };
        match self.room(limits, now) {
            Room::None { until } => return Reserved::NotBefore(until),
            Room::For(messages) => number = number.min(messages),
        }
        // What an asker is late for is made up for, up to half a burst.
        let first = self
            .next_free_ns
            .max((now - burst_ms(limits) / 2) * NS_PER_MS);
        if first > (now + AHEAD_MS) * NS_PER_MS {
            // From then on it can be reserved ahead.
            return Reserved::NotBefore(first / NS_PER_MS - AHEAD_MS);
        }
        let first = if each == 0 { now * NS_PER_MS } else { first };
        self.next_free_ns = first + number * each;
        for usable_at in (0..number).map(|at| first + at * each) {
            let used_by = used_by(limits, usable_at);
            self.hour.take(used_by);
            self.day.take(used_by);
        }
        Reserved::Some {
            number,
            first,
            each,
        }
    }

    /// Takes back what was reserved and not used, each by the time from which it could have been. Its place
    /// in the second is gone: others have what comes next. In the hour and the day it is free again.
    fn give_back(&mut self, limits: &RelayLimits, unused: &[i64]) {
        for usable_at in unused {
            let used_by = used_by(limits, *usable_at);
            self.hour.give_back(used_by);
            self.day.give_back(used_by);
        }
    }

    /// The clock says `now` where it would have said `expected`: what was reserved then is as far
    /// ahead of `now` as it was ahead of `expected`. Several workers notice, and the first one's
    /// change is enough.
    fn set_back(&mut self, expected: i64, now: i64) {
        if self.next_free_ns > (now + AHEAD_MS) * NS_PER_MS {
            let ahead = (self.next_free_ns - expected * NS_PER_MS).max(0);
            self.next_free_ns = now * NS_PER_MS + ahead;
        }
        self.first_used_at = self.first_used_at.min(now);
    }
}

/// The day's limit on day number `day` of a relay's use: a new sender that doubles day by day is
/// trusted, one that starts with its whole list is not (P13).
fn day_limit(limits: &RelayLimits, day: i64) -> Option<i64> {
    let full = limits.per_day.map(i64::from);
    let Some(first) = limits.warm_up.map(i64::from) else {
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
mod tests;
