//! The document as plain text: for the mail's text part, which says the same words (R3).
//!
//! Paragraphs are single lines, however long: quoted-printable carries them, and the reader's own
//! window wraps them (E7). Lists count as they do in the HTML, and a link's address stands right
//! below the paragraph that names it.

use std::collections::{BTreeSet, HashMap};

use url::Url;

use super::{
    Block, Description, Document, Figure, Inline, List, Table, columns, links,
    numbering::marker,
    outline::{Outline, clean, clean_lines, every_word, is_blank, own_alt, plain},
    scripts,
    table_form::{self, Form},
};
use crate::reader_language::reader_language;

/// The document as text, lines ended by `\n`: every word once.
#[must_use]
pub fn render(document: &Document) -> String {
    written(document, &document.blocks, false)
}

/// The same for the text part of a mail, below its headline: headings are underlined, and a table that
/// no phone can show is told record by record, as the HTML part tells it.
#[must_use]
pub fn mail(document: &Document) -> String {
    written(document, document.below_headline(), true)
}

/// A line with a rule below it that is as long.
#[must_use]
pub fn underlined(line: &str, rule: char) -> String {
    let rule = rule.to_string().repeat(width(line).min(RULE));
    format!("{line}\n{rule}")
}

fn written(document: &Document, blocks: &[Block], for_mail: bool) -> String {
    let mut writer = Writer {
        for_mail,
        outline: Outline::default(),
        image: image_word(&document.language),
        numbered: !has_numbers_of_its_own(&document.blocks),
        links: Vec::new(),
        numbers: HashMap::new(),
        struck: struck_word(&document.language),
        depth: 0,
    };
    let mut text = String::new();
    for line in writer.blocks(blocks) {
        text.push_str(line.trim_end_matches([' ', '\t']));
        text.push('\n');
    }
    text
}

/// What `[Image: …]` is called.
pub(super) fn image_word(language: &str) -> &'static str {
    match reader_language(language).unwrap_or_default() {
        "es" => "Imagen",
        "ko" => "이미지",
        "vi" => "Hình ảnh",
        "zh-Hant" => "圖片",
        "zh-Hans" => "图片",
        "ar" => "صورة",
        _ => "Image",
    }
}

/// What `(struck: …)` is called.
pub(super) fn struck_word(language: &str) -> &'static str {
    match reader_language(language).unwrap_or_default() {
        "es" => "tachado",
        "ko" => "삭제됨",
        "vi" => "đã gạch bỏ",
        "zh-Hant" => "已刪除",
        "zh-Hans" => "已删除",
        "ar" => "مشطوب",
        _ => "struck",
    }
}

struct Writer {
    /// Whether it is a part of a mail.
    for_mail: bool,
    outline: Outline,
    image: &'static str,
    /// Whether links are marked `[1]`; a release with such marks of its own gets `<address>`.
    numbered: bool,
    /// The addresses so far; the first is `[1]`.
    links: Vec<Url>,
    /// The number of each.
    numbers: HashMap<Url, usize>,
    /// What `(struck: …)` is called.
    struck: &'static str,
    depth: usize,
}

