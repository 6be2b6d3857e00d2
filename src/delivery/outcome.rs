//! What became of a message that was offered to a relay, as the recorder stores it.

use crate::delivery_state::Tls;

/// Which message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageKey {
    /// One newsletter to one subscriber.
    Delivery {
        /// `newsletter.id`
        newsletter: i64,
        /// Its topic: the reader must still want it.
        topic: i64,
        /// `subscriber.id`
        subscriber: i64,
    },
    /// A transactional mail.
    TransactionalMail(i64),
}

/// One attempt to deliver a message, and what became of it.
#[derive(Debug)]
pub struct Attempt {
    /// Which.
    pub key: MessageKey,
    /// The relay that it was offered to.
    pub relay: i16,
    /// How it travelled there.
    pub tls: Tls,
    /// What became of it.
    pub outcome: Outcome,
    /// Whether the relay may have taken it in spite of that: its end had left, and no reply came.
    pub in_doubt: bool,
}

/// What became of a message that was offered to a relay.
#[derive(Debug)]
pub enum Outcome {
    /// The relay took it.
    Accepted,
    /// To be tried again at this time, with the relay's code and words.
    Deferred(i64, u16, String),
    /// Ended, with the relay's code and words.
    Failed(u16, String),
}

/// What a sender hands over at once: its last message, the one behind it where that was refused, and
/// what it would like to send.
#[derive(Debug, Default)]
pub struct Request {
    pub attempts: [Option<Attempt>; 2],
    pub ask: Option<MessageKey>,
}
