//! How long a future holds the thread that polls it: processor time, so that a busy machine changes nothing,
//! and without what is done [`beside`]. For tests: whoever is answered on the same thread waits for so long.

use std::{
    cell::Cell,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

thread_local! {
    /// What this thread has done with its other tasks handed on.
    static BESIDE: Cell<Duration> = const { Cell::new(Duration::ZERO) };
}

/// Processor time of this thread so far, as its kernel counts it.
fn spent() -> Duration {
    let counted = std::fs::read_to_string("/proc/thread-self/schedstat");
    // Where it does not count, the test of this file says so.
    let nanoseconds = counted
        .ok()
        .and_then(|counted| counted.split(' ').next()?.parse().ok());
    Duration::from_nanos(nanoseconds.unwrap_or_default())
}

/// Does `work`, which holds nobody.
pub(super) fn beside<T>(work: impl FnOnce() -> T) -> T {
    let begun = spent();
    let done = work();
    BESIDE.set(BESIDE.get() + spent().saturating_sub(begun));
    done
}

/// A future that comes with the longest time for which it held a thread.
pub struct Watched<F> {
    future: Pin<Box<F>>,
    longest: Duration,
}

impl<F: Future> Watched<F> {
    /// Watches `future`.
    pub fn new(future: F) -> Self {
        Self {
            future: Box::pin(future),
            longest: Duration::ZERO,
        }
    }
}

impl<F: Future> Future for Watched<F> {
    type Output = (F::Output, Duration);

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let (begun, beside) = (spent(), BESIDE.get());
        let polled = self.future.as_mut().poll(context);
        let held = spent()
            .saturating_sub(begun)
            .saturating_sub(BESIDE.get().saturating_sub(beside));
        self.longest = self.longest.max(held);
        polled.map(|done| (done, self.longest))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;
    use crate::rendering::in_turn;

    const WORK: Duration = Duration::from_millis(60);

    fn work() {
        let (begun, since) = (spent(), Instant::now());
        while spent().saturating_sub(begun) < WORK {
            let patience = Duration::from_mins(1);
            assert!(
                since.elapsed() < patience,
                "this kernel counts no processor time by thread"
            );
        }
    }

    #[tokio::test]
    async fn what_is_done_on_the_thread_holds_it_and_what_is_done_in_turn_or_waited_for_does_not() {
        let ((), held) = Watched::new(async { work() }).await;
        assert!(held >= WORK, "{held:?}");
        let (done, held) = Watched::new(in_turn(work)).await;
        assert!(done.is_ok() && held < WORK / 2, "{held:?}");
        let ((), held) = Watched::new(tokio::time::sleep(WORK)).await;
        assert!(held < WORK / 2, "{held:?}");
    }
}
