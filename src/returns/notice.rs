//! Free-form bounces: whom a notice names as not reached, and the words that say why.
//!
//! No format is known by its product: every system writes the address near the reason, on a line of
//! its own, behind a label, or in a sentence. The shape of the line decides which address it is.

use std::borrow::Cow;

use super::returned_addresses;

/// An address that a notice names, and how plainly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Named {
    pub address: String,
    /// Where its line begins.
    pub line: usize,
    pub plainness: u8,
}

/// `<ana@example.org>:` or the address alone on its line.
pub(super) const ALONE: u8 = 10;
/// In the SMTP dialogue, or behind a label.
const LABELLED: u8 = 8;
/// In a sentence about a user.
const IN_A_SENTENCE: u8 = 5;
const MENTIONED: u8 = 2;

/// Addresses that are looked at.
const ADDRESSES: usize = 100;

const LABELS: [&str; 26] = [
    "rcpt to",
    "recipient",
    "final-recipient",
    "unknown user",
    "user unknown",
    "no such user",
    "unknown recipient",
    "unknown address",
    "unknown local",
    "undeliverable to",
    "unable to deliver",
    "could not be delivered to",
    "was not delivered to",
    "wasn't delivered to",
    "couldn't be delivered to",
    "delivery to",
    "deliver to",
    "deliver message to",
    "failed to",
    "addressed to",
    "destination",
    "destinat",
    "empfänger",
    "получател",
    "宛先",
    "收件人",
];

const SENTENCE: [&str; 12] = [
    "user",
    "mailbox",
    "account",
    "address",
    "to ",
    "for ",
    "benutzer",
    "adresse",
    "usuario",
    "utilisateur",
    "邮箱",
    "信箱",
];

/// Lines that speak of somebody else.
const NOT_THE_READER: [&str; 24] = [
    "postmaster@",
    "mailer-daemon@",
    "please contact",
    "contact your",
    "for assistance",
    "further assistance",
    "if you need help",
    "send mail to",
    "message-id",
    "message id",
    "in-reply-to",
    "reply-to",
    "from:",
    "sender:",
    "sent by",
    "mail from",
    "return-path",
    "absender",
    "forwarded by",
    "queue id",
    "administrator",
    "helpdesk",
    "support@",
    "abuse@",
];

/// All addresses, the plainest first; in one plainness in their order.
pub(super) fn named(notice: &str, is_ours: impl Fn(&str) -> bool) -> Vec<Named> {
    let mut found: Vec<Named> = Vec::new();
    let mut start = 0;
    for line in notice.split_inclusive('\n') {
        let here = start;
        start += line.len();
        if !line.contains('@') {
            continue;
        }
        let words = line.trim().to_lowercase();
        for (_, address) in returned_addresses::all_in(line).take(10) {
            if found.len() >= ADDRESSES {
                break;
            }
            let key = address.to_lowercase();
            if is_ours(&key) || is_daemon(&key) {
                continue;
            }
            let plainness = plainness(&words, &key);
            match found
                .iter_mut()
                .find(|named| named.address.eq_ignore_ascii_case(&address))
            {
                Some(named) if named.plainness >= plainness => {}
                Some(named) => (named.plainness, named.line) = (plainness, here),
                None => found.push(Named {
                    address,
                    line: here,
                    plainness,
                }),
            }
        }
    }
    found.sort_by_key(|named| std::cmp::Reverse(named.plainness));
    found
}

fn is_daemon(address: &str) -> bool {
    ["postmaster@", "mailer-daemon@", "mailerdaemon@", "abuse@"]
        .iter()
        .any(|daemon| address.starts_with(daemon))
}

fn plainness(line: &str, address: &str) -> u8 {
    // Alone, or beside itself as a name: `"ana@example.org" <ana@example.org>`.
    let beside = line.replace("smtp:", "").replace(address, "");
    let is_alone = beside
        .chars()
        .all(|c| c.is_whitespace() || "<>*-\"'()[]:;,.".contains(c));
    if is_alone
        || line.starts_with(&format!("<{address}>:"))
        || line.starts_with(&format!("<{address}>"))
    {
        return ALONE;
    }
    if NOT_THE_READER.iter().any(|words| line.contains(words)) {
        return 0;
    }
    let behind = line
        .strip_prefix(address)
        .or_else(|| line.strip_prefix('<')?.strip_prefix(address));
    if behind.is_some() || LABELS.iter().any(|label| line.contains(label)) {
        return LABELLED;
    }
    if SENTENCE.iter().any(|word| line.contains(word)) {
        return IN_A_SENTENCE;
    }
    MENTIONED
}

/// Octets behind an address that may say why.
const SECTION_OCTETS: usize = 3_000;

/// The words about one recipient: from the line that names it to the line that names the next one.
pub(super) fn section<'n>(notice: &'n str, of: &Named, all: &[Named]) -> &'n str {
    let next = all
        .iter()
        .filter(|other| other.line > of.line && other.plainness >= ALONE)
        .map(|other| other.line)
        .min()
        .unwrap_or(notice.len());
    let end = next.min(of.line + SECTION_OCTETS).max(of.line);
    super::opened::cut(&notice[of.line..], end - of.line)
}

/// Without what a transcript holds behind a refusal: what the sending system went on to say in spite
/// of it, that this came out of turn (503), and Sendmail's own summary, which calls every 550 of a
/// recipient "User unknown".
pub(super) fn without_consequences(section: &str) -> Cow<'_, str> {
    if !section.contains("<<< ") {
        return Cow::Borrowed(section);
    }
    let mut kept = String::with_capacity(section.len());
    let (mut refused, mut just_refused) = (false, false);
    for line in section.split_inclusive('\n') {
        let words = line.trim();
        let answer = words.strip_prefix("<<< ");
        let is_refusal = answer.is_some_and(|answer| answer.starts_with(['4', '5']));
        let out_of_turn = refused && answer.is_some_and(|answer| answer.starts_with("503"));
        let summary = just_refused && is_summary_of_sendmail(words);
        let ours = words.starts_with(">>> ");
        if !out_of_turn && !summary && !ours {
            kept.push_str(line);
        }
        refused |= is_refusal;
        just_refused = is_refusal;
    }
    Cow::Owned(kept)
}

/// `550 5.1.1 <ana@example.org>... User unknown`.
fn is_summary_of_sendmail(line: &str) -> bool {
    line.starts_with("550 5.1.1 ") && line.ends_with("... User unknown")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_refused_speaks_in_a_transcript() {
        let transcript = "<ana@example.org>\n    (reason: 550 not wanted)\n>>> DATA\n<<< 550 not wanted\n\
            550 5.1.1 <ana@example.org>... User unknown\n<<< 503 RCPT first\n";
        for transcript in [transcript.to_owned(), transcript.replace('\n', "\r\n")] {
            let said = without_consequences(&transcript);
            assert!(said.contains("<<< 550 not wanted"), "{said}");
            for echo in ["DATA", "User unknown", "503"] {
                assert!(!said.contains(echo), "{echo}: {said}");
            }
        }
        // The first refusal is one, whatever its number; and Sendmail's own refusal is no echo.
        for first in [
            "<<< 503 5.5.1 RCPT first",
            "<<< 250 OK\n550 5.1.1 <ana@example.org>... User unknown",
        ] {
            assert_eq!(without_consequences(first), first);
        }
    }
}
