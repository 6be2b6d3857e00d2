//! How many stand where.

use sea_orm::{ColumnTrait, EntityTrait, FromQueryResult, PaginatorTrait, QueryFilter};

use super::{Result, Status, subscriber_tables::sign_up};
use crate::{app::App, db};

#[derive(FromQueryResult)]
struct Count {
    status: Status,
    people: i64,
}

/// How many subscribers there are of each status; statuses that nobody has are left out.
pub async fn counts(app: &App) -> Result<Vec<(Status, u64)>> {
    // Reads the whole table, a second for millions: staff look here seldom, and an index would
    // have to be kept up at every confirmation.
    let sql = "SELECT status, count(*) AS people FROM subscriber GROUP BY status ORDER BY status";
    let counts: Vec<Count> = db::rows(app.db.pool(), sql, []).await?;
    Ok(counts
        .into_iter()
        .map(|count| (count.status, count.people.unsigned_abs()))
        .collect())
}

/// How many sign-ups have come in and were not looked at yet.
pub async fn waiting_sign_ups(app: &App) -> Result<u64> {
    Ok(sign_up::Entity::find()
        .filter(sign_up::Column::At.lte(app.clock.now_ms()))
        .count(app.db.pool())
        .await?)
}

/// Who gets newsletters, and what has changed since an instant.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, FromQueryResult)]
pub struct Growth {
    /// How many are confirmed now.
    pub confirmed: i64,
    /// How many of them were not before.
    pub joined: i64,
    /// How many left, or whose address takes no mail any more.
    pub left: i64,
}

/// How many subscribers there are, and how many came and went since `since`, in milliseconds.
///
/// # Errors
/// The database failed.
pub async fn growth(app: &App, since: i64) -> Result<Growth> {
    // Reads the whole table, as `counts` does; who shows it often keeps it for a while.
    let sql = format!(
        "SELECT CAST(coalesce(sum(CASE WHEN status = {0} THEN 1 ELSE 0 END), 0) AS BIGINT) AS confirmed,
                CAST(coalesce(sum(CASE WHEN status = {0} AND status_at >= $1 THEN 1 ELSE 0 END), 0) AS BIGINT) AS joined,
                CAST(coalesce(sum(CASE WHEN status > {0} AND status_at >= $1 THEN 1 ELSE 0 END), 0) AS BIGINT) AS left
         FROM subscriber",
        db::sql_value(&Status::Confirmed)
    )
    .replace("AS left", "AS \"left\"");
    let growth: Option<Growth> = db::row(app.db.pool(), &sql, crate::values![since]).await?;
    Ok(growth.unwrap_or_default())
}
