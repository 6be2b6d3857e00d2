//! Cards of other articles: two or more, each under a heading that is a link, and little else.

use dom_query::NodeRef;

use crate::releases::reading::survey::Survey;
use crate::releases::reading::{
    content::LINE,
    elements::{has_token, is_container, kinds},
};

pub(super) fn mark(survey: &mut Survey<'_>) {
    survey.each(&mut |survey, node| {
        let box_ = node.node_name().is_some_and(|name| {
            matches!(
                &*name,
                "div" | "section" | "ul" | "ol" | "article" | "table" | "tbody"
            )
        });
        if box_ && is_list_of_teasers(survey, node) {
            survey.mark_behind_text(node);
        } else if survey.layout.measure(node).linked_headings >= 2 {
            mark_runs(survey, node);
        }
    });
}

/// Cards beside the text, one behind the other and built alike, in an element that holds more than them.
fn mark_runs(survey: &mut Survey<'_>, node: &NodeRef) {
    let mut run: Vec<NodeRef> = Vec::new();
    let mut built: Vec<String> = Vec::new();
    let children: Vec<NodeRef> = node
        .children_it(false)
        .filter(|child| {
            child.is_element() && survey.layout.measure(child).text > 0 && !survey.is_marked(child)
        })
        .collect();
    let mut is_behind_text = false;
    for child in children {
        is_behind_text |= survey.layout.is_most(&child);
        let measure = survey.layout.measure(&child);
        let is_one = is_container(&child)
            && (1..=2).contains(&measure.linked_headings)
            && measure.good <= LINE
            && Some(child.id) != survey.article
            && (is_behind_text || !survey.is_in_article(&child));
        let kinds = if is_one { kinds(&child) } else { Vec::new() };
        if !is_one || kinds.is_empty() || kinds != built {
            end_run(survey, &mut run);
        }
        if is_one {
            run.push(child);
        }
        built = kinds;
    }
    end_run(survey, &mut run);
}

fn end_run(survey: &mut Survey<'_>, run: &mut Vec<NodeRef<'_>>) {
    if run.len() >= 2 {
        for card in run.iter() {
            survey.mark(card);
        }
    }
    run.clear();
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
            .all(|card| is_card(&card))
        || is_built_alike(survey, node);
    count >= 2 && text * 10 >= measure.text * 7 && is_short && is_built_so
}

/// Whether the cards are boxes of one kind, whatever it is called.
fn is_built_alike(survey: &Survey<'_>, node: &NodeRef) -> bool {
    let mut built: Option<Vec<String>> = None;
    node.children_it(false)
        .filter(|child| survey.layout.measure(child).linked_headings > 0)
        .all(|card| {
            let kinds = kinds(&card);
            let is_one = is_container(&card)
                && !kinds.is_empty()
                && built.as_ref().is_none_or(|built| *built == kinds);
            built = Some(kinds);
            is_one
        })
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
