//! What a command reads: a file, or standard input where `-` stands for it; and what it asks before what
//! cannot be undone.

use std::{
    io::{self, IsTerminal, Read, Write},
    path::{Path, PathBuf},
};

use anyhow::Context;
use clap::Args;
use tempfile::{Builder, NamedTempFile};

use crate::named_file;

/// Octets of the largest list: some millions of people, with all that is known of them.
const LARGEST_LIST: u64 = 1024 * 1024 * 1024;

/// A file to read. Where it came from standard input it is in a temporary place, for us alone, and goes
/// with this value: a list is read twice, a backup is opened.
#[derive(Debug)]
pub struct InputFile {
    path: PathBuf,
    from_standard_input: Option<NamedTempFile>,
}

impl InputFile {
    /// The file that a command names.
    ///
    /// # Errors
    /// Standard input is a terminal, cannot be read, or has nothing in it.
    pub fn of(named: &Path) -> anyhow::Result<Self> {
        if named != Path::new("-") {
            named_file::open(named).with_context(|| cannot_read(named))?;
            return Ok(Self {
                path: named.to_path_buf(),
                from_standard_input: None,
            });
        }
        anyhow::ensure!(
            !io::stdin().is_terminal(),
            "`-` reads standard input, and nothing is piped in; name a file, or pipe one: `gazette … - < FILE`"
        );
        Self::copied(io::stdin().lock())
    }

    fn copied(mut input: impl Read) -> anyhow::Result<Self> {
        let mut beginning = Vec::new();
        input
            .by_ref()
            .take(4096)
            .read_to_end(&mut beginning)
            .context("cannot read standard input")?;
        anyhow::ensure!(!beginning.is_empty(), "standard input is empty");
        // A file has its kind in its name.
        let is_markup = beginning.trim_ascii_start().starts_with(b"<");
        let mut file = Builder::new()
            .prefix("gazette-")
            .suffix(if is_markup { ".html" } else { ".txt" })
            .tempfile()
            .context("cannot put down what stands on standard input")?;
        file.write_all(&beginning)?;
        io::copy(&mut input, &mut file).context("cannot read standard input")?;
        file.flush()?;
        Ok(Self {
            path: file.path().to_path_buf(),
            from_standard_input: Some(file),
        })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What to call it, as the evidence keeps it.
    pub fn name(&self) -> String {
        if self.from_standard_input.is_some() {
            return "standard input".to_owned();
        }
        let name = self.path.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    }

    /// Opens a list of which every line is held in memory.
    pub fn open(&self) -> anyhow::Result<std::fs::File> {
        named_file::open_within(&self.path, LARGEST_LIST).with_context(|| cannot_read(&self.path))
    }

    /// Refuses a list that nobody can have meant: a line of it is held in memory, and may be all of it.
    pub fn must_be_a_list(&self) -> anyhow::Result<()> {
        self.open().map(drop)
    }
}

fn cannot_read(path: &Path) -> String {
    format!("cannot read `{}`", path.display())
}

/// For what cannot be undone.
#[derive(Debug, Clone, Copy, Args)]
pub struct Yes {
    /// Do not ask before what cannot be undone; where nobody sits at a terminal nothing is asked
    #[arg(long, short = 'y')]
    yes: bool,
}

impl Yes {
    /// Asks the person at the terminal. A script has decided already.
    ///
    /// # Errors
    /// They did not say yes; nothing was done.
    pub fn ask(self, what: &str) -> anyhow::Result<()> {
        if self.yes || !io::stdin().is_terminal() || !io::stderr().is_terminal() {
            return Ok(());
        }
        eprint!("{what} [y/N] ");
        io::stderr().flush()?;
        let mut answer = String::new();
        io::stdin().read_line(&mut answer)?;
        anyhow::ensure!(is_yes(&answer), "nothing was done");
        Ok(())
    }
}

fn is_yes(answer: &str) -> bool {
    matches!(answer.trim().to_lowercase().as_str(), "y" | "yes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_piped_in_is_read_whole_has_its_kind_in_its_name_and_is_gone_afterwards() {
        for (text, end) in [
            ("  <p>x</p>".to_owned(), ".html"),
            ("email\n".repeat(9_000), ".txt"),
        ] {
            let file = InputFile::copied(text.as_bytes()).unwrap();
            assert_eq!(std::fs::read_to_string(file.path()).unwrap(), text);
            assert!(file.path().to_str().unwrap().ends_with(end));
            assert_eq!(file.name(), "standard input");
            let path = file.path().to_path_buf();
            drop(file);
            assert!(!path.exists());
        }
        assert!(InputFile::copied(&b""[..]).is_err());
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("may.csv");
        std::fs::write(&path, "email\n").unwrap();
        let named = InputFile::of(&path).unwrap();
        assert_eq!((named.path(), &*named.name()), (&*path, "may.csv"));
        for wrong in [folder.path(), Path::new("/dev/zero"), Path::new("/nowhere")] {
            let error = InputFile::of(wrong).unwrap_err().to_string();
            assert!(error.contains(&wrong.display().to_string()), "{error}");
        }
    }

    #[test]
    fn only_yes_is_yes() {
        for (answer, yes) in [
            ("y\n", true),
            (" YES ", true),
            ("", false),
            ("n", false),
            ("yesterday", false),
        ] {
            assert_eq!(is_yes(answer), yes, "{answer}");
        }
    }
}
