//! Whether, and when, a newsletter was taken for somebody: what a return is held against.

use sea_orm::{ConnectionTrait, DbErr, FromQueryResult};

use crate::{db, delivery_state::DeliveryState, values};

/// A newsletter that was taken for one reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromQueryResult)]
pub struct Acceptance {
    /// `newsletter.id`
    pub newsletter: i64,
    /// When a relay took it.
    pub at: i64,
}

/// When the newsletter was taken for this reader. `None`: never; nothing of it can come back.
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

/// What was taken for this reader since then.
pub async fn accepted_since(
    connection: &impl ConnectionTrait,
    reader: i64,
    since: i64,
) -> Result<Vec<Acceptance>, DbErr> {
    // delivery by its primary key, once for each newsletter that was being sent since then.
    let sql = "SELECT d.newsletter_id AS newsletter, d.at AS at FROM newsletter n
        JOIN delivery d ON d.newsletter_id = n.id AND d.subscriber_id = $1
        WHERE n.started_at IS NOT NULL AND coalesce(n.finished_at, $2) >= $2 AND d.state = $3 AND d.at >= $2";
    let state = DeliveryState::Accepted as i16;
    db::rows(connection, sql, values![reader, since, state]).await
}

/// How many readers a newsletter was taken for.
pub async fn count_accepted(
    connection: &impl ConnectionTrait,
    newsletter: i64,
) -> Result<i64, DbErr> {
    // The newsletter's part of delivery's primary key; asked when somebody complains.
    let sql = "SELECT count(*) FROM delivery WHERE newsletter_id = $1 AND state = $2";
    let state = DeliveryState::Accepted as i16;
    Ok(db::scalar(connection, sql, values![newsletter, state])
        .await?
        .unwrap_or(0))
}

/// The same at one provider: readers whose address ends so.
pub async fn count_accepted_at(
    connection: &impl ConnectionTrait,
    newsletter: i64,
    domain: &str,
) -> Result<i64, DbErr> {
    let sql = "SELECT count(*) FROM delivery d JOIN subscriber s ON s.id = d.subscriber_id
        WHERE d.newsletter_id = $1 AND d.state = $2 AND s.email_key LIKE $3 ESCAPE '!'";
    let state = DeliveryState::Accepted as i16;
    let pattern = format!(
        "%@{}",
        domain
            .replace('!', "!!")
            .replace('%', "!%")
            .replace('_', "!_")
    );
    Ok(
        db::scalar(connection, sql, values![newsletter, state, pattern])
            .await?
            .unwrap_or(0),
    )
}
