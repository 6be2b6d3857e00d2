//! Who must not be mailed, kept as keyed hashes: the list of those who want to be left alone is no
//! list of addresses.

use sea_orm::{ConnectionTrait, DbErr, Statement};

use crate::{app::App, values};

/// Why an address must not be mailed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SuppressionReason {
    /// Asked never to be written to again.
    Blocked = 1,
    /// Called our mail spam.
    Complained = 2,
    /// Erased: may sign up anew, may not be imported.
    Erased = 3,
    /// Bounced.
    Bounced = 4,
}

impl SuppressionReason {
    /// Whether a new opt-in by the holder lifts it (O9).
    #[must_use]
    pub fn yields_to_opt_in(self) -> bool {
        matches!(self, Self::Erased | Self::Bounced)
    }

    fn from_number(number: i16) -> Self {
        match number {
            2 => Self::Complained,
            3 => Self::Erased,
            4 => Self::Bounced,
            // Unknown reasons are the strictest one.
            _ => Self::Blocked,
        }
    }
}

/// Why an address is suppressed, if it is.
pub async fn reason(
    app: &App,
    connection: &impl ConnectionTrait,
    email_key: &str,
) -> Result<Option<SuppressionReason>, DbErr> {
    let row = connection
        .query_one_raw(Statement::from_sql_and_values(
            connection.get_database_backend(),
            "SELECT reason FROM suppression WHERE address_hash = $1",
            values![app.keys.address_hash(email_key)],
        ))
        .await?;
    row.map(|row| row.try_get_by_index(0).map(SuppressionReason::from_number))
        .transpose()
}

/// Suppresses an address. A block or complaint is never weakened by a later reason.
pub async fn add(
    app: &App,
    connection: &impl ConnectionTrait,
    email_key: &str,
    reason: SuppressionReason,
) -> Result<(), DbErr> {
    add_hash(app, connection, app.keys.address_hash(email_key), reason).await
}

/// The same for an address that we know by its keyed hash only.
pub async fn add_hash(
    app: &App,
    connection: &impl ConnectionTrait,
    address_hash: Vec<u8>,
    reason: SuppressionReason,
) -> Result<(), DbErr> {
    connection
        .execute_raw(Statement::from_sql_and_values(
            connection.get_database_backend(),
            "INSERT INTO suppression (address_hash, reason, at) VALUES ($1, $2, $3)
             ON CONFLICT (address_hash) DO UPDATE SET reason = excluded.reason, at = excluded.at
             WHERE suppression.reason > excluded.reason",
            values![address_hash, reason as i16, app.clock.now_ms()],
        ))
        .await?;
    Ok(())
}

/// Lifts what a new opt-in lifts.
pub async fn lift(
    app: &App,
    connection: &impl ConnectionTrait,
    email_key: &str,
) -> Result<(), DbErr> {
    connection
        .execute_raw(Statement::from_sql_and_values(
            connection.get_database_backend(),
            "DELETE FROM suppression WHERE address_hash = $1 AND reason IN (3, 4)",
            values![app.keys.address_hash(email_key)],
        ))
        .await?;
    Ok(())
}
