//! Cookies of the console. Where the site is https their names begin with `__Host-`: a browser takes such a
//! one only over https, for this very host and all of its paths, so no neighbour under the same domain
//! can plant one.

use axum::http::{HeaderMap, header::COOKIE};
use data_encoding::HEXLOWER;
use subtle::ConstantTimeEq;
use tower_sessions::cookie::{Cookie, SameSite};

use crate::app::App;

/// The cookie's name on this site.
#[must_use]
pub fn name(app: &App, name: &str) -> String {
    if app.settings.public_url.is_https() {
        format!("__Host-{name}")
    } else {
        name.to_owned()
    }
}

/// The paths that it is sent to.
#[must_use]
pub fn path(app: &App) -> &'static str {
    if app.settings.public_url.is_https() {
        "/"
    } else {
        "/staff"
    }
}

/// What the browser sent under this name.
#[must_use]
pub fn value(app: &App, headers: &HeaderMap, wanted: &str) -> Option<String> {
    let wanted = name(app, wanted);
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| Cookie::split_parse(line.to_owned()))
        .filter_map(Result::ok)
        .find(|cookie| cookie.name() == wanted)
        .map(|cookie| cookie.value().to_owned())
}

/// What stands in a cookie beside what we say in it, and shows that we did.
#[must_use]
pub fn proof(app: &App, parts: &[&[u8]]) -> String {
    HEXLOWER.encode(&app.keys.mac(parts)[..20])
}

/// Whether it is the [`proof`] of these parts.
#[must_use]
pub fn proves(app: &App, parts: &[&[u8]], said: &str) -> bool {
    proof(app, parts).as_bytes().ct_eq(said.as_bytes()).into()
}

/// A cookie that scripts cannot read; it dies with the browser unless it is given an age.
#[must_use]
pub fn build(app: &App, cookie: &str, value: String) -> Cookie<'static> {
    Cookie::build((name(app, cookie), value))
        .path(path(app))
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(app.settings.public_url.is_https())
        .build()
}
