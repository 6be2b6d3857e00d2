//! The queue: one durable row per delivery, and every way in which a row moves.
//!
//! ```text
//! queued ─claim→ claimed ─accepted→ accepted
//!    ▲              ├─4xx, in doubt→ deferred ─due→ claimed
//!    └─given back───┤
//!                   ├─5xx, given up→ failed ←give-up time─ queued, deferred
//!                   └─left meanwhile→ withdrawn
//! ```
//!
//! A claim belongs to a worker, and a worker to a lease (`worker.lease_ends`): a worker that does
//! not renew it is dead, and what it held is queued again. Nothing here sends or decides; it only
//! moves rows, each step in one statement or one transaction.

use sea_orm::{DbErr, Value};

use super::DeliveryState;
use crate::{
    db::{Columns, Db},
    delivery_state::sql::QUEUED,
    newsletters::Recipients,
    subscribers::audience::{Audience, NO_TOPIC, SqlAudience},
    values,
};

mod edition_handover;
mod giving_up;
pub mod readers;
mod workers;

pub use giving_up::{give_up, postpone};
pub use workers::{dismiss, enlist, free_ownerless, living, renew, sql_worker_is_registered};

/// How many subscribers enter the queue in one transaction: small enough that the first message
/// leaves while the list is still being queued, and that sign-ups never wait for it.
const SLICE: i64 = 5_000;

/// `delivery.relay` of who is queued and was never claimed. It is as wide as all that takes its place
/// later (a worker's number, another relay's; `tls` has its own place), so that a row never grows: the pages are filled to the brim in the order of the key, and
/// on `SQLite` one grown row in each would leave them half empty.
pub const UNTRIED: i16 = i16::MIN;
/// The same of `delivery.tls`.
pub const UNSENT: i16 = -1;

/// A newsletter that is being sent, as the queue needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Active {
    /// `newsletter.id`
    pub id: i64,
    /// Its topic; [`NO_TOPIC`] stands for the press list.
    pub topic_id: i64,
    /// Only those confirmed by then are its audience.
    pub started_at: i64,
    /// After this nothing is tried again.
    pub give_up_at: i64,
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
    let rows = db
        .all(
            "SELECT id, CASE audience WHEN 1 THEN 0 ELSE topic_id END, started_at, coalesce(give_up_at, started_at), enqueued_at IS NOT NULL
             FROM newsletter WHERE state IN (1, 2, 3) AND state = 2 ORDER BY started_at, id",
            [],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(Active {
                id: row.try_get_by_index(0)?,
                topic_id: row.try_get_by_index(1)?,
                started_at: row.try_get_by_index(2)?,
                give_up_at: row.try_get_by_index(3)?,
                enqueued: row.try_get_by_index(4)?,
            })
        })
        .collect()
}

