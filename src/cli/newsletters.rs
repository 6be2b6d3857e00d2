//! `gazette newsletters`.

use clap::Subcommand;

use crate::app::App;

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Newsletters {
    /// List them, newest first
    List {
        /// As a JSON array
        #[arg(long)]
        json: bool,
    },
}

/// Runs the command.
pub async fn run(_app: &App, command: Newsletters) -> anyhow::Result<()> {
    match command {
        Newsletters::List { json: _ } => todo!(),
    }
}
