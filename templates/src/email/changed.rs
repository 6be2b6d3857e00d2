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
    let (mut old, mut new, mut before) = (String::new(), String::new(), "");
    for (at, run) in runs.iter().enumerate() {
        match run.place {
            Place::Old => old.push_str(&run.words),
            Place::New => new.push_str(&run.words),
            Place::Both => {
                if old.is_empty() && new.is_empty() {
                    before = &run.words;
                    continue;
                }
                let between = run.words.trim();
                let more = at + 1 < runs.len();
                if more && between.split(' ').count() == 1 && between.chars().count() <= 4 {
                    old.push_str(&run.words);
                    new.push_str(&run.words);
                    continue;
                }
                found.push(pair(before, &mut old, &mut new, &run.words));
                before = &run.words;
            }
        }
    }
    if !(old.is_empty() && new.is_empty()) {
        found.push(pair(before, &mut old, &mut new, ""));
    }
    found
}

/// Both sides, with what belongs to them of the words around.
fn pair(before: &str, old: &mut String, new: &mut String, after: &str) -> (String, String) {
    let said = |side: &str| side.trim().to_owned();
    let (was, is) = (said(old), said(new));
    let (front, back) = if was.is_empty() || is.is_empty() {
        (String::new(), String::new())
    } else if lone_number(&was) && lone_number(&is) && !begins_with_sign(after) {
        (String::new(), unit(&is, after))
    } else {
        without_spaces(before, [&was, &is], after)
    };
    let end = |side: &str| match side {
        "" => String::new(),
        side => bare(&format!("{front}{side}{back}")),
    };
    let both = (end(&was), end(&is));
    old.clear();
    new.clear();
    both
}

/// Chinese writes what is counted right behind the number.
fn begins_with_sign(after: &str) -> bool {
    after.chars().next().is_some_and(is_sign)
}

fn is_sign(c: char) -> bool {
    ('\u{3400}'..='\u{9fff}').contains(&c)
}

fn lone_number(side: &str) -> bool {
    !side.contains(' ') && side.ends_with(|c: char| c.is_ascii_digit())
}

/// What says which half of the day a time is in.
const HALVES_OF_THE_DAY: &[&str] = &[
    "a.m.",
    "p.m.",
    "am",
    "pm",
    "a.m",
    "p.m",
    "h",
    "sáng",
    "trưa",
    "chiều",
    "tối",
    "صباحًا",
    "صباحا",
    "مساءً",
    "مساء",
    "ظهرًا",
];

/// What may follow a number and is none of what it counts.
const NOT_COUNTED: &[&str] = &[
    "and", "are", "for", "from", "have", "into", "or", "that", "the", "until", "was", "were",
    "will", "with", "con", "desde", "hasta", "los", "las", "para", "por", "que", "và", "đến",
    "cho",
];

/// The word behind a lone number that it counts: “6:00 p.m.”, “40,000 people”, and never “6:00 on”.
fn unit(number: &str, after: &str) -> String {
    let mut words = after.split_whitespace();
    let word = words
        .next()
        .unwrap_or_default()
        .trim_end_matches([',', ';']);
    let next = words.next().unwrap_or_default();
    let small = word.to_lowercase();
    // In Spanish the halves of the day are two words.
    if ["a.", "p."].contains(&small.as_str()) && next.starts_with("m.") {
        return format!(" {word} m.");
    }
    let letters = word.chars().count();
    let counted = !number.contains(':')
        && (3..=8).contains(&letters)
        && word.chars().all(char::is_alphabetic)
        && !NOT_COUNTED.contains(&small.as_str());
    if counted || HALVES_OF_THE_DAY.contains(&small.as_str()) {
        format!(" {word}")
    } else {
        String::new()
    }
}

/// Signs of dates, times and amounts in Chinese: one of them alone says nothing.
const OF_DATES_AND_AMOUNTS: &str = "0123456789０１２３４５６７８９零〇一二三四五六七八九十百千万萬亿億年月日号號星期周週禮拜礼时時点點分上下午早晚元人名個个";

