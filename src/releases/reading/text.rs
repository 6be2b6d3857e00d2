//! A release as plain text, as it comes by mail, from a word processor or copied from a page.

use gazette_templates::document::{Block, Inline, List, NumberStyle, Numbering};
use url::Url;

use super::{
    Reading,
    blocks::is_end_mark,
    dates::Written,
    edges::{self, title_key},
    language, naming, one_line, runs,
};

/// Reads a release that is plain text: paragraphs parted by empty lines, lists by their numbers
/// and indentation. The headline is the line that stands above the first paragraph; a text without
/// one is called by its first sentence.
pub(super) fn read(text: &str) -> Reading {
    let lines: Vec<&str> = text
        .lines()
        .map(|line| line.trim_end_matches([' ', '\t', '\r']))
        .collect();
    let head = Head::of(&lines);
    let mut blocks = head.kept;
    blocks.extend(paragraphs(lines.get(head.lines..).unwrap_or_default()));
    let date_line = edges::trim(&mut blocks, &head.title);
    let title = Some(head.title)
        .filter(|title| !title.is_empty())
        .or_else(|| (!blocks.is_empty()).then(|| naming::first_sentence(&blocks)));
    Reading {
        title,
        published: head.published.or(date_line),
        canonical: None,
        feeds: Vec::new(),
        document: language::document(blocks, "en", None),
    }
}

/// What stands above the first paragraph.
struct Head {
    title: String,
    published: Option<Written>,
    /// Lines that belong to the release though they stand above the headline.
    kept: Vec<Block>,
    /// How many lines the head takes.
    lines: usize,
}

impl Head {
    fn of(lines: &[&str]) -> Self {
        let mut head = Self {
            title: String::new(),
            published: None,
            kept: Vec::new(),
            lines: 0,
        };
        let start = lines
            .iter()
            .take(40)
            .position(|line| is_running_text(line))
            .unwrap_or(0);
        let above = lines.get(..start).unwrap_or_default();
        let meta = above.iter().rposition(|line| {
            line.contains(['|', '•', '·']) && edges::date_line(line.trim()).is_some()
        });
        let short: Vec<(usize, &str)> = above
            .iter()
            .enumerate()
            .map(|(at, line)| (at, line.trim()))
            .filter(|(_, line)| !line.is_empty())
            .collect();
        let headline = |candidates: &[(usize, &str)]| {
            candidates
                .iter()
                .rev()
                .find(|(_, line)| edges::date_line(line).is_none())
                .filter(|(_, line)| is_headline(line))
                .map(|(_, line)| one_line(line))
        };
        head.lines = start;
        if let Some(meta) = meta {
            // `date | category` is a content system's: what stands above it is the site's, but for
            // a headline right above or below it.
            head.published = above
                .get(meta)
                .and_then(|line| edges::date_line(line.trim()));
            let split = short.partition_point(|(at, _)| *at < meta);
            let (before, after) = short.split_at(split);
            head.title = headline(after)
                .or_else(|| headline(before))
                .unwrap_or_default();
            return head;
        }
        head.title = headline(&short).unwrap_or_default();
        for (_, line) in short {
            if let Some(date) = edges::date_line(line) {
                head.published = head.published.or(Some(date));
            } else if title_key(line) != title_key(&head.title) {
                head.kept.push(Block::Paragraph(linked(&one_line(line))));
            }
        }
        head
    }
}

/// A paragraph rather than a headline, a name or a date.
fn is_running_text(line: &str) -> bool {
    let line = line.trim();
    line.chars().count() > 160
        || (line.chars().count() > 50 && line.ends_with(['.', ':', '”', '"', ',', '?']))
        || naming::dateline(line).is_some_and(|(_, rest)| rest.chars().count() > 30)
}

fn is_headline(line: &str) -> bool {
    let lower = line.to_lowercase();
    line.split_whitespace().count() >= 4
        && !lower.starts_with("for immediate release")
        && !lower.starts_with("contact")
        && !line.contains('@')
}

/// One item's marker: what it counts with, its number, and where its words begin.
struct Marker {
    numbering: Option<(NumberStyle, i32)>,
    indent: usize,
    words: usize,
}

