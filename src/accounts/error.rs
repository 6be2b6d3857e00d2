//! What can be wrong with what was asked about staff.

use crate::{
    address::AddressError, given_name::NameError, secret::KeyError,
    transactional::TransactionalError,
};

/// What can be wrong with what was asked about staff.
#[derive(Debug, thiserror::Error)]
pub enum StaffError {
    /// Nobody has this address.
    #[error("nobody among staff has the address {0}; `gazette staff list` shows who does")]
    NotFound(String),
    /// Somebody has this address already.
    #[error("{0} is among staff already; `gazette staff link {0}` makes a new sign-in link")]
    Exists(String),
    /// The console would have no administrator left.
    #[error("{0} is the only admin who can sign in; make someone else an admin first")]
    LastAdmin(String),
    /// No such role.
    #[error("`{0}` is no role; the roles are viewer, editor, approver and admin")]
    Role(String),
    /// The account may not sign in.
    #[error("{0} is disabled; enable the account first")]
    Disabled(String),
    /// One's own account.
    #[error("you cannot change your own account here; ask another admin")]
    Own,
    /// The link was used, replaced or is too old.
    #[error(
        "this link has been used, was replaced by a newer one, or is too old; ask for a new one (`gazette staff link EMAIL`)"
    )]
    Link,
    /// The password does not do.
    #[error("{0}")]
    Password(&'static str),
    /// The second step of the sign-in.
    #[error("{0}")]
    SecondFactor(&'static str),
    /// The office's own sign-in provider, or whom it vouches for.
    #[error("{0}")]
    Provider(&'static str),
    /// A passkey.
    #[error("{0}")]
    Passkey(&'static str),
    /// What somebody or something is to be called.
    #[error("the name {0}")]
    Name(#[from] NameError),
    /// The password could not be hashed.
    #[error("the password could not be hashed: {0}")]
    Hashing(String),
    /// The address is no address.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// The database failed.
    #[error(transparent)]
    Db(#[from] sea_orm::DbErr),
    /// The invitation could not be queued.
    #[error(transparent)]
    Transactional(#[from] TransactionalError),
    /// No random bytes.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// What this room answers.
pub type Result<T> = std::result::Result<T, StaffError>;
