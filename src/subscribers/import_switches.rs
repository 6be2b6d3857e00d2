//! Columns of a yes and a no, or of dates that only some have, of which nobody knows what they say: perhaps who is
//! not to be mailed. They are seen by what stands in them, in whatever language they are called.

use std::collections::BTreeMap;

use super::{
    Result, SubscriberError,
    import_cells::{Says, says},
    import_columns::{Columns, beginning},
};

/// What was seen of the columns that nobody knows, by where they stand.
#[derive(Debug, Default)]
pub struct Switches(BTreeMap<usize, Seen>);

#[derive(Debug, Default)]
struct Seen {
    /// The first line with a yes or a no, and the word for it.
    switch: Option<(u64, String)>,
    /// The first line with a date, and the date.
    date: Option<(u64, String)>,
    /// Somebody has nothing in it.
    blank: bool,
    /// Something else stands in it: it says more than a yes and a no.
    is_free: bool,
}

impl Switches {
    /// Looks at the line of somebody who is to be mailed, and of whom no other column says where they stand.
    pub fn see(&mut self, columns: &Columns, record: &csv::StringRecord, line: u64) {
        for (at, cell) in columns.unknown(record) {
            let seen = self.0.entry(at).or_default();
            if seen.is_free {
                continue;
            }
            let first = |place: &mut Option<(u64, String)>| {
                place.get_or_insert_with(|| (line, beginning(cell)));
            };
            match says(cell) {
                Says::Yes | Says::No | Says::Refused => first(&mut seen.switch),
                Says::Date => first(&mut seen.date),
                // No word; and `0` or `none`, where others have a yes or a date.
                Says::Nothing => seen.blank = true,
                Says::Status(_) | Says::Count | Says::Other => seen.is_free = true,
            }
        }
    }

    /// Whether every such column is known.
    ///
    /// # Errors
    /// One may say who is not to be mailed.
    pub fn complaint(&self, columns: &Columns) -> Result<()> {
        for (at, seen) in &self.0 {
            if seen.is_free {
                continue;
            }
            let some_have_dates = seen.blank && !columns.has_known_dates(*at);
            let of_dates = seen.date.as_ref().filter(|_| some_have_dates);
            if let Some((line, word)) = seen.switch.as_ref().or(of_dates) {
                return Err(SubscriberError::MayDecide {
                    line: *line,
                    word: word.clone(),
                    column: columns.name(*at).to_owned(),
                });
            }
        }
        Ok(())
    }
}
