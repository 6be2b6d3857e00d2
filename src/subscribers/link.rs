//! What ties a mail to its reader: the token in its links, its Message-ID and its return path.
//!
//! All three come from one MAC over (newsletter, subscriber), so nothing is stored per message,
//! they are the same on every attempt, and a link works for as long as the key lives (H7).
//!
//! They travel far: into histories, proxies, other people's bounces and forwarded mails. Their numbers are
//! covered ([`Keys::cover`]), so that nobody learns from them how long the list is. What was mailed
//! before, with plain numbers, is understood as it was.

use subtle::ConstantTimeEq;

use crate::secret::{BASE32, Keys};

/// What stands before the token in the address that unsubscribes by mail: `unsub+TOKEN@…` (H9).
pub const UNSUBSCRIBE_PREFIX: &str = "unsub+";

/// Which mail to which subscriber. Newsletter 0 stands for mail that is not a newsletter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SubscriberLink {
    /// `subscriber.id`
    pub subscriber: i64,
    /// `newsletter.id`
    pub newsletter: i64,
}

impl Placeholders {
    /// The same for a mail that refers to what this reader got of another newsletter.
    #[must_use]
    pub fn answering(self, original: SubscriberLink, keys: &Keys) -> Self {
        Self {
            original: original.placeholders(keys).message_id,
            ..self
        }
    }
}

/// What stands in the placeholders of one message, ready to be copied there.
#[derive(Debug, Clone, Copy)]
pub struct Placeholders {
    /// The token in `/u/{token}` and `/p/{token}`: 128 bits of MAC (H3).
    pub token: [u8; SubscriberLink::TOKEN],
    /// The numbers, covered, and 48 bits of MAC: the part of the Message-ID before the @ (P14).
    pub message_id: [u8; SubscriberLink::MESSAGE_ID],
    /// The same of the newsletter that this one corrects ([`Placeholders::answering`]); else this one's.
    pub original: [u8; SubscriberLink::MESSAGE_ID],
    /// The return path's local part, readable in either case (B1).
    pub return_path: [u8; SubscriberLink::RETURN_PATH],
}

impl SubscriberLink {
    /// Characters of the token.
    pub const TOKEN: usize = 40;
    /// Stands in a prepared mail where the token will stand: as long as a token, safe in a URL, and
    /// made of digits that no token has ([`crate::secret::Token::SLOT`] is another).
    pub const SLOT: &str = "9810981098109810981098109810981098109810";
    /// Characters of the Message-ID's local part.
    pub const MESSAGE_ID: usize = 26;
    /// Characters of the return path's local part.
    pub const RETURN_PATH: usize = 34;
    /// 4 bytes of newsletter, 5 of subscriber.
    const IDENTITY: usize = 9;

    /// What fills the placeholders of this message. No allocation.
    #[must_use]
    pub fn placeholders(self, keys: &Keys) -> Placeholders {
        let identity = self.identity();
        let mac = keys.mac(&[b"subscriber link", &identity]);
        let mut placeholders = Placeholders {
            token: [0; Self::TOKEN],
            message_id: [b'.'; Self::MESSAGE_ID],
            original: [b'.'; Self::MESSAGE_ID],
            return_path: [b'-'; Self::RETURN_PATH],
        };
        let (to_token, rest) = mac.split_at(16);
        let (to_message_id, to_return_path) = rest.split_at(6);
        let mut token = [0; 25];
        token[..9].copy_from_slice(&keys.cover(IN_TOKEN, identity, to_token));
        token[9..].copy_from_slice(to_token);
        BASE32.encode_mut(&token, &mut placeholders.token);
        // A second attempt, and a mail that refers to the first, say what the first one said.
        let named = if keys.named_plainly(self.newsletter) {
            identity
        } else {
            keys.cover(IN_MESSAGE_ID, identity, to_message_id)
        };
        BASE32.encode_mut(&named, &mut placeholders.message_id[..15]);
        BASE32.encode_mut(to_message_id, &mut placeholders.message_id[16..]);
        placeholders.original = placeholders.message_id;
        placeholders.return_path[0] = b'b';
        let numbers = keys.cover(IN_RETURN_PATH, identity, to_return_path);
        BASE32.encode_mut(&numbers, &mut placeholders.return_path[2..17]);
        BASE32.encode_mut(to_return_path, &mut placeholders.return_path[18..]);
        placeholders
    }

