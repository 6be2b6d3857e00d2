//! The confirmation mail: plain text, no pictures, no marketing, and nothing that whoever filled in
//! the form could have written (O8).

use crate::pages::words::{Words, with_office};

/// What the mail says.
#[derive(Debug)]
pub struct ConfirmationMail<'a> {
    /// Who would write.
    pub office: &'a str,
    /// The office's postal address.
    pub postal_address: &'a str,
    /// When it was asked for, as a person reads it.
    pub when: &'a str,
    /// The page where it was asked for.
    pub page: &'a str,
    /// The landing page.
    pub confirm_url: &'a str,
    /// The page that blocks the address.
    pub never_url: &'a str,
    /// How long the link works.
    pub hours: u32,
}

/// The subject and the text part.
#[must_use]
pub fn confirmation(words: &Words, mail: &ConfirmationMail<'_>) -> (String, String) {
    let asked = with_office(words.mail_asked, mail.office)
        .replace("{when}", mail.when)
        .replace("{page}", mail.page);
    let expires = words
        .mail_expires
        .replace("{hours}", &mail.hours.to_string());
    let consent = with_office(words.consent, mail.office);
    let text = format!(
        "{asked}\n\n{}\n\n{}\n\n{expires}\n\n{consent}\n\n{}\n\n{}\n\n{}\n\n-- \n{}\n{}\n",
        words.mail_confirm,
        mail.confirm_url,
        words.mail_ignore,
        words.mail_never,
        mail.never_url,
        mail.office,
        mail.postal_address
    );
    (format!("{} – {}", words.mail_subject, mail.office), text)
}
