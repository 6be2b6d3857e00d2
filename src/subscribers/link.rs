//! What ties a mail to its reader: the token in its links, its Message-ID and its return path.
//!
//! All three come from one MAC over (newsletter, subscriber), so nothing is stored per message,
//! they are the same on every attempt, and a link works for as long as the key lives (H7).
//!
//! A token travels far: into histories, proxies and forwarded mails. Its numbers are covered with a
//! keystream that its MAC picks (as SIV does, RFC 5297), so that nobody learns from it how long the list
//! is. Tokens that were mailed before, with plain numbers, go on working.

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
    /// `{newsletter.subscriber}` and 48 bits of MAC: the part of the Message-ID before the @ (P14).
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
        let mut token = [0; 25];
        token[..9].copy_from_slice(&covered(keys, identity, &mac[..16]));
        token[9..].copy_from_slice(&mac[..16]);
        BASE32.encode_mut(&token, &mut placeholders.token);
        BASE32.encode_mut(&identity, &mut placeholders.message_id[..15]);
        BASE32.encode_mut(&mac[16..22], &mut placeholders.message_id[16..]);
        placeholders.original = placeholders.message_id;
        placeholders.return_path[0] = b'b';
        BASE32.encode_mut(&identity, &mut placeholders.return_path[2..17]);
        BASE32.encode_mut(&mac[22..32], &mut placeholders.return_path[18..]);
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
        let (first, given) = bytes.split_first_chunk::<{ Self::IDENTITY }>()?;
        let read = |key: Keys| {
            // The second is how tokens were made once.
            [covered(&key, *first, given), *first]
                .into_iter()
                .find(|identity| {
                    let mac = key.mac(&[b"subscriber link", identity]);
                    bool::from(given.ct_eq(&mac[..16]))
                })
        };
        Self::from_identity(&keys.each().find_map(read)?)
    }

    /// Reads a return path's local part; `None` for anything that this key did not make (B1).
    #[must_use]
    pub fn from_return_path(keys: &Keys, local: &str) -> Option<Self> {
        let local = local.to_ascii_lowercase();
        let (identity, mac) = local.strip_prefix("b-")?.split_once('-')?;
        let identity = BASE32.decode(identity.as_bytes()).ok()?;
        let given = BASE32.decode(mac.as_bytes()).ok()?;
        let link = Self::from_identity(&identity)?;
        let made_by = |key: Keys| {
            let expected = key.mac(&[b"subscriber link", &identity]);
            bool::from(given.as_slice().ct_eq(&expected[22..32]))
        };
        keys.each().any(made_by).then_some(link)
    }

    /// Reads a Message-ID's local part; `None` for anything that this key did not make.
    #[must_use]
    pub fn from_message_id(keys: &Keys, local: &str) -> Option<Self> {
        let local = local.to_ascii_lowercase();
        let (identity, mac) = local.split_once('.')?;
        let identity = BASE32.decode(identity.as_bytes()).ok()?;
        let given = BASE32.decode(mac.as_bytes()).ok()?;
        let link = Self::from_identity(&identity)?;
        let made_by = |key: Keys| {
            let expected = key.mac(&[b"subscriber link", &identity]);
            bool::from(given.as_slice().ct_eq(&expected[16..22]))
        };
        keys.each().any(made_by).then_some(link)
    }

    /// What a return path says, without looking whether it was forged: for showing only.
    #[must_use]
    pub fn claimed_by_return_path(local: &str) -> Option<Self> {
        let local = local.to_ascii_lowercase();
        let (identity, _) = local.strip_prefix("b-")?.split_once('-')?;
        Self::from_identity(&BASE32.decode(identity.as_bytes()).ok()?)
    }

    /// What a token of the old kind says, without looking whether it was forged: for showing only. A newer
    /// one says nothing without the key, and its numbers would be too high for any office.
    #[must_use]
    pub fn claimed_by_token(token: &str) -> Option<Self> {
        let bytes = BASE32.decode(token.to_ascii_lowercase().as_bytes()).ok()?;
        let link = Self::from_identity(bytes.get(..Self::IDENTITY)?)?;
        (link.newsletter < 1 << 20).then_some(link)
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

/// Covers a token's numbers, or uncovers them: once again is as before.
fn covered(
    keys: &Keys,
    mut identity: [u8; SubscriberLink::IDENTITY],
    mac: &[u8],
) -> [u8; SubscriberLink::IDENTITY] {
    let stream = keys.mac(&[b"subscriber token", mac]);
    for (byte, cover) in identity.iter_mut().zip(stream) {
        *byte ^= cover;
    }
    identity
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

    /// As tokens were made before their numbers were covered.
    fn plain_token(link: SubscriberLink, keys: &Keys) -> String {
        let identity = link.identity();
        let mac = keys.mac(&[b"subscriber link", &identity]);
        BASE32.encode(&[&identity[..], &mac[..16]].concat())
    }

    #[test]
    fn h7_a_token_of_before_its_numbers_were_covered_goes_on_working() {
        let keys = Keys::from_bytes(&KEY);
        let link = SubscriberLink {
            subscriber: 42,
            newsletter: 7,
        };
        let old = plain_token(link, &keys);
        assert!(old.starts_with("aaaaab"), "{old}");
        assert_eq!(SubscriberLink::from_token(&keys, &old), Some(link));
        assert_eq!(
            SubscriberLink::from_token(&keys, &old.to_uppercase()),
            Some(link)
        );
        assert_eq!(SubscriberLink::claimed_by_token(&old), Some(link));
        let other = Keys::from_bytes(&[4; 32]);
        assert_eq!(SubscriberLink::from_token(&other, &old), None);
        for at in 0..old.len() {
            let mut forged = old.clone().into_bytes();
            forged[at] = if forged[at] == b'a' { b'b' } else { b'a' };
            let forged = String::from_utf8(forged).unwrap();
            assert_eq!(SubscriberLink::from_token(&keys, &forged), None, "{at}");
        }
    }

    #[test]
    fn tokens_of_neighbours_have_nothing_in_common() {
        let keys = Keys::from_bytes(&KEY);
        let token = |subscriber| {
            let newsletter = 7;
            SubscriberLink {
                subscriber,
                newsletter,
            }
            .token(&keys)
        };
        // Plain, the first dozen characters of all of these would be one.
        let beginnings: std::collections::HashSet<String> =
            (1..=1_000).map(|id| token(id)[..12].to_owned()).collect();
        assert_eq!(beginnings.len(), 1_000);
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
            prop_assert_eq!(SubscriberLink::claimed_by_return_path(return_path), Some(link));
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
