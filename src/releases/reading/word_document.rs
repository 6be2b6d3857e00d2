//! A DOCX that staff give (ECMA-376), as the markup that it means: headings by their style, lists by
//! their numbering, links, marks, tables and notes. What is deleted or hidden stays away.
//!
//! The file is somebody's: its parts are unpacked within a budget, and read as they come, without
//! recursion. Entities of its own are never expanded.

use std::{
    collections::HashMap,
    fmt::Write as _,
    io::{Cursor, Read},
};

use quick_xml::{
    Reader, XmlVersion,
    events::{BytesStart, Event},
};

use super::{
    date_lines,
    dates::DateOrder,
    edges, lines, phrases,
    text_head::Head,
    word_numbering::{Counters, LEVELS, Lists, Marker},
    word_symbols,
};

/// Octets of one part, unpacked: a long report has two million.
const PART_OCTETS: u64 = 12 * 1024 * 1024;

/// Octets of markup that are made of it.
const MARKUP_OCTETS: usize = 5 * 1024 * 1024;

/// Files in the archive: a document with a hundred pictures has two hundred.
const FILES: usize = 5_000;

/// Levels of lists, and of text boxes within text boxes.
const DEPTH: usize = LEVELS;

/// Tables within tables: each is copied into the one around it.
const TABLES: usize = 3;

/// The class of a body that is nothing but what a person wrote.
pub(super) const WRITTEN: &str = "gazette-written";

/// What cannot be shown, as the reader of pages knows it.
const PICTURE: &str = "<img src=\"picture\" alt=\"\">";

/// The document as a web page; none: it cannot be read.
pub(super) fn as_page(file: &[u8]) -> Option<String> {
    let mut archive = zip::ZipArchive::new(Cursor::new(file)).ok()?;
    if archive.len() > FILES {
        return None;
    }
    let mut part = |name: &str| {
        let packed = archive.by_name(name).ok()?;
        let mut octets = Vec::new();
        let within = packed.take(PART_OCTETS + 1).read_to_end(&mut octets).ok()? as u64;
        (within <= PART_OCTETS).then(|| String::from_utf8_lossy(&octets).into_owned())
    };
    let document = part("word/document.xml")?;
    let mut said = |name: &str| part(name).unwrap_or_default();
    let about = About {
        links: links(&said("word/_rels/document.xml.rels")),
        styles: styles(&said("word/styles.xml")),
        lists: {
            let xml = said("word/numbering.xml");
            Lists::read(|seen| elements(&xml, seen), attribute)
        },
    };
    let mut writer = Writer::new(&about);
    writer.read(&document)?;
    let mut blocks = std::mem::take(&mut writer.blocks);
    let mut notes = std::mem::take(&mut writer.notes);
    notes.truncate(500);
    if !notes.is_empty() {
        let texts = [
            notes_of(&about, &said("word/footnotes.xml"), "footnote"),
            notes_of(&about, &said("word/endnotes.xml"), "endnote"),
        ];
        for (number, (is_end, id)) in notes.iter().enumerate() {
            if let Some(text) = texts[usize::from(*is_end)].get(id) {
                blocks.push(Piece::Text(format!(
                    "<p><sup>{}</sup> {text}</p>",
                    number + 1
                )));
            }
        }
    }
    Some(page(&blocks))
}

/// What stands beside the text.
struct About {
    /// Of each relationship, where it leads.
    links: HashMap<String, String>,
    styles: HashMap<String, Style>,
    lists: Lists,
}

#[derive(Debug, Default, Clone)]
struct Style {
    /// 0: the title.
    heading: Option<usize>,
    list: Option<String>,
    based_on: Option<String>,
    /// Of a style of letters, or of a paragraph.
    marks: Marks,
}

/// A block, before it is known which heading is the headline.
enum Piece {
    Heading(usize, String),
    /// All of it is bold; whether it stands in the middle.
    Bold(String, bool),
    Text(String),
}

/// The whole page. The title is the headline; without one, a heading that stands first, or a bold line
/// near the beginning that is neither a label nor an address.
fn page(blocks: &[Piece]) -> String {
    let has_title = blocks
        .iter()
        .any(|piece| matches!(piece, Piece::Heading(0, _)));
    let first = blocks
        .iter()
        .position(|piece| matches!(piece, Piece::Heading(..)));
    let bold = || {
        blocks.iter().take(HEAD).position(|piece| match piece {
            Piece::Bold(text, is_centred) => is_headline(text, *is_centred),
            _ => false,
        })
    };
    let headline = if has_title {
        blocks
            .iter()
            .position(|piece| matches!(piece, Piece::Heading(0, _)))
    } else {
        first
            .filter(|at| *at < HEAD)
            .or_else(bold)
            .or_else(|| plain_headline(blocks))
    };
    let mut html = format!("<!DOCTYPE html><html><body class=\"{WRITTEN}\"><article>");
    for (at, piece) in blocks.iter().enumerate() {
        match piece {
            Piece::Heading(_, text) | Piece::Bold(text, _) if Some(at) == headline => {
                _ = write!(html, "<h1>{text}</h1>");
            }
            Piece::Text(text) if Some(at) == headline => {
                _ = write!(html, "<h1>{}</h1>", unwrapped(text));
            }
            Piece::Heading(level, text) => {
                let level = (level + usize::from(has_title || *level < 2)).clamp(2, 6);
                _ = write!(html, "<h{level}>{text}</h{level}>");
            }
            Piece::Bold(text, _) => _ = write!(html, "<p><strong>{text}</strong></p>"),
            Piece::Text(text) => html.push_str(text),
        }
    }
    html.push_str("</article></body></html>");
    html
}

/// Blocks from the beginning among which a headline stands.
const HEAD: usize = 10;

fn is_headline(text: &str, is_centred: bool) -> bool {
    let words = text.split_whitespace().count();
    let fewest = if is_centred { 2 } else { 4 };
    (fewest..=40).contains(&words)
        && !text.ends_with(['.', ':'])
        && !text.contains(['@', '<'])
        && !edges::is_front_matter(text)
        && !phrases::is_kind(text)
        && date_lines::date_of_line(text, DateOrder::default()).is_none()
}

