//! A release as plain text, as it comes by mail, from a word processor or copied from a page.

use gazette_templates::document::{Block, Inline, List, NumberStyle, Numbering};

use super::lines::{is_end_mark, is_sentence, one_line};
use super::web_addresses::linked;
use super::{
    dates::DateOrder,
    edges, language, naming, published,
    read_release::Reading,
    runs,
    text_head::{Head, WRAPPED},
};

/// Reads a release that is plain text: paragraphs parted by empty lines, lists by their numbers
/// and indentation. The headline is a line that stands above the first paragraph; for a text without
/// one its first sentence is a suggestion, and a person is asked.
pub(super) fn read(text: &str) -> Reading {
    let text = &with_line_feeds(text);
    let lines: Vec<&str> = text
        .lines()
        .map(|line| line.trim_end_matches([' ', '\t', '\r']))
        .collect();
    let order = DateOrder::of(language::spoken_by(text).unwrap_or_default(), None, text);
    let head = Head::of(&lines, order);
    let mut blocks = head.kept;
    blocks.extend(paragraphs(lines.get(head.lines..).unwrap_or_default()));
    // Of a page that somebody copied, what was the site's goes; of a text of the office's own each word stays.
    let date_line = if head.is_copied {
        edges::trim(&mut blocks, &head.title, order)
    } else {
        keep_early_end_marks(&mut blocks);
        edges::tidy(&mut blocks);
        published::in_first_line(&blocks, order)
    };
    Reading {
        alternates: Vec::new(),
        title: Some(head.title).filter(|title| !title.is_empty()),
        suggested_title: (!blocks.is_empty()).then(|| naming::first_sentence(&blocks)),
        published: head.published.or(date_line),
        canonical: None,
        feeds: Vec::new(),
        document: language::document(blocks, "en", None),
        refusal: None,
        source_text: text.to_owned(),
    }
}

/// Lines as Unix ends them, whatever system the file was written on; a new page parts paragraphs.
fn with_line_feeds(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(c) = letters.next() {
        match c {
            '\r' => {
                letters.next_if_eq(&'\n');
                out.push('\n');
            }
            '\u{b}' | '\u{85}' | '\u{2028}' => out.push('\n'),
            '\u{c}' | '\u{2029}' => out.push_str("\n\n"),
            c => out.push(c),
        }
    }
    out
}

/// `-30-` ends a release once; where more follows, an earlier one is a line as others are.
fn keep_early_end_marks(blocks: &mut [Block]) {
    let last = blocks
        .iter()
        .rposition(|block| matches!(block, Block::EndMark(_)));
    for block in blocks.iter_mut().take(last.unwrap_or(0)) {
        if let Block::EndMark(mark) = block
            && mark.contains(char::is_alphanumeric)
        {
            *block = Block::Paragraph(linked(mark));
        }
    }
}

/// One item's marker: what it counts with, its number, and where its words begin.
struct Marker {
    numbering: Option<(NumberStyle, i32)>,
    indent: usize,
    words: usize,
}

fn paragraphs(lines: &[&str]) -> Vec<Block> {
    let longest = lines
        .iter()
        .map(|line| line.chars().count())
        .max()
        .unwrap_or(0);
    let mut blocks = Vec::new();
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        if line.trim().is_empty() {
            at += 1;
        } else if begins_list(lines, at) {
            let (list, next) = list(lines, at, 0);
            blocks.push(Block::List(list));
            at = next.max(at + 1);
        } else {
            let end = (at + 1..lines.len())
                .find(|next| {
                    lines.get(*next).is_none_or(|line| line.trim().is_empty())
                        || begins_list(lines, *next)
                })
                .unwrap_or(lines.len());
            let part = lines.get(at..end).unwrap_or_default();
            stretch(part, longest, &mut blocks);
            at = end;
        }
    }
    blocks
}

