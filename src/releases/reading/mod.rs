//! Reading what the office published: a page, a feed's text or a text file, into a document.

use dom_query::Document as Page;
use gazette_templates::{
    Document,
    document::{Block, Direction},
};
use jiff::Timestamp;
use url::Url;

mod blocks;
pub mod charset;
mod content;
pub(super) mod dates;
mod depth;
mod edges;
mod head;
mod run;
#[cfg(test)]
mod tests;
mod text;

pub(super) use head::language;
use run::Base;

/// What a page or file says.
#[derive(Debug, Clone)]
pub struct Reading {
    /// The release's title, where it could be told.
    pub title: Option<String>,
    /// When it was published.
    pub published: Option<Timestamp>,
    /// The address that the page gives itself.
    pub canonical: Option<Url>,
    /// The feeds that the page links to, the likeliest first.
    pub feeds: Vec<Url>,
    /// The release.
    pub document: Document,
}

impl Reading {
    fn of_blocks(title: Option<String>, published: Option<Timestamp>, blocks: Vec<Block>) -> Self {
        Self {
            title,
            published,
            canonical: None,
            feeds: Vec::new(),
            document: Document {
                language: "en".to_owned(),
                direction: Direction::Ltr,
                blocks,
            },
        }
    }

    /// Whether nothing was found that could be mailed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.document.blocks.is_empty()
    }
}

/// Reads a whole page as a browser gets it from `address`.
#[must_use]
pub fn page(html: &str, address: Option<&Url>) -> Reading {
    let page = Page::from(depth::bounded(html));
    let head = head::read(&page, address);
    let mut found = content::find(&page, head.title.as_deref().unwrap_or_default())
        .map(|part| blocks::read(&part, &Base(head.base)))
        .unwrap_or_default();
    edges::trim(&mut found, head.title.as_deref().unwrap_or_default());
    Reading {
        title: head.title,
        published: head.published,
        canonical: head.canonical,
        feeds: head.feeds,
        document: Document {
            direction: head::direction(&head.language, head.direction.as_deref()),
            language: head.language,
            blocks: found,
        },
    }
}

/// Reads the markup that a feed or an API gives as an item's content.
#[must_use]
pub fn fragment(html: &str, title: &str, language: &str, base: Option<&Url>) -> Document {
    let page = Page::from(format!("<body>{}</body>", depth::bounded(html)));
    let body = page.body().unwrap_or_else(|| page.root());
    let mut found = blocks::read(&body, &Base(base.cloned()));
    edges::trim(&mut found, title);
    Document {
        direction: head::direction(language, None),
        language: language.to_owned(),
        blocks: found,
    }
}

/// What markup or escaped text says, on one line: titles in feeds hold both.
#[must_use]
pub fn line(html: &str) -> String {
    let page = Page::from(format!("<body>{}</body>", depth::bounded(html)));
    let text = page
        .body()
        .map(|body| body.text().to_string())
        .unwrap_or_default();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Reads a release that was saved as plain text.
#[must_use]
pub fn text(text: &str) -> Reading {
    text::read(text)
}

/// The words of a document: what it says, without how.
#[must_use]
pub fn words(document: &Document) -> String {
    gazette_templates::document::words::of_document(document).join(" ")
}
