//! A state, kind or reason stands in SQL text as its enum says it (`db::sql_value`), or is bound: no
//! number or word of one is written out. What tests ask of the database is their own.

use crate::source_files::{code_of, sources};

/// Columns that hold an active enum.
const COLUMNS: [&str; 13] = [
    "action", "audience", "event", "kind", "outcome", "policy", "purpose", "reason", "role",
    "state", "status", "tls", "way",
];

#[test]
fn no_statement_writes_a_state_out() {
    let mut found = Vec::new();
    for path in sources() {
        for (line, words) in bare(&code_of(&path)) {
            found.push(format!("{}:{line}: {words}", path.display()));
        }
    }
    assert!(
        found.is_empty(),
        "bind the enum's value, or write it with `db::sql_value`:\n{}",
        found.join("\n")
    );
}

/// Comparisons and assignments of such a column with a number or a quoted word, with their lines.
fn bare(code: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (number, line) in code.lines().enumerate() {
        for column in COLUMNS {
            for (at, _) in line.match_indices(column) {
                let is_word = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
                let (before, after) = (&line[..at], &line[at + column.len()..]);
                if before.ends_with(is_word) || after.starts_with(is_word) {
                    continue;
                }
                if is_compared_with_a_value(after) {
                    found.push((number + 1, format!("{column}{after}")));
                }
            }
        }
    }
    found
}

/// ` = 3`, ` < 3`, ` <> 'x'`, ` IN (1, 2)`, ` NOT IN ('x')`.
fn is_compared_with_a_value(after: &str) -> bool {
    let rest = after.trim_start();
    let operators = ["NOT IN (", "IN (", "<>", "<=", ">=", "=", "<", ">"];
    let Some(operator) = operators.iter().find(|sign| rest.starts_with(**sign)) else {
        return false;
    };
    let value = rest[operator.len()..].trim_start();
    // `=> 3` and `== 3` are Rust's.
    let is_rust = value.starts_with(['>', '=']);
    // In Rust a quote is followed by one letter and a quote.
    !is_rust && value.starts_with(|letter: char| letter.is_ascii_digit() || letter == '\'')
}

#[test]
fn what_is_written_out_is_found() {
    for sql in [
        "WHERE n.state = 4 AND x",
        "state IN (1, 2)",
        "audience<>1",
        "c.event = 'imported'",
        "status NOT IN ('x')",
        "SET tls = 0",
        "state < 3",
    ] {
        assert_eq!(bare(sql).len(), 1, "{sql}");
    }
    for sql in [
        "state = {SENDING}",
        "state IN ({})",
        "state = $2",
        "Some(state) => 3",
        "n.restate = 3",
        "state == 3",
        "code >= 500",
    ] {
        assert_eq!(bare(sql), [], "{sql}");
    }
}
