//! What is different between two texts of a release: paragraph by paragraph, and word by word
//! where a paragraph was changed rather than replaced.

use std::time::{Duration, Instant};

use similar::{Algorithm, ChangeTag, DiffOp, capture_diff_slices_deadline};

use super::{Block, Document, text};

/// One paragraph, heading, item or row of either text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Paragraph {
    /// In both.
    Same(String),
    /// Only in the new one.
    Added(String),
    /// Only in the old one.
    Removed(String),
    /// In both with other words.
    Changed(Vec<Run>),
}

/// Some words of a changed paragraph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Where they stand.
    pub place: Place,
    /// The words, with the space between them.
    pub words: String,
}

/// In which of the two texts something stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the words are Paragraph's own")]
pub enum Place {
    Both,
    Old,
    New,
}

/// How long two texts are compared: what differs in every word would take hours. What is left then counts
/// as replaced.
const COMPARED_FOR: Duration = Duration::from_millis(500);

/// From the old title and document to the new ones. Links count with their addresses: a wrong link
/// is a common reason for a correction.
#[must_use]
pub fn between(old: (&str, &Document), new: (&str, &Document)) -> Vec<Paragraph> {
    compared(&lines(old.0, old.1), &lines(new.0, new.1))
}

/// From some words to others, line by line.
#[must_use]
pub fn between_words(old: &str, new: &str) -> Vec<Paragraph> {
    let lines = |words: &str| -> Vec<String> {
        let lines = words.lines().map(str::trim);
        let lines = lines.filter(|line| !line.is_empty());
        lines.map(str::to_owned).collect()
    };
    compared(&lines(old), &lines(new))
}

fn compared(old: &[String], new: &[String]) -> Vec<Paragraph> {
    let until = Instant::now() + COMPARED_FOR;
    let mut paragraphs = Vec::new();
    for op in capture_diff_slices_deadline(Algorithm::Patience, old, new, Some(until)) {
        let removed = &old[op.old_range()];
        let added = &new[op.new_range()];
        match op {
            DiffOp::Equal { .. } => {
                paragraphs.extend(removed.iter().cloned().map(Paragraph::Same));
            }
            _ => paragraphs.extend(changed(removed, added, until)),
        }
    }
    paragraphs
}

/// Whether anything is different.
#[must_use]
pub fn differs(paragraphs: &[Paragraph]) -> bool {
    paragraphs
        .iter()
        .any(|paragraph| !matches!(paragraph, Paragraph::Same(_)))
}

/// The paragraphs of a stretch that differs, those paired that say nearly the same.
fn changed(removed: &[String], added: &[String], until: Instant) -> Vec<Paragraph> {
    let mut paragraphs = Vec::new();
    let mut left = removed.iter().peekable();
    for new in added {
        // In order: what stands before its counterpart was removed.
        let counterpart = left
            .clone()
            .take_while(|_| Instant::now() < until)
            .position(|old| alike(old, new, until));
        match counterpart {
            Some(before) => {
                for _ in 0..before {
                    paragraphs.extend(left.next().cloned().map(Paragraph::Removed));
                }
                if let Some(old) = left.next() {
                    paragraphs.push(Paragraph::Changed(runs(old, new, until)));
                }
            }
            None => paragraphs.push(Paragraph::Added(new.clone())),
        }
    }
    paragraphs.extend(left.cloned().map(Paragraph::Removed));
    paragraphs
}

/// Whether half of the words are the same: then it is the same paragraph, changed.
fn alike(old: &str, new: &str, until: Instant) -> bool {
    let (old, new) = (words(old), words(new));
    if old.len().min(new.len()) * 2 < old.len().max(new.len()) {
        return false;
    }
    let same: usize = capture_diff_slices_deadline(Algorithm::Myers, &old, &new, Some(until))
        .iter()
        .filter(|op| matches!(op, DiffOp::Equal { .. }))
        .map(|op| op.old_range().len())
        .sum();
    same * 2 >= old.len().max(new.len())
}

fn runs(old: &str, new: &str, until: Instant) -> Vec<Run> {
    let (old, new) = (words(old), words(new));
    let mut runs: Vec<Run> = Vec::new();
    for op in capture_diff_slices_deadline(Algorithm::Patience, &old, &new, Some(until)) {
        for change in op.iter_changes(&old, &new) {
            let place = match change.tag() {
                ChangeTag::Equal => Place::Both,
                ChangeTag::Delete => Place::Old,
                ChangeTag::Insert => Place::New,
            };
            match runs.last_mut() {
                Some(run) if run.place == place => run.words.push_str(change.value()),
                _ => runs.push(Run {
                    place,
                    words: change.value().to_owned(),
                }),
            }
        }
    }
    runs
}

/// Words with the space that follows them; in a language without spaces, signs, and what stands between
/// two signs: `第10條` is three.
fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut from = 0;
    for (at, c) in text.char_indices() {
        let after = at + c.len_utf8();
        if is_sign(c) || is_wide_mark(c) {
            words.extend(text.get(from..at).filter(|before| !before.is_empty()));
            words.extend(text.get(at..after));
            from = after;
        } else if c == ' ' {
            words.extend(text.get(from..after));
            from = after;
        }
    }
    words.extend(text.get(from..).filter(|rest| !rest.is_empty()));
    words
}

