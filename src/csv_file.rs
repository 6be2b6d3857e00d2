//! CSV files for spreadsheets: the one writer of every export.
//!
//! A field that begins with `=`, `+`, `-` or `@` is a formula to a spreadsheet, and what stands in our
//! files was typed by strangers: an address, a name, a subject. Such a field is written with an
//! apostrophe before it, which spreadsheets take for "this is text"; [`as_typed`] takes it away again.
//! One that stands before a formula already gets another, so that what is taken away is always ours.

use std::{borrow::Cow, io::Write};

/// Writes lines of text fields.
#[derive(Debug)]
pub struct CsvFile<W: Write>(csv::Writer<W>);

impl<W: Write> CsvFile<W> {
    /// Begins with the line that names the columns.
    ///
    /// # Errors
    /// When `out` takes no more.
    pub fn new(out: W, columns: &[&str]) -> csv::Result<Self> {
        let mut file = Self(csv::Writer::from_writer(out));
        file.line(columns)?;
        Ok(file)
    }

    /// Goes on with a file whose columns are named already.
    pub fn going_on(out: W) -> Self {
        Self(csv::Writer::from_writer(out))
    }

    /// One more line.
    ///
    /// # Errors
    /// When `out` takes no more, or the line has not as many fields as there are columns.
    pub fn line<T: AsRef<str>>(&mut self, fields: impl IntoIterator<Item = T>) -> csv::Result<()> {
        for field in fields {
            self.0.write_field(as_text(field.as_ref()).as_bytes())?;
        }
        self.0.write_record(None::<&[u8]>)
    }

    /// Hands on what is still held, and what was written to.
    ///
    /// # Errors
    /// When `out` takes no more.
    pub fn finish(self) -> std::io::Result<W> {
        self.0.into_inner().map_err(csv::IntoInnerError::into_error)
    }
}

/// Characters that begin a formula in one spreadsheet or another; white space before them is passed
/// over by some, so it counts as well.
fn begins_formula(first: char) -> bool {
    matches!(
        first,
        '=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠'
    )
}

/// Whether the field is a formula, or one behind apostrophes: with one more before it, it is so still.
fn needs_apostrophe(field: &str) -> bool {
    let behind = field.trim_start_matches('\'').trim_start_matches(' ');
    behind.starts_with(begins_formula)
}

/// The field as it may stand in a file.
fn as_text(field: &str) -> Cow<'_, str> {
    if needs_apostrophe(field) {
        Cow::Owned(format!("'{field}"))
    } else {
        Cow::Borrowed(field)
    }
}

/// The field as it was before it was exported: for what reads our own files again.
#[must_use]
pub fn as_typed(field: &str) -> &str {
    match field.strip_prefix('\'') {
        Some(rest) if needs_apostrophe(rest) => rest,
        _ => field,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn file(fields: &[&str]) -> String {
        let columns = vec!["a"; fields.len()];
        let mut file = CsvFile::new(Vec::new(), &columns).unwrap();
        file.line(fields).unwrap();
        String::from_utf8(file.finish().unwrap()).unwrap()
    }

    #[test]
    fn no_field_is_a_formula_and_ordinary_ones_stay_as_they_are() {
        let hostile = [
            "=1+1",
            "+1",
            "-2",
            "@SUM(x)",
            "\t=1",
            "\r=1",
            "  =cmd|' /C calc'!x",
            "＝1",
        ];
        let written = file(&hostile);
        let mut reader = csv::Reader::from_reader(written.as_bytes());
        let line = reader.records().next().unwrap().unwrap();
        for (field, hostile) in line.iter().zip(hostile) {
            assert_eq!(field, format!("'{hostile}"));
        }
        for (field, safe) in [
            ("=eq@b.example", "'=eq@b.example"),
            ("'=eq@b.example", "''=eq@b.example"),
        ] {
            assert_eq!(as_text(field), safe);
            assert_eq!(as_typed(safe), field);
        }
        assert_eq!(
            file(&["a@b.example", "O'Hara, Ana", "1-2", "'quoted'"]),
            "a,a,a,a\na@b.example,\"O'Hara, Ana\",1-2,'quoted'\n"
        );
    }

    #[test]
    fn a_line_has_as_many_fields_as_there_are_columns() {
        let mut file = CsvFile::new(Vec::new(), &["a", "b"]).unwrap();
        assert!(file.line(["only one"]).is_err());
    }

    proptest! {
        #[test]
        fn what_was_exported_is_read_again_as_it_was(field in "[=+@\\-' \t\ra-z]{0,8}") {
            let safe = as_text(&field);
            prop_assert_eq!(as_typed(&safe), field.as_str());
            prop_assert!(!safe.trim_start_matches(' ').starts_with(begins_formula));
        }
    }
}
