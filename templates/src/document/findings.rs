//! What a reader of the mail would miss or stumble over, and why: content that the tree could not
//! hold, links that lead nowhere, and text that only machines should see. A release with a finding
//! is not mailed before a person has looked (hold reason).

use serde::{Deserialize, Serialize};

use super::{
    Block, Document, Inline, Missing, embargo, machine_text, outline::plain, placeholders,
    unfinished,
};
use crate::shortened::shortened;

/// One thing that a person should look at before the release is mailed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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
    /// Text that looks like the site's code, not like the office's words.
    MachineText(String),
    /// Words in the place of some that were still to be written.
    Placeholder(String),
    /// A line that says that it is embargoed, or a draft.
    NotYet(String),
    /// A sample, a test, a page of an error, or words where a text is to come.
    Unfinished(String),
}

impl std::fmt::Display for Finding {
    /// The reason as staff read it, with what to do.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Missing(missing) => write!(f, "{} Look at its page.", missing.reason()),
            Self::LostLink { label, href } => write!(
                f,
                "The link “{label}” leads to “{href}”, which a reader cannot follow. Give it its address, or take it out."
            ),
            Self::MachineText(says) => write!(
                f,
                "It says “{says}”, which looks like code of the site. Take it out, or let it go if it is meant."
            ),
            Self::Placeholder(says) => write!(
                f,
                "It says “{says}”, where something was still to be written. Write it, or let it go if it is meant."
            ),
            Self::Unfinished(says) => write!(
                f,
                "It says “{says}”, as what is no finished release does: a draft, a test, a sample, a page of an error. Look at its page."
            ),
            Self::NotYet(says) => write!(
                f,
                "It says “{says}”: it is embargoed, or not to be published yet. Send it when that is over."
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
            Self::Picture => {
                "A picture is left out: it has no address that is whole, or stands in the file itself."
            }
            Self::End => "It is longer than what is read, and its end is left out.",
            Self::Sentences => {
                "Sentences of its text looked like the site's own, and are left out."
            }
        }
    }
}

/// Everything that is found in the release, each kind of thing once, in reading order.
#[must_use]
pub fn find(title: &str, document: &Document) -> Vec<Finding> {
    let mut found = Vec::new();
    found.extend(embargo::line(title, document).map(Finding::NotYet));
    if found.is_empty() {
        found.extend(unfinished::said(title, document).map(Finding::Unfinished));
    }
    in_text(title, &mut found);
    in_blocks(&document.blocks, &mut found);
    found
}

fn in_blocks(blocks: &[Block], found: &mut Vec<Finding>) {
    for block in blocks {
        match block {
            Block::Missing(missing) => add(found, Finding::Missing(*missing)),
            Block::Figure(figure) => in_text(&figure.alt, found),
            Block::Embed { title, .. } => in_text(title, found),
            // Code that is shown as such, and an office's way to say that it ends, are meant.
            _ => {}
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
    let mut says = String::new();
    words_that_are_no_code(text, &mut says);
    in_text(&says, found);
    lost_links(text, found);
}

fn words_that_are_no_code(text: &[Inline], says: &mut String) {
    for inline in text {
        match inline {
            Inline::Code(_) | Inline::Keyboard(_) => says.push(' '),
            Inline::Text(text) => says.push_str(text),
            Inline::LineBreak => says.push('\n'),
            other => words_that_are_no_code(other.inner(), says),
        }
    }
}

fn in_text(text: &str, found: &mut Vec<Finding>) {
    if let Some(says) = machine_text::first(text) {
        add(found, Finding::MachineText(says));
    }
    if let Some(says) = placeholders::first(text) {
        add(found, Finding::Placeholder(says));
    }
}

fn lost_links(text: &[Inline], found: &mut Vec<Finding>) {
    for inline in text {
        if let Inline::LostLink { href, label } = inline {
            add(
                found,
                Finding::LostLink {
                    label: shortened(&plain(label), 60),
                    href: shortened(href, 120),
                },
            );
        }
        lost_links(inline.inner(), found);
    }
}

/// More than this nobody reads; and a hostile page must not make a long list.
const MOST: usize = 20;

fn add(found: &mut Vec<Finding>, finding: Finding) {
    if found.len() < MOST && !found.contains(&finding) {
        found.push(finding);
    }
}
