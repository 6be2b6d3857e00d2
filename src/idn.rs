//! Internationalised domain names that could be mistaken for others (P7, UTS #39 §5.2).
//!
//! Gmail rejects mail whose From, Reply-To or links mix scripts as look-alikes do: `pаypal.example`
//! with a Cyrillic `а`. So the office's own domains may not, and whoever puts a link into a mail
//! can ask [`deceptive_link`] and warn.

use unicode_security::{RestrictionLevel, RestrictionLevelDetection};

/// A domain whose letters come from scripts that do not belong together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the domain `{ascii}` (`{shown}`) mixes scripts as look-alikes do, and mailbox providers reject mail that names it; use a domain that is written in one script"
)]
pub struct DeceptiveDomain {
    /// As A-labels.
    pub ascii: String,
    /// As readers see it.
    pub shown: String,
}

/// Checks a domain, written either way: each label must be at most Highly Restrictive, that is one
/// script, or Latin with Han and the scripts that Japanese, Chinese or Korean writes beside it.
///
/// # Errors
/// [`DeceptiveDomain`] otherwise.
pub fn examine(domain: &str) -> Result<(), DeceptiveDomain> {
    let (shown, valid) = idna::domain_to_unicode(domain);
    let honest = shown
        .split('.')
        .all(|label| label.check_restriction_level(RestrictionLevel::HighlyRestrictive));
    // What is no valid name leads nowhere and deceives nobody.
    if honest || valid.is_err() {
        return Ok(());
    }
    Err(DeceptiveDomain {
        ascii: idna::domain_to_ascii(domain).unwrap_or_else(|_| domain.to_owned()),
        shown,
    })
}

/// What is wrong with the host of a link, if anything: for a warning beside it.
#[must_use]
pub fn deceptive_link(link: &str) -> Option<DeceptiveDomain> {
    let url = url::Url::parse(link).ok()?;
    examine(url.domain()?).err()
}

/// An address with its domain as people write it: `ana@bücher.example`. One that could be mistaken for
/// another, or would not be read back as the same, stays as it is mailed.
#[must_use]
pub fn readable_address(address: &str) -> String {
    let shown = address.rsplit_once('@').and_then(|(local, domain)| {
        let (shown, valid) = idna::domain_to_unicode(domain);
        let is_same = idna::domain_to_ascii_strict(&shown).is_ok_and(|ascii| ascii == domain);
        let is_honest = valid.is_ok() && is_same && examine(domain).is_ok();
        is_honest.then(|| format!("{local}@{shown}"))
    });
    shown.unwrap_or_else(|| address.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_as_it_was_typed_unless_it_could_be_mistaken() {
        for (mailed, shown) in [
            ("user@xn--bcher-kva.example", "user@bücher.example"),
            ("用户@xn--r8jz45g.jp", "用户@例え.jp"),
            ("ana@example.org", "ana@example.org"),
            ("ana@xn--pypal-4ve.example", "ana@xn--pypal-4ve.example"),
            ("ana@xn--0.example", "ana@xn--0.example"),
            ("no address", "no address"),
        ] {
            assert_eq!(readable_address(mailed), shown);
        }
    }

    #[test]
    fn p7_what_one_language_writes_is_honest() {
        for domain in [
            "news.example.gov",
            "under_score.example-site.gov",
            "bücher.example",
            "xn--bcher-kva.example",
            "例え.jp",
            "пример.рф",
            // Each label by itself: a Cyrillic name under a Latin top-level domain is ordinary.
            "пример.com",
            "日本語カナa.jp",
            "한국漢字a.kr",
            "xn--0.example",
        ] {
            assert_eq!(examine(domain), Ok(()), "{domain}");
        }
    }

    #[test]
    fn p7_letters_that_only_look_alike_are_named() {
        for domain in [
            "p\u{430}ypal.example",
            "xn--pypal-4ve.example",
            "\u{3b1}bc.example",
        ] {
            let error = examine(domain).unwrap_err();
            assert!(error.ascii.starts_with("xn--"), "{error}");
        }
        let error = deceptive_link("https://p\u{430}ypal.example/letter.pdf").unwrap();
        assert_eq!(error.ascii, "xn--pypal-4ve.example");
        assert_eq!(deceptive_link("https://example.gov/\u{430}b"), None);
        assert_eq!(deceptive_link("https://192.0.2.1/"), None);
        assert_eq!(deceptive_link("mailto:a@example.gov"), None);
    }
}
