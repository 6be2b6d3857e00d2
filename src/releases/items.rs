//! What a source lists: its items, and those that nothing can be made of. Every kind of source is
//! read into this.

use gazette_templates::Document;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use url::Url;

use super::attachments::Attachment;

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
    /// Its page is another organisation's: what stands there is not the office's to mail (F11).
    pub elsewhere: bool,
}
