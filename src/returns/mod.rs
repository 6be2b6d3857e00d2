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
//!   (`report_file` unpacks them, `dmarc_report` and `tls_report` read them into a `sender_report`;
//!   `kept_reports` keeps and sums up)
//! * what a diagnosis means is decided by [`crate::delivery::reply_class`], as when we send
//! * `marks`: the ones of ours that a return carries; nothing is done without one that holds (B1)
//! * [`receive`] acts on a return, once; `soft_bounces` counts, `watch` stops a newsletter for complaints
//!   or faults of ours
//! * [`imap`] reads the mailbox that bounces go to ([`mailbox_setting`]: which; `oauth_token`); [`webhooks`] of sending
//!   services
//! * [`listener`] takes what a relay hands over, by LMTP or SMTP
//! * `return_proof`: whose mail it is; `reply_forwarding` passes people's replies on to the office
//! * `return_probe`: a mail to ourselves shows whether returns reach us; `return_channel`: how each way
//!   in stands
//! * `return_listing`: what staff see; `return_retention` forgets the raw mail
//! * [`files`]: mbox, Maildir, folders and single mails

pub mod files;
pub mod imap;
pub mod listener;
pub mod mailbox_setting;
pub mod webhooks;

mod authentication_reports;
mod auto_reply;
mod bounce;
mod delivery_status;
mod dmarc_report;
mod feedback;
mod kept_reports;
mod listener_session;
mod marks;
mod notice;
mod oauth_token;
mod opened;
mod receive;
mod reply_forwarding;
mod report_file;
mod return_channel;
mod return_error;
mod return_listing;
mod return_probe;
mod return_proof;
mod return_reader;
mod return_retention;
mod returned_addresses;
mod returned_mail;
mod sender_report;
mod signs;
mod soft_bounces;
mod tls_report;
mod watch;

#[cfg(test)]
mod hostile_mail_tests;
#[cfg(test)]
mod imap_tests;
#[cfg(test)]
mod receive_tests;
#[cfg(test)]
mod reply_tests;
#[cfg(test)]
mod return_fixture_tests;
#[cfg(test)]
mod sender_report_tests;

pub use kept_reports::{SenderSum, reported_senders};
pub use marks::ReturnMarks;
pub use receive::{Receipt, Return, act, file, receive, receive_all, receive_for, undo};
pub use return_channel::{Channel, channels};
pub use return_error::ReturnError;
pub use return_listing::{
    ComplaintRate, ReturnFilter, ReturnLine, ReturnPage, complaint_rates, count_set_aside, list,
    of_address, one, raw,
};
pub use return_probe::{Probe, latest_probe, probe_due, send_probe};
pub use return_reader::{LONGEST_MAIL_OCTETS, Reading, ReturnKind, ReturnedRecipient, read};
pub use return_retention::purge;
pub use returned_mail::{ReturnState, ReturnWay};
pub use sender_report::{ReportKind, ReportOutcome, ReportedSender, SenderReport};
