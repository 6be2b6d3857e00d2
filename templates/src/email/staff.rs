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
