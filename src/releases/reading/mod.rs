//! Reading what the office published: a page, a feed's text or a text file, into a document.

use dom_query::{Document as Page, NodeRef};
use gazette_templates::{
    Document,
    document::{Block, Direction, Missing},
};
use url::Url;

mod article;
mod block_words;
mod blocks;
mod budget;
mod bullets;
#[cfg(test)]
mod case_tests;
pub mod charset;
mod collapsed;
mod content;
#[cfg(test)]
mod cost_tests;
mod cut_text;
mod date_lines;
#[cfg(test)]
mod date_tests;
pub(super) mod dates;
mod edges;
mod elements;
mod finding;
mod framework_data;
#[cfg(test)]
mod hard_tests;
mod head;
mod headline;
#[cfg(test)]
mod hostile_tests;
mod language;
mod lead_picture;
mod left_out;
mod lines;
mod link_targets;
mod lists;
mod markup;
#[cfg(test)]
mod meaning_tests;
mod media;
mod meta_line;
mod naming;
mod notes;
mod one_run;
mod own_boxes;
#[cfg(test)]
mod page_fixture_tests;
mod passes;
mod phrases;
#[cfg(test)]
mod plain_text_tests;
mod published;
mod quotes;
mod read_release;
mod redirects;
pub mod refusal;
mod run_style;
mod runs;
pub mod second_reader;
mod short;
mod shortcodes;
pub(super) mod struck_blocks;
mod structured;
mod surroundings;
mod survey;
mod tables;
#[cfg(test)]
mod tests;
mod text;
mod text_head;
mod web_addresses;
mod word_document;
pub(super) mod word_lists;
mod word_numbering;
mod word_symbols;

use blocks::{Builder, Walk};
pub(super) use budget::bounded;
use content::Layout;
pub(super) use cut_text::breaks_off;
pub(super) use date_lines::date_of_line;
pub use dates::{Certainty, DateFound, PublishedAt, Written};
pub(super) use elements::is_heading;
pub(super) use language::primary as language;
pub use lines::line;
pub(super) use lines::line_of;
pub(super) use link_targets::{resolve, secured};
pub(super) use markup::inner_markup;
pub(super) use published::for_release;
pub use read_release::{Reading, VERSION};
pub(super) use redirects::{Unwrapped, unwrap};
pub use refusal::Refusal;
pub(super) use second_reader::pieces;
pub(super) use web_addresses::linked;

/// Reads what a server answered with or what a file holds: a page or plain text, whatever its name
/// says. `content_type` is what the server says, in lower case.
#[must_use]
pub fn bytes(bytes: &[u8], content_type: &str, address: Option<&Url>) -> Reading {
    any(bytes, content_type, address, None)
}

/// Reads a file: a page that was saved, or plain text. Links of a page are relative to the office's
/// `site` where it does not say what its own address is.
#[must_use]
pub fn saved(bytes: &[u8], site: Option<&Url>) -> Reading {
    let is_packed = bytes.starts_with(b"PK\x03\x04");
    if is_packed {
        return given(bytes, "", None);
    }
    any(bytes, "", None, site)
}

/// Reads the file of that name, as [`saved`] does, but what its name alone says that it cannot be read.
#[must_use]
pub fn file(name: &str, bytes: &[u8], site: Option<&Url>) -> Reading {
    match refusal::of_name(name, bytes) {
        Some(refusal) => Reading::refused(refusal),
        None => saved(bytes, site),
    }
}

/// Reads what a member of staff gives, a file or what stands at an address: all that [`bytes`] reads,
/// and a document of Word, which never becomes a draft by itself.
#[must_use]
pub fn given(octets: &[u8], content_type: &str, address: Option<&Url>) -> Reading {
    if octets.starts_with(b"PK\x03\x04")
        && refusal::of_bytes(octets, content_type) == Some(Refusal::WordProcessor)
        && let Some(page) = word_document::as_page(octets)
    {
        // Its pictures have no address, and its links are whole.
        return saved_page(&page, None);
    }
    bytes(octets, content_type, address)
}

