//! Telling newsletters that one may be made of a release: an event, in the transaction that makes it so.
//! What becomes so by the clock alone, or because its source has another policy, is found by
//! [`announce_due`].

use sea_orm::{
    ColumnTrait, Condition, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait, Func, Query},
};

use super::{
    Policy, ReleaseState,
    events::{self, ReleaseEventKind as Event},
    release_tables::{release, source},
};
use crate::{app::App, db::WriteTransaction};

/// Announced in one round.
const AT_ONCE: u64 = 100;

/// It may be drafted, and nobody was told: also while it settles, so that staff see it at once, but not
/// before the date that it waits for (F10). Those for a digest wait for it.
fn is_ready(now: i64) -> Condition {
    // release_awaiting_draft, in its very words, holds only these few, however long the archive grows.
    let awaiting = format!("state IN ({}) AND drafted_at IS NULL", sql_may_be_drafted());
    let published = Func::coalesce([Expr::col(release::Column::PublishedAt), Expr::value(0)]);
    let digests = Query::select()
        .column(source::Column::Id)
        .from(source::Entity)
        .and_where(source::Column::Policy.eq(Policy::Digest))
        .to_owned();
    let no_digest = Condition::any()
        .add(release::Column::SourceId.is_null())
        .add(release::Column::SourceId.not_in_subquery(digests));
    Condition::all()
        .add(Expr::cust(awaiting))
        .add(release::Column::ReadyAt.is_null())
        .add(release::Column::Document.is_not_null())
        .add(no_digest)
        .add(
            Condition::any()
                .add(release::Column::State.ne(ReleaseState::Settling))
                .add(Expr::expr(published).lte(now)),
        )
}

/// SQL text: the states of the index `release_awaiting_draft`, in its very words.
pub(super) fn sql_may_be_drafted() -> String {
    crate::db::sql_values(&[
        ReleaseState::Settling,
        ReleaseState::Settled,
        ReleaseState::Held,
    ])
}

/// Says so in an event where the release is ready and nobody was told; whether that was said. To be
/// called after whatever may have made it so, in the same transaction.
pub(super) async fn announce(
    transaction: &WriteTransaction,
    id: i64,
    now: i64,
) -> Result<bool, DbErr> {
    let told = release::Entity::update_many()
        .col_expr(release::Column::ReadyAt, Expr::value(now))
        .filter(release::Column::Id.eq(id))
        .filter(is_ready(now))
        .exec(transaction)
        .await?;
    if told.rows_affected == 0 {
        return Ok(false);
    }
    events::record(transaction, id, now, Event::ReadyToDraft, None).await?;
    Ok(true)
}

/// Announces the releases whose date has come, and those whose source gathers no digest any more; how
/// many.
///
/// # Errors
/// The database failed.
pub async fn announce_due(app: &App) -> Result<u64, DbErr> {
    let now = app.clock.now_ms();
    let due: Vec<i64> = release::Entity::find()
        .select_only()
        .column(release::Column::Id)
        .filter(is_ready(now))
        .order_by_asc(release::Column::Id)
        .limit(AT_ONCE)
        .into_tuple()
        .all(app.db.pool())
        .await?;
    let mut announced = 0;
    for id in due {
        let transaction = app.db.begin().await?;
        announced += u64::from(announce(&transaction, id, now).await?);
        transaction.commit().await?;
    }
    Ok(announced)
}
