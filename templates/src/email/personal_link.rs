//! Mails with a link that somebody asked for: to manage a subscription, to confirm a new address.
//! Plain text, and nothing in them that whoever filled in the form could have written (O8).

use crate::pages::words::Words;

/// The text part of a mail with one link.
#[derive(Debug)]
pub struct PersonalLinkMail<'a> {
    /// Who asked for what, as a sentence.
    pub asked: &'a str,
    /// Where it leads.
    pub url: &'a str,
    /// What to do where it was somebody else.
    pub ignore: &'a str,
    /// How long the link works.
    pub hours: i64,
    /// Who writes.
    pub office: &'a str,
    /// The office's postal address.
    pub postal_address: &'a str,
}

/// The text part.
#[must_use]
pub fn personal_link(words: &Words, mail: &PersonalLinkMail<'_>) -> String {
    let expires = words.mail_expires(mail.hours);
    format!(
        "{}\n\n{}\n\n{expires}\n\n{}\n\n-- \n{}\n{}\n",
        mail.asked, mail.url, mail.ignore, mail.office, mail.postal_address
    )
}
