//! Lists that were typed rather than marked up: word processors and hand-made pages begin each
//! paragraph with a bullet.

use gazette_templates::document::{Block, Inline, List};

use super::runs::plain;

const BULLETS: [char; 8] = ['•', '·', '▪', '●', '◦', '‣', '∙', '⁃'];

/// Two or more paragraphs in a row that begin with a bullet become a list.
pub(super) fn gather(blocks: Vec<Block>) -> Vec<Block> {
    let mut gathered: Vec<Block> = Vec::with_capacity(blocks.len());
    let mut rest = blocks.into_iter().peekable();
    while let Some(block) = rest.next() {
        if !is_item(&block) || !rest.peek().is_some_and(is_item) {
            gathered.push(block);
            continue;
        }
        let mut items = vec![vec![without_bullet(block)]];
        while let Some(item) = rest.next_if(is_item) {
            items.push(vec![without_bullet(item)]);
        }
        gathered.push(Block::List(List {
            numbering: None,
            items,
        }));
    }
    gathered
}

fn is_item(block: &Block) -> bool {
    let Block::Paragraph(text) = block else {
        return false;
    };
    let says = plain(text);
    let mut letters = says.chars();
    letters.next().is_some_and(|c| BULLETS.contains(&c))
        && letters.next().is_some_and(char::is_whitespace)
        && letters.any(char::is_alphanumeric)
}

fn without_bullet(block: Block) -> Block {
    match block {
        Block::Paragraph(mut text) => {
            strip(&mut text);
            Block::Paragraph(text)
        }
        other => other,
    }
}

/// Takes the bullet and the space behind it off the run; the two may be marked differently.
fn strip(text: &mut Vec<Inline>) {
    let is_lead = |c: char| c.is_whitespace() || BULLETS.contains(&c);
    while let Some(first) = text.first_mut() {
        match first {
            Inline::Text(words) => {
                *words = words.trim_start_matches(is_lead).to_owned();
                if !words.is_empty() {
                    return;
                }
            }
            Inline::LineBreak => {}
            marked => {
                let Some(inner) = marked.inner_mut() else {
                    return;
                };
                strip(inner);
                if !inner.is_empty() {
                    return;
                }
            }
        }
        text.remove(0);
    }
}
