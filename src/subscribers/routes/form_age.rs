//! How long a form was looked at before it was sent (O7): a mark in the form says when it was shown,
//! signed, so that its age can be believed. No cookie, no script, nothing for a person to solve.

use data_encoding::HEXLOWER;
use subtle::ConstantTimeEq;

use crate::app::App;

/// A person needs longer than this to fill in the form.
const FASTEST_MS: i64 = 2_000;

/// The mark of a form that is shown now.
pub fn shown_now(app: &App) -> String {
    let now = app.clock.now_ms().to_string();
    let mac = mac(app, &now);
    format!("{now}.{}", HEXLOWER.encode(&mac))
}

/// Whether a person can have filled in the form since. One without the mark comes from a program
/// that posts the fields by itself, which it may (the API does no other); one with a mark must be
/// old enough.
pub fn old_enough(app: &App, shown: &str) -> bool {
    if shown.is_empty() {
        return true;
    }
    let Some((at, given)) = shown.split_once('.') else {
        return false;
    };
    let genuine = HEXLOWER
        .decode(given.as_bytes())
        .is_ok_and(|given| bool::from(given.as_slice().ct_eq(&mac(app, at))));
    genuine
        && at
            .parse::<i64>()
            .is_ok_and(|at| app.clock.now_ms().saturating_sub(at) >= FASTEST_MS)
}

fn mac(app: &App, at: &str) -> [u8; 16] {
    let mut short = [0; 16];
    short.copy_from_slice(&app.keys.mac(&[b"sign-up form", at.as_bytes()])[..16]);
    short
}
