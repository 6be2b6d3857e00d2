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
    /// The system gives no thread.
    #[error("the system gives no thread to send on: {0}")]
    Thread(std::io::Error),
    /// The built-in mailbox has no port.
    #[error("the built-in mailbox cannot listen on this machine's loopback address: {0}")]
    Mailbox(std::io::Error),
}
