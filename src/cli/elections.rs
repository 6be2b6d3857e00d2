//! `gazette elections`: entered once, and the blackouts that they make.

use std::path::PathBuf;

use clap::Subcommand;

use super::input::InputFile;
use crate::{
    app::App,
    audit::OPERATOR,
    house::{self, ElectionKind},
    office::Office,
};

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Elections {
    /// Enter an election; the same once more changes only whether the Member stands in it
    Add {
        /// Election day: 2026-11-03
        day: String,
        /// What is decided
        #[arg(long, value_enum)]
        kind: ElectionKind,
        /// What your office calls it, such as "House CA-40"
        #[arg(long)]
        name: String,
        /// The Member is no candidate in it: no blackout
        #[arg(long)]
        not_a_candidate: bool,
    },
    /// List them with their blackouts, the newest first
    List {
        /// As a JSON array
        #[arg(long)]
        json: bool,
    },
    /// Enter all of a CSV file with the columns `date`, `kind`, `name` and `candidate` (yes or no)
    Import {
        /// The CSV file
        file: PathBuf,
    },
    /// Take one away, and its blackout with it
    Remove {
        /// Number from the list
        id: i64,
    },
}

/// Runs the command.
pub async fn run(app: &App, command: Elections) -> anyhow::Result<()> {
    match command {
        Elections::Add {
            day,
            kind,
            name,
            not_a_candidate,
        } => {
            let id = house::add(app, &day, kind, &name, !not_a_candidate, OPERATOR).await?;
            println!("election {id}");
        }
        Elections::List { json } => list(app, json).await?,
        Elections::Import { file } => {
            let content = InputFile::of(&file)?.open()?;
            let entered = house::import(app, content, OPERATOR).await?;
            println!("{entered} elections entered");
        }
        Elections::Remove { id } => {
            house::remove(app, id, OPERATOR).await?;
            println!("election {id} is removed");
        }
    }
    Ok(())
}

async fn list(app: &App, json: bool) -> anyhow::Result<()> {
    let zone = Office::load(&app.db).await?.time_zone;
    let today = zone.to_datetime(app.clock.now()).date();
    let all: Vec<_> = house::list(app)
        .await?
        .into_iter()
        .map(|election| (house::Blackout::of(election.clone()), election))
        .collect();
    if json {
        let array: Vec<_> = all
            .iter()
            .map(|(blackout, election)| {
                serde_json::json!({
                    "id": election.id,
                    "date": election.day,
                    "kind": election.kind,
                    "name": election.name,
                    "candidate": election.candidate,
                    "blackout_from": blackout.as_ref().map(|blackout| blackout.first),
                    "blackout_to": blackout.as_ref().map(|blackout| blackout.last),
                    "blackout_now": blackout.as_ref().is_some_and(|blackout| blackout.covers(today)),
                })
            })
            .collect();
        println!("{}", serde_json::to_string_pretty(&array)?);
        return Ok(());
    }
    if all.is_empty() {
        println!("no elections yet; `gazette elections add 2026-11-03 --kind general --name …`");
    }
    for (blackout, election) in all {
        println!(
            "{:>5}  {}  {:<8} {}",
            election.id, election.day, election.kind, election.name
        );
        match blackout {
            Some(blackout) => {
                let now = if blackout.covers(today) { " (now)" } else { "" };
                println!(
                    "       blackout {} to {}{now}",
                    blackout.first, blackout.last
                );
            }
            None => println!("       no blackout: the Member is no candidate"),
        }
    }
    Ok(())
}
