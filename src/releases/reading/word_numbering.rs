//! How a document of Word counts (ECMA-376, 17.9): levels with a format and a text of their own, lists that go on where
//! they were interrupted, and lists that begin anew.

use std::collections::{HashMap, HashSet};

use quick_xml::events::BytesStart;

/// Levels of a list.
pub(super) const LEVELS: usize = 9;

/// What the document says about its lists.
#[derive(Debug, Default)]
pub(super) struct Lists {
    /// Of each kind (`abstractNum`), its levels.
    kinds: HashMap<String, Vec<Option<Level>>>,
    /// Of each list (`num`), its kind.
    uses: HashMap<String, String>,
    /// Of a list and its level, at which number it begins anew.
    restarts: HashMap<(String, usize), i64>,
}

#[derive(Debug, Clone)]
struct Level {
    start: i64,
    format: String,
    /// `%1.`, `Section %1.`, `%1.%2`
    text: String,
}

/// What stands before an item.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Marker {
    Bullet,
    /// A list of HTML says it: the number, and the list's `type`.
    Number(i64, &'static str),
    /// Words that no list of HTML says: `Section II.`, `1.2`.
    Words(String),
}

/// How far each kind has counted.
#[derive(Debug, Default)]
pub(super) struct Counters {
    counts: HashMap<String, [Option<i64>; LEVELS]>,
    begun: HashSet<(String, usize)>,
}

impl Lists {
    /// Reads an element of `numbering.xml`; `value` gives its attributes.
    pub(super) fn read(
        elements: impl FnOnce(&mut dyn FnMut(&str, Option<&BytesStart>)),
        attribute: fn(&BytesStart, &str) -> Option<String>,
    ) -> Self {
        /// Lists of the largest document.
        const MOST: usize = 5_000;
        let mut lists = Self::default();
        let (mut kind, mut list, mut level) = (None::<String>, None::<String>, 0_usize);
        elements(&mut |name, start| {
            let Some(start) = start else {
                match name {
                    "abstractNum" => kind = None,
                    "num" => list = None,
                    _ => {}
                }
                return;
            };
            let value = || attribute(start, "val").unwrap_or_default();
            match name {
                "abstractNum" => kind = attribute(start, "abstractNumId"),
                "num" => list = attribute(start, "numId"),
                "lvl" | "lvlOverride" => {
                    level = attribute(start, "ilvl")
                        .and_then(|at| at.parse().ok())
                        .unwrap_or(0)
                        .min(LEVELS - 1);
                }
                "abstractNumId" => {
                    if let Some(list) = list.clone().filter(|_| lists.uses.len() < MOST) {
                        lists.uses.insert(list, value());
                    }
                }
                "startOverride" => {
                    if let (Some(list), Ok(at)) = (list.clone(), value().parse()) {
                        lists.restarts.insert((list, level), at);
                    }
                }
                "start" | "numFmt" | "lvlText" => {
                    let Some(kind) = kind.clone().filter(|_| lists.kinds.len() < MOST) else {
                        return;
                    };
                    let levels = lists
                        .kinds
                        .entry(kind)
                        .or_insert_with(|| vec![None; LEVELS]);
                    let Some(place) = levels.get_mut(level) else {
                        return;
                    };
                    let own = place.get_or_insert_with(|| Level {
                        start: 1,
                        format: "decimal".to_owned(),
                        text: format!("%{}.", level + 1),
                    });
                    match name {
                        "start" => own.start = value().parse().unwrap_or(1),
                        "numFmt" => own.format = value(),
                        _ => own.text = value(),
                    }
                }
                _ => {}
            }
        });
        lists
    }

    fn level(&self, kind: &str, level: usize) -> Option<&Level> {
        self.kinds.get(kind)?.get(level)?.as_ref()
    }

