//! The time, from one place, so that tests can move it.

use std::sync::{
    Arc,
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
    Fixed(Arc<AtomicI64>),
    /// What it said at an instant of tokio's time, which it goes on with.
    Running(Arc<AtomicI64>, Instant),
}

impl Clock {
    /// The system's clock.
    #[must_use]
    pub fn system() -> Self {
        Self::default()
    }

    /// A clock that stands at `start` until it is moved.
    #[must_use]
    pub fn fixed_at(start: Timestamp) -> Self {
        Self(Source::Fixed(Arc::new(AtomicI64::new(
            start.as_millisecond(),
        ))))
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
            Source::Fixed(says) => says.load(Ordering::SeqCst),
            Source::Running(start, since) => {
                start.load(Ordering::SeqCst) + since.elapsed().as_millis() as i64
            }
        }
    }

    /// The present instant.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        instant(self.now_ms())
    }

    /// Moves a clock of a test's by `ms` (backwards where negative); the system's clock stays.
    pub fn advance_ms(&self, ms: i64) {
        if let Source::Fixed(says) | Source::Running(says, _) = &self.0 {
            says.fetch_add(ms, Ordering::SeqCst);
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
