//! `gazette press-list`: addresses that did not ask themselves.

use std::{io::Write, path::PathBuf};

use clap::Subcommand;

use super::input::{InputFile, Yes};
use crate::{app::App, audit::OPERATOR, csv_file::CsvFile, subscribers::press_list};

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum PressList {
    /// Add the addresses of a CSV file with the columns `email`, `name` and `outlet` (the newspaper
    /// or station); who left stays away
    Import {
        /// The CSV file; `-`: standard input
        file: PathBuf,
        /// Where these addresses come from, such as "press gallery directory, May 2026"
        #[arg(long, value_name = "TEXT")]
        origin: String,
        /// The report as JSON
        #[arg(long)]
        json: bool,
    },
    /// List it, the newest first
    List {
        /// As a JSON array
        #[arg(long)]
        json: bool,
        /// At most this many
        #[arg(long, default_value_t = 1000)]
        limit: u64,
    },
    /// Print the whole list as CSV
    Export,
    /// Take an address off the list and forget it; of who left, a keyed hash stays
    Remove {
        /// The address
        email: String,
        #[command(flatten)]
        yes: Yes,
    },
}

/// Runs the command.
pub async fn run(app: &App, command: PressList) -> anyhow::Result<()> {
    match command {
        PressList::Import { file, origin, json } => {
            import(app, &InputFile::of(&file)?, &origin, json).await
        }
        PressList::List { json, limit } => list(app, json, limit).await,
        PressList::Export => export(app).await,
        PressList::Remove { email, yes } => {
            yes.ask(&format!("Take {email} off the list and forget it?"))?;
            press_list::remove(app, &email, OPERATOR).await?;
            println!("{email} is off the press list and forgotten.");
            Ok(())
        }
    }
}

async fn import(app: &App, file: &InputFile, origin: &str, json: bool) -> anyhow::Result<()> {
    let report = press_list::import(app, file.open()?, origin, OPERATOR).await?;
    if json {
        println!("{}", serde_json::to_string_pretty(&report)?);
        return Ok(());
    }
    println!(
        "{} added, {} known already, {} not mailed any more, {} wrong",
        report.added, report.known, report.suppressed, report.wrong
    );
    for reason in &report.reasons {
        eprintln!("{reason}");
    }
    Ok(())
}

async fn list(app: &App, json: bool, limit: u64) -> anyhow::Result<()> {
    let contacts = press_list::contacts(app, limit).await?;
    press_list::record_look(app, contacts.len(), OPERATOR).await?;
    if json {
        println!("{}", serde_json::to_string_pretty(&contacts)?);
        return Ok(());
    }
    let size = press_list::size(app).await?;
    println!(
        "{} may be mailed, {} of them without a newspaper or station",
        size.people, size.no_medium
    );
    for contact in contacts {
        println!(
            "{:<10} {}  {}  {}",
            contact.state.as_str(),
            contact.email,
            contact.name,
            contact.outlet
        );
    }
    Ok(())
}

async fn export(app: &App) -> anyhow::Result<()> {
    let contacts = press_list::contacts(app, u64::MAX).await?;
    press_list::record_export(app, contacts.len(), OPERATOR).await?;
    let columns = ["email", "name", "outlet", "origin", "since", "state"];
    let mut file = CsvFile::new(std::io::stdout().lock(), &columns)?;
    for contact in contacts {
        file.line([
            contact.email.as_str(),
            &contact.name,
            &contact.outlet,
            &contact.origin,
            &contact.added_at.to_string(),
            contact.state.as_str(),
        ])?;
    }
    file.finish()?.flush()?;
    Ok(())
}
