//! How far a newsletter's readers are in the queue. The delivery room puts them there, in transactions of
//! the queue's own connection; what it notes of them in the newsletter is said here.

use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, DbErr, EntityTrait, QueryFilter,
    sea_query::{Expr, ExprTrait},
};

use super::{
    lifecycle::{Move, Step, try_make},
    newsletter_entities::newsletter::{self, Column},
    newsletter_state_sql::{ACTIVE, SENDING},
};
use crate::{
    audit::GAZETTE,
    clock::HOUR,
    db::WriteTransaction,
    delivery_lookup::SQL_DELIVERIES,
    subscribers::audience::{sql_join_contact, sql_names_no_medium},
};

/// SQL text: of newsletter `$1` all readers with ids up to `$2` are queued, `$3` more of them.
pub const SQL_SLICE_QUEUED: &str =
    "UPDATE newsletter SET enqueued_to = $2, total = total + $3 WHERE id = $1";

/// SQL text: of newsletter `$1` all readers are queued, at `$2`.
pub const SQL_ALL_QUEUED: &str = "UPDATE newsletter SET enqueued_at = $2 WHERE id = $1";

/// SQL text: of newsletter `$1` the whole press list is queued, `$2` more readers, at `$3`. How many of
/// them count as unsolicited is counted now: what the contacts are later changes nothing about what was
/// sent.
#[must_use]
pub fn sql_press_list_queued() -> String {
    format!(
        "UPDATE newsletter SET total = total + $2, enqueued_at = $3, unsolicited = (
             SELECT count(*) FROM {SQL_DELIVERIES} {}
             WHERE d.newsletter_id = $1 AND (NOT news_release OR {}))
         WHERE id = $1",
        sql_join_contact(),
        sql_names_no_medium()
    )
}

/// SQL text: the deadlines of what is being sent are `$2` milliseconds later, and at `$1` no further off
/// than of one that begins now, with `$3` hours where it has none of its own.
#[must_use]
pub fn sql_deadlines_moved() -> String {
    let latest = format!("$1 + coalesce(deadline_hours, $3) * {HOUR}");
    // newsletter_active
    format!(
        "UPDATE newsletter SET deadline_at = CASE WHEN deadline_at + $2 < {latest} THEN deadline_at + $2 ELSE {latest} END
         WHERE state IN ({ACTIVE}) AND state = {SENDING} AND deadline_at IS NOT NULL"
    )
}

/// Within the transaction that queues them: `more` readers are sent this newsletter after its own
/// queueing had passed them by. One that was finished goes on.
///
/// # Errors
/// The database failed.
pub async fn queue_more(
    transaction: &WriteTransaction,
    id: i64,
    more: i64,
    now: i64,
) -> Result<(), DbErr> {
    newsletter::Entity::update_many()
        .col_expr(Column::Total, Expr::col(Column::Total).add(more))
        .filter(Column::Id.eq(id))
        .exec(transaction)
        .await?;
    let why = format!("{more} readers of its edition left another topic");
    go_on(transaction, id, why, now).await
}

/// One that was finished goes on, because more readers wait for it; what is not finished stays as it is.
///
/// # Errors
/// The database failed.
pub(super) async fn go_on(
    transaction: &WriteTransaction,
    id: i64,
    why: String,
    now: i64,
) -> Result<(), DbErr> {
    let set = newsletter::ActiveModel {
        finished_at: Set(None),
        counts: Set(None),
        ..Default::default()
    };
    let step = Step::new(now, GAZETTE).details(why).set(set);
    try_make(transaction, id, Move::GoOn, step).await?;
    Ok(())
}
