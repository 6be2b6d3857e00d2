//! Cutting a document that is too long for a mail: Gmail hides everything after some 102 KB of
//! HTML, the way to unsubscribe included (E1).

use super::{Block, Document, Inline, List, Passage, Table, html};

/// The beginning of `document` whose HTML has at most `room` bytes; `None` where all of it has.
/// It ends between two blocks, or between two items of a long list, rows of a long table, words of
/// an endless paragraph; never below a heading that lost its text.
#[must_use]
pub fn to_fit(document: &Document, room: usize) -> Option<Document> {
    if length(&document.blocks) <= room {
        return None;
    }
    // Blocks are measured one by one, and are longer where they stand in one another.
    let mut wanted = room;
    loop {
        let cut = Document {
            language: document.language.clone(),
            direction: document.direction,
            blocks: beginning(&document.blocks, wanted),
        };
        let over = length(&cut.blocks).saturating_sub(room);
        if over == 0 {
            return Some(cut);
        }
        wanted = wanted.saturating_sub(over);
    }
}

/// Bytes of the HTML; the colour's own letters do not matter, and the longer of the two directions
/// is taken.
fn length(blocks: &[Block]) -> usize {
    let document = Document {
        language: String::new(),
        direction: super::Direction::Rtl,
        blocks: blocks.to_vec(),
    };
    let blocks = html::mail_blocks(&document, "#000000");
    blocks.iter().map(|block| block.0.len()).sum()
}

fn beginning(blocks: &[Block], room: usize) -> Vec<Block> {
    let mut kept = Vec::new();
    let mut left = room;
    for block in blocks {
        let needs = length(std::slice::from_ref(block));
        if needs <= left {
            left -= needs;
            kept.push(block.clone());
            continue;
        }
        // A block that would leave a quarter of the room empty is worth cutting.
        if left > room / 4 {
            kept.extend(part(block, left));
        }
        break;
    }
    while matches!(kept.last(), Some(Block::Heading { .. })) {
        kept.pop();
    }
    kept
}

/// The beginning of one block.
fn part(block: &Block, room: usize) -> Option<Block> {
    let shortened = |take: usize| -> Option<Block> {
        Some(match block {
            Block::List(list) => Block::List(List {
                numbering: list.numbering,
                items: list.items.get(..take)?.to_vec(),
            }),
            Block::Table(table) => Block::Table(Table {
                caption: table.caption.clone(),
                header: table.header.clone(),
                rows: table.rows.get(..take)?.to_vec(),
                row_headers: table.row_headers,
            }),
            Block::DescriptionList(groups) => Block::DescriptionList(groups.get(..take)?.to_vec()),
            Block::Paragraph(text) => Block::Paragraph(words(text, &mut take.clone())),
            Block::Preformatted(text) => {
                let lines: Vec<&str> = text.lines().take(take).collect();
                Block::Preformatted(lines.join("\n"))
            }
            _ => return None,
        })
    };
    let most = match block {
        Block::Quote(blocks) => {
            // What a block in a quotation has more than one outside.
            let more = |block: &Block| match block {
                Block::Paragraph(_) => 8,
                _ => 64,
            };
            let more: usize = blocks.iter().map(more).sum();
            let frame = length(&[Block::Quote(Vec::new())]) + more;
            let inner = beginning(blocks, room.checked_sub(frame)?);
            return (!inner.is_empty()).then_some(Block::Quote(inner));
        }
        Block::Passage(passage) => {
            let around = |blocks| {
                Block::Passage(Passage {
                    blocks,
                    ..passage.clone()
                })
            };
            let frame = length(&[around(Vec::new())]);
            let inner = beginning(&passage.blocks, room.checked_sub(frame)?);
            return (!inner.is_empty()).then(|| around(inner));
        }
        Block::List(list) => list.items.len(),
        Block::Table(table) => table.rows.len(),
        Block::DescriptionList(groups) => groups.len(),
        Block::Preformatted(text) => text.lines().count(),
        Block::Paragraph(_) => room,
        _ => return None,
    };
    // The largest beginning that fits, by halving.
    let (mut fits, mut too_much) = (0, most + 1);
    while too_much - fits > 1 {
        let middle = usize::midpoint(fits, too_much);
        if shortened(middle).is_some_and(|block| length(&[block]) <= room) {
            fits = middle;
        } else {
            too_much = middle;
        }
    }
    if fits == 0 { None } else { shortened(fits) }
}

/// The words among the first `left` bytes of a run.
fn words(text: &[Inline], left: &mut usize) -> Vec<Inline> {
    let mut kept = Vec::new();
    for inline in text {
        if *left == 0 {
            break;
        }
        kept.push(match inline {
            Inline::Text(text) if text.len() <= *left => {
                *left -= text.len();
                Inline::Text(text.clone())
            }
            Inline::Text(text) => {
                let end = (0..=*left)
                    .rev()
                    .find(|at| text.is_char_boundary(*at))
                    .unwrap_or(0);
                let space = text[..end].rfind(' ').filter(|space| end - space < 40);
                let end = space.unwrap_or(end);
                *left = 0;
                Inline::Text(format!("{} …", text[..end].trim_end()))
            }
            // Half an exponent would be another number, and half an abbreviation have its whole meaning.
            Inline::LineBreak
            | Inline::Abbreviation { .. }
            | Inline::NoteMark(_)
            | Inline::Superscript(_)
            | Inline::Subscript(_)
            | Inline::Picture(_) => inline.clone(),
            marked => marked.around(words(marked.inner(), left)),
        });
    }
    kept
}
