//! Text with placeholders: written once, filled for every reader by copying.

use aws_lc_rs::digest;

use crate::subscribers::link::{Placeholders, SubscriberLink};

// Placeholders are control bytes in the template. Nothing from outside can put one there: header
// values are stripped of control characters (M6), quoted-printable writes them as `=01`, and base64 has
// letters only.

/// Where the reader's address goes.
pub(super) const ADDRESS: u8 = 1;
/// Where the Message-ID's local part goes.
pub(super) const MESSAGE_ID: u8 = 2;
/// Where the token goes.
pub(super) const TOKEN: u8 = 3;
/// Where the token goes in base64; an [`EncodedToken`] follows.
const ENCODED_TOKEN: u8 = 4;
/// Where the local part of the Message-ID goes that the reader's copy of the corrected newsletter had.
pub(super) const ORIGINAL: u8 = 5;

/// Octets that share their letters with a token in base64: two in all, before or behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct EncodedToken {
    shared: [u8; 2],
    /// How many of them stand before the token.
    before: usize,
}

impl EncodedToken {
    /// Octets that are encoded together, and the letters that they become.
    const OCTETS: usize = SubscriberLink::TOKEN + 2;
    const LETTERS: usize = Self::OCTETS / 3 * 4;
    /// The mark: its byte, how many stand before, and both in hexadecimal.
    const MARK: usize = 6;

    /// `before` and `after` have two octets together; a missing one is a space, which ends a text as
    /// well.
    pub(super) fn new(before: &[u8], after: &[u8]) -> Self {
        let mut shared = [b' '; 2];
        for (place, octet) in shared.iter_mut().zip(before.iter().chain(after)) {
            *place = *octet;
        }
        Self {
            shared,
            before: before.len(),
        }
    }

    /// Appends what [`Template::new`] reads.
    pub(super) fn mark(self, out: &mut Vec<u8>) {
        out.push(ENCODED_TOKEN);
        out.push(b'0' + u8::try_from(self.before).unwrap_or_default());
        out.extend_from_slice(data_encoding::HEXLOWER.encode(&self.shared).as_bytes());
    }

    fn read(mark: &[u8]) -> Option<Self> {
        let (before, shared) = mark.get(1..Self::MARK)?.split_first()?;
        let shared = data_encoding::HEXLOWER.decode(shared).ok()?;
        Some(Self {
            shared: shared.try_into().ok()?,
            before: usize::from(before.checked_sub(b'0')?).min(2),
        })
    }

    /// The letters for this token. Nothing is allocated.
    fn letters(self, token: &[u8; SubscriberLink::TOKEN]) -> [u8; Self::LETTERS] {
        let mut octets = [0; Self::OCTETS];
        let (before, after) = self.shared.split_at(self.before);
        octets[..self.before].copy_from_slice(before);
        octets[self.before..self.before + token.len()].copy_from_slice(token);
        octets[self.before + token.len()..].copy_from_slice(after);
        let mut letters = [0; Self::LETTERS];
        data_encoding::BASE64.encode_mut(&octets, &mut letters);
        letters
    }
}

/// What one placeholder is filled with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Placeholder {
    Address,
    MessageId,
    Original,
    Token,
    EncodedToken(EncodedToken),
}

impl Placeholder {
    /// The placeholder that begins here, and how long its mark is.
    fn read(text: &[u8]) -> Option<(Self, usize)> {
        Some(match *text.first()? {
            ADDRESS => (Self::Address, 1),
            MESSAGE_ID => (Self::MessageId, 1),
            ORIGINAL => (Self::Original, 1),
            TOKEN => (Self::Token, 1),
            ENCODED_TOKEN => (
                Self::EncodedToken(EncodedToken::read(text)?),
                EncodedToken::MARK,
            ),
            _ => return None,
        })
    }

    /// Bytes when filled for an address of this length.
    fn size(self, address: usize) -> usize {
        match self {
            Self::Address => address,
            Self::MessageId | Self::Original => SubscriberLink::MESSAGE_ID,
            Self::Token => SubscriberLink::TOKEN,
            Self::EncodedToken(_) => EncodedToken::LETTERS,
        }
    }

