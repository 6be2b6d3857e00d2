//! The evidence: why a subscriber may be mailed, or may not any more. Append-only.

use aws_lc_rs::digest;
use data_encoding::HEXLOWER;
use sea_orm::{
    ActiveEnum, ActiveValue::Set, ConnectionTrait, DbErr, DeriveActiveEnum, EntityTrait, EnumIter,
};
use serde_json::Value;

use super::subscriber_tables::consent;

/// What the evidence is of: the word that the database and `gazette subscribers evidence` use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
pub enum Evidence {
    /// The form was sent.
    #[sea_orm(string_value = "requested")]
    Requested,
    /// A confirmation mail was queued.
    #[sea_orm(string_value = "confirmation_queued")]
    ConfirmationQueued,
    /// The landing page's button was pressed.
    #[sea_orm(string_value = "confirmed")]
    Confirmed,
    /// An operator imported the address with a consent given elsewhere.
    #[sea_orm(string_value = "imported")]
    Imported,
    /// Topics or language were chosen.
    #[sea_orm(string_value = "preferences_changed")]
    PreferencesChanged,
    /// The subscriber left.
    #[sea_orm(string_value = "unsubscribed")]
    Unsubscribed,
    /// The subscriber asked never to be written to again.
    #[sea_orm(string_value = "blocked")]
    Blocked,
    /// The address bounced.
    #[sea_orm(string_value = "bounced")]
    Bounced,
    /// Staff took a bounce back that was read wrongly.
    #[sea_orm(string_value = "bounce_taken_back")]
    BounceTakenBack,
    /// The subscriber called our mail spam.
    #[sea_orm(string_value = "complained")]
    Complained,
}

impl Evidence {
    /// The word for it.
    #[must_use]
    pub fn word(self) -> String {
        self.to_value()
    }

    /// What makes a subscriber one who asked: nobody is queued without one of these. In the order in
    /// which the index `consent_proof` names them.
    pub const PROVES_CONSENT: [Self; 2] = [Self::Confirmed, Self::Imported];
}

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
