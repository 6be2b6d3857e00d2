//! Text as mail carries it: header values folded and encoded (RFC 2047), bodies in
//! quoted-printable or base64, whichever is smaller (RFC 2045 §6.7, §6.8), text as `format=flowed`
//! (RFC 3676).

use std::borrow::Cow;

use crate::subscribers::link::SubscriberLink;

use super::template::{EncodedToken, TOKEN};

/// A header line should have no more (RFC 5322 §2.1.1).
const LINE: usize = 78;
/// A line with an encoded-word must have no more (RFC 2047 §2).
const ENCODED_LINE: usize = 76;

/// An outside value as one line: CR, LF, NUL and every other control character is a space, and
/// spaces are single (M6). What comes out cannot begin a header.
pub(super) fn one_line(value: &str) -> String {
    let mut line = String::with_capacity(value.len());
    for word in value.split(|c: char| c.is_control() || c == ' ') {
        if !word.is_empty() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    line
}

/// The value of an unstructured header such as Subject, folded; `column` is where it begins.
pub(super) fn unstructured(value: &str, column: usize) -> String {
    let value = one_line(value);
    let plain = value.is_ascii()
        && !value.contains("=?")
        && value.split(' ').all(|word| word.len() < LINE - column);
    if !plain {
        return encoded_words(&value, column);
    }
    let mut folded = String::with_capacity(value.len() + 8);
    let mut column = column;
    for word in value.split(' ') {
        if folded.is_empty() {
            folded.push_str(word);
            column += word.len();
        } else if column + 1 + word.len() <= LINE {
            folded.push(' ');
            folded.push_str(word);
            column += 1 + word.len();
        } else {
            folded.push_str("\r\n ");
            folded.push_str(word);
            column = 1 + word.len();
        }
    }
    folded
}

/// A display name: a quoted string, or encoded-words where that cannot hold it (RFC 5322 §3.4).
pub(super) fn phrase(name: &str, column: usize) -> String {
    let name = one_line(name);
    if name.is_ascii() && name.len() <= 60 {
        format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
    } else {
        encoded_words(&name, column)
    }
}

/// `=?utf-8?q?…?=` or `=?utf-8?b?…?=`, whichever is shorter, folded; no character is split over
/// two words (RFC 2047 §5).
fn encoded_words(text: &str, column: usize) -> String {
    let quoted: usize = text.chars().map(|c| q(c).len()).sum();
    let base64 = quoted > text.len().div_ceil(3) * 4;
    let (open, cost): (&str, fn(&str) -> usize) = if base64 {
        ("=?utf-8?b?", |word| word.len().div_ceil(3) * 4)
    } else {
        ("=?utf-8?q?", |word| word.chars().map(|c| q(c).len()).sum())
    };
    // A word has 75 characters at most; the shortest lines come out where the name is long.
    let room = |column: usize| (ENCODED_LINE - column.min(40)).min(75) - open.len() - 2;
    let mut words: Vec<String> = vec![String::new()];
    let mut most = room(column);
    for c in text.chars() {
        let Some(word) = words.last_mut() else { break };
        word.push(c);
        if cost(word) > most {
            word.pop();
            words.push(c.to_string());
            most = room(1);
        }
    }
    let write = |word: &String| {
        if base64 {
            format!("{open}{}?=", data_encoding::BASE64.encode(word.as_bytes()))
        } else {
            let word: String = word.chars().map(q).collect();
            format!("{open}{word}?=")
        }
    };
    let words: Vec<String> = words.iter().map(write).collect();
    words.join("\r\n ")
}

/// One character in the Q encoding; the set of RFC 2047 §5(3), which is safe in phrases too.
fn q(c: char) -> String {
    match c {
        ' ' => "_".to_owned(),
        'a'..='z' | 'A'..='Z' | '0'..='9' | '!' | '*' | '+' | '-' | '/' => c.to_string(),
        c => hex(c),
    }
}

fn hex(c: char) -> String {
    use std::fmt::Write;
    let mut out = String::new();
    for byte in c.encode_utf8(&mut [0; 4]).bytes() {
        let _ = write!(out, "={byte:02X}");
    }
    out
}

/// Characters of a line of text at most; a reader's software joins and breaks lines as its window wants.
const FLOWED: usize = 72;

/// A text as `format=flowed` has it: a line that is too long goes on in the next, which its space at
/// the end says (RFC 3676 §4.2). Quotations have their marks without spaces between them, and a line
/// that would begin with a space or with `From ` gets one more (§4.4, §4.5). An address has no spaces,
/// so it stays in one piece.
pub(super) fn flowed(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 40);
    for line in text.lines() {
        // The space belongs to the mark above a signature, and nothing flows on from it (§4.3).
        if line == "-- " {
            out.push_str("-- \n");
            continue;
        }
        let mut said = line.trim_end_matches(' ');
        let mut quote = String::new();
        while let Some(after) = said.strip_prefix('>') {
            quote.push('>');
            said = after.strip_prefix(' ').unwrap_or(after);
        }
        let mut rest = said;
        loop {
            let stuffed =
                !quote.is_empty() || rest.starts_with([' ', '>']) || rest.starts_with("From ");
            let begin = quote.len() + usize::from(stuffed);
            let end = flowed_end(rest, FLOWED.saturating_sub(begin));
            let (now, later) = rest.split_at(end);
            out.push_str(&quote);
            if stuffed && !now.is_empty() {
                out.push(' ');
            }
            out.push_str(now);
            out.push('\n');
            if later.is_empty() {
                break;
            }
            rest = later;
        }
    }
    out
}

