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
//! * [`files`]: mbox, Maildir, folders and single mails

pub mod files;

mod authentication_reports;
mod auto_reply;
mod bounce;
mod delivery_status;
mod feedback;
mod marks;
mod notice;
mod opened;
mod return_reader;
mod returned_addresses;
mod signs;

#[cfg(test)]
mod hostile_mail_tests;
#[cfg(test)]
mod return_fixture_tests;

pub use marks::ReturnMarks;
pub use return_reader::{LONGEST_MAIL_OCTETS, Reading, ReturnKind, ReturnedRecipient, read};