/// A letter of a script that parts no words by spaces: of Chinese, and of Japanese also kana.
pub(crate) fn is_sign(c: char) -> bool {
    matches!(c, '\u{3005}'..='\u{3007}' | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// Marks that stand between signs without a space.
fn is_wide_mark(c: char) -> bool {
    matches!(c, '\u{3001}'..='\u{3002}' | '\u{3008}'..='\u{3011}' | '！' | '（' | '）' | '，' | '：' | '；' | '？')
}

/// The title and every block as lines, as the text part has them.
fn lines(title: &str, document: &Document) -> Vec<String> {
    let mut lines = vec![title.to_owned()];
    for block in &document.blocks {
        let alone = Document {
            language: document.language.clone(),
            direction: document.direction,
            blocks: vec![in_one_piece(block)],
        };
        let text = text::render(&alone);
        lines.extend(
            text.lines()
                .map(str::trim)
                .filter(|line| line.chars().any(|c| c != '-'))
                .map(str::to_owned),
        );
    }
    lines
}

/// A heading alone would be one of level 2 whatever it is; that is no difference to a reader.
fn in_one_piece(block: &Block) -> Block {
    match block {
        Block::Heading { text, .. } => Block::Paragraph(text.clone()),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{Direction, Inline};

    fn of(paragraphs: &[&str]) -> Document {
        Document {
            language: "en".to_owned(),
            direction: Direction::Ltr,
            blocks: paragraphs
                .iter()
                .map(|text| Block::Paragraph(vec![Inline::Text((*text).to_owned())]))
                .collect(),
        }
    }

    #[test]
    fn two_long_texts_that_have_nothing_in_common_are_compared_for_a_moment_only_and_nothing_is_lost()
     {
        // Each paragraph of one has a third of its words in common with each of the other: three million
        // comparisons that come to nothing.
        let text = |word: &str| -> Vec<String> {
            let paragraph = |n| format!("{word}{n} {word}-{n} same ").repeat(20);
            (0..1_700).map(paragraph).collect()
        };
        let (old, new) = (text("old"), text("new"));
        let of_all = |text: &[String]| of(&text.iter().map(String::as_str).collect::<Vec<_>>());
        let begun = Instant::now();
        let compared = between(("Title", &of_all(&old)), ("Title", &of_all(&new)));
        // Without an end it takes many minutes, on any machine.
        assert!(begun.elapsed() < Duration::from_mins(1));
        let has = |paragraph: &Paragraph, place: Place| match paragraph {
            Paragraph::Same(_) | Paragraph::Changed(_) => true,
            Paragraph::Added(_) => place == Place::New,
            Paragraph::Removed(_) => place == Place::Old,
        };
        for place in [Place::Old, Place::New] {
            let paragraphs = compared.iter().filter(|one| has(one, place)).count();
            assert_eq!(paragraphs, 1_701, "{place:?}");
        }
    }

    #[test]
    fn a_changed_word_is_shown_in_its_sentence_and_a_new_paragraph_as_one() {
        let old = of(&["The vote is on Monday at noon.", "Gone.", "Stays."]);
        let new = of(&["The vote is on Tuesday at noon.", "Stays.", "A new end."]);
        let run = |place, words: &str| Run {
            place,
            words: words.to_owned(),
        };
        assert_eq!(
            between(("Title", &old), ("Title", &new)),
            [
                Paragraph::Same("Title".to_owned()),
                Paragraph::Changed(vec![
                    run(Place::Both, "The vote is on "),
                    run(Place::Old, "Monday "),
                    run(Place::New, "Tuesday "),
                    run(Place::Both, "at noon."),
                ]),
                Paragraph::Removed("Gone.".to_owned()),
                Paragraph::Same("Stays.".to_owned()),
                Paragraph::Added("A new end.".to_owned()),
            ]
        );
    }

    #[test]
    fn nothing_changed_is_no_difference_and_another_link_is_one() {
        let link = |href: &str| Document {
            blocks: vec![Block::Paragraph(vec![Inline::Link {
                href: href.parse().unwrap(),
                label: vec![Inline::Text("The letter".to_owned())],
            }])],
            ..of(&[])
        };
        let (one, two) = (link("https://o.example/1"), link("https://o.example/2"));
        assert!(!differs(&between(("T", &one), ("T", &one))));
        assert!(differs(&between(("T", &one), ("T", &two))));
        assert!(differs(&between(("T", &one), ("U", &one))));
    }

    #[test]
    fn both_texts_can_be_read_out_of_the_difference() {
        let old = of(&["a b c d", "e f g", "h i j k l", "m"]);
        let new = of(&["e f x", "a b c d", "h i 어 k l", "n o"]);
        let side = |not: Place| -> Vec<String> {
            between(("T", &old), ("T", &new))
                .into_iter()
                .filter_map(|paragraph| match paragraph {
                    Paragraph::Same(text) => Some(text),
                    Paragraph::Added(text) => (not == Place::Old).then_some(text),
                    Paragraph::Removed(text) => (not == Place::New).then_some(text),
                    Paragraph::Changed(runs) => Some(
                        runs.into_iter()
                            .filter(|run| run.place != not)
                            .map(|run| run.words)
                            .collect(),
                    ),
                })
                .collect()
        };
        assert_eq!(side(Place::New), lines("T", &old));
        assert_eq!(side(Place::Old), lines("T", &new));
    }
}
