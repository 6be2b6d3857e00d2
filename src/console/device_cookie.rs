//! Which browser has signed in to an account before: it has a pace of its own when attempts from elsewhere
//! slow everyone else down. The cookie opens nothing.

use axum::http::HeaderMap;
use data_encoding::HEXLOWER;
use subtle::ConstantTimeEq;

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
    let right = proof_of(app, account, device);
    bool::from(right.as_bytes().ct_eq(proof.as_bytes())).then(|| device.to_owned())
}

/// The header that makes this browser a known one.
pub fn issue(app: &App, account: &str) -> Result<String, KeyError> {
    let device = random_label()?;
    let proof = proof_of(app, account, &device);
    let mut cookie = cookies::build(app, COOKIE, format!("{device}.{proof}"));
    cookie.set_max_age(time::Duration::days(400));
    Ok(cookie.to_string())
}

fn proof_of(app: &App, account: &str, device: &str) -> String {
    let parts: [&[u8]; 3] = [b"device", account.as_bytes(), device.as_bytes()];
    HEXLOWER.encode(&app.keys.mac(&parts)[..20])
}
