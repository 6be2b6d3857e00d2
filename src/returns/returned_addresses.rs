//! Addresses in somebody else's text.

use crate::address::EmailAddress;

/// An address of a report's field: `rfc822; <ana@example.org>`, xtext (RFC 3461 §4) and `utf-8`
/// (RFC 6533 §3) undone.
pub(super) fn typed(value: &str) -> Option<String> {
    let (kind, address) = value.split_once(';').unwrap_or(("", value));
    let address = address.trim().trim_matches(['<', '>', '"', '\'']).trim();
    if kind.trim().eq_ignore_ascii_case("utf-8") {
        return cleaned(&from_utf8_escapes(address));
    }
    cleaned(&from_xtext(address)).or_else(|| first_in(value))
}

/// `+2B` is `+`: only where both digits are upper-case hexadecimal, as xtext has them.
fn from_xtext(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('+') {
        plain.push_str(&rest[..at]);
        let digits = rest.get(at + 1..at + 3).filter(|digits| {
            digits
                .bytes()
                .all(|b| b.is_ascii_digit() || (b'A'..=b'F').contains(&b))
        });
        let decoded = digits
            .and_then(|digits| u8::from_str_radix(digits, 16).ok())
            // Only what xtext must encode: else `ana+25@example.org` would lose its tag.
            .filter(|byte| matches!(byte, b'+' | b'=' | b'@' | b' '));
        if let Some(byte) = decoded {
            plain.push(char::from(byte));
            rest = &rest[at + 3..];
        } else {
            plain.push('+');
            rest = &rest[at + 1..];
        }
    }
    plain.push_str(rest);
    plain
}

fn from_utf8_escapes(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("\\x{") {
        plain.push_str(&rest[..at]);
        let tail = &rest[at + 3..];
        let decoded = tail.split_once('}').and_then(|(digits, after)| {
            let c = char::from_u32(u32::from_str_radix(digits, 16).ok()?)?;
            Some((c, after))
        });
        if let Some((c, after)) = decoded {
            plain.push(c);
            rest = after;
        } else {
            plain.push_str("\\x{");
            rest = tail;
        }
    }
    plain.push_str(rest);
    plain
}

/// The address, where it is one.
pub(super) fn cleaned(address: &str) -> Option<String> {
    let address = address.trim().trim_end_matches(['.', ',', ';', ':']);
    EmailAddress::parse(address)
        .ok()
        .map(|address| address.as_str().to_owned())
}

/// The first address in a text.
pub(super) fn first_in(text: &str) -> Option<String> {
    all_in(text).next().map(|(_, address)| address)
}

/// All addresses of a text, with where they begin.
pub(super) fn all_in(text: &str) -> impl Iterator<Item = (usize, String)> {
    const ENDS: &str = "<>()[]{},;:\"'=|\u{3001}\u{3002}\u{300c}\u{300d}\u{ff1a}\u{ff08}\u{ff09}";
    let ends = |c: char| c.is_whitespace() || ENDS.contains(c);
    text.match_indices('@').filter_map(move |(at, _)| {
        // No address is longer than 254 octets, so neither look is.
        let mut from = at.saturating_sub(254);
        while !text.is_char_boundary(from) {
            from += 1;
        }
        let mut to = (at + 255).min(text.len());
        while !text.is_char_boundary(to) {
            to -= 1;
        }
        let start = text[from..at]
            .char_indices()
            .rev()
            .find(|(_, c)| ends(*c))
            .map_or(from, |(edge, c)| from + edge + c.len_utf8());
        let end = text[at..to].find(ends).map_or(to, |edge| at + edge);
        cleaned(&text[start..end]).map(|address| (start, address))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_found_in_any_surroundings() {
        for text in [
            "ana@example.org",
            "<ana@example.org>:",
            "rfc822;ana@example.org.",
            "RCPT TO:<ana@example.org> failed",
            "[SMTP:ana@example.org]",
            "宛先「ana@example.org」が",
            "mailto=ana@example.org",
            "Unknown user: ana@Example.ORG, sorry",
        ] {
            assert_eq!(first_in(text).as_deref(), Some("ana@example.org"), "{text}");
        }
        assert_eq!(
            typed("rfc822; ana+25@example.org").as_deref(),
            Some("ana+25@example.org")
        );
        assert_eq!(first_in("@@ a@ @b a@b"), None);
    }
}
