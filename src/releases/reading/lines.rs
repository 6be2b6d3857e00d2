//! Lines of text: as they are shown, as they are compared, and what they are by their ends.

use dom_query::{Document as Page, NodeRef};
use gazette_templates::document::scripts;

use super::{budget, elements, runs};
pub(super) use crate::releases::identity::title_key;

/// What markup or escaped text says, on one line: titles in feeds hold both. No control character
/// and none that turns the text around comes through (M6).
#[must_use]
pub fn line(html: &str) -> String {
    let page = Page::from(format!("<body>{}</body>", budget::bounded(html)));
    page.body().map(|body| line_of(&body)).unwrap_or_default()
}

/// The same of an element of a page.
#[must_use]
pub fn line_of(node: &NodeRef<'_>) -> String {
    let mut text = String::new();
    push_plain(node, &mut text, 0);
    one_line(&text.replace('\u{a0}', " ")).trim().to_owned()
}

/// The words of a line that knows no marks: what is raised or lowered in characters that say so, what is struck
/// not at all.
fn push_plain(node: &NodeRef<'_>, text: &mut String, depth: usize) {
    /// What is nested deeper is no line.
    const DEEPEST: usize = 40;
    if depth > DEEPEST {
        text.push_str(&node.text());
        return;
    }
    for child in node.children_it(false) {
        if child.is_text() {
            text.push_str(&child.text());
        } else if child.is_element() && !push_level(&child, text) {
            push_plain(&child, text, depth + 1);
        }
    }
}

/// Writes what an element says that raises, lowers or strikes its words. False: it is none.
pub(super) fn push_level(node: &NodeRef<'_>, text: &mut String) -> bool {
    let levelled: fn(&str) -> String = match node.node_name().as_deref() {
        Some("sup") => scripts::raised,
        Some("sub") => scripts::lowered,
        Some("del" | "s" | "strike") => return true,
        _ => return false,
    };
    let says = node.text();
    let says = says.trim();
    // `21<sup>st</sup>` is one word.
    if says.chars().all(char::is_alphabetic) {
        text.push_str(says);
    } else {
        text.push_str(&levelled(says));
    }
    true
}

/// The words of an element on one line, with a space where a block within it ends: `Inquiries Press: Ann
/// Poe`, and not `InquiriesPress:`.
pub(super) fn blocks_on_one_line(node: &NodeRef<'_>) -> String {
    let mut text = String::new();
    push_blocks(node, &mut text, 0);
    one_line(&text)
}

fn push_blocks(node: &NodeRef<'_>, text: &mut String, depth: usize) {
    /// What is nested deeper is no line.
    const DEEPEST: usize = 40;
    if depth > DEEPEST {
        text.push_str(&node.text());
        return;
    }
    for child in node.children_it(false) {
        if child.is_text() {
            text.push_str(&child.text());
        } else if let Some(name) = child.node_name() {
            let ends = elements::is_block(&name) || &*name == "br";
            text.push_str(if ends { " " } else { "" });
            push_blocks(&child, text, depth + 1);
            text.push_str(if ends { " " } else { "" });
        }
    }
}

/// White space folded to single spaces, control and direction-changing characters gone.
pub(super) fn one_line(text: &str) -> String {
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

/// How much a text says, in Latin letters: a Chinese character or a Korean syllable is worth three.
pub(super) fn letters(text: &str) -> usize {
    text.chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| if c >= '\u{2e80}' { 3 } else { 1 })
        .sum()
}

/// Whether the line ends as a sentence does, in any of the scripts that we know.
pub(super) fn is_sentence(line: &str) -> bool {
    line.trim_end_matches(['"', '”', '’', '»', ')', '」', '』', ' ', '\u{a0}'])
        .ends_with(['.', '!', '?', ':', '…', '。', '！', '？', '：', '؟'])
}

/// `###`, `-30-` and their like, alone on a line.
pub fn is_end_mark(text: &str) -> bool {
    let bare: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    (bare.len() >= 2 && bare.len() <= 12 && bare.chars().all(|c| c == '#'))
        || matches!(
            bare.as_str(),
            "-30-" | "–30–" | "—30—" | "--30--" | "-###-" | "-end-" | "-END-"
        )
}
