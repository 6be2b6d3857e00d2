//! Staff: the people who may sign in, what each role may do, and the console they work in.
//!
//! Whoever signs in comes through [`guard`]: it knows the session, refuses forged requests, and
//! hands out the role extractors ([`guard::Viewer`] and so on), so that a page cannot forget to ask.

mod account;
pub mod audit;
mod console;
mod guard;
mod invitation;
mod limits;
mod password;
mod schedule;
mod session;
mod sign_in;

use std::sync::Arc;

use axum::{Router, extract::FromRef, middleware};

pub use account::{Account, Role, disable, enable, find, list, set_role};
pub use invitation::{first_account_link, invite, new_link};
pub use schedule::{Fold, ScheduleError, office_time};

use crate::{
    address::AddressError, app::App, clock::DAY, outbox::OutboxError, secret::KeyError, values,
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
    Outbox(#[from] OutboxError),
    /// No random bytes.
    #[error(transparent)]
    Key(#[from] KeyError),
}

type Result<T> = std::result::Result<T, StaffError>;

/// What the console's handlers are given: the instance, and the memory of who tried to sign in.
#[derive(Debug, Clone)]
struct Console {
    app: App,
    limits: Arc<limits::Limits>,
}

impl FromRef<Console> for App {
    fn from_ref(console: &Console) -> Self {
        console.app.clone()
    }
}

/// Everything below `/staff`. The session layer stands around these routes only: no other page
/// reads or sets a cookie.
pub fn routes(app: &App) -> Router<App> {
    let console = Console {
        app: app.clone(),
        limits: Arc::new(limits::Limits::new()),
    };
    Router::new()
        .merge(sign_in::routes())
        .merge(console::routes())
        .layer(middleware::from_fn_with_state(
            console.clone(),
            guard::guard,
        ))
        .layer(session::layer(app))
        .with_state(console)
        .merge(console::assets())
}

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

#[cfg(test)]
pub(crate) mod tests;
