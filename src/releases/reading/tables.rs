//! Tables: data as a table, layout as what it arranges.

use dom_query::NodeRef;
use gazette_templates::document::{Block, Inline, Missing, Table};

use super::{blocks::Builder, one_run::in_one_cell, runs::Style};

/// A table with more cells than this is no table in a mail.
const MAX_CELLS: usize = 4_000;
const MAX_SPAN: usize = 40;

/// A row as it is read.
#[derive(Default)]
struct Row {
    cells: Vec<Vec<Inline>>,
    /// Whether it heads the columns.
    is_header: bool,
    /// Whether its first cell says what it is about.
    is_headed: bool,
}

impl Builder<'_> {
    pub(super) fn table(&mut self, node: &NodeRef) {
        if !self.may_nest() || is_layout(node) {
            self.container(node, Style::default());
            return;
        }
        self.flush();
        let mut rows: Vec<Row> = Vec::new();
        // Cells that reach down from the rows above: how many rows each column is still taken.
        let mut taken: Vec<usize> = Vec::new();
        let mut cells = 0;
        for line in rows_of(node) {
            let first_is_taken = taken.first().is_some_and(|rows| *rows > 0);
            let was_headed = rows.last().is_some_and(|row| row.is_headed);
            let mut row = self.row(&line, &mut taken);
            row.is_headed |= first_is_taken && was_headed;
            cells += row.cells.len();
            if cells > MAX_CELLS {
                self.missing(Missing::TableRows);
                break;
            }
            if row.cells.iter().any(|cell| !cell.is_empty()) {
                rows.push(row);
            }
        }
        let caption = node
            .children_it(false)
            .find(|child| child.has_name("caption"))
            .map(|caption| in_one_cell(&self.nested_blocks(&caption)))
            .filter(|caption| !caption.is_empty());
        self.push_table(caption, rows);
        self.flush();
    }

    fn row(&mut self, line: &NodeRef, taken: &mut Vec<usize>) -> Row {
        let mut row = Row::default();
        let (mut headings, mut others) = (0, 0);
        for cell in line.children_it(false) {
            if !(cell.has_name("td") || cell.has_name("th")) {
                continue;
            }
            skip_taken(&mut row.cells, taken);
            let span = |name: &str| {
                cell.attr(name)
                    .and_then(|value| value.trim().parse::<usize>().ok())
                    .unwrap_or(1)
                    .clamp(1, MAX_SPAN)
            };
            let (across, down) = (span("colspan"), span("rowspan"));
            let content = self.nested_blocks(&cell);
            self.note_losses(&content);
            let says = in_one_cell(&content);
            if cell.has_name("th") {
                headings += 1;
                row.is_headed |= row.cells.is_empty();
            } else if !says.is_empty() {
                // The corner above row headings is empty, and a cell of data in many pages.
                others += 1;
            }
            for column in 0..across {
                let at = row.cells.len();
                if taken.len() <= at {
                    taken.resize(at + 1, 0);
                }
                if let Some(rows) = taken.get_mut(at) {
                    *rows = down - 1;
                }
                row.cells.push(if column == 0 {
                    says.clone()
                } else {
                    Vec::new()
                });
            }
        }
        skip_taken(&mut row.cells, taken);
        let in_head = line.parent().is_some_and(|parent| parent.has_name("thead"));
        row.is_header = others == 0 && headings > 0 || in_head;
        row
    }

    /// What a cell holds that a cell of ours cannot.
    fn note_losses(&mut self, blocks: &[Block]) {
        for block in blocks {
            match block {
                Block::Missing(missing) => self.missing(*missing),
                Block::Table(_) => self.missing(Missing::TableInTable),
                _ => {}
            }
            for inner in block.inner() {
                self.note_losses(inner);
            }
        }
    }

    fn push_table(&mut self, caption: Option<Vec<Inline>>, rows: Vec<Row>) {
        let width = rows.iter().map(|row| row.cells.len()).max().unwrap_or(0);
        if width == 0 {
            return;
        }
        let mut header = Vec::new();
        let mut body = Vec::new();
        let mut every_row_headed = true;
        for (at, mut row) in rows.into_iter().enumerate() {
            row.cells.resize(width, Vec::new());
            if row.is_header && at == 0 {
                header = row.cells;
            } else {
                every_row_headed &= row.is_headed;
                body.push(row.cells);
            }
        }
        self.blocks.push(Block::Table(Table {
            caption,
            header,
            row_headers: every_row_headed && !body.is_empty(),
            rows: body,
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
    let rows = rows_of(table);
    let cells_of = |row: &NodeRef| {
        row.children_it(false)
            .filter(|cell| cell.has_name("td") || cell.has_name("th"))
            .count()
    };
    let widest = rows.iter().map(cells_of).max().unwrap_or(0);
    if widest < 2 {
        return true;
    }
    let holds = |names: &[&str]| {
        table
            .descendants_it()
            .any(|node| node.node_name().is_some_and(|name| names.contains(&&*name)))
    };
    if holds(&["iframe", "video", "form", "blockquote", "h1", "h2", "h3"]) {
        return true;
    }
    let says_data = rows
        .iter()
        .any(|row| row.children_it(false).any(|cell| cell.has_name("th")))
        || table
            .children_it(false)
            .any(|child| child.has_name("caption") || child.has_name("thead"));
    // Photographs beside each other are arranged; ticks below headings are data.
    !says_data && holds(&["table", "img"])
}
