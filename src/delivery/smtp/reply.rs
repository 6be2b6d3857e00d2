//! Reading replies (RFC 5321 §4.2): several lines, several replies in one packet, one byte at a
//! time; and nothing that could grow without end.

use std::fmt;

use crate::delivery::reply_class::Stage;

/// Octets of one line; RFC 5321 §4.5.3.1.5 allows 512, some relays write more.
const LONGEST_LINE: usize = 4_096;

/// Octets of one reply.
const LONGEST_REPLY: usize = 65_536;

/// Characters of a reply's words that are kept.
const KEPT: usize = 500;

/// A relay's reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The three digits.
    pub code: u16,
    /// The enhanced status code (RFC 3463), where it begins the words.
    pub enhanced: Option<(u8, u16, u16)>,
    /// The words of all lines, cleaned of control characters. Empty for an ordinary 250: nobody
    /// asks what a relay said when it took a message.
    pub words: String,
    /// What it answers: MAIL names no reader yet.
    pub stage: Stage,
}

impl Reply {
    /// The same reply, where it is known what it answers.
    #[must_use]
    pub(super) fn at(self, stage: Stage) -> Self {
        Self { stage, ..self }
    }

    /// A reply of our own, for what is refused before it is offered.
    #[must_use]
    pub fn local(stage: Stage, code: u16, enhanced: (u8, u16, u16), words: &str) -> Self {
        Self {
            code,
            enhanced: Some(enhanced),
            words: words.to_owned(),
            stage,
        }
    }

    /// A reply as it stands on record; what it answered is not known any more.
    #[must_use]
    pub(super) fn recorded(code: u16, words: &str) -> Self {
        Self {
            code,
            enhanced: enhanced(words),
            words: words.to_owned(),
            stage: Stage::Unknown,
        }
    }

    /// 2yz: done.
    #[must_use]
    pub fn is_positive(&self) -> bool {
        (200..300).contains(&self.code)
    }

    /// 4yz or 5yz: not done. Neither: the relay waits for more (3yz).
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        (400..600).contains(&self.code)
    }

    /// Takes a secret out of the words, should the relay have repeated it.
    pub(super) fn veil(&mut self, secret: &str) {
        if !secret.is_empty() && self.words.contains(secret) {
            self.words = self.words.replace(secret, "…");
        }
    }

    /// 421: the relay closes the connection (RFC 5321 §3.8).
    #[must_use]
    pub fn is_closing(&self) -> bool {
        self.code == 421
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.code, self.words)
    }
}

/// What cannot be a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAReply {
    /// No three digits, or a line without end.
    #[error("the relay answered something that is not SMTP")]
    Garbage,
    /// Longer than any honest reply.
    #[error("the relay's answer has no end")]
    TooLong,
    /// A reply to nothing, or one that cannot be a reply to what was said.
    #[error("the relay answered what it was not asked")]
    OutOfTurn,
}

/// A reply as it stood on the wire: how many octets it took, and its code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Octets, line end included.
    pub length: usize,
    /// The three digits.
    pub code: u16,
}

/// Finds the first whole reply in `input`, or `None` while more must come. No allocation.
pub fn scan(input: &[u8]) -> Result<Option<Span>, NotAReply> {
    let mut at = 0;
    let mut first = None;
    loop {
        let rest = &input[at..];
        let Some(end) = rest.iter().position(|byte| *byte == b'\n') else {
            return match rest {
                _ if rest.len() > LONGEST_LINE || at > LONGEST_REPLY => Err(NotAReply::TooLong),
                // What begins like no reply never becomes one.
                _ if !rest.iter().take(3).all(u8::is_ascii_digit) => Err(NotAReply::Garbage),
                _ => Ok(None),
            };
        };
        if end > LONGEST_LINE || at + end > LONGEST_REPLY {
            return Err(NotAReply::TooLong);
        }
        let line = &rest[..end];
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let [a, b, c, tail @ ..] = line else {
            return Err(NotAReply::Garbage);
        };
        if !matches!(a, b'2'..=b'5') || !b.is_ascii_digit() || !c.is_ascii_digit() {
            return Err(NotAReply::Garbage);
        }
        let code = u16::from(a - b'0') * 100 + u16::from(b - b'0') * 10 + u16::from(c - b'0');
        if *first.get_or_insert(code) != code {
            return Err(NotAReply::Garbage);
        }
        at += end + 1;
        match tail.first() {
            Some(b'-') => {}
            None | Some(b' ') => return Ok(Some(Span { length: at, code })),
            Some(_) => return Err(NotAReply::Garbage),
        }
    }
}

