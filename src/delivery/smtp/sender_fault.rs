//! What a relay says when it is the sending account that it refuses, whoever the reader is. Said by
//! our own relay these words are plain; in a bounce that comes from elsewhere the same may mean the
//! reader's host, so they do not stand in the table of [`reply_class`](crate::delivery::reply_class).

use super::Reply;

/// What about the sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SenderFault {
    /// What it may send in an hour or a day is used up.
    Quota,
    /// It is not verified, not allowed, suspended.
    NotAllowed,
}

/// One row: words in lower case, and the page or document that they were learned from.
struct Row {
    fault: SenderFault,
    words: &'static [&'static str],
    #[cfg_attr(not(test), expect(dead_code, reason = "for whoever mends a row"))]
    source: &'static str,
}

const ROWS: &[Row] = &[
    Row {
        fault: SenderFault::Quota,
        words: &[
            "daily user sending limit",
            "daily user sending quota",
            "daily smtp relay sending limit",
            "daily smtp relay limit",
        ],
        source: "Google Workspace: SMTP error reference, 5.4.5",
    },
    Row {
        fault: SenderFault::Quota,
        words: &["daily message quota exceeded", "daily sending quota"],
        source: "Amazon SES: SMTP response codes, 454 Throttling failure",
    },
    Row {
        fault: SenderFault::Quota,
        words: &[
            "daily limit for message recipients",
            "reached your daily limit",
            "exceeded the daily",
            "exceeded your daily",
        ],
        source: "Exchange Online: NDR 5.1.90",
    },
    Row {
        fault: SenderFault::Quota,
        words: &[
            "daily sending limit",
            "daily limit exceeded",
            "daily quota exceeded",
            "daily message limit",
            "hourly sending limit",
            "hourly limit exceeded",
            "hourly quota exceeded",
            "hourly message limit",
            "monthly sending limit",
            "sending limit exceeded",
            "sending limit reached",
            "sending quota exceeded",
            "exceeded your sending limit",
            "exceeded your sending quota",
            "messages per day limit",
            "emails per hour",
        ],
        source: "shared hosts and sending services: cPanel and Exim, Zoho, Brevo, Mailgun, SendGrid, OVH, IONOS",
    },
    Row {
        fault: SenderFault::NotAllowed,
        words: &[
            "email address is not verified",
            "identities failed the check",
            "sender is not verified",
            "sender identity",
            "domain is not verified",
            "from address is not verified",
        ],
        source: "Amazon SES: Email address is not verified; SendGrid: sender identity; Mailgun",
    },
    Row {
        fault: SenderFault::NotAllowed,
        words: &[
            "relay access denied",
            "relaying denied",
            "relaying not allowed",
            "relay not permitted",
            "unable to relay",
            "not permitted to relay",
            "relaying is prohibited",
            "we do not relay",
            "relaying prohibited",
        ],
        source: "Postfix, Sendmail, Exchange 5.7.54, Exim: relaying refused",
    },
    Row {
        fault: SenderFault::NotAllowed,
        words: &[
            "sending suspended",
            "sending paused",
            "sending is paused",
            "sending has been suspended",
            "sending disabled",
            "not authorized to send mail",
            "not authorized to send from",
            "sender account",
            "your account has been suspended",
            "your account is suspended",
            "your account has been disabled",
            "your account is disabled",
        ],
        source: "Amazon SES: account paused; hosts: suspended accounts",
    },
];

/// Whether a refusal speaks of the sending account.
pub(super) fn sender_fault(reply: &Reply) -> Option<SenderFault> {
    if !reply.is_refusal() {
        return None;
    }
    // Google's own code for it, in whatever words.
    if matches!(reply.enhanced, Some((_, 4, 5))) {
        return Some(SenderFault::Quota);
    }
    // Exchange's own codes: not authenticated, and no permission to send as this sender.
    if matches!(reply.enhanced, Some((5, 7, 57 | 60))) {
        return Some(SenderFault::NotAllowed);
    }
    let words = reply.words.to_ascii_lowercase();
    let says = |row: &&Row| row.words.iter().any(|phrase| words.contains(phrase));
    ROWS.iter().find(says).map(|row| row.fault)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_says_where_it_was_learned_and_can_be_found() {
        for row in ROWS {
            assert!(!row.source.is_empty());
            for phrase in row.words {
                assert_eq!(*phrase, phrase.to_ascii_lowercase());
            }
        }
    }
}
