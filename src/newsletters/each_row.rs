//! Rows that are dealt with one after the other: what one of them cannot do is logged with its number, and
//! stops no other. At the end it is said that something failed.

use super::{NewsletterError, Result};
use crate::db;

/// The first failure of a round.
#[derive(Debug, Default)]
pub(super) struct Failures(Option<NewsletterError>);

impl Failures {
    /// What came of the row `id`; `None`: it failed, and that is logged. `what` says what was tried.
    pub(super) fn note<T>(&mut self, what: &str, id: i64, result: Result<T>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                // Not this row's matter: the step's failure says it, at growing intervals.
                if db::trouble(&error).is_some() {
                    tracing::debug!(row.id = id, %error, "cannot {what}: the database fails");
                } else {
                    tracing::error!(row.id = id, %error, "cannot {what}; the others go on");
                }
                self.0.get_or_insert(error);
                None
            }
        }
    }

    /// # Errors
    /// The first failure that was noted.
    pub(super) fn end(self) -> Result<()> {
        self.0.map_or(Ok(()), Err)
    }
}
