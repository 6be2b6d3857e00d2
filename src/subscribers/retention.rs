//! Forgetting what has served its time (V1).

use sea_orm::ConnectionTrait;

use super::{Result, Status, erasure, limits};
use crate::{app::App, clock::DAY, office::Office, values};

/// People who left that are forgotten in one transaction.
const BATCH: i64 = 100;

/// Forgets who never confirmed, a week after their last link expired, and who left, when their
/// evidence has been kept for as long as the office says. How many were forgotten.
pub async fn purge(app: &App) -> Result<u64> {
    let forgotten = unconfirmed(app).await? + departed(app).await?;
    if forgotten > 0 {
        app.db.empty_log().await?;
    }
    Ok(forgotten)
}

/// Of who never confirmed nothing is kept; the evidence of having asked proves nothing any more.
async fn unconfirmed(app: &App) -> Result<u64> {
    let now = app.clock.now_ms();
    let transaction = app.db.begin().await?;
    // subscriber_not_confirmed, confirmation_of_subscriber
    let expired =
        "SELECT s.id FROM subscriber s WHERE s.status = 0 AND s.status <> 1 AND NOT EXISTS
        (SELECT 1 FROM confirmation c WHERE c.subscriber_id = s.id AND c.expires_at > $1)";
    let values = || values![now - 7 * DAY];
    transaction
        .execute_raw(app.db.statement(
            &format!("INSERT INTO erasure (subscriber_id, at) SELECT id, {now} FROM ({expired}) e WHERE true ON CONFLICT DO NOTHING"),
            values(),
        ))
        .await?;
    transaction
        .execute_raw(app.db.statement(
            &format!("DELETE FROM consent WHERE subscriber_id IN ({expired})"),
            values(),
        ))
        .await?;
    let forgotten = transaction
        .execute_raw(app.db.statement(
            &format!("DELETE FROM subscriber WHERE id IN ({expired})"),
            values(),
        ))
        .await?
        .rows_affected();
    limits::forget(app, &transaction).await?;
    transaction.commit().await?;
    Ok(forgotten)
}

/// Of who left, bounced, complained or blocked us only the keyed hash is kept, which keeps them
/// from being mailed or imported as before.
async fn departed(app: &App) -> Result<u64> {
    let years = i64::from(Office::load(&app.db).await?.evidence_years);
    let since = app.clock.now_ms() - years * 366 * DAY;
    let mut forgotten = 0;
    loop {
        let transaction = app.db.begin().await?;
        let rows = transaction
            .query_all_raw(app.db.statement(
                // subscriber_not_confirmed
                "SELECT id, email_key, status FROM subscriber
                 WHERE status IN (2, 3, 4, 5) AND status <> 1 AND status_at < $1 LIMIT $2",
                values![since, BATCH],
            ))
            .await?;
        if rows.is_empty() {
            return Ok(forgotten);
        }
        for row in &rows {
            let key: String = row.try_get_by_index(1)?;
            let status = Status::from_number(row.try_get_by_index(2)?);
            erasure::forget(app, &transaction, row.try_get_by_index(0)?, &key, status).await?;
        }
        transaction.commit().await?;
        forgotten += rows.len() as u64;
    }
}