/// Where a line is broken: behind the last space that leaves it short enough, or the first there is.
fn flowed_end(rest: &str, room: usize) -> usize {
    // The letters of East Asia are as wide as two.
    let width = |text: &str| -> usize {
        text.chars()
            .map(|c| if c >= '\u{2e80}' { 2 } else { 1 })
            .sum()
    };
    if width(rest) <= room {
        return rest.len();
    }
    let margin = rest.len() - rest.trim_start_matches(' ').len();
    let spaces = rest
        .match_indices(' ')
        .map(|(at, _)| at + 1)
        .filter(|end| *end > margin && *end < rest.len() && !rest[*end..].starts_with(' '));
    let mut best = None;
    for end in spaces {
        let fits = width(&rest[..end - 1]) <= room;
        if !fits && best.is_some() {
            break;
        }
        best = Some(end);
        if !fits {
            break;
        }
    }
    best.unwrap_or(rest.len())
}

/// A body part as it is sent, and the name of its transfer encoding: quoted-printable, which people
/// can read, or base64 where that is smaller, as it is for most scripts but the Latin one.
pub(super) fn transfer(text: &str) -> (&'static str, Vec<u8>) {
    let quoted = quoted_printable(text);
    let longest = text.len() / 3 * 4 + text.len() / 28;
    if quoted.len() > longest {
        let encoded = base64(text);
        if encoded.len() < quoted.len() {
            return ("base64", encoded);
        }
    }
    ("quoted-printable", quoted)
}

/// A body part in base64, [`SubscriberLink::SLOT`] on lines of its own and marked as the token's place.
/// Base64 turns three octets into four letters, so the octets beside a token that share its letters
/// stand with its mark.
fn base64(text: &str) -> Vec<u8> {
    /// Octets that a line of 76 letters holds.
    const LINE: usize = 57;
    fn lines(out: &mut Vec<u8>, octets: &[u8]) {
        for line in octets.chunks(LINE) {
            out.extend_from_slice(data_encoding::BASE64.encode(line).as_bytes());
            out.extend_from_slice(b"\r\n");
        }
    }
    // The last line's end belongs to the boundary (RFC 2046 §5.1.1).
    let text = text
        .strip_suffix('\n')
        .unwrap_or(text)
        .replace('\n', "\r\n");
    let mut out = Vec::with_capacity(text.len() * 3 / 2);
    let mut rest = text.as_bytes();
    let slot = SubscriberLink::SLOT.as_bytes();
    while let Some(at) = rest.windows(slot.len()).position(|octets| octets == slot) {
        let shared = at % 3;
        let (before, after) = (at - shared, at + slot.len());
        let end = (after + 2 - shared).min(rest.len());
        lines(&mut out, &rest[..before]);
        EncodedToken::new(&rest[before..at], &rest[after..end]).mark(&mut out);
        out.extend_from_slice(b"\r\n");
        rest = &rest[end..];
    }
    lines(&mut out, rest);
    out
}

/// A web address in a header, folded where it is too long for a line. White space inside the brackets
/// is no part of the address (RFC 5064 §2.2), and a break stands behind a slash where there is one.
pub(super) fn folded_address(address: &str, column: usize) -> Cow<'_, str> {
    if column + address.len() + 2 <= LINE {
        return Cow::Borrowed(address);
    }
    let mut folded = String::with_capacity(address.len() + 16);
    let mut rest = address;
    while rest.len() > LINE - 3 {
        let at = rest[..LINE - 3]
            .rfind(['/', '-', '&', '%'])
            .unwrap_or(LINE - 4);
        // An escape is not torn apart, nor the two slashes behind the scheme.
        let at = if rest.as_bytes().get(at) == Some(&b'%') {
            at
        } else {
            at + 1
        };
        let at = if at < 12 { LINE - 3 } else { at };
        folded.push_str(&rest[..at]);
        folded.push_str("\r\n ");
        rest = &rest[at..];
    }
    folded.push_str(rest);
    Cow::Owned(folded)
}

