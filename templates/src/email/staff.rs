//! The mails to staff: the one that lets someone into the console, and what waits for them there.

use super::{
    letter::{Letter, Sender, Step, letter},
    newsletter::Parts,
};

/// Who is let in, by whom and for what.
#[derive(Debug)]
pub struct Invitation<'a> {
    /// Who invited them; none: whoever runs the machine.
    pub by: Option<&'a str>,
    /// Their role.
    pub role: &'a str,
    /// What it lets them do.
    pub may: &'a str,
    /// Works once.
    pub link: &'a str,
    /// Where to sign in afterwards.
    pub console: &'a str,
}

/// The invitation.
#[must_use]
pub fn invitation(sender: Sender<'_>, invitation: &Invitation<'_>) -> Parts {
    let by = invitation
        .by
        .map_or_else(String::new, |by| format!("{by} invited you. "));
    let opening = [format!(
        "{by}You may sign in to the newsletter console of {} as {}: you can {}.",
        sender.office, invitation.role, invitation.may
    )];
    let closing = [
        "The link works once, within 24 hours.".to_owned(),
        format!("Afterwards you sign in here:\n{}", invitation.console),
        "If you do not know why you get this, ask the office, or ignore this mail.".to_owned(),
    ];
    letter(&Letter {
        language: "en",
        sender,
        title: "Your way into the newsletter console",
        opening: &opening,
        button: Step {
            label: "Choose a password",
            url: invitation.link,
        },
        closing: &closing,
        aside: None,
    })
}

/// A sign-in from a browser that is new to the account.
#[derive(Debug)]
pub struct NewSignIn<'a> {
    /// The subject line.
    pub subject: &'a str,
    /// When, as people write it.
    pub when: &'a str,
    /// `Firefox on Windows`
    pub browser: &'a str,
    /// Where from.
    pub network: &'a str,
    /// Where sessions are ended.
    pub page: &'a str,
}

/// See [`NewSignIn`].
#[must_use]
pub fn new_sign_in(sender: Sender<'_>, sign_in: &NewSignIn<'_>) -> Parts {
    let opening = [
        "Somebody signed in to your account with your password, from a browser that it did not know yet.".to_owned(),
        format!(
            "When: {}\nBrowser: {}\nNetwork: {}",
            sign_in.when, sign_in.browser, sign_in.network
        ),
        "If it was you, there is nothing to do. If it was not, end that session and change your password now.".to_owned(),
    ];
    letter(&Letter {
        language: "en",
        sender,
        title: sign_in.subject,
        opening: &opening,
        button: Step {
            label: "Look at your sessions",
            url: sign_in.page,
        },
        closing: &[],
        aside: None,
    })
}

/// Something staff should know, paragraph by paragraph, where to see to it, and where to choose what one
/// is told of.
#[must_use]
pub fn notice(
    sender: Sender<'_>,
    subject: &str,
    text: &str,
    step: Step<'_>,
    choose: Step<'_>,
) -> Parts {
    let opening: Vec<String> = text
        .split("\n\n")
        .map(|paragraph| paragraph.trim_end().to_owned())
        .filter(|paragraph| !paragraph.is_empty())
        .collect();
    letter(&Letter {
        language: "en",
        sender,
        title: subject,
        opening: &opening,
        button: step,
        closing: &[],
        aside: Some((
            "You get this because you work with the newsletters.",
            choose,
        )),
    })
}