/// Reads lines with no empty one between them: columns, one paragraph a line, wrapped paragraphs
/// that begin set in, or lines that their author ended.
fn stretch(lines: &[&str], longest: usize, blocks: &mut Vec<Block>) {
    let length = |line: &str| line.trim().chars().count();
    if is_columns(lines) {
        let inset = lines.iter().map(|line| indent_of(line)).min().unwrap_or(0);
        let rows: Vec<String> = lines
            .iter()
            .map(|line| line.replace('\t', "    ").chars().skip(inset).collect())
            .collect();
        blocks.push(Block::Preformatted(rows.join("\n")));
        return;
    }
    let mut paragraph: Vec<&str> = Vec::new();
    let is_wrapped = longest <= WRAPPED;
    // An address, or names one below the other.
    let are_short = lines.iter().all(|line| length(line) <= 45) && longest > 60;
    for line in lines {
        let begins = match paragraph.last() {
            None => false,
            Some(before) if !is_wrapped => {
                length(line) > WRAPPED
                    || paragraph.iter().any(|before| length(before) > WRAPPED)
                    || (indent_of(line) >= 2 && is_sentence(before.trim()))
            }
            Some(before) => {
                let set_in = indent_of(line) >= indent_of(before) + 2
                    || (indent_of(line) >= 2
                        && paragraph.len() == 1
                        && indent_of(line) == indent_of(before));
                set_in && (is_sentence(before.trim()) || length(before) * 3 < longest * 2)
            }
        };
        if begins {
            blocks.extend(self::paragraph(&paragraph, is_wrapped && !are_short));
            paragraph.clear();
        }
        paragraph.push(line);
    }
    blocks.extend(self::paragraph(&paragraph, is_wrapped && !are_short));
}

/// Two lines or more with gaps of three spaces or a tab between their words.
fn is_columns(lines: &[&str]) -> bool {
    let has_gap = |line: &&&str| {
        let line = line.trim();
        line.contains("   ") || line.contains('\t')
    };
    lines.len() >= 2 && lines.iter().filter(has_gap).count() == lines.len()
}

fn paragraph(lines: &[&str], wrapped: bool) -> Option<Block> {
    let mut inlines: Vec<Inline> = Vec::new();
    let mut joined = String::new();
    for line in lines {
        let line = one_line(line);
        if wrapped {
            if !joined.is_empty() {
                joined.push(' ');
            }
            joined.push_str(line.trim());
        } else {
            if !inlines.is_empty() {
                inlines.push(Inline::LineBreak);
            }
            inlines.extend(linked(line.trim()));
        }
    }
    inlines.extend(linked(&joined));
    let words = runs::plain(&inlines);
    if words.trim().is_empty() {
        None
    } else if is_end_mark(&words) {
        Some(Block::EndMark(words.trim().to_owned()))
    } else {
        Some(Block::Paragraph(inlines))
    }
}

/// Whether the line's marker begins a list. `S. 1968`, `A. Roe` and `4. Mai` look like items: the
/// first of a list counts from one, or has a next.
fn begins_list(lines: &[&str], at: usize) -> bool {
    /// An item is no longer than this.
    const LINES: usize = 40;
    let Some(first) = lines.get(at).and_then(|line| marker(line)) else {
        return false;
    };
    let Some((style, number)) = first.numbering else {
        return true;
    };
    let follows =
        lines.iter().skip(at + 1).take(LINES).any(|line| {
            marker(line).is_some_and(|next| next.numbering == Some((style, number + 1)))
        });
    follows || (style == NumberStyle::Decimal && number == 1)
}

