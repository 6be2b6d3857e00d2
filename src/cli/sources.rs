//! `gazette sources`.

use clap::Subcommand;

use crate::app::App;

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Sources {
    /// List them, newest first
    List {
        /// As a JSON array
        #[arg(long)]
        json: bool,
    },
}

/// Runs the command.
pub async fn run(_app: &App, command: Sources) -> anyhow::Result<()> {
    match command {
        Sources::List { json: _ } => todo!(),
    }
}
