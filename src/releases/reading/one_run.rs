//! Several blocks in one run of text, where only one has its place: a cell, a caption, a term.

use gazette_templates::document::{Block, Inline, Passage};

/// The words of a cell in one run: its paragraphs and items on lines of their own.
pub(super) fn in_one_cell(blocks: &[Block]) -> Vec<Inline> {
    let mut cell: Vec<Inline> = Vec::new();
    let mut line = |inlines: &[Inline]| {
        if !cell.is_empty() {
            cell.push(Inline::LineBreak);
        }
        cell.extend_from_slice(inlines);
    };
    for block in blocks {
        match block {
            Block::Heading { text, .. } | Block::Paragraph(text) => line(text),
            Block::Quote(inner) | Block::Passage(Passage { blocks: inner, .. }) => {
                line(&in_one_cell(inner));
            }
            Block::List(list) => {
                for item in &list.items {
                    line(&in_one_cell(item));
                }
            }
            Block::Preformatted(text) | Block::EndMark(text) => line(&[Inline::Text(text.clone())]),
            Block::Embed { title, url, .. } => line(&[Inline::Link {
                href: url.clone(),
                label: vec![Inline::Text(title.clone())],
            }]),
            Block::DescriptionList(groups) => {
                for group in groups {
                    group.terms.iter().for_each(|term| line(term));
                    group
                        .details
                        .iter()
                        .for_each(|part| line(&in_one_cell(part)));
                }
            }
            Block::Figure(figure) => line(&[Inline::Picture(figure.clone())]),
            Block::Table(_) | Block::Missing(_) => {}
        }
    }
    cell
}
