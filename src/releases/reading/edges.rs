//! What stands before and after a release's text without being of it: the title again, the date
//! line, the site's closing lines (R1, R2).

use gazette_templates::document::{Block, Inline};

use super::{content::words, dates, run::text_of};

/// Lines that begin what a site says below every release.
const AFTER: &[&str] = &[
    "signuptoreceiveouremailnewsletters",
    "signupforournewsletter",
    "signupforouremailnewsletter",
    "thelatestnews",
    "latestnews",
    "recentnews",
    "relatedposts",
    "relatednews",
    "relatedcontent",
    "morenews",
    "sharethis",
    "sharethispost",
];

/// Lines that only label what follows.
const LABELS: &[&str] = &[
    "pressrelease",
    "pressreleases",
    "newsrelease",
    "uncategorized",
];

/// Drops both edges.
pub(super) fn trim(blocks: &mut Vec<Block>, title: &str) {
    while let Some(first) = blocks.first().and_then(line) {
        let said = words(&first);
        let around = LABELS.contains(&said.as_str())
            || (!title.is_empty() && said == words(title))
            || dates::line(&first).is_some();
        if !around {
            break;
        }
        blocks.remove(0);
    }
    let end = blocks
        .iter()
        .position(|block| line(block).is_some_and(|text| AFTER.contains(&words(&text).as_str())));
    if let Some(end) = end.filter(|end| *end > 0) {
        blocks.truncate(end);
    }
}

/// Whether the text begins the site's own closing lines.
pub(super) fn ends_before(text: &str) -> bool {
    AFTER.contains(&words(text).as_str())
}

fn line(block: &Block) -> Option<String> {
    match block {
        Block::Paragraph(text) | Block::Heading { text, .. } => Some(plain(text)),
        _ => None,
    }
}

fn plain(text: &[Inline]) -> String {
    text_of(text).trim().to_owned()
}