/// Reads the list that begins at line `at`; items further to the right are lists in the item
/// before them. Gives the line after the list.
fn list(lines: &[&str], mut at: usize, depth: usize) -> (List, usize) {
    let first = lines.get(at).and_then(|line| marker(line));
    let indent = first.as_ref().map_or(0, |marker| marker.indent);
    let numbering = first
        .and_then(|marker| marker.numbering)
        .map(|(style, start)| Numbering {
            start,
            style,
            reversed: false,
        });
    let mut items: Vec<Vec<Block>> = Vec::new();
    let mut expected = numbering.map(|numbering| numbering.start);
    // `S. 1968` below an item begins no list.
    let item = |at: usize| {
        let found = lines.get(at).and_then(|line| marker(line))?;
        let is_alike =
            found.numbering.map(|(style, _)| style) == numbering.map(|numbering| numbering.style);
        ((is_alike && found.indent <= indent) || begins_list(lines, at)).then_some(found)
    };
    while let Some(line) = lines.get(at) {
        if line.trim().is_empty() {
            // The list goes on after an empty line if another item follows.
            let next = lines
                .iter()
                .skip(at)
                .position(|line| !line.trim().is_empty())
                .map_or(lines.len(), |offset| at + offset);
            match item(next) {
                Some(marker) if marker.indent >= indent => at = next,
                _ => return (List { numbering, items }, at),
            }
            continue;
        }
        match item(at) {
            Some(found) if found.indent > indent && depth < 6 && !items.is_empty() => {
                let (inner, next) = list(lines, at, depth + 1);
                if let Some(item) = items.last_mut() {
                    item.push(Block::List(inner));
                }
                at = next;
            }
            Some(found) if found.indent < indent => return (List { numbering, items }, at),
            // Another number than the next one: another list, or it would be counted otherwise here.
            Some(found)
                if (found.numbering.map(|(style, _)| style)
                    == numbering.map(|numbering| numbering.style)
                    && found.numbering.map(|(_, number)| number) == expected)
                    || depth >= 6 =>
            {
                expected = expected.map(|number| number.saturating_add(1));
                let words = one_line(line.get(found.words..).unwrap_or_default());
                items.push(vec![Block::Paragraph(linked(&words))]);
                at += 1;
            }
            // A line further right than the marker goes on with the item.
            None if indent_of(line) > indent => {
                let words = linked(&one_line(line));
                if let Some(item) = items.last_mut() {
                    if let Some(Block::Paragraph(text)) = item.last_mut() {
                        text.push(Inline::Text(" ".to_owned()));
                        text.extend(words);
                    } else {
                        // Below a list within the item.
                        item.push(Block::Paragraph(words));
                    }
                }
                at += 1;
            }
            // Another kind of list, or the text after this one.
            _ => return (List { numbering, items }, at),
        }
    }
    (List { numbering, items }, at)
}

fn indent_of(line: &str) -> usize {
    line.chars()
        .take_while(|c| matches!(c, ' ' | '\t'))
        .map(|c| if c == '\t' { 4 } else { 1 })
        .sum()
}

/// `1.`, `12)`, `a.`, `•`, `-`, `*` at the start of a line, with words behind it.
fn marker(line: &str) -> Option<Marker> {
    let bare = line.trim_start_matches([' ', '\t']);
    let offset = line.len() - bare.len();
    let (sign, rest) = bare.split_once([' ', '\t'])?;
    // `* * *` parts two parts.
    if !rest.chars().any(char::is_alphanumeric) {
        return None;
    }
    let numbering = match sign {
        "•" | "·" | "-" | "–" | "*" | "▪" | "◦" | "o" if sign != "o" || offset > 0 => None,
        _ => {
            let label = sign.strip_suffix(['.', ')'])?;
            let label = label.strip_prefix('(').unwrap_or(label);
            Some(numbered(label, offset > 0)?)
        }
    };
    Some(Marker {
        numbering,
        indent: indent_of(line),
        words: offset + sign.len() + 1,
    })
}

fn numbered(label: &str, indented: bool) -> Option<(NumberStyle, i32)> {
    // A list counts `1`, never `01`.
    if (1..=3).contains(&label.len())
        && label.bytes().all(|b| b.is_ascii_digit())
        && !label.starts_with('0')
    {
        return Some((NumberStyle::Decimal, label.parse().ok()?));
    }
    // A letter alone may be an initial: only where the line is set in.
    match label.as_bytes() {
        [letter @ b'a'..=b'z'] if indented => {
            Some((NumberStyle::LowerAlpha, i32::from(letter - b'a') + 1))
        }
        [letter @ b'A'..=b'Z'] if indented => {
            Some((NumberStyle::UpperAlpha, i32::from(letter - b'A') + 1))
        }
        _ => None,
    }
}
