//! Forgetting what has served its time (V1).

use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QuerySelect};

use super::{
    Result, Status, erasure, import_upload, limits, personal_link, sign_up_pace,
    subscriber_tables::{consent, subscriber},
};
use crate::{app::App, clock::DAY, db, office::Office, values};

/// People that are forgotten in one transaction.
const BATCH: u64 = 100;

/// How long after the last link expired somebody who never confirmed is forgotten.
const UNCONFIRMED_MEMORY_MS: i64 = 7 * DAY;

/// Forgets who never confirmed, a week after their last link expired, and who left, when their
/// evidence has been kept for as long as the office says. How many were forgotten.
pub async fn purge(app: &App) -> Result<u64> {
    let forgotten = unconfirmed(app).await? + departed(app).await?;
    limits::forget(app, &app.db.writer()).await?;
    personal_link::forget(app).await?;
    import_upload::forget(app).await?;
    sign_up_pace::forget(app, &app.db.writer()).await?;
    if forgotten > 0 {
        app.db.empty_log().await?;
    }
    Ok(forgotten)
}

/// Of who never confirmed nothing is kept; the evidence of having asked proves nothing any more.
async fn unconfirmed(app: &App) -> Result<u64> {
    let mut forgotten = 0;
    loop {
        let transaction = app.db.begin().await?;
        let ids = expired(app, &transaction).await?;
        if ids.is_empty() {
            transaction.rollback().await?;
            return Ok(forgotten);
        }
        // Whom all three statements mean has been decided, once.
        erasure::note(app, &transaction, &ids).await?;
        consent::Entity::delete_many()
            .filter(consent::Column::SubscriberId.is_in(ids.clone()))
            .exec(&transaction)
            .await?;
        let deleted = subscriber::Entity::delete_many()
            .filter(subscriber::Column::Id.is_in(ids))
            .exec(&transaction)
            .await?;
        transaction.commit().await?;
        forgotten += deleted.rows_affected;
    }
}

/// The next of those who never confirmed, their rows held to the end of the transaction: a sign-up of
/// theirs at this instant either came before, and then they stay, or waits and begins anew.
async fn expired(
    app: &App,
    transaction: &DatabaseTransaction,
) -> std::result::Result<Vec<i64>, sea_orm::DbErr> {
    let since = app.clock.now_ms() - UNCONFIRMED_MEMORY_MS;
    // subscriber_not_confirmed, whose condition stands here in its own words; confirmation_of_subscriber
    let expired = format!(
        "SELECT s.id FROM subscriber s WHERE s.status = {} AND s.status <> {} AND NOT EXISTS
             (SELECT 1 FROM confirmation c WHERE c.subscriber_id = s.id AND c.expires_at > $1)",
        db::sql_value(&Status::Pending),
        db::sql_value(&Status::Confirmed)
    );
    let hold = if app.db.is_sqlite() {
        ""
    } else {
        "FOR UPDATE OF s SKIP LOCKED"
    };
    let first = format!("{expired} LIMIT $2 {hold}");
    let locked: Vec<i64> = db::scalars(transaction, &first, values![since, BATCH as i64]).await?;
    if locked.is_empty() {
        return Ok(locked);
    }
    // PostgreSQL looks at `confirmation` as it was before it waited for the rows.
    let again = format!("{expired} AND {}", app.db.sql_in_list("s.id", "$2"));
    let list = serde_json::json!(locked).to_string();
    db::scalars(transaction, &again, values![since, list]).await
}

/// Of who left, bounced, complained or blocked us only the keyed hash is kept, which keeps them
/// from being mailed or imported as before.
async fn departed(app: &App) -> Result<u64> {
    let years = i64::from(Office::load(&app.db).await?.evidence_years);
    let since = app.clock.now_ms() - years * 366 * DAY;
    let mut forgotten = 0;
    loop {
        let transaction = app.db.begin().await?;
        // subscriber_not_confirmed
        let rows = subscriber::Entity::find()
            .filter(subscriber::Column::Status.is_in(Status::GONE))
            .filter(subscriber::Column::Status.ne(Status::Confirmed))
            .filter(subscriber::Column::StatusAt.lt(since))
            .limit(BATCH)
            .lock_exclusive()
            .all(&transaction)
            .await?;
        if rows.is_empty() {
            transaction.rollback().await?;
            return Ok(forgotten);
        }
        for row in &rows {
            erasure::forget(app, &transaction, row.id, &row.email_key, row.status).await?;
        }
        transaction.commit().await?;
        forgotten += rows.len() as u64;
    }
}
