//! Superscript, subscript and footnote marks in plain characters (plain text has no raised line):
//! `10⁶`, `CO₂`, `x^(n+1)`, `[1]`. A number must never run into the one before it: "$2¹ million" is
//! not "$21 million".

/// Raised text: in Unicode's own characters where it has all of them, else behind a caret.
#[must_use]
pub fn raised(text: &str) -> String {
    written(text, raised_char, '^')
}

/// Lowered text, the same way, else behind a low line.
#[must_use]
pub fn lowered(text: &str) -> String {
    written(text, lowered_char, '_')
}

/// A footnote's mark: a number or a letter in brackets, a sign (`*`, `†`) as it is.
#[must_use]
pub fn note_mark(mark: &str) -> String {
    let mark = mark.trim();
    if mark.chars().any(char::is_alphanumeric) && !mark.starts_with(['[', '(']) {
        format!("[{mark}]")
    } else {
        mark.to_owned()
    }
}

/// The plain character of a raised or lowered one.
#[must_use]
pub fn levelled(c: char) -> Option<char> {
    let pairs = RAISED.iter().chain(LOWERED);
    pairs
        .clone()
        .find(|(_, script)| *script == c)
        .map(|(plain, _)| *plain)
}

const RAISED: &[(char, char)] = &[
    ('0', '⁰'),
    ('1', '¹'),
    ('2', '²'),
    ('3', '³'),
    ('4', '⁴'),
    ('5', '⁵'),
    ('6', '⁶'),
    ('7', '⁷'),
    ('8', '⁸'),
    ('9', '⁹'),
    ('+', '⁺'),
    ('-', '⁻'),
    ('−', '⁻'),
    ('=', '⁼'),
    ('(', '⁽'),
    (')', '⁾'),
    ('n', 'ⁿ'),
    ('i', 'ⁱ'),
];

const LOWERED: &[(char, char)] = &[
    ('0', '₀'),
    ('1', '₁'),
    ('2', '₂'),
    ('3', '₃'),
    ('4', '₄'),
    ('5', '₅'),
    ('6', '₆'),
    ('7', '₇'),
    ('8', '₈'),
    ('9', '₉'),
    ('+', '₊'),
    ('-', '₋'),
    ('−', '₋'),
    ('=', '₌'),
    ('(', '₍'),
    (')', '₎'),
];

fn raised_char(c: char) -> Option<char> {
    RAISED
        .iter()
        .find(|(plain, _)| *plain == c)
        .map(|(_, raised)| *raised)
}

fn lowered_char(c: char) -> Option<char> {
    LOWERED
        .iter()
        .find(|(plain, _)| *plain == c)
        .map(|(_, lowered)| *lowered)
}

fn written(text: &str, character: fn(char) -> Option<char>, mark: char) -> String {
    let inner = text.trim();
    if inner.is_empty() {
        return text.to_owned();
    }
    let (before, rest) = text.split_at(text.len() - text.trim_start().len());
    let after = rest.get(inner.len()..).unwrap_or_default();
    let says = match inner.chars().map(character).collect::<Option<String>>() {
        Some(says) => says,
        // A sign that is raised by itself, such as ™, needs no mark.
        None if !inner.chars().any(char::is_alphanumeric) => inner.to_owned(),
        None => format!("{mark}({inner})"),
    };
    format!("{before}{says}{after}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stay_apart_from_what_stands_before_them() {
        for (text, says) in [
            ("6", "⁶"),
            ("-12", "⁻¹²"),
            ("n", "ⁿ"),
            ("max", "^(max)"),
            ("a+b", "^(a+b)"),
            (" 2 ", " ² "),
            ("™", "™"),
            ("", ""),
        ] {
            assert_eq!(raised(text), says, "{text}");
        }
        for (text, says) in [("2", "₂"), ("max", "_(max)"), ("i j", "_(i j)")] {
            assert_eq!(lowered(text), says, "{text}");
        }
        for (mark, says) in [
            ("1", "[1]"),
            ("a", "[a]"),
            ("*", "*"),
            ("[4]", "[4]"),
            ("†", "†"),
        ] {
            assert_eq!(note_mark(mark), says);
        }
        assert_eq!(
            (levelled('⁶'), levelled('₂'), levelled('6')),
            (Some('6'), Some('2'), None)
        );
    }
}
