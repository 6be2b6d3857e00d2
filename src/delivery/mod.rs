//! Delivery: from a newsletter that is being sent to an outcome for everyone in its audience.
//!
//! * [`queue`]: one durable row per delivery, and every way in which it moves
//! * `worker`: claims, keeps the senders fed, lives under a lease ([`queue`] fences it)
//! * `sender`: one SMTP session with a relay and the loop that keeps it busy
//! * `reactor`: where senders and recorder live, on one thread where that is faster
//! * `recorder`: commits outcomes together and allows the next message, for all senders at once
//! * `connection_scaling`, `rate_limit` (token bucket), `relay_selection` (weights, failover): how
//!   much a relay is given; `provider_throttle` (backoff): and a mailbox provider; `providers`: whose
//!   a domain is
//! * `circuit_breaker`: pauses a newsletter whose refusals are not about its readers; `put_back` queues
//!   whom they met
//! * `sender_quota`: when a sending limit is free again, as far as the relay says
//! * `retry`: when to try again, with backoff and jitter, until the deadline
//! * [`prepared_message`]: all MIME work of a newsletter, done once; [`dkim`] signs; `signing_identity`
//!   remembers with which key
//! * `send_again`: to those whom a newsletter did not reach
//! * `transactional_queue`: mail to one person, ahead of newsletters
//! * `trying_time`: a clock that was set gives nobody up, and one that is years off sends nothing
//! * `folding`: what was accepted long ago takes a few bytes instead of a row
//! * `bouncing`: whom relays refuse for good, newsletter after newsletter, is not mailed any more
//! * [`reply_class`]: what a reply or a bounce means, and what is to be done: hard and soft bounces
//! * [`smtp`]: the client; [`mailbox`]: where mail goes while no relay is set
//!
//! The promise: an outcome is in the database before the next message's end leaves on its connection, and a
//! message starts only after the database said that its reader still wants it. So a killed process
//! leaves at most one message per connection in doubt, and an unsubscribe holds at once.

use sea_orm::DbErr;
use tokio_util::sync::CancellationToken;

use crate::{app::App, config::Settings};

pub mod dkim;
pub mod mailbox;
pub mod prepared_message;
pub mod queue;
pub mod reply_class;
pub mod smtp;

mod acceptance;
mod bouncing;
mod canonical;
mod circuit_breaker;
mod connection_scaling;
mod delivery_error;
mod encoding;
mod exceptions;
mod folding;
mod limits_used_up;
mod outcome;
mod prepared_newsletter;
mod provider_throttle;
mod providers;
mod put_back;
mod rate_limit;
mod reactor;
mod recorder;
mod relay;
mod relay_selection;
mod retry;
mod send_again;
mod sender;
mod sender_quota;
mod sending_breakdown;
mod signing_identity;
mod template;
#[cfg(test)]
pub(crate) mod testing;
mod transactional_queue;
mod trying_time;
mod worker;
mod worker_process;
mod worker_state;

pub use acceptance::{
    Acceptance, Receipt, accepted_at, accepted_since, count_accepted, count_accepted_at, receipt,
    received_newsletters,
};
pub use delivery_error::DeliveryError;
pub use exceptions::{Exception, exceptions, exceptions_in};
pub use folding::fold_old;
pub use limits_used_up::limits_used_up_until;
pub use prepared_message::export_eml;
pub use put_back::put_back_in_paused;
pub use send_again::{count_not_reached, send_again};
pub use sending_breakdown::{
    RetriedAtDomain, TakenAtDomain, TakenByRelay, retried_at_domains, taken_at_domains,
    taken_by_relays,
};
pub use signing_identity::adopt_signing_key;
pub use trying_time::forget_clock;
pub use worker_state::PROGRESS;

/// Works the queue until `stop` is cancelled; then finishes what is on the wire, records it, and
/// gives back the rest, within ten seconds.
///
/// # Errors
/// [`DeliveryError`] when it cannot begin: a relay's settings or the signing key do not work, or
/// the database fails. Once begun it goes on through every fault of relays and database.
pub async fn run(app: &App, stop: CancellationToken) -> Result<(), DeliveryError> {
    worker::run(app, stop).await
}

/// Whether what the settings name for sending can be used: certificates, keys and their names. Asks nobody
/// and makes nothing.
///
/// # Errors
/// [`DeliveryError::Client`] of a relay, [`DeliveryError::Dkim`] of the signature.
pub fn check_settings(settings: &Settings) -> Result<(), DeliveryError> {
    for relay in &settings.smtp_url {
        smtp::check_trust(relay)?;
    }
    dkim::Signer::from_settings(settings)?;
    Ok(())
}

/// Whether a worker is alive somewhere on this database.
pub async fn any_worker_alive(app: &App) -> Result<bool, DbErr> {
    worker_process::any_alive(app).await
}
