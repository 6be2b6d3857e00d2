//! Reading the events of releases in their order, each once: a cursor that moves in the transaction that
//! applies the event. An event that cannot be read or applied is set aside with its reason, as a dead letter:
//! its newsletters wait for a person, staff see it, and the next event goes on.
//!
//! Ids are given in the order of commits (`releases::events`), so nothing comes in behind the cursor.

use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait,
    QueryFilter, QueryOrder, QuerySelect, RuntimeErr, SqlxError, sea_query::Expr,
};
use serde::Serialize;

use super::{
    NewsletterError, Result,
    newsletter_entities::{
        newsletter_release, release_event_cursor as cursor, release_event_set_aside as set_aside,
    },
    stopping::reopen,
};
use crate::{
    app::App,
    audit::{self, Action},
    clock::{SECOND, Timestamp, instant},
    db::WriteTransaction,
    releases::{
        events::{NextEvent, next_event, sql_has_event_after},
        note_for_staff,
    },
};

/// How often an event is tried that something which may pass keeps from being applied: a lock, or the
/// database as it starts anew.
const MOST_ATTEMPTS: i32 = 6;

/// Between the first two attempts; each further pause is twice as long. Together half a minute.
const FIRST_RETRY_MS: i64 = SECOND;

/// SQL text: the newsletters know all that happened to the release `release`.
pub(super) fn sql_is_known(release: &str) -> String {
    let unknown = sql_has_event_after(release, "(SELECT consumed_to FROM release_event_cursor)");
    format!("NOT {unknown}")
}

/// SQL text: the row `newsletter` knows all that happened to its releases.
pub(super) fn sql_knows_all() -> String {
    format!(
        "NOT EXISTS (SELECT 1 FROM newsletter_release x WHERE x.newsletter_id = newsletter.id AND NOT ({}))",
        sql_is_known("x.release_id")
    )
}

/// Where the cursor stands.
pub(super) async fn position(connection: &impl ConnectionTrait) -> Result<cursor::Model> {
    Ok(cursor::Entity::find_by_id(1)
        .one(connection)
        .await?
        .ok_or_else(|| DbErr::RecordNotFound("release_event_cursor".to_owned()))?)
}

/// The event that comes next; `None`: there is none, or it is not to be tried yet.
pub(super) async fn next(app: &App, at: &cursor::Model) -> Result<Option<NextEvent>> {
    let now = app.clock.now_ms();
    // A clock that was set back must not make it wait forever.
    let waits = at
        .retry_at
        .is_some_and(|retry| retry > now && retry - now <= FIRST_RETRY_MS << MOST_ATTEMPTS);
    if waits {
        return Ok(None);
    }
    Ok(next_event(app.db.pool(), at.consumed_to).await?)
}

/// Moves the cursor on; whether it stood where it was read: of two processes one applies the event.
pub(super) async fn advance(
    transaction: &WriteTransaction,
    at: &cursor::Model,
    to: i64,
) -> Result<bool> {
    let moved = cursor::Entity::update_many()
        .set(cursor::ActiveModel {
            consumed_to: Set(to),
            attempts: Set(0),
            retry_at: Set(None),
            ..Default::default()
        })
        .filter(cursor::Column::ConsumedTo.eq(at.consumed_to))
        .exec(transaction)
        .await?;
    Ok(moved.rows_affected > 0)
}

/// What is done about an event that could not be applied: it is tried again later, or set aside.
/// Whether the next one may be looked at.
pub(super) async fn fail(
    app: &App,
    at: &cursor::Model,
    event: &NextEvent,
    error: &NewsletterError,
) -> Result<bool> {
    let id = event.id;
    if may_pass(error) && at.attempts + 1 < MOST_ATTEMPTS {
        tracing::error!(release_event.id = id, %error, "cannot apply an event of a release; trying again");
        let retry_at = app.clock.now_ms() + (FIRST_RETRY_MS << at.attempts);
        let transaction = app.db.begin().await?;
        cursor::Entity::update_many()
            .col_expr(cursor::Column::Attempts, Expr::value(at.attempts + 1))
            .col_expr(cursor::Column::RetryAt, Expr::value(retry_at))
            .filter(cursor::Column::ConsumedTo.eq(at.consumed_to))
            .exec(&transaction)
            .await?;
        transaction.commit().await?;
        return Ok(false);
    }
    let transaction = app.db.begin().await?;
    if advance(&transaction, at, id).await? {
        tracing::error!(release_event.id = id, release.id = event.release_id, %error, "an event of a release is set aside");
        put_aside(&transaction, app.clock.now_ms(), event, error).await?;
    }
    transaction.commit().await?;
    Ok(true)
}