/// Where the headline stands as a text file would have it: a line of its own above the first paragraph.
fn plain_headline(blocks: &[Piece]) -> Option<usize> {
    let lines: Vec<String> = blocks
        .iter()
        .take(2 * HEAD)
        .map(|piece| match piece {
            Piece::Heading(_, text) | Piece::Bold(text, _) => lines::line(text),
            Piece::Text(text) if text.starts_with("<p>") => lines::line(text),
            Piece::Text(_) => String::new(),
        })
        .collect();
    let parted: Vec<&str> = lines.iter().flat_map(|line| [line.as_str(), ""]).collect();
    let title = Head::of(&parted, DateOrder::default()).title;
    lines
        .iter()
        .position(|line| !title.is_empty() && *line == title)
}

/// The paragraph without its element.
fn unwrapped(paragraph: &str) -> &str {
    paragraph
        .strip_prefix("<p>")
        .and_then(|rest| rest.strip_suffix("</p>"))
        .unwrap_or(paragraph)
}

/// The marks of a run.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a mark of its own")]
struct Marks {
    bold: bool,
    italic: bool,
    struck: bool,
    raised: bool,
    lowered: bool,
    hidden: bool,
}

impl Marks {
    /// Takes up what an element of a run's, or a style's, properties says.
    fn take(&mut self, name: &str, start: &BytesStart) {
        /// Half points from which on a raised or lowered sign is meant so.
        const RAISED: i32 = 3;
        let value = attribute(start, "val");
        let is_on = !matches!(value.as_deref(), Some("0" | "false" | "off" | "none"));
        match name {
            "b" => self.bold = is_on,
            "i" => self.italic = is_on,
            "strike" | "dstrike" => self.struck = is_on,
            "vanish" => self.hidden = is_on,
            "vertAlign" => {
                self.raised = value.as_deref() == Some("superscript");
                self.lowered = value.as_deref() == Some("subscript");
            }
            "position" => {
                let by = value.and_then(|by| by.parse::<i32>().ok()).unwrap_or(0);
                self.raised |= by >= RAISED;
                self.lowered |= by <= -RAISED;
            }
            _ => {}
        }
    }

    /// These and those.
    fn and(self, other: Self) -> Self {
        Self {
            bold: self.bold || other.bold,
            italic: self.italic || other.italic,
            struck: self.struck || other.struck,
            raised: self.raised || other.raised,
            lowered: self.lowered || other.lowered,
            hidden: self.hidden || other.hidden,
        }
    }

    fn around(self, text: &str) -> String {
        let mut out = text.to_owned();
        for (is_set, tag) in [
            (self.bold, "strong"),
            (self.italic, "em"),
            (self.struck, "s"),
            (self.raised, "sup"),
            (self.lowered, "sub"),
        ] {
            if is_set {
                out = format!("<{tag}>{out}</{tag}>");
            }
        }
        out
    }
}

/// A paragraph that is being read.
#[derive(Debug, Default)]
struct Paragraph {
    html: String,
    style: String,
    list: Option<String>,
    level: usize,
    heading: Option<usize>,
    is_centred: bool,
    has_words: bool,
    has_plain_words: bool,
    /// Where an open link leads.
    link: Option<String>,
}

/// A field: `HYPERLINK "https://…"`, then what is shown of it.
#[derive(Debug, Default)]
struct Field {
    code: String,
    is_shown: bool,
}

struct Writer<'a> {
    about: &'a About,
    blocks: Vec<Piece>,
    notes: Vec<(bool, String)>,
    open: Vec<Paragraph>,
    /// Of each open level, its element and which list it is of.
    lists: Vec<(&'static str, String)>,
    counters: Counters,
    /// Of each open drawing, the run around it, and whether words were found in it.
    drawings: Vec<(Marks, bool, bool)>,
    /// The font of the run.
    font: String,
    /// Of each open table, its markup so far; inner ones become paragraphs of their cell.
    tables: Vec<String>,
    /// Tables that are open within more tables than anybody nests: only their words are read.
    deeper: usize,
    run: Marks,
    in_run: bool,
    fields: Vec<Field>,
    /// Octets that were made so far.
    made: usize,
}

impl<'a> Writer<'a> {
    fn new(about: &'a About) -> Self {
        Self {
            about,
            blocks: Vec::new(),
            notes: Vec::new(),
            open: Vec::new(),
            lists: Vec::new(),
            counters: Counters::default(),
            drawings: Vec::new(),
            font: String::new(),
            tables: Vec::new(),
            deeper: 0,
            run: Marks::default(),
            in_run: false,
            fields: Vec::new(),
            made: 0,
        }
    }

    /// Reads a part to its end; none: it is no such part, or makes too much.
    fn read(&mut self, xml: &str) -> Option<()> {
        let mut reader = Reader::from_str(xml.trim_start_matches('\u{feff}'));
        let config = reader.config_mut();
        config.check_end_names = false;
        config.allow_unmatched_ends = true;
        config.expand_empty_elements = true;
        let mut prefix: Option<String> = None;
        // How deep within something that is not read.
        let mut skipped = 0_usize;
        let mut in_text = false;
        let mut in_code = false;
        loop {
            match reader.read_event() {
                Ok(Event::Start(start)) => {
                    if prefix.is_none() {
                        let name = start.name().into_inner().to_owned();
                        prefix = Some(name.split_once(':')?.0.to_owned() + ":");
                        continue;
                    }
                    let name = start.name().into_inner();
                    let own = name.strip_prefix(prefix.as_deref()?);
                    if skipped > 0 || is_skipped(name, own) {
                        skipped += 1;
                        if skipped == 1 {
                            self.left_out(name, own);
                        }
                        continue;
                    }
                    in_text = own == Some("t");
                    in_code = own == Some("instrText");
                    self.start(own.unwrap_or_default(), &start);
                }
                Ok(Event::End(end)) => {
                    if skipped > 0 {
                        skipped -= 1;
                        continue;
                    }
                    (in_text, in_code) = (false, false);
                    let name = end.name().into_inner();
                    self.end(name.strip_prefix(prefix.as_deref()?).unwrap_or_default());
                }
                Ok(Event::Text(words)) if skipped == 0 => self.said(&words, in_text, in_code),
                Ok(Event::CData(words)) if skipped == 0 => self.said(&words, in_text, in_code),
                Ok(Event::GeneralRef(reference)) if skipped == 0 => {
                    let named = quick_xml::escape::resolve_xml_entity(&reference);
                    let one = reference.resolve_char_ref().ok().flatten();
                    let words = one.map(String::from).or_else(|| named.map(str::to_owned));
                    self.said(&words.unwrap_or_default(), in_text, in_code);
                }
                Ok(Event::Eof) | Err(_) => break,
                Ok(_) => {}
            }
            if self.made > MARKUP_OCTETS {
                return None;
            }
        }
        while !self.open.is_empty() {
            self.end_paragraph();
        }
        while !self.tables.is_empty() {
            self.end_table();
        }
        self.close_lists(0);
        prefix.map(|_| ())
    }

