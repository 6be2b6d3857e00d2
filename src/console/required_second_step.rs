//! Where the office demands it, everybody has a second step: an app's code, a passkey, or the office's own
//! provider, which asks for it itself. Who has none is led to set one up and can do nothing else. Who has one must
//! have shown it: a password alone opens nothing, neither at the sign-in nor in a session that began with it before
//! the office demanded more.

use axum::http::Method;
use tower_sessions::Session;

use super::failure::Failure;
use crate::{
    accounts::{Account, passkey},
    app::App,
    office_setting,
};

/// The office's setting.
pub const SETTING: &str = "require-second-step";

/// Where a second step is set up.
pub const SET_UP: &str = "/staff/account";

/// The field of the session that names the account of which more than a password was shown in it.
const SHOWN: &str = "second_step_of";

/// What the office's demand still asks of somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Demand {
    /// Nothing.
    Met,
    /// They have no second step yet.
    SetUp,
    /// They have a passkey and no app, and the password of theirs is all that was shown.
    Passkey,
}

/// What is asked of this account in this session.
///
/// # Errors
/// The database failed.
pub async fn demand(app: &App, session: &Session, account: &Account) -> Result<Demand, Failure> {
    Ok(match of_password(app, account).await? {
        Demand::Passkey if session.get(SHOWN).await? == Some(account.id) => Demand::Met,
        demand => demand,
    })
}

/// What is asked of who has given the password of this account, and nothing else. The code of an app is asked
/// for at every sign-in, demanded or not, and is no part of this.
///
/// # Errors
/// The database failed.
pub async fn of_password(app: &App, account: &Account) -> Result<Demand, Failure> {
    // Most have one, and nothing is asked then. Who has no password signs in at the provider only.
    if account.second_factor || (account.by_provider && !account.has_password()) {
        return Ok(Demand::Met);
    }
    let demanded = office_setting::one(app.db.pool(), SETTING).await?;
    if demanded.as_deref() != Some("true") {
        return Ok(Demand::Met);
    }
    // Where browsers offer none any more, nobody can show theirs.
    let has_passkey = passkey::is_possible(app) && passkey::has_one(app, account).await?;
    Ok(if has_passkey {
        Demand::Passkey
    } else {
        Demand::SetUp
    })
}

/// Notes that more than a password of this account was shown in this session: its code, a passkey, or what the
/// provider vouches for. It says so of this account alone, whoever signs in here next.
///
/// # Errors
/// The session failed.
pub async fn note_shown(session: &Session, account: &Account) -> Result<(), Failure> {
    Ok(session.insert(SHOWN, account.id).await?)
}

/// Whether this is part of setting one up, or of leaving. Turning off what is not on is neither.
pub fn is_part_of_setting_up(method: &Method, path: &str) -> bool {
    let within = |room: &str| {
        path.strip_prefix(room)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let reads = matches!(*method, Method::GET | Method::HEAD);
    match path {
        SET_UP => reads,
        "/staff/logout" | "/staff/again" => true,
        // A passkey is a proof as well, and a provider's vouching is.
        _ => {
            ["/staff/account/second-step", "/staff/account/passkeys", "/staff/passkey", "/staff/oidc"]
                .into_iter()
                .any(within)
                // Of a form that only takes posts, opened: it leads to its page.
                || reads && within(SET_UP)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_sets_it_up_and_what_leaves_stays_open() {
        for (method, path) in [
            (Method::GET, "/staff/account"),
            (Method::POST, "/staff/account/second-step"),
            (Method::POST, "/staff/account/second-step/confirm"),
            (Method::POST, "/staff/account/passkeys/finish"),
            (Method::GET, "/staff/account/passkeys"),
            (Method::POST, "/staff/logout"),
            (Method::POST, "/staff/again"),
        ] {
            assert!(is_part_of_setting_up(&method, path), "{method} {path}");
        }
        for (method, path) in [
            (Method::GET, "/staff"),
            (Method::GET, "/staff/accounts"),
            (Method::POST, "/staff/account/name"),
            (Method::GET, "/staff/newsletters/7"),
            (Method::POST, "/staff/newsletters/7/approve"),
            (Method::POST, "/staff/settings"),
            (Method::GET, "/staff/subscribers"),
        ] {
            assert!(!is_part_of_setting_up(&method, path), "{method} {path}");
        }
    }
}