/// Puts the next slice of the audience in the queue: those who were confirmed when sending began.
/// Whether more is to come. The key (newsletter, subscriber) makes a repeated slice harmless.
pub async fn enqueue_slice(db: &Db, newsletter: &Active, now: i64) -> Result<bool, DbErr> {
    if newsletter.topic_id == NO_TOPIC {
        return readers::enqueue_press_list(db, newsletter, now).await;
    }
    let mut transaction = db.queue().begin().await?;
    // Held to the end: a cancellation waits, and then finds the slice in the queue.
    let hold = if db.is_sqlite() {
        ""
    } else {
        "FOR UPDATE OF n"
    };
    let found = transaction
        .rows(
            &format!(
                "SELECT n.enqueued_to,
                    (SELECT max(u.subscriber_id) FROM
                        (SELECT t.subscriber_id FROM subscription t
                         WHERE t.topic_id = n.topic_id AND t.subscriber_id > n.enqueued_to
                         ORDER BY t.subscriber_id LIMIT $2) u),
                    n.edition, n.corrects
             FROM newsletter n WHERE n.id = $1 AND n.audience = 0 AND n.state = 2 AND n.enqueued_at IS NULL {hold}"
            ),
            values![newsletter.id, SLICE],
            |row| {
                Ok((
                    row.integer(0)?,
                    row.integer_or_none(1)?,
                    row.integer_or_none(2)?,
                    row.integer_or_none(3)?,
                ))
            },
        )
        .await?;
    let Some((from, to, edition, corrects)) = found.first().copied() else {
        return Ok(false);
    };
    let Some(to) = to else {
        transaction
            .execute(
                "UPDATE newsletter SET enqueued_at = $2 WHERE id = $1",
                values![newsletter.id, now],
            )
            .await?;
        transaction.commit().await?;
        return Ok(false);
    };
    if let Some(edition) = edition
        && !db.is_sqlite()
    {
        // Two workers may queue two newsletters of one edition at the same time: each must see
        // whom the other has taken. SQLite lets only one write anyway.
        transaction
            .rows(
                "SELECT id FROM newsletter WHERE id = $1 FOR UPDATE",
                values![edition],
                |row| row.integer(0),
            )
            .await?;
    }
    let recipients = Recipients {
        newsletter: newsletter.id,
        audience: Audience::Subscribers,
        edition,
        corrects,
    };
    let SqlAudience {
        from: tables,
        reader,
        conditions,
    } = recipients.sql("$2", "$6");
    let queued = transaction
        .execute(
            // The tables are walked in the order of their keys, and delivery is appended to.
            &format!(
                "INSERT INTO delivery (newsletter_id, subscriber_id, state, attempts, at, relay, tls)
                 SELECT $1, {reader}, {QUEUED}, 0, $5, {UNTRIED}, {UNSENT} FROM {tables}
                 WHERE {reader} > $3 AND {reader} <= $4 AND {conditions}
                 ORDER BY {reader}
                 ON CONFLICT (newsletter_id, subscriber_id) DO NOTHING"
            ),
            values![
                newsletter.id,
                newsletter.topic_id,
                from,
                to,
                now,
                newsletter.started_at
            ],
        )
        .await?;
    transaction
        .execute(
            "UPDATE newsletter SET enqueued_to = $2, total = total + $3 WHERE id = $1",
            values![newsletter.id, to, queued as i64],
        )
        .await?;
    transaction.commit().await?;
    Ok(true)
}

/// Claims up to `limit` deliveries for `worker`: those due again first, then the fresh ones in the
/// order of subscribers. Whoever may no longer be mailed is withdrawn here, not mailed (S12). A
/// worker that has been struck, and does not know it yet, gets nothing. Two claims of one worker
/// never have the same `now`, see [`give_back_claim`].
pub async fn claim(
    db: &Db,
    newsletter: &Active,
    worker: i64,
    limit: usize,
    now: i64,
) -> Result<Vec<Claimed>, DbErr> {
    let mut claimed = Vec::new();
    for (waiting, order) in [
        // delivery_deferred
        ("state = 2 AND at <= $4", "at"),
        // delivery_queued
        ("state = 0", "subscriber_id"),
    ] {
        let room = limit.saturating_sub(claimed.len());
        if room == 0 {
            break;
        }
        let mut left = Vec::new();
        for (subscriber_id, attempts, email) in
            claim_where(db, newsletter, worker, room, now, waiting, order).await?
        {
            match email {
                Some(email) => claimed.push(Claimed {
                    subscriber_id,
                    attempts,
                    email,
                }),
                None => left.push(subscriber_id),
            }
        }
        if !left.is_empty() {
            withdraw(db, newsletter.id, worker, &left, now).await?;
            edition_handover::hand_over_withdrawn(db, newsletter.id, now).await?;
        }
    }
    Ok(claimed)
}