    fn fill(self, address: &str, placeholders: &Placeholders, take: &mut impl FnMut(&[u8])) {
        match self {
            Self::Address => take(address.as_bytes()),
            Self::MessageId => take(&placeholders.message_id),
            Self::Original => take(&placeholders.original),
            Self::Token => take(&placeholders.token),
            Self::EncodedToken(encoded) => take(&encoded.letters(&placeholders.token)),
        }
    }
}

/// Bytes with placeholders between them.
#[derive(Debug, Clone, Default)]
pub(super) struct Template {
    /// Everything between the placeholders, in one piece.
    bytes: Vec<u8>,
    /// Where in `bytes` which placeholder opens.
    placeholders: Vec<(usize, Placeholder)>,
}

impl Template {
    pub(super) fn new(text: &[u8]) -> Self {
        let mut template = Self::default();
        let mut at = 0;
        while let Some(byte) = text.get(at) {
            let read = (*byte <= ORIGINAL)
                .then(|| Placeholder::read(&text[at..]))
                .flatten();
            if let Some((placeholder, mark)) = read {
                template
                    .placeholders
                    .push((template.bytes.len(), placeholder));
                at += mark;
            } else {
                template.bytes.push(*byte);
                at += 1;
            }
        }
        template
    }

    /// Bytes when filled for an address of this length.
    pub(super) fn size(&self, address: usize) -> usize {
        let placeholders = self.placeholders.iter();
        let filled = placeholders.map(|(_, placeholder)| placeholder.size(address));
        self.bytes.len() + filled.sum::<usize>()
    }

    /// Hands every piece in order, placeholders filled, to `take`.
    pub(super) fn each(
        &self,
        address: &str,
        placeholders: &Placeholders,
        mut take: impl FnMut(&[u8]),
    ) {
        let mut from = 0;
        for (at, placeholder) in &self.placeholders {
            take(&self.bytes[from..*at]);
            placeholder.fill(address, placeholders, &mut take);
            from = *at;
        }
        take(&self.bytes[from..]);
    }

    /// The hash so far of what comes before the first placeholder; [`Self::finish`] goes on from it.
    pub(super) fn midstate(&self) -> digest::Context {
        let mut context = digest::Context::new(&digest::SHA256);
        context.update(&self.bytes[..self.first_slot()]);
        context
    }

    /// Goes on from [`Self::midstate`] with the placeholders filled.
    pub(super) fn finish(
        &self,
        midstate: &digest::Context,
        address: &str,
        placeholders: &Placeholders,
    ) -> digest::Context {
        let mut context = midstate.clone();
        let mut from = self.first_slot();
        for (at, placeholder) in &self.placeholders {
            context.update(&self.bytes[from..*at]);
            placeholder.fill(address, placeholders, &mut |piece| context.update(piece));
            from = *at;
        }
        context.update(&self.bytes[from..]);
        context
    }

    fn first_slot(&self) -> usize {
        self.placeholders
            .first()
            .map_or(self.bytes.len(), |(at, _)| *at)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A text filled for this address, its token all `t`.
    pub(in crate::delivery) fn filled(text: &[u8], address: &str) -> Vec<u8> {
        let placeholders = Placeholders {
            token: [b't'; SubscriberLink::TOKEN],
            message_id: [b'm'; SubscriberLink::MESSAGE_ID],
            original: [b'o'; SubscriberLink::MESSAGE_ID],
            return_path: [b'r'; SubscriberLink::RETURN_PATH],
        };
        let template = Template::new(text);
        let mut out = Vec::new();
        template.each(address, &placeholders, |piece| out.extend_from_slice(piece));
        assert_eq!(template.size(address.len()), out.len());
        out
    }

    #[test]
    fn every_placeholder_is_filled_and_a_broken_mark_is_left_alone() {
        let mut text = b"<\x01> \x02 \x05 \x03 ".to_vec();
        EncodedToken::new(b"/", b"\r").mark(&mut text);
        let out = String::from_utf8(filled(&text, "a@b.example")).unwrap();
        let token = data_encoding::BASE64.encode(format!("/{}\r", "t".repeat(40)).as_bytes());
        let (m, o, t) = ("m".repeat(26), "o".repeat(26), "t".repeat(40));
        assert_eq!(out, format!("<a@b.example> {m} {o} {t} {token}"));
        assert_eq!(filled(b"\x04zz", "a@b.example"), b"\x04zz");
    }
}
