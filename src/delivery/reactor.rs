//! Where a worker's tasks live.
//!
//! What senders and recorder hand to each other is tiny and constant: a reply, a question, an answer.
//! On one thread that is a function call; spread over several it is a wake-up between processors for
//! each message, and those cost more than the sending. Signing is the exception: the RSA arithmetic of
//! one message takes longer than everything else about ten, so then every processor has a thread. In a
//! simulation all of it lives on the one thread that there is.

use std::{sync::Arc, thread::JoinHandle};

use tokio::{
    runtime::{Builder, Handle, Id, Runtime},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;

use crate::environment::{Environment, Task};

/// A runtime of its own for senders and recorder, until it is closed.
#[derive(Debug)]
pub struct Reactor {
    /// Of senders and recorder.
    handle: Handle,
    done: CancellationToken,
    thread: Option<JoinHandle<()>>,
    environment: Option<Arc<dyn Environment>>,
}

impl Reactor {
    /// Starts it: on one thread, or where messages are signed, on one for each processor.
    ///
    /// # Errors
    /// When the system gives no thread or no event queue.
    pub fn start(
        signing: bool,
        environment: Option<Arc<dyn Environment>>,
    ) -> std::io::Result<Self> {
        let done = CancellationToken::new();
        let (handle, thread) = if environment.is_some() {
            (Handle::current(), None)
        } else {
            let runtime = runtime(signing)?;
            let handle = runtime.handle().clone();
            let thread = std::thread::Builder::new()
                .name("senders".to_owned())
                .spawn({
                    let done = done.clone();
                    move || runtime.block_on(done.cancelled())
                })?;
            (handle, Some(thread))
        };
        Ok(Self {
            handle,
            done,
            thread,
            environment,
        })
    }

    /// Its runtime.
    pub fn id(&self) -> Id {
        self.handle.id()
    }

    /// Spawns what is to live here.
    pub fn spawn(&self, tasks: &mut JoinSet<()>, task: impl Future<Output = ()> + Send + 'static) {
        match &self.environment {
            Some(environment) => tasks.spawn(environment.run(Box::pin(task))),
            None => tasks.spawn_on(task, &self.handle),
        };
    }

    /// Spawns what works beside it, on the runtime of the caller.
    pub fn spawn_beside(
        &self,
        tasks: &mut JoinSet<()>,
        task: impl Future<Output = ()> + Send + 'static,
    ) {
        let task: Task = Box::pin(task);
        tasks.spawn(match &self.environment {
            Some(environment) => environment.run(task),
            None => task,
        });
    }

    /// Ends the thread; tasks that are still on it are dropped where they wait.
    pub async fn close(mut self) {
        self.done.cancel();
        if let Some(thread) = self.thread.take() {
            let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        }
    }
}

fn runtime(signing: bool) -> std::io::Result<Runtime> {
    let mut builder = if signing {
        Builder::new_multi_thread()
    } else {
        Builder::new_current_thread()
    };
    builder.enable_all().thread_name("senders").build()
}

impl Drop for Reactor {
    fn drop(&mut self) {
        self.done.cancel();
    }
}
