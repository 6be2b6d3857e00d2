//! Whether, and when, a newsletter was taken for somebody: what a return is held against, and the proof
//! of who got what. Asked of the deliveries, and of what was folded ([`crate::delivery_lookup::accepted_record`]).

use sea_orm::{ActiveEnum, ConnectionTrait, DbErr, FromQueryResult};
use serde::Serialize;

use crate::{
    app::App,
    clock::{Timestamp, instant},
    db::{self, like_literal},
    delivery_lookup::{self, accepted_record},
    delivery_state::{DeliveryState, Tls},
    subscribers::{audience::sql_join_subscriber, link::SubscriberLink},
    values,
};

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
    let at = delivery_lookup::accepted_at(connection, newsletter, reader).await?;
    if at.is_some() {
        return Ok(at);
    }
    let folded = accepted_record::find(connection, newsletter, reader).await?;
    Ok(folded.map(|folded| folded.at))
}

/// What the ledger says of one newsletter and one reader.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Receipt {
    /// `newsletter.id`
    pub newsletter: i64,
    /// [`DeliveryState`], as it is called.
    pub state: &'static str,
    /// Since when it is in that state; for `accepted`: when the relay took it. RFC 3339, UTC.
    pub at: String,
    /// The relay that took it, as in the settings.
    pub relay: Option<String>,
    /// How it travelled there.
    pub tls: Option<&'static str>,
    /// How often it was tried.
    pub attempts: i16,
    /// The part of the Message-ID before the @: it is derived, and the same for ever.
    pub message_id: String,
}

#[derive(FromQueryResult)]
struct Delivery {
    state: DeliveryState,
    attempts: i16,
    at: i64,
    relay: Option<i16>,
    tls: Option<i16>,
}

/// What became of a newsletter for a reader. `None`: it was never queued for them.
///
/// # Errors
/// The database failed.
pub async fn receipt(app: &App, newsletter: i64, reader: i64) -> Result<Option<Receipt>, DbErr> {
    let pool = app.db.pool();
    // The primary key of delivery.
    let sql = "SELECT state, attempts, at, relay, tls FROM delivery WHERE newsletter_id = $1 AND subscriber_id = $2";
    let row: Option<Delivery> = db::row(pool, sql, values![newsletter, reader]).await?;
    let folded = match row {
        Some(_) => None,
        None => accepted_record::find(pool, newsletter, reader).await?,
    };
    let found = row.or(folded.map(|folded| Delivery {
        state: DeliveryState::Accepted,
        attempts: folded.attempts,
        at: folded.at,
        relay: folded.relay,
        tls: folded.tls,
    }));
    let Some(found) = found else {
        return Ok(None);
    };
    let relay = match found.relay {
        Some(relay) => {
            let sql = "SELECT address FROM relay WHERE id = $1";
            db::scalar(pool, sql, values![relay]).await?
        }
        None => None,
    };
    let link = SubscriberLink {
        subscriber: reader,
        newsletter,
    };
    let message_id = link.placeholders(&app.keys).message_id;
    Ok(Some(Receipt {
        newsletter,
        state: found.state.as_str(),
        at: instant(found.at).to_string(),
        relay,
        tls: found
            .tls
            .and_then(|tls| Tls::try_from_value(&tls).ok())
            .map(Tls::as_str),
        attempts: found.attempts,
        message_id: String::from_utf8_lossy(&message_id).into_owned(),
    }))
}

#[derive(FromQueryResult)]
struct Received {
    times: i64,
    last: Option<i64>,
}

/// How many newsletters were delivered to a reader, and when the last.
///
/// # Errors
/// The database failed.
pub async fn received_newsletters(
    app: &App,
    reader: i64,
) -> Result<(u64, Option<Timestamp>), DbErr> {
    // By the primary key of delivery, once for each newsletter.
    let sql = "SELECT count(*) AS times, max(at) AS last FROM delivery
        WHERE newsletter_id IN (SELECT id FROM newsletter) AND subscriber_id = $1 AND state = $2";
    let (pool, state) = (app.db.pool(), DeliveryState::Accepted as i16);
    let kept: Option<Received> = db::row(pool, sql, values![reader, state]).await?;
    let folded = accepted_record::of_reader(pool, reader).await?;
    let times = kept.as_ref().map_or(0, |kept| kept.times.unsigned_abs());
    let last = folded.iter().map(|(_, folded)| folded.at).max();
    let last = last.max(kept.and_then(|kept| kept.last));
    Ok((times + folded.len() as u64, last.map(instant)))
}

/// What was taken for this reader since then, as far as it is not folded: that is over a year ago.
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
    let rows: Option<i64> = db::scalar(connection, sql, values![newsletter, state]).await?;
    Ok(rows.unwrap_or(0) + accepted_record::count(connection, newsletter).await?)
}

/// The same at one provider: readers whose address ends so. Complaints come within days, so what is folded
/// is not asked.
pub async fn count_accepted_at(
    connection: &impl ConnectionTrait,
    newsletter: i64,
    domain: &str,
) -> Result<i64, DbErr> {
    let sql = format!(
        "SELECT count(*) FROM delivery d {}
         WHERE d.newsletter_id = $1 AND d.state = $2 AND s.email_key LIKE $3 ESCAPE '\\'",
        sql_join_subscriber("d.subscriber_id")
    );
    let state = DeliveryState::Accepted as i16;
    let pattern = format!("%@{}", like_literal(domain));
    Ok(
        db::scalar(connection, &sql, values![newsletter, state, pattern])
            .await?
            .unwrap_or(0),
    )
}
