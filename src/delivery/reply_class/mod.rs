//! What an SMTP reply, or a bounce's diagnosis, means: **one table**, for replies at sending time
//! and for bounces that come back days later. Hard bounce, soft bounce, block, complaint: here.
//!
//! (stage, code, enhanced code, words, who says it) give a [`ReplyClass`] by the first row of the
//! table that fits; the class gives the [`ReplyAction`]. A row carries the source that it was
//! learned from, so that a wrong decision can be traced to a sentence that can be mended.
//!
//! Who sends asks so, with the reply in hand:
//!
//! ```
//! use gazette::delivery::reply_class::{ReplyAction, ReplyClass, Stage, Statement, classify};
//!
//! let verdict = classify(&Statement {
//!     stage: Stage::Recipient,
//!     code: Some(550),
//!     enhanced: Some((5, 2, 1)),
//!     words: "The user you are trying to contact is receiving mail at a rate that prevents delivery",
//!     by: "gmail-smtp-in.l.google.com",
//!     is_our_relay: false,
//! });
//! assert_eq!(verdict.class, ReplyClass::Rate);
//! assert_eq!(verdict.action, ReplyAction::Retry);
//! ```
//!
//! Order is everything. What is ours to mend (authentication, spam, blocks, rate) stands before what
//! is the reader's (no such user), because a block that says "mailbox unavailable" is common and a
//! suppression on a misread block loses a constituent. Words come before codes: half of all relays
//! say 5.7.1 or 5.0.0 for everything. A code that says one thing only stands between the words that
//! are plain and those that are vague.

mod codes;
mod hosts;
mod mailboxes;
mod matcher;
mod ours;
mod rows;
mod sending_account;
mod statement;
mod users;
mod whose_words;

pub use matcher::classify;
pub use rows::{ReplyAction, ReplyClass, Row, Strength};
pub use statement::{EnhancedCode, Stage, Statement, first_codes, stage_of};
pub use whose_words::{AboutReader, about_reader, blocks_us, says_it_passes};

#[cfg(test)]
mod tests;

/// What a statement was found to mean.
#[derive(Debug, Clone, Copy)]
pub struct ReplyVerdict {
    /// What is the matter.
    pub class: ReplyClass,
    /// What is to be done.
    pub action: ReplyAction,
    /// Whether the one who said it will never change its mind (5yz), as far as it says.
    pub permanent: Option<bool>,
    /// How sure the row is.
    pub strength: Strength,
    /// Where the row was learned.
    pub source: &'static str,
}
