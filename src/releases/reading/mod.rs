//! Reading what the office published: a page, a feed's text or a text file, into a document.

use dom_query::Document as Page;
use gazette_templates::{
    Document,
    document::{Block, Direction},
};
use url::Url;

mod blocks;
mod bullets;
pub mod charset;
mod content;
pub(super) mod dates;
mod depth;
mod edges;
mod elements;
#[cfg(test)]
mod fixture_tests;
#[cfg(test)]
mod hard_tests;
mod head;
#[cfg(test)]
mod hostile_tests;
mod language;
mod lists;
#[cfg(test)]
mod meaning_tests;
mod media;
mod naming;
mod notes;
mod quotes;
mod redirects;
mod runs;
mod short;
mod shortcodes;
mod surroundings;
mod tables;
#[cfg(test)]
mod tests;
mod text;

use blocks::{Builder, Walk};
pub(super) use blocks::{resolve, secured};
use content::Layout;
pub use dates::Written;
pub(super) use depth::bounded;
pub(super) use edges::date_line;
pub(super) use language::primary as language;
pub(super) use text::linked;

/// What a page or file says.
#[derive(Debug, Clone)]
pub struct Reading {
    /// The release's title, where it could be told.
    pub title: Option<String>,
    /// When it was published, as it says that.
    pub published: Option<Written>,
    /// The address that the page gives itself.
    pub canonical: Option<Url>,
    /// The feeds that the page links to, the likeliest first.
    pub feeds: Vec<Url>,
    /// The release.
    pub document: Document,
}

impl Reading {
    /// Whether nothing was found that could be mailed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.document.blocks.is_empty()
    }
}

/// Reads a whole page as a browser gets it from `address`.
#[must_use]
pub fn page(html: &str, address: Option<&Url>) -> Reading {
    whole(html, address, None)
}

/// Reads a page that was saved as a file: its links are relative to what it says that its address is,
/// else to the office's `site`; without either they are lost, and said to be.
#[must_use]
pub fn saved_page(html: &str, site: Option<&Url>) -> Reading {
    whole(html, None, site)
}

fn whole(html: &str, address: Option<&Url>, site: Option<&Url>) -> Reading {
    let page = Page::from(depth::bounded(&shortcodes::replaced(html)));
    let head = head::read(&page, address);
    let body = page.body().unwrap_or_else(|| page.root());
    let title = head.title.unwrap_or_default();
    let layout = Layout::of(&body, &title);
    let mut blocks = Vec::new();
    let (mut language, mut direction) = (head.language, head.direction);
    let mut date = None;
    if layout.says_something() {
        let content = layout.content(body);
        date = content.date;
        if let Some(part) = content.parts.iter().flatten().next() {
            (language, direction) = language::declared(part, language, direction);
        }
        let mut builder = Builder::new(Walk {
            layout: &layout,
            base: head.base.as_ref().or(site),
            language: &language,
        });
        for part in &content.parts {
            builder.read_part(part);
        }
        blocks = builder.blocks;
        if let Some(at) = builder.headline_at {
            edges::drop_before_headline(&mut blocks, at);
        }
        blocks = edges::spread(blocks);
    }
    let date_line = edges::trim(&mut blocks, &title);
    let title = Some(title)
        .filter(|title| !title.is_empty())
        .or_else(|| (!blocks.is_empty()).then(|| naming::first_sentence(&blocks)));
    Reading {
        title,
        published: head.published.or(date).or(date_line),
        canonical: head.canonical,
        feeds: head.feeds,
        document: language::document(blocks, &language, direction.as_deref()),
    }
}

/// Reads the markup that a feed or an API gives as an item's content: all of it is the release.
#[must_use]
pub fn fragment(html: &str, title: &str, language: &str, base: Option<&Url>) -> Document {
    let html = shortcodes::replaced(html);
    let mut page = Page::from(format!("<body>{}</body>", depth::bounded(&html)));
    // Some feeds escape their markup twice.
    let text = page.text();
    if (text.contains("</p>") || text.contains("<br")) && page.select("p, br, div, a").is_empty() {
        let html = shortcodes::replaced(&text);
        page = Page::from(format!("<body>{}</body>", depth::bounded(&html)));
    }
    let body = page.body().unwrap_or_else(|| page.root());
    let layout = Layout::of(&body, title);
    let read = Builder::new(Walk {
        layout: &layout,
        base,
        language,
    })
    .read(&body);
    let mut blocks = edges::spread(read.blocks);
    edges::trim(&mut blocks, title);
    language::document(blocks, language, None)
}

/// What markup or escaped text says, on one line: titles in feeds hold both. No control character
/// and none that turns the text around comes through (M6).
#[must_use]
pub fn line(html: &str) -> String {
    let page = Page::from(format!("<body>{}</body>", depth::bounded(html)));
    let text = page
        .body()
        .map(|body| body.text().to_string())
        .unwrap_or_default();
    one_line(&text.replace('\u{a0}', " ")).trim().to_owned()
}

/// White space folded to single spaces, control and direction-changing characters gone.
fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for c in text.chars() {
        if c == '\u{a0}' || !(c.is_whitespace() || c.is_control()) {
            if !runs::is_invisible(c) {
                line.push(c);
            }
        } else if !line.is_empty() && !line.ends_with(' ') {
            line.push(' ');
        }
    }
    line.truncate(line.trim_end_matches(' ').len());
    line
}

/// Reads a release that was saved as plain text.
#[must_use]
pub fn text(text: &str) -> Reading {
    text::read(text)
}

/// The language that the blocks speak, `declared` where they do not tell, and which way it runs.
pub(super) fn speaks(blocks: &[Block], declared: &str) -> (String, Direction) {
    let language = language::of(&edges::all_words(blocks), declared);
    let direction = language::direction(&language, None);
    (language, direction)
}

/// The words of a document: what it says, without how.
#[must_use]
pub fn words(document: &Document) -> String {
    gazette_templates::document::words::of_document(document).join(" ")
}
