//! Text with slots: written once, filled for every reader by copying.

use aws_lc_rs::digest;

use crate::subscribers::link::Marks;

// Slots are single control bytes in the template. Nothing from outside can put one there: header
// values are stripped of control characters (M6), and quoted-printable writes them as `=01`.

/// Where the reader's address goes.
pub(super) const ADDRESS: u8 = 1;
/// Where the Message-ID's local part goes.
pub(super) const MESSAGE_ID: u8 = 2;
/// Where the token goes.
pub(super) const TOKEN: u8 = 3;

/// Bytes with slots between them.
#[derive(Debug, Clone, Default)]
pub(super) struct Slotted {
    /// Everything between the slots, in one piece.
    bytes: Vec<u8>,
    /// Where in `bytes` which slot opens.
    slots: Vec<(usize, u8)>,
}

impl Slotted {
    pub(super) fn new(template: &[u8]) -> Self {
        let mut slotted = Self::default();
        for byte in template {
            match *byte {
                slot @ (ADDRESS | MESSAGE_ID | TOKEN) => {
                    slotted.slots.push((slotted.bytes.len(), slot));
                }
                byte => slotted.bytes.push(byte),
            }
        }
        slotted
    }

    /// Bytes when filled for an address of this length.
    pub(super) fn size(&self, address: usize) -> usize {
        let slots = self.slots.iter().map(|(_, slot)| match *slot {
            ADDRESS => address,
            MESSAGE_ID => crate::subscribers::link::SubscriberLink::MESSAGE_ID,
            _ => crate::subscribers::link::SubscriberLink::TOKEN,
        });
        self.bytes.len() + slots.sum::<usize>()
    }

    /// Hands every piece in order, slots filled, to `take`.
    pub(super) fn each(&self, address: &str, marks: &Marks, mut take: impl FnMut(&[u8])) {
        let mut from = 0;
        for (at, slot) in &self.slots {
            take(&self.bytes[from..*at]);
            take(filling(*slot, address, marks));
            from = *at;
        }
        take(&self.bytes[from..]);
    }

    /// The hash so far of what comes before the first slot; [`Self::finish`] goes on from it.
    pub(super) fn midstate(&self) -> digest::Context {
        let mut context = digest::Context::new(&digest::SHA256);
        context.update(&self.bytes[..self.first_slot()]);
        context
    }

    /// Goes on from [`Self::midstate`] with the slots filled.
    pub(super) fn finish(
        &self,
        midstate: &digest::Context,
        address: &str,
        marks: &Marks,
    ) -> digest::Context {
        let mut context = midstate.clone();
        let mut from = self.first_slot();
        for (at, slot) in &self.slots {
            context.update(&self.bytes[from..*at]);
            context.update(filling(*slot, address, marks));
            from = *at;
        }
        context.update(&self.bytes[from..]);
        context
    }

    fn first_slot(&self) -> usize {
        self.slots.first().map_or(self.bytes.len(), |(at, _)| *at)
    }
}

fn filling<'m>(slot: u8, address: &'m str, marks: &'m Marks) -> &'m [u8] {
    match slot {
        ADDRESS => address.as_bytes(),
        MESSAGE_ID => &marks.message_id,
        _ => &marks.token,
    }
}
