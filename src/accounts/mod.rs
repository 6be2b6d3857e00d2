//! Accounts: the members of staff, what each role may do, their sessions, invitations and passwords.
//!
//! The pages that they work in are the console (`crate::console`); it asks this room who is signed in.

pub mod account;
pub mod invitation;
pub mod password;
pub mod session;
pub mod sign_in_throttle;

pub use account::{Account, Role, disable, enable, find, list, set_role};
pub use invitation::{first_account_link, invite, new_link};

use crate::{
    address::AddressError, app::App, clock::DAY, secret::KeyError,
    transactional::TransactionalError, values,
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

type Result<T> = std::result::Result<T, StaffError>;

/// Forgets sessions and links that nobody can use any more.
pub async fn purge(app: &App) -> Result<()> {
    let now = app.clock.now_ms();
    // session_expiry
    app.db
        .execute("DELETE FROM session WHERE expires_at < $1", values![now])
        .await?;
    app.db
        .execute(
            "DELETE FROM staff_invitation WHERE expires_at < $1",
            values![now - 30 * DAY],
        )
        .await?;
    Ok(())
}