fn any(bytes: &[u8], content_type: &str, address: Option<&Url>, site: Option<&Url>) -> Reading {
    if let Some(refusal) = refusal::of_bytes(bytes, content_type) {
        return Reading::refused(refusal);
    }
    let charset = content_type
        .split_once("charset=")
        .and_then(|(_, label)| Some(label.split(';').next()?.trim_matches([' ', '"', '\''])));
    let text = charset::decode(bytes, charset);
    if content_type.starts_with("text/plain")
        || !(text.trim_start().starts_with('<') || content_type.contains("html"))
    {
        self::text(&text)
    } else {
        whole(&text, address, site)
    }
}

/// Reads a whole page as a browser gets it from `address`: within the budget it becomes a tree, the
/// passes take out of the tree what is the site's, the rest becomes blocks, and the edges are
/// trimmed.
#[must_use]
pub fn page(html: &str, address: Option<&Url>) -> Reading {
    whole(html, address, None)
}

/// Reads a page that was saved: its links are relative to what it says that its address is,
/// else to the office's `site`; without either they are lost, and said to be.
#[must_use]
pub fn saved_page(html: &str, site: Option<&Url>) -> Reading {
    whole(html, None, site)
}

/// Takes what frames the text away, and tells the date that stood there.
fn trimmed(
    body: &NodeRef,
    blocks: &mut Vec<Block>,
    title: &str,
    order: dates::DateOrder,
) -> Option<dates::DateFound> {
    if body.has_class(word_document::WRITTEN) {
        edges::trim_written(blocks, title, order)
    } else {
        edges::trim(blocks, title, order)
    }
}

fn whole(html: &str, address: Option<&Url>, site: Option<&Url>) -> Reading {
    let budget::Bounded { html, cut } = budget::within_budget(&shortcodes::replaced(html));
    let page = tree(html);
    let source_text = shown_text(&page);
    let head = head::read(&page, address);
    let body = page.body().unwrap_or_else(|| page.root());
    let title = head.headline.text.clone();
    let witness = head.declared.body.as_deref();
    let mut layout = Layout::of_page(&body, head.headline.node, witness);
    if layout.total() < content::STRONG && show_noscript(&page) {
        layout = Layout::of_page(&body, head.headline.node, witness);
    }
    let mut blocks = Vec::new();
    let (mut language, mut direction) = (head.language, head.direction);
    let (mut near, mut lead) = (None, None);
    // What the page declares as its text, and what stands beside it and was not taken.
    let in_page = |id| NodeRef::new(id, body.tree);
    let mut looked_for: Vec<NodeRef> = layout.declared_text.map(in_page).into_iter().collect();
    if layout.says_something() {
        let content = layout.content(body);
        near = published::near(&layout, &body, &content, head.order);
        if let Some(part) = content.parts.iter().flatten().next() {
            (language, direction) = language::declared(part, language, direction);
        }
        let walk = Walk {
            layout: &layout,
            base: head.base.as_ref().or(site),
            language: &language,
        };
        let mut builder = Builder::new(walk);
        for part in &content.parts {
            builder.read_part(part);
        }
        blocks = builder.blocks;
        let headline_at = builder.headline_at.or_else(|| {
            head.headline.node?;
            edges::headline_among(&blocks, &title)
        });
        if let Some(at) = headline_at {
            let lead = layout.lead_above(&body);
            edges::drop_before_headline(&mut blocks, at, lead.as_deref());
        }
        blocks = edges::spread(blocks);
        lead = lead_picture::find(&page, walk, &content);
        let left = content.left.into_iter();
        looked_for.extend(left.filter(|part| !left_out::is_box(part)));
        looked_for.extend(layout.doubted.iter().copied().map(in_page));
    }
    let date_line = trimmed(&body, &mut blocks, &title, head.order);
    if left_out::says_more(&looked_for, &title, &blocks) {
        blocks.push(Block::Missing(Missing::Sentences));
    }
    if cut {
        blocks.push(Block::Missing(Missing::End));
    }
    let (declared, in_data) =
        if only_waits(&blocks) || shows_surroundings(&blocks, head.headline.node) {
            data_of_waiting(&page, &title, head.declared, head.order)
        } else {
            (head.declared, None)
        };
    if let Some(body) = declared.body.filter(|body| {
        let said = block_words::all_words(&blocks);
        said.chars().count() * 4 < body.chars().count()
            || stands_in_data_only(body, &said, &source_text)
    }) {
        // The text stands in the page's data only: scripts put it where readers see it.
        blocks = declared_blocks(&body, &title, &language, head.base.as_ref().or(site));
    }
    let published = head
        .published
        .or(in_data)
        .or(near.filter(|near| published::is_soon_after(*near, head.created)))
        .or(head.created)
        .or(date_line)
        .or(head.dated_headline)
        .or_else(|| published::in_first_line(&blocks, head.order))
        .or_else(|| {
            let addresses = [address, head.canonical.as_ref(), head.shared.as_ref()];
            addresses.into_iter().find_map(published::in_address)
        })
        .or_else(|| published::anywhere(&body, head.order));
    lead_picture::show(&mut blocks, lead);
    let lines = refusal::lines(&page, &blocks);
    if let Some(refusal) = refusal::of_page(&title, &lines, published) {
        return Reading {
            canonical: head.canonical,
            feeds: head.feeds,
            ..Reading::refused(refusal)
        };
    }
    Reading {
        title: Some(title).filter(|title| !title.is_empty()),
        suggested_title: (!blocks.is_empty()).then(|| naming::first_sentence(&blocks)),
        // When it was changed says more than nothing.
        published: published.or(head.changed),
        canonical: head.canonical,
        feeds: head.feeds,
        alternates: head.alternates,
        document: language::document(blocks, &language, direction.as_deref()),
        refusal: None,
        source_text,
    }
}