/// What nobody could be told by the event waits for a person who knows.
async fn put_aside(
    transaction: &WriteTransaction,
    now: i64,
    event: &NextEvent,
    error: &NewsletterError,
) -> Result<()> {
    set_aside::ActiveModel {
        event_id: Set(event.id),
        release_id: Set(event.release_id),
        at: Set(now),
        reason: Set(error.to_string()),
    }
    .insert(transaction)
    .await?;
    let why = format!(
        "Something happened to its release, and Gazette could not read what ({error}). Compare it with the office's page before it goes out."
    );
    // newsletter_release_of. Their rows are not read: they may be what cannot be.
    let newsletters: Vec<i64> = newsletter_release::Entity::find()
        .select_only()
        .column(newsletter_release::Column::NewsletterId)
        .filter(newsletter_release::Column::ReleaseId.eq(event.release_id))
        .into_tuple()
        .all(transaction)
        .await?;
    for newsletter in newsletters {
        reopen(transaction, now, newsletter, &why).await?;
    }
    Ok(note_for_staff(transaction, event.release_id, &why).await?)
}

/// Whether the same may succeed in a moment. What a row holds does not change by itself.
fn may_pass(error: &NewsletterError) -> bool {
    match error {
        NewsletterError::Db(
            DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error)),
        ) => !matches!(
            **error,
            SqlxError::ColumnDecode { .. } | SqlxError::Decode(_) | SqlxError::ColumnNotFound(_)
        ),
        NewsletterError::Db(DbErr::Conn(_) | DbErr::ConnectionAcquire(_)) => true,
        _ => false,
    }
}

/// An event of a release that nothing could be made of.
#[derive(Debug, Clone, Serialize)]
pub struct EventSetAside {
    /// `release_event.id`
    pub event_id: i64,
    /// `release.id`
    pub release_id: i64,
    /// When it was set aside.
    pub at: Timestamp,
    /// Why.
    pub reason: String,
}

/// The events of releases that were set aside and that nobody has dealt with yet, the latest first.
///
/// # Errors
/// The database failed.
pub async fn events_set_aside(app: &App) -> Result<Vec<EventSetAside>> {
    let rows = set_aside::Entity::find()
        .order_by_desc(set_aside::Column::EventId)
        .limit(100)
        .all(app.db.pool())
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| EventSetAside {
            event_id: row.event_id,
            release_id: row.release_id,
            at: instant(row.at),
            reason: row.reason,
        })
        .collect())
}

/// A person has dealt with an event that was set aside: it is shown no more.
///
/// # Errors
/// [`NewsletterError::Wrong`] where there is none with this number.
pub async fn dismiss_event(app: &App, event: i64, by: &str) -> Result<()> {
    let transaction = app.db.begin().await?;
    let Some(row) = set_aside::Entity::find_by_id(event)
        .one(&transaction)
        .await?
    else {
        return Err(NewsletterError::Wrong(
            "somebody has dealt with it already".to_owned(),
        ));
    };
    set_aside::Entity::delete_by_id(event)
        .exec(&transaction)
        .await?;
    let (now, action) = (app.clock.now_ms(), Action::ReleaseEventDismiss);
    let (object, details) = (format!("release/{}", row.release_id), row.reason.as_str());
    audit::record(&transaction, now, by, action, object, details).await?;
    Ok(transaction.commit().await?)
}
