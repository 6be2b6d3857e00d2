//! The document as plain text: for the mail's text part, which says the same words (R3).
//!
//! Paragraphs are single lines, however long: quoted-printable carries them, and the reader's own
//! window wraps them (E7). Lists count as they do in the HTML, and a link's address stands right
//! below the paragraph that names it.

use url::Url;

use super::{
    Block, Document, Figure, Inline, List, Table, links,
    numbering::marker,
    outline::{Outline, clean, clean_lines, plain},
};

/// The document as text, lines ended by `\n`.
#[must_use]
pub fn render(document: &Document) -> String {
    let mut writer = Writer {
        outline: Outline::default(),
        image: image_word(&document.language),
        numbered: !has_numbers_of_its_own(&document.blocks),
        links: Vec::new(),
        depth: 0,
    };
    let mut text = String::new();
    for line in writer.blocks(&document.blocks) {
        text.push_str(line.trim_end_matches([' ', '\t']));
        text.push('\n');
    }
    text
}

/// What `[Image: …]` is called.
pub(super) fn image_word(language: &str) -> &'static str {
    match language.split('-').next().unwrap_or_default() {
        "es" => "Imagen",
        "ko" => "이미지",
        "vi" => "Hình ảnh",
        "zh" => "图片",
        "ar" => "صورة",
        _ => "Image",
    }
}

struct Writer {
    outline: Outline,
    image: &'static str,
    /// Whether links are marked `[1]`; a release with such marks of its own gets `<address>`.
    numbered: bool,
    /// The addresses so far; the first is `[1]`.
    links: Vec<Url>,
    depth: usize,
}

