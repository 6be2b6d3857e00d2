//! The heading that an item of a list stands under.

use dom_query::NodeRef;

use crate::releases::reading;

/// The heading that the item stands under, where one stands before it or before what holds it.
pub(super) fn heading_before(root: &NodeRef<'_>) -> Option<String> {
    let levels = std::iter::once(*root).chain(root.ancestors_it(Some(HEADING_LEVELS)));
    for mut at in levels.take_while(|node| !node.has_name("body")) {
        for _ in 0..MOST_SIBLINGS {
            let Some(before) = at.prev_sibling() else {
                break;
            };
            at = before;
            if at.is("h1, h2, h3, h4, h5, h6") {
                return Some(reading::line_of(&at));
            }
        }
    }
    None
}

/// How far above an item its heading may stand.
const HEADING_LEVELS: usize = 3;

/// How far before it.
const MOST_SIBLINGS: usize = 64;
