//! Delivery: the queue, the prepared message, the SMTP client, and outcomes.
use crate::app::App;
/// The exact mail, with placeholders for what is personal.
pub async fn export_eml(_app: &App, _id: i64) -> anyhow::Result<Vec<u8>> {
    todo!()
}
