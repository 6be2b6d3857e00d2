//! In which form a mail shows a table. Nothing in a mail scrolls sideways (Gmail, Outlook and Yahoo
//! on Android cut off what does), and no mail software can be asked how wide its window is: so a
//! table that a phone could not show is told record by record, in both parts.

use super::{Inline, Table, outline::plain};

/// How a mail shows a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// In columns.
    Columns,
    /// In columns, in smaller letters and with less space.
    SmallColumns,
    /// Each row by itself, each cell below its heading.
    Records,
}

// In half pixels, because letters are not as wide as whole ones.
/// What a phone of 320 pixels leaves for the text.
const ROOM: usize = 2 * 272;
/// A letter of 16 pixels on average, some of them bold, and what stands beside each cell's words.
const LETTER: usize = 17;
const BESIDE: usize = 2 * 12;
/// The same for the small form's 15 pixels.
const SMALL_LETTER: usize = 16;
const SMALL_BESIDE: usize = 2 * 8;
/// A cell of more lines, each of fewer letters, is a tower beside white space.
const TALLEST: usize = 8;
const NARROWEST: usize = 18;
/// A longer word is broken.
const LONGEST_WORD: usize = 14;

/// The widest form that a phone can show.
pub(super) fn of(table: &Table) -> Form {
    let columns = table.rows.iter().map(Vec::len).max().unwrap_or(0);
    let longest = |at: usize, of: fn(&[Inline]) -> usize| {
        let cells = table.rows.iter().chain([&table.header]);
        let cells = cells.filter_map(|row| row.get(at));
        cells.map(|cell| of(cell)).max().unwrap_or(0)
    };
    let widths: Vec<Width> = (0..columns.max(table.header.len()))
        .map(|at| Width {
            word: longest(at, widest_word),
            says: longest(at, |cell| letters(plain(cell).trim())),
        })
        .collect();
    if fits(&widths, LETTER, BESIDE) {
        Form::Columns
    } else if fits(&widths, SMALL_LETTER, SMALL_BESIDE) {
        Form::SmallColumns
    } else {
        Form::Records
    }
}

/// Of a column, in letters.
struct Width {
    /// Its widest word, which is not broken.
    word: usize,
    /// Its longest cell.
    says: usize,
}

/// Whether columns have room for every word, and none is a tower. Windows portion what is left among
/// columns by how much more each has to say (CSS 2.1 §17.5.2.2).
fn fits(widths: &[Width], letter: usize, beside: usize) -> bool {
    let needed: usize = widths
        .iter()
        .map(|width| width.word * letter + beside)
        .sum();
    let Some(spare) = ROOM.checked_sub(needed) else {
        return false;
    };
    let more = |width: &Width| width.says.saturating_sub(width.word);
    let wanted: usize = widths.iter().map(more).sum();
    widths.iter().all(|width| {
        let portion = more(width) * spare / wanted.max(1);
        let line = (width.word + portion / letter).max(1);
        line >= NARROWEST || width.says.div_ceil(line) <= TALLEST
    })
}

/// Whether a cell has a word that is too long for its column, and has to be broken.
pub(super) fn breaks_words(cell: &[Inline]) -> bool {
    has_long_word(&plain(cell))
}

/// The same of a line beside which others stand.
pub(crate) fn has_long_word(says: &str) -> bool {
    words(says).any(|word| word.chars().count() > LONGEST_WORD)
}

/// What a line of a cell is not broken within.
fn words(says: &str) -> impl Iterator<Item = &str> {
    says.split(|c: char| c.is_whitespace() || matches!(c, '-' | '–' | '/'))
}

/// One of East Asia is as wide as two.
fn letters(says: &str) -> usize {
    says.chars().map(|c| 1 + usize::from(c >= '\u{2e80}')).sum()
}

/// In letters; a line may break behind each of East Asia, but for Korean's.
fn widest_word(cell: &[Inline]) -> usize {
    words(&plain(cell))
        .map(|word| {
            if word.chars().any(|c| matches!(c, '가'..='힣')) {
                letters(word).min(2 * LONGEST_WORD)
            } else if word.chars().any(|c| c >= '\u{2e80}') {
                4
            } else {
                word.chars().count().min(LONGEST_WORD)
            }
        })
        .max()
        .unwrap_or(0)
}

/// The cells of a row that say something, each with its heading, where it has one.
pub(super) fn record<'t>(
    table: &'t Table,
    row: &'t [Vec<Inline>],
) -> impl Iterator<Item = (&'t [Inline], &'t [Inline])> {
    row.iter().enumerate().filter_map(|(at, cell)| {
        let heading = table.header.get(at).map(Vec::as_slice).unwrap_or_default();
        (!plain(cell).trim().is_empty()).then_some((heading, cell.as_slice()))
    })
}

/// What stands between a heading and its cell in a record.
pub(super) fn after_heading(heading: &str) -> &'static str {
    if heading
        .trim_end()
        .ends_with(|c: char| c.is_alphanumeric() || matches!(c, ')' | '%' | '”' | '"'))
    {
        ": "
    } else {
        " "
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(header: &[&str], row: &[&str]) -> Table {
        let cells = |says: &[&str]| {
            says.iter()
                .map(|says| vec![Inline::Text((*says).to_owned())])
                .collect::<Vec<_>>()
        };
        Table {
            caption: None,
            header: cells(header),
            rows: vec![cells(row)],
            row_headers: false,
        }
    }

    #[test]
    fn a_table_becomes_smaller_before_it_becomes_records() {
        let votes = table(&["Bill", "Yeas", "Nays"], &["H.R. 22", "301", "8"]);
        assert_eq!(of(&votes), Form::Columns);
        let schools = table(
            &["School", "Doors", "Radios", "Amount"],
            &["Lakeside", "To be decided", "12", "$131,500"],
        );
        assert_eq!(of(&schools), Form::SmallColumns);
        let grants = table(
            &["Program", "2024", "2025", "2026", "Difference"],
            &[
                "Community grant",
                "$12,345,678",
                "$13,345,678",
                "$14,345,678",
                "+$1,000,000",
            ],
        );
        assert_eq!(of(&grants), Form::Records);
        let words = table(
            &["What", "Why"],
            &["a long sentence in a cell", "and another one"],
        );
        assert_eq!(of(&words), Form::Columns, "words wrap");
        assert_eq!(of(&table(&[], &[])), Form::Columns);
        for (says, breaks) in [
            ("Community Development $12,345,678", false),
            ("0123456789abcdef", true),
            ("a-long/address-of/short-parts", false),
        ] {
            assert_eq!(
                breaks_words(&[Inline::Text(says.to_owned())]),
                breaks,
                "{says}"
            );
        }
    }
}
