//! What blocks say: their words in reading order, nested ones too.

use gazette_templates::document::{Block, Inline, Passage};

use super::{lines::one_line, runs::plain};

/// The words of a block, nested ones too, in reading order.
pub(super) fn words(block: &Block) -> String {
    let mut text = String::new();
    gather(block, &mut text);
    text
}

/// The words of several blocks.
pub(super) fn all_words(blocks: &[Block]) -> String {
    let mut text = String::new();
    for block in blocks {
        gather(block, &mut text);
    }
    text
}

/// The lines of a block, as its breaks part them; of one that holds others, what each of them says.
pub(super) fn lines(block: &Block) -> Vec<String> {
    let mut text = String::new();
    match block {
        Block::Heading { text: run, .. } | Block::Paragraph(run) => broken(run, &mut text),
        other => gather(other, &mut text),
    }
    text.lines()
        .map(one_line)
        .filter(|line| !line.is_empty())
        .collect()
}

fn broken(run: &[Inline], text: &mut String) {
    for inline in run {
        match inline {
            Inline::LineBreak => text.push('\n'),
            Inline::Strong(inner)
            | Inline::Emphasis(inner)
            | Inline::Inserted(inner)
            | Inline::Link { label: inner, .. }
            | Inline::Foreign { text: inner, .. } => broken(inner, text),
            other => text.push_str(&plain(std::slice::from_ref(other))),
        }
    }
}

fn gather(block: &Block, text: &mut String) {
    let mut line = |words: &str| {
        text.push_str(words);
        text.push('\n');
    };
    match block {
        Block::Heading { text, .. } | Block::Paragraph(text) => line(&plain(text)),
        Block::Quote(blocks) | Block::Passage(Passage { blocks, .. }) => {
            for block in blocks {
                gather(block, text);
            }
        }
        Block::List(list) => list
            .items
            .iter()
            .flatten()
            .for_each(|block| gather(block, text)),
        Block::Table(table) => {
            for cell in table
                .caption
                .iter()
                .chain(&table.header)
                .chain(table.rows.iter().flatten())
            {
                line(&plain(cell));
            }
        }
        Block::Figure(figure) => {
            if let Some(caption) = &figure.caption {
                line(&plain(caption));
            }
        }
        Block::Embed { title, .. } => line(title),
        Block::Preformatted(words) | Block::EndMark(words) => line(words),
        Block::DescriptionList(groups) => {
            for group in groups {
                for term in &group.terms {
                    text.push_str(&plain(term));
                    text.push('\n');
                }
                for block in group.details.iter().flatten() {
                    gather(block, text);
                }
            }
        }
        Block::Missing(_) => {}
    }
}
