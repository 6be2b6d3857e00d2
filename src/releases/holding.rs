//! What a person decides about a release that is held: it goes on, or it is dropped.

use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr};

use super::{ReleaseError, ReleaseState};
use crate::{
    app::App,
    audit::{self, Action},
    clock::SECOND,
    values,
};

/// Lets a held release go on: it is looked at once more when its settle time is over, or at once
/// where that is past, so that what the office corrected or withdrew meanwhile is not mailed as it
/// was first seen (F9). One that is dated in the future waits for its date (F10). What held it
/// holds it no second time.
pub async fn release(app: &App, id: i64, by: &str) -> Result<(), ReleaseError> {
    let transaction = app.db.begin().await?;
    let row = transaction
        .query_one_raw(app.db.statement(
            "SELECT CASE WHEN document IS NULL THEN 0 ELSE 1 END FROM release WHERE id = $1 AND state = 'held'",
            values![id],
        ))
        .await?
        .ok_or(ReleaseError::NotHeld(id))?;
    if row.try_get_by_index::<i32>(0)? == 0 {
        return Err(ReleaseError::Textless(id));
    }
    let now = app.clock.now_ms();
    let changed = match times(app, &transaction, id).await? {
        Some(times) => {
            let at = times.settled.max(times.published).max(now);
            settle_again(app, &transaction, id, at).await?
        }
        // Nobody can look again at what came from no source.
        None => decided(app, &transaction, id, ReleaseState::Settled).await?,
    };
    if changed == 0 {
        return Err(ReleaseError::NotHeld(id));
    }
    note(app, &transaction, id, by, Action::ReleaseAccept).await?;
    transaction.commit().await?;
    done(app, id, "release");
    Ok(())
}

/// Takes a held release out: nothing of it is mailed.
pub async fn drop_held(app: &App, id: i64, by: &str) -> Result<(), ReleaseError> {
    let transaction = app.db.begin().await?;
    if decided(app, &transaction, id, ReleaseState::Dropped).await? == 0 {
        return Err(ReleaseError::NotHeld(id));
    }
    note(app, &transaction, id, by, Action::ReleaseDrop).await?;
    transaction.commit().await?;
    done(app, id, "drop");
    Ok(())
}

/// A person approved what was made of a held release, and so decided about it, too: it is final,
/// but not before its settle time is over (F9).
pub async fn accept(app: &App, transaction: &DatabaseTransaction, id: i64) -> Result<(), DbErr> {
    let now = app.clock.now_ms();
    match times(app, transaction, id).await? {
        Some(times) if times.settled > now => {
            settle_again(app, transaction, id, times.settled).await?
        }
        _ => decided(app, transaction, id, ReleaseState::Settled).await?,
    };
    Ok(())
}

/// A person cancelled what was made of a held release: nothing of it is mailed.
pub async fn refuse(app: &App, transaction: &DatabaseTransaction, id: i64) -> Result<(), DbErr> {
    decided(app, transaction, id, ReleaseState::Dropped).await?;
    Ok(())
}

/// When a release's settle time is over, and when it was published; 0 where it does not say.
#[derive(Debug)]
struct Times {
    settled: i64,
    published: i64,
}

/// None for a release of no source.
async fn times(
    app: &App,
    transaction: &DatabaseTransaction,
    id: i64,
) -> Result<Option<Times>, DbErr> {
    let row = transaction
        .query_one_raw(app.db.statement(
            "SELECT r.first_seen_at, s.settle_seconds, coalesce(r.published_at, 0)
             FROM release r JOIN source s ON s.id = r.source_id WHERE r.id = $1",
            values![id],
        ))
        .await?;
    let Some(row) = row else { return Ok(None) };
    let (first_seen, seconds): (i64, i64) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
    Ok(Some(Times {
        settled: first_seen + seconds * SECOND,
        published: row.try_get_by_index(2)?,
    }))
}

/// That it is held no longer; why it was is kept, so that the same does not hold it again.
const HELD_NO_LONGER: &str = "notice = NULL, held_because = NULL,
    let_go = coalesce(let_go || ' ', '') || coalesce(held_because, '')";

async fn settle_again(
    app: &App,
    transaction: &DatabaseTransaction,
    id: i64,
    at: i64,
) -> Result<u64, DbErr> {
    let done = transaction
        .execute_raw(app.db.statement(
            &format!(
                "UPDATE release SET state = 'settling', settles_at = $2, revisit_at = NULL, {HELD_NO_LONGER}
                 WHERE id = $1 AND state = 'held'"
            ),
            values![id, at],
        ))
        .await?;
    Ok(done.rows_affected())
}

async fn decided(
    app: &App,
    transaction: &DatabaseTransaction,
    id: i64,
    state: ReleaseState,
) -> Result<u64, DbErr> {
    let done = transaction
        .execute_raw(app.db.statement(
            // A digest that has it learns of it.
            &format!(
                "UPDATE release SET state = $2, {HELD_NO_LONGER},
                        changed_at = CASE WHEN $3 AND drafted_at IS NOT NULL THEN $4 ELSE changed_at END
                 WHERE id = $1 AND state = 'held'"
            ),
            values![
                id,
                state.as_str(),
                state == ReleaseState::Dropped,
                app.clock.now_ms()
            ],
        ))
        .await?;
    Ok(done.rows_affected())
}

async fn note(
    app: &App,
    transaction: &DatabaseTransaction,
    id: i64,
    by: &str,
    action: Action,
) -> Result<(), DbErr> {
    let object = format!("release/{id}");
    audit::record(transaction, app.clock.now_ms(), by, action, object, "").await
}

fn done(app: &App, id: i64, action: &str) {
    tracing::info!(release.id = id, action, "a person decided about a release");
    app.scheduler_wakeup.notify_one();
}
