//! How much of this machine the built-in mailbox takes.

use std::time::Duration;

/// What whoever else is on this machine may take up.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Sessions at once: more than a worker opens to any relay.
    pub sessions: usize,
    /// How long a client may say nothing (RFC 5321 §4.5.3.2.7), and how long one message may take.
    pub silence: Duration,
    /// Commands, from one message to the next.
    pub commands: usize,
    /// The newest messages are kept, this many.
    pub kept: i64,
    /// And this many octets of them.
    pub kept_octets: i64,
    /// Octets that come in before what is too old goes.
    pub untidy_octets: usize,
}

/// Of the mailbox that a process opens.
pub const LIMITS: Limits = Limits {
    sessions: 600,
    silence: Duration::from_mins(5),
    commands: 1_000,
    kept: 5_000,
    kept_octets: 512 * 1024 * 1024,
    untidy_octets: 64 * 1024 * 1024,
};
