//! A statement: what somebody said about a mail, taken apart.

/// Class, subject and detail of an enhanced status code (RFC 3463).
pub type EnhancedCode = (u8, u16, u16);

/// At which step of the SMTP conversation it was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stage {
    /// Nobody says.
    Unknown,
    /// Banner, EHLO, STARTTLS, AUTH: before any mail.
    Session,
    /// MAIL FROM: about the sender.
    Sender,
    /// RCPT TO: about the reader.
    Recipient,
    /// DATA and its dot: about the message.
    Content,
}

/// What was said.
#[derive(Debug, Clone, Copy)]
pub struct Statement<'a> {
    /// At which step.
    pub stage: Stage,
    /// The reply code.
    pub code: Option<u16>,
    /// The enhanced status code.
    pub enhanced: Option<EnhancedCode>,
    /// The words, in any case.
    pub words: &'a str,
    /// The host that said it; empty: not known.
    pub by: &'a str,
    /// Whether it is the relay that we send by, while we send; what comes back later is not.
    pub is_our_relay: bool,
}

impl<'a> Statement<'a> {
    /// Reads codes and stage out of the words.
    #[must_use]
    pub fn from_words(words: &'a str, by: &'a str) -> Self {
        let (code, enhanced) = first_codes(words);
        Self {
            stage: stage_of(words),
            code,
            enhanced,
            words,
            by,
            is_our_relay: false,
        }
    }

    /// Whether its enhanced code names the reader's address or mailbox (RFC 3463 §3.2, §3.3). Nobody knows
    /// the reader while the sender is named; and at the end of a message relays use subject 2 for all that
    /// their own store refuses, with details that say nothing (Exchange: 5.2.0, 5.2.252).
    #[must_use]
    pub fn is_of_address(&self) -> bool {
        match (self.stage, self.enhanced) {
            (Stage::Sender | Stage::Session, _) => false,
            (_, Some((_, 1, 1..=6 | 10) | (_, 2, 1..=4))) => true,
            (stage, Some((_, 2, _))) => stage != Stage::Content,
            _ => false,
        }
    }

    /// Whether it is for good: the reply code decides, also against the enhanced code beside it
    /// (`421 5.7.32` is for now).
    #[must_use]
    pub fn permanent(&self) -> Option<bool> {
        match (self.code, self.enhanced) {
            (Some(code @ 400..600), _) => Some(code >= 500),
            (_, Some((class @ (4 | 5), _, _))) => Some(class == 5),
            _ => None,
        }
    }
}

