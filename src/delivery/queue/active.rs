//! The newsletters that are being sent, and one claimed delivery of theirs.

use sea_orm::{DbErr, FromQueryResult};

use crate::{
    db::{self, Db, sql_value},
    newsletters::newsletter_state_sql::{ACTIVE, PAUSED, SENDING},
    subscribers::audience::{Audience, NO_TOPIC},
    values,
};

/// `delivery.relay` of who is queued and was never claimed. It is as wide as all that takes its place
/// later (a worker's number, another relay's; `tls` has its own place), so that a row never grows: the pages are filled to the brim in the order of the key, and
/// on `SQLite` one grown row in each would leave them half empty.
pub const UNTRIED: i16 = i16::MIN;
/// The same of `delivery.tls`.
pub const UNSENT: i16 = -1;

/// A newsletter that is being sent, as the queue needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromQueryResult)]
pub struct Active {
    /// `newsletter.id`
    pub id: i64,
    /// Its topic; [`NO_TOPIC`] stands for the press list.
    pub topic_id: i64,
    /// Only those confirmed by then are its audience.
    pub started_at: i64,
    /// After this nothing is tried again.
    pub deadline: i64,
    /// Whether its whole audience is in the queue.
    pub enqueued: bool,
}

/// One claimed delivery.
#[derive(Debug, Clone)]
pub struct Claimed {
    /// `subscriber.id`
    pub subscriber_id: i64,
    /// Attempts before this one.
    pub attempts: i16,
    /// The address.
    pub email: String,
}

/// The newsletters that are being sent, the oldest first.
pub async fn active(db: &Db) -> Result<Vec<Active>, DbErr> {
    // newsletter_active holds only these.
    let sql = format!(
        "SELECT id, CASE audience WHEN {} THEN {NO_TOPIC} ELSE topic_id END AS topic_id, started_at,
                coalesce(deadline_at, started_at) AS deadline, enqueued_at IS NOT NULL AS enqueued
         FROM newsletter WHERE state IN ({ACTIVE}) AND state = {SENDING} ORDER BY started_at, id",
        sql_value(&Audience::PressList)
    );
    db::rows(db.pool(), &sql, values![]).await
}

/// The newsletters that stand until somebody lets them go on.
pub async fn paused(db: &Db) -> Result<Vec<i64>, DbErr> {
    // newsletter_active holds only these.
    let sql = format!("SELECT id FROM newsletter WHERE state IN ({ACTIVE}) AND state = {PAUSED}");
    db::scalars(db.pool(), &sql, values![]).await
}
