//! `gazette returns`: what comes back.

use std::{
    io::{self, Write},
    path::PathBuf,
};

use clap::Subcommand;
use serde::Serialize;

use crate::returns::{self, Reading, ReturnKind, files};

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Returns {
    /// Read returned mail: a mail, an mbox, a Maildir or a folder; `-` reads standard input
    Read {
        /// The file or folder
        #[arg(value_name = "FILE|DIR|-")]
        file: PathBuf,
        /// Only say what would be done: needs no database, and verifies no return path
        #[arg(long)]
        dry_run: bool,
        /// One JSON object a mail, each on its line
        #[arg(long)]
        json: bool,
    },
}

/// Runs the command.
pub fn run(command: Returns) -> anyhow::Result<()> {
    match command {
        Returns::Read {
            file,
            dry_run,
            json,
        } => {
            anyhow::ensure!(
                dry_run,
                "this version reads returns but does not act on them yet: add --dry-run"
            );
            read(&file, json)
        }
    }
}

/// What is printed of a mail.
#[derive(Debug, Serialize)]
struct Line<'a> {
    file: &'a str,
    kind: ReturnKind,
    recipient: Option<&'a str>,
    newsletter: Option<i64>,
    diagnosis: &'a str,
    status: Option<&'a str>,
    action: &'static str,
    why: &'a str,
    /// The class of the table that decided.
    class: Option<&'static str>,
    /// Whom it is about beside the first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    others: Vec<Other<'a>>,
}

#[derive(Debug, Serialize)]
struct Other<'a> {
    recipient: Option<&'a str>,
    diagnosis: &'a str,
    status: Option<&'a str>,
    action: &'static str,
    why: &'a str,
    class: Option<&'static str>,
}

fn read(file: &std::path::Path, json: bool) -> anyhow::Result<()> {
    let mut output = io::BufWriter::new(io::stdout().lock());
    files::each_mail::<anyhow::Error>(file, &mut |found| {
        let reading = returns::read(&found.mail);
        print(&mut output, &found.file, &reading, json)
    })?;
    output.flush()?;
    Ok(())
}

fn print(output: &mut impl Write, file: &str, reading: &Reading, json: bool) -> anyhow::Result<()> {
    let first = reading.first();
    if !json {
        writeln!(
            output,
            "{file}: {} {}: {}: {}",
            serde_json::to_value(reading.kind)?
                .as_str()
                .unwrap_or_default(),
            first.address.as_deref().unwrap_or("-"),
            first.action.as_str(),
            first.why,
        )?;
        return Ok(());
    }
    let line = Line {
        file,
        kind: reading.kind,
        recipient: first.address.as_deref(),
        newsletter: reading.claimed_newsletter(),
        diagnosis: &first.diagnosis,
        status: first.status.as_deref(),
        action: first.action.as_str(),
        why: &first.why,
        class: first
            .class
            .map(crate::delivery::reply_class::ReplyClass::as_str),
        others: reading.recipients[1..]
            .iter()
            .map(|other| Other {
                recipient: other.address.as_deref(),
                diagnosis: &other.diagnosis,
                status: other.status.as_deref(),
                action: other.action.as_str(),
                why: &other.why,
                class: other
                    .class
                    .map(crate::delivery::reply_class::ReplyClass::as_str),
            })
            .collect(),
    };
    serde_json::to_writer(&mut *output, &line)?;
    writeln!(output)?;
    Ok(())
}
