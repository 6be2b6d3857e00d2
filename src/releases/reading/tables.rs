//! Tables: data as a table, layout as what it arranges.

use dom_query::NodeRef;
use gazette_templates::document::{Block, Inline, Passage, Table};

use super::{blocks::Builder, runs::Style};

/// A table with more cells than this is no table in a mail.
const MAX_CELLS: usize = 4_000;
const MAX_SPAN: usize = 40;

impl Builder<'_> {
    pub(super) fn table(&mut self, node: &NodeRef) {
        if !self.may_nest() || is_layout(node) {
            self.container(node, Style::default());
            return;
        }
        self.flush();
        let mut rows: Vec<(bool, Vec<Vec<Inline>>)> = Vec::new();
        // Cells that reach down from the rows above: how many rows each column is still taken.
        let mut taken: Vec<usize> = Vec::new();
        let mut cells = 0;
        for row in rows_of(node) {
            let mut line: Vec<Vec<Inline>> = Vec::new();
            let mut all_headings = true;
            for cell in row.children_it(false) {
                if !(cell.has_name("td") || cell.has_name("th")) {
                    continue;
                }
                skip_taken(&mut line, &mut taken);
                all_headings &= cell.has_name("th");
                let span = |name: &str| {
                    cell.attr(name)
                        .and_then(|value| value.trim().parse::<usize>().ok())
                        .unwrap_or(1)
                        .clamp(1, MAX_SPAN)
                };
                let (across, down) = (span("colspan"), span("rowspan"));
                let content = self.nested_blocks(&cell);
                for column in 0..across {
                    let at = line.len();
                    if taken.len() <= at {
                        taken.resize(at + 1, 0);
                    }
                    if let Some(rows) = taken.get_mut(at) {
                        *rows = down - 1;
                    }
                    line.push(if column == 0 {
                        in_one_cell(&content)
                    } else {
                        Vec::new()
                    });
                }
            }
            skip_taken(&mut line, &mut taken);
            cells += line.len();
            if cells > MAX_CELLS {
                break;
            }
            if line.iter().any(|cell| !cell.is_empty()) {
                rows.push((all_headings, line));
            }
        }
        let caption = node
            .children_it(false)
            .find(|child| child.has_name("caption"))
            .map(|caption| in_one_cell(&self.nested_blocks(&caption)))
            .filter(|caption| !caption.is_empty());
        self.push_table(caption, rows);
    }

    fn push_table(&mut self, caption: Option<Vec<Inline>>, rows: Vec<(bool, Vec<Vec<Inline>>)>) {
        let width = rows.iter().map(|(_, line)| line.len()).max().unwrap_or(0);
        if width == 0 {
            return;
        }
        let mut header = Vec::new();
        let mut body = Vec::new();
        for (at, (heading, mut line)) in rows.into_iter().enumerate() {
            line.resize(width, Vec::new());
            if heading && at == 0 {
                header = line;
            } else {
                body.push(line);
            }
        }
        self.blocks.push(Block::Table(Table {
            caption,
            header,
            rows: body,
            row_headers: false,
        }));
    }
}

/// Steps over the columns that a cell above still fills.
fn skip_taken(line: &mut Vec<Vec<Inline>>, taken: &mut [usize]) {
    while let Some(rows) = taken.get_mut(line.len()).filter(|rows| **rows > 0) {
        *rows -= 1;
        line.push(Vec::new());
    }
}

fn rows_of<'a>(table: &NodeRef<'a>) -> Vec<NodeRef<'a>> {
    let mut rows = Vec::new();
    for child in table.children_it(false) {
        if child.has_name("tr") {
            rows.push(child);
        } else if child.has_name("thead") || child.has_name("tbody") || child.has_name("tfoot") {
            rows.extend(child.children_it(false).filter(|row| row.has_name("tr")));
        }
    }
    rows
}

/// Tables that only place things: said so, with one column, or holding what no cell of data holds.
fn is_layout(table: &NodeRef) -> bool {
    if table
        .attr("role")
        .is_some_and(|role| matches!(&*role, "presentation" | "none"))
    {
        return true;
    }
    let widest = rows_of(table)
        .iter()
        .map(|row| {
            row.children_it(false)
                .filter(|cell| cell.has_name("td") || cell.has_name("th"))
                .count()
        })
        .max()
        .unwrap_or(0);
    widest < 2
        || table.descendants_it().any(|node| {
            node.node_name().is_some_and(|name| {
                matches!(
                    &*name,
                    "table"
                        | "img"
                        | "iframe"
                        | "video"
                        | "form"
                        | "blockquote"
                        | "h1"
                        | "h2"
                        | "h3"
                )
            })
        })
}

/// The words of a cell in one run: its paragraphs and items on lines of their own.
fn in_one_cell(blocks: &[Block]) -> Vec<Inline> {
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
            Block::Table(_) | Block::Figure(_) | Block::Missing(_) => {}
        }
    }
    cell
}
