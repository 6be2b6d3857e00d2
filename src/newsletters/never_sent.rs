//! Whom a newsletter did not reach because it was cancelled, or because a correction took its place. Their
//! deliveries are withdrawn as those of people are who left meanwhile; but they did not leave.

use sea_orm::{ConnectionTrait, DbErr};

use super::NewsletterState;
use crate::{
    db::{self, sql_value, sql_values},
    delivery_lookup::SQL_DELIVERIES,
    delivery_state::DeliveryState::{Failed, Withdrawn},
    subscribers::{Status, audience::SQL_JOIN_READER},
    values,
};

/// SQL text: whether the withdrawn delivery `d` of the newsletter `n` was withdrawn with it, its reader `s` (of a
/// LEFT JOIN) being there then. Whoever had left before, and still stood in the queue, did leave.
#[must_use]
pub fn sql_is_never_sent() -> String {
    format!(
        "((n.state = {} AND d.at >= n.finished_at OR n.superseded_by IS NOT NULL)
          AND (s.id IS NULL OR s.status = {} OR s.status_at >= n.finished_at))",
        sql_value(&NewsletterState::Cancelled),
        sql_value(&Status::Confirmed)
    )
}

/// How many of a newsletter's withdrawn deliveries are theirs.
///
/// # Errors
/// The database failed.
pub async fn never_sent(connection: &impl ConnectionTrait, id: i64) -> Result<u64, DbErr> {
    // delivery_exception, then newsletter and subscriber by their primary keys.
    let sql = format!(
        "SELECT count(*) FROM {SQL_DELIVERIES}
         JOIN newsletter n ON n.id = d.newsletter_id
         {SQL_JOIN_READER}
         WHERE d.newsletter_id = $1 AND d.state IN ({}) AND d.state = {} AND {}",
        sql_values(&[Failed, Withdrawn]),
        sql_value(&Withdrawn),
        sql_is_never_sent()
    );
    let people: Option<i64> = db::scalar(connection, &sql, values![id]).await?;
    Ok(people.unwrap_or_default().unsigned_abs())
}
