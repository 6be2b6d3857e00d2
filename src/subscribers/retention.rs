//! Forgetting what has served its time (V1).

use sea_orm::ConnectionTrait;

use super::{Result, limits};
use crate::{app::App, clock::DAY, values};

/// Who never confirmed is forgotten a week after the last link expired; so is the evidence of
/// having asked, which proves nothing any more. How many were forgotten.
pub async fn purge(app: &App) -> Result<u64> {
    let now = app.clock.now_ms();
    let transaction = app.db.begin().await?;
    let expired = "SELECT s.id FROM subscriber s WHERE s.standing = 0 AND NOT EXISTS
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
