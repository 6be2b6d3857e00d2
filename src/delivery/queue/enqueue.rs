//! Puts a newsletter's audience in the queue, slice by slice. Its idempotency is the key (newsletter,
//! subscriber): nobody is queued twice.

use sea_orm::{ActiveEnum, DbErr};

use super::{
    active::{Active, UNSENT, UNTRIED},
    press_list_enqueue::enqueue_press_list,
};
use crate::{
    db::{Db, sql_value},
    delivery_state::sql::QUEUED,
    newsletters::{
        Recipients, SQL_BY_LANGUAGE,
        newsletter_state_sql::SENDING,
        queueing::{SQL_ALL_QUEUED, SQL_SLICE_QUEUED},
    },
    subscribers::{
        Frequency,
        audience::{Audience, NO_TOPIC, SQL_SUBSCRIPTIONS, SqlAudience},
    },
    values,
};

/// How many subscribers enter the queue in one transaction: small enough that the first message
/// leaves while the list is still being queued, and that sign-ups never wait for it.
const SLICE: i64 = 5_000;

/// Puts the next slice of the audience in the queue: those who were confirmed when sending began.
/// Whether more is to come. The key (newsletter, subscriber) makes a repeated slice harmless.
pub async fn enqueue_slice(db: &Db, newsletter: &Active, now: i64) -> Result<bool, DbErr> {
    if newsletter.topic_id == NO_TOPIC {
        return enqueue_press_list(db, newsletter, now).await;
    }
    let mut transaction = db.queue().begin().await?;
    // Held to the end: a cancellation waits, and then finds the slice in the queue.
    let hold = db.sql_lock("FOR UPDATE OF n");
    let found = transaction
        .rows(
            &format!(
                "SELECT n.enqueued_to,
                    (SELECT max(u.subscriber_id) FROM
                        (SELECT t.subscriber_id FROM {SQL_SUBSCRIPTIONS}
                         WHERE t.topic_id = n.topic_id AND t.subscriber_id > n.enqueued_to
                         ORDER BY t.subscriber_id LIMIT $2) u) AS slice_to,
                    n.edition, n.corrects, CAST(n.frequency AS BIGINT) AS frequency,
                    coalesce(n.covers_to, n.started_at) AS wanted_at, {SQL_BY_LANGUAGE}
             FROM newsletter n WHERE n.id = $1 AND n.audience = {} AND n.state = {SENDING} AND n.enqueued_at IS NULL {hold}",
                sql_value(&Audience::Subscribers)
            ),
            values![newsletter.id, SLICE],
            |row| {
                Ok((
                    row.integer("enqueued_to")?,
                    row.integer_or_none("slice_to")?,
                    row.integer_or_none("edition")?,
                    row.integer_or_none("corrects")?,
                    row.integer("frequency")?,
                    row.integer_or_none("wanted_at")?,
                    row.integer_or_none("by_language")?,
                ))
            },
        )
        .await?;
    let Some((from, to, edition, corrects, frequency, wanted_at, by_language)) =
        found.first().copied()
    else {
        return Ok(false);
    };
    let Some(to) = to else {
        transaction
            .execute(SQL_ALL_QUEUED, values![newsletter.id, now])
            .await?;
        transaction.commit().await?;
        return Ok(false);
    };
    if let Some(edition) = edition {
        // Two workers may queue two newsletters of one edition at the same time: each must see
        // whom the other has taken.
        let lock = db.sql_lock("FOR UPDATE");
        let sql = format!("SELECT id FROM newsletter WHERE id = $1 {lock}");
        transaction.any(&sql, values![edition]).await?;
    }
    let recipients = Recipients {
        newsletter: newsletter.id,
        audience: Audience::Subscribers,
        edition,
        corrects,
        frequency: Frequency::try_from_value(&(frequency as i16))?,
        wanted_at: wanted_at.unwrap_or(newsletter.started_at),
        by_language: by_language.is_some(),
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
        .execute(SQL_SLICE_QUEUED, values![newsletter.id, to, queued as i64])
        .await?;
    transaction.commit().await?;
    Ok(true)
}
