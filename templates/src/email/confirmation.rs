//! The confirmation mail: one button, no pictures, no marketing, and nothing that whoever filled in
//! the form could have written (O8).

use super::{
    letter::{Letter, Sender, Step, letter},
    newsletter::Parts,
};
use crate::pages::words::Words;

/// What the mail says.
#[derive(Debug)]
pub struct ConfirmationMail<'a> {
    /// Who would write.
    pub sender: Sender<'a>,
    /// When it was asked for, as a person writes it.
    pub when: &'a str,
    /// The page where it was asked for.
    pub page: &'a str,
    /// The landing page.
    pub confirm_url: &'a str,
    /// The page that blocks the address.
    pub never_url: &'a str,
    /// Until when the link works, as a person writes it.
    pub until: &'a str,
}

/// The subject and both parts.
#[must_use]
pub fn confirmation(words: &Words, mail: &ConfirmationMail<'_>) -> (String, Parts) {
    let office = mail.sender.office;
    let asked = words.mail_asked(office, mail.when, mail.page);
    let expires = words.mail_expires(mail.until);
    let opening = [asked, words.mail_confirm.to_owned()];
    let closing = [expires, words.consent(office), words.mail_ignore.to_owned()];
    let parts = letter(&Letter {
        language: words.tag,
        sender: mail.sender,
        title: words.mail_subject,
        opening: &opening,
        matters: &[],
        button: Step {
            label: words.confirm_title,
            url: mail.confirm_url,
        },
        closing: &closing,
        aside: Some((
            words.never_title,
            Step {
                label: words.never_button,
                url: mail.never_url,
            },
        )),
    });
    (format!("{} – {office}", words.mail_subject), parts)
}
