//! Words that stand where an office still meant to write something: `TK TK`, `[NAME]`, `XX percent`, `insert
//! quote`. A text that has one was not finished.

use crate::month_names;

/// The first of them in `text`, short enough to show.
pub(super) fn first(text: &str) -> Option<String> {
    let found = [
        in_brackets(text),
        to_come(text),
        crossed_number(text),
        call_to_insert(text),
    ];
    let first = found.into_iter().flatten().next()?;
    Some(crate::shortened::shortened(first, 60))
}

/// Bytes of the longest bracket that is looked into.
const LONGEST: usize = 120;

/// Brackets, or words, of one text that are looked at.
const MOST: usize = 5_000;

/// Whole brackets, in any letters but small ones alone.
const BRACKETED: &[&str] = &[
    "name",
    "names",
    "date",
    "title",
    "quote",
    "first name",
    "last name",
    "full name",
    "your name",
    "phone",
    "phone number",
    "email",
    "url",
    "link",
    "headline",
    "subhead",
    "nombre",
    "fecha",
    "cargo",
    "cita",
    "titular",
    "datum",
    "zitat",
    "vorname",
    "nachname",
    "titel",
    "nom",
    "prénom",
    "citation",
    "titre",
    "nome",
    "data",
    "citazione",
    "titolo",
    "citação",
    "título",
    "naam",
    "citaat",
];

/// The same, in capitals only.
const BRACKETED_IN_CAPITALS: &[&str] = &[
    "city",
    "state",
    "county",
    "place",
    "location",
    "time",
    "day",
    "month",
    "year",
    "number",
    "amount",
    "organization",
    "company",
    "office",
    "agency",
    "address",
    "contact",
    "spokesperson",
    "ciudad",
    "lugar",
    "hora",
    "número",
    "ort",
    "uhrzeit",
    "zahl",
    "lieu",
    "heure",
    "luogo",
    "ora",
    "numero",
    "local",
    "plaats",
    "tijd",
];

/// In any letters: scripts without capitals, and what nobody puts into a quotation.
const ALWAYS_BRACKETED: &[&str] = &[
    "tk",
    "tktk",
    "tbd",
    "tba",
    "tbc",
    "placeholder",
    "이름",
    "날짜",
    "직함",
    "姓名",
    "日期",
    "职务",
    "職務",
    "họ tên",
    "ngày tháng",
];

/// How longer ones begin.
const BRACKETS_BEGIN: &[&str] = &[
    "insert ",
    "add quote",
    "quote from ",
    "quote here",
    "quote to come",
    "name here",
    "date here",
    "placeholder ",
    "tk ",
    "insertar ",
    "einfügen",
    "hier einfügen",
    "zitat von ",
    "insérer ",
    "inserire ",
    "inserir ",
    "invoegen",
    "chèn ",
];

/// `[NAME]`, `[Insert quote from the chief]`. "[H.R. 1234]", "[the bridge]" and "we built this [city]" are what an
/// editor put into somebody's words.
fn in_brackets(text: &str) -> Option<&str> {
    text.match_indices('[').take(MOST).find_map(|(at, _)| {
        let rest = text.get(at + 1..)?;
        let near = rest
            .char_indices()
            .take(LONGEST)
            .find(|(_, c)| matches!(c, ']' | '[' | '\n'))?;
        let inside = rest.get(..near.0).filter(|_| near.1 == ']')?.trim();
        let small = inside.to_lowercase();
        let has_capital = inside != small;
        let in_capitals = has_capital && inside == inside.to_uppercase();
        let is_one = ALWAYS_BRACKETED.contains(&small.as_str())
            || (has_capital && BRACKETED.contains(&small.as_str()))
            || (in_capitals && BRACKETED_IN_CAPITALS.contains(&small.as_str()))
            || BRACKETS_BEGIN
                .iter()
                .any(|begins| small.starts_with(begins));
        is_one.then(|| text.get(at..at + near.0 + 2)).flatten()
    })
}

/// `TK TK`, `TKTK`, `TK percent`: what journalists write for "to come". "TK Elevator" is a company.
fn to_come(text: &str) -> Option<&str> {
    let mut pieces = pieces(text).peekable();
    while let Some((at, word)) = pieces.next() {
        let bare = bare(word);
        let next = pieces.peek().map(|(_, next)| self::bare(next));
        if bare == "TKTK" || bare == "TKTKTK" {
            return Some(word);
        }
        let followed = next.is_some_and(|next| next == "TK" || is_measure(next));
        if bare == "TK" && (followed || word.starts_with('$')) {
            let end = pieces
                .peek()
                .map_or(at + word.len(), |(at, next)| at + next.len());
            return text.get(at..end);
        }
    }
    None
}

/// `XX percent`, `$XX`, `X,XXX`, `December XX`, `XX/XX/2026`, `555-XXXX`. "Super Bowl XX" and "Title XX" are
/// Roman numbers.
fn crossed_number(text: &str) -> Option<&str> {
    let mut before = "";
    let mut pieces = pieces(text).peekable();
    while let Some((at, word)) = pieces.next() {
        let next = pieces.peek().map(|(_, next)| *next).unwrap_or_default();
        let bare = word.trim_matches(|c: char| {
            matches!(c, '.' | ',' | ';' | ':' | '(' | ')' | '“' | '”' | '"')
        });
        if is_crossed(bare, next) {
            let end = match pieces.peek() {
                Some((at, next)) if is_measure(self::bare(next)) => at + next.len(),
                _ => at + word.len(),
            };
            return text.get(at..end);
        }
        let crosses = bare.len() == 2 && is_crosses(bare);
        if crosses && is_month(self::bare(before)) {
            return text.get(at - before.len() - 1..at + word.len());
        }
        before = word;
    }
    None
}

