//! A message on its way from an SMTP session into the mailbox.

use tokio::sync::oneshot;

/// A message that came in.
#[derive(Debug)]
pub(super) struct Received {
    pub envelope_from: String,
    pub recipients: Vec<String>,
    pub message: Vec<u8>,
    /// Answered when it is stored; only then the sender is told so (RFC 5321 §6.1).
    pub stored: oneshot::Sender<bool>,
}

impl Received {
    /// What it takes: each recipient has a copy.
    pub fn octets(&self) -> usize {
        self.message.len() * self.recipients.len()
    }
}
