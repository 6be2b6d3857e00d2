//! The words of a document and of its renderings, for holding them against each other (R3): what
//! one says the others say too, and nobody adds a word.
//!
//! A word is a run of letters and digits. Addresses are not words, nor is what only lays out:
//! list numbers, quote marks, `[1]`, `[Image: ]`.

use super::{
    Block, Document, Inline,
    outline::{Outline, clean, is_blank, own_alt},
    scripts::levelled,
    table_form::{self, Form},
    text::{image_word, struck_word},
};
use crate::email::HIDDEN;

/// The document's words in reading order.
#[must_use]
pub fn of_document(document: &Document) -> Vec<String> {
    let mut words = Vec::new();
    blocks(&document.blocks, false, &mut Outline::default(), &mut words);
    words
}

/// What both parts of a mail say below the headline: the same, but where a table is told record by record the headings
/// of its columns come again with each.
#[must_use]
pub fn of_mail(document: &Document) -> Vec<String> {
    let mut words = Vec::new();
    blocks(
        document.below_headline(),
        true,
        &mut Outline::default(),
        &mut words,
    );
    words
}

fn blocks(list: &[Block], for_mail: bool, outline: &mut Outline, words: &mut Vec<String>) {
    for block in list {
        match block {
            Block::Figure(figure) => {
                words.extend(split(&own_alt(figure)));
                figure
                    .caption
                    .iter()
                    .for_each(|caption| run(caption, outline, words));
            }
            Block::Embed { title: text, .. } | Block::Preformatted(text) => {
                words.extend(split(text));
            }
            Block::EndMark(mark) => {
                if outline.ends_here() {
                    words.extend(split(mark));
                }
            }
            Block::Table(table) if for_mail && table_form::of(table) == Form::Records => {
                table
                    .caption
                    .iter()
                    .for_each(|caption| run(caption, outline, words));
                for (heading, cell) in table
                    .rows
                    .iter()
                    .flat_map(|row| table_form::record(table, row))
                {
                    run(heading, outline, words);
                    run(cell, outline, words);
                }
            }
            // Terms and what is said of them take turns.
            Block::DescriptionList(groups) => {
                for group in groups {
                    group
                        .terms
                        .iter()
                        .for_each(|term| run(term, outline, words));
                    group
                        .details
                        .iter()
                        .for_each(|details| blocks(details, for_mail, outline, words));
                }
            }
            other => {
                for text in other.runs() {
                    run(text, outline, words);
                }
                for inner in other.inner() {
                    blocks(inner, for_mail, outline, words);
                }
            }
        }
    }
}

fn run(text: &[Inline], outline: &mut Outline, words: &mut Vec<String>) {
    let mut said = String::new();
    gather(text, outline, &mut said);
    words.extend(split(&said));
}

fn gather(text: &[Inline], outline: &mut Outline, out: &mut String) {
    for inline in text {
        match inline {
            // Raised, lowered or struck out: never one word with what stands beside it.
            Inline::Superscript(inner) | Inline::Subscript(inner) | Inline::Struck(inner)
                if !is_blank(inner) =>
            {
                out.push(' ');
                gather(inner, outline, out);
                out.push(' ');
            }
            // A picture that says nothing parts no words.
            Inline::Picture(figure) if figure.alt.trim().is_empty() => {}
            Inline::Picture(figure) => out.extend([" ", &clean(&figure.alt), " "]),
            Inline::NoteMark(mark) => out.extend([" ", &clean(mark), " "]),
            Inline::Abbreviation { title, text } => {
                gather(text, outline, out);
                if outline.spells_out(title) {
                    out.extend([" ", &clean(title), " "]);
                }
            }
            Inline::Text(text) => out.push_str(&clean(text)),
            Inline::LineBreak => out.push(' '),
            other => gather(other.inner(), outline, out),
        }
    }
}

