//! The document as HTML: for the mail, with the few inline styles that mail software needs, and
//! for the web, with none.

use maud::{Markup, html};

use super::{
    Block, Description, Direction, Document, Figure, Inline, List, NumberStyle, Passage, Table,
    columns, links,
    outline::{Outline, clean, clean_lines, is_blank, own_alt, plain},
    scripts,
    table_form::{self, Form},
};
use crate::email::words::FixedWords;

/// Where the HTML will stand.
#[derive(Debug, Clone, Copy)]
enum Place<'a> {
    /// In a mail, links in this colour (`#rrggbb`).
    Mail(&'a str),
    /// On a page that brings its own style sheet.
    Web,
}

/// The document for a mail below its headline, block by block, so that a mail that grows too long can
/// be cut between two. `colour` (`#rrggbb`) is for links, buttons and the bars of quotations.
#[must_use]
pub fn mail_blocks(document: &Document, colour: &str) -> Vec<Markup> {
    mail_with_lead(document, colour, None)
}

/// The same with the paragraph of this index in larger letters.
#[must_use]
pub fn mail_with_lead(document: &Document, colour: &str, lead: Option<usize>) -> Vec<Markup> {
    let mut writer = Writer::new(Place::Mail(colour), document);
    let headline = document.blocks.len() - document.below_headline().len();
    let blocks = document.blocks.iter().enumerate().skip(headline);
    blocks
        .map(|(at, block)| match block {
            Block::Paragraph(text) if lead == Some(at) => {
                html! { p style=(LEAD) { (writer.run(text)) } }
            }
            block => writer.block(block),
        })
        .collect()
}

/// The document for a web page.
#[must_use]
pub fn web(document: &Document) -> Markup {
    let mut writer = Writer::new(Place::Web, document);
    writer.blocks(&document.blocks)
}

/// The same for a page that has the headline above it.
#[must_use]
pub fn web_below_headline(document: &Document) -> Markup {
    let mut writer = Writer::new(Place::Web, document);
    writer.blocks(document.below_headline())
}

impl Direction {
    /// HTML's `dir`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ltr => "ltr",
            Self::Rtl => "rtl",
        }
    }
}

impl NumberStyle {
    /// HTML's `type`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Decimal => "1",
            Self::LowerAlpha => "a",
            Self::UpperAlpha => "A",
            Self::LowerRoman => "i",
            Self::UpperRoman => "I",
        }
    }
}

// Inline because several clients drop <style> (E3). Word, which is what Outlook renders with, sets
// list margins of its own unless told, and ignores padding on lists (E2).
// A word that is longer than a line, an address mostly, is broken.
const PARAGRAPH: &str = "margin:0 0 18px;word-wrap:break-word";
const LEADS_ON: &str = "margin:0 0 18px;font-size:15px;line-height:1.4;color:#4a5560";
const LEAD: &str = "margin:0 0 20px;font-size:19px;line-height:1.5;word-wrap:break-word";
// In a quotation the distance to the bar is the paragraph's: Word drops the padding of any block but a
// cell. Sides are named for text that runs left to right, then right to left: Outlook knows no others.
const QUOTED: [&str; 2] = [
    "margin:0 0 12px 16px;word-wrap:break-word",
    "margin:0 16px 12px 0;word-wrap:break-word",
];
const LAST_QUOTED: [&str; 2] = [
    "margin:0 0 0 16px;word-wrap:break-word",
    "margin:0 16px 0 0;word-wrap:break-word",
];
const LIST: [&str; 2] = [
    "margin:0 0 18px 28px;padding:0",
    "margin:0 28px 18px 0;padding:0",
];
const NESTED_LIST: [&str; 2] = [
    "margin:8px 0 8px 24px;padding:0",
    "margin:8px 24px 8px 0;padding:0",
];
const ITEM: &str = "margin:0 0 8px;word-wrap:break-word";
const TABLE: &str =
    "width:100%;margin:0 0 24px;border-collapse:collapse;font-size:16px;line-height:1.35";
const SMALL_TABLE: &str =
    "width:100%;margin:0 0 24px;border-collapse:collapse;font-size:15px;line-height:1.35";
