//! The mails: the newsletter, and the transactional mail that concern one person.

mod confirmation;
pub mod newsletter;
mod personal_link;
pub mod staff;
pub(crate) mod words;

pub use confirmation::{ConfirmationMail, confirmation};
pub use newsletter::{LONGEST, Logo, NewsletterMail, Parts, newsletter, preheader};
pub use personal_link::{PersonalLinkMail, personal_link};

/// What a mail that had to be cut says before the address of the whole release.
#[must_use]
pub fn read_full(language: &str) -> &'static str {
    words::FixedWords::of(language).read_full
}

#[cfg(test)]
mod tests;
