//! What a correction says first: which words took the place of which.

use super::words::FixedWords;
use crate::{
    document::diff::{Paragraph, Place, Run},
    shortened::shortened,
};

/// Differences that are told one by one; of more, a reader is told that there are more.
const MOST: usize = 3;
/// Characters of each side.
const LONGEST: usize = 100;

/// The subject of a correction, its prefix in the reader's language.
#[must_use]
pub fn correction_subject(language: &str, subject: &str) -> String {
    FixedWords::of(language).correction(subject)
}

/// What is different, a line each, in words for readers; `None` where nothing is that they would see.
#[must_use]
pub fn what_changed(language: &str, paragraphs: &[Paragraph]) -> Option<String> {
    let fixed = FixedWords::of(language);
    let mut found: Vec<(String, String)> = Vec::new();
    let mut otherwise = false;
    for paragraph in paragraphs {
        match paragraph {
            Paragraph::Same(_) => {}
            Paragraph::Added(new) => found.push((String::new(), bare(new))),
            Paragraph::Removed(old) => found.push((bare(old), String::new())),
            Paragraph::Changed(runs) => found.extend(replacements(runs)),
        }
    }
    let all = found.len();
    found.retain(|(old, new)| says(old) != says(new));
    otherwise |= found.len() < all || found.len() > MOST;
    let mut lines: Vec<String> = Vec::new();
    for (old, new) in found.iter().take(MOST) {
        let line = fixed.became(&shortened(old, LONGEST), &shortened(new, LONGEST));
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    if otherwise && (!lines.is_empty() || all > 0) {
        lines.push(fixed.changed_otherwise.to_owned());
    }
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// Letters and digits: without them nothing was said differently.
fn says(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).collect()
}

/// Without what only lays out: the number of an address, the mark of a list's item.
fn bare(line: &str) -> String {
    let line = line.trim().trim_start_matches(['>', '•', ' ']);
    match line
        .strip_prefix('[')
        .and_then(|rest| rest.split_once("] "))
    {
        Some((number, rest)) if number.bytes().all(|b| b.is_ascii_digit()) => rest.to_owned(),
        _ => line.to_owned(),
    }
}

/// What stands beside each other in old and new; differences that only one short word parts are one,
/// as a reader would say it.
fn replacements(runs: &[Run]) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    let (mut old, mut new) = (String::new(), String::new());
    for (at, run) in runs.iter().enumerate() {
        match run.place {
            Place::Old => old.push_str(&run.words),
            Place::New => new.push_str(&run.words),
            Place::Both => {
                if old.is_empty() && new.is_empty() {
                    continue;
                }
                let between = run.words.trim();
                let more = at + 1 < runs.len();
                if more && between.split(' ').count() == 1 && between.chars().count() <= 4 {
                    old.push_str(&run.words);
                    new.push_str(&run.words);
                    continue;
                }
                found.push(pair(&mut old, &mut new, &run.words));
            }
        }
    }
    if !(old.is_empty() && new.is_empty()) {
        found.push(pair(&mut old, &mut new, ""));
    }
    found
}

/// Both sides; a lone number takes the word behind it along: “6:00 p.m.”, not “6:00”.
fn pair(old: &mut String, new: &mut String, after: &str) -> (String, String) {
    let lone = |side: &str| {
        let side = side.trim();
        !side.contains(' ') && side.ends_with(|c: char| c.is_ascii_digit())
    };
    let mut unit = String::new();
    if lone(old) && lone(new) {
        let word = after.trim_start().split(' ').next().unwrap_or_default();
        let short = word.chars().count() <= 8 && word.chars().any(char::is_alphabetic);
        if short {
            unit = format!(" {word}");
        }
    }
    let end = |side: &str| {
        let side = side.trim();
        if side.is_empty() {
            String::new()
        } else {
            format!("{side}{unit}")
        }
    };
    let both = (bare(&end(old)), bare(&end(new)));
    old.clear();
    new.clear();
    both
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{Block, Direction, Document, Inline, diff};

    fn text(paragraphs: &[&str]) -> Document {
        Document {
            language: "en".to_owned(),
            direction: Direction::Ltr,
            blocks: paragraphs
                .iter()
                .map(|says| Block::Paragraph(vec![Inline::Text((*says).to_owned())]))
                .collect(),
        }
    }

    fn told(language: &str, old: &[&str], new: &[&str]) -> Option<String> {
        let (old, new) = (text(old), text(new));
        what_changed(language, &diff::between(("T", &old), ("T", &new)))
    }

    #[test]
    fn a_reader_is_told_what_became_what() {
        for (old, new, says) in [
            (
                "The town hall begins at 6:00 p.m. on Friday in Tustin.",
                "The town hall begins at 7:00 p.m. on Friday in Tustin.",
                "“6:00 p.m.” became “7:00 p.m.”.",
            ),
            (
                "The vote is on Monday at noon.",
                "The vote is on Tuesday at noon.",
                "“Monday” became “Tuesday”.",
            ),
            (
                "The bridge carries 40,000 people each day, he said.",
                "The bridge carries 40,000 people each day, Mayor Lee said.",
                "“he” became “Mayor Lee”.",
            ),
            (
                "She thanked the crews and the city for it.",
                "She thanked the crews for it.",
                "Taken out: “and the city”.",
            ),
        ] {
            assert_eq!(told("en", &[old], &[new]).as_deref(), Some(says));
        }
        let spanish = told(
            "es",
            &["El voto es el lunes a las diez."],
            &["El voto es el martes a las diez."],
        );
        assert_eq!(spanish.as_deref(), Some("«lunes» pasó a ser «martes»."));
        let chinese = told(
            "zh-Hant",
            &["會議於星期一上午在市政廳舉行。"],
            &["會議於星期二上午在市政廳舉行。"],
        );
        assert_eq!(chinese.as_deref(), Some("「一」改為「二」。"));
    }

    #[test]
    fn whole_paragraphs_are_named_and_many_changes_are_not_all_told() {
        assert_eq!(
            told("en", &["Stays as it is.", "Gone."], &["Stays as it is."]).as_deref(),
            Some("Taken out: “Gone.”.")
        );
        let old = [
            "one alpha two",
            "three beta four",
            "five gamma six",
            "seven delta eight",
        ];
        let new = ["one a two", "three b four", "five c six", "seven d eight"];
        let said = told("en", &old, &new).unwrap();
        assert_eq!(said.lines().count(), 4, "{said}");
        assert!(
            said.ends_with("More was changed; the whole text follows."),
            "{said}"
        );
        assert_eq!(told("en", &["Same."], &["Same."]), None);
    }

    #[test]
    fn a_comma_alone_is_no_words_and_a_link_is_named_by_its_address() {
        let comma = told(
            "en",
            &["One two three, four five."],
            &["One two three four five."],
        );
        assert_eq!(
            comma.as_deref(),
            Some("More was changed; the whole text follows.")
        );
        let link = |href: &str| Document {
            blocks: vec![Block::Paragraph(vec![
                Inline::Text("Read ".to_owned()),
                Inline::Link {
                    href: href.parse().unwrap(),
                    label: vec![Inline::Text("the letter".to_owned())],
                },
                Inline::Text(" on the web.".to_owned()),
            ])],
            ..text(&[])
        };
        let (old, new) = (link("https://o.example/1"), link("https://o.example/2"));
        let said = what_changed("en", &diff::between(("T", &old), ("T", &new))).unwrap();
        assert!(
            said.contains("https://o.example/2") && !said.contains("[1]"),
            "{said}"
        );
    }
}
