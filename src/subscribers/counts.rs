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
