//! What the doctor found last, for the page that shows it.

use std::sync::{Mutex, PoisonError};

use crate::doctor::Report;

/// What was found, and the turn of who looks: it speaks with name servers and relays, so one at a time.
#[derive(Debug, Default)]
pub struct Examined {
    last: Mutex<Option<(i64, Report)>>,
    /// Held while somebody looks.
    pub turn: tokio::sync::Mutex<()>,
}

impl Examined {
    /// When somebody looked last, in milliseconds, and what was found. `None`: not since the start.
    pub fn last(&self) -> Option<(i64, Report)> {
        self.last
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Keeps what was found.
    pub fn keep(&self, at: i64, report: Report) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some((at, report));
    }
}
