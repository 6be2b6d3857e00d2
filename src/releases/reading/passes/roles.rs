//! What elements and ARIA say themselves: navigation, footers, asides, forms, dialogs.

use dom_query::NodeRef;

use crate::releases::reading::survey::Survey;
use crate::releases::reading::{lines::one_line, phrases};

/// ARIA's roles of what is not the text.
const ROLES: &[&str] = &[
    "navigation",
    "banner",
    "contentinfo",
    "search",
    "complementary",
    "alertdialog",
    "dialog",
    "menu",
    "menubar",
    "toolbar",
    "tablist",
    "status",
    "tooltip",
];

pub(super) fn mark(survey: &mut Survey<'_>) {
    survey.each(&mut |survey, node| {
        let by_role = node
            .attr("role")
            .is_some_and(|role| ROLES.contains(&role.trim()));
        let by_name = match node.node_name().as_deref() {
            Some("footer") => !is_quoted(node),
            Some("aside") => !is_of_the_release(survey, node),
            Some("form") => true,
            _ => false,
        };
        // A form with nothing to fill in is a box.
        let is_box = node.has_name("form") && survey.says_sentences(node);
        if (by_role || by_name) && (is_box || survey.is_of_text(node)) {
            return;
        }
        if node.has_name("aside") && by_name {
            survey.mark_behind_text(node);
        } else if by_role || by_name {
            survey.mark(node);
        }
    });
}

/// `<aside><h2>Notes to editors</h2>…`: set apart, and part of the release.
fn is_of_the_release(survey: &Survey<'_>, aside: &NodeRef) -> bool {
    /// Elements of it that are looked at for its heading.
    const FIRST: usize = 20;
    let in_article = aside.ancestors_it(None).any(|above| {
        Some(above.id) == survey.article || above.has_name("article") || above.has_name("main")
    });
    in_article
        && aside
            .descendants_it()
            .filter(NodeRef::is_element)
            .take(FIRST)
            .map(|node| one_line(&node.text()))
            .find(|line| !line.is_empty() && line.chars().count() <= 60)
            .is_some_and(|heading| phrases::is_part_of_release(&heading))
}

/// `<blockquote>…<footer>` names who is quoted.
pub(super) fn is_quoted(node: &NodeRef) -> bool {
    node.ancestors_it(Some(3))
        .any(|above| above.has_name("blockquote"))
}