    /// The token as text, for a page or a mail that is made one at a time.
    #[must_use]
    pub fn token(self, keys: &Keys) -> String {
        String::from_utf8_lossy(&self.placeholders(keys).token).into_owned()
    }

    /// Reads a token from a link; `None` for anything that this key did not make.
    #[must_use]
    pub fn from_token(keys: &Keys, text: &str) -> Option<Self> {
        let text = text.trim_end_matches('/');
        let bytes = (text.len() == Self::TOKEN)
            .then(|| BASE32.decode(text.as_bytes()).ok())
            .flatten()?;
        let (numbers, mac) = bytes.split_first_chunk()?;
        Self::uncovered(keys, IN_TOKEN, *numbers, mac, 0)
    }

    /// Reads a return path's local part; `None` for anything that this key did not make (B1).
    #[must_use]
    pub fn from_return_path(keys: &Keys, local: &str) -> Option<Self> {
        let local = local.to_ascii_lowercase();
        let (numbers, mac) = local.strip_prefix("b-")?.split_once('-')?;
        let (numbers, mac) = decoded::<10>(numbers, mac)?;
        Self::uncovered(keys, IN_RETURN_PATH, numbers, &mac, 22)
    }

    /// Reads a Message-ID's local part; `None` for anything that this key did not make.
    #[must_use]
    pub fn from_message_id(keys: &Keys, local: &str) -> Option<Self> {
        let local = local.to_ascii_lowercase();
        let (numbers, mac) = local.split_once('.')?;
        let (numbers, mac) = decoded::<6>(numbers, mac)?;
        Self::uncovered(keys, IN_MESSAGE_ID, numbers, &mac, 16)
    }

    /// Which message the numbers and their MAC, which stands in the whole MAC from octet `at` on, belong to.
    fn uncovered(
        keys: &Keys,
        mark: &str,
        numbers: [u8; Self::IDENTITY],
        given: &[u8],
        at: usize,
    ) -> Option<Self> {
        let read = |key: Keys| {
            // The second is how all marks were made once.
            [key.cover(mark, numbers, given), numbers]
                .into_iter()
                .find(|identity| {
                    let mac = key.mac(&[b"subscriber link", identity]);
                    bool::from(given.ct_eq(&mac[at..at + given.len()]))
                })
        };
        Self::from_identity(&keys.each().find_map(read)?)
    }

    /// What a return path of the old kind says, without looking whether it was forged: for showing only. A
    /// newer one says nothing without the key.
    #[must_use]
    pub fn claimed_by_return_path(local: &str) -> Option<Self> {
        let local = local.to_ascii_lowercase();
        let (numbers, _) = local.strip_prefix("b-")?.split_once('-')?;
        Self::claimed(&BASE32.decode(numbers.as_bytes()).ok()?)
    }

    /// The same of a token.
    #[must_use]
    pub fn claimed_by_token(token: &str) -> Option<Self> {
        let bytes = BASE32.decode(token.to_ascii_lowercase().as_bytes()).ok()?;
        Self::claimed(bytes.get(..Self::IDENTITY)?)
    }

    /// Numbers that are covered would be too high for any office: subscribers are counted from one, press
    /// contacts from 2^39.
    fn claimed(numbers: &[u8]) -> Option<Self> {
        let link = Self::from_identity(numbers)?;
        let counted = link.subscriber & !(1 << 39);
        (link.newsletter < 1 << 20 && counted < 1 << 30).then_some(link)
    }

    fn identity(self) -> [u8; Self::IDENTITY] {
        let mut identity = [0; Self::IDENTITY];
        identity[..4].copy_from_slice(&self.newsletter.to_be_bytes()[4..]);
        identity[4..].copy_from_slice(&self.subscriber.to_be_bytes()[3..]);
        identity
    }

    fn from_identity(identity: &[u8]) -> Option<Self> {
        let identity: &[u8; Self::IDENTITY] = identity.try_into().ok()?;
        let number = |bytes: &[u8]| {
            bytes
                .iter()
                .fold(0, |sum, byte| sum << 8 | i64::from(*byte))
        };
        Some(Self {
            newsletter: number(&identity[..4]),
            subscriber: number(&identity[4..]),
        })
    }
}