/// Chinese parts no words by spaces: “一” that became “二” is a day of the week with what stands around it.
fn without_spaces(before: &str, sides: [&str; 2], after: &str) -> (String, String) {
    /// Signs that are taken along at most, on either side.
    const MOST: usize = 8;
    /// Fewer signs than this say nothing.
    const FEW: usize = 2;
    let beside = before.chars().next_back().is_some_and(is_sign) || begins_with_sign(after);
    let short = sides.iter().any(|side| side.chars().count() <= 2 * FEW);
    if !beside || !short {
        return (String::new(), String::new());
    }
    let belongs = |c: &char| OF_DATES_AND_AMOUNTS.contains(*c);
    let mut front: Vec<char> = before
        .chars()
        .rev()
        .take_while(belongs)
        .take(MOST)
        .collect();
    let mut back: Vec<char> = after.chars().take_while(belongs).take(MOST).collect();
    let fewest = sides.iter().map(|side| side.chars().count()).min();
    if fewest.unwrap_or_default() + front.len() + back.len() < FEW + 1 {
        front = before
            .chars()
            .rev()
            .take_while(|c| is_sign(*c))
            .take(FEW)
            .collect();
        back = after
            .chars()
            .take_while(|c| is_sign(*c))
            .take(FEW)
            .collect();
    }
    (front.iter().rev().collect(), back.iter().collect())
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
                "“6:00 p.m.” became “7:00 p.m.”",
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
    }

    #[test]
    fn readers_of_every_language_are_told_so_in_words_that_say_it() {
        for (language, old, new, says) in [
            (
                "en",
                "The bridge is open from 6:00 on Friday for 40,000 people of Tustin.",
                "The bridge is open from 7:00 on Friday for 50,000 people of Tustin.",
                "“6:00” became “7:00”.\n“40,000 people” became “50,000 people”.",
            ),
            (
                "es",
                "El voto es el lunes a las 6:00 p. m. en Tustin.",
                "El voto es el martes a las 7:00 p. m. en Tustin.",
                "«lunes» pasó a ser «martes».\n«6:00 p. m.» pasó a ser «7:00 p. m.»",
            ),
            (
                "ko",
                "회의는 금요일 오후 6시에 시청에서 열립니다.",
                "회의는 금요일 오후 7시에 시청에서 열립니다.",
                "“6시에” → “7시에”.",
            ),
            (
                "vi",
                "Cuộc họp bắt đầu lúc 18:00 thứ Sáu tại thư viện.",
                "Cuộc họp bắt đầu lúc 19:00 thứ Sáu tại thư viện.",
                "“18:00” đổi thành “19:00”.",
            ),
            (
                "zh-Hant",
                "會議於星期一上午在市政廳舉行。",
                "會議於星期二上午在市政廳舉行。",
                "「星期一上午」改為「星期二上午」。",
            ),
            (
                "zh-Hans",
                "每天将有4万人使用这座桥。",
                "每天将有5万人使用这座桥。",
                "“4万人”改为“5万人”。",
            ),
            (
                "ar",
                "يبدأ الاجتماع الساعة 6:00 مساءً يوم الجمعة في المكتبة.",
                "يبدأ الاجتماع الساعة 7:00 مساءً يوم الجمعة في المكتبة.",
                "«6:00 مساءً» أصبح «7:00 مساءً».",
            ),
        ] {
            let said = told(language, &[old], &[new]);
            assert_eq!(said.as_deref(), Some(says), "{language}");
        }
    }

    #[test]
    fn whole_paragraphs_are_named_and_many_changes_are_not_all_told() {
        assert_eq!(
            told("en", &["Stays as it is.", "Gone."], &["Stays as it is."]).as_deref(),
            Some("Taken out: “Gone.”")
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
