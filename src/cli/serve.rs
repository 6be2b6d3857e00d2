//! `gazette serve` and `gazette worker`.
use crate::app::App;
/// Runs the web server, the scheduler and a worker.
pub async fn serve(_app: App) -> anyhow::Result<()> {
    todo!()
}
/// Runs a worker.
pub async fn worker(_app: App) -> anyhow::Result<()> {
    todo!()
}
