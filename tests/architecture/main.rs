//! How the source tree hangs together: what `docs/ARCHITECTURE.md` promises about it, held against
//! the files. Run it with `cargo test --test architecture`; each failure says what to do.
//!
//! `audit_actions` finds what the audit log can say and nobody does; `csv_writers` files for spreadsheets that
//! are written past their writer; `field_words` looks for the words that a
//! newcomer searches with; `fenced_writes` finds writes past the
//! scheduler's lease; `dependencies` looks for what each crate is for; `imports` finds import cycles, and imports
//! against the order of the rooms; `message_states` finds what moves a message, a subscriber, a
//! newsletter or a release past its state machine; `file_names` finds names that stand twice; `raw_sql` counts
//! the statements that are plain SQL; `table_owners` holds who writes and reads which table against the
//! map, and `bare_states` finds states that statements write out; `test_rows` finds
//! tests that insert rows past their builder; `rules` holds the rule codes of comments and tests against
//! `docs/rules.md`, `told_acts` finds what is logged before it is committed, and `security_page` the tests that `docs/security.md` names. What was wrong when these tests were written
//! stands in `known.txt` of this folder. Whoever mends one of its lines removes it (the tests
//! insist); nobody adds one.

mod audit_actions;
mod bare_states;
mod csv_writers;
mod dependencies;
mod fenced_writes;
mod field_words;
mod file_names;
mod imports;
mod known;
mod message_states;
mod raw_sql;
mod rules;
mod security_page;
mod source_files;
mod source_tree;
mod table_owners;
mod test_rows;
mod told_acts;

use std::path::{Path, PathBuf};

/// The repository's root.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// A text file of the repository.
fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
