//! Our SMTP client: pipelined, so that a message costs one round trip (RFC 2920).
//!
//! It sends in one write the body of a message, its closing dot, and MAIL, RCPT and DATA of the
//! next; the relay's four replies come back together. lettre's own transport waits five times per
//! message. Where a relay offers no PIPELINING, the client sends one command at a time.
//!
//! What it never does: hide a loss. A caller learns whether the connection broke before the final
//! dot (nothing was sent) or behind it (in doubt).
//!
//! `incoming_message` is for the other side: what serves SMTP or LMTP here.

mod capabilities;
mod classification;
mod client;
mod connection;
mod conversation;
mod dsn;
mod incoming_message;
mod reply;
mod timeouts;
mod tls;
mod wire;

pub use capabilities::Capabilities;
pub use classification::{
    Scope, Verdict, calls_unknown, class_on_record, classify, is_about_mailbox, standing,
    takes_nothing_now,
};
pub use client::{Client, ConnectError};
pub use connection::{Begun, Connection, Delivered, Envelope, Loss, Lost};
pub use conversation::{Conversation, SaidLine, Speaker};
pub use incoming_message::{path, read_message};
pub use reply::Reply;
pub use timeouts::Timeouts;
pub use tls::{ClientError, Security, check_trust};