/// What a cover is for ([`Keys::cover`]): one mark says nothing about another.
const IN_TOKEN: &str = "subscriber token";
const IN_MESSAGE_ID: &str = "message id";
const IN_RETURN_PATH: &str = "return path";

/// The numbers of a mark and its MAC of `M` octets.
fn decoded<const M: usize>(
    numbers: &str,
    mac: &str,
) -> Option<([u8; SubscriberLink::IDENTITY], [u8; M])> {
    let numbers = BASE32.decode(numbers.as_bytes()).ok()?;
    let mac = BASE32.decode(mac.as_bytes()).ok()?;
    Some((numbers.try_into().ok()?, mac.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const KEY: [u8; 32] = [3; 32];

    #[test]
    fn h3_flipping_any_character_makes_a_token_worthless() {
        let keys = Keys::from_bytes(&KEY);
        let link = SubscriberLink {
            subscriber: 42,
            newsletter: 7,
        };
        let token = link.token(&keys);
        assert_eq!(SubscriberLink::from_token(&keys, &token), Some(link));
        for at in 0..token.len() {
            let mut forged = token.clone().into_bytes();
            forged[at] = if forged[at] == b'a' { b'b' } else { b'a' };
            let forged = String::from_utf8(forged).unwrap();
            assert_eq!(SubscriberLink::from_token(&keys, &forged), None, "{at}");
        }
    }

    /// Token, Message-ID and return path as they were made before their numbers were covered.
    fn plain(link: SubscriberLink, keys: &Keys) -> [String; 3] {
        let identity = link.identity();
        let mac = keys.mac(&[b"subscriber link", &identity]);
        let numbers = BASE32.encode(&identity);
        [
            BASE32.encode(&[&identity[..], &mac[..16]].concat()),
            format!("{numbers}.{}", BASE32.encode(&mac[16..22])),
            format!("b-{numbers}-{}", BASE32.encode(&mac[22..])),
        ]
    }

    /// Reads each of the three.
    const READERS: [fn(&Keys, &str) -> Option<SubscriberLink>; 3] = [
        SubscriberLink::from_token,
        SubscriberLink::from_message_id,
        SubscriberLink::from_return_path,
    ];

    /// All three as they are made now.
    fn covered(link: SubscriberLink, keys: &Keys) -> [String; 3] {
        let made = link.placeholders(keys);
        [&made.token[..], &made.message_id, &made.return_path]
            .map(|mark| String::from_utf8(mark.to_vec()).unwrap())
    }

    const LINK: SubscriberLink = SubscriberLink {
        subscriber: 42,
        newsletter: 7,
    };

    #[test]
    fn h7_marks_of_before_their_numbers_were_covered_are_understood_and_cannot_be_forged() {
        let keys = Keys::from_bytes(&KEY);
        let other = Keys::from_bytes(&[4; 32]);
        let old = plain(LINK, &keys);
        assert_eq!(SubscriberLink::claimed_by_token(&old[0]), Some(LINK));
        assert_eq!(SubscriberLink::claimed_by_return_path(&old[2]), Some(LINK));
        for (mark, read) in old.iter().zip(READERS) {
            assert!(mark.contains("aaaaab"), "{mark}");
            assert_eq!(read(&keys, mark), Some(LINK));
            assert_eq!(read(&keys, &mark.to_uppercase()), Some(LINK));
            assert_eq!(read(&other, mark), None);
        }
        for (mark, read) in old
            .into_iter()
            .chain(covered(LINK, &keys))
            .zip(READERS.into_iter().cycle())
        {
            for at in 0..mark.len() {
                let mut forged = mark.clone().into_bytes();
                forged[at] = if forged[at] == b'a' { b'c' } else { b'a' };
                let forged = String::from_utf8(forged).unwrap();
                assert_eq!(read(&keys, &forged), None, "{mark} {at}");
            }
        }
    }

    #[test]
    fn marks_of_neighbours_have_nothing_in_common() {
        let keys = Keys::from_bytes(&KEY);
        for (mark, numbers) in [(0, 0..12), (1, 0..12), (2, 2..14)] {
            let beginnings: std::collections::HashSet<String> = (1..=1_000)
                .map(|subscriber| {
                    let link = SubscriberLink { subscriber, ..LINK };
                    covered(link, &keys)[mark][numbers.clone()].to_owned()
                })
                .collect();
            // Plain, all of these would be one.
            assert_eq!(beginnings.len(), 1_000);
            let claims = (1..=1_000).filter(|subscriber| {
                let link = SubscriberLink {
                    subscriber: *subscriber,
                    ..LINK
                };
                let [token, _, path] = covered(link, &keys);
                SubscriberLink::claimed_by_token(&token).is_some()
                    || SubscriberLink::claimed_by_return_path(&path).is_some()
            });
            assert_eq!(claims.count(), 0);
        }
    }

    #[test]
    fn p14_a_newsletter_of_before_keeps_the_message_ids_that_it_went_out_with() {
        let keys = Keys::from_bytes(&KEY).naming_plainly_to(LINK.newsletter);
        let [_, message_id, return_path] = covered(LINK, &keys);
        assert_eq!(message_id, plain(LINK, &keys)[1]);
        assert_ne!(return_path, plain(LINK, &keys)[2]);
        let next = SubscriberLink {
            newsletter: 8,
            ..LINK
        };
        let [_, message_id, _] = covered(next, &keys);
        assert_ne!(message_id, plain(next, &keys)[1]);
        let refers = next.placeholders(&keys).answering(LINK, &keys).original;
        assert_eq!(refers, plain(LINK, &keys)[1].as_bytes());
    }

    #[test]
    fn h7_links_and_return_paths_of_before_a_rotation_go_on_working() {
        let old = "03".repeat(32);
        let link = SubscriberLink {
            subscriber: 42,
            newsletter: 7,
        };
        let mailed = link.placeholders(&Keys::from_hex(&old).unwrap());
        let rotated = Keys::rotated(&old).unwrap();
        let keys = Keys::from_hex(&rotated).unwrap();
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        assert_eq!(
            SubscriberLink::from_token(&keys, &text(&mailed.token)),
            Some(link)
        );
        let path = text(&mailed.return_path);
        assert_eq!(SubscriberLink::from_return_path(&keys, &path), Some(link));
        assert_ne!(link.token(&keys), text(&mailed.token));
        assert_eq!(
            SubscriberLink::from_token(&keys, &link.token(&keys)),
            Some(link)
        );
    }

    #[test]
    fn the_slot_is_as_long_as_a_token_and_is_none() {
        let keys = Keys::from_bytes(&KEY);
        assert_eq!(SubscriberLink::SLOT.len(), SubscriberLink::TOKEN);
        assert_eq!(
            SubscriberLink::from_token(&keys, SubscriberLink::SLOT),
            None
        );
        assert!(!SubscriberLink::SLOT.contains(crate::secret::Token::SLOT));
    }

    proptest! {
        #[test]
        fn every_mark_leads_back_to_its_message_in_either_case(subscriber in 0i64..1 << 40, newsletter in 0i64..1 << 32) {
            let keys = Keys::from_bytes(&KEY);
            let link = SubscriberLink { subscriber, newsletter };
            let placeholders = link.placeholders(&keys);
            let token = std::str::from_utf8(&placeholders.token).unwrap();
            let return_path = std::str::from_utf8(&placeholders.return_path).unwrap();
            prop_assert_eq!(SubscriberLink::from_token(&keys, token), Some(link));
            prop_assert_eq!(SubscriberLink::from_token(&keys, &token.to_uppercase()), Some(link));
            prop_assert_eq!(SubscriberLink::from_return_path(&keys, return_path), Some(link));
            prop_assert_eq!(SubscriberLink::from_return_path(&keys, &return_path.to_uppercase()), Some(link));
            let message_id = std::str::from_utf8(&placeholders.message_id).unwrap();
            prop_assert_eq!(SubscriberLink::from_message_id(&keys, message_id), Some(link));
            prop_assert!(return_path.len() <= 64 && message_id.len() <= 64);
        }

        #[test]
        fn any_text_at_all_is_safe(text in any::<String>()) {
            let keys = Keys::from_bytes(&KEY);
            prop_assert_eq!(SubscriberLink::from_token(&keys, &text), None);
            prop_assert_eq!(SubscriberLink::from_return_path(&keys, &text), None);
            prop_assert_eq!(SubscriberLink::from_message_id(&keys, &text), None);
        }
    }
}
