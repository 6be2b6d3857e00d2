//! Links that seem to lead elsewhere than they do: names whose letters only look alike (P7), and
//! words that are another site's address. Mailbox providers take both for fraud.

use std::collections::BTreeSet;

use url::Url;

use super::{
    check_result::{
        Check,
        Severity::{Ok, Warning},
    },
    checked_content::Content,
    rules::registered,
};
use crate::idn;

pub(super) fn names(content: &Content) -> Check {
    let check = |severity, says| {
        Check::new(
            "link-names",
            "Link text matches its address",
            severity,
            says,
        )
    };
    let pictures = content.pictures.iter().map(|picture| &picture.src);
    let addresses = content.links.iter().map(|(url, _)| url).chain(pictures);
    // A name that is linked ten times is one name.
    let mut details: BTreeSet<String> = addresses.filter_map(look_alike).collect();
    details.extend(
        content
            .labels
            .iter()
            .filter_map(|(url, label)| elsewhere(url, label)),
    );
    if details.is_empty() {
        return check(Ok, "Each link leads where it says.");
    }
    check(
        Warning,
        "Some seem to lead elsewhere than they do. Mailboxes take that for fraud.",
    )
    .with(details.into_iter().collect())
}

fn look_alike(url: &Url) -> Option<String> {
    let name = idn::deceptive_link(url.as_str())?;
    Some(format!(
        "“{}” is {} and mixes letters of several scripts, as look-alikes do",
        name.shown, name.ascii
    ))
}

fn elsewhere(url: &Url, label: &str) -> Option<String> {
    let host = url.domain()?;
    let named = named(url, label)?;
    (registered(&named) != registered(host))
        .then(|| format!("“{label}” reads like {named}, but leads to {host}"))
}

/// The site that a label names, where it reads like an address: all of it, or a word of it that
/// begins as only addresses do.
fn named(url: &Url, label: &str) -> Option<String> {
    let words: Vec<&str> = label.split_whitespace().collect();
    words.iter().find_map(|word| {
        let word = word.trim_matches(|c: char| !c.is_alphanumeric() && c != '/');
        let bare = word.split_once("://").map_or(word, |(_, rest)| rest);
        let marked = bare != word || word.to_lowercase().starts_with("www.");
        // An address of a person names no site; a file's own name may end like one: `map.zip`.
        if !(marked || words.len() == 1) || bare.contains('@') || url.path().ends_with(bare) {
            return None;
        }
        let named = Url::parse(&format!("https://{bare}")).ok()?;
        let host = named.domain()?;
        let ending = psl::suffix(host.as_bytes())?;
        (ending.is_known() && psl::domain_str(host).is_some()).then(|| host.to_owned())
    })
}
