//! One item of an RSS or Atom feed, as a release.

use feed_rs::model::Entry;
use gazette_templates::{
    Document,
    document::{Block, plain},
};
use url::Url;

use super::{
    attachments, hash, identity,
    items::Item,
    reading::{self, dates::Calendar},
    release_topics,
};

/// What an item of the feed at `address` says. `twin` is the same item without its `media:` elements, where
/// these would hide what is enclosed; `guid` is its id, where that tells it from all others.
pub(super) fn item(
    (entry, twin): (&Entry, Option<&Entry>),
    address: &Url,
    calendar: &Calendar,
    language: &str,
    guid: Option<&str>,
) -> Item {
    let url = link(entry, address);
    let title = entry
        .title
        .as_ref()
        .map(|title| reading::line(&title.content))
        .unwrap_or_default();
    let published = entry
        .published
        .or(entry.updated)
        .and_then(|at| jiff::Timestamp::from_millisecond(at.timestamp_millis()).ok());
    let language = entry
        .language
        .as_deref()
        .and_then(reading::language)
        .unwrap_or_else(|| language.to_owned());
    let base = entry
        .base
        .as_deref()
        .and_then(|base| address.join(base).ok())
        .map(|base| reading::secured(base, address))
        .or_else(|| url.clone())
        .unwrap_or_else(|| address.clone());
    let parse = |html: &str| {
        Some(reading::fragment(html, &title, &language, Some(&base)))
            .filter(|d| !d.blocks.is_empty())
    };
    let content = entry
        .content
        .as_ref()
        .and_then(|content| content.body.as_deref())
        .and_then(parse);
    let breaks_off = || {
        let content = entry.content.as_ref();
        content
            .and_then(|content| content.body.as_deref())
            .is_some_and(reading::breaks_off)
    };
    let whole = content.is_some() && !breaks_off();
    let attachments = attachments::of_entry(entry, twin, &base);
    let mut document = content.or_else(|| {
        entry
            .summary
            .as_ref()
            .and_then(|summary| parse(&summary.content))
    });
    if let Some(document) = &mut document {
        attachments::add(document, &attachments);
    }
    // RSS 2.0 asks an item for a title or a description, and some have only that.
    let title = match &document {
        Some(document) if title.is_empty() && url.is_none() => {
            first_sentence(document).unwrap_or_default()
        }
        _ => title.clone(),
    };
    let day = published.map(|at| calendar.day(at));
    Item {
        identity: identity::of(guid, url.as_ref(), &title, day),
        url,
        title,
        published,
        document,
        whole,
        attachments,
        source_hash: source_hash(entry),
        categories: categories(entry),
        ..Item::default()
    }
}

/// Of the item's own text, as the feed has it.
fn source_hash(entry: &Entry) -> Option<Vec<u8>> {
    let content = entry
        .content
        .as_ref()
        .and_then(|content| content.body.as_deref());
    let summary = || {
        entry
            .summary
            .as_ref()
            .map(|summary| summary.content.as_str())
    };
    let title = entry
        .title
        .as_ref()
        .map_or("", |title| title.content.as_str());
    let text = content.or_else(summary)?;
    Some(hash::of_source(&format!("{title}\n{text}")))
}

/// What a text without a title begins with, as its name in a list. `None`: it says next to nothing.
fn first_sentence(document: &Document) -> Option<String> {
    const FEWEST_WORDS: usize = 3;
    let mut runs = document.blocks.iter().flat_map(Block::runs);
    let line = runs.next().map(plain).unwrap_or_default();
    let end = line.find(". ").map_or(line.len(), |at| at + 1);
    let sentence = line.get(..end).unwrap_or_default().trim();
    let wide = sentence.chars().filter(|c| *c >= '\u{2e80}').count();
    (sentence.split_whitespace().count() + wide / 3 >= FEWEST_WORDS)
        .then(|| sentence.chars().take(MOST_OF_A_SENTENCE).collect())
}

/// In characters.
const MOST_OF_A_SENTENCE: usize = 200;

/// Atom has a label for people beside the term for machines.
fn categories(entry: &Entry) -> Vec<String> {
    let names = entry
        .categories
        .iter()
        .map(|category| reading::line(category.label.as_deref().unwrap_or(&category.term)));
    names
        .filter(|name| release_topics::is_topic(name))
        .collect()
}

fn link(entry: &Entry, address: &Url) -> Option<Url> {
    let alternate = |rel: Option<&str>| matches!(rel, None | Some("alternate"));
    entry
        .links
        .iter()
        .filter(|link| alternate(link.rel.as_deref()))
        .map(|link| link.href.as_str())
        .chain(std::iter::once(entry.id.as_str()).filter(|id| id.starts_with("http")))
        .filter_map(|href| address.join(href.trim()).ok())
        .find(|url| matches!(url.scheme(), "http" | "https"))
        .map(|url| reading::secured(url, address))
}
