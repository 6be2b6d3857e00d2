//! The evidence: why a subscriber may be mailed, or may not any more. Append-only.

use aws_lc_rs::digest;
use data_encoding::HEXLOWER;
use sea_orm::{ConnectionTrait, DbErr, Statement};
use serde_json::Value;

use crate::values;

/// What the evidence is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evidence {
    /// The form was sent.
    Requested,
    /// A confirmation mail was queued.
    ConfirmationQueued,
    /// The landing page's button was pressed.
    Confirmed,
    /// An operator imported the address with a consent given elsewhere.
    Imported,
    /// Topics or language were chosen.
    PreferencesChanged,
    /// The subscriber left.
    Unsubscribed,
    /// The subscriber asked never to be written to again.
    Blocked,
    /// The address bounced.
    Bounced,
    /// Staff took a bounce back that was read wrongly.
    BounceTakenBack,
    /// The subscriber called our mail spam.
    Complained,
}

impl Evidence {
    /// The word that the database and `gazette subscribers evidence` use.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::ConfirmationQueued => "confirmation_queued",
            Self::Confirmed => "confirmed",
            Self::Imported => "imported",
            Self::PreferencesChanged => "preferences_changed",
            Self::Unsubscribed => "unsubscribed",
            Self::Blocked => "blocked",
            Self::Bounced => "bounced",
            Self::BounceTakenBack => "bounce_taken_back",
            Self::Complained => "complained",
        }
    }
}

/// Writes one piece of evidence within `connection`'s transaction.
pub async fn record(
    connection: &impl ConnectionTrait,
    subscriber: i64,
    at: i64,
    event: Evidence,
    evidence: &Value,
) -> Result<(), DbErr> {
    connection
        .execute_raw(Statement::from_sql_and_values(
            connection.get_database_backend(),
            "INSERT INTO consent (subscriber_id, at, event, evidence) VALUES ($1, $2, $3, $4)",
            values![subscriber, at, event.as_str(), evidence.to_string()],
        ))
        .await?;
    Ok(())
}

/// The version of the consent text: its SHA-256, so that the words shown can be proved (O2).
#[must_use]
pub fn text_hash(text: &str) -> String {
    HEXLOWER.encode(digest::digest(&digest::SHA256, text.as_bytes()).as_ref())
}