    /// What cannot be read leaves a mark where it stood.
    fn left_out(&mut self, name: &str, own: Option<&str>) {
        let mark = match (name, own) {
            (_, Some("object")) => PICTURE,
            ("m:oMath" | "m:oMathPara", _) => "<math><mfrac></mfrac></math>",
            _ => return,
        };
        self.mark(mark);
    }

    fn mark(&mut self, mark: &str) {
        if let Some(paragraph) = self.open.last_mut() {
            self.made += mark.len();
            paragraph.html.push_str(mark);
            paragraph.has_words = true;
            paragraph.has_plain_words = true;
        }
    }

    /// A drawing is a picture, but where words stand in it: those are paragraphs of their own, above the one that it
    /// hangs on.
    fn end_drawing(&mut self) {
        if let Some((run, in_run, has_words)) = self.drawings.pop() {
            (self.run, self.in_run) = (run, in_run);
            if !has_words {
                self.mark(PICTURE);
            }
        }
    }

    fn start(&mut self, name: &str, start: &BytesStart) {
        let value = || attribute(start, "val");
        match name {
            "p" if self.open.len() < DEPTH => self.open.push(Paragraph::default()),
            "drawing" | "pict" => self.drawings.push((self.run, self.in_run, false)),
            "txbxContent" => {
                if let Some((_, _, has_words)) = self.drawings.last_mut() {
                    *has_words = true;
                }
            }
            "r" => {
                (self.run, self.in_run) = (self.marks_of_paragraph(), true);
                self.font.clear();
            }
            "rStyle" if self.in_run => {
                let style = self.style(&value().unwrap_or_default());
                self.run = self.run.and(style.marks);
            }
            "rFonts" if self.in_run => {
                self.font = attribute(start, "ascii").unwrap_or_default();
            }
            "sym" if self.in_run => {
                let sign = attribute(start, "char")
                    .and_then(|code| u32::from_str_radix(&code, 16).ok())
                    .and_then(char::from_u32)
                    .map(|sign| {
                        let font = attribute(start, "font").unwrap_or_default();
                        symbols(&sign.to_string(), &font)
                    });
                self.put(&sign.unwrap_or_default());
            }
            "b" | "i" | "strike" | "dstrike" | "vanish" | "vertAlign" | "position"
                if self.in_run =>
            {
                self.run.take(name, start);
            }
            "tab" if self.in_run => self.put(" "),
            "br" | "cr" if self.in_run => self.put("<br>"),
            "noBreakHyphen" if self.in_run => self.put("\u{2011}"),
            "footnoteReference" | "endnoteReference" => {
                if let Some(id) = attribute(start, "id") {
                    self.notes.push((name == "endnoteReference", id));
                    let mark = format!("<sup>{}</sup>", self.notes.len());
                    self.put(&mark);
                }
            }
            "hyperlink" => {
                let to = attribute(start, "id").and_then(|id| self.about.links.get(&id).cloned());
                self.open_link(to);
            }
            "fldSimple" => {
                let to = attribute(start, "instr").and_then(|code| linked_to(&code));
                self.open_link(to);
            }
            "fldChar" => match attribute(start, "fldCharType").as_deref() {
                Some("begin") if self.fields.len() < DEPTH => self.fields.push(Field::default()),
                Some("separate") => {
                    let to = self.fields.last_mut().and_then(|field| {
                        field.is_shown = true;
                        linked_to(&field.code)
                    });
                    self.open_link(to);
                }
                Some("end") => {
                    self.fields.pop();
                    self.close_link();
                }
                _ => {}
            },
            "tbl" if self.tables.len() >= TABLES => self.deeper += 1,
            "tr" | "tc" if self.deeper > 0 => {}
            "tbl" => {
                self.close_lists(0);
                self.tables.push("<table>".to_owned());
            }
            "tr" => self.in_table("<tr>"),
            "tc" => self.in_table("<td>"),
            "gridSpan" => {
                let span = value().and_then(|span| span.parse::<usize>().ok());
                if let (Some(table), Some(span @ 2..=60)) = (self.tables.last_mut(), span)
                    && table.ends_with("<td>")
                {
                    table.truncate(table.len() - 1);
                    _ = write!(table, " colspan=\"{span}\">");
                }
            }
            "tblHeader" => {
                if let Some(table) = self.tables.last_mut()
                    && table.ends_with("<tr>")
                {
                    table.truncate(table.len() - 1);
                    table.push_str(" class=\"head\">");
                }
            }
            _ => self.property_of_paragraph(name, value),
        }
    }

    fn property_of_paragraph(&mut self, name: &str, value: impl Fn() -> Option<String>) {
        let Some(paragraph) = self.open.last_mut() else {
            return;
        };
        let number = || value().and_then(|value| value.parse::<usize>().ok());
        match name {
            "pStyle" => paragraph.style = value().unwrap_or_default(),
            "jc" => paragraph.is_centred = value().as_deref() == Some("center"),
            "numId" => paragraph.list = value(),
            "ilvl" => paragraph.level = number().unwrap_or(0).min(DEPTH - 1),
            "outlineLvl" => {
                paragraph.heading = number().filter(|level| *level < 6).map(|level| level + 1);
            }
            _ => {}
        }
    }

