//! Delivery: from a newsletter that is being sent to an outcome for everyone in its audience.
//!
//! * [`queue`]: one durable row per delivery, and every way in which it moves
//! * `worker`: claims, keeps the lanes fed, lives under a lease
//! * `lane`: one connection to a relay and the loop that keeps it busy
//! * `reactor`: where lanes and recorder live, on one thread where that is faster
//! * `recorder`: commits outcomes together and allows the next message, for all lanes at once
//! * `openings`, `allowance`, `shares`: how much a relay is given; `destinations`: and a provider;
//!   `providers`: whose a domain is
//! * `retry`: when to try again, and when to give up
//! * [`prepared`]: all MIME work of a newsletter, done once; [`dkim`] signs
//! * `transactional_queue`: mail to one person, ahead of newsletters
//! * [`reply_class`]: what a reply or a bounce means, and what is to be done: hard and soft bounces
//! * [`smtp`]: the client; [`mailbox`]: where mail goes while no relay is set
//!
//! The promise: an outcome is in the database before the next message's end leaves on its connection, and a
//! message starts only after the database said that its reader still wants it. So a killed process
//! leaves at most one message per connection in doubt, and an unsubscribe holds at once.

use std::sync::Arc;

use sea_orm::DbErr;
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use crate::{app::App, newsletters::NewsletterError};

pub mod dkim;
pub mod mailbox;
pub mod prepared;
pub mod queue;
pub mod reply_class;
pub mod smtp;

mod acceptance;
mod allowance;
mod canonical;
mod destinations;
mod encoding;
mod lane;
mod letter;
mod openings;
mod process;
mod providers;
mod reactor;
mod recorder;
mod relay;
mod retry;
mod shares;
mod slots;
#[cfg(test)]
pub(crate) mod testing;
mod transactional_queue;
mod worker;

pub use acceptance::{Acceptance, accepted_at, accepted_since, count_accepted, count_accepted_at};
pub use prepared::export_eml;
pub use transactional_queue::purge;

/// Where a delivery stands; transactional mail has the same states.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum DeliveryState {
    /// Waits to be claimed.
    Queued = 0,
    /// A worker holds it.
    Claimed = 1,
    /// Tried, and to be tried again.
    Deferred = 2,
    /// A relay has taken responsibility for it (RFC 5321 §4.2.1).
    Accepted = 3,
    /// Refused for good, or given up.
    Failed = 4,
    /// Its reader left, or it was cancelled, before it was sent.
    Withdrawn = 5,
}

/// Why delivery cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbErr),
    /// A relay's settings do not work.
    #[error(transparent)]
    Client(#[from] smtp::ClientError),
    /// The signing key does not work.
    #[error(transparent)]
    Dkim(#[from] dkim::DkimError),
    /// The message cannot be prepared.
    #[error(transparent)]
    Prepare(#[from] prepared::PrepareError),
    /// The newsletter cannot be read.
    #[error(transparent)]
    Newsletter(#[from] NewsletterError),
    /// The system gives no thread.
    #[error("the system gives no thread to send on: {0}")]
    Thread(std::io::Error),
    /// The built-in mailbox has no port.
    #[error("the built-in mailbox cannot listen on this machine's loopback address: {0}")]
    Mailbox(std::io::Error),
}

/// Works the queue until `stop` is cancelled; then finishes what is on the wire, records it, and
/// gives back the rest, within ten seconds.
///
/// # Errors
/// [`DeliveryError`] when it cannot begin: a relay's settings or the signing key do not work, or
/// the database fails. Once begun it goes on through every fault of relays and database.
pub async fn run(app: &App, stop: CancellationToken) -> Result<(), DeliveryError> {
    worker::run(app, stop).await
}

/// Whether a worker is alive somewhere on this database.
pub async fn any_worker_alive(app: &App) -> Result<bool, DbErr> {
    process::any_alive(app).await
}

fn signer(app: &App) -> Result<Option<Arc<dkim::Signer>>, DeliveryError> {
    Ok(dkim::Signer::from_settings(&app.settings)?.map(Arc::new))
}