    /// Counts one item on, and gives what stands before it.
    pub(super) fn count(&self, counters: &mut Counters, list: &str, level: usize) -> Marker {
        let level = level.min(LEVELS - 1);
        let kind = self.uses.get(list).map_or("", String::as_str);
        let Some(own) = self.level(kind, level) else {
            return Marker::Bullet;
        };
        if matches!(own.format.as_str(), "bullet" | "none") {
            return Marker::Bullet;
        }
        let start_of = |at: usize| self.level(kind, at).map_or(1, |level| level.start);
        let restart = self.restarts.get(&(list.to_owned(), level)).copied();
        let is_first = counters.begun.insert((list.to_owned(), level));
        let counts = counters
            .counts
            .entry(kind.to_owned())
            .or_insert([None; LEVELS]);
        for (above, count) in counts.iter_mut().enumerate().take(level) {
            count.get_or_insert_with(|| start_of(above));
        }
        for deeper in counts.iter_mut().skip(level + 1) {
            *deeper = None;
        }
        let count = counts.get_mut(level);
        let number = match (&count, restart.filter(|_| is_first)) {
            (_, Some(restart)) => restart,
            (Some(Some(before)), None) => before.saturating_add(1),
            _ => start_of(level),
        };
        if let Some(count) = count {
            *count = Some(number);
        }
        let counts = *counts;
        self.marker(kind, level, &counts, number)
    }

    fn marker(
        &self,
        kind: &str,
        level: usize,
        counts: &[Option<i64>; LEVELS],
        number: i64,
    ) -> Marker {
        let Some(own) = self.level(kind, level) else {
            return Marker::Bullet;
        };
        let sign = format!("%{}", level + 1);
        let around = own.text.replacen(&sign, "", 1);
        let is_plain = own.text.contains(&sign)
            && around
                .chars()
                .all(|c| matches!(c, '.' | ')' | '(' | '-' | ' ' | ':'));
        if let Some(html) = type_of(&own.format).filter(|_| is_plain && number >= 1) {
            return Marker::Number(number, html);
        }
        let mut words = own.text.clone();
        for (at, count) in counts.iter().enumerate() {
            let format = self
                .level(kind, at)
                .map_or("decimal", |level| &level.format);
            let said = written(count.unwrap_or(1), format);
            words = words.replace(&format!("%{}", at + 1), &said);
        }
        Marker::Words(words)
    }
}

/// The `type` of a list of HTML that counts so.
fn type_of(format: &str) -> Option<&'static str> {
    match format {
        "decimal" | "decimalZero" => Some("1"),
        "lowerLetter" => Some("a"),
        "upperLetter" => Some("A"),
        "lowerRoman" => Some("i"),
        "upperRoman" => Some("I"),
        _ => None,
    }
}

fn written(number: i64, format: &str) -> String {
    match format {
        "lowerLetter" => letters(number).to_lowercase(),
        "upperLetter" => letters(number),
        "lowerRoman" => roman(number).to_lowercase(),
        "upperRoman" => roman(number),
        "decimalZero" => format!("{number:02}"),
        _ => number.to_string(),
    }
}

/// A … Z, AA, BB … ZZ: Word doubles the letter.
fn letters(number: i64) -> String {
    let Ok(at) = usize::try_from(number - 1) else {
        return number.to_string();
    };
    let letter = u8::try_from(at % 26).map_or('A', |at| char::from(b'A' + at));
    std::iter::repeat_n(letter, (at / 26 + 1).min(9)).collect()
}

fn roman(number: i64) -> String {
    const SIGNS: &[(i64, &str)] = &[
        (1_000, "M"),
        (900, "CM"),
        (500, "D"),
        (400, "CD"),
        (100, "C"),
        (90, "XC"),
        (50, "L"),
        (40, "XL"),
        (10, "X"),
        (9, "IX"),
        (5, "V"),
        (4, "IV"),
        (1, "I"),
    ];
    if !(1..4_000).contains(&number) {
        return number.to_string();
    }
    let mut rest = number;
    let mut out = String::new();
    for (worth, sign) in SIGNS {
        while rest >= *worth {
            out.push_str(sign);
            rest -= worth;
        }
    }
    out
}