/// What the data of a page says that waits for its script, and when that was published.
fn data_of_waiting(
    page: &Page,
    title: &str,
    declared: structured::Declared,
    order: dates::DateOrder,
) -> (structured::Declared, Option<dates::DateFound>) {
    let declared = match &declared.body {
        Some(_) => declared,
        None => framework_data::article(page, title).unwrap_or(declared),
    };
    let said = declared.published.as_deref();
    let published = said.and_then(|said| dates::written_in(said, order));
    (declared, published)
}

/// Whether the page shows no headline and hardly a word: what surrounds a text that a script is to put there.
fn shows_surroundings(blocks: &[Block], headline: Option<dom_query::NodeId>) -> bool {
    /// Octets of the most that such a page says.
    const SURROUNDINGS: usize = 1_200;
    headline.is_none() && block_words::all_words(blocks).len() <= SURROUNDINGS
}

/// Whether no beginning of a sentence of the data's text stands on the page: that shows what surrounds the text, and
/// a script is to put the text there.
fn stands_in_data_only(body: &str, said: &str, source_text: &str) -> bool {
    /// Letters of a text, and of the beginnings that are sought.
    const TEXT: usize = 160;
    const BEGINNING: usize = 24;
    const SENTENCES: usize = 6;
    if body.chars().count() < TEXT || said.len() > 2 * body.len() {
        return false;
    }
    let shown = lines::title_key(source_text);
    let mut is_tag = false;
    let says: String = body
        .chars()
        .filter_map(|c| {
            let was_tag = is_tag;
            is_tag = c == '<' || (is_tag && c != '>');
            // A paragraph's end is a sentence's.
            match (was_tag, is_tag) {
                (false, false) => Some(c),
                (true, false) => Some('\n'),
                _ => None,
            }
        })
        .collect();
    !says
        .split(['.', '\n', '。', '!', '?'])
        .map(|sentence| lines::title_key(&line(sentence)))
        .filter(|sentence| sentence.chars().count() >= BEGINNING)
        .take(SENTENCES)
        .any(|sentence| {
            let beginning: String = sentence.chars().take(BEGINNING).collect();
            shown.contains(&beginning)
        })
}

/// Whether the blocks say nothing but that a script is to run.
fn only_waits(blocks: &[Block]) -> bool {
    block_words::all_words(blocks)
        .lines()
        .all(refusal::waits_for_script)
}

/// The tree of a page: lists of Word are lists, and what a button would open is open.
fn tree(html: String) -> Page {
    let is_words = word_lists::may_hold(&html);
    let page = Page::from(html);
    if is_words {
        word_lists::gather(&page);
        word_lists::raise_title(&page);
    }
    collapsed::open(&page);
    struck_blocks::spread(&page);
    page
}

