//! Re-authentication: what sends mail, lets people in or changes the office asks for the password once more
//! where it was not typed within the last hours. A browser that stands open is then no way to do so.

use axum::http::Method;

use crate::clock::HOUR;

/// For so long a proof holds.
pub const PROOF_HOLDS_MS: i64 = 2 * HOUR;

/// Whether this asks for a proof. The pages do as well as their forms, so that nobody fills in a form
/// and is asked then.
pub fn is_needed(method: &Method, path: &str) -> bool {
    let path = path.strip_prefix("/staff/").unwrap_or_default();
    let mut parts = path.split('/');
    let (room, number, what) = (
        parts.next().unwrap_or_default(),
        parts.next(),
        parts.next().unwrap_or_default(),
    );
    let reads = matches!(*method, Method::GET | Method::HEAD);
    match (room, number) {
        ("newsletters", Some(_)) => {
            what == "review"
                || !reads
                    && matches!(
                        what,
                        "approve" | "schedule" | "send" | "resume" | "send-failed"
                    )
        }
        // A look at what is typed, in a frame, which could not ask.
        ("settings", Some("preview.html")) => false,
        ("people" | "settings", _) | ("returns", Some("setup")) => true,
        ("returns", Some("mailbox" | "test"))
        | ("subscribers", Some("erase" | "download" | "export"))
        | ("account", Some("second-step" | "name" | "passkeys")) => !reads,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_sends_invites_or_sets_asks_for_a_proof_and_reading_does_not() {
        for path in [
            "/staff/newsletters/7/review",
            "/staff/people",
            "/staff/settings",
        ] {
            assert!(is_needed(&Method::GET, path), "{path}");
        }
        for path in [
            "/staff/newsletters/7/approve",
            "/staff/newsletters/7/schedule",
            "/staff/newsletters/7/send",
            "/staff/people/1/disable",
            "/staff/settings/logo",
            "/staff/account/second-step/off",
            "/staff/account/passkeys",
            "/staff/account/passkeys/remove",
        ] {
            assert!(is_needed(&Method::POST, path), "{path}");
        }
        // What stops or only reads is never held up.
        for path in [
            "/staff/newsletters/7/undo",
            "/staff/newsletters/7/pause",
            "/staff/newsletters/7/cancel",
            "/staff/newsletters/7/edit",
            "/staff/settings/preview.html",
            "/staff/again",
            "/staff/logout",
        ] {
            assert!(!is_needed(&Method::POST, path), "{path}");
        }
        assert!(!is_needed(&Method::GET, "/staff/newsletters/7"));
    }
}
