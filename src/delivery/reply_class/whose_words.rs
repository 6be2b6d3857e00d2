//! Whose words a reply holds, beside what they mean: text that a relay quotes from another host, or that
//! names the reader, is about the reader, though the same words of the relay itself would be about the
//! sender. What says that it passes by itself stands here, too.

/// Phrases in lower case, any of which is the sign, and where that was learned.
type Signs = (&'static [&'static str], &'static str);

/// Why the words of a reply are about its reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AboutReader {
    /// The reader's host said them, and the relay passes them on.
    Quoted,
    /// They name the reader, or what the reader or the reader's office chose.
    Named,
}

/// Before, and perhaps behind, what another host said.
const QUOTES: &[Signs] = &[
    (
        &["] said: ", "] refused to talk to me", "in reply to rcpt to"],
        "Postfix: reject_unverified_recipient passes on what the reader's host told the probe",
    ),
    (
        &[
            "callout verification failed",
            "recipient callout",
            "recipient verify callout",
            "response to \"rcpt to",
        ],
        "Exim: verify = recipient/callout",
    ),
    (&["remote host said:"], "qmail"),
    (&["while talking to "], "Sendmail"),
    (
        &["remote server returned", "remote server said"],
        "Exchange, Haraka: an answer from further on",
    ),
];

const NAMES: &[Signs] = &[
    (
        &[
            "by recipient",
            "by the recipient",
            "by this recipient",
            "the recipient has ",
            "the recipient does ",
            "the recipient is ",
            "recipient's ",
            "for this recipient",
            "this recipient does ",
            "this recipient has ",
            "this recipient is ",
            "recipient blacklisted",
            "recipsizelimit",
        ],
        "filters and rules of one reader: Postfix access maps by recipient, Exchange, Exim",
    ),
    (
        &[
            "user preference",
            "blocked by user",
            "rejected by user",
            "refused by user",
            "user has blocked",
            "user's preference",
        ],
        "a reader's own list of senders: cPanel, Zoho, Kerio, SpamAssassin's SQL preferences",
    ),
    (
        &["customer block list", "blocked senders", "the user's rules"],
        "lists of senders of the reader's office: Exchange Online 5.7.513, Mimecast",
    ),
    (
        &[
            "for this mailbox",
            "this mailbox ",
            "to this mailbox",
            "messages to this address",
            "incoming messages",
        ],
        "RFC 3463 §3.3: a limit of one mailbox",
    ),
];

/// What names the sender where another host is quoted about the sender's address.
const ABOUT_SENDER: &[Signs] = &[(
    &["sender address", "sender verif", "sender callout"],
    "Postfix reject_unverified_sender and Exim verify = sender/callout quote the sender's own host",
)];

/// A refusal to relay names a reader and means the sender.
const ABOUT_RELAYING: &[Signs] = &[(
    &["relay"],
    "Exchange 5.7.54, Postfix, Exim: `unable to relay for this recipient`",
)];

/// A refusal for now that is over by itself, as those who wrote it know.
const PASSING: &[Signs] = &[
    (
        &["temporar", "temperror", "timeout", "timed out"],
        "RFC 7208 §2.6.6 (temperror), Postfix, Exim, milters: a question to the DNS without answer",
    ),
    (
        &["does not resolve", "lookup failure", "lookup failed"],
        "Sendmail check_mail: what it says of a sender's domain while the DNS does not answer",
    ),
    (
        &["in progress", "could not complete", "unverified address"],
        "Postfix and Exim: the probe of an address is on its way",
    ),
    (
        &[
            "greylist",
            "graylist",
            "grey-list",
            "grey list",
            "come back",
        ],
        "policy services put greylisting into what Postfix rejects a sender's address with",
    ),
    (
        &["certificate", "tls"],
        "Postfix, Sendmail: the connection from the relay to the reader's host",
    ),
];

/// What tells that a block is one of us, where a reader is named in the command: the connection, the
/// network, the sender, or one of the lists of such.
const ABOUT_US: &[Signs] = &[
    (
        &[
            "client",
            "your ",
            "sender",
            "mail from",
            "network",
            "server",
            " ip ",
            " ip:",
            "[ip",
        ],
        "Postfix reject_rbl_client, Exim dnslists, Exchange: whom they block",
    ),
    (
        &[
            "spamhaus",
            "spamcop",
            "sorbs",
            "barracuda",
            "dnsbl",
            " rbl",
            "uceprotect",
            "listed ",
            "reputation",
            "open relay",
            "(s3140)",
            "(s3150)",
        ],
        "block lists by name",
    ),
];

/// Whether, and why, these words are about the reader. `None`: they are the relay's own.
#[must_use]
pub fn about_reader(words: &str) -> Option<AboutReader> {
    let words = words.to_ascii_lowercase();
    if has(QUOTES, &words) {
        (!has(ABOUT_SENDER, &words)).then_some(AboutReader::Quoted)
    } else if has(NAMES, &words) && !has(ABOUT_RELAYING, &words) {
        Some(AboutReader::Named)
    } else {
        None
    }
}

/// Whether they say that it will be over soon.
#[must_use]
pub fn says_it_passes(words: &str) -> bool {
    has(PASSING, &words.to_ascii_lowercase())
}

/// Whether a block that is said of a reader's command is one of the sender's host, network or address.
#[must_use]
pub fn blocks_us(words: &str) -> bool {
    has(ABOUT_US, &words.to_ascii_lowercase())
}

fn has(signs: &[Signs], words: &str) -> bool {
    let mut phrases = signs.iter().flat_map(|(phrases, _)| phrases.iter());
    phrases.any(|phrase| words.contains(phrase))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_quoted_or_names_the_reader_is_told_from_what_the_relay_says_itself() {
        use AboutReader::{Named, Quoted};
        for (words, expected) in [
            (
                "Callout verification failed: 550 relay not permitted",
                Some(Quoted),
            ),
            (
                "5.1.1 <ana@example.org>: Recipient address rejected: undeliverable address: host mx.example.org[192.0.2.1] said: 554 5.7.1 Relay access denied (in reply to RCPT TO command)",
                Some(Quoted),
            ),
            // The same about the sender's address.
            (
                "5.1.7 <news@example.gov>: Sender address rejected: undeliverable address: host mx.example.gov[192.0.2.1] said: 550 unknown",
                None,
            ),
            (
                "Callout verification failed: 550 unknown Sender verify failed",
                None,
            ),
            (
                "5.7.1 <ana@example.org>: Recipient address rejected: blocked by recipient",
                Some(Named),
            ),
            ("Sender blocked by user preference", Some(Named)),
            ("5.7.10 Encryption Needed for this recipient", Some(Named)),
            ("5.7.1 Unable to relay for this recipient", None),
            // Postfix puts these words before whatever a policy service says at RCPT.
            (
                "5.7.1 <ana@example.org>: Recipient address rejected: Message quota exceeded",
                None,
            ),
            ("5.7.1 Sender address rejected: not owned by user", None),
            (
                "5.1.90 you've reached your daily limit for message recipients",
                None,
            ),
        ] {
            assert_eq!(about_reader(words), expected, "{words}");
        }
    }

    #[test]
    fn every_sign_can_be_found_and_says_where_it_was_learned() {
        let tables = [
            QUOTES,
            NAMES,
            ABOUT_SENDER,
            ABOUT_RELAYING,
            PASSING,
            ABOUT_US,
        ];
        for (phrases, source) in tables.into_iter().flatten() {
            assert!(!source.is_empty() && !phrases.is_empty());
            for phrase in *phrases {
                assert_eq!(*phrase, phrase.to_ascii_lowercase());
            }
        }
    }
}
