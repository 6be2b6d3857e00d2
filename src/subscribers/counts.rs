//! How many stand where.

use super::{Result, Status};
use crate::app::App;

/// How many subscribers there are of each status; statuses that nobody has are left out.
pub async fn counts(app: &App) -> Result<Vec<(Status, u64)>> {
    // Reads the whole table, a second for millions: staff look here seldom, and an index would
    // have to be kept up at every confirmation.
    let rows = app
        .db
        .all(
            "SELECT status, count(*) FROM subscriber GROUP BY status ORDER BY status",
            [],
        )
        .await?;
    let mut counts = Vec::with_capacity(rows.len());
    for row in rows {
        if let Some(status) = Status::from_number(row.try_get_by_index(0)?) {
            counts.push((status, row.try_get_by_index::<i64>(1)? as u64));
        }
    }
    Ok(counts)
}
