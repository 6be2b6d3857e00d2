//! Whom the press may ask, in a box of its own beside the text, under a heading or a label: a part of the page that
//! stands on each of a site's releases. What a release itself says of it, among its paragraphs, stays.

use dom_query::NodeRef;

use crate::releases::reading::survey::{Leaf, Survey};
use crate::releases::reading::{
    content::STRONG,
    edges,
    elements::{is_container, is_heading},
    lines::one_line,
};

/// Letters of the longest label, and of the longest box.
const LABEL: usize = 60;
const BOX: usize = 400;

pub(super) fn mark(survey: &mut Survey<'_>) {
    let boxes: Vec<NodeRef> = survey
        .leaves
        .iter()
        .filter(|leaf| leaf.letters <= LABEL && labels_contact(leaf))
        .filter_map(|leaf| box_under(survey, leaf))
        .collect();
    for node in boxes {
        survey.mark(&node);
    }
}

/// `Media contact`, `Press enquiries`, as a heading or as a line without a way to ask.
fn labels_contact(leaf: &Leaf<'_>) -> bool {
    let says = leaf.text.trim_end_matches([':', '：', ' ']);
    let is_label =
        edges::is_contact_label(says) || is_heading(&leaf.node) && edges::is_front_matter(says);
    is_label
        && says.split_whitespace().count() <= 6
        && !says.ends_with(['.', '!', '?', ','])
        && (is_heading(&leaf.node) || leaf.node.has_name("div") || leaf.node.has_name("dt"))
}

/// The box that begins with the label, says a way to ask and no paragraph, and has none beside it.
fn box_under<'a>(survey: &Survey<'a>, label: &Leaf<'a>) -> Option<NodeRef<'a>> {
    let from = survey.layout.measure(&label.node).from;
    label
        .node
        .ancestors_it(Some(3))
        .take_while(|above| is_container(above) && !above.has_name("td") && !above.has_name("body"))
        .filter(|above| {
            let measure = survey.layout.measure(above);
            let begins = above
                .descendants_it()
                .filter(NodeRef::is_element)
                .take_while(|below| survey.layout.measure(below).from < from)
                .all(|before| {
                    let holds = survey.layout.holds(&before, label.node.id);
                    holds || survey.layout.measure(&before).text == 0
                });
            begins && measure.text > label.letters && measure.text <= BOX
        })
        .filter(|above| {
            edges::names_a_way(&one_line(&above.text())) && !holds_paragraph(survey, above)
        })
        .take_while(|above| {
            above
                .parent()
                .is_some_and(|around| !has_paragraphs(survey, &around))
        })
        .last()
}

/// Whether a sentence stands in it.
fn holds_paragraph(survey: &Survey<'_>, node: &NodeRef) -> bool {
    survey.leaves.iter().any(|leaf| {
        leaf.letters >= STRONG
            && leaf
                .text
                .trim_end()
                .ends_with(['.', '!', '?', '”', '"', '。'])
            && survey.layout.holds(node, leaf.node.id)
    })
}

/// Whether paragraphs of a text stand right in it.
fn has_paragraphs(survey: &Survey<'_>, node: &NodeRef) -> bool {
    node.children_it(false)
        .filter(|child| child.has_name("p"))
        .any(|paragraph| survey.layout.measure(&paragraph).good >= STRONG)
}
