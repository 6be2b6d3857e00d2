//! The mails: the newsletter, and the transactional mail that concern one person.

mod around_release;
mod changed;
mod changed_signs;
mod confirmation;
mod frame;
mod letter;
mod masthead_logo;
pub mod newsletter;
mod personal_link;
pub(crate) mod preview;
pub mod staff;
mod word_tables;
pub(crate) mod words;

pub use changed::{correction_subject, what_changed};
pub use confirmation::{ConfirmationMail, confirmation};
pub(crate) use frame::HIDDEN;
pub use letter::{Matter, Sender, Step};
pub use masthead_logo::Logo;
pub use newsletter::{LONGEST, NewsletterMail, Parts, newsletter};
pub use personal_link::{PersonalLinkMail, personal_link};
pub use preview::{PREVIEW, preview, preview_line};

/// The language of the words that a mail in this one has from us: the same, or English.
#[must_use]
pub fn spoken(language: &str) -> &'static str {
    words::FixedWords::of(language).language
}

/// What a mail that had to be cut says above the address of the whole release.
#[must_use]
pub fn ends_here(language: &str) -> &'static str {
    words::FixedWords::of(language).ends_here
}

#[cfg(test)]
mod odd_mail_tests;
#[cfg(test)]
mod tests;
