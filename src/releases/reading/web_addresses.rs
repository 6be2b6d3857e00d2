//! Web addresses in plain text, as links.

use gazette_templates::document::Inline;
use url::Url;

use super::redirects::{self, Unwrapped};

/// An address as a link. One that leads through a mail filter is shown and linked as what stands
/// behind it: it carries the address of the member of staff who copied it.
fn link(href: Url, written: &str) -> Inline {
    match redirects::unwrap(href) {
        Unwrapped::Own(href) => Inline::Link {
            href,
            label: vec![Inline::Text(written.to_owned())],
        },
        Unwrapped::Behind(href) => Inline::Link {
            label: vec![Inline::Text(href.to_string())],
            href,
        },
        Unwrapped::Hidden { through } => Inline::LostLink {
            label: vec![Inline::Text(format!("link through {through}"))],
            href: through,
        },
    }
}

/// The words with the web addresses in them as links.
pub(in crate::releases) fn linked(text: &str) -> Vec<Inline> {
    let mut inlines = Vec::new();
    // From `start` on nothing has been taken over yet; addresses are sought from `at` on.
    let (mut start, mut at) = (0, 0);
    while let Some(found) = text.get(at..).and_then(|rest| rest.find("http")) {
        at += found;
        let from = text.get(at..).unwrap_or_default();
        if !(from.starts_with("http://") || from.starts_with("https://")) {
            at += "http".len();
            continue;
        }
        let end = from
            .find(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"' | '”'))
            .unwrap_or(from.len());
        let address = from
            .get(..end)
            .unwrap_or_default()
            .trim_end_matches(['.', ',', ';', ':', ')', ']', '!', '?', '’']);
        let href = Url::parse(address)
            .ok()
            .filter(|href| href.host_str().is_some() && href.username().is_empty());
        let Some(href) = href else {
            at += "http".len();
            continue;
        };
        let before = text.get(start..at).unwrap_or_default();
        if !before.is_empty() {
            inlines.push(Inline::Text(before.to_owned()));
        }
        inlines.push(link(href, address));
        at += address.len();
        start = at;
    }
    let rest = text.get(start..).unwrap_or_default();
    if !rest.is_empty() {
        inlines.push(Inline::Text(rest.to_owned()));
    }
    inlines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_through_a_mail_filter_becomes_the_one_behind_it_or_is_lost() {
        let safe = "https://nam02.safelinks.protection.outlook.com/?url=https%3A%2F%2Fdoe.example.gov%2Fform&data=05%7C01%7Ckim.lee%40mail.example.gov";
        let words = linked(&format!("Sign up: {safe}"));
        let [Inline::Text(before), Inline::Link { href, label }] = words.as_slice() else {
            panic!("{words:?}")
        };
        assert_eq!(before, "Sign up: ");
        assert_eq!(href.as_str(), "https://doe.example.gov/form");
        assert_eq!(label, &[Inline::Text(href.to_string())]);
        let hidden = linked("https://protect-us.mimecast.com/s/AbC123?domain=doe.example.gov");
        let [Inline::LostLink { href, .. }] = hidden.as_slice() else {
            panic!("{hidden:?}")
        };
        assert_eq!(href, "protect-us.mimecast.com");
    }
}
