//! The audit log: who did what to what, when. Append-only; triggers refuse anything else.

use sea_orm::{ConnectionTrait, DbErr, Statement};

use crate::{
    app::App,
    clock::{Timestamp, instant},
    values,
};

/// One line of the log.
#[derive(Debug, Clone)]
pub struct Entry {
    /// `audit.id`
    pub id: i64,
    /// When.
    pub at: Timestamp,
    /// Who: a staff member's address, `operator` for the command line, `gazette` for itself.
    pub who: String,
    /// What was done, such as `newsletter.approve`.
    pub action: String,
    /// To what, such as `newsletter/7`.
    pub object: String,
    /// What else there is to say.
    pub details: String,
}

/// Writes one line, inside the transaction that makes the change where there is one.
pub async fn record(
    connection: &impl ConnectionTrait,
    now: i64,
    who: &str,
    action: &str,
    object: &str,
    details: &str,
) -> Result<(), DbErr> {
    connection
        .execute_raw(Statement::from_sql_and_values(
            connection.get_database_backend(),
            "INSERT INTO audit (at, who, action, object, details) VALUES ($1, $2, $3, $4, $5)",
            values![now, who, action, object, details],
        ))
        .await?;
    Ok(())
}

/// The newest lines before line `before` (by id), at most `limit`.
pub async fn latest(app: &App, before: i64, limit: u64) -> Result<Vec<Entry>, DbErr> {
    app.db
        .all(
            "SELECT id, at, who, action, object, details FROM audit WHERE id < $1 ORDER BY id DESC LIMIT $2",
            values![before, limit as i64],
        )
        .await?
        .iter()
        .map(|row| {
            Ok(Entry {
                id: row.try_get_by_index(0)?,
                at: instant(row.try_get_by_index(1)?),
                who: row.try_get_by_index(2)?,
                action: row.try_get_by_index(3)?,
                object: row.try_get_by_index(4)?,
                details: row.try_get_by_index(5)?,
            })
        })
        .collect()
}