/// The words of the page, without those of programs.
fn shown_text(page: &Page) -> String {
    let mut text = String::new();
    let body = page.body().unwrap_or_else(|| page.root());
    for node in body.descendants_it().filter(NodeRef::is_text) {
        let is_code = node
            .parent()
            .is_some_and(|parent| parent.has_name("script") || parent.has_name("style"));
        if !is_code {
            text.push_str(&node.text());
            text.push(' ');
        }
    }
    text
}

/// Makes what stands in `<noscript>` part of the page; false: there is nothing but that scripts are needed.
fn show_noscript(page: &Page) -> bool {
    let mut found = false;
    for node in page.select("noscript").nodes() {
        let says = node.text();
        if !says.trim().is_empty() && !refusal::waits_for_script(&says) {
            node.rename("div");
            found = true;
        }
    }
    found
}

/// The blocks of an `articleBody` of JSON-LD: markup, or plain text with its paragraphs on lines.
fn declared_blocks(body: &str, title: &str, language: &str, base: Option<&Url>) -> Vec<Block> {
    if body.contains("</p>") || body.contains("<br") {
        return fragment(body, title, language, base).blocks;
    }
    let mut blocks: Vec<Block> = body
        .lines()
        .map(line)
        .filter(|paragraph| !paragraph.is_empty())
        .map(|paragraph| Block::Paragraph(linked(&paragraph)))
        .collect();
    edges::trim(&mut blocks, title, dates::DateOrder::default());
    blocks
}

/// Reads the markup that a feed or an API gives as an item's content: all of it is the release.
#[must_use]
pub fn fragment(html: &str, title: &str, language: &str, base: Option<&Url>) -> Document {
    let html = shortcodes::replaced(html);
    let mut markup = budget::within_budget(&html);
    let mut page = of_fragment(&markup.html);
    // Some feeds escape their markup twice.
    let text = page.text();
    if (text.contains("</p>") || text.contains("<br")) && page.select("p, br, div, a").is_empty() {
        let html = shortcodes::replaced(&text);
        markup = budget::within_budget(&html);
        page = of_fragment(&markup.html);
    }
    if word_lists::may_hold(&markup.html) {
        word_lists::gather(&page);
    }
    collapsed::open(&page);
    struck_blocks::spread(&page);
    let body = page.body().unwrap_or_else(|| page.root());
    let layout = Layout::of(&body);
    let mut blocks = all_blocks(&page, &layout, base, language);
    edges::trim(&mut blocks, title, dates::DateOrder::default());
    if left_out::says_more(&[body], title, &blocks) {
        blocks.push(Block::Missing(Missing::Sentences));
    }
    if markup.cut {
        blocks.push(Block::Missing(Missing::End));
    }
    language::document(blocks, language, None)
}

fn of_fragment(html: &str) -> Page {
    Page::from(format!(
        "<body class=\"{}\">{html}</body>",
        collapsed::FRAGMENT
    ))
}

/// Reads what a person pasted: all of it is theirs, also what would be the site's on a page, such as "Sign up
/// here" or a date above the text.
#[must_use]
pub fn pasted(html: &str) -> Document {
    let markup = budget::within_budget(html);
    let page = Page::from(format!("<body>{}</body>", markup.html));
    let mut blocks = all_blocks(&page, &Layout::default(), None, "en");
    edges::tidy(&mut blocks);
    if markup.cut {
        blocks.push(Block::Missing(Missing::End));
    }
    language::document(blocks, "en", None)
}

fn all_blocks(page: &Page, layout: &Layout, base: Option<&Url>, language: &str) -> Vec<Block> {
    let body = page.body().unwrap_or_else(|| page.root());
    let walk = Walk {
        layout,
        base,
        language,
    };
    edges::spread(Builder::new(walk).read(&body).blocks)
}

/// Reads a release that was saved as plain text.
#[must_use]
pub fn text(text: &str) -> Reading {
    text::read(text)
}

/// The language that the blocks speak, `declared` where they do not tell, and which way it runs.
pub(super) fn speaks(blocks: &[Block], declared: &str) -> (String, Direction) {
    let language = language::of(blocks, declared);
    let direction = language::direction(&language, None);
    (language, direction)
}

/// The words of a document: what it says, without how.
#[must_use]
pub fn words(document: &Document) -> String {
    gazette_templates::document::words::of_document(document).join(" ")
}
