//! What a reply means for the message, the reader and the relay.

use super::Reply;

/// What became of one attempt, by the reply's first digit alone where the rest is unknown (RFC
/// 5321 §4.3.2; S1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The relay has taken responsibility.
    Accepted,
    /// Try again later.
    Deferred,
    /// Never try this again as it is.
    Failed,
}

/// Whose matter it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// This reader's address or mailbox.
    Recipient,
    /// The message itself: too large, malformed. Nobody will take it.
    Message,
    /// Our set-up: login, DKIM, SPF, DMARC, blocked. Going on would make it worse (P2).
    Sender,
    /// The relay as such: busy, closing.
    Relay,
}

/// Reads a reply to a message or its envelope.
#[must_use]
pub fn judge(reply: &Reply) -> (Outcome, Scope) {
    let outcome = match reply.code {
        200..400 => return (Outcome::Accepted, Scope::Recipient),
        // S8: "too many recipients" is 452, whatever an old relay says.
        552 if reply
            .words
            .to_ascii_lowercase()
            .contains("too many recipients") =>
        {
            Outcome::Deferred
        }
        400..500 => Outcome::Deferred,
        _ => Outcome::Failed,
    };
    let scope = match (reply.code, reply.enhanced) {
        (421 | 454, _) | (_, Some((_, 3 | 4, _))) if outcome == Outcome::Deferred => Scope::Relay,
        // 530: log in or use TLS first.
        (530 | 535 | 538, _) => Scope::Sender,
        // Authentication of the sender: DKIM, SPF, PTR, DMARC, TLS; Outlook's 5.7.515.
        (_, Some((5, 7, 20..=32 | 40 | 515))) => Scope::Sender,
        (552, Some((5, 2, 2))) => Scope::Recipient,
        (552, _) | (_, Some((_, 6, _) | (_, 2 | 3, 3 | 4))) => Scope::Message,
        (500..=504 | 555, _) | (_, Some((_, 5, _))) => Scope::Message,
        _ => Scope::Recipient,
    };
    (outcome, scope)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::smtp::reply::{read, scan};

    #[test]
    fn s1_p2_replies_mean_what_the_table_says() {
        use {Outcome::*, Scope::*};
        for (line, expected) in [
            ("250 2.0.0 Ok: queued as 12345", (Accepted, Recipient)),
            ("299 something new", (Accepted, Recipient)),
            ("450 4.2.1 greylisted", (Deferred, Recipient)),
            ("452 4.2.2 out of storage space", (Deferred, Recipient)),
            ("421 4.7.28 unusual rate", (Deferred, Relay)),
            ("499 something new", (Deferred, Recipient)),
            ("550 5.1.1 does not exist", (Failed, Recipient)),
            (
                "552 5.2.2 out of storage space and inactive",
                (Failed, Recipient),
            ),
            ("552 too many recipients", (Deferred, Message)),
            ("552 5.3.4 header size", (Failed, Message)),
            ("554 5.6.0 malformed", (Failed, Message)),
            ("550 5.7.26 unauthenticated", (Failed, Sender)),
            ("550 5.7.515 access denied", (Failed, Sender)),
            ("530 5.7.0 must issue STARTTLS", (Failed, Sender)),
            ("599 something new", (Failed, Recipient)),
        ] {
            let wire = format!("{line}\r\n");
            let reply = read(wire.as_bytes(), scan(wire.as_bytes()).unwrap().unwrap());
            assert_eq!(judge(&reply), expected, "{line}");
        }
    }
}
