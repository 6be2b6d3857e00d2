//! `gazette releases`.

use clap::Subcommand;

use crate::app::App;

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Releases {
    /// List them, newest first
    List {
        /// As a JSON array
        #[arg(long)]
        json: bool,
    },
}

/// Runs the command.
pub async fn run(_app: &App, command: Releases) -> anyhow::Result<()> {
    match command {
        Releases::List { json: _ } => todo!(),
    }
}