const TABLE_CAPTION: [&str; 2] = [
    "padding:0 0 8px;text-align:left;font-weight:bold",
    "padding:0 0 8px;text-align:right;font-weight:bold",
];
const RECORDS_CAPTION: &str = "margin:0 0 8px;font-weight:bold;word-wrap:break-word";
const RECORD: &str =
    "margin:0 0 12px;padding:0 0 12px;border-bottom:1px solid #c9d0d7;word-wrap:break-word";
// Digits stand below each other in either direction of the text.
const NUMBER_ON_WEB: &str = "text-align:right";
const DESCRIPTIONS: &str = "margin:0 0 18px";
const TERM: &str = "margin:0;font-weight:bold";
const DETAILS: [&str; 2] = ["margin:0 0 8px 28px", "margin:0 28px 8px 0"];
// Raised and lowered text must not push the lines apart, as it does where a client sets no size.
const SUPERSCRIPT: &str = "font-size:75%;line-height:0;vertical-align:super";
const SUBSCRIPT: &str = "font-size:75%;line-height:0;vertical-align:sub";
const STRUCK: &str = "text-decoration:line-through";
const INSERTED: &str = "text-decoration:underline";
const CODE: &str = "font-family:Consolas,monospace";
const SMALL_PICTURE: &str =
    "max-width:100%;max-height:64px;height:auto;border:0;vertical-align:middle";
const IMAGE: &str = "display:block;max-width:100%;height:auto;border:0";
const ABOVE_CAPTION: &str = "margin:0 0 8px;word-wrap:break-word";
const CAPTION: &str =
    "margin:0 0 20px;font-size:15px;line-height:1.4;color:#4a5560;word-wrap:break-word";
const LINES: &str = "margin:0 0 18px;font-family:Consolas,monospace;font-size:16px";
const END: &str = "margin:0 0 18px;text-align:center";

/// Images are no wider than the column's content.
const WIDEST: u32 = 552;
/// And no higher than a window.
const HIGHEST: u32 = 600;

struct Writer<'a> {
    place: Place<'a>,
    direction: Direction,
    /// What the text around the present block speaks.
    language: &'a str,
    outline: Outline,
    depth: usize,
    /// Tables so far.
    tables: usize,
    /// Whether each part of the document begins with a rule, as in a digest.
    ruled: bool,
}

impl<'a> Writer<'a> {
    fn new(place: Place<'a>, document: &'a Document) -> Self {
        Self {
            place,
            direction: document.direction,
            language: &document.language,
            outline: Outline::default(),
            depth: 0,
            tables: 0,
            ruled: document.headline().is_some(),
        }
    }

