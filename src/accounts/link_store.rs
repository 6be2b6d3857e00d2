//! The one-time links of staff that are not used yet (table `staff_invitation`).

use sea_orm::ConnectionTrait;

use super::error::Result;
use crate::{app::App, values};

/// Ends the unused links of an account, or with `None` those for the first account.
pub async fn void(app: &App, transaction: &impl ConnectionTrait, staff: Option<i64>) -> Result<()> {
    // Used ones and others' stay; the table holds a handful of rows, so it needs no index.
    let statement = match staff {
        Some(id) => app.db.statement(
            "DELETE FROM staff_invitation WHERE used_at IS NULL AND staff_id = $1",
            values![id],
        ),
        None => app.db.statement(
            "DELETE FROM staff_invitation WHERE used_at IS NULL AND staff_id IS NULL",
            [],
        ),
    };
    transaction.execute_raw(statement).await?;
    Ok(())
}
