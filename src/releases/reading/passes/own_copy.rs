//! The page itself as a file: a box above the text with the headline once more, the size of the file and a
//! link to it. A box with another name is a paper of the release's own, and stays.

use dom_query::NodeRef;

use crate::releases::reading::survey::Survey;
use crate::releases::reading::{
    elements::{is_container, is_file},
    lines::{one_line, title_key},
};

/// Letters that such a box says besides the headline.
const BESIDES: usize = 90;

pub(super) fn mark(survey: &mut Survey<'_>) {
    let Some(headline) = survey.layout.headline else {
        return;
    };
    let says = one_line(&NodeRef::new(headline, survey.root.tree).text());
    let title = title_key(&says);
    if title.is_empty() {
        return;
    }
    let again: Vec<NodeRef> = survey
        .leaves
        .iter()
        .filter(|leaf| {
            leaf.node.id != headline
                && leaf.text.len() <= 2 * says.len()
                && title_key(&leaf.text) == title
        })
        .map(|leaf| leaf.node)
        .collect();
    for line in again {
        let most = survey.layout.measure(&line).text + BESIDES;
        let around = line
            .ancestors_it(Some(4))
            .take_while(|above| is_container(above) && survey.layout.measure(above).text <= most)
            .find(leads_to_file);
        if let Some(around) = around {
            survey.mark(&around);
        }
    }
}

fn leads_to_file(node: &NodeRef) -> bool {
    const FILES: &[&str] = &[
        ".pdf", ".doc", ".docx", ".odt", ".hwp", ".hwpx", ".rtf", ".txt",
    ];
    node.descendants_it().take(60).any(|below| {
        below.has_name("a")
            && below
                .attr("href")
                .is_some_and(|href| below.has_attr("download") || is_file(&href, FILES))
    })
}
