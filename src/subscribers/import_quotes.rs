//! Quotation marks in a list: one that is never closed swallows the people after it.

use super::{Result, SubscriberError};

/// No cell that is meant holds more, our own evidence of somebody's whole story included.
const LONGEST_QUOTED: usize = 4 * 1024 * 1024;

/// Whether every quotation mark that begins a cell ends it, too (RFC 4180 §2.5–2.7).
#[derive(Debug)]
pub struct Quotes {
    delimiter: u8,
    line: u64,
    state: Quote,
    /// The line of the first mark that does not.
    wrong: Option<u64>,
    /// Octets since the mark that is open.
    open_for: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quote {
    CellBegins,
    Unquoted,
    /// Since this line.
    Open(u64),
    /// Closed, or one half of a doubled mark; opened in this line.
    Closed(u64),
}

impl Quotes {
    /// Of a file whose cells this parts.
    pub fn new(delimiter: u8) -> Self {
        Self {
            delimiter,
            line: 1,
            state: Quote::CellBegins,
            wrong: None,
            open_for: 0,
        }
    }

    /// Goes on through the file, as UTF-8.
    pub fn see(&mut self, bytes: &[u8]) {
        for byte in bytes {
            let ends_cell = *byte == self.delimiter || matches!(byte, b'\n' | b'\r');
            self.state = match (self.state, byte) {
                (Quote::CellBegins, b'"') => Quote::Open(self.line),
                (Quote::Open(line), b'"') | (Quote::Closed(line), b' ') => Quote::Closed(line),
                (Quote::Open(line), _) | (Quote::Closed(line), b'"') => Quote::Open(line),
                (Quote::Closed(line), _) if !ends_cell => {
                    self.wrong.get_or_insert(line);
                    Quote::Unquoted
                }
                _ if ends_cell => Quote::CellBegins,
                _ => Quote::Unquoted,
            };
            self.line += u64::from(*byte == b'\n');
            self.open_for = match self.state {
                Quote::Open(_) => self.open_for + 1,
                _ => 0,
            };
        }
    }

    /// Whether one has been open for so long that it swallows the rest of the file.
    pub fn swallows(&self) -> bool {
        self.open_for > LONGEST_QUOTED
    }

    /// # Errors
    /// The line of the first mark that is not closed.
    pub fn complaint(&self) -> Result<()> {
        let open = match self.state {
            Quote::Open(line) => Some(line),
            _ => None,
        };
        match self.wrong.or(open) {
            Some(line) => Err(SubscriberError::Import(format!(
                "line {line}: a quotation mark is opened there and not closed before the cell ends, so the lines after it would be swallowed. Nothing was imported."
            ))),
            None => Ok(()),
        }
    }
}
