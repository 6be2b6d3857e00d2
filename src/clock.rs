//! The time, from one place, so that tests can move it.

use std::sync::{
    Arc, LazyLock,
    atomic::{AtomicI64, Ordering},
};

pub use jiff::Timestamp;
use tokio::time::Instant;

/// Where the time comes from: the system, or a test's hand.
#[derive(Debug, Clone, Default)]
pub struct Clock(Source);

#[derive(Debug, Clone, Default)]
enum Source {
    #[default]
    System,
    /// What it says.
    Fixed(Arc<SetClock>),
    /// What it said at an instant of tokio's time, which it goes on with.
    Running(Arc<AtomicI64>, Instant),
}

/// A test's clock: what it shows, and how much time has passed.
#[derive(Debug)]
struct SetClock {
    wall: AtomicI64,
    passed: AtomicI64,
    /// How much it goes on with each look at it.
    tick: AtomicI64,
}

/// When this process first asked.
static BEGAN: LazyLock<std::time::Instant> = LazyLock::new(std::time::Instant::now);

impl Clock {
    /// The system's clock.
    #[must_use]
    pub fn system() -> Self {
        Self::default()
    }

    /// A clock that stands at `start` until it is moved.
    #[must_use]
    pub fn fixed_at(start: Timestamp) -> Self {
        Self(Source::Fixed(Arc::new(SetClock {
            wall: AtomicI64::new(start.as_millisecond()),
            passed: AtomicI64::new(0),
            tick: AtomicI64::new(0),
        })))
    }

    /// A clock that says `start` now and goes on with tokio's time, paused or not, until it is moved.
    #[must_use]
    pub fn running_from(start: Timestamp) -> Self {
        let start = Arc::new(AtomicI64::new(start.as_millisecond()));
        Self(Source::Running(start, Instant::now()))
    }

    /// Milliseconds since 1970-01-01 UTC: how the database keeps instants.
    #[must_use]
    pub fn now_ms(&self) -> i64 {
        match &self.0 {
            Source::System => Timestamp::now().as_millisecond(),
            Source::Fixed(set) => {
                let tick = set.tick.load(Ordering::SeqCst);
                set.wall.fetch_add(tick, Ordering::SeqCst)
            }
            Source::Running(start, since) => {
                start.load(Ordering::SeqCst) + since.elapsed().as_millis() as i64
            }
        }
    }

    /// Milliseconds that have passed since some moment of this process: nobody sets this one.
    #[must_use]
    pub fn passed_ms(&self) -> i64 {
        match &self.0 {
            Source::System => BEGAN.elapsed().as_millis() as i64,
            Source::Fixed(set) => set.passed.load(Ordering::SeqCst),
            Source::Running(_, since) => since.elapsed().as_millis() as i64,
        }
    }

    /// The present instant.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        instant(self.now_ms())
    }

    /// Lets `ms` pass on a fixed clock (backwards where negative). One that goes on with tokio's time is set
    /// forward, and no time passes; the system's clock stays.
    pub fn advance_ms(&self, ms: i64) {
        if let Source::Fixed(set) = &self.0 {
            set.passed.fetch_add(ms, Ordering::SeqCst);
        }
        self.set_forward_ms(ms);
    }

    /// Lets a fixed clock go on by `ms` with each look at it, or stand still again (0): real ones never say the same
    /// twice, and whoever compares what two looks said finds that out.
    #[cfg(test)]
    pub fn tick_by(&self, ms: i64) {
        if let Source::Fixed(set) = &self.0 {
            set.tick.store(ms, Ordering::SeqCst);
        }
    }

    /// Sets a clock of a test's forward by `ms` (back where negative), and no time passes.
    pub fn set_forward_ms(&self, ms: i64) {
        match &self.0 {
            Source::System => {}
            Source::Fixed(set) => {
                set.wall.fetch_add(ms, Ordering::SeqCst);
            }
            Source::Running(says, _) => {
                says.fetch_add(ms, Ordering::SeqCst);
            }
        }
    }
}

/// The instant that the database keeps as `ms`; out-of-range values are held to the nearest end.
#[must_use]
pub fn instant(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap_or(if ms < 0 {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    })
}

/// Milliseconds in a second, minute, hour and day.
pub const SECOND: i64 = 1_000;
/// See [`SECOND`].
pub const MINUTE: i64 = 60 * SECOND;
/// See [`SECOND`].
pub const HOUR: i64 = 60 * MINUTE;
/// See [`SECOND`].
pub const DAY: i64 = 24 * HOUR;
