//! The mail that lets someone into the console.

/// The text of an invitation. `link` works once; `console` is where to sign in afterwards.
#[must_use]
pub fn invitation(office: &str, link: &str, console: &str) -> String {
    format!(
        "You may sign in to the newsletter console of {office}.

Choose a password here. The link works once, within 24 hours:

{link}

Afterwards you sign in here:

{console}

If you do not know why you get this, ask the office, or ignore this mail.
"
    )
}
