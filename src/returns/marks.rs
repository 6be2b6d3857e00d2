//! Our marks on a return: the return path it came to, the Message-ID and the link of the mail that
//! came back. Whoever forges a return has to forge one of these, and cannot (B1).

use super::opened::Opened;
use crate::{
    secret::Keys,
    subscribers::link::{SubscriberLink, UNSUBSCRIBE_PREFIX},
};

/// The marks that a return carries, not yet verified.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct ReturnMarks {
    /// Local parts of the shape of our return path: where the return was sent to first, then those in
    /// the returned headers.
    pub return_paths: Vec<String>,
    /// Local parts of the shape of our Message-ID: of the mail that came back, or of a webhook.
    pub message_ids: Vec<String>,
    /// The token of the address that unsubscribes by mail.
    pub unsubscribe_token: Option<String>,
    /// Tokens in the returned mail's List-Unsubscribe: what a redacted complaint leaves us.
    pub link_tokens: Vec<String>,
}

/// Marks of one kind that are kept: more is somebody trying.
const KEPT: usize = 8;

/// Headers that say where a return was sent to.
const ARRIVED_AT: [&str; 6] = [
    "delivered-to",
    "x-original-to",
    "envelope-to",
    "x-envelope-to",
    "to",
    "x-forwarded-to",
];

/// Headers of the returned mail that carry our return path.
const SENT_FROM: [&str; 5] = [
    "return-path",
    "errors-to",
    "x-envelope-from",
    "sender",
    "from",
];

impl ReturnMarks {
    pub(super) fn of(opened: &Opened) -> Self {
        let mut marks = Self::default();
        for name in ARRIVED_AT {
            for value in opened.headers.all(name) {
                marks.look_at_address(value, true);
            }
        }
        // RFC 3461 §4.4: what we gave the relay as the envelope's identifier (B3).
        let report = opened.delivery_status.as_deref().unwrap_or_default();
        for line in report.lines() {
            if let Some((name, id)) = line.split_once(':')
                && name.eq_ignore_ascii_case("original-envelope-id")
            {
                marks.look_at_address(&format!("{}@", id.trim()), false);
            }
        }
        for name in SENT_FROM {
            for value in opened.original.all(name) {
                marks.look_at_address(value, false);
            }
        }
        for name in ["message-id", "x-original-message-id"] {
            for value in opened.original.all(name) {
                marks.look_at_message_id(value);
            }
        }
        for value in opened.original.all("list-unsubscribe") {
            marks.look_at_links(value);
        }
        marks
    }

    /// An address that the envelope gave us, which no header may contradict.
    pub fn arrived_at(&mut self, recipient: &str) {
        let before = std::mem::take(&mut self.return_paths);
        self.look_at_address(recipient, true);
        self.return_paths.extend(before);
    }

    fn look_at_address(&mut self, value: &str, arrived: bool) {
        for local in local_parts(value) {
            if has_return_path_shape(&local) && self.return_paths.len() < KEPT {
                if !self.return_paths.contains(&local) {
                    self.return_paths.push(local);
                }
            } else if arrived
                && let Some(token) = local.strip_prefix(UNSUBSCRIBE_PREFIX)
                && is_token(token)
            {
                self.unsubscribe_token.get_or_insert(token.to_owned());
            }
        }
    }

    /// `<aaaa.bbbb@office.example>`
    pub(super) fn look_at_message_id(&mut self, value: &str) {
        for local in local_parts(value) {
            let shaped = local.len() == SubscriberLink::MESSAGE_ID
                && local.as_bytes().get(15) == Some(&b'.');
            if shaped && self.message_ids.len() < KEPT {
                self.message_ids.push(local);
            }
        }
    }

    fn look_at_links(&mut self, value: &str) {
        for piece in value.split(|c: char| !c.is_ascii_alphanumeric()) {
            let piece = piece.to_ascii_lowercase();
            if is_token(&piece)
                && self.link_tokens.len() < KEPT
                && !self.link_tokens.contains(&piece)
            {
                self.link_tokens.push(piece);
            }
        }
    }

    /// What those of them name that this key made: return paths before Message-IDs before tokens.
    pub(super) fn made_with<'a>(
        &'a self,
        keys: &'a Keys,
    ) -> impl Iterator<Item = SubscriberLink> + 'a {
        let paths = self
            .return_paths
            .iter()
            .filter_map(|local| SubscriberLink::from_return_path(keys, local));
        let ids = self
            .message_ids
            .iter()
            .filter_map(|local| SubscriberLink::from_message_id(keys, local));
        paths.chain(ids).chain(self.made_tokens(keys))
    }

    /// The same of tokens alone: a return path is known to every relay, a token to the reader.
    pub(super) fn made_tokens<'a>(
        &'a self,
        keys: &'a Keys,
    ) -> impl Iterator<Item = SubscriberLink> + 'a {
        self.unsubscribe_token
            .iter()
            .chain(&self.link_tokens)
            .filter_map(|token| SubscriberLink::from_token(keys, token))
    }

    /// The newsletter that the marks name, unverified: for showing only.
    pub(super) fn claimed(&self) -> Option<SubscriberLink> {
        let by_path = |local: &String| SubscriberLink::claimed_by_return_path(local);
        let by_token = |token: &String| SubscriberLink::claimed_by_token(token);
        self.return_paths
            .iter()
            .find_map(by_path)
            .or_else(|| self.unsubscribe_token.as_ref().and_then(by_token))
            .or_else(|| self.link_tokens.iter().find_map(by_token))
    }
}

fn local_parts(value: &str) -> impl Iterator<Item = String> {
    value.match_indices('@').take(50).filter_map(|(at, _)| {
        let before = &value[..at];
        let start = before
            .rfind(|c: char| !(c.is_ascii_alphanumeric() || "-+._=".contains(c)))
            .map_or(0, |edge| {
                edge + before[edge..].chars().next().map_or(1, char::len_utf8)
            });
        let local = &before[start..];
        (!local.is_empty() && local.len() <= 64).then(|| local.to_ascii_lowercase())
    })
}

fn has_return_path_shape(local: &str) -> bool {
    // Of a newsletter, of a transactional mail, of a mail to ourselves (`transactional::ReturnMark`).
    local.len() == SubscriberLink::RETURN_PATH
        && ["b-", "t-", "p-"]
            .iter()
            .any(|begin| local.starts_with(begin))
}

fn is_token(text: &str) -> bool {
    text.len() == SubscriberLink::TOKEN && text.bytes().all(|b| b.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use crate::returns::return_reader::read;

    #[test]
    fn b3_the_envelope_identifier_of_a_report_is_our_mark() {
        let mark = format!("b-{}", "a".repeat(super::SubscriberLink::RETURN_PATH - 2));
        let mail = format!(
            "From: postmaster@example.org\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n\
             --b\r\nContent-Type: message/delivery-status\r\n\r\n\
             Reporting-MTA: dns; mx.example.org\r\nOriginal-Envelope-Id: {mark}\r\n\r\n\
             Final-Recipient: rfc822; ana@example.org\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b--\r\n"
        );
        assert_eq!(read(mail.as_bytes()).marks.return_paths, [mark]);
    }
}
