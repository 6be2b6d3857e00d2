//! What was said on the way to a connection that is ready for mail, for a person who wants to see it. No
//! secret stands in it.

use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;

/// Who said a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Speaker {
    /// Gazette.
    Us,
    /// The relay.
    Relay,
    /// Nobody: what happened between two lines.
    Event,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SaidLine {
    /// Who said it.
    pub by: Speaker,
    /// What; secrets are veiled.
    pub line: String,
}

/// Lines that are kept: no honest relay says as much before a login.
const MOST_LINES: usize = 100;
/// Characters of one that are kept.
const LONGEST_LINE: usize = 500;

/// One conversation. Clones are handles on one and the same.
#[derive(Debug, Clone, Default)]
pub struct Conversation(Arc<Mutex<Vec<SaidLine>>>);

impl Conversation {
    pub(super) fn note(&self, by: Speaker, line: &str) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() < MOST_LINES {
            let line = line.chars().take(LONGEST_LINE).collect();
            lines.push(SaidLine { by, line });
        }
    }

    /// What was said so far.
    #[must_use]
    pub fn lines(&self) -> Vec<SaidLine> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}
