//! Subscribers: who asked for what, with the evidence; sign-up, confirmation, preferences,
//! unsubscribe, suppression, import and export.
//!
//! ```text
//! form ─POST→ pending ─mail→ landing page ─POST→ confirmed ─POST (one click)→ unsubscribed
//! ```
//!
//! Apart from all of them stands the press list ([`press_list`]): addresses without a consent.
//!
//! Every step writes its consent evidence in the same transaction as the change that it proves.

mod bouncing;
mod confirmation;
pub mod consent;
mod counts;
mod erasure;
mod evidence;
mod import;
mod leaving;
mod limits;
pub mod link;
mod mail_returned;
pub mod press_list;
mod retention;
mod routes;
mod sign_up;
mod status;
mod suppression;
mod topics;

pub use bouncing::stop_mailing_refused;
pub use confirmation::{ConfirmOutcome, Press, ask_again, confirm, never_again};
pub use counts::counts;
pub use erasure::erase;
pub use evidence::{Subscriber, evidence, export};
pub use import::{Import, ImportReport, Row, import};
pub use leaving::{Leaving, choices, choose, unsubscribe};
pub use mail_returned::{
    Returnee, bounced, complained, left_by_mail, returnee, returnee_by_address, take_back_bounce,
};
pub use retention::purge;
pub use routes::routes;
pub use sign_up::{Channel, SignUp, allow, answer_sign_ups, receive};
pub use status::{Event, Status};
pub use topics::{TopicRow, topics};

/// What can be wrong with what was asked about subscribers.
#[derive(Debug, thiserror::Error)]
pub enum SubscriberError {
    /// Nobody has this address.
    #[error("nobody with the address {0} is known here")]
    NotFound(String),
    /// No such topic.
    #[error("there is no topic `{0}`; there are: {1}")]
    NoTopic(String, String),
    /// The address is none.
    #[error("{0}: {1}")]
    Address(String, crate::address::AddressError),
    /// The import file cannot be read.
    #[error("{0}")]
    Import(String),
    /// The database failed.
    #[error(transparent)]
    Db(#[from] sea_orm::DbErr),
    /// The confirmation mail could not be queued.
    #[error(transparent)]
    Transactional(#[from] crate::transactional::TransactionalError),
    /// No random bytes.
    #[error(transparent)]
    Key(#[from] crate::secret::KeyError),
    /// Stored JSON cannot be read.
    #[error("stored content cannot be read: {0}")]
    Json(#[from] serde_json::Error),
}

type Result<T> = std::result::Result<T, SubscriberError>;
