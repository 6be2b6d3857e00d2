//! What can go wrong with a return.

use sea_orm::DbErr;

use crate::{newsletters::NewsletterError, subscribers::SubscriberError};

/// What can go wrong; the return is to be handed over again.
#[derive(Debug, thiserror::Error)]
pub enum ReturnError {
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbErr),
    /// The subscribers' room failed.
    #[error(transparent)]
    Subscriber(#[from] SubscriberError),
    /// The newsletters' room failed.
    #[error(transparent)]
    Newsletter(#[from] NewsletterError),
    /// Staff could not be told.
    #[error(transparent)]
    Staff(#[from] crate::accounts::StaffError),
    /// A mail could not be queued.
    #[error(transparent)]
    Transactional(#[from] crate::transactional::TransactionalError),
    /// No random bytes.
    #[error(transparent)]
    Key(#[from] crate::secret::KeyError),
    /// No such return, or it cannot be undone.
    #[error("{0}")]
    NotPossible(String),
}