async fn claim_where(
    db: &Db,
    newsletter: &Active,
    worker: i64,
    limit: usize,
    now: i64,
    waiting: &str,
    order: &str,
) -> Result<Vec<(i64, i16, Option<String>)>, DbErr> {
    let sql = claiming(db, newsletter.topic_id, waiting, order);
    let values = values![
        newsletter.id,
        worker,
        limit as i64,
        now,
        newsletter.topic_id
    ];
    let read = |row: &dyn Columns| {
        let attempts = row.integer(1)?.try_into().unwrap_or(i16::MAX);
        Ok((row.integer(0)?, attempts, row.text_or_none(2)?))
    };
    db.queue().rows(&sql, values, read).await
}

fn claiming(db: &Db, topic: i64, waiting: &str, order: &str) -> String {
    let select = format!(
        "SELECT subscriber_id FROM delivery WHERE newsletter_id = $1 AND {waiting} ORDER BY {order} LIMIT $3"
    );
    format!(
        "UPDATE delivery SET state = 1, worker = $2, relay = NULL, at = $4
         WHERE newsletter_id = $1 AND {} AND {}
         RETURNING subscriber_id, attempts, ({})",
        db.sql_taken("subscriber_id", &select),
        sql_worker_is_registered(db, "$2"),
        Audience::of_topic(topic).sql_address_wanted("$5")
    )
}

/// Whether anything that was put off can be tried again by now.
pub async fn any_due(db: &Db, now: i64) -> Result<bool, DbErr> {
    let row = db
        .one(
            // transactional_mail_due; newsletter_active and, for these few, delivery_deferred
            "SELECT EXISTS (SELECT 1 FROM transactional_mail WHERE state IN (0, 2) AND state = 2 AND at <= $1)
                 OR EXISTS (SELECT 1 FROM newsletter n JOIN delivery d ON d.newsletter_id = n.id
                            WHERE n.state IN (1, 2, 3) AND n.state = 2 AND d.state = 2 AND d.at <= $1)",
            values![now],
        )
        .await?;
    row.map_or(Ok(false), |row| row.try_get_by_index(0))
}

/// Withdraws deliveries that `worker` holds: their subscribers have left.
pub async fn withdraw(
    db: &Db,
    newsletter_id: i64,
    worker: i64,
    subscribers: &[i64],
    now: i64,
) -> Result<(), DbErr> {
    settle(
        db,
        newsletter_id,
        worker,
        subscribers,
        DeliveryState::Withdrawn,
        now,
    )
    .await
}

/// Puts deliveries that `worker` holds back in the queue, untried.
pub async fn give_back(
    db: &Db,
    newsletter_id: i64,
    worker: i64,
    subscribers: &[i64],
    now: i64,
) -> Result<(), DbErr> {
    settle(
        db,
        newsletter_id,
        worker,
        subscribers,
        DeliveryState::Queued,
        now,
    )
    .await
}

async fn settle(
    db: &Db,
    newsletter_id: i64,
    worker: i64,
    subscribers: &[i64],
    state: DeliveryState,
    now: i64,
) -> Result<(), DbErr> {
    if subscribers.is_empty() {
        return Ok(());
    }
    let sql = format!(
        "UPDATE delivery SET state = $4, at = $5, worker = NULL
             WHERE newsletter_id = $1 AND worker = $2 AND state = 1 AND {}",
        db.sql_in_list("subscriber_id", "$3")
    );
    let values = values![newsletter_id, worker, list(subscribers), state as i16, now];
    db.queue().execute(&sql, values).await?;
    Ok(())
}

/// Gives back what `worker` claimed at the moment `at`: the claim's answer was lost, so nobody works
/// on it.
pub async fn give_back_claim(
    db: &Db,
    newsletter_id: i64,
    worker: i64,
    at: i64,
) -> Result<u64, DbErr> {
    // delivery_claimed
    let sql = "UPDATE delivery SET state = 0, worker = NULL
         WHERE newsletter_id = $1 AND worker = $2 AND state = 1 AND at = $3";
    db.queue()
        .execute(sql, values![newsletter_id, worker, at])
        .await
}

