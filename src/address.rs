//! Email addresses: parsed once, at the edge.

use std::fmt;

use unicode_normalization::UnicodeNormalization;

mod likely_address;
mod veil;

pub use veil::{veil, veil_of};

/// An address that can be mailed, as typed but for its domain: that stands in lower case and as
/// A-labels (RFC 5890), so no relay needs to know internationalised domains.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct EmailAddress {
    text: String,
    at: usize,
}

/// What is wrong with an address, in words for the person who typed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Nothing was typed.
    #[error("enter an email address")]
    Empty,
    /// No `@`, or nothing on one side of it.
    #[error("an email address has a name, an @ and a domain, such as name@example.org")]
    Shape,
    /// RFC 5321 §4.5.3.1.1–3.
    #[error("this address is too long: at most 64 characters before the @ and 254 in all")]
    TooLong,
    /// More than one address stands there.
    #[error("enter one email address at a time")]
    Several,
    /// A character that no mail system of note takes (O10).
    #[error("an email address cannot contain spaces, quotes or any of < > , $ % ? {{ }} `")]
    Character,
    /// The domain is no public host name.
    #[error("the part after the @ must be a domain name with a dot, such as example.org")]
    Domain,
}

impl EmailAddress {
    /// Stands where no address was set yet: RFC 2606 keeps `.invalid` out of reach for good.
    #[must_use]
    pub fn not_set() -> Self {
        Self {
            text: "office@gazette.invalid".to_owned(),
            at: "office".len(),
        }
    }

    /// Reads an address as a person types it (O10, M8): white space around it is dropped, the
    /// local part is kept as typed.
    pub fn parse(input: &str) -> Result<Self, AddressError> {
        let input = without_traps(input);
        let input = input.trim();
        if input.is_empty() {
            return Err(AddressError::Empty);
        }
        if input
            .chars()
            .any(|c| c.is_control() || c.is_whitespace() || "\"`<>,$%?{}();:\\[]".contains(c))
        {
            if holds_several(input) {
                return Err(AddressError::Several);
            }
            // An IP literal's brackets and colons are refused here too: O10 wants a domain.
            return Err(AddressError::Character);
        }
        let (local, domain) = input.rsplit_once('@').ok_or(AddressError::Shape)?;
        if local.is_empty() || domain.is_empty() || local.contains('@') {
            return Err(if holds_several(input) {
                AddressError::Several
            } else {
                AddressError::Shape
            });
        }
        if local.starts_with('.') || local.ends_with('.') || local.contains("..") {
            return Err(AddressError::Shape);
        }
        let local: String = local.nfc().collect();
        let domain = idna::domain_to_ascii_strict(domain.trim_end_matches('.'))
            .map_err(|_| AddressError::Domain)?;
        let labels: Vec<&str> = domain.split('.').collect();
        let top = labels.last().copied().unwrap_or_default();
        if labels.len() < 2 || top.len() < 2 || top.bytes().all(|b| b.is_ascii_digit()) {
            return Err(AddressError::Domain);
        }
        // OWASP's 254 in all is RFC 5321's 256-octet path without its angle brackets.
        if local.len() > 64 || local.len() + 1 + domain.len() > 254 {
            return Err(AddressError::TooLong);
        }
        // What the mail library cannot put into an envelope must be known now, not when it is sent.
        lettre::Address::new(local.as_str(), domain.as_str())
            .map_err(|_| AddressError::Character)?;
        let at = local.len();
        Ok(Self {
            text: format!("{local}@{domain}"),
            at,
        })
    }

    /// The address that was probably meant, where this one looks mistyped: `ana@gmial.com`, or a letter of
    /// another script that looks like the one that was meant. It may be right all the same, so whoever
    /// typed it is asked.
    #[must_use]
    pub fn likely_correction(&self) -> Option<String> {
        let domain = likely_address::domain(self.domain());
        let meant = domain.as_deref().unwrap_or(self.domain());
        let local = likely_address::local(self.local(), meant);
        if domain.is_none() && local.is_none() {
            return None;
        }
        Some(format!(
            "{}@{meant}",
            local.as_deref().unwrap_or(self.local())
        ))
    }

    /// The address that was probably meant by what is none: `Ana Lopez <ana@example.org>`,
    /// `ana@example,org`, `ana@gmail`.
    #[must_use]
    pub fn likely_meant(input: &str) -> Option<String> {
        let meant = likely_address::in_other_words(&without_traps(input))?;
        let address = Self::parse(&meant).ok()?;
        Some(address.likely_correction().unwrap_or(address.text))
    }

