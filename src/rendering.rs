//! Work that takes the processor for long: a mail is rendered, a pasted page is read. It is done beside
//! the threads that answer everybody else, a few pieces at a time, and who would wait for too long is
//! told to come back.

use std::time::Duration;

use tokio::{
    runtime::{Handle, RuntimeFlavor},
    sync::Semaphore,
    task::block_in_place,
    time::{Instant, timeout},
};

#[cfg(test)]
pub mod thread_time;

/// Pieces at a time: whatever there is to render, a processor is left for the rest.
static TURNS: Semaphore = Semaphore::const_new(2);

/// How long one waits for a turn.
const TURN_TIMEOUT: Duration = Duration::from_secs(5);

/// What takes longer than this is worth a line in the log.
const SLOW_THRESHOLD: Duration = Duration::from_secs(1);

/// Too much is being rendered already.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("too many pages are being made at once; try again in a moment")]
pub struct TooBusy;

/// Does `work` when it is its turn. The thread that does it hands its other tasks on first.
///
/// # Errors
/// [`TooBusy`] where its turn does not come in time.
pub async fn in_turn<T>(work: impl FnOnce() -> T) -> Result<T, TooBusy> {
    let turn = timeout(TURN_TIMEOUT, TURNS.acquire()).await;
    let Ok(Ok(_turn)) = turn else {
        return Err(TooBusy);
    };
    let begun = Instant::now();
    #[cfg(test)]
    let work = || thread_time::beside(work);
    // A runtime with one thread has nobody to hand them to.
    let done = match Handle::current().runtime_flavor() {
        RuntimeFlavor::MultiThread => block_in_place(work),
        _ => work(),
    };
    if begun.elapsed() > SLOW_THRESHOLD {
        tracing::warn!(
            duration_ms = begun.elapsed().as_millis() as u64,
            "a page took long to make"
        );
    }
    Ok(done)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    /// For what must come; how fast a machine is does not matter.
    const TEST_TIMEOUT: Duration = Duration::from_mins(1);

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn who_only_asks_whether_we_live_is_answered_while_everything_is_being_rendered() {
        // Each takes a turn, and the only thread of this runtime, until it is told to end.
        let mut ends = Vec::new();
        let mut pages = Vec::new();
        let (at_work, mut starts) = tokio::sync::mpsc::unbounded_channel();
        for _ in 0..2 {
            let (end, ended) = mpsc::channel::<()>();
            let at_work = at_work.clone();
            ends.push(end);
            pages.push(tokio::spawn(in_turn(move || {
                let _ = at_work.send(());
                let _ = ended.recv();
            })));
        }
        for _ in 0..2 {
            timeout(TEST_TIMEOUT, starts.recv()).await.unwrap().unwrap();
        }
        // Both turns are taken: others are answered, and who would render is told to come back.
        let alive = timeout(TEST_TIMEOUT, tokio::spawn(async { "alive" })).await;
        assert_eq!(alive.unwrap().unwrap(), "alive");
        let third = timeout(TEST_TIMEOUT, tokio::spawn(in_turn(|| 7))).await;
        assert!(third.unwrap().unwrap().is_err());
        drop(ends);
        for page in pages {
            timeout(TEST_TIMEOUT, page).await.unwrap().unwrap().unwrap();
        }
        assert_eq!(in_turn(|| 7).await.unwrap(), 7);
    }
}
