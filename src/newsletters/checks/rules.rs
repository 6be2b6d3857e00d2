//! What an office may not mail with public money (C5): the Communications Standards Manual allows
//! links to government sites and to what official business needs, and nothing that campaigns,
//! raises funds or promotes a business. The words are found here; a person judges them.

use std::collections::BTreeMap;

use url::Url;

use super::{
    check_result::{
        Check,
        Severity::{Blocking, Ok, Warning},
        several,
    },
    checked_content::Content,
};
use crate::{config::PublicUrl, newsletters::Newsletter, office::Office};

/// Names that fundraising and campaign sites have in their hosts.
const CAMPAIGN_HOSTS: &[&str] = &[
    "actblue",
    "winred",
    "anedot",
    "ngpvan",
    "everyaction",
    "nationbuilder",
    "raisethemoney",
    "efundraisingconnections",
    "gofundme",
    "givebutter",
    "mobilize",
];

/// Parts of paths where money is asked for.
const CAMPAIGN_PATHS: &[&str] = &[
    "donate",
    "donation",
    "donations",
    "contribute",
    "fundraising",
];

/// What a campaign says. Matched as whole words, whatever their case and punctuation.
const CAMPAIGN_WORDS: &[&str] = &[
    "donate",
    "donation",
    "donations",
    "donating",
    "vote for",
    "re elect",
    "reelect",
    "re election campaign",
    "reelection campaign",
    "campaign contribution",
    "campaign contributions",
    "contribute to my campaign",
    "contribute to our campaign",
    "support my campaign",
    "support our campaign",
    "join my campaign",
    "my campaign",
    "chip in",
    "fundraiser",
    "fundraising",
    "paid for by",
    "yard sign",
    "dona hoy",
    "done hoy",
    "donar",
    "donativo",
    "vote por",
    "vota por",
    "mi campaña",
    "후원금",
    "기부",
    "투표해",
    "quyên góp",
    "bỏ phiếu cho",
    "捐款",
    "投票给",
    "投票給",
];

/// Flags what campaigns, and asks somebody to say that they saw it. `beside`: what the mail says besides its text,
/// each with where it stands.
pub(super) fn house(subject: &str, content: &Content, beside: &[(&str, &str)]) -> Check {
    let mut details = Vec::new();
    for (url, label) in &content.links {
        if campaigns(url) {
            details.push(format!("the link “{label}” to {url}"));
        }
    }
    let mut texts = vec![
        (words(subject), "in the subject"),
        (content.words.clone(), "in the text"),
    ];
    texts.extend(beside.iter().map(|(text, place)| (words(text), *place)));
    for phrase in CAMPAIGN_WORDS {
        for (text, place) in &texts {
            let found = places(text, phrase);
            if let Some(at) = found.first() {
                details.push(format!("“…{}…” {place}", around(text, *at)));
            }
        }
    }
    let check =
        |severity, says| Check::new("house-rules", "Campaigning and fundraising", severity, says);
    if details.is_empty() {
        return check(Ok, "No sign of either.");
    }
    check(
        Blocking,
        "Something reads like campaigning or fundraising, which official mail must not do.",
    )
    .with(details)
}

fn campaigns(url: &Url) -> bool {
    let Some(host) = url.host_str() else {
        return false;
    };
    let host = host.to_lowercase();
    if is_government(&host) {
        return false;
    }
    let in_path = url.path_segments().is_some_and(|mut segments| {
        segments.any(|segment| {
            segment
                .to_lowercase()
                .split(|c: char| !c.is_alphanumeric())
                .any(|word| CAMPAIGN_PATHS.contains(&word))
        })
    });
    in_path
        || host
            .split(['.', '-'])
            .any(|label| CAMPAIGN_HOSTS.contains(&label))
        // Where campaigns collect, by custom: secure.example.com.
        || host.starts_with("secure.")
        || host.starts_with("donate.")
}

fn is_government(host: &str) -> bool {
    [".gov", ".mil"].iter().any(|end| host.ends_with(end))
}

/// The hosts that are the office's own: as domains that somebody registered.
pub(super) fn ours(
    office: &Office,
    newsletter: &Newsletter,
    public_url: &PublicUrl,
) -> Vec<String> {
    let of_url = |url: &Option<String>| {
        url.as_deref()
            .and_then(|url| Url::parse(url).ok())
            .and_then(|url| url.host_str().map(str::to_owned))
    };
    [
        of_url(&office.site_url),
        of_url(&newsletter.release_url),
        Some(public_url.host()),
        office.complete.then(|| office.from.domain().to_owned()),
    ]
    .into_iter()
    .flatten()
    .map(|host| registered(&host))
    .collect()
}

/// The domain that somebody registered.
pub(super) fn registered(host: &str) -> String {
    psl::domain_str(host).unwrap_or(host).to_lowercase()
}

/// Lists every host that is neither the office's nor a government's.
pub(super) fn hosts(content: &Content, ours: &[String]) -> Check {
    let mut external: BTreeMap<String, usize> = BTreeMap::new();
    let links = content.links.iter().map(|(url, _)| url);
    let pictures = content.pictures.iter().map(|picture| &picture.src);
    for host in links.chain(pictures).filter_map(Url::host_str) {
        if !is_government(host) && !ours.contains(&registered(host)) {
            *external.entry(host.to_owned()).or_default() += 1;
        }
    }
    let check = |severity, says| Check::new("hosts", "Sites it leads to", severity, says);
    if external.is_empty() {
        return check(Ok, "Only your own and other government sites.".to_owned());
    }
    let says = format!(
        "{} outside government. Each should be there for official business, and promote nobody.",
        several(external.len(), "site")
    );
    let details = external
        .into_iter()
        .map(|(host, number)| format!("{host} ({})", several(number, "link")));
    check(Warning, says).with(details.collect())
}

/// A text as words.
pub(super) fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Where a phrase stands among words. Korean and Chinese join a word to its neighbours, so there a
/// phrase of one word is looked for within words.
pub(super) fn places(text: &[String], phrase: &str) -> Vec<usize> {
    let phrase: Vec<String> = phrase.split(' ').map(str::to_lowercase).collect();
    let joined = phrase
        .iter()
        .all(|word| word.chars().all(|c| c >= '\u{1100}') && phrase.len() == 1);
    text.windows(phrase.len())
        .enumerate()
        .filter(|(_, words)| {
            words.iter().zip(&phrase).all(|(word, wanted)| {
                let word = word.to_lowercase();
                word == *wanted || joined && word.contains(wanted.as_str())
            })
        })
        .map(|(at, _)| at)
        .collect()
}

/// A few words before and after, so that staff need not search.
fn around(text: &[String], at: usize) -> String {
    let from = at.saturating_sub(3);
    let to = (at + 5).min(text.len());
    text.get(from..to).unwrap_or_default().join(" ")
}
