//! Reading a token out of a link that did not come through whole. Mail programs and people wrap links,
//! copy the bracket or the full stop behind them, and show quoted-printable as it stands (`=3D`, a
//! soft break). What is left is mended only where it is certain: the token's MAC, or its hash in the
//! database, decides. A letter that is missing is never guessed.

use percent_encoding::percent_decode_str;

use super::link::SubscriberLink;
use crate::secret::{Keys, Token};

/// Characters of a damaged link that are looked at.
const LOOKED_AT: usize = 200;

/// The token of `/unsubscribe` and `/preferences`: the one stretch of the text whose MAC holds.
pub fn subscriber_link(keys: &Keys, text: &str) -> Option<SubscriberLink> {
    if let Some(whole) = SubscriberLink::from_token(keys, text) {
        return Some(whole);
    }
    readings(text).iter().find_map(|letters| {
        letters
            .windows(SubscriberLink::TOKEN)
            .filter_map(|stretch| std::str::from_utf8(stretch).ok())
            .find_map(|stretch| SubscriberLink::from_token(keys, stretch))
    })
}

/// The token of a link whose hash stands in the database. Nothing in it can be verified here, so only
/// what stands behind it is dropped.
#[must_use]
pub fn token(text: &str) -> Option<Token> {
    let readings = readings(text);
    let whole = readings
        .iter()
        .find(|letters| letters.len() == Token::LENGTH)
        .or_else(|| {
            readings
                .iter()
                .find(|letters| letters.len() > Token::LENGTH)
        })?;
    Token::from_link(std::str::from_utf8(whole.get(..Token::LENGTH)?).ok()?)
}

/// The letters and digits of the text: as they stand, and without what quoted-printable writes in
/// their midst. Decoded twice, because some filters encode what is encoded.
fn readings(text: &str) -> [Vec<u8>; 2] {
    let once: Vec<u8> = percent_decode_str(text).collect();
    let twice: Vec<u8> = percent_encoding::percent_decode(&once)
        .take(LOOKED_AT)
        .collect();
    let mut unquoted = Vec::with_capacity(twice.len());
    let mut rest = twice.as_slice();
    while let Some((first, after)) = rest.split_first() {
        rest = match after {
            [a, b, after @ ..]
                if *first == b'=' && a.is_ascii_hexdigit() && b.is_ascii_hexdigit() =>
            {
                after
            }
            after => {
                unquoted.push(*first);
                after
            }
        };
    }
    [twice, unquoted].map(|bytes| {
        bytes
            .into_iter()
            .filter(u8::is_ascii_alphanumeric)
            .collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn keys() -> Keys {
        Keys::from_bytes(&[3; 32])
    }

    const LINK: SubscriberLink = SubscriberLink {
        subscriber: 42,
        newsletter: 7,
    };

    /// What mail programs and people make of the text of a link.
    fn damaged(token: &str) -> Vec<String> {
        let (front, back) = token.split_at(17);
        [
            "{}.",
            "{})",
            "{}]",
            "{}%3E",
            "{}%3e.",
            "{}=3D",
            "{}%20",
            "{}%0D%0A",
            "{}%253E",
            "{}/",
            "%3C{}%3E",
            "{}%22%3EUnsubscribe",
            "{}&gt;",
            "{}%E2%80%8B",
            "{},",
            "{}=",
            "{}=20",
            "%20{}",
            "{}%E2%80%9D",
        ]
        .iter()
        .map(|around| around.replace("{}", token))
        .chain([
            format!("{front}%20{back}"),
            format!("{front}=%0D%0A{back}"),
            format!("{front}=%20{back}"),
            format!("{front}%0A{back}"),
            format!("{front}+{back}"),
            format!("{front}%C2%AD{back}"),
            token.to_uppercase(),
        ])
        .collect()
    }

    #[test]
    fn a_wrapped_bracketed_or_quoted_link_is_read_as_what_it_was() {
        let token = LINK.token(&keys());
        for text in damaged(&token) {
            assert_eq!(subscriber_link(&keys(), &text), Some(LINK), "{text}");
        }
        let mailed = keys().token("confirmation/x");
        for text in damaged(mailed.as_str()) {
            if !text.starts_with("%3C") {
                assert_eq!(token_of(&text).as_deref(), Some(mailed.as_str()), "{text}");
            }
        }
    }

    fn token_of(text: &str) -> Option<String> {
        token(text).map(|token| token.as_str().to_owned())
    }

    #[test]
    fn h3_what_lost_a_letter_or_has_a_wrong_one_stays_worthless() {
        let whole = LINK.token(&keys());
        for at in 0..whole.len() {
            let mut cut = whole.clone();
            cut.remove(at);
            assert_eq!(subscriber_link(&keys(), &cut), None, "{at}");
            let mut wrong = whole.clone().into_bytes();
            wrong[at] = if wrong[at] == b'a' { b'b' } else { b'a' };
            let wrong = String::from_utf8(wrong).unwrap();
            assert_eq!(subscriber_link(&keys(), &wrong), None, "{at}");
        }
        let mailed = keys().token("confirmation/x");
        assert!(token(&mailed.as_str()[..Token::LENGTH - 1]).is_none());
        assert!(token("").is_none());
    }

    proptest! {
        #[test]
        fn any_text_at_all_is_safe(text in any::<String>()) {
            prop_assert_eq!(subscriber_link(&keys(), &text), None);
            let _ = token(&text);
        }
    }
}
