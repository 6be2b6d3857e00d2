//! Who left nothing in a column in which others agreed: where a list says it by a tick or a yes and by nothing, they
//! did not agree.

use std::collections::BTreeMap;

use super::{Result, SubscriberError, import_columns::Columns};

/// What was seen of the columns that may say who agreed, by where they stand.
#[derive(Debug, Default)]
pub struct Blanks(BTreeMap<usize, Seen>);

#[derive(Debug, Default)]
struct Seen {
    agreed: bool,
    /// The first line with nothing in it.
    blank: Option<u64>,
}

impl Blanks {
    /// Looks at the line of somebody of whom no other column says where they stand.
    pub fn see(&mut self, columns: &Columns, record: &csv::StringRecord, line: u64) {
        for (at, agreed) in columns.agreements(record) {
            let seen = self.0.entry(at).or_default();
            match agreed {
                Some(agreed) => seen.agreed |= agreed,
                None => {
                    seen.blank.get_or_insert(line);
                }
            }
        }
    }

    /// Whether nobody is in doubt.
    ///
    /// # Errors
    /// Somebody has nothing where others have a yes.
    pub fn complaint(&self, columns: &Columns) -> Result<()> {
        for (at, seen) in &self.0 {
            if let (true, Some(line)) = (seen.agreed, seen.blank) {
                return Err(SubscriberError::NotAgreed {
                    line,
                    column: columns.name(*at).to_owned(),
                });
            }
        }
        Ok(())
    }
}
