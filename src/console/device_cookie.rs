//! Which browser has signed in to an account before: it has a pace of its own when attempts from elsewhere
//! slow everyone else down. The cookie opens nothing.

use axum::http::HeaderMap;

use crate::{
    app::App,
    http::cookies,
    secret::{KeyError, random_label},
};

const COOKIE: &str = "gazette_staff_device";

/// The device's name, where its cookie is for this account.
pub fn known(app: &App, headers: &HeaderMap, account: &str) -> Option<String> {
    let value = cookies::value(app, headers, COOKIE)?;
    let (device, proof) = value.split_once('.')?;
    cookies::proves(app, &parts(account, device), proof).then(|| device.to_owned())
}

/// The header that makes this browser a known one.
pub fn issue(app: &App, account: &str) -> Result<String, KeyError> {
    let device = random_label()?;
    let proof = cookies::proof(app, &parts(account, &device));
    let mut cookie = cookies::build(app, COOKIE, format!("{device}.{proof}"));
    cookie.set_max_age(time::Duration::days(400));
    Ok(cookie.to_string())
}

fn parts<'a>(account: &'a str, device: &'a str) -> [&'a [u8]; 3] {
    [b"device", account.as_bytes(), device.as_bytes()]
}