    /// The mailbox behind the address, as far as it can be known, for limits only: without a `+tag`,
    /// and at Google without dots. Two subscribers may share one.
    #[must_use]
    pub fn mailbox_key(&self) -> String {
        let key = self.key();
        let (local, domain) = key.rsplit_once('@').unwrap_or((&key, ""));
        let local = local.split('+').next().unwrap_or_default();
        match domain {
            "gmail.com" | "googlemail.com" => format!("{}@gmail.com", local.replace('.', "")),
            _ => format!("{local}@{domain}"),
        }
    }

    /// The whole address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What stands before the `@`.
    #[must_use]
    pub fn local(&self) -> &str {
        &self.text[..self.at]
    }

    /// What stands after the `@`: lower case, A-labels.
    #[must_use]
    pub fn domain(&self) -> &str {
        &self.text[self.at + 1..]
    }

    /// Whether `text` is an address whose [`EmailAddress::key`] is `key`, however it is spelt.
    #[must_use]
    pub fn is_spelling_of(text: &str, key: &str) -> bool {
        Self::parse(text).is_ok_and(|address| address.key() == key)
    }

    /// What makes two addresses the same subscriber: case-folded NFC (O10). `+tags` are kept: they
    /// may be different people's.
    #[must_use]
    pub fn key(&self) -> String {
        self.text.to_lowercase().nfc().collect()
    }

    /// Whether a relay needs SMTPUTF8 for it (RFC 6531): only for a local part beyond ASCII.
    #[must_use]
    pub fn needs_smtputf8(&self) -> bool {
        !self.text.is_ascii()
    }

    /// The address as logs may show it: `a…@example.org`.
    #[must_use]
    pub fn veiled(&self) -> String {
        let first = self.text.chars().next().unwrap_or('…');
        format!("{first}…@{}", self.domain())
    }
}

/// What people cannot see or did not mean: invisible characters that come along when an address is
/// copied, and the curly apostrophes and the wide letters and signs that keyboards put in place of plain
/// ones.
fn without_traps(input: &str) -> String {
    input
        .chars()
        .filter_map(|c| match c {
            '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}' => None,
            '\u{2018}' | '\u{2019}' | '\u{2bc}' => Some('\''),
            '\u{fe6b}' => Some('@'),
            '\u{3002}' | '\u{ff61}' => Some('.'),
            // Each stands as far behind its plain one.
            '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0),
            c => Some(c),
        })
        .collect()
}

/// Whether different addresses stand in the text: `a@example.org, b@example.org`.
fn holds_several(text: &str) -> bool {
    let apart = |c: char| c.is_whitespace() || "\"<>,();:/|[]".contains(c);
    // The whole text is read by who asks.
    let words = text
        .split(apart)
        .filter(|word| word.contains('@') && word.len() < text.len());
    let mut keys = words
        .take(LOOKED_AT)
        .filter_map(|word| EmailAddress::parse(word.trim_matches('.')).ok())
        .map(|address| address.key());
    let first = keys.next();
    keys.any(|key| first.as_ref() != Some(&key))
}

/// Words of a field that are looked at for a second address.
const LOOKED_AT: usize = 20;

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Veiled: a `{:?}` in a log line must not leak the list.
impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.veiled())
    }
}

