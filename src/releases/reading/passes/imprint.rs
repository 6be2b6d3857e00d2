//! Lines at the foot of a site that say whose it is, with the address that stands in the same line.

use dom_query::NodeRef;

use crate::releases::reading::phrases;
use crate::releases::reading::survey::Survey;

pub(super) fn mark(survey: &mut Survey<'_>) {
    let lines: Vec<NodeRef> = survey
        .leaves
        .iter()
        .filter(|leaf| phrases::is_imprint(&leaf.text))
        .map(|leaf| leaf.node)
        .collect();
    for line in lines {
        survey.mark(&line);
    }
}
