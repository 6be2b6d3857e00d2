//! Lines at the foot of a site that say whose it is, with the address that stands in the same line.

use dom_query::NodeRef;

use crate::releases::reading::survey::{Leaf, Survey};
use crate::releases::reading::{lines::is_sentence, phrases};

pub(super) fn mark(survey: &mut Survey<'_>) {
    let lines: Vec<NodeRef> = survey
        .leaves
        .iter()
        .filter(|leaf| phrases::is_imprint(&leaf.text) && !goes_on(leaf))
        .map(|leaf| leaf.node)
        .collect();
    for line in lines {
        survey.mark(&line);
    }
}

/// `© Town of Milltown The bridge opens on Monday. …`: whose the picture above is, and the text in the same
/// paragraph.
fn goes_on(leaf: &Leaf<'_>) -> bool {
    /// Letters from which on it says more than whose it is.
    const LONG: usize = 120;
    // `Copyright of the drawings stays with the architect.`
    let is_about = || {
        !leaf.text.contains(['©', '℗'])
            && !leaf.text.chars().any(|c| c.is_ascii_digit())
            && leaf.text.split_whitespace().count() >= 6
    };
    (leaf.letters >= LONG || is_about())
        && leaf.node.has_name("p")
        && is_sentence(&leaf.text)
        && !phrases::claims_rights(&leaf.text)
}
