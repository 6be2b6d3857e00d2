//! Web addresses in plain text, as links.

use gazette_templates::document::Inline;
use url::Url;

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
        inlines.push(Inline::Link {
            href,
            label: vec![Inline::Text(address.to_owned())],
        });
        at += address.len();
        start = at;
    }
    let rest = text.get(start..).unwrap_or_default();
    if !rest.is_empty() {
        inlines.push(Inline::Text(rest.to_owned()));
    }
    inlines
}
