//! Returns: what comes back. Bounces (DSN, and the free-form ones of older systems), delays,
//! complaints (ARF, feedback loops), vacation notices, unsubscribes by mail, replies, DMARC and TLS
//! reports, and the webhooks of sending services.
//!
//! ```text
//! mail ─read→ Reading {kind, recipient, class, action, why} ─verify MAC→ subscribers, newsletters
//! ```
//!
//! * [`read`] reads one mail: pure, without database or network, in time that grows with its length
//! * `opened` takes the mail apart; `delivery_status` reads RFC 3464; `notice` the free-form bounces;
//!   `feedback` complaints; `auto_reply` what a machine answers; `authentication_reports` DMARC and TLS
//! * what a diagnosis means is decided by [`crate::delivery::reply_class`], as when we send
//! * `marks`: the ones of ours that a return carries; nothing is done without one that holds (B1)
//! * [`receive`] acts on a return, once; `soft_bounces` counts, `watch` stops a newsletter for complaints
//!   or faults of ours
//! * [`imap`] reads the mailbox that bounces go to; [`webhooks`] of sending services
//! * [`files`]: mbox, Maildir, folders and single mails

pub mod files;
pub mod imap;
pub mod webhooks;

mod authentication_reports;
mod auto_reply;
mod bounce;
mod delivery_status;
mod feedback;
mod marks;
mod notice;
mod opened;
mod receive;
mod return_error;
mod return_reader;
mod returned_addresses;
mod returned_mail;
mod signs;
mod soft_bounces;
mod watch;

#[cfg(test)]
mod hostile_mail_tests;
#[cfg(test)]
mod receive_tests;
#[cfg(test)]
mod return_fixture_tests;

pub use marks::ReturnMarks;
pub use receive::{Receipt, Return, act, file, receive, undo};
pub use return_error::ReturnError;
pub use return_reader::{LONGEST_MAIL_OCTETS, Reading, ReturnKind, ReturnedRecipient, read};
pub use returned_mail::{ReturnState, ReturnWay};