impl Writer {
    fn blocks(&mut self, blocks: &[Block]) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        for block in blocks {
            let more = self.block(block);
            if more.is_empty() {
                continue;
            }
            if !lines.is_empty() {
                lines.push(String::new());
            }
            lines.extend(more);
        }
        lines
    }

    fn block(&mut self, block: &Block) -> Vec<String> {
        match block {
            Block::Heading { text, .. } | Block::Paragraph(text) => self.paragraph(text),
            Block::Quote(blocks) => self
                .blocks(blocks)
                .into_iter()
                .map(|line| format!("> {line}"))
                .collect(),
            Block::List(list) => self.list(list),
            Block::Table(table) => self.table(table),
            Block::Figure(figure) => self.figure(figure),
            Block::Embed { title, url } => {
                let title = clean(title);
                vec![titled(title.trim(), url)]
            }
            Block::Preformatted(text) => clean_lines(text).lines().map(str::to_owned).collect(),
            Block::EndMark(mark) if self.outline.ends_here() => vec![clean(mark).into_owned()],
            Block::EndMark(_) => Vec::new(),
            Block::Passage(passage) => self.blocks(&passage.blocks),
        }
    }

    fn paragraph(&mut self, text: &[Inline]) -> Vec<String> {
        let text = links::meaningful(text);
        if let Some((label, href)) = only_link(&text) {
            return vec![titled(label.trim(), href)];
        }
        let run = self.run(&text);
        let mut lines: Vec<String> = run
            .text
            .split('\n')
            .map(|line| trim(line).to_owned())
            .collect();
        if lines.iter().all(String::is_empty) {
            return Vec::new();
        }
        lines.extend(self.addresses(&run.links));
        lines
    }

    fn addresses(&self, links: &[usize]) -> Vec<String> {
        links
            .iter()
            .filter_map(|number| Some(format!("[{number}] {}", self.links.get(number - 1)?)))
            .collect()
    }

    fn list(&mut self, list: &List) -> Vec<String> {
        // The outermost list is set in by two; an inner one by its item's text already.
        let margin = if self.depth == 0 { 2 } else { 0 };
        let markers: Vec<String> = (0..list.items.len())
            .map(|at| {
                list.numbering
                    .map_or_else(|| "•".to_owned(), |n| marker(n, at))
            })
            .collect();
        let width = markers.iter().map(|m| m.chars().count()).max().unwrap_or(1);
        let indent = " ".repeat(margin + width + 1);
        let spaced = list.items.iter().any(|item| {
            item.iter()
                .filter(|block| !matches!(block, Block::List(_)))
                .count()
                > 1
        });
        self.depth += 1;
        let mut lines = Vec::new();
        for (item, marker) in list.items.iter().zip(&markers) {
            let content = self.item(item);
            if spaced && !lines.is_empty() {
                lines.push(String::new());
            }
            let first = format!("{}{marker:>width$} ", " ".repeat(margin));
            let texts = match item.first() {
                Some(Block::Paragraph(text) | Block::Heading { text, .. }) => plain(text),
                _ => String::new(),
            };
            if texts.trim().is_empty() {
                // Only text can share a line with its number.
                lines.push(first);
                lines.extend(content.into_iter().map(|line| format!("{indent}{line}")));
                continue;
            }
            let mut content = content.into_iter();
            lines.push(format!("{first}{}", content.next().unwrap_or_default()));
            lines.extend(content.map(|line| format!("{indent}{line}")));
        }
        self.depth -= 1;
        lines
    }

    /// An inner list follows its item's text at once, other blocks after an empty line.
    fn item(&mut self, blocks: &[Block]) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        for block in blocks {
            let more = self.block(block);
            if !lines.is_empty() && !more.is_empty() && !matches!(block, Block::List(_)) {
                lines.push(String::new());
            }
            lines.extend(more);
        }
        lines
    }

    /// One line a row, the header first: every word once, in the order in which it is read.
    fn table(&mut self, table: &Table) -> Vec<String> {
        let mut lines = Vec::new();
        let mut numbers = Vec::new();
        let mut said_in = |text: &mut Self, row: &[Vec<Inline>]| -> Vec<String> {
            row.iter()
                .map(|cell| {
                    let run = text.run(&links::meaningful(cell));
                    numbers.extend(run.links);
                    trim(&run.text.replace('\n', " ")).to_owned()
                })
                .collect()
        };
        let caption = table
            .caption
            .as_ref()
            .map(|caption| said_in(self, std::slice::from_ref(caption)));
        let header = said_in(self, &table.header);
        let rows: Vec<Vec<String>> = table.rows.iter().map(|row| said_in(self, row)).collect();
        lines.extend(
            caption
                .into_iter()
                .flatten()
                .filter(|line| !line.is_empty()),
        );
        let width = |cell: &String| cell.chars().count();
        let columns = rows
            .iter()
            .map(Vec::len)
            .max()
            .unwrap_or(0)
            .max(header.len());
        let widths: Vec<usize> = (0..columns)
            .map(|at| {
                rows.iter()
                    .chain([&header])
                    .filter_map(|row| row.get(at))
                    .map(width)
                    .max()
                    .unwrap_or(0)
            })
            .collect();
        // Columns line up where the whole table fits a narrow window; else each row just follows.
        let aligned = widths.iter().map(|width| width + 3).sum::<usize>() <= 75;
        let line = |row: &Vec<String>| {
            let cells: Vec<String> = row
                .iter()
                .zip(&widths)
                .map(|(cell, width)| {
                    if aligned {
                        format!("{cell:<width$}")
                    } else {
                        cell.clone()
                    }
                })
                .collect();
            cells.join(" | ").trim_end().to_owned()
        };
        if !header.is_empty() {
            let head = line(&header);
            let rule = "-".repeat(head.chars().count().min(72));
            lines.extend([head, rule]);
        }
        lines.extend(rows.iter().map(line));
        numbers.sort_unstable();
        numbers.dedup();
        lines.extend(self.addresses(&numbers));
        lines
    }

    fn figure(&mut self, figure: &Figure) -> Vec<String> {
        let alt = clean(&figure.alt);
        let caption = figure
            .caption
            .as_ref()
            .map(|caption| self.paragraph(caption))
            .unwrap_or_default();
        let mut lines = match alt.trim() {
            // Decoration, and nobody would miss it.
            "" if caption.is_empty() => return Vec::new(),
            "" => vec![format!("[{}]", self.image)],
            alt => vec![format!("[{}: {alt}]", self.image)],
        };
        lines.push(figure.src.to_string());
        lines.extend(caption);
        lines
    }

    fn run(&mut self, text: &[Inline]) -> Run {
        let mut run = Run::default();
        self.inlines(text, &mut run, false);
        run
    }

    fn inlines(&mut self, text: &[Inline], run: &mut Run, linked: bool) {
        for inline in text {
            match inline {
                Inline::Text(text) => run.push(&clean(text)),
                Inline::Strong(inner) | Inline::Emphasis(inner) => self.inlines(inner, run, linked),
                Inline::LineBreak => run.push("\n"),
                Inline::Link { href, label } => {
                    self.inlines(label, run, true);
                    let says = plain(label);
                    if !linked && !says.trim().is_empty() && !says_its_address(says.trim(), href) {
                        let mark = self.mark(href, run);
                        run.mark(&mark);
                    }
                }
            }
        }
    }

    fn mark(&mut self, href: &Url, run: &mut Run) -> String {
        if !self.numbered {
            return format!("<{href}>");
        }
        let known = self.links.iter().position(|known| known == href);
        let number = known.unwrap_or_else(|| {
            self.links.push(href.clone());
            self.links.len() - 1
        }) + 1;
        if !run.links.contains(&number) {
            run.links.push(number);
        }
        format!("[{number}]")
    }
}

