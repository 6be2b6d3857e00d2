//! Email addresses: parsed once, at the edge.

use std::fmt;

use unicode_normalization::UnicodeNormalization;

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
        let input = input.trim();
        if input.is_empty() {
            return Err(AddressError::Empty);
        }
        if input
            .chars()
            .any(|c| c.is_control() || c.is_whitespace() || "\"`<>,$%?{}();:\\[]".contains(c))
        {
            // An IP literal's brackets and colons are refused here too: O10 wants a domain.
            return Err(AddressError::Character);
        }
        let (local, domain) = input.rsplit_once('@').ok_or(AddressError::Shape)?;
        if local.is_empty() || domain.is_empty() || local.contains('@') {
            return Err(AddressError::Shape);
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
        let at = local.len();
        Ok(Self {
            text: format!("{local}@{domain}"),
            at,
        })
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

/// Somebody else's words as logs may show them: relays like to repeat the address that they refuse.
#[must_use]
pub fn veil(words: &str) -> String {
    let ends = |c: char| c.is_whitespace() || "<>()[]{},;:\"".contains(c);
    let mut veiled = String::with_capacity(words.len());
    for piece in words.split_inclusive(ends) {
        match piece.rfind('@') {
            Some(at) => {
                veiled.extend(piece.chars().next().filter(|first| *first != '@'));
                veiled.push('…');
                veiled.push_str(&piece[at..]);
            }
            None => veiled.push_str(piece),
        }
    }
    veiled
}

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
    fn v3_an_address_in_somebody_elses_words_is_veiled() {
        for (words, shown) in [
            (
                "550 5.1.1 <ana@example.org> does not exist",
                "550 5.1.1 <a…@example.org> does not exist",
            ),
            ("o'brien+x@x.gov: over quota", "o…@x.gov: over quota"),
            ("no address @ all", "no address …@ all"),
            ("250 ok", "250 ok"),
        ] {
            assert_eq!(veil(words), shown);
        }
    }

    proptest! {
        #[test]
        fn v3_no_local_part_survives_the_veil(local in "[a-z0-9.+_-]{2,20}", before in "[ <(:;]{1}", after in "[ >);,]{1}") {
            let words = format!("550{before}{local}@example.org{after}is full");
            let veiled = veil(&words);
            prop_assert!(!veiled.contains(&format!("{local}@")), "{veiled}");
        }
    }

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
            ("a@x.com\nBcc:b@y.com", AddressError::Character),
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
            let _ = EmailAddress::parse(&input);
        }
    }
}