    /// The style in a mail; on the web, none.
    fn style(&self, style: &'static str) -> Option<&'static str> {
        matches!(self.place, Place::Mail(_)).then_some(style)
    }

    /// The same for a style that has a left and a right.
    fn sided(&self, style: [&'static str; 2]) -> Option<&'static str> {
        let [left_to_right, right_to_left] = style;
        self.style(match self.direction {
            Direction::Ltr => left_to_right,
            Direction::Rtl => right_to_left,
        })
    }

    fn blocks(&mut self, blocks: &[Block]) -> Markup {
        html! { @for block in blocks { (self.block(block)) } }
    }

    fn block(&mut self, block: &Block) -> Markup {
        match block {
            Block::Heading { level, text } => self.heading(*level, text),
            Block::Paragraph(text) => self.paragraph(text),
            Block::Quote(blocks) => self.quote(blocks),
            Block::List(list) => self.list(list),
            Block::Table(table) => self.table(table),
            Block::Figure(figure) => self.figure(figure),
            Block::Embed { title, url, poster } => {
                let title = clean(title);
                let title = if title.trim().is_empty() {
                    url.as_str()
                } else {
                    &title
                };
                html! {
                    p style=[self.style(PARAGRAPH)] {
                        a href=(url) style=[self.link_style()] {
                            // The words of the link are its name; the picture adds none.
                            @if let Some(poster) = poster { img src=(poster) alt="" style=[self.style(IMAGE)]; }
                            (title)
                        }
                    }
                }
            }
            Block::Preformatted(text) => self.lines(text),
            Block::EndMark(mark) => html! {
                @if self.outline.ends_here() {
                    p style=[self.style(END)] { (clean(mark)) }
                }
            },
            Block::Passage(passage) => self.passage(passage),
            Block::DescriptionList(groups) => self.descriptions(groups),
            Block::Missing(_) => Markup::default(),
        }
    }

    /// In a mail, a bold link all alone is the step that the office asks for: a button.
    fn paragraph(&mut self, text: &[Inline]) -> Markup {
        if let (Place::Mail(colour), Some((label, href))) = (self.place, links::asked_for(text)) {
            let label = self.inlines(label, true);
            return html! {
                div style="margin:4px 0 22px" { (button(&label, href.as_str(), colour)) }
            };
        }
        if matches!(self.place, Place::Mail(_)) && self.ruled && leads_on(text, self.language) {
            return html! { p class="muted" style=(LEADS_ON) { (self.run(text)) } };
        }
        html! { p style=[self.style(PARAGRAPH)] { (self.run(text)) } }
    }

    fn quote(&mut self, blocks: &[Block]) -> Markup {
        let Place::Mail(colour) = self.place else {
            return html! { blockquote { (self.blocks(blocks)) } };
        };
        let side = match self.direction {
            Direction::Ltr => "left",
            Direction::Rtl => "right",
        };
        let last = blocks.len().saturating_sub(1);
        let inner = html! {
            @for (at, block) in blocks.iter().enumerate() {
                @let style = self.sided(if at == last { LAST_QUOTED } else { QUOTED });
                @match block {
                    Block::Paragraph(text) => p style=[style] { (self.run(text)) },
                    block => {
                        @let block = self.block(block);
                        @if !block.0.is_empty() { div style=[style] { (block) } }
                    }
                }
            }
        };
        html! {
            blockquote class="bar" style=(format!("margin:0 0 18px;border-{side}:4px solid {colour}")) { (inner) }
        }
    }

    fn descriptions(&mut self, groups: &[Description]) -> Markup {
        self.depth += 1;
        let markup = html! {
            dl style=[self.style(DESCRIPTIONS)] {
                @for group in groups {
                    @for term in &group.terms { dt style=[self.style(TERM)] { (self.run(term)) } }
                    @for details in &group.details {
                        dd style=[self.sided(DETAILS)] { (self.item(details)) }
                    }
                }
            }
        };
        self.depth -= 1;
        markup
    }

    fn passage(&mut self, passage: &Passage) -> Markup {
        let around = std::mem::replace(&mut self.direction, passage.direction);
        let blocks = self.blocks(&passage.blocks);
        self.direction = around;
        html! {
            div lang=(clean(&passage.language)) dir=(passage.direction.as_str()) { (blocks) }
        }
    }

    /// Outlook for Windows knows no `white-space`, and Gmail's apps only sometimes: in a mail the
    /// lines are broken and set in by what everyone knows.
    fn lines(&self, text: &str) -> Markup {
        let text = clean_lines(text);
        match self.place {
            Place::Mail(_) => html! {
                p style=(LINES) {
                    @for (at, line) in text.trim_end().lines().enumerate() {
                        @if at > 0 { br; }
                        (unbroken(line))
                    }
                }
            },
            // HTML drops a first line feed inside <pre>; the one put here is that one.
            Place::Web => html! { pre { "\n" (text) } },
        }
    }

    fn heading(&mut self, level: u8, text: &[Inline]) -> Markup {
        let text = self.run(text);
        let level = self.outline.level(level);
        let rule = if self.ruled && level == 2 {
            "padding:20px 0 0;border-top:1px solid #c9d0d7;"
        } else {
            ""
        };
        let style = |size| match self.place {
            Place::Mail(_) => Some(format!(
                "margin:28px 0 12px;{rule}font-size:{size}px;line-height:1.3;word-wrap:break-word"
            )),
            Place::Web => None,
        };
        match level {
            2 => html! { h2 style=[style(22)] { (text) } },
            3 => html! { h3 style=[style(20)] { (text) } },
            4 => html! { h4 style=[style(18)] { (text) } },
            5 => html! { h5 style=[style(17)] { (text) } },
            _ => html! { h6 style=[style(17)] { (text) } },
        }
    }

    fn list(&mut self, list: &List) -> Markup {
        let style = self.sided(if self.depth == 0 { LIST } else { NESTED_LIST });
        self.depth += 1;
        // No one but Apple's mail counts down by itself, so in a mail each item says its number.
        let told = matches!(self.place, Place::Mail(_));
        let down = list
            .numbering
            .filter(|numbering| numbering.reversed && told)
            .map(|numbering| numbering.start);
        let items = html! {
            @for (at, item) in (0_i32..).zip(&list.items) {
                li value=[down.map(|start| start.saturating_sub(at))] style=[self.style(ITEM)] { (self.item(item)) }
            }
        };
        self.depth -= 1;
        match list.numbering {
            None => html! { ul style=[style] { (items) } },
            Some(numbering) => {
                let start = default_start(list, numbering.reversed);
                let start = (down.is_none() && numbering.start != start).then_some(numbering.start);
                html! {
                    ol start=[start]
                        type=[(numbering.style != NumberStyle::Decimal).then(|| numbering.style.as_str())]
                        reversed[numbering.reversed && down.is_none()] style=[style] { (items) }
                }
            }
        }
    }

    /// An item that begins with a paragraph begins with its text: a `<p>` in every `<li>` makes
    /// each list twice as long.
    fn item(&mut self, blocks: &[Block]) -> Markup {
        match blocks {
            [Block::Paragraph(text), rest @ ..]
                if rest.iter().all(|block| matches!(block, Block::List(_))) =>
            {
                html! { (self.run(text)) (self.blocks(rest)) }
            }
            blocks => self.blocks(blocks),
        }
    }

    /// In a mail, as the width of a phone allows; on the web in a block that scrolls sideways by
    /// itself, can be reached with the keyboard, and so needs a name (WCAG 2.1.1, 4.1.2).
    fn table(&mut self, table: &Table) -> Markup {
        self.tables += 1;
        if matches!(self.place, Place::Mail(_)) {
            return match table_form::of(table) {
                Form::Records => self.records(table),
                form => self.rows(table, form == Form::SmallColumns),
            };
        }
        let rows = self.rows(table, false);
        let caption = table.caption.as_deref().map(plain).unwrap_or_default();
        let name = if caption.trim().is_empty() {
            format!("{} {}", table_word(self.language), self.tables)
        } else {
            clean(caption.trim()).into_owned()
        };
        html! { div class="scroll" role="region" tabindex="0" aria-label=(name) { (rows) } }
    }

    /// Each row by itself: what it is about in bold, then each cell behind its heading.
    fn records(&mut self, table: &Table) -> Markup {
        html! {
            @if let Some(caption) = &table.caption {
                p style=(RECORDS_CAPTION) { (self.run(caption)) }
            }
            @for row in &table.rows {
                p class="line" style=(RECORD) {
                    @for (at, (heading, cell)) in table_form::record(table, row).enumerate() {
                        @if at == 0 {
                            strong { (self.headed(heading, cell)) }
                        } @else {
                            br;
                            (self.headed(heading, cell))
                        }
                    }
                }
            }
        }
    }

    fn headed(&mut self, heading: &[Inline], cell: &[Inline]) -> Markup {
        let says = plain(heading);
        html! {
            @if !says.trim().is_empty() {
                (self.run(heading)) (table_form::after_heading(&says))
            }
            (self.run(cell))
        }
    }

    fn rows(&mut self, table: &Table, small: bool) -> Markup {
        let numeric = columns::numeric(table);
        let columns = table
            .rows
            .iter()
            .chain([&table.header])
            .map(Vec::len)
            .max()
            .unwrap_or(0);
        let cell = |writer: &Self, at: usize, kind: Cell, text: &[Inline]| {
            let is_number = numeric.get(at).copied().unwrap_or(false);
            match (writer.place, is_number) {
                (Place::Mail(_), _) => Some(cell_style(
                    writer.direction,
                    is_number,
                    small,
                    table_form::breaks_words(text),
                    (at == 0, at + 1 == columns),
                    kind,
                )),
                (Place::Web, true) => Some(NUMBER_ON_WEB.to_owned()),
                (Place::Web, false) => None,
            }
        };
        html! {
            table style=[self.style(if small { SMALL_TABLE } else { TABLE })] {
                @if let Some(caption) = &table.caption {
                    caption style=[self.sided(TABLE_CAPTION)] { (self.run(caption)) }
                }
                @if !table.header.is_empty() {
                    thead { tr {
                        @for (at, text) in table.header.iter().enumerate() {
                            th scope="col" style=[cell(self, at, Cell::Head, text)] { (self.run(text)) }
                        }
                    } }
                }
                tbody {
                    @for row in &table.rows {
                        tr {
                            @for (at, text) in row.iter().enumerate() {
                                @if at == 0 && table.row_headers {
                                    th scope="row" style=[cell(self, at, Cell::RowHead, text)] { (self.run(text)) }
                                } @else {
                                    td style=[cell(self, at, Cell::Data, text)] { (self.run(text)) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    fn figure(&mut self, figure: &Figure) -> Markup {
        let (width, height) = shown_size(figure);
        let image = html! {
            img src=(figure.src) alt=(own_alt(figure)) width=[width] height=[height] style=[self.style(IMAGE)];
        };
        let image = match &figure.link {
            Some(link) => html! {
                a href=(link) style=[self.link_style()] {
                    (image)
                    // A link needs a name, and a picture without words has none to give.
                    @if figure.alt.trim().is_empty() { "<" (links::short(link)) ">" }
                }
            },
            None => image,
        };
        match (self.place, &figure.caption) {
            (Place::Mail(_), caption) => html! {
                div style=[self.style(if caption.is_some() { ABOVE_CAPTION } else { PARAGRAPH })] { (image) }
                @if let Some(caption) = caption { p class="muted" style=[self.style(CAPTION)] { (self.run(caption)) } }
            },
            (Place::Web, Some(caption)) => html! {
                figure { (image) figcaption { (self.run(caption)) } }
            },
            (Place::Web, None) => html! { figure { (image) } },
        }
    }

    fn run(&mut self, text: &[Inline]) -> Markup {
        self.inlines(&links::meaningful(text), false)
    }

    fn inlines(&mut self, text: &[Inline], linked: bool) -> Markup {
        html! {
            @for (at, inline) in text.iter().enumerate() {
                @match inline {
                    Inline::Text(text) => (clean(text)),
                    Inline::Strong(inner) => strong { (self.inlines(inner, linked)) },
                    Inline::Emphasis(inner) => em { (self.inlines(inner, linked)) },
                    // A link inside a link is no HTML, and a link without words cannot be followed.
                    Inline::Link { href, label } => {
                        @let says = plain(label);
                        @if linked || says.trim().is_empty() {
                            (self.inlines(label, linked))
                        } @else {
                            @let label = links::Label::of(label);
                            @if label.space_before { " " }
                            a href=(href) style=[self.link_style()] {
                                (self.inlines(&label.text, true))
                                @if links::stands_alone(&says, text.get(at + 1..).unwrap_or_default()) {
                                    " <" (links::short(href)) ">"
                                }
                            }
                            @if label.space_behind { " " }
                        }
                    }
                    Inline::LineBreak => { br; }
                    Inline::Superscript(inner) | Inline::Subscript(inner) | Inline::Struck(inner)
                        if is_blank(inner) => (self.inlines(inner, linked)),
                    Inline::Superscript(inner) => sup style=[self.style(SUPERSCRIPT)] { (self.inlines(inner, linked)) },
                    Inline::Subscript(inner) => sub style=[self.style(SUBSCRIPT)] { (self.inlines(inner, linked)) },
                    Inline::Picture(figure) => {
                        img src=(figure.src) alt=(clean(&figure.alt)) width=[figure.width] height=[figure.height] style=[self.style(SMALL_PICTURE)];
                    }
                    // With its brackets: where a client drops the style, "$2" and "1" stay apart.
                    Inline::NoteMark(mark) => sup style=[self.style(SUPERSCRIPT)] { (scripts::note_mark(&clean(mark))) },
                    Inline::Struck(inner) => del style=[self.style(STRUCK)] { (self.inlines(inner, linked)) },
                    Inline::Inserted(inner) => ins style=[self.style(INSERTED)] { (self.inlines(inner, linked)) },
                    Inline::Code(inner) => code style=[self.style(CODE)] { (self.inlines(inner, linked)) },
                    Inline::Keyboard(inner) => kbd style=[self.style(CODE)] { (self.inlines(inner, linked)) },
                    Inline::Abbreviation { title, text } => {
                        @let inner = self.inlines(text, linked);
                        @if self.outline.spells_out(title) {
                            abbr title=(clean(title)) { (inner) }
                        } @else {
                            (inner)
                        }
                    }
                    Inline::Foreign { language, direction, text } => {
                        span lang=(clean(language)) dir=(direction.as_str()) { (self.inlines(text, linked)) }
                    }
                    Inline::LostLink { label, .. } => (self.inlines(label, linked)),
                }
            }
        }
    }

    fn link_style(&self) -> Option<String> {
        match self.place {
            Place::Mail(colour) => Some(format!("color:{colour}")),
            Place::Web => None,
        }
    }
}

/// A link that is the next step, as a button: a cell, because Word gives no other box its padding.
#[must_use]
pub fn button(label: &Markup, url: &str, colour: &str) -> Markup {
    html! {
        table role="presentation" style="border-collapse:separate;border-spacing:0" {
            tr {
                td class="go" style=(format!("padding:12px 20px;background-color:{colour};border-radius:4px")) {
                    a href=(url) style="color:#ffffff;font-weight:bold;text-decoration:none" { (label) }
                }
            }
        }
    }
}

/// What stands in a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cell {
    Head,
    RowHead,
    Data,
}

/// A cell with a rule below it. The table's outer edges stand in line with the text.
fn cell_style(
    direction: Direction,
    is_number: bool,
    small: bool,
    breaks_words: bool,
    (first, last): (bool, bool),
    kind: Cell,
) -> String {
    let (above, beside) = if small { (6, 4) } else { (8, 6) };
    let (left, right) = match direction {
        Direction::Ltr => (first, last),
        Direction::Rtl => (last, first),
    };
    let gap = |edge: bool| {
        if edge {
            "0".to_owned()
        } else {
            format!("{beside}px")
        }
    };
    let rule = match kind {
        Cell::Head => "2px solid #4a5560",
        Cell::RowHead | Cell::Data => "1px solid #c9d0d7",
    };
    // Digits stand below each other in either direction of the text.
    let side = match direction {
        Direction::Ltr if !is_number => "left",
        _ => "right",
    };
    let vertical = if kind == Cell::Head { "bottom" } else { "top" };
    let weight = if kind == Cell::RowHead {
        ";font-weight:normal"
    } else {
        ""
    };
    // Where every word may be broken, a narrow window breaks the short ones, too: amounts and names.
    let breaks = if breaks_words {
        ";word-break:break-word"
    } else {
        ""
    };
    format!(
        "padding:{above}px {} {above}px {};border-bottom:{rule};text-align:{side};vertical-align:{vertical}{breaks}{weight}",
        gap(right),
        gap(left),
    )
}

/// The size that a picture is shown in. A mail needs both numbers or none: half of them distorts the
/// image in Outlook. Where pictures are off, their place stays as high as this says.
fn shown_size(figure: &Figure) -> (Option<u32>, Option<u32>) {
    let (Some(width), Some(height)) = (figure.width, figure.height) else {
        return (figure.width.map(|width| width.min(WIDEST)), None);
    };
    let scaled = |side: u32, of: u32, to: u32| {
        u32::try_from(u64::from(side) * u64::from(to) / u64::from(of.max(1))).unwrap_or(to)
    };
    let (width, height) = if width > WIDEST {
        (WIDEST, scaled(height, width, WIDEST))
    } else {
        (width, height)
    };
    if height > HIGHEST {
        (Some(scaled(width, height, HIGHEST).max(1)), Some(HIGHEST))
    } else {
        (Some(width), Some(height))
    }
}

/// Whether a paragraph of a digest is the line below a release's beginning: its day, and the way to it.
fn leads_on(text: &[Inline], language: &str) -> bool {
    let words = FixedWords::of(language).read_full;
    match text {
        [Inline::Text(_), Inline::Link { label, .. }] => plain(label) == words,
        _ => false,
    }
}

/// What a table without a caption is called, before its number.
fn table_word(language: &str) -> &'static str {
    match language.split('-').next().unwrap_or_default() {
        "es" => "Tabla",
        "ko" => "표",
        "vi" => "Bảng",
        "zh" => "表",
        "ar" => "جدول",
        _ => "Table",
    }
}

/// A line whose spaces all count: of two in a row, HTML drops one.
fn unbroken(line: &str) -> String {
    let mut spaced = String::with_capacity(line.len());
    let mut after_space = true;
    for c in line.replace('\t', "    ").chars() {
        spaced.push(if c == ' ' && after_space { '\u{a0}' } else { c });
        after_space = c == ' ';
    }
    spaced
}

fn default_start(list: &List, reversed: bool) -> i32 {
    if reversed {
        i32::try_from(list.items.len()).unwrap_or(i32::MAX)
    } else {
        1
    }
}
