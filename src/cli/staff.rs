//! `gazette staff`.

use clap::Subcommand;

use crate::app::App;

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Staff {
    /// List them, newest first
    List {
        /// As a JSON array
        #[arg(long)]
        json: bool,
    },
}

/// Runs the command.
pub async fn run(_app: &App, command: Staff) -> anyhow::Result<()> {
    match command {
        Staff::List { json: _ } => todo!(),
    }
}
