//! Accounts: the members of staff, what each role may do, their sessions, invitations and passwords.
//!
//! The pages that they work in are the console (`crate::console`); it asks this room who is signed in.

pub mod account;
mod error;
pub mod invitation;
mod link_store;
pub mod notifications;
pub mod password;
pub mod session;
pub mod sign_in_throttle;

pub use account::{Account, Role, disable, enable, find, list, set_role};
use error::Result;
pub use error::StaffError;
pub use invitation::{first_account_link, invite, new_link};

use crate::{app::App, clock::DAY, values};

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
