//! Runs of text inside one block: folding white space and nesting what marks them.

pub use gazette_templates::document::plain;
use gazette_templates::document::{Direction, Inline};
use url::Url;

use super::notes;
use super::run_style::Run;
pub use super::run_style::{Marks, Script, Style};

/// Where a link leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    Whole(Url),
    /// An address that could not be made whole, as the source has it.
    Lost(String),
}

/// The text of the block being read. Marks are flags rather than a tree, so that a `<b>` around
/// three paragraphs, or one closed in the wrong place, marks what a browser would show as marked.
#[derive(Debug, Default)]
pub struct Runs {
    now: Vec<Run>,
    /// Kept over the paragraphs: a link may go on behind a picture that parts two of them.
    links: Vec<Target>,
    abbreviations: Vec<String>,
    languages: Vec<(String, Direction)>,
}

impl Runs {
    /// Remembers a link for [`Style::link`].
    pub fn link(&mut self, target: Target) -> usize {
        self.links.push(target);
        self.links.len() - 1
    }

    /// Where a remembered link leads on the web.
    pub fn web_address(&self, link: usize) -> Option<Url> {
        match self.links.get(link)? {
            Target::Whole(url) if matches!(url.scheme(), "http" | "https") => Some(url.clone()),
            _ => None,
        }
    }

    /// Remembers what an abbreviation stands for, for [`Style::abbreviation`].
    pub fn abbreviation(&mut self, title: String) -> usize {
        self.abbreviations.push(title);
        self.abbreviations.len() - 1
    }

    /// Remembers a language for [`Style::language`].
    pub fn language(&mut self, language: String, direction: Direction) -> usize {
        self.languages.push((language, direction));
        self.languages.len() - 1
    }

