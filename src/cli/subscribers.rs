//! `gazette subscribers`: who is mailed, and why we may.

use std::{io::Write, path::PathBuf};

use clap::Subcommand;
use indicatif::{ProgressBar, ProgressStyle};

use super::input::{InputFile, Yes};
use crate::{
    app::App,
    audit::OPERATOR,
    csv_file::CsvFile,
    subscribers::{
        self, Answers, Column, EXPORT_COLUMNS, ExportPlace, Import, ImportFile, ImportReport,
        SubscriberError,
    },
};

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Subscribers {
    /// Add people who consented elsewhere: a CSV file as a spreadsheet or another newsletter system
    /// writes it, with the column `email` and, where there are, status, topics, language and how they
    /// consented. Who left, bounced or complained there is kept as such and never mailed
    Import {
        /// The CSV file; `-`: standard input
        file: PathBuf,
        /// How these people consented, in words: kept as the evidence of each
        #[arg(long, value_name = "TEXT")]
        consent: String,
        /// Only these topics (repeat for several); default: those in the file, or else all
        #[arg(long)]
        topic: Vec<String>,
        /// Say what would be done, and change nothing
        #[arg(long)]
        dry_run: bool,
        /// What a word in the file's status column means, such as "Gold member=confirmed"; one of
        /// confirmed, pending, unsubscribed, bounced, complained, blocked, skip (repeat for several);
        /// "everybody=unsubscribed" says it of those of whom the file does not
        #[arg(long, value_name = "WORD=STATUS")]
        status: Vec<String>,
        /// What a column of the file holds, such as "Contact=email"; one of email, status, topics,
        /// language, zip, frequency, consent (how or when they signed up), stays (a yes wants our emails, a no
        /// does not), left, bounced, complained, nothing (repeat for several)
        #[arg(long, value_name = "NAME=MEANING")]
        column: Vec<String>,
        /// A column that looks as if it said who has left, and does not (repeat for several)
        #[arg(long, value_name = "NAME")]
        ignore_column: Vec<String>,
        /// Take addresses that look mistyped, such as joe@yaho.com, as they are written. Who is in Gazette's own
        /// export with evidence, or is not to be mailed, is taken so in any case
        #[arg(long)]
        as_written: bool,
        /// The report as JSON
        #[arg(long)]
        json: bool,
    },
    /// List the imports, the newest first
    Imports {
        /// As a JSON array
        #[arg(long)]
        json: bool,
    },
    /// Undo a whole import; what people did themselves since then stands
    UndoImport {
        /// As `imports` shows it
        batch: String,
        #[command(flatten)]
        yes: Yes,
        /// The report as JSON
        #[arg(long)]
        json: bool,
    },
    /// Print the whole list as CSV, with the evidence, so that it can be imported elsewhere
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
        /// How they asked for it, or why: kept with the evidence
        #[arg(long, default_value = "", hide_default_value = true)]
        reason: String,
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
        #[command(flatten)]
        yes: Yes,
    },
}

