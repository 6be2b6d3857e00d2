//! Why delivery cannot begin.

use sea_orm::DbErr;

use super::{dkim, prepared_message, smtp};
use crate::newsletters::NewsletterError;

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
    Prepare(#[from] prepared_message::PrepareError),
    /// The newsletter cannot be read.
    #[error(transparent)]
    Newsletter(#[from] NewsletterError),
    /// Another process signs mail in another way.
    #[error(
        "this worker would send its mail {own}, and another one that is running sends it {other}: give all processes the same GAZETTE_DKIM_ settings, or stop the others first"
    )]
    OtherSignature {
        /// How this one would sign.
        own: String,
        /// How a living one signs.
        other: String,
    },
    /// The office's mail is signed with another key than this process has.
    #[error(
        "this process would send mail {own}, and this office's mail is signed as {known}: receivers would refuse it. Set GAZETTE_DKIM_KEY, GAZETTE_DKIM_SELECTOR and GAZETTE_DKIM_DOMAIN as in the other processes; to exchange keys, name the old one in GAZETTE_DKIM_STANDBY_KEY; if the old one is gone, run `gazette migrate --adopt-settings` once"
    )]
    OtherKey {
        /// How this one would sign.
        own: String,
        /// What the database remembers.
        known: String,
    },
    /// The system gives no thread.
    #[error("the system gives no thread to send on: {0}")]
    Thread(std::io::Error),
    /// The built-in mailbox has no port.
    #[error("the built-in mailbox cannot listen on this machine's loopback address: {0}")]
    Mailbox(std::io::Error),
}
