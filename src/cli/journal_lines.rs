//! Log lines as systemd's journal wants them: with their priority before them, `<3>` for an error
//! (sd-daemon(3)). Elsewhere they are left as they are.

use std::{io, os::unix::fs::MetadataExt};

use tracing::{Level, Metadata};
use tracing_subscriber::fmt::MakeWriter;

/// The priority of what ends a command.
const ERROR: &str = "<3>";

/// Standard error, with priorities where the journal reads it.
#[derive(Debug, Clone, Copy)]
pub struct Lines {
    to_journal: bool,
}

impl Lines {
    /// Looks whether standard error leads to the journal: systemd says to which file its own socket
    /// belongs, and a service may have been redirected since.
    pub fn to_standard_error() -> Self {
        let journal = std::env::var("JOURNAL_STREAM").unwrap_or_default();
        let own = std::fs::metadata("/proc/self/fd/2")
            .map(|file| format!("{}:{}", file.dev(), file.ino()));
        Self {
            to_journal: own.is_ok_and(|own| own == journal),
        }
    }

    /// Says what ended the command.
    pub fn end_with(self, sentence: &str) {
        let priority = if self.to_journal { ERROR } else { "" };
        eprintln!("{}", prefixed(priority, sentence));
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Line;

    fn make_writer(&'a self) -> Line {
        Line { priority: "" }
    }

    fn make_writer_for(&'a self, meta: &Metadata<'_>) -> Line {
        let priority = match *meta.level() {
            _ if !self.to_journal => "",
            Level::ERROR => ERROR,
            Level::WARN => "<4>",
            Level::INFO => "<6>",
            Level::DEBUG | Level::TRACE => "<7>",
        };
        Line { priority }
    }
}

/// Writes one event.
#[derive(Debug)]
pub struct Line {
    priority: &'static str,
}

impl io::Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // An event comes as one piece, and leaves as one: other threads write, too.
        let text = String::from_utf8_lossy(bytes);
        let text = prefixed(self.priority, text.trim_end_matches('\n'));
        io::stderr().lock().write_all((text + "\n").as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

/// The journal takes each line for an entry of its own.
fn prefixed(priority: &str, text: &str) -> String {
    format!("{priority}{}", text.replace('\n', &format!("\n{priority}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_has_its_priority() {
        assert_eq!(prefixed("<3>", "a\nb"), "<3>a\n<3>b");
        assert_eq!(prefixed("", "a\nb"), "a\nb");
    }
}