/// The reply that [`scan`] found at the beginning of `input`, with its words.
#[must_use]
pub fn read(input: &[u8], span: Span) -> Reply {
    let mut words = String::new();
    for line in input[..span.length.min(input.len())].split(|byte| *byte == b'\n') {
        let text = String::from_utf8_lossy(line.get(4..).unwrap_or_default());
        let text = text.trim();
        if text.is_empty() {
            continue;
        }
        if !words.is_empty() {
            words.push(' ');
        }
        words.extend(text.chars().filter(|c| !c.is_control()));
    }
    if let Some((cut, _)) = words.char_indices().nth(KEPT) {
        words.truncate(cut);
    }
    Reply {
        code: span.code,
        enhanced: enhanced(&words),
        words,
        stage: Stage::Unknown,
    }
}

fn enhanced(words: &str) -> Option<(u8, u16, u16)> {
    let mut numbers = words.split_whitespace().next()?.split('.');
    let class = numbers
        .next()?
        .parse()
        .ok()
        .filter(|class| matches!(class, 2 | 4 | 5))?;
    let code = (
        class,
        numbers.next()?.parse().ok()?,
        numbers.next()?.parse().ok()?,
    );
    numbers.next().is_none().then_some(code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn one(input: &str) -> Reply {
        let span = scan(input.as_bytes()).unwrap().unwrap();
        read(input.as_bytes(), span)
    }

    #[test]
    fn lines_become_one_reply_with_its_enhanced_code() {
        let reply = one("550-5.1.1 The address\r\n550 does not exist\r\n250 next\r\n");
        assert_eq!(reply.code, 550);
        assert_eq!(reply.enhanced, Some((5, 1, 1)));
        assert_eq!(reply.words, "5.1.1 The address does not exist");
        assert_eq!(one("250\r\n").words, "");
        assert_eq!(one("354 go\n").code, 354);
    }

    #[test]
    fn what_is_not_smtp_is_refused_at_once_and_never_grows() {
        assert_eq!(scan(b"HTTP/1.1 400\r\n"), Err(NotAReply::Garbage));
        assert_eq!(scan(b"HT"), Err(NotAReply::Garbage));
        assert_eq!(scan(b"250-a\r\n251 b\r\n"), Err(NotAReply::Garbage));
        assert_eq!(scan(b"999 x\r\n"), Err(NotAReply::Garbage));
        assert_eq!(scan(&[b'2'; 10_000]), Err(NotAReply::TooLong));
        assert_eq!(scan(&b"250-x\r\n".repeat(20_000)), Err(NotAReply::TooLong));
    }

    proptest! {
        #[test]
        fn any_bytes_are_safe_and_a_cut_reply_waits(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            if let Ok(Some(span)) = scan(&bytes) {
                prop_assert!(span.length <= bytes.len());
                prop_assert!(!read(&bytes, span).words.chars().any(char::is_control));
            }
        }

        #[test]
        fn single_bytes_give_the_same_reply(words in "[ -~]{0,60}") {
            let wire = format!("250-first\r\n250 {words}\r\n");
            for cut in 0..wire.len() {
                prop_assert_eq!(scan(&wire.as_bytes()[..cut]), Ok(None));
            }
            prop_assert_eq!(scan(wire.as_bytes()).unwrap().unwrap().length, wire.len());
        }
    }
}
