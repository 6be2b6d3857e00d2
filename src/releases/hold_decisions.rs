//! What a person decides about a release that is held: it goes on, or it is dropped.

use sea_orm::{ColumnTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter};

use super::{
    ReleaseState, events::ReleaseEventKind as Event, release_error::ReleaseError,
    release_state::Transition, release_tables::release,
};
use crate::{app::App, audit::Action, clock::SECOND, db, db::WriteTransaction, values};

const HELD: &[ReleaseState] = &[ReleaseState::Held];

/// Lets a held release go on: it is looked at once more when its settle time is over, or at once
/// where that is past, so that what the office corrected or withdrew meanwhile is not mailed as it
/// was first seen (F9). One that is dated in the future waits for its date (F10). What held it
/// holds it no second time.
pub async fn release(app: &App, id: i64, by: &str) -> Result<(), ReleaseError> {
    let transaction = app.db.begin().await?;
    let held = release::Entity::find_by_id(id)
        .filter(release::Column::State.eq(ReleaseState::Held))
        .one(&transaction)
        .await?
        .ok_or(ReleaseError::NotHeld(id))?;
    if held.document.is_none() {
        return Err(ReleaseError::Textless(id));
    }
    let now = app.clock.now_ms();
    let settles_at = times(&transaction, id)
        .await?
        .map(|times| times.settled().max(times.published_at).max(now));
    let by = Some((by, Action::ReleaseAccept));
    if !let_go(&transaction, id, now, settles_at, by).await? {
        return Err(ReleaseError::NotHeld(id));
    }
    transaction.commit().await?;
    done(app, id, "release");
    Ok(())
}

/// Takes a held release out: nothing of it is mailed.
pub async fn drop_held(app: &App, id: i64, by: &str) -> Result<(), ReleaseError> {
    let transaction = app.db.begin().await?;
    let drop = Transition {
        by: Some((by, Action::ReleaseDrop)),
        ..Transition::new(HELD, Event::Refused, ReleaseState::Dropped)
    };
    if !drop.apply(&transaction, id, app.clock.now_ms()).await? {
        return Err(ReleaseError::NotHeld(id));
    }
    transaction.commit().await?;
    done(app, id, "drop");
    Ok(())
}

/// A person approved what was made of a held release, and so decided about it, too: it is final,
/// but not before its settle time is over (F9).
pub async fn accept(app: &App, transaction: &WriteTransaction, id: i64) -> Result<(), DbErr> {
    let now = app.clock.now_ms();
    let settles_at = times(transaction, id)
        .await?
        .map(|times| times.settled())
        .filter(|settled| *settled > now);
    let_go(transaction, id, now, settles_at, None)
        .await
        .map_err(database_error)?;
    Ok(())
}

/// A person cancelled what was made of a held release: nothing of it is mailed.
pub async fn refuse(app: &App, transaction: &WriteTransaction, id: i64) -> Result<(), DbErr> {
    Transition::new(HELD, Event::Refused, ReleaseState::Dropped)
        .apply(transaction, id, app.clock.now_ms())
        .await
        .map_err(database_error)?;
    Ok(())
}

/// Until it settles, where there is a source that can be asked; else at once.
async fn let_go(
    transaction: &WriteTransaction,
    id: i64,
    now: i64,
    settles_at: Option<i64>,
    by: Option<(&str, Action)>,
) -> Result<bool, ReleaseError> {
    let to = if settles_at.is_some() {
        ReleaseState::Settling
    } else {
        ReleaseState::Settled
    };
    let let_go = Transition {
        settles_at,
        by,
        ..Transition::new(HELD, Event::Released, to)
    };
    let_go.apply(transaction, id, now).await
}

/// These moves are listed, so only the database can fail.
fn database_error(error: ReleaseError) -> DbErr {
    match error {
        ReleaseError::Database(error) => error,
        other => DbErr::Custom(other.to_string()),
    }
}

/// When a release was seen first and published, in milliseconds; 0 where it does not say.
#[derive(Debug, FromQueryResult)]
struct Times {
    first_seen_at: i64,
    settle_seconds: i64,
    published_at: i64,
}

impl Times {
    /// When its settle time is over.
    fn settled(&self) -> i64 {
        self.first_seen_at + self.settle_seconds * SECOND
    }
}

/// `None`: a release of no source.
async fn times(transaction: &WriteTransaction, id: i64) -> Result<Option<Times>, DbErr> {
    db::row(
        transaction,
        "SELECT r.first_seen_at, s.settle_seconds, coalesce(r.published_at, 0) AS published_at
         FROM release r JOIN source s ON s.id = r.source_id WHERE r.id = $1",
        values![id],
    )
    .await
}

fn done(app: &App, id: i64, action: &str) {
    tracing::info!(release.id = id, action, "a person decided about a release");
    app.scheduler_wakeup.notify_one();
}