fn is_crosses(word: &str) -> bool {
    !word.is_empty() && (word.bytes().all(|b| b == b'X') || word.bytes().all(|b| b == b'x'))
}

/// Whether the word stands for a number, as its own signs or the `next` word say.
fn is_crossed(word: &str, next: &str) -> bool {
    if let Some(rest) = word.strip_prefix(['$', '€', '£', '₩', '¥']) {
        return rest.len() >= 2 && rest.split([',', '.']).all(is_crosses);
    }
    if let Some(rest) = word.strip_suffix('%') {
        return rest.len() >= 2 && rest.split([',', '.']).all(is_crosses);
    }
    if word.len() >= 2 && is_crosses(word) {
        return is_measure(bare(next));
    }
    let parts: Vec<&str> = word.split(['/', '-', ',', '.']).take(6).collect();
    let crosses = parts.iter().filter(|part| is_crosses(part)).count();
    let letters: usize = parts
        .iter()
        .filter(|part| is_crosses(part))
        .map(|part| part.len())
        .sum();
    let is_rest_digits = parts.iter().all(|part| {
        is_crosses(part) || (!part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
    });
    parts.len() >= 2 && is_rest_digits && crosses > 0 && letters >= 3
}

/// What a number stands before.
fn is_measure(word: &str) -> bool {
    const WORDS: &[&str] = &[
        "percent",
        "per",
        "pct",
        "%",
        "million",
        "millions",
        "billion",
        "thousand",
        "a.m",
        "p.m",
        "am",
        "pm",
        "people",
        "years",
        "days",
        "prozent",
        "uhr",
        "millionen",
        "euro",
        "euros",
        "dollars",
        "por",
        "pour",
        "millones",
        "milliards",
        "milioni",
        "milhões",
        "procent",
        "miljoen",
    ];
    WORDS.contains(&word.to_lowercase().as_str())
}

/// An English month, whole or cut short.
fn is_month(word: &str) -> bool {
    let word = word.to_lowercase();
    let is_it = |month: &&str| word == **month || word == month[..3];
    word == "sept" || month_names::ENGLISH.iter().any(is_it)
}

/// `Insert quote`, without brackets.
fn call_to_insert(text: &str) -> Option<&str> {
    const CALLS: &[&str] = &[
        "insert quote",
        "insert name",
        "insert date",
        "insert title",
        "insert headline",
        "quote to come",
        "insertar cita",
        "insertar nombre",
        "insertar fecha",
        "zitat einfügen",
        "name einfügen",
        "datum einfügen",
        "insérer citation",
        "insérer la citation",
        "inserire citazione",
        "inserir citação",
        "citaat invoegen",
        "인용문 삽입",
        "插入引语",
        "插入引語",
        "chèn trích dẫn",
    ];
    let small = text.to_lowercase();
    // Some capitals are longer than their small letters: then the places do not fit, and the call itself is shown.
    CALLS.iter().find_map(|call| {
        let at = small.find(call)?;
        let before = small.get(..at)?.chars().next_back();
        let is_word = before.is_none_or(|c| !c.is_alphanumeric());
        is_word.then(|| text.get(at..at + call.len()).unwrap_or(call))
    })
}

/// The words with where they stand, parted by white space.
fn pieces(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let start = text.as_ptr() as usize;
    text.split_whitespace()
        .map(move |word| (word.as_ptr() as usize - start, word))
}

/// The word without the signs around it.
fn bare(word: &str) -> &str {
    word.trim_matches(|c: char| !c.is_alphanumeric() && c != '%')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_to_be_filled_in_is_found_and_an_editors_brackets_are_not() {
        for (text, found) in [
            ("TK TK said the chief", "TK TK"),
            ("Of them TK percent agree", "TK percent"),
            ("He said TKTK today", "TKTK"),
            ("It costs [TK] dollars", "[TK]"),
            ("XX percent of all", "XX percent"),
            ("up XX% this year", "XX%"),
            ("It costs $X,XXX a year", "$X,XXX"),
            ("Call 555-XXXX now", "555-XXXX"),
            ("Posted XX/XX/2026.", "XX/XX/2026."),
            ("on December XX, 2026", "December XX,"),
            ("“…,” said [NAME], mayor", "[NAME]"),
            ("[Insert quote from chief]", "[Insert quote from chief]"),
            ("on [Date] in [CITY]", "[Date]"),
            ("in [CITY] today", "[CITY]"),
            ("INSERT QUOTE HERE", "INSERT QUOTE"),
            ("„[Zitat von Doe]“", "[Zitat von Doe]"),
            ("[姓名]说", "[姓名]"),
        ] {
            assert_eq!(first(text).as_deref(), Some(found), "{text}");
        }
        for text in [
            "The bill [H.R. 1234] passed. “It [the bridge] is safe.” “We built this [city].”",
            "Super Bowl XX, Title XX of the Act, Louis XX and a million people",
            "TK Elevator mends the lifts. TK, as the company is called, agrees.",
            "[sic] [name withheld] [emphasis added] [State] law [1]",
            "Please insert the card. Chapter XX. The May XXL sale",
            "555-0100, 12/12/2026, 1,000 and 5-X",
        ] {
            assert_eq!(first(text), None, "{text}");
        }
    }

    #[test]
    fn a_text_of_nothing_but_brackets_and_crosses_is_looked_through_quickly() {
        let text = "[TK XX/ $".repeat(100_000);
        let started = std::time::Instant::now();
        let _ = first(&text);
        assert!(started.elapsed() < std::time::Duration::from_secs(5));
    }
}
