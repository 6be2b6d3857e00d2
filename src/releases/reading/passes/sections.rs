//! The part of the site that a text stands in, said between its headline and its first paragraph in the words of
//! the links that lead there.

use std::collections::HashSet;

use dom_query::NodeRef;

use crate::releases::reading::{
    elements::is_heading,
    lines::{one_line, title_key},
    survey::Survey,
};

/// Letters of the longest name of a part.
const LONGEST: usize = 40;

pub(super) fn mark(survey: &mut Survey<'_>) {
    let Some(headline) = survey.layout.headline else {
        return;
    };
    let text_from = survey.text_from();
    let lines: Vec<(NodeRef, String)> = survey
        .leaves
        .iter()
        .take(text_from)
        .filter(|leaf| {
            leaf.letters <= LONGEST
                && !is_heading(&leaf.node)
                && !leaf.text.ends_with(['.', '!', '?', ':', '。', '：'])
                && survey.layout.stands_behind(&leaf.node, headline)
        })
        .map(|leaf| (leaf.node, title_key(&leaf.text)))
        .collect();
    if lines.is_empty() {
        return;
    }
    let parts = links_above(survey, headline);
    for (line, says) in lines {
        if parts.contains(&says) {
            survey.mark(&line);
        }
    }
}

/// What the links above the headline say.
fn links_above(survey: &Survey<'_>, headline: dom_query::NodeId) -> HashSet<String> {
    /// More links than this no menu has.
    const MOST: usize = 600;
    survey
        .root
        .descendants_it()
        .take_while(|node| node.id != headline)
        .filter(|node| node.has_name("a"))
        .take(MOST)
        .map(|link| one_line(&link.text()))
        .filter(|says| says.chars().count() <= 2 * LONGEST)
        .map(|says| title_key(&says))
        .filter(|says| !says.is_empty())
        .collect()
}
