//! The time, from one place, so that tests can move it.

use std::{
    sync::{
        Arc, LazyLock,
        atomic::{AtomicI64, Ordering},
    },
    time::Instant,
};

pub use jiff::Timestamp;

/// Where the time comes from: the system, or a test's hand.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    set: Option<Arc<SetClock>>,
}

/// A test's clock: what it shows, and how much time has passed.
#[derive(Debug)]
struct SetClock {
    wall: AtomicI64,
    passed: AtomicI64,
}

/// When this process first asked.
static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);

impl Clock {
    /// The system's clock.
    #[must_use]
    pub fn system() -> Self {
        Self::default()
    }

    /// A clock that stands at `start` until it is moved.
    #[must_use]
    pub fn fixed_at(start: Timestamp) -> Self {
        Self {
            set: Some(Arc::new(SetClock {
                wall: AtomicI64::new(start.as_millisecond()),
                passed: AtomicI64::new(0),
            })),
        }
    }

    /// Milliseconds since 1970-01-01 UTC: how the database keeps instants.
    #[must_use]
    pub fn now_ms(&self) -> i64 {
        match &self.set {
            Some(set) => set.wall.load(Ordering::SeqCst),
            None => Timestamp::now().as_millisecond(),
        }
    }

    /// Milliseconds that have passed since some moment of this process: nobody sets this one.
    #[must_use]
    pub fn passed_ms(&self) -> i64 {
        match &self.set {
            Some(set) => set.passed.load(Ordering::SeqCst),
            None => i64::try_from(BEGAN.elapsed().as_millis()).unwrap_or(i64::MAX),
        }
    }

    /// The present instant.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        instant(self.now_ms())
    }

    /// Lets `ms` pass on a fixed clock (backwards where negative); the system's clock stays.
    pub fn advance_ms(&self, ms: i64) {
        if let Some(set) = &self.set {
            set.passed.fetch_add(ms, Ordering::SeqCst);
        }
        self.set_forward_ms(ms);
    }

    /// Sets a fixed clock forward by `ms` (back where negative), and no time passes.
    pub fn set_forward_ms(&self, ms: i64) {
        if let Some(set) = &self.set {
            set.wall.fetch_add(ms, Ordering::SeqCst);
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
