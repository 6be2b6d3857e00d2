//! Text as mail carries it: header values folded and encoded (RFC 2047), bodies in
//! quoted-printable (RFC 2045 §6.7).

use crate::subscribers::link::SubscriberLink;

use super::template::TOKEN;

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

/// A body part in quoted-printable: lines of 76 characters at most ended by CRLF, no character
/// split over two lines, [`SubscriberLink::SLOT`] in one piece and marked as the token's slot.
///
/// No line begins with a dot or with `From `: both would be legal and both get changed on the way
/// (RFC 5321 §4.5.2; mbox files). So the text needs no dot-stuffing, and what is signed is what is
/// on the wire (K6). No line begins with `=_` either, which makes that a safe boundary.
pub(super) fn quoted_printable(text: &str) -> Vec<u8> {
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
