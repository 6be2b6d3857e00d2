//! The mails: the newsletter, and the one-off mails that concern one person.

pub mod newsletter;
mod words;

pub use newsletter::{NewsletterMail, Parts, newsletter};

#[cfg(test)]
mod tests;
