//! Runs of text inside one block: folding white space and nesting strong, emphasis and links.

use gazette_templates::document::Inline;
pub use gazette_templates::document::plain;
use url::Url;

/// How a run of text is marked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Style {
    pub strong: bool,
    pub emphasis: bool,
    /// Index into [`Runs::links`].
    pub link: Option<usize>,
}

#[derive(Debug)]
enum Run {
    Text(String, Style),
    Break,
}

/// The text of the block being read. Marks are flags rather than a tree, so that a `<b>` around
/// three paragraphs, or one closed in the wrong place, marks what a browser would show as marked.
#[derive(Debug, Default)]
pub struct Runs {
    runs: Vec<Run>,
    links: Vec<Url>,
}

impl Runs {
    /// Remembers a link for [`Style::link`].
    pub fn link(&mut self, url: Url) -> usize {
        self.links.push(url);
        self.links.len() - 1
    }

    /// Adds text as HTML means it: white space folded, across runs too. A no-break space is none.
    pub fn text(&mut self, text: &str, style: Style) {
        let mut folded = String::with_capacity(text.len());
        let mut after_space = match self.runs.last() {
            None | Some(Run::Break) => true,
            Some(Run::Text(before, _)) => before.ends_with(' '),
        };
        for c in text.chars() {
            if matches!(c, ' ' | '\t' | '\n' | '\r' | '\x0c') {
                if !after_space {
                    folded.push(' ');
                }
                after_space = true;
            } else if !c.is_control() && !is_invisible(c) {
                folded.push(c);
                after_space = false;
            }
        }
        if folded.is_empty() {
            return;
        }
        match self.runs.last_mut() {
            Some(Run::Text(before, same)) if *same == style => before.push_str(&folded),
            _ => self.runs.push(Run::Text(folded, style)),
        }
    }

    /// Adds a line break.
    pub fn line_break(&mut self) {
        if let Some(Run::Text(text, _)) = self.runs.last_mut() {
            text.truncate(text.trim_end_matches(' ').len());
            if text.is_empty() {
                self.runs.pop();
            }
        }
        self.runs.push(Run::Break);
    }

    /// The paragraphs gathered so far; two line breaks in a row part them, as in pages that know no
    /// `<p>`. Empty ones are left out.
    pub fn take(&mut self) -> Vec<Vec<Inline>> {
        let mut paragraphs = Vec::new();
        let mut paragraph: Vec<Run> = Vec::new();
        let mut breaks = 0;
        for run in std::mem::take(&mut self.runs) {
            match run {
                Run::Break => breaks += 1,
                // An empty line may hold a no-break space.
                Run::Text(text, _) if breaks > 0 && text.trim().is_empty() => {}
                text @ Run::Text(..) => {
                    if breaks > 1 {
                        paragraphs.extend(self.finish(std::mem::take(&mut paragraph)));
                    } else if breaks == 1 && !paragraph.is_empty() {
                        paragraph.push(Run::Break);
                    }
                    breaks = 0;
                    paragraph.push(text);
                }
            }
        }
        paragraphs.extend(self.finish(paragraph));
        self.links.clear();
        paragraphs
    }

    fn finish(&self, mut runs: Vec<Run>) -> Option<Vec<Inline>> {
        while let Some(Run::Text(text, _)) = runs.last_mut() {
            text.truncate(text.trim_end_matches(' ').len());
            if !text.is_empty() {
                break;
            }
            runs.pop();
        }
        let says_something = |run: &Run| match run {
            Run::Text(text, _) => !text.trim().is_empty(),
            Run::Break => false,
        };
        if !runs.iter().any(says_something) {
            return None;
        }
        // A space alone is not bold, nor a link: it belongs to what surrounds it.
        for at in 0..runs.len() {
            let beside = |run: Option<&Run>| match run {
                Some(Run::Text(_, style)) => *style,
                _ => Style::default(),
            };
            let before = at.checked_sub(1).map(|at| beside(runs.get(at)));
            let after = beside(runs.get(at + 1));
            if let Some(Run::Text(text, style)) = runs.get_mut(at)
                && text.trim().is_empty()
            {
                *style = match before {
                    Some(before) if before == after => after,
                    _ => Style::default(),
                };
            }
        }
        Some(self.nest(runs))
    }

