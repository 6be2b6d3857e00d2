//! How many stand where.

use super::{Result, Standing};
use crate::app::App;

/// How many subscribers there are of each standing; standings that nobody has are left out.
pub async fn counts(app: &App) -> Result<Vec<(Standing, u64)>> {
    // Reads the whole table, a second for millions: staff look here seldom, and an index would
    // have to be kept up at every confirmation.
    let rows = app
        .db
        .all(
            "SELECT standing, count(*) FROM subscriber GROUP BY standing ORDER BY standing",
            [],
        )
        .await?;
    let mut counts = Vec::with_capacity(rows.len());
    for row in rows {
        if let Some(standing) = Standing::from_number(row.try_get_by_index(0)?) {
            counts.push((standing, row.try_get_by_index::<i64>(1)? as u64));
        }
    }
    Ok(counts)
}
