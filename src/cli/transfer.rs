//! `gazette backup`, `gazette restore` and `gazette copy`: the whole database in another place.

use std::{
    fs::File,
    io::{self, IsTerminal},
    path::{Path, PathBuf},
};

use anyhow::Context;
use clap::Args;

use super::input::InputFile;
use crate::{
    app::App,
    clock::Clock,
    config::{self, Settings},
    transfer::{self, CopiedTable, Restored},
};

/// Where a backup goes.
#[derive(Debug, Args)]
pub struct Backup {
    /// The file to make; it must not be there yet; `-`: standard output, by way of the folder for temporary files
    file: PathBuf,
    /// What was backed up, as JSON; not where the backup itself goes to standard output
    #[arg(long)]
    json: bool,
}

/// Where a backup is.
#[derive(Debug, Args)]
pub struct Restore {
    /// A file that `gazette backup` made; `-`: standard input
    file: PathBuf,
    /// Move the database that is there aside, and its key where it is another one
    #[arg(long)]
    replace: bool,
    /// What was restored, as JSON
    #[arg(long)]
    json: bool,
}

/// Where a copy goes.
#[derive(Debug, Args)]
pub struct Copy {
    /// An empty database: `sqlite://FILE` or `postgres://USER:PASSWORD@HOST/NAME`
    #[arg(long, value_name = "URL", value_parser = config::database_url, hide_env_values = true)]
    to: String,
    /// What was copied, as JSON
    #[arg(long)]
    json: bool,
}

/// Runs `gazette backup`.
pub async fn backup(app: &App, command: Backup) -> anyhow::Result<()> {
    if command.file == Path::new("-") {
        return piped(app, command.json).await;
    }
    let backup = transfer::backup(app, &command.file).await?;
    if command.json {
        println!("{}", serde_json::to_string_pretty(&backup)?);
        return Ok(());
    }
    println!(
        "{} holds the database as of {} and its secret key: {} rows in {} tables, read back and compared. Whoever has this file can mail in the office's name.",
        backup.file.display(),
        backup.at,
        rows(&backup.tables),
        backup.tables.len()
    );
    Ok(())
}

/// A backup is looked through when it is whole, so that it stands in a file first.
async fn piped(app: &App, json: bool) -> anyhow::Result<()> {
    anyhow::ensure!(
        !json && !io::stdout().is_terminal(),
        "`-` writes the backup itself to standard output, for a pipe: `gazette backup - | age -r KEY > FILE`; name a file, or pipe it without --json"
    );
    let folder = tempfile::Builder::new()
        .prefix("gazette-backup-")
        .tempdir()
        .context("cannot make a temporary folder; set TMPDIR to one with room")?;
    let backup = transfer::backup(app, &folder.path().join("standard-output")).await?;
    let mut file = File::open(&backup.file)?;
    io::copy(&mut file, &mut io::stdout().lock())?;
    eprintln!(
        "Written: the database as of {} and its secret key, {} rows in {} tables.",
        backup.at,
        rows(&backup.tables),
        backup.tables.len()
    );
    Ok(())
}

/// Runs `gazette copy`.
pub async fn copy(app: &App, command: Copy) -> anyhow::Result<()> {
    let copied = transfer::copy_idle(app, &command.to).await?;
    if command.json {
        println!("{}", serde_json::to_string_pretty(&copied)?);
        return Ok(());
    }
    for table in &copied {
        println!(
            "{:<24} {:>9}  {}",
            table.table,
            table.rows,
            &table.hash[..16]
        );
    }
    println!(
        "{} rows copied and compared. Start Gazette on the new database with the same secret key: GAZETTE_SECRET_KEY, or `gazette.key` beside it.",
        rows(&copied)
    );
    Ok(())
}

/// Runs `gazette restore`.
pub async fn restore(settings: Settings, command: Restore) -> anyhow::Result<()> {
    let clock = Clock::system();
    let file = InputFile::of(&command.file)?;
    let restored = transfer::restore(&settings, &clock, file.path(), command.replace).await?;
    if command.json {
        println!("{}", serde_json::to_string_pretty(&restored)?);
    } else {
        say(&restored);
    }
    Ok(())
}

fn say(restored: &Restored) {
    println!("Restored as of {}.", restored.as_of);
    for moved in &restored.moved {
        println!("What was there before is {}.", moved.display());
    }
    if restored.left_since > 0 {
        println!(
            "{} people have left since; they stay away.",
            restored.left_since
        );
    }
    if restored.paused.is_empty() {
        println!("No newsletter was under way then.");
    } else {
        println!(
            "These newsletters may have gone out since, to some or to all. They are paused; look at the relay's log before `gazette newsletters resume ID` or `cancel ID`:"
        );
        for newsletter in &restored.paused {
            println!("  {:>6}  {}", newsletter.id, newsletter.subject);
        }
    }
    if !restored.sources.is_empty() {
        println!(
            "These sources mailed by themselves. What was published since will be found again, so a person approves it now; `gazette sources set ID policy=…` sets them back:"
        );
        for source in &restored.sources {
            println!("  {source}");
        }
    }
}

fn rows(tables: &[CopiedTable]) -> u64 {
    tables.iter().map(|table| table.rows).sum()
}
