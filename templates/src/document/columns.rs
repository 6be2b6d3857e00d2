//! Which columns of a table are numbers: those stand at the right in both renderings, so that their
//! digits stand below each other.

use super::{Inline, Table, outline::plain};

/// For each column, whether every cell below the header is a number or stands for none.
pub(super) fn numeric(table: &Table) -> Vec<bool> {
    let columns = table.rows.iter().map(Vec::len).max().unwrap_or(0);
    (0..columns.max(table.header.len()))
        .map(|at| {
            let heads = table.row_headers && at == 0;
            let cells = || table.rows.iter().filter_map(|row| row.get(at));
            !heads
                && cells().any(|cell| is_number(cell))
                && cells().all(|cell| is_number(cell) || is_nothing(cell))
        })
        .collect()
}

/// An amount, a count, a share: `$1,234.50`, `−3 %`, `(12)`, `1 234,5 €`. A date, a telephone number
/// and a vote of 10–2 are none.
fn is_number(cell: &[Inline]) -> bool {
    let says = plain(cell);
    let says = says.trim();
    let signs = |c: char| {
        matches!(
            c,
            '+' | '-'
                | '−'
                | '–'
                | '('
                | ')'
                | '*'
                | '%'
                | '‰'
                | '$'
                | '€'
                | '£'
                | '¥'
                | '₩'
                | '₫'
        ) || c.is_whitespace()
    };
    let digits = says.trim_matches(signs);
    says.chars().count() <= 40
        && digits.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && digits.ends_with(|c: char| c.is_ascii_digit() || matches!(c, '.' | '*'))
        && digits.chars().any(|c| c.is_ascii_digit())
        && digits.chars().all(|c| {
            c.is_ascii_digit() || c.is_whitespace() || matches!(c, '.' | ',' | '\'' | '’' | '*')
        })
}

/// A cell that says that there is no number.
fn is_nothing(cell: &[Inline]) -> bool {
    let says = plain(cell);
    let says = says.trim();
    says.is_empty()
        || ["-", "–", "—", "…", "*"].contains(&says)
        || ["n/a", "n.a.", "na", "none"].contains(&says.to_ascii_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(cells: &[&str], row_headers: bool) -> Table {
        let cell = |says: &&str| vec![vec![Inline::Text((*says).to_owned())]];
        Table {
            caption: None,
            header: Vec::new(),
            rows: cells.iter().map(cell).collect(),
            row_headers,
        }
    }

    #[test]
    fn amounts_are_numbers_and_dates_votes_and_telephones_are_none() {
        for cells in [
            &["301", "8"][..],
            &["$1,234.50", "+$3", "(12)", "–", "n/a"],
            &["12 %", "−3,5 %"],
            &["1 234 €", ""],
            &["50%*", "7"],
        ] {
            assert_eq!(numeric(&table(cells, false)), [true], "{cells:?}");
        }
        for cells in [
            &["2026-03-01"][..],
            &["10–2", "3–1"],
            &["(202) 555-0117"],
            &["5:30"],
            &["H.R. 22"],
            &["", "–"],
            &["7", "seven"],
            &["1st"],
        ] {
            assert_eq!(numeric(&table(cells, false)), [false], "{cells:?}");
        }
        assert_eq!(
            numeric(&table(&["1", "2"], true)),
            [false],
            "they head their rows"
        );
    }
}
