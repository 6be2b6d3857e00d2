//! What a source lists: its items, and those that nothing can be made of. Every kind of source is
//! read into this.

use std::collections::{HashMap, HashSet};

use gazette_templates::Document;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use url::Url;

use super::{
    attachments::Attachment,
    identity,
    reading::{
        self, Certainty, PublishedAt, Refusal, dates::Calendar, second_reader::SecondReading,
    },
};

/// What a source lists.
#[derive(Debug, Default)]
pub(super) struct Listing {
    /// What the source calls itself.
    pub title: String,
    /// Its items, in its order.
    pub items: Vec<Item>,
    /// Those of its items that nothing can be made of.
    pub set_aside: Vec<SetAside>,
    /// What it is written in, as people name it.
    pub format: String,
    /// The page that it belongs to.
    pub home: Option<Url>,
    /// Who tells of news in it (F4).
    pub hub: Option<Url>,
    /// What the hub calls it.
    pub own: Option<Url>,
    /// In how many parts it is given.
    pub pages: u32,
    /// Where the older items stand that did not fit in.
    pub next: Option<Url>,
}

impl Listing {
    /// Gives keys of their own to items that share one and say different things: some sites give all
    /// items one id, or link them to one page, and none of them must pass for another (F7).
    pub(super) fn tell_apart(&mut self, calendar: &Calendar) {
        let mut groups: HashMap<String, Vec<&mut Item>> = HashMap::new();
        for item in &mut self.items {
            groups.entry(item.identity.clone()).or_default().push(item);
        }
        for group in groups.into_values().filter(|group| group.len() > 1) {
            let place = |item: &Item| item.url.as_ref().map(identity::place);
            let mut places: HashMap<Option<String>, usize> = HashMap::new();
            let mut said = HashSet::new();
            for item in &group {
                *places.entry(place(item)).or_default() += 1;
                said.insert(item.says());
            }
            if places.len() < 2 && said.len() < 2 {
                continue;
            }
            for item in group {
                let place = place(item);
                let is_alone = place.is_some() && places.get(&place) == Some(&1);
                let part = item.url.as_ref().and_then(Url::fragment);
                item.identity = match (place, part) {
                    (Some(place), _) if is_alone => place,
                    (Some(place), Some(part)) => format!("{place}#{part}"),
                    _ => {
                        let day = item.published.map(|at| calendar.day(at));
                        identity::of(None, None, &item.says(), day)
                    }
                };
            }
        }
    }
}

/// An item that nothing can be made of; the others of its source go on (F6).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetAside {
    /// What it calls itself.
    pub item: String,
    /// What is wrong with it.
    pub why: String,
}

impl SetAside {
    pub(super) fn new(item: &str, why: &str) -> Self {
        Self {
            item: item.chars().take(200).collect(),
            why: why.to_owned(),
        }
    }

    pub(super) fn nameless(id: &str) -> Self {
        Self::new(id, "it has neither a title nor a link")
    }
}

/// One item of a feed or an API.
#[derive(Debug, Clone, Default)]
pub(super) struct Item {
    /// Which one it is, however often its site moves (F7).
    pub identity: String,
    /// Its page.
    pub url: Option<Url>,
    /// Its title as plain text.
    pub title: String,
    /// When it was published.
    pub published: Option<Timestamp>,
    /// What the source says of it.
    pub document: Option<Document>,
    /// Whether that is all of it; else the page has the rest.
    pub whole: bool,
    /// What it brings beside its text.
    pub attachments: Vec<Attachment>,
    /// What the source files it under, as the source names it.
    pub categories: Vec<String>,
    /// Where it stands in other languages, as its page names them.
    pub alternates: Vec<String>,
    /// When its page changed last, as a sitemap says: no date of publication.
    pub changed: Option<Timestamp>,
    /// Its page is another organisation's: what stands there is not the office's to mail (F11).
    pub elsewhere: bool,
    /// What reading it showed besides.
    pub notes: ReadingNotes,
    /// The fingerprint of what `document` was read from.
    pub source_hash: Option<Vec<u8>>,
    /// The words of the page that `document` was read from. `None`: the source gave it.
    pub source_text: Option<String>,
}

impl Item {
    /// Its headline, as headlines are compared; else its text.
    fn says(&self) -> String {
        let title = identity::title_key(&self.title);
        match &self.document {
            Some(document) if title.is_empty() => reading::words(document),
            _ => title,
        }
    }

    /// Takes a date that was found, with how sure it is.
    pub(super) fn set_date(&mut self, found: Option<PublishedAt>) {
        self.published = found.map(|found| found.instant);
        self.notes.date = found.map(|found| found.certainty).unwrap_or_default();
    }

    /// Of two days that its date may mean, the one on which it appeared is meant, where that is
    /// one of the two only.
    pub(super) fn date_by_appearance(&mut self, now: Timestamp) {
        let (Some(at), Certainty::Ambiguous { other }) = (self.published, self.notes.date) else {
            return;
        };
        let is_now = |day: Timestamp| day.duration_since(now).abs() <= NEW_FOR;
        match (is_now(at), is_now(other)) {
            (true, false) => {}
            (false, true) => self.published = Some(other),
            _ => return,
        }
        self.notes.date = Certainty::Certain;
    }
}

/// What is dated within so long of its appearance appeared when it was published.
const NEW_FOR: SignedDuration = SignedDuration::from_hours(48);

/// What reading an item showed that a person should know before it goes out by itself.
#[derive(Debug, Clone, Default)]
pub(super) struct ReadingNotes {
    /// How sure its date is.
    pub date: Certainty,
    /// Why its page is no release.
    pub refusal: Option<Refusal>,
    /// What the page is called that stands at its address in its place.
    pub other_page: Option<String>,
    /// What another reader makes of its page, where it does not agree with ours.
    pub doubt: Option<SecondReading>,
    /// The site's sitemap names it, and no list of releases.
    pub of_sitemap: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_release_was_published_on_that_of_two_days_on_which_it_appeared() {
        let at = |day: &str| format!("{day}T12:00:00Z").parse::<Timestamp>().unwrap();
        for (read, other, wanted, certain) in [
            ("2026-05-10", "2026-10-05", "2026-10-05", true),
            ("2026-10-05", "2026-05-10", "2026-10-05", true),
            // Long ago, either way; and both just now.
            ("2026-03-02", "2026-02-03", "2026-03-02", false),
            ("2026-10-05", "2026-10-06", "2026-10-05", false),
        ] {
            let mut item = Item {
                published: Some(at(read)),
                ..Item::default()
            };
            item.notes.date = Certainty::Ambiguous { other: at(other) };
            item.date_by_appearance("2026-10-05T20:00:00Z".parse().unwrap());
            assert_eq!(item.published, Some(at(wanted)), "{read} {other}");
            assert_eq!(item.notes.date == Certainty::Certain, certain);
        }
    }
}
