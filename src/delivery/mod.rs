//! Delivery: from a newsletter that is being sent to an outcome for everyone in its audience.
//!
//! * [`queue`]: one durable row per delivery, and every way in which it moves
//! * `worker`: claims, keeps the lanes fed, lives under a lease
//! * `lane`: one connection to a relay and the loop that keeps it busy
//! * `recorder`: commits outcomes together and allows the next message, for all lanes at once
//! * `retry`: when to try again, and when to give up
//! * `one_offs`: mail to one person, ahead of newsletters
//! * [`prepared`]: all MIME work of a newsletter, done once, and [`dkim`], which signs it
//!
//! The promise: an outcome is in the database before the next body leaves on its connection, and a
//! message starts only after the database said that its reader still wants it. So a killed process
//! leaves at most one message per connection in doubt, and an unsubscribe holds at once.

pub mod dkim;
pub mod prepared;
pub mod queue;

mod canonical;
mod encoding;
mod one_offs;
mod process;
mod recorder;
mod retry;
mod slots;
#[cfg(test)]
mod testing;

use serde::Serialize;

pub use prepared::export_eml;

/// Where a delivery stands; one-off mail has the same states.
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
