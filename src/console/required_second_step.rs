//! Where the office demands it, everybody has a second step: an app's code, a passkey, or the office's own
//! provider, which asks for it itself. Who has none is led to set one up and can do nothing else.

use axum::http::Method;

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

/// Whether the office demands a second step and this person has none.
///
/// # Errors
/// The database failed.
pub async fn is_missing(app: &App, account: &Account) -> Result<bool, Failure> {
    // Most have one, and nothing is asked then. Who has no password signs in at the provider only.
    if account.second_factor || (account.by_provider && !account.has_password()) {
        return Ok(false);
    }
    let demanded = office_setting::one(app.db.pool(), SETTING).await?;
    if demanded.as_deref() != Some("true") {
        return Ok(false);
    }
    Ok(!passkey::has_one(app, account).await?)
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
