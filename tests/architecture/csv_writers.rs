//! Files for spreadsheets have one writer, which lets no field begin a formula.

use crate::source_files::{code_of, sources};

/// The one writer.
const WRITER: &str = "src/csv_file.rs";

#[test]
fn no_file_for_a_spreadsheet_is_written_past_its_writer() {
    let past: Vec<String> = sources()
        .iter()
        .filter(|path| !path.ends_with(WRITER))
        .filter(|path| writes_csv(&code_of(path)))
        .map(|path| path.display().to_string())
        .collect();
    assert!(past.is_empty(), "write with `csv_file::CsvFile`: {past:?}");
}

fn writes_csv(code: &str) -> bool {
    code.contains("csv::Writer") || code.contains("WriterBuilder")
}

#[test]
fn another_writer_is_found() {
    assert!(writes_csv("let file = csv::Writer::from_writer(out);"));
    assert!(!writes_csv("let file = csv::Reader::from_reader(input);"));
}
