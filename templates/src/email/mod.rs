//! The mails: the newsletter, and the one-off mails that concern one person.

mod confirmation;
pub mod newsletter;
pub mod staff;
pub(crate) mod words;

pub use confirmation::{ConfirmationMail, confirmation};
pub use newsletter::{LONGEST, NewsletterMail, Parts, Seal, newsletter, preheader};

#[cfg(test)]
mod tests;
