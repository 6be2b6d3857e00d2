//! What a reply means for the message, the reader and the relay.

use super::Reply;

/// What became of one attempt, by the reply's first digit alone where the rest is unknown (RFC
/// 5321 §4.3.2; S1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
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
pub fn classify(reply: &Reply) -> (Verdict, Scope) {
    if reply.is_positive() {
        return (Verdict::Accepted, Scope::Recipient);
    }
    let words = reply.words.to_ascii_lowercase();
    let outcome = match reply.code {
        // S8: "too many recipients" is 452, whatever an old relay says.
        552 if words.contains("too many recipients") => Verdict::Deferred,
        500..600 => Verdict::Failed,
        _ => Verdict::Deferred,
    };
    let scope = match (reply.code, reply.enhanced) {
        // S8: the next reader's MAIL would meet the same, unless it was for SMTPUTF8 (M9).
        (500..=551 | 553.., enhanced)
            if reply.to_mail && !matches!(enhanced, Some((_, 6, 7 | 9) | (_, 2 | 3, 3 | 4))) =>
        {
            Scope::Sender
        }
        (421 | 454, _) | (_, Some((_, 3 | 4, _))) if outcome == Verdict::Deferred => Scope::Relay,
        // MAIL names no reader yet.
        _ if outcome == Verdict::Deferred && reply.to_mail => Scope::Relay,
        // 530: log in or use TLS first. Then the authentication of the sender: DKIM, SPF, PTR,
        // DMARC, TLS; Outlook's 5.7.515; and our own address (RFC 3463 §3.2).
        (530 | 535 | 538, _) | (_, Some((5, 7, 20..=32 | 40 | 515) | (5, 1, 7 | 8))) => {
            Scope::Sender
        }
        _ if outcome == Verdict::Failed && blocks_us(&words) => Scope::Sender,
        // One odd address stops nobody else's mail: not `501 5.1.3` for its syntax, and not 5.6.7
        // or 5.6.9 for what stands beyond ASCII in it (M9).
        (_, Some((_, 1, _) | (_, 2, 2) | (_, 6, 7 | 9))) => Scope::Recipient,
        (500..=504 | 552 | 555, _) | (_, Some((_, 5 | 6, _) | (_, 2 | 3, 3 | 4))) => Scope::Message,
        _ => Scope::Recipient,
    };
    (outcome, scope)
}

/// Whether a deferral says that the relay takes nothing now, whoever it is for: `452 4.3.1`, 421, or
/// any 4yz to MAIL. A `451 4.4.1` to RCPT is about one reader's host.
#[must_use]
pub fn takes_nothing_now(reply: &Reply) -> bool {
    classify(reply) == (Verdict::Deferred, Scope::Relay)
        && (reply.to_mail
            || matches!(reply.code, 421 | 454)
            || matches!(reply.enhanced, Some((_, 3, _))))
}

/// Whether a 5yz is about who we are and not about the reader: `5.7.1` alone says both.
fn blocks_us(words: &str) -> bool {
    [
        "spamhaus",
        "blocklist",
        "block list",
        "blacklist",
        "unsolicited",
    ]
    .iter()
    .any(|mark| words.contains(mark))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::smtp::reply::{read, scan};

    #[test]
    fn s1_p2_replies_mean_what_the_table_says() {
        use {Scope::*, Verdict::*};
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
            // M9: what our own client says for an address that the relay cannot take.
            ("553 5.6.7 not ASCII before the @", (Failed, Recipient)),
            (
                "501 5.1.3 Bad recipient address syntax",
                (Failed, Recipient),
            ),
            ("501 5.1.7 Bad sender address syntax", (Failed, Sender)),
            ("550 5.1.8 Sender address rejected", (Failed, Sender)),
            ("501 5.5.4 Syntax", (Failed, Message)),
            (
                "554 5.7.1 Client host blocked using zen.spamhaus.org",
                (Failed, Sender),
            ),
            (
                "550 5.7.1 not authorized for this list",
                (Failed, Recipient),
            ),
            ("452 4.5.3 too many recipients", (Deferred, Message)),
            ("451 4.3.0 try again", (Deferred, Relay)),
            ("354 go on", (Deferred, Recipient)),
        ] {
            let wire = format!("{line}\r\n");
            let reply = read(wire.as_bytes(), scan(wire.as_bytes()).unwrap().unwrap());
            assert_eq!(classify(&reply), expected, "{line}");
        }
    }

    #[test]
    fn s11_what_the_relay_says_of_itself_is_told_from_what_it_says_of_a_reader() {
        for (line, to_mail, expected) in [
            ("452 4.3.1 insufficient system storage", false, true),
            ("421 4.3.2 shutting down", false, true),
            ("450 4.7.1 not you, not now", true, true),
            ("450 4.7.1 greylisted", false, false),
            ("451 4.4.1 no answer from the reader's host", false, false),
            ("452 4.2.2 mailbox full", false, false),
            ("550 5.3.0 no", true, false),
            ("250 2.1.0 ok", true, false),
        ] {
            let wire = format!("{line}\r\n");
            let mut reply = read(wire.as_bytes(), scan(wire.as_bytes()).unwrap().unwrap());
            reply.to_mail = to_mail;
            assert_eq!(takes_nothing_now(&reply), expected, "{line}");
        }
    }
}
