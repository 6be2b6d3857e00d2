//! Cards of other articles: two or more, each under a heading that is a link, and little else.

use dom_query::NodeRef;

use crate::releases::reading::survey::Survey;
use crate::releases::reading::{content::LINE, elements::has_token};

pub(super) fn mark(survey: &mut Survey<'_>) {
    survey.each(&mut |survey, node| {
        let box_ = node.node_name().is_some_and(|name| {
            matches!(
                &*name,
                "div" | "section" | "ul" | "ol" | "article" | "table" | "tbody"
            )
        });
        if box_ && is_list_of_teasers(survey, node) {
            survey.mark(node);
        }
    });
}

fn is_list_of_teasers(survey: &Survey<'_>, node: &NodeRef) -> bool {
    let measure = survey.layout.measure(node);
    if measure.linked_headings < 2 {
        return false;
    }
    let cards: Vec<_> = node
        .children_it(false)
        .filter(NodeRef::is_element)
        .map(|child| survey.layout.measure(&child))
        .filter(|card| card.linked_headings > 0)
        .collect();
    let count: usize = cards.iter().map(|card| card.linked_headings).sum();
    let text: usize = cards.iter().map(|card| card.text).sum();
    // Sections of a release have more than one short paragraph under their headings.
    let is_short = measure.good <= count * LINE;
    // In the article a heading may be a link, too: there cards must be built as such.
    let is_built_so = !survey.is_in_article(node)
        || node
            .children_it(false)
            .filter(|child| survey.layout.measure(child).linked_headings > 0)
            .all(|card| is_card(&card));
    count >= 2 && text * 10 >= measure.text * 7 && is_short && is_built_so
}

/// A box with a picture, or one that is called so.
fn is_card(node: &NodeRef) -> bool {
    const NAMES: &[&str] = &[
        "card", "teaser", "post", "promo", "tile", "item", "row", "story", "article", "news",
        "related", "entry",
    ];
    node.has_name("article")
        || has_token(node, NAMES)
        || node
            .descendants_it()
            .take(60)
            .any(|below| below.has_name("img"))
}