/// The first reply code and the first enhanced code in somebody's words. Digits of an IP address, a
/// date or a size are neither.
#[must_use]
pub fn first_codes(words: &str) -> (Option<u16>, Option<EnhancedCode>) {
    let bytes = words.as_bytes();
    let (mut code, mut enhanced) = (None, None);
    let mut at = 0;
    while at < bytes.len() && (code.is_none() || enhanced.is_none()) {
        if !bytes[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let before = at.checked_sub(1).map(|before| bytes[before]);
        let end = at
            + bytes[at..]
                .iter()
                .take_while(|byte| byte.is_ascii_digit() || **byte == b'.')
                .count();
        let token = words[at..end].trim_end_matches('.');
        let joined = before.is_some_and(|byte| {
            byte.is_ascii_alphanumeric() || b".-/:@_".contains(&byte) && !is_separator(bytes, at)
        });
        if !joined {
            if enhanced.is_none() {
                enhanced = enhanced_code(token);
            }
            if code.is_none() && enhanced_code(token).is_none() {
                code = reply_code(token, bytes, end);
            }
        }
        at = end;
    }
    (code, enhanced)
}

/// `550-5.1.1` and `smtp;550` and `Status:5.1.1` and `x:550` are two things side by side; `10-550`
/// and `12:550` are one.
fn is_separator(bytes: &[u8], at: usize) -> bool {
    match bytes[at - 1] {
        b'-' => {
            at >= 4
                && bytes[at - 4..at - 1].iter().all(u8::is_ascii_digit)
                && (at < 5 || !bytes[at - 5].is_ascii_alphanumeric())
        }
        b':' => at >= 2 && !bytes[at - 2].is_ascii_digit(),
        _ => false,
    }
}

fn reply_code(token: &str, bytes: &[u8], end: usize) -> Option<u16> {
    let code: u16 = (token.len() == 3).then(|| token.parse().ok()).flatten()?;
    // RFC 5321 §4.2.1: second digit 0 to 5.
    let shaped = matches!(code / 100, 2 | 4 | 5) && (code / 10) % 10 <= 5;
    // "550 rejected", "550-5.1.1", "(550)"; neither "550MB" nor "550 bytes".
    let ends = bytes
        .get(end)
        .is_none_or(|next| next.is_ascii_whitespace() || b"-:)],#;\"'./_".contains(next));
    (shaped && ends && !is_unit(&bytes[end..]) && !is_telephone(&bytes[end..])).then_some(code)
}

/// Whether the digits go on as a telephone number does: `-5635`, `) 423-5635`, `.423.5635`.
fn is_telephone(rest: &[u8]) -> bool {
    const BETWEEN: &[u8] = b") -./";
    let digits = |bytes: &[u8]| {
        bytes
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count()
    };
    let skip = rest
        .iter()
        .take(2)
        .take_while(|byte| BETWEEN.contains(byte))
        .count();
    let rest = &rest[skip..];
    match digits(rest) {
        4 => skip == 1,
        3 => {
            skip > 0
                && rest.get(3).is_some_and(|byte| b"-. ".contains(byte))
                && digits(&rest[4..]) == 4
        }
        _ => false,
    }
}

/// Whether the next word makes a number an amount.
fn is_unit(rest: &[u8]) -> bool {
    const UNITS: [&str; 12] = [
        "mb",
        "kb",
        "gb",
        "bytes",
        "kilobytes",
        "megabytes",
        "seconds",
        "minutes",
        "hours",
        "days",
        "messages",
        "recipients",
    ];
    let word = rest.trim_ascii_start();
    let length = word
        .iter()
        .take_while(|byte| byte.is_ascii_alphabetic())
        .count();
    UNITS
        .iter()
        .any(|unit| word[..length].eq_ignore_ascii_case(unit.as_bytes()))
}

fn enhanced_code(token: &str) -> Option<EnhancedCode> {
    let mut numbers = token.split('.');
    let class = numbers.next().filter(|n| matches!(*n, "2" | "4" | "5"))?;
    let mut number = || {
        numbers
            .next()
            .filter(|n| (1..=3).contains(&n.len()))?
            .parse()
            .ok()
    };
    let code = (class.parse().ok()?, number()?, number()?);
    (numbers.next().is_none() && code.1 <= 9).then_some(code)
}

/// At which step it was said, where the MTA's words tell: Postfix "(in reply to RCPT TO command)",
/// Exim "after RCPT TO:<…>", the `[RCPT_TO]` of Yahoo and of Postfix's kin.
#[must_use]
pub fn stage_of(words: &str) -> Stage {
    const MARKS: [(&str, Stage); 26] = [
        ("in reply to rcpt to", Stage::Recipient),
        ("after rcpt to", Stage::Recipient),
        ("[rcpt_to]", Stage::Recipient),
        ("during rcpt to", Stage::Recipient),
        ("response to rcpt to", Stage::Recipient),
        ("in reply to end of data", Stage::Content),
        ("in reply to data", Stage::Content),
        ("after end of data", Stage::Content),
        ("after data", Stage::Content),
        ("[data]", Stage::Content),
        ("[end_of_data]", Stage::Content),
        ("response to end of data", Stage::Content),
        ("after pipelined end of data", Stage::Content),
        ("in reply to mail from", Stage::Sender),
        ("after mail from", Stage::Sender),
        ("after pipelined mail from", Stage::Sender),
        ("[mail_from]", Stage::Sender),
        ("response to mail from", Stage::Sender),
        ("in reply to ehlo", Stage::Session),
        ("in reply to helo", Stage::Session),
        ("after ehlo", Stage::Session),
        ("after helo", Stage::Session),
        ("after initial connection", Stage::Session),
        ("refused to talk to me", Stage::Session),
        ("[connected]", Stage::Session),
        ("while talking to me at connect", Stage::Session),
    ];
    let words = words.to_ascii_lowercase();
    MARKS
        .iter()
        .find(|(mark, _)| words.contains(mark))
        .map_or(Stage::Unknown, |(_, stage)| *stage)
}
