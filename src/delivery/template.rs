//! Text with placeholders: written once, filled for every reader by copying.

use aws_lc_rs::digest;

use crate::subscribers::link::Placeholders;

// Placeholders are single control bytes in the template. Nothing from outside can put one there: header
// values are stripped of control characters (M6), and quoted-printable writes them as `=01`.

/// Where the reader's address goes.
pub(super) const ADDRESS: u8 = 1;
/// Where the Message-ID's local part goes.
pub(super) const MESSAGE_ID: u8 = 2;
/// Where the token goes.
pub(super) const TOKEN: u8 = 3;

/// Bytes with placeholders between them.
#[derive(Debug, Clone, Default)]
pub(super) struct Template {
    /// Everything between the placeholders, in one piece.
    bytes: Vec<u8>,
    /// Where in `bytes` which placeholder opens.
    placeholders: Vec<(usize, u8)>,
}

impl Template {
    pub(super) fn new(text: &[u8]) -> Self {
        let mut template = Self::default();
        for byte in text {
            match *byte {
                placeholder @ (ADDRESS | MESSAGE_ID | TOKEN) => {
                    template
                        .placeholders
                        .push((template.bytes.len(), placeholder));
                }
                byte => template.bytes.push(byte),
            }
        }
        template
    }

    /// Bytes when filled for an address of this length.
    pub(super) fn size(&self, address: usize) -> usize {
        let placeholders = self
            .placeholders
            .iter()
            .map(|(_, placeholder)| match *placeholder {
                ADDRESS => address,
                MESSAGE_ID => crate::subscribers::link::SubscriberLink::MESSAGE_ID,
                _ => crate::subscribers::link::SubscriberLink::TOKEN,
            });
        self.bytes.len() + placeholders.sum::<usize>()
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
            take(filling(*placeholder, address, placeholders));
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
            context.update(filling(*placeholder, address, placeholders));
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

fn filling<'m>(placeholder: u8, address: &'m str, placeholders: &'m Placeholders) -> &'m [u8] {
    match placeholder {
        ADDRESS => address.as_bytes(),
        MESSAGE_ID => &placeholders.message_id,
        _ => &placeholders.token,
    }
}
