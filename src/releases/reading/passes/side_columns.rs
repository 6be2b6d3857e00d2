//! A column beside the one with headline and text: where other passes found that a good part of it is
//! the site's, the rest of its boxes is the site's, too. Whom the press may ask stays.

use dom_query::NodeRef;

use crate::releases::reading::survey::Survey;
use crate::releases::reading::{
    edges,
    elements::{has_token, is_container},
    lines::blocks_on_one_line,
};

pub(super) fn mark(survey: &mut Survey<'_>) {
    survey.each(&mut |survey, node| {
        if is_container(node) && is_column(survey, node) {
            survey.mark(node);
        }
    });
}

fn is_column(survey: &Survey<'_>, node: &NodeRef) -> bool {
    let own = survey.layout.measure(node);
    let stands_beside = || {
        [node.prev_element_sibling(), node.next_element_sibling()]
            .into_iter()
            .flatten()
            .any(|beside| {
                is_container(&beside)
                    && survey.layout.holds_headline(&beside)
                    && survey.layout.measure(&beside).good > 2 * own.good
            })
    };
    own.text > 0 && !survey.layout.holds_headline(node) && stands_beside() && {
        let (sites, asks) = said_by_boxes(survey, node);
        sites * 4 >= own.text && !asks
    }
}

/// Letters of the boxes in it that are marked, and whether one that is not says whom to ask or holds papers.
fn said_by_boxes(survey: &Survey<'_>, node: &NodeRef) -> (usize, bool) {
    const MOST: usize = 60;
    let mut boxes: Vec<NodeRef> = node
        .children_it(false)
        .filter(NodeRef::is_element)
        .collect();
    // A column may hold its boxes in one of its own.
    if let [only] = boxes.as_slice() {
        boxes = only
            .children_it(false)
            .filter(NodeRef::is_element)
            .collect();
    }
    let (mut sites, mut asks) = (0, false);
    for part in boxes.iter().take(MOST) {
        if is_sites(survey, part) {
            sites += survey.layout.measure(part).text;
        } else {
            let says = blocks_on_one_line(part);
            asks |=
                edges::is_front_matter(&says) || has_token(part, &["attachment", "attachments"]);
        }
    }
    (sites, asks)
}

/// Whether the box, or all that it holds, is marked.
fn is_sites(survey: &Survey<'_>, part: &NodeRef) -> bool {
    let mut holds = false;
    survey.is_marked(part)
        || part
            .children_it(false)
            .filter(|child| child.is_element() && survey.layout.measure(child).text > 0)
            .all(|child| {
                holds = true;
                survey.is_marked(&child)
            })
            && holds
}
