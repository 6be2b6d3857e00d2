//! Reading the events of releases in their order, each once: a cursor that moves in the transaction that
//! applies the event. An event that cannot be read or applied is set aside with its reason, which
//! staff see, and stops nothing else (a dead letter).
//!
//! Ids are given in the order of commits (`releases::events`), so nothing comes in behind the cursor.

use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, DatabaseTransaction, DbErr, EntityTrait,
    QueryFilter, sea_query::Expr,
};

use super::{
    NewsletterError, Result,
    newsletter_entities::{release_event_cursor as cursor, release_event_set_aside},
};
use crate::{
    app::App,
    releases::{
        events::{ReleaseEvent, events_after, next_event_id},
        note_for_staff,
    },
};

/// How often an event is tried that the database, or something else that may pass, keeps from being
/// applied.
const MOST_ATTEMPTS: i32 = 5;

/// SQL text: the newsletters know all that happened to the release `release`. By the index
/// `release_event_of_release`.
pub(super) fn sql_is_known(release: &str) -> String {
    format!(
        "NOT EXISTS (SELECT 1 FROM release_event e WHERE e.release_id = {release}
                     AND e.id > (SELECT consumed_to FROM release_event_cursor))"
    )
}

/// Where the cursor stands.
pub(super) async fn position(app: &App) -> Result<cursor::Model> {
    Ok(cursor::Entity::find_by_id(1)
        .one(app.db.pool())
        .await?
        .ok_or_else(|| DbErr::RecordNotFound("release_event_cursor".to_owned()))?)
}

/// The next event; an error where there is one that cannot be read.
pub(super) async fn next(
    app: &App,
    after: i64,
) -> std::result::Result<Option<ReleaseEvent>, DbErr> {
    Ok(events_after(app.db.pool(), after, 1).await?.pop())
}

/// Moves the cursor on; whether it stood where it was read: of two processes one applies the event.
pub(super) async fn advance(transaction: &DatabaseTransaction, from: i64, to: i64) -> Result<bool> {
    let moved = cursor::Entity::update_many()
        .col_expr(cursor::Column::ConsumedTo, Expr::value(to))
        .col_expr(cursor::Column::Attempts, Expr::value(0))
        .filter(cursor::Column::ConsumedTo.eq(from))
        .exec(transaction)
        .await?;
    Ok(moved.rows_affected > 0)
}

/// What is done about an event that could not be applied: it is tried again, or set aside. Whether the
/// next one may be looked at.
pub(super) async fn fail(
    app: &App,
    at: &cursor::Model,
    event: Option<&ReleaseEvent>,
    error: &NewsletterError,
) -> Result<bool> {
    let Some(id) = next_event_id(app.db.pool(), at.consumed_to).await? else {
        return Ok(false);
    };
    let transaction = app.db.begin().await?;
    let may_pass = matches!(
        error,
        NewsletterError::Db(
            DbErr::Conn(_) | DbErr::ConnectionAcquire(_) | DbErr::Exec(_) | DbErr::Query(_)
        )
    );
    if may_pass && at.attempts + 1 < MOST_ATTEMPTS {
        tracing::error!(release_event.id = id, %error, "cannot apply an event of a release; trying again");
        cursor::Entity::update_many()
            .col_expr(cursor::Column::Attempts, Expr::value(at.attempts + 1))
            .filter(cursor::Column::ConsumedTo.eq(at.consumed_to))
            .exec(&transaction)
            .await?;
        transaction.commit().await?;
        return Ok(false);
    }
    if !advance(&transaction, at.consumed_to, id).await? {
        return Ok(true);
    }
    tracing::error!(release_event.id = id, %error, "an event of a release is set aside");
    release_event_set_aside::ActiveModel {
        event_id: Set(id),
        at: Set(app.clock.now_ms()),
        reason: Set(error.to_string()),
    }
    .insert(&transaction)
    .await?;
    if let Some(event) = event {
        let why = format!(
            "Gazette could not tell its newsletters what became of it ({error}). Look at them before they go out."
        );
        note_for_staff(&transaction, event.release_id, &why).await?;
    }
    transaction.commit().await?;
    Ok(true)
}
