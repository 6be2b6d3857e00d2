//! Who wrote the text and when it was changed, between its parts or below it: lines of the content
//! system's. Dates of other things, as an advisory has them, stay.

use dom_query::NodeRef;

use super::roles::is_quoted;
use crate::releases::reading::survey::{Leaf, Survey};
use crate::releases::reading::{dates, elements::has_token, phrases};

/// Words in class or id of what is said about a text.
const NAMES: &[&str] = &[
    "author",
    "byline",
    "meta",
    "metadata",
    "credit",
    "credits",
    "info",
    "details",
    "infos",
    "autor",
    "auteur",
    "autore",
    "publish",
    "published",
    "writer",
    "reporter",
    "posted",
    "postmeta",
];

pub(super) fn mark(survey: &mut Survey<'_>) {
    let mut found: Vec<NodeRef> = Vec::new();
    for (at, leaf) in survey.leaves.iter().enumerate() {
        if leaf.letters > 120 || in_table(&leaf.node) {
            continue;
        }
        let next = survey.leaves.get(at + 1);
        if phrases::is_date_label(&leaf.text)
            && let Some(next) = next
            && dates::alone(&next.text).is_some()
        {
            found.push(leaf.node);
            found.push(next.node);
        } else if phrases::is_publication_line(&leaf.text)
            || is_byline(leaf.node, &leaf.text)
            || is_name(leaf)
        {
            found.push(leaf.node);
        }
    }
    for node in found {
        survey.mark(&node);
    }
}

/// A name alone, in a line that is called the author's. Who is quoted stands so in a quotation.
fn is_name(leaf: &Leaf<'_>) -> bool {
    const AUTHORS: &[&str] = &[
        "author", "autor", "auteur", "autore", "tacgia", "writer", "reporter", "byline",
    ];
    leaf.letters <= 40
        && has_token(&leaf.node, AUTHORS)
        && leaf.text.split(' ').count() <= 5
        && !leaf.text.ends_with(['.', '!', '?', ':', '。'])
        && !is_quoted(&leaf.node)
}

/// A byline that says so by its class, or that has a date in it.
fn is_byline(node: NodeRef, text: &str) -> bool {
    // `Par Claire Morel Publié le 2 juillet 2026`; a heading may begin with a date.
    let with_date = || phrases::names_publication(text) && dates::written(text).is_some();
    phrases::is_byline(text)
        && (has_token(&node, NAMES)
            || node.parent().is_some_and(|above| has_token(&above, NAMES))
            || with_date())
}

fn in_table(node: &NodeRef) -> bool {
    node.ancestors_it(Some(4))
        .any(|above| above.has_name("table"))
}
