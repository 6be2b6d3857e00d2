//! What of a page is the site's and not the release's: one pass for each kind of thing, in the order
//! of [`PASSES`]. A pass looks at the measured tree and marks elements; what is marked is neither
//! measured again nor read. A new kind of page is a new row in a pass's table, or a new pass.

use std::collections::HashSet;

use dom_query::{NodeId, NodeRef};

use super::{
    content::Layout,
    survey::{Survey, gather_leaves, gather_paragraphs},
    word_document,
};

mod authors;
mod boards;
mod comments;
mod controls;
mod cookie_box;
mod imprint;
mod left_headings;
mod link_boxes;
mod metadata;
mod named;
mod other_headlines;
mod own_copy;
mod page_contents;
mod related;
mod roles;
mod sections;
mod side_columns;
mod sign_offs;
mod signup;
mod teasers;

/// One thing that sites put around and into a release.
pub(super) struct Pass {
    /// For people who ask why something is missing: `RUST_LOG=gazette=trace` says it.
    pub name: &'static str,
    pub run: fn(&mut Survey<'_>),
}

/// The passes, in order: what is plain by its element first, what needs most evidence last.
pub(super) const PASSES: &[Pass] = &[
    Pass {
        name: "roles",
        run: roles::mark,
    },
    Pass {
        name: "boards",
        run: boards::mark,
    },
    Pass {
        name: "own_copy",
        run: own_copy::mark,
    },
    Pass {
        name: "page_contents",
        run: page_contents::mark,
    },
    Pass {
        name: "comments",
        run: comments::mark,
    },
    Pass {
        name: "cookie_box",
        run: cookie_box::mark,
    },
    Pass {
        name: "named",
        run: named::mark,
    },
    Pass {
        name: "related",
        run: related::mark,
    },
    Pass {
        name: "authors",
        run: authors::mark,
    },
    Pass {
        name: "signup",
        run: signup::mark,
    },
    Pass {
        name: "teasers",
        run: teasers::mark,
    },
    Pass {
        name: "link_boxes",
        run: link_boxes::mark,
    },
    Pass {
        name: "other_headlines",
        run: other_headlines::mark,
    },
    Pass {
        name: "controls",
        run: controls::mark,
    },
    Pass {
        name: "metadata",
        run: metadata::mark,
    },
    Pass {
        name: "sections",
        run: sections::mark,
    },
    Pass {
        name: "sign_offs",
        run: sign_offs::mark,
    },
    Pass {
        name: "imprint",
        run: imprint::mark,
    },
    Pass {
        name: "side_columns",
        run: side_columns::mark,
    },
    Pass {
        name: "left_headings",
        run: left_headings::mark,
    },
];

/// Notes what a pass that goes by names marked, though sentences stand in it and paragraphs beside it: it may be
/// the release's, and a person is to look.
fn doubt(survey: &mut Survey<'_>, before: &HashSet<NodeId>) {
    let marked: Vec<NodeId> = survey.layout.marked.difference(before).copied().collect();
    for id in marked {
        let node = NodeRef::new(id, survey.root.tree);
        if survey.is_beside_paragraph(&node, false) && survey.says_sentences(&node) {
            survey.layout.doubted.push(id);
        }
    }
}

/// Runs all passes over what stands below `root`.
pub(super) fn run<'a>(layout: &'a mut Layout, root: NodeRef<'a>, article: Option<NodeId>) {
    // In a document that somebody wrote nothing is a site's.
    if root.has_class(word_document::WRITTEN) {
        return;
    }
    let mut leaves = Vec::new();
    gather_leaves(&root, 0, &mut leaves);
    let paragraphs = gather_paragraphs(&root, layout);
    let mut survey = Survey {
        layout,
        root,
        article,
        leaves,
        paragraphs,
    };
    for pass in PASSES {
        let before = survey.layout.marked.len();
        // What the others mark is no matter of names.
        let known = matches!(pass.name, "roles" | "comments" | "named")
            .then(|| survey.layout.marked.clone());
        (pass.run)(&mut survey);
        if let Some(known) = known {
            doubt(&mut survey, &known);
        }
        let marked = survey.layout.marked.len() - before;
        if marked > 0 {
            tracing::trace!(pass = pass.name, marked, "left out of a page");
        }
    }
}