/// A body part in quoted-printable: lines of 76 characters at most ended by CRLF, no character
/// split over two lines, [`SubscriberLink::SLOT`] in one piece and marked as the token's slot.
///
/// No line begins with a dot or with `From `: both would be legal and both get changed on the way
/// (RFC 5321 §4.5.2; mbox files). So the text needs no dot-stuffing, and what is signed is what is
/// on the wire (K6). No line begins with `=_` either, which makes that a safe boundary.
fn quoted_printable(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + text.len() / 8);
    for line in text.lines() {
        let mut rest = line;
        let mut column = 0;
        while let Some(c) = rest.chars().next() {
            if let Some(after) = rest.strip_prefix(SubscriberLink::SLOT) {
                soft_break(&mut out, &mut column, SubscriberLink::TOKEN);
                out.push(TOKEN);
                rest = after;
                continue;
            }
            let after = &rest[c.len_utf8()..];
            let begins = |prefix: &str| rest.starts_with(prefix);
            let plain = match c {
                '=' => false,
                ' ' | '\t' => !after.is_empty(),
                '!'..='~' => true,
                _ => false,
            };
            let width = if plain { 1 } else { 3 * c.len_utf8() };
            soft_break(&mut out, &mut column, width);
            if plain && !(column == width && (begins(".") || begins("From "))) {
                out.push(c as u8);
            } else {
                let written = hex(c);
                column += written.len() - width;
                out.extend_from_slice(written.as_bytes());
            }
            rest = after;
        }
        out.extend_from_slice(b"\r\n");
    }
    out
}

/// Makes room for `width` more characters and the `=` of the next soft break, then counts them.
fn soft_break(out: &mut Vec<u8>, column: &mut usize, width: usize) {
    if *column + width > 75 {
        out.extend_from_slice(b"=\r\n");
        *column = 0;
    }
    *column += width;
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What a reader's software makes of it (RFC 3676 §4.1).
    pub(super) fn unflowed(text: &str) -> String {
        let mut out = String::new();
        let mut goes_on = false;
        for line in text.lines() {
            let said = line.trim_start_matches('>');
            let quote = line.len() - said.len();
            let said = said.strip_prefix(' ').unwrap_or(said);
            if !goes_on {
                out.push_str(&"> ".repeat(quote));
            }
            out.push_str(said);
            goes_on = said.ends_with(' ');
            if !goes_on {
                out.push('\n');
            }
        }
        out
    }

    #[test]
    fn a_long_line_flows_and_an_address_stays_whole() {
        let long = format!(
            "{}https://news.example.gov/{} end",
            "word ".repeat(16),
            "x".repeat(90)
        );
        let text = format!(
            "Short.\n\n  7. {long}\n> {long}\n> > twice\nFrom here on\n a table | of two\n"
        );
        let out = flowed(&text);
        for line in out.lines() {
            assert!(
                line.chars().count() <= 73 || line.contains("https://"),
                "{line}"
            );
            assert!(!line.starts_with("From "), "{line}");
        }
        assert_eq!(
            out.matches(&format!("https://news.example.gov/{}", "x".repeat(90)))
                .count(),
            2
        );
        assert!(
            out.contains("\n>> twice\n") && out.contains("\n  a table | of two\n"),
            "{out}"
        );
        assert_eq!(unflowed(&out), text);
    }

    proptest! {
        #[test]
        fn what_flowed_comes_back(lines in proptest::collection::vec("(> ){0,2}( {0,3}[a-z가.]{1,30}){1,40}", 1..6)) {
            let text = format!("{}\n", lines.join("\n"));
            prop_assert_eq!(unflowed(&flowed(&text)), text);
        }

        #[test]
        fn a_folded_address_has_short_lines_and_comes_back(path in "[a-z%/-]{0,300}") {
            let address = format!("https://doe.house.gov/{path}");
            let folded = folded_address(&address, 13);
            prop_assert_eq!(&folded.replace("\r\n ", ""), &address);
            for line in folded.split("\r\n") {
                prop_assert!(line.len() <= LINE, "{}", line);
            }
        }
    }

    #[test]
    fn base64_is_taken_where_it_is_smaller_and_keeps_the_tokens_place() {
        let latin = transfer("An English text stays readable – as it is.\n");
        assert_eq!(latin.0, "quoted-printable");
        let slot = SubscriberLink::SLOT;
        for before in ["", "a", "ab"] {
            let text = format!(
                "{}\n{before}https://x/u/{slot}\n{}\n",
                "新闻稿".repeat(200),
                "全文".repeat(90)
            );
            let (name, body) = transfer(&text);
            assert_eq!(name, "base64");
            let filled = super::super::template::tests::filled(&body, "a@b.example");
            for line in filled.split(|b| *b == b'\n') {
                assert!(line.len() <= 77, "{}", line.len());
            }
            let letters: Vec<u8> = filled
                .iter()
                .copied()
                .filter(|b| !b.is_ascii_whitespace())
                .collect();
            let read = data_encoding::BASE64.decode(&letters).unwrap();
            let token = "t".repeat(SubscriberLink::TOKEN);
            let expected = text.trim_end().replace(slot, &token).replace('\n', "\r\n");
            assert_eq!(String::from_utf8(read).unwrap(), expected);
        }
    }
}
