//! `gazette demo`.
use crate::config::Settings;
/// Options.
#[derive(Debug, clap::Args)]
pub struct Demo {
    /// Report and exit: status 0 only if every count is right
    #[arg(long)]
    once: bool,
}
/// Runs it.
pub async fn run(_settings: Settings, _demo: Demo) -> anyhow::Result<()> {
    todo!()
}
