//! What a mail tells otherwise than the web: of a table that would be told record by record for many
//! screens, it has the beginning and a link to the whole.

use url::Url;

use super::{Block, Description, Direction, Document, Inline, List, Passage, Table, table_form};

/// Lines of a table's records that a mail tells: some twelve screens of a phone.
const MOST_LINES: usize = 240;
/// Of a longer table, so many.
const KEPT_LINES: usize = 60;

/// Where a table that is too long stands as a whole.
#[derive(Debug, Clone)]
pub struct WholeTable<'a> {
    /// The page.
    pub url: Url,
    /// What leads to it, in this language, which is another than the document's where it is some.
    pub label: &'a str,
    /// BCP 47.
    pub foreign: Option<(&'a str, Direction)>,
}

/// The document as both parts of a mail tell it; `whole`: none where there is no such page.
#[must_use]
pub fn of(document: &Document, whole: Option<&WholeTable<'_>>) -> Document {
    Document {
        language: document.language.clone(),
        direction: document.direction,
        blocks: blocks(&document.blocks, whole),
    }
}

fn blocks(list: &[Block], whole: Option<&WholeTable<'_>>) -> Vec<Block> {
    let mut told = Vec::with_capacity(list.len());
    for block in list {
        match (block, whole) {
            (Block::Table(table), Some(whole)) => match beginning(table) {
                Some(beginning) => {
                    told.push(Block::Table(beginning));
                    told.push(whole.link());
                }
                None => told.push(block.clone()),
            },
            _ => told.push(one(block, whole)),
        }
    }
    told
}

fn one(block: &Block, whole: Option<&WholeTable<'_>>) -> Block {
    match block {
        Block::Quote(inner) => Block::Quote(blocks(inner, whole)),
        Block::List(list) => Block::List(List {
            numbering: list.numbering,
            items: list.items.iter().map(|item| blocks(item, whole)).collect(),
        }),
        Block::Passage(passage) => Block::Passage(Passage {
            language: passage.language.clone(),
            direction: passage.direction,
            blocks: blocks(&passage.blocks, whole),
        }),
        Block::DescriptionList(groups) => Block::DescriptionList(
            groups
                .iter()
                .map(|group| Description {
                    terms: group.terms.clone(),
                    details: group
                        .details
                        .iter()
                        .map(|part| blocks(part, whole))
                        .collect(),
                })
                .collect(),
        ),
        other => other.clone(),
    }
}

/// The rows that a mail has of a table which is too long; `None`: it has all.
fn beginning(table: &Table) -> Option<Table> {
    if table_form::of(table) != table_form::Form::Records {
        return None;
    }
    let lines = |row: &Vec<Vec<Inline>>| table_form::record(table, row).count();
    let all: usize = table.rows.iter().map(lines).sum();
    if all <= MOST_LINES {
        return None;
    }
    let mut told = 0;
    let kept = table.rows.iter().take_while(|row| {
        let first = told == 0;
        told += lines(row);
        first || told <= KEPT_LINES
    });
    Some(Table {
        caption: table.caption.clone(),
        header: table.header.clone(),
        rows: kept.cloned().collect(),
        row_headers: table.row_headers,
    })
}

impl WholeTable<'_> {
    fn link(&self) -> Block {
        let mut label = vec![Inline::Text(self.label.to_owned())];
        if let Some((language, direction)) = self.foreign {
            label = vec![Inline::Foreign {
                language: language.to_owned(),
                direction,
                text: label,
            }];
        }
        Block::Paragraph(vec![Inline::Link {
            href: self.url.clone(),
            label,
        }])
    }
}
