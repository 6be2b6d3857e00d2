//! What a person decides about a release that is held: it goes on, or it is dropped.

use sea_orm::ConnectionTrait;

use super::{ReleaseError, ReleaseState};
use crate::{app::App, values};

/// Lets a held release go on its way, as if nothing had held it.
pub async fn release(app: &App, id: i64, by: &str) -> Result<(), ReleaseError> {
    let textless = app
        .db
        .one(
            "SELECT 1 FROM release WHERE id = $1 AND state = 'held' AND document IS NULL",
            values![id],
        )
        .await?;
    if textless.is_some() {
        return Err(ReleaseError::Textless(id));
    }
    decide(app, id, by, ReleaseState::Settled, "release").await
}

/// Takes a held release out: nothing of it is mailed.
pub async fn drop_held(app: &App, id: i64, by: &str) -> Result<(), ReleaseError> {
    decide(app, id, by, ReleaseState::Dropped, "drop").await
}

async fn decide(
    app: &App,
    id: i64,
    by: &str,
    state: ReleaseState,
    action: &str,
) -> Result<(), ReleaseError> {
    let transaction = app.db.begin().await?;
    let changed = transaction
        .execute_raw(app.db.statement(
            "UPDATE release SET state = $2, held_because = NULL, notice = NULL
             WHERE id = $1 AND state = 'held'",
            values![id, state.as_str()],
        ))
        .await?
        .rows_affected();
    if changed == 0 {
        return Err(ReleaseError::NotHeld(id));
    }
    transaction
        .execute_raw(app.db.statement(
            "INSERT INTO audit (at, who, action, object, details) VALUES ($1, $2, $3, $4, '')",
            values![
                app.clock.now_ms(),
                by,
                format!("release.{action}"),
                format!("release/{id}")
            ],
        ))
        .await?;
    transaction.commit().await?;
    tracing::info!(release.id = id, action, "a person decided about a release");
    app.schedule_bell.notify_one();
    Ok(())
}
