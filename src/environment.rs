//! What lies outside of the delivery engine: the network, the name servers, and when its tasks run.
//!
//! Ordinarily that is the system, and nothing of this stands in between. A simulation puts its own
//! in place ([`crate::app::App::simulated`]), with tokio's paused time for the clock, and so decides
//! what happens when: the same decisions make the same run.

use std::{fmt, io, pin::Pin};

use tokio::io::{AsyncRead, AsyncWrite};

/// A connection to a relay: TCP, TLS over it, or what a simulation makes of it.
pub trait Stream: AsyncRead + AsyncWrite + Send + Sync + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Sync + Unpin> Stream for T {}

/// What a worker does beside the rest of what it does.
pub type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// An answer that takes its time.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// One process's surroundings in a simulation.
pub trait Environment: fmt::Debug + Send + Sync {
    /// Opens a connection to a relay.
    fn connect<'a>(&'a self, host: &'a str, port: u16) -> Answer<'a, io::Result<Box<dyn Stream>>>;

    /// The organisation that takes a domain's mail, or in words why the name servers do not say.
    fn provider<'a>(&'a self, domain: &'a str) -> Answer<'a, Result<String, String>>;

    /// What is run for a task of the process. A process that stands still polls nothing meanwhile.
    fn run(&self, task: Task) -> Task;
}
