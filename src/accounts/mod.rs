//! Accounts: the members of staff, what each role may do, their sessions, invitations and passwords.
//!
//! The pages that they work in are the console (`crate::console`); it asks this room who is signed in.

pub mod account;
mod account_notice;
mod account_tables;
mod error;
pub mod invitation;
pub mod kept_forms;
mod link_store;
mod notice_kinds;
pub mod notifications;
pub mod oidc;
pub mod oidc_account;
pub mod passkey;
pub mod password;
mod password_change;
mod role;
mod seal_notice;
pub mod second_factor;
pub mod session;
pub mod sign_in_throttle;
mod staff_names;
pub mod staff_sessions;

pub use account::{Account, active, disable, enable, find, list, set_role};
pub use account_notice::tell_of_sign_in;
use error::Result;
pub use error::StaffError;
pub use invitation::{first_account_link, has_none, invite, new_link};
pub use password_change::change_password;
pub use role::Role;
pub use seal_notice::seal_evidence;
pub use staff_names::StaffNames;

use account_tables::{session as session_table, staff_invitation};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::{app::App, clock::DAY};

/// Forgets sessions and links that nobody can use any more, and forms that nobody came back to.
pub async fn purge(app: &App) -> Result<()> {
    let now = app.clock.now_ms();
    // session_expiry
    session_table::Entity::delete_many()
        .filter(session_table::Column::ExpiresAt.lt(now))
        .exec(&app.db.writer())
        .await?;
    sign_in_throttle::purge(app).await?;
    kept_forms::purge(app).await?;
    staff_invitation::Entity::delete_many()
        .filter(staff_invitation::Column::ExpiresAt.lt(now - 30 * DAY))
        .exec(&app.db.writer())
        .await?;
    Ok(())
}
