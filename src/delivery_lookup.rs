//! What the rooms below the delivery room ask about deliveries, as parts of SQL text. It is that room's
//! own part further down: no other file below it reads its tables.
//!
//! Names in the parts: `d` delivery.

pub mod accepted_record;

use sea_orm::{ConnectionTrait, DbErr, FromQueryResult};

use crate::{
    db::{self, sql_value, sql_values},
    delivery_state::DeliveryState,
    newsletter_lookup::SQL_IDS,
    values,
};

/// The deliveries, as what stands after FROM. Walk them by `d.newsletter_id` and `d.subscriber_id`, their
/// primary key.
pub const SQL_DELIVERIES: &str = "delivery d";

/// Joins the delivery of one newsletter to one reader, given as columns. By its primary key.
#[must_use]
pub fn sql_join(newsletter: &str, reader: &str) -> String {
    format!("JOIN delivery d ON d.newsletter_id = {newsletter} AND d.subscriber_id = {reader}")
}

/// The delivery `d` is under way, or it arrived.
#[must_use]
pub fn sql_goes_or_arrived() -> String {
    format!("d.state <= {}", sql_value(&DeliveryState::Accepted))
}

/// The delivery `d` was not withdrawn.
#[must_use]
pub fn sql_is_kept() -> String {
    format!("d.state <> {}", sql_value(&DeliveryState::Withdrawn))
}

/// The reader has a delivery of the newsletter in one of these states. By its primary key.
#[must_use]
pub fn sql_has(newsletter: &str, reader: &str, states: &[DeliveryState]) -> String {
    format!(
        "EXISTS (SELECT 1 FROM delivery d WHERE d.newsletter_id = {newsletter}
             AND d.subscriber_id = {reader} AND d.state IN ({}))",
        sql_values(states)
    )
}

/// Whether a delivery of the newsletter failed at this moment or later: at its deadline, it is one that was tried
/// until then, and none that was refused for good before.
///
/// # Errors
/// The database failed.
pub async fn failed_since(
    connection: &impl ConnectionTrait,
    newsletter: i64,
    at: i64,
) -> Result<bool, DbErr> {
    // delivery_exception
    let sql = format!(
        "SELECT EXISTS (SELECT 1 FROM delivery WHERE newsletter_id = $1 AND state IN ({}) AND state = {} AND at >= $2)",
        sql_values(&[DeliveryState::Failed, DeliveryState::Withdrawn]),
        sql_value(&DeliveryState::Failed)
    );
    Ok(db::scalar(connection, &sql, values![newsletter, at]).await? == Some(true))
}

/// When the relay took a reader's newsletter, in milliseconds; `None`: it has not, or that is no longer on record.
///
/// # Errors
/// The database failed.
pub async fn accepted_at(
    connection: &impl ConnectionTrait,
    newsletter: i64,
    reader: i64,
) -> Result<Option<i64>, DbErr> {
    // The primary key of delivery.
    let sql =
        "SELECT at FROM delivery WHERE newsletter_id = $1 AND subscriber_id = $2 AND state = $3";
    let state = DeliveryState::Accepted as i16;
    db::scalar(connection, sql, values![newsletter, reader, state]).await
}

/// What became of one newsletter for a reader.
#[derive(Debug, PartialEq, Eq, FromQueryResult)]
pub struct Outcome {
    /// `newsletter.id`
    pub newsletter_id: i64,
    /// How it stands.
    pub state: DeliveryState,
    /// Since when, in milliseconds; for one that was accepted: when the relay took it.
    pub at: i64,
}

/// What became of every newsletter for this reader, the oldest first.
///
/// # Errors
/// The database failed, or a record of old deliveries is damaged.
pub async fn of_reader(
    connection: &impl ConnectionTrait,
    reader: i64,
) -> Result<Vec<Outcome>, DbErr> {
    // By the primary key of delivery, once for each newsletter.
    let sql = format!(
        "SELECT newsletter_id, state, at FROM delivery WHERE newsletter_id IN ({SQL_IDS}) AND subscriber_id = $1"
    );
    let mut all: Vec<Outcome> = db::rows(connection, &sql, values![reader]).await?;
    let folded = accepted_record::of_reader(connection, reader).await?;
    all.extend(folded.into_iter().map(|(newsletter_id, folded)| Outcome {
        newsletter_id,
        state: DeliveryState::Accepted,
        at: folded.at,
    }));
    all.sort_by_key(|one| (one.at, one.newsletter_id));
    Ok(all)
}

/// Some delivery of the newsletter is under way, or arrived.
#[must_use]
pub fn sql_reaches_anybody(newsletter: &str) -> String {
    format!(
        "EXISTS (SELECT 1 FROM delivery d WHERE d.newsletter_id = {newsletter} AND {})",
        sql_goes_or_arrived()
    )
}

/// What [`sql_unaccepted`] counts.
#[derive(Debug, Clone, Copy, FromQueryResult)]
pub struct Unaccepted {
    /// Wait for their turn.
    pub queued: i64,
    /// Are with a worker.
    pub claimed: i64,
    /// Wait for another attempt.
    pub deferred: i64,
    /// Ended without having arrived.
    pub failed: i64,
    /// Ended because they were not wanted any more.
    pub withdrawn: i64,
}

/// The columns of [`Unaccepted`] of one newsletter. What is not settled, and what did not arrive, has small
/// partial indexes; those that were accepted are the big part, which is never counted row by row.
#[must_use]
pub fn sql_unaccepted(newsletter: &str) -> String {
    let count = |state: DeliveryState| {
        format!(
            "(SELECT count(*) FROM delivery WHERE newsletter_id = {newsletter} AND state = {})",
            sql_value(&state)
        )
    };
    let not_arrived = sql_values(&[DeliveryState::Failed, DeliveryState::Withdrawn]);
    let exception = |state: DeliveryState| {
        format!(
            "(SELECT count(*) FROM delivery WHERE newsletter_id = {newsletter} AND state IN ({not_arrived}) AND state = {})",
            sql_value(&state)
        )
    };
    format!(
        "{} AS queued, {} AS claimed, {} AS deferred, {} AS failed, {} AS withdrawn",
        count(DeliveryState::Queued),
        count(DeliveryState::Claimed),
        count(DeliveryState::Deferred),
        exception(DeliveryState::Failed),
        exception(DeliveryState::Withdrawn)
    )
}