    fn end(&mut self, name: &str) {
        match name {
            "p" => self.end_paragraph(),
            "r" => self.in_run = false,
            "drawing" | "pict" => self.end_drawing(),
            "hyperlink" | "fldSimple" => self.close_link(),
            "tbl" | "tr" | "tc" if self.deeper > 0 => self.deeper -= usize::from(name == "tbl"),
            "tc" => {
                self.close_lists(0);
                self.in_table("</td>");
            }
            "tr" => self.in_table("</tr>"),
            "tbl" => self.end_table(),
            _ => {}
        }
    }

    fn said(&mut self, words: &str, in_text: bool, in_code: bool) {
        if in_code {
            if let Some(field) = self.fields.last_mut()
                && field.code.len() < 4_000
            {
                field.code.push_str(words);
            }
        } else if in_text {
            let words = symbols(words, &self.font);
            self.put(&escaped(&words));
        }
    }

    /// What the paragraph's style says of all its letters: a headline is bold by itself.
    fn marks_of_paragraph(&self) -> Marks {
        let style = self
            .open
            .last()
            .map(|paragraph| self.style(&paragraph.style));
        let marks = style.unwrap_or_default().marks;
        Marks {
            struck: marks.struck,
            hidden: marks.hidden,
            ..Marks::default()
        }
    }

    /// Puts a piece of markup into the open paragraph, with the marks of its run.
    fn put(&mut self, piece: &str) {
        if self.run.hidden || self.fields.last().is_some_and(|field| !field.is_shown) {
            return;
        }
        let marks = self.run;
        let Some(paragraph) = self.open.last_mut() else {
            return;
        };
        let is_blank = piece.trim().is_empty() || piece == "<br>";
        paragraph.has_words |= !is_blank;
        paragraph.has_plain_words |= !is_blank && !marks.bold;
        let piece = if is_blank {
            piece.to_owned()
        } else {
            marks.around(piece)
        };
        self.made += piece.len();
        paragraph.html.push_str(&piece);
    }

    fn open_link(&mut self, to: Option<String>) {
        if let (Some(paragraph), Some(to)) = (self.open.last_mut(), to)
            && paragraph.link.is_none()
        {
            let tag = format!("<a href=\"{}\">", escaped(&to));
            self.made += tag.len();
            paragraph.html.push_str(&tag);
            paragraph.link = Some(to);
        }
    }

    fn close_link(&mut self) {
        if let Some(paragraph) = self.open.last_mut()
            && paragraph.link.take().is_some()
        {
            paragraph.html.push_str("</a>");
        }
    }

    fn end_paragraph(&mut self) {
        self.close_link();
        let Some(paragraph) = self.open.pop() else {
            return;
        };
        if !paragraph.has_words {
            return;
        }
        self.made += paragraph.html.len() / 8;
        let style = self.style(&paragraph.style);
        let heading = paragraph.heading.or(style.heading);
        let list = paragraph.list.or(style.list).filter(|list| list != "0");
        match (heading, list) {
            (Some(level), _) => self.push(Piece::Heading(level, paragraph.html)),
            (None, Some(list)) => self.push_item(&list, paragraph.level, &paragraph.html),
            // Without its marks: a headline is bold by itself.
            (None, None) if !paragraph.has_plain_words && self.tables.is_empty() => {
                let bare = paragraph
                    .html
                    .replace("<strong>", "")
                    .replace("</strong>", "");
                self.push(Piece::Bold(bare, paragraph.is_centred));
            }
            (None, None) => self.push(Piece::Text(format!("<p>{}</p>", paragraph.html))),
        }
    }

    /// With what it is based on.
    fn style(&self, id: &str) -> Style {
        let mut found = Style::default();
        let mut at = Some(id.to_owned());
        for _ in 0..DEPTH {
            let Some(style) = at.as_ref().and_then(|id| self.about.styles.get(id)) else {
                break;
            };
            found.marks = found.marks.and(style.marks);
            found.heading = found.heading.or(style.heading);
            found.list = found.list.or_else(|| style.list.clone());
            at.clone_from(&style.based_on);
        }
        // A document without its styles still says their English names.
        if self.about.styles.is_empty() {
            found.heading = heading_of(&id.to_lowercase().replace("heading", "heading "));
        }
        found
    }

    fn push(&mut self, piece: Piece) {
        self.close_lists(0);
        if self.tables.is_empty() {
            self.blocks.push(piece);
            return;
        }
        let html = match piece {
            Piece::Heading(_, text) | Piece::Bold(text, _) => {
                format!("<p><strong>{text}</strong></p>")
            }
            Piece::Text(text) => text,
        };
        self.in_table(&html);
    }

    fn raw(&mut self, html: &str) {
        if !self.tables.is_empty() {
            self.in_table(html);
        } else if let Some(Piece::Text(text)) = self.blocks.last_mut()
            && (text.starts_with("<ul>") || text.starts_with("<ol"))
        {
            text.push_str(html);
        } else {
            self.blocks.push(Piece::Text(html.to_owned()));
        }
    }

    fn push_item(&mut self, list: &str, level: usize, html: &str) {
        let (tag, open) = match self.about.lists.count(&mut self.counters, list, level) {
            Marker::Bullet => ("ul", "<ul>".to_owned()),
            Marker::Number(number, kind) => {
                ("ol", format!("<ol type=\"{kind}\" start=\"{number}\">"))
            }
            // What the text refers to stays, in words.
            Marker::Words(words) => {
                let words = symbols(&words, "Symbol");
                return self.push(Piece::Text(format!("<p>{} {html}</p>", escaped(&words))));
            }
        };
        self.close_lists(level + 1);
        let now = (tag, list.to_owned());
        if self.lists.len() == level + 1 {
            if self.lists.last() == Some(&now) {
                self.raw("</li><li>");
            } else {
                self.close_lists(level);
            }
        }
        while self.lists.len() <= level {
            let is_own = self.lists.len() == level;
            self.lists.push(if is_own {
                now.clone()
            } else {
                ("ul", String::new())
            });
            self.raw(if is_own { &open } else { "<ul>" });
            self.raw("<li>");
        }
        self.raw(html);
    }

