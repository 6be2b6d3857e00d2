//! Looking for somebody by part of their address, for staff: who looked is on record with how many they saw, and what
//! was typed in part only.

use sea_orm::FromQueryResult;

use super::{Result, Status};
use crate::{
    app::App,
    audit::{self, Action},
    db::{self, like_literal},
    values,
};

/// Somebody whose address fits.
#[derive(Debug, Clone, FromQueryResult)]
pub struct Found {
    /// `subscriber.id`
    pub id: i64,
    /// As it was typed when it was signed up.
    pub email: String,
    /// Where they stand.
    pub status: Status,
}

/// Those whose address begins with `part`, or where none does, holds it; at most `limit`, by address.
///
/// # Errors
/// The database failed.
pub async fn search(app: &App, part: &str, limit: u64, who: &str) -> Result<Vec<Found>> {
    let part = part.trim().to_lowercase();
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    // Before the transaction: on SQLite nobody else could write meanwhile.
    let pool = app.db.pool();
    let mut found: Vec<Found> = Vec::new();
    if !part.is_empty() {
        // By the unique index of the key: no letter comes after the last one.
        let begins =
            "SELECT id, email, status FROM subscriber WHERE email_key >= $1 AND email_key < $2
                      ORDER BY email_key LIMIT $3";
        let end = format!("{part}\u{10ffff}");
        found = db::rows(pool, begins, values![part.clone(), end, limit]).await?;
    }
    if found.is_empty() && part.chars().count() >= 3 {
        let like = format!("%{}%", like_literal(&part));
        // Reads the table.
        let holds = "SELECT id, email, status FROM subscriber WHERE email_key LIKE $1 ESCAPE '\\'
                     ORDER BY email_key LIMIT $2";
        found = db::rows(pool, holds, values![like, limit]).await?;
    }
    let transaction = app.db.begin().await?;
    let now = app.clock.now_ms();
    let details = match masked(&part) {
        Some(masked) => format!("by {masked}: {} found", found.len()),
        None => format!("{} found", found.len()),
    };
    let action = Action::SubscriberSearch;
    audit::record(&transaction, now, who, action, "subscribers", details).await?;
    transaction.commit().await?;
    Ok(found)
}

/// What was looked for, in part; `None`: nothing was typed. It may be a name, or an address that was mistyped.
fn masked(part: &str) -> Option<String> {
    let first = part.chars().next()?;
    let more = part.chars().count() - 1;
    Some(match more {
        0 => "one letter".to_owned(),
        more => format!("“{first}…”, {} letters", more + 1),
    })
}