impl std::str::FromStr for EmailAddress {
    type Err = AddressError;
    fn from_str(s: &str) -> Result<Self, AddressError> {
        Self::parse(s)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ordinary_and_unusual_addresses_are_accepted() {
        for (typed, kept) in [
            ("ana@example.org", "ana@example.org"),
            (" a+b@x.gov ", "a+b@x.gov"),
            ("o'brien@x.gov", "o'brien@x.gov"),
            ("user@xn--bcher-kva.example", "user@xn--bcher-kva.example"),
            ("user@bücher.example", "user@xn--bcher-kva.example"),
            ("Ana.Lopez@Example.ORG", "Ana.Lopez@example.org"),
            ("用户@例え.jp", "用户@xn--r8jz45g.jp"),
            (
                "!#&'*+-/=^_|~.x@example.co.uk",
                "!#&'*+-/=^_|~.x@example.co.uk",
            ),
        ] {
            assert_eq!(
                EmailAddress::parse(typed).unwrap().as_str(),
                kept,
                "{typed}"
            );
        }
    }

    #[test]
    fn what_cannot_be_mailed_is_refused_with_its_reason() {
        let long_local = format!("{}@example.org", "a".repeat(65));
        let long = format!("{}@{}b.org", "a".repeat(64), "b.".repeat(95));
        for (typed, why) in [
            ("", AddressError::Empty),
            ("ana", AddressError::Shape),
            ("@example.org", AddressError::Shape),
            ("ana@", AddressError::Shape),
            ("a@b@example.org", AddressError::Shape),
            (".a@example.org", AddressError::Shape),
            ("a..b@example.org", AddressError::Shape),
            ("a@b", AddressError::Domain),
            ("a@[127.0.0.1]", AddressError::Character),
            ("a@127.0.0.1", AddressError::Domain),
            ("\"a b\"@x.com", AddressError::Character),
            ("a@x.com\nBcc:b@y.com", AddressError::Several),
            ("a@x.com, b@y.com", AddressError::Several),
            ("a@x.com b@y.com", AddressError::Several),
            ("a@x.com;b@y.com", AddressError::Several),
            ("a@x.com/b@y.com", AddressError::Several),
            ("Ana <a@x.com>, Bob <b@y.com>", AddressError::Several),
            ("a@x.com and b@y.com.", AddressError::Several),
            ("a@x.com, a@X.com", AddressError::Character),
            ("a@x.com, b@", AddressError::Character),
            ("a b@x.com", AddressError::Character),
            ("a%b@x.com", AddressError::Character),
            (&long_local, AddressError::TooLong),
            (&long, AddressError::TooLong),
        ] {
            assert_eq!(EmailAddress::parse(typed), Err(why), "{typed}");
        }
    }

    #[test]
    fn the_longest_allowed_address_is_accepted_and_one_more_is_not() {
        let domain = format!(
            "{}.{}.{}.org",
            "d".repeat(63),
            "d".repeat(63),
            "d".repeat(57)
        );
        let at_limit = format!("{}@{domain}", "a".repeat(64));
        assert_eq!(at_limit.len(), 254);
        assert!(EmailAddress::parse(&at_limit).is_ok());
        let over = format!("{}@d{domain}", "a".repeat(64));
        assert_eq!(over.len(), 255);
        assert!(EmailAddress::parse(&over).is_err());
    }

    #[test]
    fn case_makes_no_second_subscriber_but_a_tag_does() {
        let key = |s: &str| EmailAddress::parse(s).unwrap().key();
        assert_eq!(key("User@Example.GOV"), key("user@example.gov"));
        assert_ne!(key("user+a@example.gov"), key("user@example.gov"));
    }

    #[test]
    fn what_nobody_sees_or_meant_is_no_part_of_an_address() {
        for typed in [
            "\u{200b}zed@example.org",
            "zed@example.org\u{a0}",
            "\u{feff}zed@example.org",
            "z\u{ad}ed@exam\u{200d}ple.org",
            "zed\u{ff20}example.org",
            "\u{202a}zed@example.org\u{202c}",
        ] {
            assert_eq!(
                EmailAddress::parse(typed).unwrap().as_str(),
                "zed@example.org"
            );
        }
        for wide in [
            "ｚｅｄ＠ｅｘａｍｐｌｅ．ｏｒｇ",
            "zed@example。org",
            "\u{3000}ｚed＠example.org\u{3000}",
        ] {
            let address = EmailAddress::parse(wide).unwrap();
            assert_eq!(address.as_str(), "zed@example.org", "{wide}");
        }
        let curly = EmailAddress::parse("o\u{2019}brien@example.org").unwrap();
        assert_eq!(curly.as_str(), "o'brien@example.org");
    }

    #[test]
    fn a_slip_of_the_finger_is_seen_and_a_name_of_its_own_left_alone() {
        let likely = |domain: &str| {
            let address = EmailAddress::parse(&format!("ana@{domain}")).unwrap();
            address.likely_correction()
        };
        for (typed, meant) in [
            ("gmial.com", "gmail.com"),
            ("aol.co", "aol.com"),
            ("gmail.com.com", "gmail.com"),
            ("comcast.com", "comcast.net"),
            ("gmail.con", "gmail.com"),
            ("gmal.com", "gmail.com"),
            ("gmaill.com", "gmail.com"),
            ("gmail.co", "gmail.com"),
            ("gnail.com", "gmail.com"),
            ("gmial.con", "gmail.com"),
            ("hotmial.com", "hotmail.com"),
            ("yaho.com", "yahoo.com"),
            ("outlok.com", "outlook.com"),
            ("iclould.com", "icloud.com"),
            ("comcast.ne", "comcast.net"),
            ("example.con", "example.com"),
        ] {
            assert_eq!(
                likely(typed).as_deref(),
                Some(format!("ana@{meant}").as_str()),
                "{typed}"
            );
        }
        for right in [
            "gmail.com",
            "mail.com",
            "ymail.com",
            "email.com",
            "yahoo.ca",
            "example.org",
            "doe.gov",
            "me.com",
        ] {
            assert_eq!(likely(right), None, "{right}");
        }
    }

    #[test]
    fn a_letter_of_another_script_or_with_an_accent_is_asked_about() {
        let likely = |typed: &str| EmailAddress::parse(typed).unwrap().likely_correction();
        for (typed, meant) in [
            // Cyrillic а, о and е.
            ("jane@gm\u{430}il.com", "jane@gmail.com"),
            ("j\u{430}ne@example.org", "jane@example.org"),
            ("jane@\u{43e}utl\u{43e}\u{43e}k.com", "jane@outlook.com"),
            ("jan\u{435}@gmial.com", "jane@gmail.com"),
            ("josé@gmail.com", "jose@gmail.com"),
            ("maría.núñez@Outlook.com", "maria.nunez@outlook.com"),
        ] {
            assert_eq!(likely(typed).as_deref(), Some(meant), "{typed}");
        }
        // Whole names in another script, and accents where they may be right.
        for right in [
            "почта@пример.рф",
            "josé@correo.example",
            "用户@例子.广告",
            "jürgen@bücher.example",
        ] {
            assert_eq!(likely(right), None, "{right}");
        }
    }

    #[test]
    fn what_is_no_address_is_understood_where_it_is_clear() {
        for (typed, meant) in [
            ("Ana Lopez <ana@example.org>", Some("ana@example.org")),
            ("mailto:ana@example.org", Some("ana@example.org")),
            ("<ana@example.org>,", Some("ana@example.org")),
            ("\"ana@example.org\"", Some("ana@example.org")),
            ("ana@example,org", Some("ana@example.org")),
            ("ana@example..org", Some("ana@example.org")),
            ("ana @ example.org", Some("ana@example.org")),
            ("ana @gmail.com", Some("ana@gmail.com")),
            ("ana@@example.org", Some("ana@example.org")),
            ("ana@gmail", Some("ana@gmail.com")),
            ("ana@yahoo.", Some("ana@yahoo.com")),
            ("ana.lopez.gmail.com", Some("ana.lopez@gmail.com")),
            ("ana gmail.com", Some("ana@gmail.com")),
            ("ana@gmail,con", Some("ana@gmail.com")),
            // A browser filled it in twice.
            ("ana@example.org ana@example.org", Some("ana@example.org")),
            ("ana@example.org, Ana@example.org", Some("ana@example.org")),
            // It may be the whole of a name, or half of one.
            ("ana lopez@example.org", None),
            ("my address is ana@example.org", None),
            ("ana@example.org, bob@example.org", None),
            ("ana", None),
            ("ana@office", None),
            ("555-0100", None),
            ("", None),
        ] {
            assert!(EmailAddress::parse(typed).is_err(), "{typed}");
            assert_eq!(
                EmailAddress::likely_meant(typed).as_deref(),
                meant,
                "{typed}"
            );
        }
    }

    #[test]
    fn dots_and_tags_of_one_mailbox_count_as_one() {
        let mailbox = |s: &str| EmailAddress::parse(s).unwrap().mailbox_key();
        assert_eq!(
            mailbox("A.na+news@Gmail.com"),
            mailbox("ana@googlemail.com")
        );
        assert_eq!(mailbox("ana+a@example.org"), mailbox("ana+b@example.org"));
        assert_ne!(mailbox("a.na@example.org"), mailbox("ana@example.org"));
    }

    proptest! {
        #[test]
        fn whatever_parses_is_one_line_and_parses_to_itself(input in "\\PC{0,80}") {
            if let Ok(address) = EmailAddress::parse(&input) {
                prop_assert!(!address.as_str().contains(['\r', '\n', '\0', ' ', '<', '>']));
                let again = EmailAddress::parse(address.as_str()).unwrap();
                prop_assert_eq!(address.key(), again.key());
            }
        }

        #[test]
        fn any_input_at_all_is_safe(input in any::<String>()) {
            let _ = EmailAddress::likely_meant(&input);
            let _ = EmailAddress::parse(&input);
        }
    }
}
