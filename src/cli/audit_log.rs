//! `gazette audit`: whether the audit log and the evidence are as they were written.

use clap::Subcommand;

use crate::{app::App, evidence_seal, subscribers};

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum AuditLog {
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
    let AuditLog::Verify { head, json } = command;
    let found = evidence_seal::verify(app, &head, subscribers::is_erased).await?;
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