    /// Adds text as HTML means it: white space folded, across runs too. A no-break space is none.
    pub fn text(&mut self, text: &str, style: Style) {
        let mut folded = String::with_capacity(text.len());
        let mut after_space = match self.now.last() {
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
        match self.now.last_mut() {
            Some(Run::Text(before, same)) if *same == style => before.push_str(&folded),
            _ => self.now.push(Run::Text(folded, style)),
        }
    }

    /// Whether words stand on the line being read.
    pub fn says_something_on_line(&self) -> bool {
        let line = self.now.iter().rev().take_while(|run| **run != Run::Break);
        line.into_iter().any(says_something)
    }

    /// Adds a line break.
    pub fn line_break(&mut self) {
        if let Some(Run::Text(text, _)) = self.now.last_mut() {
            text.truncate(text.trim_end_matches(' ').len());
            if text.is_empty() {
                self.now.pop();
            }
        }
        self.now.push(Run::Break);
    }

    /// The paragraphs gathered so far; two line breaks in a row part them, as in pages that know no
    /// `<p>`. Empty ones are left out.
    pub fn take(&mut self) -> Vec<Vec<Inline>> {
        let mut paragraphs = Vec::new();
        let mut paragraph: Vec<Run> = Vec::new();
        let mut breaks = 0;
        for run in std::mem::take(&mut self.now) {
            match run {
                Run::Break => breaks += 1,
                // An empty line may hold a no-break space.
                Run::Text(text, _) if breaks > 0 && text.trim().is_empty() => {}
                run @ Run::Text(..) => {
                    if breaks > 1 {
                        paragraphs.extend(self.finish(std::mem::take(&mut paragraph)));
                    } else if breaks == 1 && !paragraph.is_empty() {
                        paragraph.push(Run::Break);
                    }
                    breaks = 0;
                    paragraph.push(run);
                }
            }
        }
        paragraphs.extend(self.finish(paragraph));
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
        if !runs.iter().any(says_something) {
            return None;
        }
        // A space alone is not bold, nor a link: it belongs to what surrounds it.
        for at in 0..runs.len() {
            let beside = |run: Option<&Run>| run.and_then(Run::style).unwrap_or_default();
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
        notes::settle(&mut runs);
        self.settle_abbreviations(&mut runs);
        Some(self.nest(runs, 0))
    }

    /// "Department of Veterans Affairs (VA)": what the words say already, nobody says again.
    fn settle_abbreviations(&self, runs: &mut [Run]) {
        let abbreviated = |run: &Run| run.style().and_then(|style| style.abbreviation).is_some();
        if !runs.iter().any(abbreviated) {
            return;
        }
        let words: String = runs.iter().map(words_of).collect();
        let words = words.to_lowercase();
        for run in runs {
            let Run::Text(_, style) = run else {
                continue;
            };
            let title = style.abbreviation.and_then(|at| self.abbreviations.get(at));
            if title.is_some_and(|title| words.contains(&title.to_lowercase())) {
                style.abbreviation = None;
            }
        }
    }

    /// What is marked alike and stands together gets one mark around it, the outermost first; so the
    /// tree is never deeper than there are marks.
    fn nest(&self, runs: Vec<Run>, layer: usize) -> Vec<Inline> {
        let Some(of_layer) = LAYERS.get(layer) else {
            return leaves(runs);
        };
        let mut inlines: Vec<Inline> = Vec::new();
        let mut group: Vec<Run> = Vec::new();
        let mut open: Option<usize> = None;
        for run in runs {
            // A break belongs to the link around it; other marks begin anew on the next line.
            let mark = match run.style() {
                Some(style) => of_layer(style),
                None if layer == 0 => open,
                None => None,
            };
            if mark != open {
                self.close(&mut inlines, std::mem::take(&mut group), layer, open);
                open = mark;
            }
            group.push(run);
        }
        self.close(&mut inlines, group, layer, open);
        inlines
    }

    fn close(
        &self,
        inlines: &mut Vec<Inline>,
        mut runs: Vec<Run>,
        layer: usize,
        mark: Option<usize>,
    ) {
        if runs.is_empty() {
            return;
        }
        let mut after = Vec::new();
        if mark.is_some() {
            while matches!(runs.last(), Some(Run::Break)) {
                runs.pop();
                after.push(Inline::LineBreak);
            }
        }
        let inner = self.nest(runs, layer + 1);
        match mark.and_then(|mark| self.mark(layer, mark)) {
            Some(mark) if !inner.is_empty() => inlines.push(mark.around(inner)),
            _ => join(inlines, inner),
        }
        inlines.extend(after);
    }

    /// The mark of a layer, around nothing yet.
    fn mark(&self, layer: usize, value: usize) -> Option<Inline> {
        let text = Vec::new();
        Some(match layer {
            0 => match self.links.get(value)? {
                Target::Whole(href) => Inline::Link {
                    href: href.clone(),
                    label: text,
                },
                Target::Lost(href) => Inline::LostLink {
                    href: href.clone(),
                    label: text,
                },
            },
            1 => {
                let (language, direction) = self.languages.get(value)?.clone();
                Inline::Foreign {
                    language,
                    direction,
                    text,
                }
            }
            2 => Inline::Struck(text),
            3 => Inline::Inserted(text),
            4 => Inline::Strong(text),
            5 => Inline::Emphasis(text),
            6 => Inline::Abbreviation {
                title: self.abbreviations.get(value)?.clone(),
                text,
            },
            7 => Inline::Code(text),
            8 => Inline::Keyboard(text),
            _ if value == 0 => Inline::Superscript(text),
            _ => Inline::Subscript(text),
        })
    }
}

/// The marks from the outermost to the innermost: what a style says of each.
const LAYERS: [fn(Style) -> Option<usize>; 10] = [
    |style| style.link,
    |style| style.language,
    |style| style.marks.has(Marks::STRUCK).then_some(0),
    |style| style.marks.has(Marks::INSERTED).then_some(0),
    |style| style.marks.has(Marks::STRONG).then_some(0),
    |style| style.marks.has(Marks::EMPHASIS).then_some(0),
    |style| style.abbreviation,
    |style| style.marks.has(Marks::CODE).then_some(0),
    |style| style.marks.has(Marks::KEYBOARD).then_some(0),
    |style| match style.script {
        Script::Superscript => Some(0),
        Script::Subscript => Some(1),
        Script::None | Script::Note => None,
    },
];

fn leaves(runs: Vec<Run>) -> Vec<Inline> {
    let mut inlines = Vec::new();
    for run in runs {
        let leaf = match run {
            Run::Break => Inline::LineBreak,
            Run::Text(text, style) if style.script == Script::Note => {
                Inline::NoteMark(text.trim().to_owned())
            }
            Run::Text(text, _) => Inline::Text(text),
        };
        join(&mut inlines, vec![leaf]);
    }
    inlines
}

/// What was parted only by a mark that fell away is one text.
fn join(inlines: &mut Vec<Inline>, more: Vec<Inline>) {
    for inline in more {
        match (inlines.last_mut(), inline) {
            (Some(Inline::Text(before)), Inline::Text(text)) => before.push_str(&text),
            (_, inline) => inlines.push(inline),
        }
    }
}

fn says_something(run: &Run) -> bool {
    match run {
        Run::Text(text, _) => !text.trim().is_empty(),
        Run::Break => false,
    }
}

fn words_of(run: &Run) -> &str {
    match run {
        Run::Text(text, style) if style.abbreviation.is_none() => text,
        _ => " ",
    }
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
        marks: Marks::NONE,
        script: Script::None,
        link: None,
        abbreviation: None,
        language: None,
    };
    const STRONG: Style = Style {
        marks: Marks::STRONG,
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

    #[test]
    fn marks_that_cross_are_nested_as_a_browser_shows_them() {
        let mut runs = Runs::default();
        runs.text("a", STRONG);
        runs.text("b", STRONG.with(Marks::STRUCK));
        runs.text("c", PLAIN.with(Marks::STRUCK));
        let text = |says: &str| vec![Inline::Text(says.to_owned())];
        assert_eq!(
            runs.take(),
            vec![vec![
                Inline::Strong(text("a")),
                Inline::Struck(vec![
                    Inline::Strong(text("b")),
                    Inline::Text("c".to_owned())
                ]),
            ]]
        );
    }
}
