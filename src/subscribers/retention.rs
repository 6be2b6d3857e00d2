//! Forgetting what has served its time (V1).

use sea_orm::{
    ColumnTrait, EntityTrait, ExprTrait, QueryFilter, QuerySelect,
    sea_query::{Expr, LockBehavior, LockType, Query},
};

use super::{
    Result, Status, erasure, import_upload, limits, personal_link, sign_up_pace,
    subscriber_tables::{confirmation, consent, subscriber},
};
use crate::{app::App, clock::DAY, db, db::WriteTransaction, office::Office};

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
        erasure::note(app, &transaction, ids.iter().map(|id| (*id, None))).await?;
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
    transaction: &WriteTransaction,
) -> std::result::Result<Vec<i64>, sea_orm::DbErr> {
    let since = app.clock.now_ms() - UNCONFIRMED_MEMORY_MS;
    let valid = Query::select()
        .expr(Expr::val(1))
        .from(confirmation::Entity)
        // confirmation_of_subscriber
        .and_where(
            Expr::col((confirmation::Entity, confirmation::Column::SubscriberId))
                .equals((subscriber::Entity, subscriber::Column::Id)),
        )
        .and_where(Expr::col((confirmation::Entity, confirmation::Column::ExpiresAt)).gt(since))
        .to_owned();
    // subscriber_not_confirmed, whose condition stands here in its own words
    let is_pending = format!(
        "status = {} AND status <> {}",
        db::sql_value(&Status::Pending),
        db::sql_value(&Status::Confirmed)
    );
    let expired = subscriber::Entity::find()
        .select_only()
        .column(subscriber::Column::Id)
        .filter(Expr::cust(is_pending))
        .filter(Expr::exists(valid).not());
    let locked: Vec<i64> = expired
        .clone()
        .limit(BATCH)
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .into_tuple()
        .all(transaction)
        .await?;
    if locked.is_empty() {
        return Ok(locked);
    }
    // PostgreSQL looks at `confirmation` as it was before it waited for the rows.
    expired
        .filter(subscriber::Column::Id.is_in(locked))
        .into_tuple()
        .all(transaction)
        .await
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
