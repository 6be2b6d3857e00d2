//! `gazette audit`: who did what, and whether the log of it and the evidence are as they were written.

use clap::Subcommand;

use crate::{
    app::App,
    audit::{self, Entry, Filter},
    evidence_seal, subscribers,
};

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum AuditLog {
    /// Who did what, the newest first
    List {
        /// Of this person alone, or of whom this is a part of the address; `operator` is the command line
        #[arg(long, value_name = "WHO")]
        who: Option<String>,
        /// What was done to this alone: `newsletter/7`, or all of `newsletter`
        #[arg(long, value_name = "OBJECT")]
        object: Option<String>,
        /// Lines at most
        #[arg(long, default_value_t = 100)]
        limit: u64,
        /// Lines before this one, by its number
        #[arg(long, value_name = "ID")]
        before: Option<i64>,
        /// As a JSON array
        #[arg(long)]
        json: bool,
    },
    /// Look at every line of the audit log and of the evidence of consent; exit status 1 where one was
    /// changed, taken out or put in
    Verify {
        /// A hash that the log named earlier, as in `audit:0123…`; it must be in the chain (repeat for several)
        #[arg(long, value_name = "HASH")]
        head: Vec<String>,
        /// As a JSON object
        #[arg(long)]
        json: bool,
    },
}

/// Runs the command.
pub async fn run(app: &App, command: AuditLog) -> anyhow::Result<()> {
    match command {
        AuditLog::List {
            who,
            object,
            limit,
            before,
            json,
        } => {
            let filter = Filter {
                who,
                object,
                before,
                ..Filter::default()
            };
            list(&audit::search(&app.db, &filter, limit).await?, json)
        }
        AuditLog::Verify { head, json } => verify(app, &head, json).await,
    }
}

fn list(entries: &[Entry], json: bool) -> anyhow::Result<()> {
    if json {
        println!("{}", serde_json::to_string_pretty(entries)?);
        return Ok(());
    }
    for entry in entries {
        println!(
            "{:>6}  {}  {}  {}  {}  {}",
            entry.id, entry.at, entry.who, entry.action, entry.object, entry.details
        );
    }
    Ok(())
}

async fn verify(app: &App, head: &[String], json: bool) -> anyhow::Result<()> {
    let found = evidence_seal::verify(app, head, subscribers::is_erased).await?;
    if json {
        println!("{}", serde_json::to_string_pretty(&found)?);
    } else {
        println!(
            "{} lines are as they were written; {} are of people who were erased; {} are too new to tell.",
            found.sound, found.erased, found.unsealed
        );
        for head in &found.heads {
            println!("{head}");
        }
        for broken in &found.broken {
            println!("BROKEN  {broken}");
        }
    }
    anyhow::ensure!(
        found.broken.is_empty(),
        "{} things are not as they were written: somebody with access to the database changed them",
        found.broken.len()
    );
    Ok(())
}
