//! The words of a document and of its renderings, for holding them against each other (R3): what
//! one says the others say too, and nobody adds a word.
//!
//! A word is a run of letters and digits. Addresses are not words, nor is what only lays out:
//! list numbers, quote marks, `[1]`, `[Image: ]`.

use super::{
    Block, Document, Inline,
    outline::{Outline, plain},
    text::image_word,
};

/// The document's words in reading order.
#[must_use]
pub fn of_document(document: &Document) -> Vec<String> {
    let mut words = Vec::new();
    blocks(&document.blocks, &mut Outline::default(), &mut words);
    words
}

fn blocks(list: &[Block], outline: &mut Outline, words: &mut Vec<String>) {
    let run = |text: &[Inline], words: &mut Vec<String>| words.extend(split(&plain(text)));
    for block in list {
        match block {
            Block::Heading { text, .. } | Block::Paragraph(text) => run(text, words),
            Block::Quote(inner) => blocks(inner, outline, words),
            Block::Passage(passage) => blocks(&passage.blocks, outline, words),
            Block::List(list) => {
                for item in &list.items {
                    blocks(item, outline, words);
                }
            }
            Block::Table(table) => {
                table.caption.iter().for_each(|caption| run(caption, words));
                let rows = std::iter::once(&table.header).chain(&table.rows);
                rows.flatten().for_each(|cell| run(cell, words));
            }
            Block::Figure(figure) => {
                words.extend(split(&figure.alt));
                figure
                    .caption
                    .iter()
                    .for_each(|caption| run(caption, words));
            }
            Block::Embed { title: text, .. } | Block::Preformatted(text) => {
                words.extend(split(text));
            }
            Block::EndMark(mark) => {
                if outline.ends_here() {
                    words.extend(split(mark));
                }
            }
        }
    }
}

/// The words that a reader of this HTML meets: text and images' alternatives, not the head.
#[must_use]
pub fn of_html(html: &str) -> Vec<String> {
    let html = html.find("<body").map_or(html, |at| &html[at..]);
    let mut text = String::new();
    let mut rest = html;
    while let Some(open) = rest.find('<') {
        text.push_str(&rest[..open]);
        rest = &rest[open..];
        // A comment, such as what only Outlook reads, has no words for other readers.
        let (end, skip) = if rest.starts_with("<!--") {
            ("-->", 3)
        } else {
            (">", 1)
        };
        let close = rest.find(end).map_or(rest.len(), |at| at + skip);
        let tag = &rest[..close];
        if let Some(alt) = tag
            .strip_prefix("<img")
            .and_then(|tag| tag.split(" alt=\"").nth(1))
        {
            text.push(' ');
            text.push_str(alt.split('"').next().unwrap_or_default());
        }
        let name = tag
            .trim_start_matches(['<', '/'])
            .split([' ', '>'])
            .next()
            .unwrap_or_default();
        if !["a", "strong", "em", "span", "b"].contains(&name) {
            text.push(' ');
        }
        rest = &rest[close..];
    }
    text.push_str(rest);
    let text = text
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&amp;", "&");
    split(&text)
}

/// The words of a text part in `language`.
#[must_use]
pub fn of_text(text: &str, language: &str) -> Vec<String> {
    let image = format!("[{}", image_word(language));
    let numbered = text.lines().filter_map(|line| {
        let (mark, address) = line.trim_start_matches(['>', ' ']).split_once("] ")?;
        let number = mark.strip_prefix('[')?;
        (is_address(address) && number.bytes().all(|b| b.is_ascii_digit()))
            .then(|| format!("[{number}]"))
    });
    let marks: Vec<String> = numbered.collect();
    let mut words = Vec::new();
    for line in text.lines() {
        let unquoted = line.trim_start_matches("> ");
        let set_in = unquoted.trim_start_matches(['>', ' ']);
        let mut line = if set_in.len() < unquoted.len() || set_in.starts_with('•') {
            without_marker(set_in)
        } else {
            set_in
        }
        .to_owned();
        if let Some(alt) = line
            .strip_prefix(&image)
            .filter(|rest| rest.starts_with([':', ']']))
        {
            line = alt.to_owned();
        }
        for mark in &marks {
            line = line.replace(mark, "");
        }
        words.extend(split(&line));
    }
    words
}

/// What follows `7. `, `iv. ` or `• `.
fn without_marker(line: &str) -> &str {
    if let Some(rest) = line.strip_prefix('•') {
        return rest;
    }
    let (marker, rest) = line.split_once(' ').unwrap_or((line, ""));
    match marker.strip_suffix('.') {
        Some(number) if is_number(number) => rest,
        _ => line,
    }
}

fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    !digits.is_empty()
        && (digits.bytes().all(|b| b.is_ascii_digit())
            // `Mr.` and `Rep.` are no numbers.
            || digits.len() <= 2 && digits.bytes().all(|b| b.is_ascii_lowercase())
            || digits.len() <= 2 && digits.bytes().all(|b| b.is_ascii_uppercase())
            || digits.bytes().all(|b| b"ivxlcdm".contains(&b))
            || digits.bytes().all(|b| b"IVXLCDM".contains(&b)))
}

fn is_address(token: &str) -> bool {
    let token = token.trim_start_matches('<');
    token.contains("://") || token.starts_with("mailto:") || token.starts_with("tel:")
}

fn split(text: &str) -> Vec<String> {
    text.replace('<', " <")
        .replace('>', "> ")
        .split(|c: char| c.is_whitespace() && c != '\u{a0}')
        .filter(|token| !is_address(token))
        .flat_map(|token| token.split(|c: char| !c.is_alphanumeric()))
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}
