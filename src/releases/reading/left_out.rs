//! Whether sentences of what a page declares as its text, or has beside it in the article, are in nothing that was
//! read: the brake behind the passes and the edges, which know nothing of each other. What is hidden counts, too:
//! something may open it. It only holds.

use std::collections::HashSet;

use dom_query::NodeRef;
use gazette_templates::document::Block;

use super::{
    block_words::all_words,
    content::MAX_DEPTH,
    edges,
    elements::{is_block, is_dropped_by_name, is_for_listeners},
    lines::{is_sentence, one_line, title_key},
    phrases,
};

/// Words of the shortest sentence that is missed.
const FEWEST_WORDS: usize = 4;

/// Sentences that are looked at.
const MOST: usize = 3_000;

/// Whether one of them, at least, is left out.
pub(super) fn says_more(text: &[NodeRef], title: &str, blocks: &[Block]) -> bool {
    if text.is_empty() {
        return false;
    }
    let mut said = HashSet::new();
    let mut shown = title_key(&all_words(blocks));
    shown.push(' ');
    shown.push_str(&title_key(title));
    add_pairs(&shown, &mut said);
    let mut sentences = Vec::new();
    for part in text {
        gather(part, 0, &mut sentences);
    }
    sentences.iter().any(|sentence| is_missed(sentence, &said))
}

fn add_pairs(key: &str, pairs: &mut HashSet<String>) {
    let words: Vec<&str> = key.split(' ').collect();
    pairs.extend(words.windows(2).map(|pair| pair.join(" ")));
}

/// Whether less than half of its pairs of words are in what was read.
fn is_missed(sentence: &str, said: &HashSet<String>) -> bool {
    let mut pairs = HashSet::new();
    add_pairs(&title_key(sentence), &mut pairs);
    let found = pairs.iter().filter(|pair| said.contains(*pair)).count();
    pairs.len() + 1 >= FEWEST_WORDS && found * 2 < pairs.len()
}

/// The sentences in the element that are hardly links, but those of cards, forms and what readers wrote.
fn gather(node: &NodeRef, depth: usize, sentences: &mut Vec<String>) {
    if depth > MAX_DEPTH || sentences.len() >= MOST {
        return;
    }
    let holds_block = node
        .children_it(false)
        .any(|child| child.node_name().is_some_and(|name| is_block(&name)));
    if !holds_block {
        let says = one_line(&node.text());
        // What is marked is not measured any more.
        let linked: usize = node
            .descendants_it()
            .filter(|below| below.has_name("a"))
            .map(|link| link.text().len())
            .sum();
        let is_own = is_sentence(says.trim_end())
            && linked * 2 <= says.len()
            && !edges::is_of_the_site(&says)
            && !phrases::is_control(&says)
            && !phrases::is_byline(&says)
            && !phrases::says_who_posted(&says)
            && !phrases::says_updated(&says);
        if is_own {
            sentences.push(says);
        }
        return;
    }
    for child in node.children_it(false).filter(NodeRef::is_element) {
        let is_unread = child.node_name().is_none_or(|name| {
            is_dropped_by_name(&name)
                    // What these hold is for browsers that cannot show them.
                    || matches!(&*name, "form" | "video" | "audio" | "object" | "iframe")
        }) || is_for_listeners(&child);
        if !is_unread && !is_box(&child) {
            gather(&child, depth + 1, sentences);
        }
    }
}

/// A box by what it holds: headings that are links, a form or a button.
pub(super) fn is_box(node: &NodeRef) -> bool {
    const MOST: usize = 300;
    /// Letters of the longest.
    const LONGEST: usize = 600;
    let mut letters = 0;
    let mut is_one = false;
    for below in node.descendants_it().take(MOST) {
        if below.is_text() {
            letters += below.text().trim().len();
        }
        is_one |= below.node_name().is_some_and(|name| {
            matches!(&*name, "form" | "input" | "button" | "textarea" | "select")
                || (matches!(&*name, "h2" | "h3" | "h4" | "h5")
                    && below
                        .descendants_it()
                        .take(4)
                        .any(|inner| inner.has_name("a")))
        });
    }
    is_one && letters <= LONGEST
}
