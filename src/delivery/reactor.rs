//! Where all senders and the recorder live.
//!
//! What they hand to each other is tiny and constant: a reply, a question, an answer. On one thread
//! that is a function call; spread over several it is a wake-up between processors for each message,
//! and those cost more than the sending. Signing is the exception: the RSA arithmetic of one message
//! takes longer than everything else about ten, so then every processor has a thread.

use std::thread::JoinHandle;

use tokio::runtime::{Builder, Handle};
use tokio_util::sync::CancellationToken;

/// A runtime of its own, until it is closed.
#[derive(Debug)]
pub struct Reactor {
    handle: Handle,
    done: CancellationToken,
    thread: Option<JoinHandle<()>>,
}

impl Reactor {
    /// Starts it: on one thread, or where messages are signed, on one for each processor.
    ///
    /// # Errors
    /// When the system gives no thread or no event queue.
    pub fn start(signing: bool) -> std::io::Result<Self> {
        let mut builder = if signing {
            Builder::new_multi_thread()
        } else {
            Builder::new_current_thread()
        };
        let runtime = builder.enable_all().thread_name("senders").build()?;
        let handle = runtime.handle().clone();
        let done = CancellationToken::new();
        let thread = std::thread::Builder::new()
            .name("senders".to_owned())
            .spawn({
                let done = done.clone();
                move || runtime.block_on(done.cancelled())
            })?;
        Ok(Self {
            handle,
            done,
            thread: Some(thread),
        })
    }

    /// Where to spawn.
    pub fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Ends the thread; tasks that are still on it are dropped where they wait.
    pub async fn close(mut self) {
        self.done.cancel();
        if let Some(thread) = self.thread.take() {
            let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        }
    }
}

impl Drop for Reactor {
    fn drop(&mut self) {
        self.done.cancel();
    }
}
