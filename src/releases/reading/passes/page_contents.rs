//! Where on the page a reader can go: a list of links to places of the page itself, in a box of its own
//! with a label at most. The headings that it names stand in the text.

use dom_query::NodeRef;

use crate::releases::reading::survey::Survey;
use crate::releases::reading::{elements::is_container, lines::letters};

/// Letters of the label above such a list.
const LABEL: usize = 40;

pub(super) fn mark(survey: &mut Survey<'_>) {
    survey.each(&mut |survey, node| {
        let is_list = node.has_name("ul") || node.has_name("ol");
        if !is_list || !leads_to_places(survey, node) {
            return;
        }
        let whole = survey.layout.measure(node).text + LABEL;
        let around = node
            .ancestors_it(Some(3))
            .take_while(|above| {
                is_container(above)
                    && !above.has_name("body")
                    && survey.layout.measure(above).text <= whole
            })
            .last();
        if let Some(around) = around {
            survey.mark(&around);
        }
    });
}

/// Whether all that the list says are links to places of the page.
fn leads_to_places(survey: &Survey<'_>, list: &NodeRef) -> bool {
    const MOST: usize = 400;
    let (mut links, mut said) = (0, 0);
    for link in list
        .descendants_it()
        .take(MOST)
        .filter(|below| below.has_name("a"))
    {
        let is_place = link
            .attr("href")
            .is_some_and(|href| href.len() > 1 && href.starts_with('#'));
        if !is_place {
            return false;
        }
        links += 1;
        said += letters(&link.text());
    }
    links >= 2 && said * 10 >= survey.layout.measure(list).text * 9
}
