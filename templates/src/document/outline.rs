//! What both renderings must decide alike: heading levels, end marks, and what text is clean.

use std::borrow::Cow;

use super::Inline;

/// Walks along with a rendering and remembers what stood above.
#[derive(Debug, Default)]
pub(super) struct Outline {
    above: Vec<u8>,
    ended: bool,
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

/// What a run says, without its markup; a line break is a space.
pub(crate) fn plain(inlines: &[Inline]) -> String {
    fn add(inlines: &[Inline], out: &mut String) {
        for inline in inlines {
            match inline {
                Inline::Text(text) => out.push_str(&clean(text)),
                Inline::Strong(inner)
                | Inline::Emphasis(inner)
                | Inline::Link { label: inner, .. } => add(inner, out),
                Inline::LineBreak => out.push(' '),
            }
        }
    }
    let mut out = String::new();
    add(inlines, &mut out);
    out
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
