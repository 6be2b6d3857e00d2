//! What raised text means: a footnote's mark, an ordinal's ending, a trade mark, or an exponent.
//! The three look alike in a page; read wrong, a note turns "$2 million" into "$21 million".

use super::run_style::{Marks, Run, Script, Style};

/// Says of each raised run what it is, from itself and from what stands before it.
pub(super) fn settle(runs: &mut [Run]) {
    for at in 0..runs.len() {
        let (before, rest) = runs.split_at_mut(at);
        let Some(Run::Text(text, style)) = rest.first_mut() else {
            continue;
        };
        if style.script != Script::Superscript {
            continue;
        }
        let before = match before.last() {
            Some(Run::Text(before, _)) => before.as_str(),
            _ => "",
        };
        match meaning(text, *style, before) {
            Meaning::Note(mark) => {
                // What led to the note below leads nowhere in a mail.
                (style.script, style.link) = (Script::Note, None);
                *text = mark;
            }
            Meaning::Plain(says) => {
                style.script = Script::None;
                *text = says;
            }
            Meaning::Raised => {}
        }
    }
}

enum Meaning {
    Note(String),
    Plain(String),
    Raised,
}

fn meaning(text: &str, style: Style, before: &str) -> Meaning {
    let says = text.trim();
    let inside = says
        .strip_prefix(['[', '('])
        .and_then(|rest| rest.strip_suffix([']', ')']))
        .unwrap_or(says);
    let is_mark = is_note_mark(inside);
    if is_mark && (style.marks.has(Marks::IN_PAGE) || says.starts_with('[') || is_sign(inside)) {
        return Meaning::Note(inside.to_owned());
    }
    if is_ordinal(says) && before.ends_with(|c: char| c.is_ascii_digit()) {
        return Meaning::Plain(text.to_owned());
    }
    match says.to_ascii_uppercase().as_str() {
        "TM" | "(TM)" => return Meaning::Plain(text.replace(says, "™")),
        "SM" | "(SM)" => return Meaning::Plain(text.replace(says, "℠")),
        "®" | "©" | "™" | "℠" => return Meaning::Plain(text.to_owned()),
        _ => {}
    }
    if is_mark && inside.starts_with(|c: char| c.is_ascii_digit()) && ends_a_word(before) {
        return Meaning::Note(inside.to_owned());
    }
    Meaning::Raised
}

/// Up to three digits, several of them, a letter, or a sign.
fn is_note_mark(mark: &str) -> bool {
    let numbers = || {
        mark.split([',', '–', '-', ' '])
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .all(|part| part.len() <= 3 && part.bytes().all(|b| b.is_ascii_digit()))
    };
    let letter = mark.len() == 1 && mark.bytes().all(|b| b.is_ascii_alphabetic());
    let roman = mark.len() <= 4 && mark.bytes().all(|b| b"ivx".contains(&b));
    !mark.is_empty() && mark.len() <= 12 && (numbers() || letter || roman || is_sign(mark))
}

fn is_sign(mark: &str) -> bool {
    !mark.is_empty()
        && mark.chars().count() <= 3
        && mark
            .chars()
            .all(|c| matches!(c, '*' | '†' | '‡' | '§' | '¶'))
}

/// 1st, 2nd, 3rd, 4th; 1er, 2e, 1º and 1ª in other languages.
fn is_ordinal(text: &str) -> bool {
    let text = text.to_lowercase();
    [
        "st", "nd", "rd", "th", "er", "ère", "re", "e", "ème", "nds", "ths", "o", "a", "º", "ª",
        "ro", "ra", "do", "da", "to", "ta",
    ]
    .contains(&text.as_str())
}

/// Whether what stands before the mark has ended: a sentence, or a word that is no unit. A number
/// that is raised on a number or on `m` is an exponent.
fn ends_a_word(before: &str) -> bool {
    let Some(last) = before.chars().next_back() else {
        return false;
    };
    if matches!(
        last,
        '.' | ',' | ';' | ':' | '!' | '?' | '”' | '"' | '’' | '»' | '…' | '。' | '」' | '』'
    ) {
        return true;
    }
    let word = before
        .rsplit(|c: char| !c.is_alphabetic())
        .next()
        .unwrap_or_default()
        .to_lowercase();
    word.chars().count() >= 4 && !UNITS.contains(&word.as_str())
}

/// Units that are squared or cubed in full words.
const UNITS: &[&str] = &[
    "feet",
    "foot",
    "inch",
    "inches",
    "yard",
    "yards",
    "mile",
    "miles",
    "meter",
    "meters",
    "metre",
    "metres",
    "kilometer",
    "kilometers",
    "kilometre",
    "kilometres",
    "centimeter",
    "centimeters",
    "metro",
    "metros",
    "kilómetros",
    "meile",
    "meilen",
    "mètre",
    "mètres",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn said(before: &str, raised: &str, marks: Marks) -> (Script, String) {
        let style = Style {
            script: Script::Superscript,
            marks,
            ..Style::default()
        };
        let mut runs = [
            Run::Text(before.to_owned(), Style::default()),
            Run::Text(raised.to_owned(), style),
        ];
        settle(&mut runs);
        match &runs[1] {
            Run::Text(text, style) => (style.script, text.clone()),
            Run::Break => panic!("a text became a break"),
        }
    }

    #[test]
    fn notes_ordinals_and_exponents_are_told_apart() {
        let none = Marks::default();
        for (before, raised, marks, script, says) in [
            ("She spoke in 2026.", "12", none, Script::Note, "12"),
            ("two million", "1", none, Script::Note, "1"),
            ("the bill", "[3]", none, Script::Note, "3"),
            ("the bill", "*", none, Script::Note, "*"),
            ("costs $2", "1", Marks::IN_PAGE, Script::Note, "1"),
            ("costs $2", "1", none, Script::Superscript, "1"),
            ("10", "6", none, Script::Superscript, "6"),
            ("25 m", "2", none, Script::Superscript, "2"),
            ("500 square feet", "2", none, Script::Superscript, "2"),
            ("e = x", "n+1", none, Script::Superscript, "n+1"),
            ("the 21", "st", none, Script::None, "st"),
            ("le 1", "er", none, Script::None, "er"),
            ("Gazette", "TM", none, Script::None, "™"),
        ] {
            assert_eq!(
                said(before, raised, marks),
                (script, says.to_owned()),
                "{before}{raised}"
            );
        }
    }
}
