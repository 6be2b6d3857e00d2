//! The return path of mail that is no newsletter: whose bounce it is, with a MAC (B1). Its number is
//! covered ([`Keys::cover`]): nobody learns from it how many mails were written.

use subtle::ConstantTimeEq;

use crate::secret::{BASE32, Keys};

/// What a return path of mail that is no newsletter stands for. Newsletters have their own, which
/// begin with `b-` and are as long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReturnMark {
    /// The transactional mail with this id: `t-…`.
    Mail(i64),
    /// The mail to ourselves with this number, which shows that returns reach us: `p-…`.
    Probe(i64),
}

/// Octets of the MAC in the address.
const MAC_OCTETS: usize = 10;

/// What the cover is for.
const COVER: &str = "return mark number";

impl ReturnMark {
    /// Characters of the local part.
    pub const LENGTH: usize = 34;

    /// The local part of the address: 34 characters that may be read in either case.
    #[must_use]
    pub fn local_part(self, keys: &Keys) -> String {
        let (letter, number) = match self {
            Self::Mail(id) => ("t", id),
            Self::Probe(number) => ("p", number),
        };
        let identity = identity(number);
        let mac = mac(keys, letter, &identity);
        format!(
            "{letter}-{}-{}",
            BASE32.encode(&keys.cover(COVER, identity, &mac)),
            BASE32.encode(&mac)
        )
    }

    /// Reads a local part; `None` for anything that this key did not make.
    #[must_use]
    pub fn from_local_part(keys: &Keys, local: &str) -> Option<Self> {
        let local = local.to_ascii_lowercase();
        let (letter, rest) = local.split_once('-')?;
        let (number, given) = rest.split_once('-')?;
        let numbers: [u8; 9] = BASE32.decode(number.as_bytes()).ok()?.try_into().ok()?;
        let given = BASE32.decode(given.as_bytes()).ok()?;
        let read = keys.each().find_map(|key| {
            // The second is how marks were made once.
            [key.cover(COVER, numbers, &given), numbers]
                .into_iter()
                .find(|read| bool::from(given.as_slice().ct_eq(&mac(&key, letter, read))))
        })?;
        let mut number = [0; 8];
        number.copy_from_slice(&read[1..]);
        let number = i64::from_be_bytes(number);
        match letter {
            "t" => Some(Self::Mail(number)),
            "p" => Some(Self::Probe(number)),
            _ => None,
        }
    }
}

/// Nine octets, which are fifteen characters without a rest.
fn identity(number: i64) -> [u8; 9] {
    let mut identity = [0; 9];
    identity[1..].copy_from_slice(&number.to_be_bytes());
    identity
}

fn mac(keys: &Keys, letter: &str, identity: &[u8]) -> [u8; MAC_OCTETS] {
    let whole = keys.mac(&[b"return mark", letter.as_bytes(), identity]);
    let mut mac = [0; MAC_OCTETS];
    mac.copy_from_slice(&whole[..MAC_OCTETS]);
    mac
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn b1_a_mark_leads_back_to_its_mail_in_either_case_and_to_no_other(id in 0..i64::MAX) {
            let keys = Keys::from_bytes(&[3; 32]);
            for mark in [ReturnMark::Mail(id), ReturnMark::Probe(id)] {
                let local = mark.local_part(&keys);
                prop_assert_eq!(local.len(), ReturnMark::LENGTH);
                prop_assert_eq!(ReturnMark::from_local_part(&keys, &local), Some(mark));
                prop_assert_eq!(ReturnMark::from_local_part(&keys, &local.to_uppercase()), Some(mark));
                // One kind does not pass for the other, nor for a newsletter's.
                for letter in ["t", "p", "b"] {
                    let other = format!("{letter}{}", &local[1..]);
                    let same = other == local;
                    prop_assert_eq!(ReturnMark::from_local_part(&keys, &other).is_some(), same);
                }
            }
        }

        #[test]
        fn any_text_is_no_mark(text in any::<String>()) {
            prop_assert_eq!(ReturnMark::from_local_part(&Keys::from_bytes(&[3; 32]), &text), None);
        }
    }

    #[test]
    fn marks_of_neighbours_have_nothing_in_common_and_plain_ones_are_understood() {
        let keys = Keys::from_bytes(&[3; 32]);
        let beginnings: std::collections::HashSet<String> = (1..=1_000)
            .map(|id| ReturnMark::Mail(id).local_part(&keys)[..12].to_owned())
            .collect();
        assert_eq!(beginnings.len(), 1_000);
        let identity = identity(42);
        let plain = format!(
            "t-{}-{}",
            BASE32.encode(&identity),
            BASE32.encode(&mac(&keys, "t", &identity))
        );
        let read = ReturnMark::from_local_part(&keys, &plain);
        assert_eq!(read, Some(ReturnMark::Mail(42)));
    }

    #[test]
    fn a_mark_of_before_a_rotation_is_understood() {
        let old = "03".repeat(32);
        let mark = ReturnMark::Mail(42);
        let mailed = mark.local_part(&Keys::from_hex(&old).unwrap());
        let keys = Keys::from_hex(&Keys::rotated(&old).unwrap()).unwrap();
        assert_ne!(mark.local_part(&keys), mailed);
        assert_eq!(ReturnMark::from_local_part(&keys, &mailed), Some(mark));
    }

    #[test]
    fn b1_flipping_any_character_makes_a_mark_worthless() {
        let keys = Keys::from_bytes(&[3; 32]);
        let local = ReturnMark::Mail(42).local_part(&keys);
        for at in 0..local.len() {
            let mut forged = local.clone().into_bytes();
            forged[at] = if forged[at] == b'b' { b'c' } else { b'b' };
            let forged = String::from_utf8(forged).unwrap();
            assert_eq!(ReturnMark::from_local_part(&keys, &forged), None, "{at}");
        }
    }
}