/// Runs the command.
pub async fn run(app: &App, command: Subscribers) -> anyhow::Result<()> {
    match command {
        Subscribers::Import {
            file,
            consent,
            topic,
            dry_run,
            status,
            mut column,
            ignore_column,
            as_written,
            json,
        } => {
            column.extend(ignore_column.iter().map(|name| format!("{name}=nothing")));
            let mut answers = Answers::said(&status, &column)?;
            if topic.is_empty() {
                answers = answers.asking_for_topics(&subscribers::offered_topics(app).await?);
            }
            let details = Import {
                consent: &consent,
                topics: &topic,
                as_written,
                dry_run,
                ..Import::default()
            };
            import(app, &InputFile::of(&file)?, answers, details, json).await
        }
        Subscribers::Imports { json } => imports(app, json).await,
        Subscribers::UndoImport { batch, yes, json } => {
            yes.ask(&format!(
                "Take the import {batch} back, with everybody whom it brought?"
            ))?;
            let report = subscribers::undo_import(app, &batch, OPERATOR).await?;
            if json {
                println!("{}", serde_json::to_string_pretty(&report)?);
            } else {
                println!(
                    "{} removed, {} restored, {} kept as they are (they did something since, or another list says that they are gone), {} stay off: they were not subscribed before, either",
                    report.removed, report.restored, report.kept, report.off
                );
                for (topics, says) in [
                    (&report.topics_removed, "Topics that it made, removed again"),
                    (
                        &report.topics_kept,
                        "Topics that it made, kept because they are used",
                    ),
                ] {
                    if !topics.is_empty() {
                        println!("{says}: {}", topics.join(", "));
                    }
                }
            }
            Ok(())
        }
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
        Subscribers::Unsubscribe { email, reason } => {
            if subscribers::unsubscribe_because(app, &email, OPERATOR, &reason).await? {
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
        Subscribers::Erase { email, yes } => {
            yes.ask(&format!(
                "Erase {email}, with all that is known of this person?"
            ))?;
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
    file: &InputFile,
    answers: Answers,
    details: Import<'_>,
    json: bool,
) -> anyhow::Result<()> {
    anyhow::ensure!(
        !details.consent.trim().is_empty(),
        "--consent must say how these people consented, such as \"signed the list at the town hall on 2026-05-01\""
    );
    file.must_be_a_list()?;
    let source = file.name();
    let list = ImportFile::open(file.path(), &source, answers).map_err(with_the_flag)?;
    let details = Import {
        source: &source,
        operator: OPERATOR,
        makes_topics: list.is_our_own(),
        ..details
    };
    let bar = ProgressBar::new(list.people).with_style(ProgressStyle::with_template(
        "{bar:40} {pos} of {len} lines  {per_sec}",
    )?);
    let rows = list.rows()?;
    let report = subscribers::import(app, &details, rows, |done| bar.set_position(done)).await;
    bar.finish_and_clear();
    let report = report?;
    if json {
        println!("{}", serde_json::to_string_pretty(&report)?);
        return Ok(());
    }
    let would = if report.dry_run {
        "Nothing was changed. It would be: "
    } else {
        ""
    };
    println!(
        "{would}{} imported, {} known already, {} not mailed any more, {} wrong",
        report.imported, report.known, report.suppressed, report.wrong
    );
    for (number, says) in told(&report) {
        if number > 0 {
            println!("{number} {says}");
        }
    }
    for says in report.not_understood() {
        println!("{says}");
    }
    if !report.batch.is_empty() {
        println!(
            "Undo it with: gazette subscribers undo-import {}",
            report.batch
        );
    }
    if list.people == 0 {
        eprintln!("The list names columns, and nobody stands below them.");
    }
    for reason in &report.reasons {
        eprintln!("{reason}");
    }
    if report.mistyped > 0 {
        eprintln!(
            "Of the wrong lines, {} with an address that looks mistyped: correct them in the file, or pass --as-written where they are right as they are.",
            report.mistyped
        );
    }
    Ok(())
}

/// What became of people, beside the four numbers that are always told.
fn told(report: &ImportReport) -> [(u64, &'static str); 9] {
    [
        (
            report.gained,
            "of those known get a topic that they did not have",
        ),
        (
            report.left_topic,
            "of those known gave up a topic here that the list names for them, and do not get it back",
        ),
        (
            report.came_back,
            "of those known left there before they confirmed here by themselves, and stay",
        ),
        (
            report.known_frequencies,
            "of those known go on getting mail as often as they do here, whatever the list says",
        ),
        (
            report.left,
            "left, bounced or complained elsewhere, and are not mailed",
        ),
        (
            report.overruled,
            "of those had confirmed here by themselves, perhaps later than they left there: the list does not say when that was (a column of dates is named with --column \"NAME=left\")",
        ),
        (
            report.pending,
            "have not confirmed elsewhere, and are not mailed",
        ),
        (
            report.all_topics,
            "of the new get all topics: the list names none for them (a column of topics is named with --column \"NAME=topics\")",
        ),
        (
            report.chose_none,
            "chose none of the topics here, and are passed over",
        ),
    ]
}

/// What is not sure in a list, with what answers it.
fn with_the_flag(error: SubscriberError) -> anyhow::Error {
    let flag = match &error {
        SubscriberError::UnknownStatus { word, column, .. } => {
            let whole = match subscribers::kind(column) {
                Column::Left => format!(
                    ", or pass --column \"{column}=left\" where whatever stands in it says that they left"
                ),
                _ => String::new(),
            };
            format!(
                "say what it means with --status \"{word}=confirmed\" (or pending, unsubscribed, bounced, complained, blocked, skip){whole}"
            )
        }
        SubscriberError::MayHaveLeft { column, likely, .. } => may_have_left(column, *likely),
        SubscriberError::MayDecide { column, .. } => format!(
            "pass --column \"{column}=stays\" where a yes in it wants our emails, --column \"{column}=left\" (or =bounced, =complained) where it says who does not, or --ignore-column \"{column}\" where it says nothing of our emails"
        ),
        SubscriberError::NotAgreed { column, .. } => format!(
            "to pass such people over, pass --column \"{column}=stays\" --status everybody=skip; pass --ignore-column \"{column}\" where it says nothing of our emails"
        ),
        SubscriberError::NameSaysLeft(_) | SubscriberError::NoStatus { .. } => {
            "say where they stand with --status everybody=unsubscribed (or confirmed, pending, bounced, complained, blocked, skip)".to_owned()
        }
        SubscriberError::NoTopicOfOurs { column, .. } => format!(
            "say what these people get with --topic SLUG, make the topic (gazette topics add; one that is archived: gazette topics restore), or pass --ignore-column \"{column}\" where they asked for everything"
        ),
        SubscriberError::MayNameTopics { column, .. } => format!(
            "pass --column \"{column}=topics\" where it does (in a column that is called like a topic, a yes is for that topic), or --ignore-column \"{column}\" where these people asked for everything"
        ),
        SubscriberError::NoAddressColumn => {
            "say which column holds the address with --column \"NAME=email\"".to_owned()
        }
        SubscriberError::SeveralAddressColumns { columns, .. } => format!(
            "say which of them holds the address to mail with --column \"{}=email\"",
            columns.first().map_or("NAME", String::as_str)
        ),
        _ => return error.into(),
    };
    anyhow::anyhow!("{error}; {flag}. Nothing was imported.")
}

/// How to say what a column holds that may say who has left.
fn may_have_left(column: &str, likely: Option<&str>) -> String {
    let ignore = format!("pass --ignore-column \"{column}\" where it says nothing of the kind");
    match likely {
        Some("stays") => format!(
            "say that a yes in it wants our emails, and a no does not, with --column \"{column}=stays\" (or =consent where it holds how they signed up, =topics where it names what they asked for), or {ignore}"
        ),
        Some("left") => format!(
            "say that it names who left with --column \"{column}=left\" (or =bounced, =complained), or {ignore}"
        ),
        Some(meaning) => format!(
            "say what it holds with --column \"{column}={meaning}\" (or =left, =bounced, =complained), or {ignore}"
        ),
        None => format!(
            "take this person out of the list, or give the list a column `status` that says unsubscribed for them; {ignore}"
        ),
    }
}

async fn imports(app: &App, json: bool) -> anyhow::Result<()> {
    let batches = subscribers::imports(app).await?;
    if json {
        println!("{}", serde_json::to_string_pretty(&batches)?);
        return Ok(());
    }
    for batch in batches {
        let undone = if batch.undone { "  (undone)" } else { "" };
        let (label, at) = (&batch.batch, &batch.at);
        println!(
            "{label}  {at}  {}  {}{undone}",
            batch.operator, batch.source
        );
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
    let mut after = ExportPlace::BEGINNING;
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
    let mut file = CsvFile::new(out, &EXPORT_COLUMNS)?;
    let mut after = Some(ExportPlace::BEGINNING);
    while let Some(last) = after {
        after = subscribers::export_piece(app, &mut file, last).await?;
    }
    Ok(file.finish()?.flush()?)
}