/// A list of numbers as one bound value, for [`Db::sql_in_list`].
#[must_use]
pub fn list(numbers: &[i64]) -> Value {
    let mut json = String::with_capacity(2 + numbers.len() * 8);
    json.push('[');
    for (at, number) in numbers.iter().enumerate() {
        if at > 0 {
            json.push(',');
        }
        let _ = std::fmt::Write::write_fmt(&mut json, format_args!("{number}"));
    }
    json.push(']');
    Value::from(json)
}

/// Whether nothing of the newsletter is waiting or held any more.
pub async fn is_settled(db: &Db, newsletter_id: i64) -> Result<bool, DbErr> {
    let row = db
        .one(
            "SELECT EXISTS (SELECT 1 FROM delivery WHERE newsletter_id = $1 AND state = 0)
                 OR EXISTS (SELECT 1 FROM delivery WHERE newsletter_id = $1 AND state = 1)
                 OR EXISTS (SELECT 1 FROM delivery WHERE newsletter_id = $1 AND state = 2)",
            values![newsletter_id],
        )
        .await?;
    Ok(match row {
        Some(row) => !row.try_get_by_index::<bool>(0)?,
        None => true,
    })
}

/// Ends a newsletter whose deliveries are all settled; its counts are kept from then on.
pub async fn finish(db: &Db, newsletter_id: i64, now: i64) -> Result<bool, DbErr> {
    if !is_settled(db, newsletter_id).await? {
        return Ok(false);
    }
    edition_handover::hand_over_withdrawn(db, newsletter_id, now).await?;
    let counts = crate::newsletters::live_counts(db, newsletter_id, 0).await?;
    let json = serde_json::to_string(&counts).map_err(|error| DbErr::Custom(error.to_string()))?;
    let finished = db
        .execute(
            "UPDATE newsletter SET state = 4, finished_at = $2, counts = $3
             WHERE id = $1 AND state = 2 AND enqueued_at IS NOT NULL",
            values![newsletter_id, now, json],
        )
        .await?;
    if finished > 0 {
        shrink(db, newsletter_id).await?;
        tracing::info!(
            newsletter.id = newsletter_id,
            accepted = counts.accepted,
            failed = counts.failed,
            withdrawn = counts.withdrawn,
            "newsletter finished"
        );
    }
    Ok(finished > 0)
}

/// Lets go of what nobody can ask about any more once a newsletter is finished: the words about
/// deliveries that were accepted in the end, and the pages that the queue's indexes have left.
pub async fn shrink(db: &Db, newsletter_id: i64) -> Result<(), DbErr> {
    db.queue()
        .execute(
            // Only what was once refused has words; each row of delivery by its primary key.
            "DELETE FROM delivery_reply WHERE newsletter_id = $1 AND EXISTS (
                 SELECT 1 FROM delivery d WHERE d.newsletter_id = $1
                   AND d.subscriber_id = delivery_reply.subscriber_id AND d.state = 3)",
            values![newsletter_id],
        )
        .await?;
    if db.is_sqlite() {
        db.queue()
            .rows("PRAGMA incremental_vacuum", values![], |_| Ok(()))
            .await?;
    }
    Ok(())
}

/// Withdraws what came back to the queue just as its newsletter was cancelled. `SQLite` has one
/// writer, and there this cannot happen.
pub async fn sweep_cancelled(db: &Db, now: i64) -> Result<(), DbErr> {
    if db.is_sqlite() {
        return Ok(());
    }
    // delivery_queued and delivery_deferred, for the few that were cancelled lately
    for waiting in ["state = 0", "state = 2"] {
        let sql = format!(
            "UPDATE delivery SET state = 5, at = $1 WHERE {waiting} AND newsletter_id IN (
                 SELECT id FROM newsletter WHERE state = 5 AND finished_at > $1 - 3600000)"
        );
        db.queue().execute(&sql, values![now]).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
