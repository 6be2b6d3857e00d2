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

/// Pieces at a time: whatever there is to render, a processor is left for the rest.
static TURNS: Semaphore = Semaphore::const_new(2);

/// How long one waits for a turn.
const TURN_TIMEOUT: Duration = Duration::from_secs(5);

/// What takes longer than this is worth a line in the log.
const LONG: Duration = Duration::from_secs(1);

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
    // A runtime with one thread has nobody to hand them to.
    let done = match Handle::current().runtime_flavor() {
        RuntimeFlavor::MultiThread => block_in_place(work),
        _ => work(),
    };
    if begun.elapsed() > LONG {
        tracing::warn!(
            duration_ms = begun.elapsed().as_millis() as u64,
            "a page took long to make"
        );
    }
    Ok(done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn what_is_rendered_holds_nobody_up() {
        // The only thread of this runtime works on something for two seconds.
        let rendered = tokio::spawn(in_turn(|| std::thread::sleep(Duration::from_secs(2))));
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert!(!rendered.is_finished());
        // Others are answered meanwhile.
        let other = timeout(Duration::from_secs(1), tokio::spawn(async { 7 })).await;
        assert_eq!(other.unwrap().unwrap(), 7);
        assert!(!rendered.is_finished());
        rendered.await.unwrap().unwrap();
    }
}