    /// Links outermost, then strong, then emphasis: the tree is never deeper than that.
    fn nest(&self, runs: Vec<Run>) -> Vec<Inline> {
        let mut inlines = Vec::new();
        let mut group: Vec<Run> = Vec::new();
        let mut open: Option<usize> = None;
        let link_of = |run: &Run| match run {
            Run::Text(_, style) => Some(style.link),
            Run::Break => None,
        };
        for run in runs {
            // A break belongs to the link around it.
            let link = link_of(&run).unwrap_or(open);
            if link != open {
                self.close_link(&mut inlines, std::mem::take(&mut group), open);
                open = link;
            }
            group.push(run);
        }
        self.close_link(&mut inlines, group, open);
        inlines
    }

    fn close_link(&self, inlines: &mut Vec<Inline>, mut runs: Vec<Run>, link: Option<usize>) {
        let mut after = Vec::new();
        while matches!(runs.last(), Some(Run::Break)) {
            runs.pop();
            after.push(Inline::LineBreak);
        }
        match link.and_then(|link| self.links.get(link)) {
            Some(href) if !runs.is_empty() => inlines.push(Inline::Link {
                href: href.clone(),
                label: marked(runs),
            }),
            _ => inlines.extend(marked(runs)),
        }
        inlines.extend(after);
    }
}

fn marked(runs: Vec<Run>) -> Vec<Inline> {
    let mut inlines: Vec<Inline> = Vec::new();
    for run in runs {
        match run {
            Run::Break => inlines.push(Inline::LineBreak),
            Run::Text(text, style) => {
                let mut inline = Inline::Text(text);
                if style.emphasis {
                    inline = Inline::Emphasis(vec![inline]);
                }
                match (style.strong, inlines.last_mut()) {
                    (true, Some(Inline::Strong(before))) => before.push(inline),
                    (true, _) => inlines.push(Inline::Strong(vec![inline])),
                    (false, _) => match (inline, inlines.last_mut()) {
                        // What was parted only by a mark that fell away is one text.
                        (Inline::Text(text), Some(Inline::Text(before))) => before.push_str(&text),
                        (inline, _) => inlines.push(inline),
                    },
                }
            }
        }
    }
    inlines
}

/// Characters that show nothing but can hide or turn text: soft hyphen, zero-width space, byte
/// order mark, direction embeddings and overrides. The joiners stay: scripts and emoji need them.
pub fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{200b}' | '\u{2060}' | '\u{feff}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Style = Style {
        strong: false,
        emphasis: false,
        link: None,
    };
    const STRONG: Style = Style {
        strong: true,
        ..PLAIN
    };

    #[test]
    fn white_space_is_folded_across_marks_and_no_break_spaces_stay() {
        let mut runs = Runs::default();
        runs.text("  Rep.\u{a0}Kim \n", PLAIN);
        runs.text(" led ", STRONG);
        runs.text(" a letter \u{a0} ", PLAIN);
        assert_eq!(
            runs.take(),
            vec![vec![
                Inline::Text("Rep.\u{a0}Kim ".into()),
                Inline::Strong(vec![Inline::Text("led ".into())]),
                Inline::Text("a letter \u{a0}".into()),
            ]]
        );
    }

    #[test]
    fn two_breaks_part_paragraphs_and_one_does_not() {
        let mut runs = Runs::default();
        runs.line_break();
        runs.text("one", PLAIN);
        runs.line_break();
        runs.text("line", PLAIN);
        runs.line_break();
        runs.text(" \u{a0} ", PLAIN);
        runs.line_break();
        runs.text("two", PLAIN);
        runs.line_break();
        assert_eq!(
            runs.take(),
            vec![
                vec![
                    Inline::Text("one".into()),
                    Inline::LineBreak,
                    Inline::Text("line".into())
                ],
                vec![Inline::Text("two".into())],
            ]
        );
    }
}
