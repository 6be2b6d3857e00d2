//! `gazette subscribers`: who is mailed, and why we may.

use std::{io::Write, path::PathBuf};

use anyhow::Context;
use clap::Subcommand;
use indicatif::{ProgressBar, ProgressStyle};

use crate::{
    app::App,
    audit::OPERATOR,
    csv_file::CsvFile,
    subscribers::{self, Import, Row, SubscriberError},
};

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Subscribers {
    /// Add people who consented elsewhere: a CSV file with the column `email` (and `language`)
    Import {
        /// The CSV file
        file: PathBuf,
        /// How these people consented, in words: kept as the evidence of each
        #[arg(long, value_name = "TEXT")]
        consent: String,
        /// Only these topics (repeat for several); default: all
        #[arg(long)]
        topic: Vec<String>,
        /// The report as JSON
        #[arg(long)]
        json: bool,
    },
    /// Print the whole list as CSV
    Export {
        /// As a JSON array
        #[arg(long)]
        json: bool,
    },
    /// Print everything that is known of an address, as JSON: what was asked, shown, clicked, when, from where
    Evidence {
        /// The address
        email: String,
    },
    /// Unsubscribe an address at its holder's word, by phone perhaps
    Unsubscribe {
        /// The address
        email: String,
    },
    /// Answer the next sign-up of an address that was sent its three confirmation mails of a month
    Allow {
        /// The address
        email: String,
    },
    /// Erase a person: everything but a keyed hash that keeps the address from being imported again; prints what was known
    Erase {
        /// The address
        email: String,
    },
}

/// Runs the command.
pub async fn run(app: &App, command: Subscribers) -> anyhow::Result<()> {
    match command {
        Subscribers::Import {
            file,
            consent,
            topic,
            json,
        } => import(app, &file, &consent, &topic, json).await,
        Subscribers::Export { json } => export(app, json).await,
        Subscribers::Evidence { email } => {
            println!(
                "{}",
                serde_json::to_string_pretty(
                    &subscribers::show_evidence(app, &email, OPERATOR).await?
                )?
            );
            Ok(())
        }
        Subscribers::Unsubscribe { email } => {
            if subscribers::unsubscribe_address(app, &email, OPERATOR).await? {
                println!("{email} is unsubscribed.");
            } else {
                println!("{email} is not subscribed; nothing was changed.");
            }
            Ok(())
        }
        Subscribers::Allow { email } => {
            subscribers::allow(app, &email, OPERATOR).await?;
            println!("The next sign-up of {email} is answered.");
            Ok(())
        }
        Subscribers::Erase { email } => {
            println!(
                "{}",
                serde_json::to_string_pretty(&subscribers::erase(app, &email, OPERATOR).await?)?
            );
            eprintln!(
                "Erased; above is what was known. Your backups still hold the address until they are replaced."
            );
            Ok(())
        }
    }
}

async fn import(
    app: &App,
    file: &PathBuf,
    consent: &str,
    topics: &[String],
    json: bool,
) -> anyhow::Result<()> {
    anyhow::ensure!(
        !consent.trim().is_empty(),
        "--consent must say how these people consented, such as \"signed the list at the town hall on 2026-05-01\""
    );
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .trim(csv::Trim::All)
        .from_path(file)
        .with_context(|| format!("cannot read {}", file.display()))?;
    let headers = reader
        .headers()
        .with_context(|| format!("{} is no CSV file in UTF-8", file.display()))?
        .clone();
    let column = |name: &str| {
        headers.iter().position(|header| {
            header
                .trim_start_matches('\u{feff}')
                .eq_ignore_ascii_case(name)
        })
    };
    let Some(email) = column("email") else {
        anyhow::bail!(
            "{} has no column `email`: its first line must name the columns",
            file.display()
        );
    };
    let language = column("language");
    let rows = reader.records().map(|record| match record {
        Ok(record) => Ok(Row {
            line: record.position().map_or(0, csv::Position::line),
            email: record.get(email).unwrap_or_default().to_owned(),
            language: language
                .and_then(|at| record.get(at))
                .unwrap_or_default()
                .to_owned(),
        }),
        Err(error) => Err(SubscriberError::Import(format!(
            "the file cannot be read on: {error}"
        ))),
    });
    let bar = ProgressBar::new_spinner().with_style(ProgressStyle::with_template(
        "{spinner} {pos} lines  {per_sec}",
    )?);
    let source = file.file_name().unwrap_or_default().to_string_lossy();
    let details = Import {
        consent,
        source: &source,
        operator: OPERATOR,
        topics,
    };
    let report = subscribers::import(app, &details, rows, |done| bar.set_position(done)).await;
    bar.finish_and_clear();
    let report = report?;
    if json {
        println!("{}", serde_json::to_string_pretty(&report)?);
        return Ok(());
    }
    println!(
        "{} imported, {} known already, {} not mailed any more, {} wrong",
        report.imported, report.known, report.suppressed, report.wrong
    );
    for reason in &report.reasons {
        eprintln!("{reason}");
    }
    Ok(())
}

async fn export(app: &App, json: bool) -> anyhow::Result<()> {
    let out = std::io::BufWriter::new(std::io::stdout().lock());
    subscribers::record_export(app, OPERATOR).await?;
    if json {
        export_json(app, out).await
    } else {
        export_csv(app, out).await
    }
}

async fn export_json(app: &App, mut out: impl Write) -> anyhow::Result<()> {
    write!(out, "[")?;
    let mut comma = "\n";
    let mut after = 0;
    while let Some((page, last)) = subscribers::export(app, after, 1_000).await? {
        after = last;
        for subscriber in page {
            write!(out, "{comma}{}", serde_json::to_string(&subscriber)?)?;
            comma = ",\n";
        }
    }
    writeln!(out, "\n]")?;
    Ok(out.flush()?)
}

async fn export_csv(app: &App, out: impl Write) -> anyhow::Result<()> {
    let columns = ["email", "status", "topics", "language", "since"];
    let mut file = CsvFile::new(out, &columns)?;
    let mut after = 0;
    while let Some((page, last)) = subscribers::export(app, after, 1_000).await? {
        after = last;
        for subscriber in page {
            file.line([
                subscriber.email.as_str(),
                subscriber.status.as_str(),
                &subscriber.topics.join(" "),
                &subscriber.language,
                &subscriber.since,
            ])?;
        }
    }
    Ok(file.finish()?.flush()?)
}
