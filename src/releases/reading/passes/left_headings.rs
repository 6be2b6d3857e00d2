//! Headings below which everything went with another pass, or came by script, and lines in bold letters that
//! invite to a form: they say nothing any more.

use dom_query::NodeRef;

use crate::releases::reading::{elements::is_heading, lines::one_line, phrases, survey::Survey};

pub(super) fn mark(survey: &mut Survey<'_>) {
    let text_from = survey.text_from();
    let headings: Vec<NodeRef> = survey
        .leaves
        .iter()
        .skip(text_from)
        .map(|leaf| leaf.node)
        .filter(|node| {
            !survey.is_marked(node)
                && (is_heading(node) && is_left(survey, node) || invites_to_form(node))
        })
        .collect();
    for heading in headings {
        survey.mark(&heading);
    }
}

/// Whether links, forms or cards follow, all of them the site's, and nothing else in the element around.
fn is_left(survey: &Survey<'_>, heading: &NodeRef) -> bool {
    const SIBLINGS: usize = 60;
    let mut at = heading.next_element_sibling();
    let mut sites = 0;
    for _ in 0..SIBLINGS {
        let Some(next) = at else {
            return sites > 0;
        };
        let measure = survey.layout.measure(&next);
        if measure.text > 0 {
            if !survey.is_marked(&next) {
                return false;
            }
            sites += usize::from(
                measure.linked * 2 >= measure.text
                    || measure.linked_headings > 0
                    || next.has_name("form")
                    || next.has_name("dl")
                    || says_when(&next),
            );
        }
        at = next.next_element_sibling();
    }
    false
}

/// `created on: May 4, 2026`: a line about the page.
fn says_when(line: &NodeRef) -> bool {
    /// Octets of the longest.
    const LONGEST: usize = 200;
    let says = line.text();
    says.len() <= LONGEST && phrases::says_updated(&one_line(&says))
}

/// Whether the line is bold from end to end, and the next thing is a form.
fn invites_to_form(line: &NodeRef) -> bool {
    /// Octets of the longest, and elements that are looked at.
    const LONGEST: usize = 200;
    const FIRST: usize = 4;
    if !line
        .next_element_sibling()
        .is_some_and(|next| next.has_name("form"))
    {
        return false;
    }
    let says = one_line(&line.text());
    says.len() <= LONGEST
        && line.descendants_it().take(FIRST).any(|below| {
            (below.has_name("strong") || below.has_name("b")) && one_line(&below.text()) == says
        })
}
