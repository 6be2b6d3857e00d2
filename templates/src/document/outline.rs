//! What both renderings must decide alike: heading levels, end marks, and what text is clean.

use std::{borrow::Cow, collections::HashSet};

use super::{Figure, Inline, scripts};

/// Walks along with a rendering and remembers what stood above.
#[derive(Debug, Default)]
pub(super) struct Outline {
    above: Vec<u8>,
    ended: bool,
    /// What abbreviations stand for, as far as it was said.
    spelled_out: HashSet<String>,
}

impl Outline {
    /// The level that a heading gets so that none is skipped below the title's level 1 (A3), while
    /// headings of one level in the source stay on one level.
    pub(super) fn level(&mut self, level: u8) -> u8 {
        while self.above.last().is_some_and(|above| *above >= level) {
            self.above.pop();
        }
        self.above.push(level);
        u8::try_from(self.above.len() + 1).map_or(6, |closed_up| closed_up.min(6))
    }

    /// Whether this end mark is the first: a release that was pasted together has several, and
    /// readers see one (R3).
    pub(super) fn ends_here(&mut self) -> bool {
        !std::mem::replace(&mut self.ended, true)
    }

    /// Whether what an abbreviation stands for is to be said here: once, where it first stands.
    pub(super) fn spells_out(&mut self, title: &str) -> bool {
        !title.trim().is_empty() && self.spelled_out.insert(title.trim().to_owned())
    }
}

/// Text without control characters: they mean nothing in a paragraph and break mail software.
pub(super) fn clean(text: &str) -> Cow<'_, str> {
    if text.chars().any(char::is_control) {
        Cow::Owned(
            text.chars()
                .map(|c| if c.is_control() { ' ' } else { c })
                .collect(),
        )
    } else {
        Cow::Borrowed(text)
    }
}

/// The same for text whose lines count.
pub(super) fn clean_lines(text: &str) -> String {
    text.replace("\r\n", "\n")
        .chars()
        .map(|c| match c {
            '\n' | '\t' => c,
            '\r' => '\n',
            c if c.is_control() => ' ',
            c => c,
        })
        .collect()
}

/// What a run says on one line, without its markup: a line break is a space, a raised or lowered
/// number is written as one, and what was struck out is not said.
#[must_use]
pub fn plain(inlines: &[Inline]) -> String {
    let mut out = String::new();
    add(inlines, false, &mut out);
    out
}

/// The same with what was struck out.
pub(super) fn every_word(inlines: &[Inline]) -> String {
    let mut out = String::new();
    add(inlines, true, &mut out);
    out
}

/// What is said of a picture beside its caption: nothing where the caption says the same, alone or before
/// something else, such as who took it. A picture that leads somewhere keeps its words, which are the
/// name of the link.
pub(super) fn own_alt(figure: &Figure) -> String {
    let alt = clean(&figure.alt).into_owned();
    let is_said_below = figure.link.is_none()
        && figure
            .caption
            .as_deref()
            .is_some_and(|caption| begins_with(&plain(caption), &alt));
    if is_said_below { String::new() } else { alt }
}

/// Whether a text begins with these words, by their letters alone, and goes on with no word of theirs.
fn begins_with(text: &str, words: &str) -> bool {
    let is_letter = |c: &char| c.is_alphanumeric();
    let mut rest = text.chars();
    let same = words.chars().filter(is_letter).all(|letter| {
        rest.find(is_letter)
            .is_some_and(|other| other.to_lowercase().eq(letter.to_lowercase()))
    });
    same && !rest
        .as_str()
        .trim_start()
        .starts_with(|c: char| c.is_alphanumeric())
}

/// Whether a run shows nothing; a mark around it marks nothing.
pub(super) fn is_blank(inlines: &[Inline]) -> bool {
    every_word(inlines).trim().is_empty()
}

fn add(inlines: &[Inline], struck: bool, out: &mut String) {
    let all = |inner: &[Inline]| {
        let mut all = String::new();
        add(inner, struck, &mut all);
        all
    };
    for inline in inlines {
        match inline {
            Inline::Text(text) => out.push_str(&clean(text)),
            Inline::LineBreak => out.push(' '),
            // A picture that says nothing parts no words.
            Inline::Picture(figure) if figure.alt.trim().is_empty() => {}
            Inline::Picture(figure) => out.push_str(&clean(&figure.alt)),
            Inline::NoteMark(mark) => out.push_str(&scripts::note_mark(&clean(mark))),
            Inline::Superscript(inner) => out.push_str(&scripts::raised(&all(inner))),
            Inline::Subscript(inner) => out.push_str(&scripts::lowered(&all(inner))),
            Inline::Struck(_) if !struck => {}
            Inline::Struck(inner)
            | Inline::Strong(inner)
            | Inline::Emphasis(inner)
            | Inline::Inserted(inner)
            | Inline::Code(inner)
            | Inline::Keyboard(inner)
            | Inline::Link { label: inner, .. }
            | Inline::LostLink { label: inner, .. }
            | Inline::Abbreviation { text: inner, .. }
            | Inline::Foreign { text: inner, .. } => add(inner, struck, out),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a3_heading_levels_close_up_and_siblings_stay_siblings() {
        let mut outline = Outline::default();
        let closed: Vec<u8> = [3, 3, 5, 6, 3, 2, 4, 6, 6]
            .into_iter()
            .map(|level| outline.level(level))
            .collect();
        assert_eq!(closed, [2, 2, 3, 4, 2, 2, 3, 4, 4]);
    }
}
