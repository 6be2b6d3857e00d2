//! `gazette subscribers`.

use clap::Subcommand;

use crate::app::App;

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Subscribers {
    /// List them, newest first
    List {
        /// As a JSON array
        #[arg(long)]
        json: bool,
    },
}

/// Runs the command.
pub async fn run(_app: &App, command: Subscribers) -> anyhow::Result<()> {
    match command {
        Subscribers::List { json: _ } => todo!(),
    }
}
