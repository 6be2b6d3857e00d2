//! How long a form was looked at before it was sent (O7): a mark in the form says when it was shown,
//! signed, so that its age can be believed. No cookie, no script, nothing for a person to solve.

use data_encoding::HEXLOWER;
use subtle::ConstantTimeEq;

use crate::app::App;

/// A person needs longer than this to fill in the form.
const FASTEST_MS: i64 = 2_000;

/// Begins the mark of a form that was pressed before.
const AGAIN: &str = "again-";

/// The mark of a form that is shown now.
pub fn shown_now(app: &App) -> String {
    let now = app.clock.now_ms().to_string();
    let mac = mac(app, &now);
    format!("{now}.{}", HEXLOWER.encode(&mac))
}

/// The mark of a form that comes back with a mistake in it: the first one, so that whoever corrects a
/// letter in a second is not taken for a program.
pub fn shown_first(app: &App, shown: &str) -> String {
    if shown_at(app, shown).is_some() {
        shown.to_owned()
    } else {
        shown_now(app)
    }
}

/// The mark of a form that came back to be pressed once more: it is old enough at once.
pub fn shown_again(app: &App) -> String {
    let now = app.clock.now_ms().to_string();
    format!(
        "{AGAIN}{now}.{}",
        HEXLOWER.encode(&mac(app, &format!("{AGAIN}{now}")))
    )
}

/// Whether the form came back to be pressed once more, and not longer ago than a form stays open.
pub fn came_back(app: &App, shown: &str) -> bool {
    shown.starts_with(AGAIN) && shown_at(app, shown).is_some()
}

/// Whether a person can have filled in the form since. One without the mark comes from a program
/// that posts the fields by itself, which it may (the API does no other); one with a mark must be
/// old enough. Who is too fast is asked to press once more.
pub fn old_enough(app: &App, shown: &str) -> bool {
    if shown.is_empty() {
        return true;
    }
    let Some(at) = shown_at(app, shown) else {
        return false;
    };
    shown.starts_with(AGAIN) || app.clock.now_ms().saturating_sub(at) >= FASTEST_MS
}

/// When the form was shown; `None` for a mark that is not ours.
fn shown_at(app: &App, shown: &str) -> Option<i64> {
    let (at, given) = shown.split_once('.')?;
    let given = HEXLOWER.decode(given.as_bytes()).ok()?;
    let genuine = bool::from(given.as_slice().ct_eq(&mac(app, at)));
    let at = at.strip_prefix(AGAIN).unwrap_or(at);
    at.parse().ok().filter(|_| genuine)
}

fn mac(app: &App, at: &str) -> [u8; 16] {
    let mut short = [0; 16];
    short.copy_from_slice(&app.keys.mac(&[b"sign-up form", at.as_bytes()])[..16]);
    short
}
