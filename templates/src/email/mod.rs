//! The mails: the newsletter, and the transactional mail that concern one person.

mod confirmation;
pub mod newsletter;
pub mod staff;
pub(crate) mod words;

pub use confirmation::{ConfirmationMail, confirmation};
pub use newsletter::{LONGEST, Logo, NewsletterMail, Parts, newsletter, preheader};

/// What a mail that had to be cut says before the address of the whole release.
#[must_use]
pub fn read_full(language: &str) -> &'static str {
    words::FixedWords::of(language).read_full
}

#[cfg(test)]
mod tests;