/// The words that a reader of this HTML meets: text and images' alternatives, not the head, nor the
/// line that only mailboxes show.
#[must_use]
pub fn of_html(html: &str) -> Vec<String> {
    let html = html.find("<body").map_or(html, |at| &html[at..]);
    let shown = html.split_once(HIDDEN).map(|(before, hidden)| {
        let after = hidden.split_once("</div>").map_or("", |(_, after)| after);
        format!("{before}\">{after}")
    });
    let html = shown.as_deref().unwrap_or(html);
    let mut text = String::new();
    let mut rest = html;
    // What the abbreviations that are open stand for: said behind them.
    let mut titles: Vec<&str> = Vec::new();
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
            .filter(|_| !is_silent_picture(tag))
        {
            text.push(' ');
            text.push_str(alt.split('"').next().unwrap_or_default());
        }
        let name = tag
            .trim_start_matches(['<', '/'])
            .split([' ', '>'])
            .next()
            .unwrap_or_default();
        if name == "abbr" {
            if tag.starts_with("</") {
                if let Some(title) = titles.pop().filter(|title| !title.is_empty()) {
                    text.extend([" ", title, " "]);
                }
            } else {
                let title = tag
                    .split(" title=\"")
                    .nth(1)
                    .and_then(|rest| rest.split('"').next());
                titles.push(title.unwrap_or_default());
            }
        } else if !INLINE.contains(&name) && !is_silent_picture(tag) {
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

fn is_silent_picture(tag: &str) -> bool {
    let alt = tag
        .strip_prefix("<img")
        .and_then(|tag| tag.split(" alt=\"").nth(1));
    alt.is_some_and(|alt| alt.split('"').next().unwrap_or_default().trim().is_empty())
}

/// Elements that part no words.
const INLINE: &[&str] = &["a", "strong", "em", "span", "b", "ins", "code", "kbd"];

/// The words of a text part in `language`.
#[must_use]
pub fn of_text(text: &str, language: &str) -> Vec<String> {
    let image = format!("[{}", image_word(language));
    let struck = format!("({}:", struck_word(language));
    let numbered = text.lines().filter_map(|line| {
        let (mark, address) = line.trim_start_matches(['>', ' ']).split_once("] ")?;
        let number = mark.strip_prefix('[')?;
        let alone = is_address(address) && !address.contains([' ', '<']);
        (alone && number.bytes().all(|b| b.is_ascii_digit())).then(|| format!("[{number}]"))
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
        words.extend(split(&line.replace(&struck, " ")));
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
    without_addresses(text)
        .split(|c: char| c.is_whitespace() && c != '\u{a0}')
        .filter(|token| !is_address(token))
        .flat_map(level)
        .collect()
}

/// Without `<https://…>`, which may stand in the middle of a word, as a link may.
fn without_addresses(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, from)) = rest.split_once('<') {
        kept.push_str(before);
        let ends = from.find(|c: char| c.is_whitespace() || matches!(c, '<' | '>'));
        let inside = ends.and_then(|ends| from.get(..ends));
        rest = match inside {
            Some(inside) if is_address(inside) && from[inside.len()..].starts_with('>') => {
                &from[inside.len() + 1..]
            }
            _ => {
                kept.push(' ');
                from
            }
        };
    }
    kept.push_str(rest);
    kept.replace('>', " ")
}

/// The words of a token: what is raised or lowered in it is a word of its own, in plain characters.
fn level(token: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut before = None;
    for c in token.chars() {
        let script = levelled(c);
        let kind = (c.is_alphanumeric() || script.is_some_and(char::is_alphanumeric))
            .then_some(script.is_some());
        let plain = script.unwrap_or(c);
        match (kind, words.last_mut()) {
            (Some(_), Some(word)) if before == kind => word.push(plain),
            (Some(_), _) => words.push(plain.to_string()),
            (None, _) => {}
        }
        before = kind;
    }
    words
}
