//! Whether anybody works on a database: what moves it must be alone.

use super::{
    table_copy::{CopiedTable, OF_PROCESSES, copy_all},
    transfer_error::TransferError,
};
use crate::{
    app::App,
    audit::{self, Action, OPERATOR},
    clock::Clock,
    db,
    db::Db,
};

/// Copies the database of `app`, on which nothing may run, into an empty one.
pub async fn copy_idle(app: &App, to: &str) -> Result<Vec<CopiedTable>, TransferError> {
    must_be_idle(&app.db, &app.clock).await?;
    let there = Db::open(to).await.map_err(|why| TransferError::OpenOther {
        argument: "--to",
        why,
    })?;
    let copied = copy_all(&app.db, &there).await;
    let name = there.name().to_owned();
    there.close().await?;
    let copied = copied?;
    let (now, action) = (app.clock.now_ms(), Action::DatabaseCopy);
    audit::record(&app.db.writer(), now, OPERATOR, action, "database", name).await?;
    Ok(copied)
}

pub(super) async fn must_be_idle(db: &Db, clock: &Clock) -> Result<(), TransferError> {
    let now = clock.now_ms();
    for table in OF_PROCESSES {
        let sql = format!("SELECT count(*) FROM {table} WHERE lease_ends > $1");
        if db::scalar::<i64>(db.pool(), &sql, [now.into()]).await? != Some(0) {
            return Err(TransferError::Running(db.name().to_owned()));
        }
    }
    Ok(())
}
