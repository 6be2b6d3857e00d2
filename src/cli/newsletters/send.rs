//! `gazette newsletters send`.
use crate::app::App;
pub async fn send(_app: &App, _id: i64, _wait: bool) -> anyhow::Result<()> {
    todo!()
}