/// A run of text with the numbers of the links that it names.
#[derive(Default)]
struct Run {
    text: String,
    links: Vec<usize>,
    /// Where the space before a mark stands, while the mark is the last thing written.
    spaced: Option<usize>,
}

impl Run {
    fn push(&mut self, text: &str) {
        let Some(first) = text.chars().next() else {
            return;
        };
        // A link in the middle of a word: the mark must not make it two words.
        if let Some(at) = self.spaced.take().filter(|_| first.is_alphanumeric()) {
            self.text.remove(at);
        }
        self.text.push_str(text);
    }

    fn mark(&mut self, mark: &str) {
        let kept = self.text.trim_end_matches(' ').len();
        let after = self.text.split_off(kept);
        self.spaced = after.is_empty().then_some(kept);
        self.text.push(' ');
        self.text.push_str(mark);
        self.text.push_str(&after);
    }
}

/// Without spaces at the ends; a no-break space was put there by someone, and stays (R3).
fn trim(line: &str) -> &str {
    line.trim_matches([' ', '\t'])
}

/// `Title: address`; the address alone where the title says no more.
fn titled(title: &str, url: &Url) -> String {
    if title.is_empty() {
        url.to_string()
    } else if says_its_address(title, url) {
        title.to_owned()
    } else if title.ends_with(char::is_alphanumeric) {
        format!("{title}: {url}")
    } else {
        format!("{title} {url}")
    }
}

/// The link of a paragraph that is nothing but one link.
fn only_link(text: &[Inline]) -> Option<(String, &Url)> {
    match text {
        [Inline::Strong(inner) | Inline::Emphasis(inner)] => only_link(inner),
        [Inline::Link { href, label }] => {
            let says = plain(label);
            (!says.trim().is_empty()).then_some((says, href))
        }
        _ => None,
    }
}

/// Whether a label is the address that it leads to, so that printing both says nothing new.
fn says_its_address(label: &str, href: &Url) -> bool {
    let address = href.as_str();
    match href.scheme() {
        "mailto" | "tel" => label == href.path() || label == address,
        _ => label == address || Some(label) == address.strip_suffix('/'),
    }
}

/// Whether the text has `[1]` of its own.
fn has_numbers_of_its_own(blocks: &[Block]) -> bool {
    let marked = |text: &str| {
        text.split('[').skip(1).any(|rest| {
            rest.split_once(']').is_some_and(|(inside, _)| {
                !inside.is_empty() && inside.bytes().all(|b| b.is_ascii_digit())
            })
        })
    };
    let runs = |row: &[Vec<Inline>]| row.iter().any(|cell| marked(&plain(cell)));
    blocks.iter().any(|block| match block {
        Block::Heading { text, .. } | Block::Paragraph(text) => marked(&plain(text)),
        Block::Quote(blocks) => has_numbers_of_its_own(blocks),
        Block::Passage(passage) => has_numbers_of_its_own(&passage.blocks),
        Block::List(list) => list.items.iter().any(|item| has_numbers_of_its_own(item)),
        Block::Table(table) => runs(&table.header) || table.rows.iter().any(|row| runs(row)),
        Block::Figure(figure) => {
            marked(&figure.alt) || figure.caption.iter().any(|c| marked(&plain(c)))
        }
        Block::Embed { title: text, .. } | Block::Preformatted(text) | Block::EndMark(text) => {
            marked(text)
        }
    })
}