fn paragraphs(lines: &[&str]) -> Vec<Block> {
    // Lines of a text that is not wrapped end where their author ended them.
    let wrapped = lines
        .iter()
        .map(|line| line.chars().count())
        .max()
        .unwrap_or(0)
        <= 100;
    let mut blocks = Vec::new();
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        if line.trim().is_empty() {
            at += 1;
        } else if marker(line).is_some() {
            let (list, next) = list(lines, at, 0);
            blocks.push(Block::List(list));
            at = next;
        } else {
            let end = lines
                .iter()
                .enumerate()
                .skip(at)
                .find(|(next, line)| {
                    line.trim().is_empty() || (*next > at && marker(line).is_some())
                })
                .map_or(lines.len(), |(next, _)| next);
            let part = lines.get(at..end).unwrap_or_default();
            blocks.extend(paragraph(part, wrapped));
            at = end.max(at + 1);
        }
    }
    blocks
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
            joined.push_str(&line);
        } else {
            if !inlines.is_empty() {
                inlines.push(Inline::LineBreak);
            }
            inlines.extend(linked(&line));
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
    while let Some(line) = lines.get(at) {
        if line.trim().is_empty() {
            // The list goes on after an empty line if another item follows.
            let next = lines
                .iter()
                .skip(at)
                .position(|line| !line.trim().is_empty())
                .map_or(lines.len(), |offset| at + offset);
            match lines.get(next).and_then(|line| marker(line)) {
                Some(marker) if marker.indent >= indent => at = next,
                _ => return (List { numbering, items }, at),
            }
            continue;
        }
        match marker(line) {
            Some(found) if found.indent > indent && depth < 6 && !items.is_empty() => {
                let (inner, next) = list(lines, at, depth + 1);
                if let Some(item) = items.last_mut() {
                    item.push(Block::List(inner));
                }
                at = next;
            }
            Some(found) if found.indent < indent => return (List { numbering, items }, at),
            Some(found)
                if found.numbering.map(|(style, _)| style)
                    == numbering.map(|numbering| numbering.style)
                    || depth >= 6 =>
            {
                let words = one_line(line.get(found.words..).unwrap_or_default());
                items.push(vec![Block::Paragraph(linked(&words))]);
                at += 1;
            }
            // A line further right than the marker goes on with the item.
            None if indent_of(line) > indent => {
                if let Some(Block::Paragraph(text)) =
                    items.last_mut().and_then(|item| item.last_mut())
                {
                    text.push(Inline::Text(" ".to_owned()));
                    text.extend(linked(&one_line(line)));
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
    if rest.trim().is_empty() {
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
    if (1..=3).contains(&label.len()) && label.bytes().all(|b| b.is_ascii_digit()) {
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

/// The words with the web addresses in them as links.
pub(in crate::releases) fn linked(text: &str) -> Vec<Inline> {
    let mut inlines = Vec::new();
    // From `start` on nothing has been taken over yet; addresses are sought from `at` on.
    let (mut start, mut at) = (0, 0);
    while let Some(found) = text.get(at..).and_then(|rest| rest.find("http")) {
        at += found;
        let from = text.get(at..).unwrap_or_default();
        if !(from.starts_with("http://") || from.starts_with("https://")) {
            at += "http".len();
            continue;
        }
        let end = from
            .find(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"' | '”'))
            .unwrap_or(from.len());
        let address = from
            .get(..end)
            .unwrap_or_default()
            .trim_end_matches(['.', ',', ';', ':', ')', ']', '!', '?', '’']);
        let href = Url::parse(address)
            .ok()
            .filter(|href| href.host_str().is_some() && href.username().is_empty());
        let Some(href) = href else {
            at += "http".len();
            continue;
        };
        let before = text.get(start..at).unwrap_or_default();
        if !before.is_empty() {
            inlines.push(Inline::Text(before.to_owned()));
        }
        inlines.push(Inline::Link {
            href,
            label: vec![Inline::Text(address.to_owned())],
        });
        at += address.len();
        start = at;
    }
    let rest = text.get(start..).unwrap_or_default();
    if !rest.is_empty() {
        inlines.push(Inline::Text(rest.to_owned()));
    }
    inlines
}
