//! Mails with a link that somebody asked for: to manage a subscription, to confirm a new address.
//! One button, and nothing in them that whoever filled in the form could have written (O8).

use super::{
    letter::{Letter, Sender, Step, letter},
    newsletter::Parts,
};
use crate::pages::words::Words;

/// What the mail says.
#[derive(Debug)]
pub struct PersonalLinkMail<'a> {
    /// Who writes.
    pub sender: Sender<'a>,
    /// What it is about.
    pub title: &'a str,
    /// Who asked for what, as a sentence.
    pub asked: &'a str,
    /// Where the link leads.
    pub button: Step<'a>,
    /// Until when it works, as a person writes it.
    pub until: &'a str,
}

/// Both parts.
#[must_use]
pub fn personal_link(words: &Words, mail: &PersonalLinkMail<'_>) -> Parts {
    let closing = [words.mail_expires(mail.until), words.link_ignore.to_owned()];
    letter(&Letter {
        language: words.tag,
        sender: mail.sender,
        title: mail.title,
        opening: &[mail.asked.to_owned()],
        matters: &[],
        button: mail.button,
        closing: &closing,
        aside: None,
    })
}