impl Writer {
    fn blocks(&mut self, blocks: &[Block]) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        for (at, block) in blocks.iter().enumerate() {
            let more = match block {
                Block::Heading { level, text } => {
                    match led_to_below(*level, text, &blocks[at + 1..]) {
                        Some(label) => self.heading(*level, label),
                        None => self.heading(*level, text),
                    }
                }
                block => self.block(block),
            };
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
            Block::Heading { level, text } => self.heading(*level, text),
            Block::Paragraph(text) => self.paragraph(text),
            Block::Quote(blocks) => self
                .blocks(blocks)
                .into_iter()
                .map(|line| format!("> {line}"))
                .collect(),
            Block::List(list) => self.list(list),
            Block::Table(table) => self.table(table),
            Block::Figure(figure) => self.figure(figure),
            Block::Embed { title, url, .. } => {
                let title = clean(title);
                vec![titled(title.trim(), url)]
            }
            Block::Preformatted(text) => clean_lines(text).lines().map(str::to_owned).collect(),
            Block::EndMark(mark) if self.outline.ends_here() => vec![clean(mark).into_owned()],
            Block::EndMark(_) | Block::Missing(_) => Vec::new(),
            Block::Passage(passage) => self.blocks(&passage.blocks),
            Block::DescriptionList(groups) => self.descriptions(groups),
        }
    }

    /// Each term on a line, what is said of it set in below.
    fn descriptions(&mut self, groups: &[Description]) -> Vec<String> {
        let mut lines = Vec::new();
        for group in groups {
            if !lines.is_empty() {
                lines.push(String::new());
            }
            for term in &group.terms {
                lines.extend(self.paragraph(term));
            }
            self.depth += 1;
            for details in &group.details {
                let said = self.item(details);
                lines.extend(said.into_iter().map(|line| format!("    {line}")));
            }
            self.depth -= 1;
        }
        lines
    }

    fn heading(&mut self, level: u8, text: &[Inline]) -> Vec<String> {
        self.outline.level(level);
        let mut lines = self.paragraph(text);
        let says = every_word(text);
        if self.for_mail && says.chars().any(char::is_alphanumeric) {
            let words = lines.iter().take(1).map(|line| width(line)).max();
            // Below the headline, which has a double rule.
            lines.insert(1, "-".repeat(words.unwrap_or(0).min(RULE)));
        }
        lines
    }

    fn paragraph(&mut self, text: &[Inline]) -> Vec<String> {
        let text = links::meaningful(text);
        if let Some((label, href)) = only_link(&text) {
            let mut label_run = Run::default();
            self.inlines(label, &mut label_run, true);
            return vec![titled(label_run.text.replace('\n', " ").trim(), href)];
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

    fn addresses(&self, links: &BTreeSet<usize>) -> Vec<String> {
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

    /// Each row by itself, each cell behind its heading, as the HTML has it.
    fn records(&mut self, table: &Table) -> Vec<String> {
        let mut lines = Vec::new();
        if let Some(caption) = &table.caption {
            lines.extend(self.paragraph(caption));
        }
        for row in &table.rows {
            let mut run = Run::default();
            let mut record: Vec<String> = Vec::new();
            for (heading, cell) in table_form::record(table, row) {
                let mut said = Run::default();
                let says = plain(heading);
                if !says.trim().is_empty() {
                    self.inlines(&links::meaningful(heading), &mut said, false);
                    said.push(table_form::after_heading(&says));
                }
                self.inlines(&links::meaningful(cell), &mut said, false);
                let indent = if record.is_empty() { "" } else { "  " };
                record.push(format!("{indent}{}", trim(&said.text.replace('\n', " "))));
                run.links.extend(said.links);
            }
            if record.is_empty() {
                continue;
            }
            if !lines.is_empty() {
                lines.push(String::new());
            }
            lines.extend(record);
            lines.extend(self.addresses(&run.links));
        }
        lines
    }

    /// One line a row, the header first: every word once, in the order in which it is read.
    fn table(&mut self, table: &Table) -> Vec<String> {
        if self.for_mail && table_form::of(table) == Form::Records {
            return self.records(table);
        }
        let mut lines = Vec::new();
        let mut numbers = BTreeSet::new();
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
        let numeric = columns::numeric(table);
        let line = |row: &Vec<String>| {
            let cells: Vec<String> = row
                .iter()
                .zip(&widths)
                .enumerate()
                .map(|(at, (cell, width))| match numeric.get(at) {
                    _ if !aligned => cell.clone(),
                    Some(true) => format!("{cell:>width$}"),
                    _ => format!("{cell:<width$}"),
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
        lines.extend(self.addresses(&numbers));
        lines
    }

    fn figure(&mut self, figure: &Figure) -> Vec<String> {
        let alt = own_alt(figure);
        let caption = figure
            .caption
            .as_ref()
            .map(|caption| self.paragraph(caption))
            .unwrap_or_default();
        let mut lines = match alt.trim() {
            // Decoration, and nobody would miss it.
            "" if caption.is_empty() && figure.link.is_none() => return Vec::new(),
            "" => vec![format!("[{}]", self.image)],
            alt => vec![format!("[{}: {alt}]", self.image)],
        };
        // Where it leads is more than it shows: the letter behind the picture of its first page.
        lines.push(figure.link.as_ref().unwrap_or(&figure.src).to_string());
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
                Inline::LineBreak => run.push("\n"),
                Inline::Picture(figure) => run.apart(clean(&figure.alt).trim()),
                Inline::NoteMark(mark) => run.push(&scripts::note_mark(&clean(mark))),
                Inline::Superscript(inner) => self.script(inner, scripts::raised, run, linked),
                Inline::Subscript(inner) => self.script(inner, scripts::lowered, run, linked),
                Inline::Struck(inner) => {
                    if is_blank(inner) {
                        self.inlines(inner, run, linked);
                    } else {
                        run.push(&format!("({}: ", self.struck));
                        self.inlines(inner, run, linked);
                        run.push(")");
                    }
                }
                Inline::Abbreviation { title, text } => {
                    self.inlines(text, run, linked);
                    if self.outline.spells_out(title) {
                        run.push(&format!(" ({})", clean(title).trim()));
                    }
                }
                Inline::Strong(inner)
                | Inline::Emphasis(inner)
                | Inline::Inserted(inner)
                | Inline::Code(inner)
                | Inline::Keyboard(inner)
                | Inline::LostLink { label: inner, .. }
                | Inline::Foreign { text: inner, .. } => self.inlines(inner, run, linked),
                Inline::Link { href, label } => {
                    self.inlines(label, run, true);
                    let says = plain(label);
                    let dialled =
                        href.scheme() == "tel" && says.contains(|c: char| c.is_ascii_digit());
                    if dialled {
                        // The number is what a reader dials.
                    } else if !linked
                        && !says.trim().is_empty()
                        && !says_its_address(says.trim(), href)
                    {
                        let mark = self.mark(href, run);
                        run.mark(&mark);
                    }
                }
            }
        }
    }

    /// Raised or lowered words: read by themselves, then written as such.
    fn script(
        &mut self,
        inner: &[Inline],
        written: fn(&str) -> String,
        run: &mut Run,
        linked: bool,
    ) {
        if is_blank(inner) {
            self.inlines(inner, run, linked);
            return;
        }
        let mut alone = Run::default();
        self.inlines(inner, &mut alone, linked);
        run.push(&written(&alone.text));
        run.links.extend(alone.links);
    }

    fn mark(&mut self, href: &Url, run: &mut Run) -> String {
        if !self.numbered || href.scheme() == "tel" {
            return format!("<{href}>");
        }
        let known = self.numbers.get(href).copied();
        let number = known.unwrap_or_else(|| {
            self.links.push(href.clone());
            self.numbers.insert(href.clone(), self.links.len());
            self.links.len()
        });
        run.links.insert(number);
        format!("[{number}]")
    }
}

/// A run of text with the numbers of the links that it names.
#[derive(Default)]
struct Run {
    text: String,
    links: BTreeSet<usize>,
    /// Where the space before a mark stands, while the mark is the last thing written.
    spaced: Option<usize>,
    /// Whether a letter that follows is another word's.
    ended: bool,
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
        if std::mem::take(&mut self.ended) && first.is_alphanumeric() {
            self.text.push(' ');
        }
        self.text.push_str(text);
    }

    /// Words that are no part of those beside them.
    fn apart(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        // The space before a mark stays: the words are no end of the link's last one.
        self.spaced = None;
        if self.text.ends_with(char::is_alphanumeric) {
            self.text.push(' ');
        }
        self.push(text);
        self.ended = true;
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

/// The longest rule below a heading or a table's head.
const RULE: usize = 72;

/// How many columns a text takes: the letters of East Asia take two.
fn width(text: &str) -> usize {
    text.chars()
        .map(|c| if c >= '\u{2e80}' { 2 } else { 1 })
        .sum()
}

/// Without spaces at the ends; a no-break space was put there by someone, and stays (R3).
fn trim(line: &str) -> &str {
    line.trim_matches([' ', '\t'])
}

/// `Title: address`; the address alone where the title says no more.
fn titled(title: &str, url: &Url) -> String {
    if title.is_empty() {
        url.to_string()
    } else if says_its_address(title, url)
        || (url.scheme() == "tel" && title.contains(|c: char| c.is_ascii_digit()))
    {
        title.to_owned()
    } else if title.ends_with(char::is_alphanumeric) {
        format!("{title}: {url}")
    } else if title.ends_with(']') {
        // `[1] https://…` is how a link's own number would be told: this is the release's own mark.
        format!("{title} <{url}>")
    } else {
        format!("{title} {url}")
    }
}

/// The link of a paragraph that is nothing but one link.
fn only_link(text: &[Inline]) -> Option<(&[Inline], &Url)> {
    match text {
        [Inline::Strong(inner) | Inline::Emphasis(inner)] => only_link(inner),
        [Inline::Link { href, label }] => {
            (!plain(label).trim().is_empty()).then_some((label.as_slice(), href))
        }
        _ => None,
    }
}

/// The words of a heading that is one link, where its address stands in the text below it anyway.
fn led_to_below<'a>(level: u8, text: &'a [Inline], below: &[Block]) -> Option<&'a [Inline]> {
    let (label, href) = only_link(text)?;
    let ends =
        |block: &&Block| matches!(block, Block::Heading { level: next, .. } if *next <= level);
    let is_linked = |inline: &Inline| matches!(inline, Inline::Link { href: to, .. } if to == href);
    let stands_below = below
        .iter()
        .take_while(|block| !ends(block))
        .flat_map(Block::runs)
        .any(|run| run.iter().any(is_linked));
    stands_below.then_some(label)
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
    blocks.iter().any(|block| {
        let own = match block {
            Block::Figure(figure) => marked(&figure.alt),
            Block::Embed { title: text, .. } | Block::Preformatted(text) | Block::EndMark(text) => {
                marked(text)
            }
            _ => false,
        };
        own || block.runs().iter().any(|run| marked(&every_word(run)))
            || block
                .inner()
                .iter()
                .any(|inner| has_numbers_of_its_own(inner))
    })
}
