//! The evidence: why a subscriber may be mailed, or may not any more. Append-only.

use aws_lc_rs::digest;
use data_encoding::HEXLOWER;
use sea_orm::{ActiveValue::Set, ConnectionTrait, DbErr, EntityTrait};
use serde_json::Value;

pub use super::subscriber_kinds::Evidence;
use super::subscriber_tables::consent;

/// Writes one piece of evidence within `connection`'s transaction.
pub async fn record(
    connection: &impl ConnectionTrait,
    subscriber: i64,
    at: i64,
    event: Evidence,
    evidence: &Value,
) -> Result<(), DbErr> {
    consent::Entity::insert(consent::ActiveModel {
        subscriber_id: Set(subscriber),
        at: Set(at),
        event: Set(event),
        evidence: Set(evidence.to_string()),
        ..Default::default()
    })
    .exec_without_returning(connection)
    .await?;
    Ok(())
}

/// The version of the consent text: its SHA-256, so that the words shown can be proved (O2).
#[must_use]
pub fn text_hash(text: &str) -> String {
    HEXLOWER.encode(digest::digest(&digest::SHA256, text.as_bytes()).as_ref())
}
