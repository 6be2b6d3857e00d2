//! Headlines of other pages that stand in the text: a paragraph that is one link, or a box of a label and
//! such links. No word tells them. What does is that the address of a page is made from its headline:
//! where a link says what its address says, it is called as the page that it leads to, and does not
//! ask anybody to read, to see or to take part.

use dom_query::NodeRef;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use crate::releases::reading::survey::Survey;
use crate::releases::reading::{
    content::{LINE, STRONG},
    elements::{is_container, is_heading, only_link, path_of},
    lines::{is_sentence, one_line, title_key},
    phrases,
};

pub(super) fn mark(survey: &mut Survey<'_>) {
    let lines: Vec<NodeRef> = survey
        .leaves
        .iter()
        .filter(|leaf| {
            leaf.node.has_name("p")
                && leaf.letters <= LINE
                && says_headline(&leaf.node)
                && stands_in_text(survey, &leaf.node)
        })
        .map(|leaf| leaf.node)
        .collect();
    for line in lines {
        survey.mark(&line);
    }
    survey.each(&mut |survey, node| {
        let is_box = node
            .node_name()
            .is_some_and(|name| matches!(&*name, "div" | "section" | "aside"));
        if is_box && is_box_of_headlines(survey, node) {
            survey.mark(node);
        }
    });
}

/// Whether the line is one link, which leads to the page that is called so.
fn says_headline(leaf: &NodeRef) -> bool {
    let whole = one_line(&leaf.text());
    let whole = whole.trim();
    let Some(link) = only_link(leaf) else {
        return false;
    };
    one_line(&link.text()).trim() == whole && !is_sentence(whole) && is_named_by_address(&link)
}

/// `/news/dog-park-to-get-lights` under `Dog park at Mill Road to get lights`.
fn is_named_by_address(link: &NodeRef) -> bool {
    /// Words of the shortest address and of the shortest headline.
    const FEWEST: usize = 3;
    /// Parts of the path, from its end, that may be made from the headline.
    const PARTS: usize = 3;
    let Some(href) = link.attr("href") else {
        return false;
    };
    let path = path_of(&href).trim_end_matches('/').to_lowercase();
    let key = without_marks(&title_key(&one_line(&link.text())));
    let said: Vec<&str> = key.split(' ').collect();
    // A number of the page's may stand behind its name.
    said.len() > FEWEST
        && path.rsplit('/').take(PARTS).any(|part| {
            let name = part.split('.').next().unwrap_or_default();
            let named: Vec<&str> = name
                .split(['-', '_'])
                .filter(|word| word.chars().count() >= 3 && word.chars().all(char::is_alphabetic))
                .collect();
            let both = named.iter().filter(|word| said.contains(word)).count();
            named.len() >= FEWEST && both * 4 >= named.len() * 3
        })
}

/// `más` as addresses have it: `mas`.
fn without_marks(key: &str) -> String {
    key.nfd().filter(|c| !is_combining_mark(*c)).collect()
}

/// Whether paragraphs of the release stand before the line and behind it, and the one before does not
/// announce it: `Read the letter here:`.
fn stands_in_text(survey: &Survey<'_>, line: &NodeRef) -> bool {
    let is_text = |node: &NodeRef| {
        let measure = survey.layout.measure(node);
        measure.good > 0 && measure.linked * 3 < measure.text && !is_heading(node)
    };
    let Some(before) = line.prev_element_sibling() else {
        return false;
    };
    is_text(&before)
        && !one_line(&before.text()).trim_end().ends_with([':', '：'])
        && line
            .next_element_sibling()
            .is_some_and(|next| is_text(&next))
}

/// A label and links that are called as their pages, two or more, and nothing else. What an editor
/// lists among paragraphs has no box of its own around label and links.
fn is_box_of_headlines(survey: &Survey<'_>, node: &NodeRef) -> bool {
    /// Elements of the largest.
    const MOST: usize = 200;
    /// Letters of the longest label.
    const LABEL: usize = 60;
    let measure = survey.layout.measure(node);
    if measure.linked == 0
        || measure.text > measure.linked + LABEL
        || measure.good >= STRONG
        || !survey.is_in_article(node)
    {
        return false;
    }
    let (mut links, mut named) = (0, 0);
    for link in node
        .descendants_it()
        .take(MOST)
        .filter(|below| below.has_name("a") && !below.text().trim().is_empty())
    {
        links += 1;
        named += usize::from(is_named_by_address(&link));
    }
    let label = node
        .descendants_it()
        .take(MOST)
        .find(|below| below.is_element() && !is_container(below) && !below.text().trim().is_empty())
        .map(|first| one_line(&first.text()))
        .unwrap_or_default();
    (links >= 2 || measure.linked_headings > 0 && stands_in_text(survey, node))
        && named * 4 >= links * 3
        && !phrases::is_part_of_release(&label)
        && !phrases::names_files(&label)
}