    fn close_lists(&mut self, down_to: usize) {
        while self.lists.len() > down_to {
            if let Some((tag, _)) = self.lists.pop() {
                self.raw(&format!("</li></{tag}>"));
            }
        }
    }

    fn in_table(&mut self, html: &str) {
        if let Some(table) = self.tables.last_mut() {
            self.made += html.len();
            table.push_str(html);
        }
    }

    fn end_table(&mut self) {
        self.close_lists(0);
        let Some(table) = self.tables.pop() else {
            return;
        };
        // The cells of a row that heads the columns.
        let mut html = String::with_capacity(table.len());
        for (number, row) in table.split("<tr").enumerate() {
            if number > 0 {
                html.push_str("<tr");
            }
            if row.starts_with(" class=\"head\"") {
                html.push_str(&row.replace("<td", "<th").replace("</td>", "</th>"));
            } else {
                html.push_str(row);
            }
        }
        html.push_str("</table>");
        match self.tables.last_mut() {
            Some(outer) => outer.push_str(&html),
            None => self.blocks.push(Piece::Text(html)),
        }
    }
}

/// What is not read: what was taken out, what stands for an older Word, and what is no text.
fn is_skipped(name: &str, own: Option<&str>) -> bool {
    matches!(
        own,
        Some("del" | "moveFrom" | "object" | "rPrChange" | "pPrChange" | "sectPr" | "numPrChange")
    ) || matches!(name, "mc:Fallback" | "m:oMath" | "m:oMathPara")
}

/// The words with signs of Word's own fonts as Unicode has them; what nobody can tell is seen by the check of signs.
fn symbols(words: &str, font: &str) -> String {
    words
        .chars()
        .map(|c| match word_symbols::octet_of(c) {
            Some(octet) => {
                let font = if font.is_empty() { "Symbol" } else { font };
                word_symbols::shown(font, octet).unwrap_or('\u{fffd}')
            }
            None => c,
        })
        .collect()
}

/// The level of a heading's style by its English name in small letters; 0 is the title.
fn heading_of(name: &str) -> Option<usize> {
    match name.strip_prefix("heading ") {
        Some(level) => level.parse().ok().filter(|level| (1..=6).contains(level)),
        None => (name == "title").then_some(0),
    }
}

