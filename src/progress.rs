//! Whether the parts of this process go on. Each loop beats as it turns and rests while it may wait for
//! ever; a watchdog is told that all is well only while no part stands still.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::sync::Notify;

/// For a part that waits for something that may never come.
const RESTS: u64 = u64::MAX;

/// The parts of one process; clones are handles on the same.
#[derive(Debug, Clone)]
pub struct Progress(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    began: Instant,
    known: Mutex<Vec<Part>>,
    joined: Notify,
}

#[derive(Debug)]
struct Part {
    name: &'static str,
    limit: Duration,
    /// Milliseconds since `began`, or [`RESTS`].
    beat: Arc<AtomicU64>,
}

/// Held by one part. When it is dropped the part has ended, and nobody waits for it.
#[derive(Debug)]
pub struct Pulse {
    progress: Progress,
    beat: Arc<AtomicU64>,
}

impl Default for Progress {
    fn default() -> Self {
        Self(Arc::new(Parts {
            began: Instant::now(),
            known: Mutex::default(),
            joined: Notify::new(),
        }))
    }
}

impl Progress {
    /// Begins a part, which stands still when it has not beaten for `limit`.
    #[must_use]
    pub fn part(&self, name: &'static str, limit: Duration) -> Pulse {
        let beat = Arc::new(AtomicU64::new(self.elapsed_ms()));
        let part = Part {
            name,
            limit,
            beat: beat.clone(),
        };
        self.parts().push(part);
        self.0.joined.notify_waiters();
        Pulse {
            progress: self.clone(),
            beat,
        }
    }

    /// Waits until a part of this name has begun.
    pub async fn has_begun(&self, name: &str) {
        loop {
            let joined = self.0.joined.notified();
            tokio::pin!(joined);
            joined.as_mut().enable();
            if self.parts().iter().any(|part| part.name == name) {
                return;
            }
            joined.await;
        }
    }

    /// The part that has stood still beyond its limit for the longest, and since when.
    #[must_use]
    pub fn standing_still(&self) -> Option<(&'static str, Duration)> {
        let now = self.elapsed_ms();
        self.parts()
            .iter()
            .filter_map(|part| {
                let beat = part.beat.load(Ordering::Relaxed);
                let still = Duration::from_millis(now.saturating_sub(beat));
                (still > part.limit).then_some((part.name, still))
            })
            .max_by_key(|(_, still)| *still)
    }

    fn elapsed_ms(&self) -> u64 {
        u64::try_from(self.0.began.elapsed().as_millis()).unwrap_or(RESTS - 1)
    }

    fn parts(&self) -> MutexGuard<'_, Vec<Part>> {
        self.0.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pulse {
    /// The part goes on.
    pub fn beat(&self) {
        self.beat
            .store(self.progress.elapsed_ms(), Ordering::Relaxed);
    }

    /// The part has nothing to do until somebody wakes it.
    pub fn rest(&self) {
        self.beat.store(RESTS, Ordering::Relaxed);
    }
}

impl Drop for Pulse {
    fn drop(&mut self) {
        let own = |part: &Part| Arc::ptr_eq(&part.beat, &self.beat);
        self.progress.parts().retain(|part| !own(part));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_that_hangs_is_named_and_one_that_rests_or_has_ended_is_not() {
        let progress = Progress::default();
        let at_once = Duration::ZERO;
        let hanging = progress.part("hangs", at_once);
        let resting = progress.part("rests", at_once);
        let patient = progress.part("is patient", Duration::from_hours(1));
        let ended = progress.part("has ended", at_once);
        resting.rest();
        drop(ended);
        // A limit of nothing is over with the next millisecond.
        while progress.standing_still().is_none() {
            std::thread::yield_now();
        }
        assert_eq!(
            progress.standing_still().map(|(name, _)| name),
            Some("hangs")
        );
        hanging.rest();
        assert_eq!(progress.standing_still(), None);
        patient.beat();
        resting.beat();
        while progress.standing_still().is_none() {
            std::thread::yield_now();
        }
        assert_eq!(
            progress.standing_still().map(|(name, _)| name),
            Some("rests")
        );
    }

    #[tokio::test]
    async fn who_waits_for_a_part_hears_of_it_before_or_after_it_begins() {
        let progress = Progress::default();
        let waiting = tokio::spawn({
            let progress = progress.clone();
            async move { progress.has_begun("deliver").await }
        });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        let _other = progress.part("schedule", Duration::from_mins(1));
        let _part = progress.part("deliver", Duration::from_mins(1));
        waiting.await.unwrap();
        progress.has_begun("deliver").await;
    }
}
