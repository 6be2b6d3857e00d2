//! Links of our mails whose path came through damaged: with doubled slashes, in capitals, wrapped by two
//! lines, behind a bracket. What stands in the token's place is mended by who reads it; here only the way
//! to its page is. A GET changes nothing, so it is sent on to where the link was to lead; the POST of a
//! mail program is answered in its place, since one click must not be redirected (RFC 8058 §3.1).

use percent_encoding::percent_decode_str;
use url::form_urlencoded;

/// Where mails lead: what stands before the token, or the newsletter's name.
const PLACES: [&str; 15] = [
    "u",
    "p",
    "confirm",
    "never",
    "unsubscribe",
    "preferences",
    "manage",
    "new-address",
    "event",
    "archive",
    "subscribe",
    "undo",
    "help",
    "privacy",
    "staff/welcome",
];

/// Octets of a damaged path that are looked at.
const LOOKED_AT: usize = 600;

/// The path that a damaged one was; `None` where it is as it should be, or none of ours.
#[must_use]
pub fn mended_path(path: &str, query: Option<&str>) -> Option<String> {
    let clean = without_what_wraps(path);
    let mut parts = clean.split('/').filter(|part| !part.is_empty()).peekable();
    // Some software writes the whole address behind its own.
    if parts.next_if(|part| part.ends_with(':')).is_some() {
        parts.next();
    }
    let Some(place) = parts.next() else {
        return (path != "/").then(|| "/".to_owned());
    };
    let mut place = place.to_ascii_lowercase();
    if place == "staff" {
        place = format!("staff/{}", parts.next()?.to_ascii_lowercase());
    }
    if !PLACES.contains(&place.as_str()) {
        return None;
    }
    let kept: String = parts
        .next()
        .unwrap_or_default()
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '=' | '-'))
        .collect();
    let mended = if kept.is_empty() {
        format!("/{place}")
    } else {
        format!("/{place}/{kept}")
    };
    if mended == path {
        return None;
    }
    let pairs = || form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    let language = pairs().find(|(name, _)| name == "lang");
    let tag = language
        .map(|(_, tag)| tag.into_owned())
        .unwrap_or_default();
    let is_tag = !tag.is_empty() && tag.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    Some(if is_tag {
        format!("{mended}?lang={tag}")
    } else {
        mended
    })
}

/// Decoded twice, because some filters encode what is encoded, and without what links are wrapped in.
fn without_what_wraps(path: &str) -> String {
    let once: Vec<u8> = percent_decode_str(path).take(LOOKED_AT).collect();
    let twice = percent_encoding::percent_decode(&once).decode_utf8_lossy();
    let mut joined = without_breaks(&twice);
    joined.retain(|c| !matches!(c, '<' | '>' | '"' | '“' | '”'));
    joined
}

/// Without line breaks, with or without quoted-printable's mark, blanks, and what nobody sees.
#[must_use]
pub fn without_breaks(text: &str) -> String {
    let mut joined = text.replace("=\r\n", "").replace("=\n", "");
    joined.retain(|c| {
        !c.is_whitespace()
            && !c.is_control()
            && !matches!(
                c,
                '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}'
            )
    });
    joined
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TOKEN: &str = "bozghftrinbrgyrbvhgmgwmpsylptgjc";

    #[test]
    fn every_place_is_found_again_whatever_wraps_doubles_or_shouts() {
        for place in PLACES {
            let whole = format!("/{place}/{TOKEN}");
            assert_eq!(mended_path(&whole, None), None);
            assert_eq!(mended_path(&whole, Some("lang=es")), None);
            let (front, back) = TOKEN.split_at(13);
            let (head, tail) = place.split_at(1);
            for damaged in [
                format!("//{place}/{TOKEN}"),
                format!("/{place}//{TOKEN}"),
                format!("/{place}/{TOKEN}/"),
                format!("/{}/{TOKEN}", place.to_uppercase()),
                format!("/%3C{place}/{TOKEN}%3E"),
                format!("/{place}/{front}%20{back}"),
                format!("/{place}/{front}=%0D%0A{back}"),
                format!("/{head}%0A{tail}/{TOKEN}"),
                format!("/{head}=%0D%0A{tail}/{TOKEN}"),
                format!("/{place}%2F{TOKEN}"),
                format!("/{place}/{TOKEN}."),
                format!("/https://news.example.gov/{place}/{TOKEN}"),
                format!("/{place}/{TOKEN}%E2%80%8B"),
            ] {
                let mended = mended_path(&damaged, None);
                assert_eq!(mended.as_deref(), Some(whole.as_str()), "{damaged}");
                let spoken = mended_path(&damaged, Some("lang=zh-Hant&x=%22"));
                assert_eq!(spoken, Some(format!("{whole}?lang=zh-Hant")));
                // What it is sent on to is sent on no further.
                assert_eq!(mended_path(&whole, None), None);
            }
        }
    }

    #[test]
    fn what_is_none_of_ours_is_left_alone_and_nobody_is_sent_elsewhere() {
        for path in [
            "/",
            "/nothing",
            "/staff/people",
            "//evil.example/u",
            "/assets//x.css",
            "/%",
        ] {
            assert_eq!(mended_path(path, None), None, "{path}");
        }
        assert_eq!(mended_path("/manage/", None).as_deref(), Some("/manage"));
        assert_eq!(mended_path("//", None).as_deref(), Some("/"));
        assert_eq!(mended_path("/Help/", None).as_deref(), Some("/help"));
        let elsewhere = mended_path("//u/x?lang=//evil", Some("lang=%2F%2Fevil.example"));
        assert_eq!(elsewhere.as_deref(), Some("/u/xlang="));
    }

    proptest! {
        #[test]
        fn any_path_leads_to_one_of_ours_or_nowhere_and_never_in_a_circle(
            path in "[/%a-zA-Z0-9=.<>\" \u{ad}-]{0,80}",
            query in proptest::option::of("[a-z=&%0-9]{0,20}"),
        ) {
            if let Some(mended) = mended_path(&path, query.as_deref()) {
                let (to, _) = mended.split_once('?').unwrap_or((&mended, ""));
                prop_assert!(to == "/" || PLACES.iter().any(|place| {
                    to.strip_prefix(&format!("/{place}")).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
                }), "{}", to);
                prop_assert_eq!(mended_path(to, None), None);
            }
        }
    }
}