fn escaped(words: &str) -> String {
    words
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// `HYPERLINK "https://…" \o "…"`
fn linked_to(code: &str) -> Option<String> {
    let rest = code.trim().strip_prefix("HYPERLINK")?.trim();
    let to = rest.strip_prefix('"')?.split('"').next()?;
    (!to.is_empty()).then(|| to.to_owned())
}

/// The value of an attribute, whatever its prefix.
fn attribute(start: &BytesStart, name: &str) -> Option<String> {
    let mut attributes = start.attributes();
    attributes
        .with_checks(false)
        .take(50)
        .flatten()
        .find(|attribute| attribute.key.local_name().into_inner() == name)
        .and_then(|attribute| {
            attribute
                .normalized_value(XmlVersion::Implicit1_0)
                .ok()
                .map(std::borrow::Cow::into_owned)
        })
}

/// Every element of a part, with whether it begins or ends.
fn elements(xml: &str, mut seen: impl FnMut(&str, Option<&BytesStart>)) {
    let mut reader = Reader::from_str(xml.trim_start_matches('\u{feff}'));
    let config = reader.config_mut();
    config.check_end_names = false;
    config.allow_unmatched_ends = true;
    config.expand_empty_elements = true;
    loop {
        match reader.read_event() {
            Ok(Event::Start(start)) => seen(start.local_name().into_inner(), Some(&start)),
            Ok(Event::End(end)) => seen(end.local_name().into_inner(), None),
            Ok(Event::Eof) | Err(_) => return,
            Ok(_) => {}
        }
    }
}

fn links(xml: &str) -> HashMap<String, String> {
    let mut links = HashMap::new();
    elements(xml, |name, start| {
        if let ("Relationship", Some(start)) = (name, start)
            && attribute(start, "TargetMode").as_deref() == Some("External")
            && let (Some(id), Some(to)) = (attribute(start, "Id"), attribute(start, "Target"))
        {
            links.insert(id, to);
        }
    });
    links
}

/// The built-in styles have English names in every language of Word; only their ids are translated.
fn styles(xml: &str) -> HashMap<String, Style> {
    let mut styles = HashMap::new();
    let mut now: Option<(String, Style)> = None;
    elements(xml, |name, start| match (name, start) {
        ("style", Some(start)) => {
            now = attribute(start, "styleId").map(|id| (id, Style::default()));
        }
        ("style", None) => styles.extend(now.take()),
        (_, Some(start)) => {
            let Some((_, style)) = &mut now else { return };
            let value = attribute(start, "val").unwrap_or_default();
            match name {
                "name" => {
                    let name = value.to_lowercase();
                    style.heading = heading_of(&name);
                    // Word's own style is a list, also where a document says nothing of its bullets.
                    style.list = name.starts_with("list bullet").then_some(name);
                }
                "basedOn" => style.based_on = Some(value),
                "numId" => style.list = Some(value),
                _ => style.marks.take(name, start),
            }
        }
        _ => {}
    });
    styles
}

/// Of each note, what it says, on one line.
fn notes_of(about: &About, xml: &str, element: &str) -> HashMap<String, String> {
    let mut notes = HashMap::new();
    let begin = format!(":{element} ");
    // Each note is a part of its own kind: read from its beginning to the next one's.
    let mut places: Vec<usize> = xml
        .match_indices(&begin)
        .take(1_000)
        .filter_map(|(at, _)| xml[..at].rfind('<'))
        .collect();
    places.push(xml.len());
    for pair in places.windows(2) {
        let Some(note) = xml.get(pair[0]..pair[1]) else {
            continue;
        };
        let mut id = None;
        elements(
            note.split_inclusive('>').next().unwrap_or_default(),
            |_, start| {
                id = id
                    .take()
                    .or_else(|| start.and_then(|start| attribute(start, "id")));
            },
        );
        let mut writer = Writer::new(about);
        if writer.read(note).is_some()
            && let Some(id) = id
        {
            let text: Vec<String> = writer
                .blocks
                .into_iter()
                .map(|piece| match piece {
                    Piece::Heading(_, text) | Piece::Bold(text, _) | Piece::Text(text) => {
                        text.replace("<p>", "").replace("</p>", "")
                    }
                })
                .collect();
            notes.insert(id, text.join(" "));
        }
    }
    notes
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use gazette_templates::document::{Block, Missing};

    use super::*;
    use crate::releases::reading::{self, Refusal};

    const W: &str =
        "xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\" xmlns:r=\"r\"";

    fn zipped(files: &[(&str, String)]) -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, text) in files {
            let options = zip::write::SimpleFileOptions::default()
                .compression_method(zip::CompressionMethod::Deflated);
            writer.start_file(*name, options).unwrap();
            writer.write_all(text.as_bytes()).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    fn docx(body: &str) -> Vec<u8> {
        let styles = "<w:style w:styleId=\"Titre\"><w:name w:val=\"Title\"/></w:style>\
            <w:style w:styleId=\"berschrift1\"><w:name w:val=\"heading 1\"/></w:style>\
            <w:style w:styleId=\"Mine\"><w:name w:val=\"Our heading\"/><w:basedOn w:val=\"berschrift1\"/></w:style>";
        let numbering = "<w:abstractNum w:abstractNumId=\"0\"><w:lvl w:ilvl=\"0\"><w:numFmt w:val=\"bullet\"/></w:lvl>\
            <w:lvl w:ilvl=\"1\"><w:numFmt w:val=\"decimal\"/></w:lvl></w:abstractNum>\
            <w:num w:numId=\"1\"><w:abstractNumId w:val=\"0\"/></w:num>";
        let notes =
            "<w:footnote w:id=\"2\"><w:p><w:r><w:t>Counted in May.</w:t></w:r></w:p></w:footnote>";
        zipped(&[
            ("[Content_Types].xml", "<Types/>".to_owned()),
            ("word/document.xml", format!("<?xml version=\"1.0\"?><w:document {W}><w:body>{body}</w:body></w:document>")),
            ("word/styles.xml", format!("<w:styles {W}>{styles}</w:styles>")),
            ("word/numbering.xml", format!("<w:numbering {W}>{numbering}</w:numbering>")),
            ("word/footnotes.xml", format!("<w:footnotes {W}>{notes}</w:footnotes>")),
            (
                "word/_rels/document.xml.rels",
                "<Relationships><Relationship Id=\"rId4\" Target=\"https://www.example.gov/a?b=1&amp;c=2\" TargetMode=\"External\"/></Relationships>".to_owned(),
            ),
        ])
    }

    fn p(style: &str, runs: &str) -> String {
        format!("<w:p><w:pPr><w:pStyle w:val=\"{style}\"/></w:pPr>{runs}</w:p>")
    }

    fn t(words: &str) -> String {
        format!("<w:r><w:t xml:space=\"preserve\">{words}</w:t></w:r>")
    }

    fn item(level: usize, words: &str) -> String {
        format!(
            "<w:p><w:pPr><w:numPr><w:ilvl w:val=\"{level}\"/><w:numId w:val=\"1\"/></w:numPr></w:pPr>{}</w:p>",
            t(words)
        )
    }

    #[test]
    fn a_document_of_word_keeps_what_it_means() {
        let body = [
            p("Titre", &t("Doe opens the Harbor &amp; River Bridge")),
            p("", &format!(
                "{}<w:r><w:rPr><w:b/></w:rPr><w:t>today</w:t></w:r>{}<w:r><w:rPr><w:vertAlign w:val=\"superscript\"/></w:rPr><w:t>2</w:t></w:r>\
                 <w:del><w:r><w:delText>never</w:delText></w:r></w:del><w:ins>{}</w:ins><w:r><w:rPr><w:vanish/></w:rPr><w:t>secret</w:t></w:r>\
                 <w:r><w:footnoteReference w:id=\"2\"/></w:r>",
                t("The bridge opens "), t(", with 40 m"), t(" of new road for everybody in the county")
            )),
            p("Mine", &t("What it costs")),
            p("", &format!("{}<w:hyperlink r:id=\"rId4\">{}</w:hyperlink>{}", t("Read "), t("the whole budget"), t(" of the county."))),
            p("", &format!("<w:r><w:fldChar w:fldCharType=\"begin\"/></w:r><w:r><w:instrText> HYPERLINK \"https://www.example.gov/map\" </w:instrText></w:r>\
                <w:r><w:fldChar w:fldCharType=\"separate\"/></w:r>{}<w:r><w:fldChar w:fldCharType=\"end\"/></w:r>{}", t("A map of the road"), t(" shows where it goes."))),
            item(0, "Buses run"), item(1, "in the morning"), item(1, "at night"), item(0, "Trains wait"),
            "<w:tbl><w:tr><w:trPr><w:tblHeader/></w:trPr><w:tc><w:p><w:r><w:t>Year</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>Cost</w:t></w:r></w:p></w:tc></w:tr>\
             <w:tr><w:tc><w:p><w:r><w:t>2026</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>$2 million</w:t></w:r></w:p></w:tc></w:tr></w:tbl>".to_owned(),
            "<w:p><w:r><w:drawing><a:t>chart words</a:t></w:drawing></w:r></w:p>".to_owned(),
        ]
        .concat();
        let reading = reading::given(&docx(&body), "", None);
        assert_eq!(reading.refusal, None);
        assert_eq!(
            reading.title.as_deref(),
            Some("Doe opens the Harbor & River Bridge")
        );
        let words = reading::words(&reading.document);
        for said in [
            "opens today with 40 m",
            "of new road",
            "Counted in May",
            "What it costs",
            "the whole budget",
            "A map of the road",
            "2026 2 million",
        ] {
            assert!(words.contains(said), "{said}: {words}");
        }
        for gone in ["never", "secret", "chart words", "HYPERLINK"] {
            assert!(!words.contains(gone), "{gone}: {words}");
        }
        let blocks = &reading.document.blocks;
        let html = format!("{blocks:?}");
        for address in ["b=1&c=2", "/map"] {
            assert!(html.contains(address), "{address}: {html}");
        }
        assert!(
            blocks
                .iter()
                .any(|block| matches!(block, Block::Heading { .. })),
            "{html}"
        );
        let list = blocks
            .iter()
            .find(|block| matches!(block, Block::List { .. }));
        assert!(list.is_some(), "{html}");
        let rows = blocks.iter().find_map(|block| match block {
            Block::Table(table) => Some((table.header.len(), table.rows.len())),
            _ => None,
        });
        assert_eq!(rows, Some((2, 1)), "{html}");
        assert!(blocks.contains(&Block::Missing(Missing::Picture)), "{html}");
    }

    #[test]
    fn the_headline_is_the_first_heading_or_a_bold_line_and_else_a_person_is_asked() {
        let long = p(
            "",
            &t(
                "The county has finished the road along the harbor, and buses run on it from today.",
            ),
        );
        let title = |body: &str| reading::given(&docx(body), "", None).title;
        let heading = p("berschrift1", &t("Road along the harbor is open"));
        assert_eq!(
            title(&format!("{heading}{long}")).as_deref(),
            Some("Road along the harbor is open")
        );
        let bold = |words: &str| {
            p(
                "",
                &format!("<w:r><w:rPr><w:b/></w:rPr><w:t>{words}</w:t></w:r>"),
            )
        };
        let both = format!(
            "{}{}{long}",
            bold("FOR IMMEDIATE RELEASE"),
            bold("Road along the harbor is open")
        );
        assert_eq!(
            title(&both).as_deref(),
            Some("Road along the harbor is open")
        );
        assert_eq!(title(&format!("{long}{long}")), None);
        let centred = "<w:p><w:pPr><w:jc w:val=\"center\"/></w:pPr><w:r><w:rPr><w:b/></w:rPr><w:t>Board raises fares</w:t></w:r></w:p>";
        let above = format!(
            "{}{}",
            p("", &t("FOR IMMEDIATE RELEASE")),
            p("", &t("December 1, 2026"))
        );
        let plain = p("", &t("Board raises fares on all lines"));
        for (headline, says) in [
            (centred, "Board raises fares"),
            (&plain, "Board raises fares on all lines"),
        ] {
            assert_eq!(
                title(&format!("{above}{headline}{long}")).as_deref(),
                Some(says)
            );
        }
        let unstyled = zipped(&[(
            "word/document.xml",
            format!(
                "<w:document {W}><w:body>{above}{}{long}</w:body></w:document>",
                p("Title", &t("Fares rise"))
            ),
        )]);
        assert_eq!(
            reading::given(&unstyled, "", None).title.as_deref(),
            Some("Fares rise")
        );
    }

    #[test]
    fn signs_styles_and_text_boxes_of_word_keep_their_meaning() {
        let styles = "<w:style w:type=\"character\" w:styleId=\"Old\"><w:name w:val=\"Old\"/><w:rPr><w:strike/></w:rPr></w:style>\
            <w:style w:type=\"character\" w:styleId=\"Hid\"><w:name w:val=\"Hid\"/><w:rPr><w:vanish/></w:rPr></w:style>\
            <w:style w:type=\"character\" w:styleId=\"Sup\"><w:name w:val=\"Sup\"/><w:rPr><w:vertAlign w:val=\"superscript\"/></w:rPr></w:style>";
        let run = |property: &str, words: &str| {
            format!("<w:r><w:rPr>{property}</w:rPr><w:t xml:space=\"preserve\">{words}</w:t></w:r>")
        };
        let box_ = "<w:r><w:pict><v:shape><v:textbox><w:txbxContent><w:p><w:r><w:t>The shelter is open tonight.</w:t></w:r></w:p></w:txbxContent></v:textbox></v:shape></w:pict></w:r>";
        let body = [
            p("", &t("Board raises fares on all lines")),
            p("", &format!(
                "{}<w:r><w:sym w:font=\"Symbol\" w:char=\"F0B3\"/></w:r>{}<w:r><w:sym w:font=\"Symbol\" w:char=\"F0B0\"/></w:r>{}{}{}{}{}",
                t("Reserves must be "), t(" 5 percent, at 10"), t("C, and not "),
                run("<w:rStyle w:val=\"Old\"/>", "$1.50"), t(" a ride, for 10"),
                run("<w:position w:val=\"6\"/>", "6"), run("<w:rStyle w:val=\"Hid\"/>", " hidden") + &t(" riders.")
            )),
            p("", &format!("{box_}{}", t("The box hangs on this paragraph."))),
        ]
        .concat();
        let file = zipped(&[
            (
                "word/document.xml",
                format!("<w:document {W}><w:body>{body}</w:body></w:document>"),
            ),
            (
                "word/styles.xml",
                format!("<w:styles {W}>{styles}</w:styles>"),
            ),
        ]);
        let reading = reading::given(&file, "", None);
        let text = gazette_templates::document::text::render(&reading.document);
        for said in [
            "be ≥ 5 percent, at 10°C",
            "10⁶",
            "The shelter is open tonight.",
            "The box hangs",
        ] {
            assert!(text.contains(said), "{said}: {text}");
        }
        assert!(
            text.contains("struck") && !text.contains("hidden"),
            "{text}"
        );
        assert!(
            !reading
                .document
                .blocks
                .contains(&Block::Missing(Missing::Picture))
        );
    }

    #[test]
    fn lists_of_word_count_as_the_document_counts_them() {
        let numbering = "<w:abstractNum w:abstractNumId=\"0\"><w:lvl w:ilvl=\"0\"><w:start w:val=\"3\"/><w:numFmt w:val=\"decimal\"/><w:lvlText w:val=\"%1.\"/></w:lvl>\
            <w:lvl w:ilvl=\"1\"><w:numFmt w:val=\"lowerLetter\"/><w:lvlText w:val=\"(%2)\"/></w:lvl></w:abstractNum>\
            <w:abstractNum w:abstractNumId=\"1\"><w:lvl w:ilvl=\"0\"><w:numFmt w:val=\"upperRoman\"/><w:lvlText w:val=\"Section %1.\"/></w:lvl></w:abstractNum>\
            <w:num w:numId=\"1\"><w:abstractNumId w:val=\"0\"/></w:num><w:num w:numId=\"2\"><w:abstractNumId w:val=\"1\"/></w:num>\
            <w:num w:numId=\"7\"><w:abstractNumId w:val=\"0\"/><w:lvlOverride w:ilvl=\"0\"><w:startOverride w:val=\"1\"/></w:lvlOverride></w:num>";
        let item = |list: usize, level: usize, words: &str| {
            format!(
                "<w:p><w:pPr><w:numPr><w:ilvl w:val=\"{level}\"/><w:numId w:val=\"{list}\"/></w:numPr></w:pPr>{}</w:p>",
                t(words)
            )
        };
        let body = [
            p("", &t("Board raises fares on all lines")),
            p(
                "",
                &t("The board met on Tuesday and raised the fare of the bus to two dollars."),
            ),
            item(1, 0, "Buy a card"),
            item(1, 1, "with cash"),
            item(1, 0, "Load it"),
            p("", &t("A note on the card.")),
            item(1, 0, "Tap it"),
            item(7, 0, "Sign the form"),
            item(2, 0, "General"),
            p("", &t("Text of it.")),
            item(2, 0, "Special"),
        ]
        .concat();
        let file = zipped(&[
            (
                "word/document.xml",
                format!("<w:document {W}><w:body>{body}</w:body></w:document>"),
            ),
            (
                "word/numbering.xml",
                format!("<w:numbering {W}>{numbering}</w:numbering>"),
            ),
        ]);
        let text =
            gazette_templates::document::text::render(&reading::given(&file, "", None).document);
        for said in [
            "3. Buy a card",
            "a. with cash",
            "4. Load it",
            "5. Tap it",
            "1. Sign the form",
            "Section I. General",
            "Section II. Special",
        ] {
            assert!(text.contains(said), "{said}: {text}");
        }
    }

    #[test]
    fn lists_by_their_style_alone_and_words_that_sites_have_on_buttons_stay() {
        let typed = |style: &str, words: &str| {
            p(
                style,
                &format!(
                    "<w:r><w:rPr><w:rFonts w:ascii=\"Symbol\"/></w:rPr><w:t>\u{f0b7}</w:t></w:r><w:r><w:tab/><w:t>{words}</w:t></w:r>"
                ),
            )
        };
        let body = [
            p("Titre", &t("County opens two shelters")),
            p("MsoNormal", &t("The county opens two shelters on Friday for everybody whose street is flooded.")),
            typed("MsoListParagraphCxSpFirst", "A blanket"),
            typed("MsoListParagraphCxSpLast", "Food for pets"),
            p("MsoNormal", &t("To sign the form:")),
            p("Bullets", &t("Log in")),
            p("Bullets", &t("Register")),
            p("MsoNormal", &t("Sign up for updates")),
        ]
        .concat();
        let styles = "<w:style w:styleId=\"Titre\"><w:name w:val=\"Title\"/></w:style>\
            <w:style w:styleId=\"Bullets\"><w:name w:val=\"List Bullet 2\"/></w:style>";
        let file = zipped(&[
            (
                "word/document.xml",
                format!("<w:document {W}><w:body>{body}</w:body></w:document>"),
            ),
            (
                "word/styles.xml",
                format!("<w:styles {W}>{styles}</w:styles>"),
            ),
        ]);
        let text =
            gazette_templates::document::text::render(&reading::given(&file, "", None).document);
        for said in [
            "• A blanket",
            "• Food for pets",
            "• Log in",
            "• Register",
            "Sign up for updates",
        ] {
            assert!(text.contains(said), "{said}: {text}");
        }
    }

    #[test]
    fn what_is_no_document_or_too_large_is_refused_by_name() {
        let whole = docx(&p(
            "",
            &t("Words of the office, enough to be read as a release by anybody."),
        ));
        for cut in [0, 10, whole.len() / 2, whole.len() - 30] {
            let reading = reading::given(&whole[..cut], "", None);
            assert!(reading.is_empty() || reading.refusal.is_some(), "{cut}");
        }
        let bomb = zipped(&[(
            "word/document.xml",
            format!("<w:document {W}><w:body>{}", " ".repeat(13 << 20)),
        )]);
        assert!(bomb.len() < 100_000);
        assert_eq!(
            reading::given(&bomb, "", None).refusal,
            Some(Refusal::WordProcessor)
        );
        // More of what is open than anybody can nest, within the time of an ordinary file.
        for piece in [
            "<w:p>",
            "<w:tbl><w:tr><w:tc>",
            "<w:r><w:rPr><w:b/></w:rPr><w:t>a",
            "<w:hyperlink r:id=\"rId4\">",
            "<w:sdt>",
            "&a;&#x41;",
        ] {
            let start = std::time::Instant::now();
            let reading = reading::given(&docx(&piece.repeat(100_000)), "", None);
            assert!(
                start.elapsed() < std::time::Duration::from_mins(1),
                "{piece}"
            );
            drop(reading);
        }
        // A page does not give it: nothing of Word's own is mailed by itself.
        let by_itself = reading::bytes(&whole, "", None);
        assert_eq!(by_itself.refusal, Some(Refusal::WordProcessor));
    }
}
