//! What a reader of the mail would miss or stumble over, and why: content that the tree could not
//! hold, links that lead nowhere, and text that only machines should see. A release with a finding
//! is not mailed before a person has looked (hold reason).

use super::{Block, Document, Inline, Missing, outline::plain};

/// One thing that a person should look at before the release is mailed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Finding {
    /// Something that the tree cannot hold.
    Missing(Missing),
    /// A link whose address could not be made whole.
    LostLink {
        /// Its words.
        label: String,
        /// Its address as the source has it.
        href: String,
    },
}

impl std::fmt::Display for Finding {
    /// The reason as staff read it, with what to do.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Missing(missing) => write!(f, "{} Look at its page.", missing.reason()),
            Self::LostLink { label, href } => write!(
                f,
                "The link “{label}” leads to “{href}”, which is no whole address. Give it one, or take the words out."
            ),
        }
    }
}

impl Missing {
    /// What is not in the mail, as a sentence.
    #[must_use]
    pub fn reason(self) -> &'static str {
        match self {
            Self::Formula => "A mathematical formula could not be read.",
            Self::Drawing => "A drawing or chart could not be read.",
            Self::TableRows => "A table is too large for a mail, and its last rows are left out.",
            Self::TableInTable => "A table stood inside another, and is left out.",
            Self::Form => "A form to fill in is left out.",
            Self::Ruby => "Reading aids beside the words are left out.",
        }
    }
}

/// Everything that is found in the document, each kind of thing once, in reading order.
#[must_use]
pub fn find(document: &Document) -> Vec<Finding> {
    let mut found = Vec::new();
    in_blocks(&document.blocks, &mut found);
    found
}

fn in_blocks(blocks: &[Block], found: &mut Vec<Finding>) {
    for block in blocks {
        if let Block::Missing(missing) = block {
            add(found, Finding::Missing(*missing));
        }
        for run in block.runs() {
            in_run(run, found);
        }
        for inner in block.inner() {
            in_blocks(inner, found);
        }
    }
}

fn in_run(text: &[Inline], found: &mut Vec<Finding>) {
    for inline in text {
        if let Inline::LostLink { href, label } = inline {
            add(
                found,
                Finding::LostLink {
                    label: plain(label).trim().to_owned(),
                    href: href.clone(),
                },
            );
        }
        in_run(inline.inner(), found);
    }
}

/// More than this nobody reads; and a hostile page must not make a long list.
const MOST: usize = 20;

fn add(found: &mut Vec<Finding>, finding: Finding) {
    if found.len() < MOST && !found.contains(&finding) {
        found.push(finding);
    }
}
