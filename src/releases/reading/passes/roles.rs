//! What elements and ARIA say themselves: navigation, footers, asides, forms, dialogs.

use dom_query::NodeRef;

use crate::releases::reading::survey::Survey;

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
            Some("aside" | "form") => true,
            _ => false,
        };
        if by_role || by_name {
            survey.mark(node);
        }
    });
}

/// `<blockquote>…<footer>` names who is quoted.
pub(super) fn is_quoted(node: &NodeRef) -> bool {
    node.ancestors_it(Some(3))
        .any(|above| above.has_name("blockquote"))
}
