//! Whoever leaves one topic of an edition while it is being sent is withdrawn from that newsletter. Where
//! they asked for another topic of the same edition too, its copy had passed them over, because theirs
//! was on the way; now it takes them: everybody gets exactly one copy.

use std::collections::BTreeMap;

use sea_orm::DbErr;

use super::active::{UNSENT, UNTRIED};
use crate::{
    db::{Db, WriteTransaction, scalars, sql_value},
    delivery_state::sql::{FAILED, QUEUED, WITHDRAWN},
    newsletters::{NewsletterState, queueing::queue_more, sql_speaks_to},
    subscribers::audience::{
        Audience, sql_frequency_at, sql_join_subscriber, sql_join_subscription,
    },
    values,
};

/// Queues everyone who was withdrawn from this newsletter for the other copy of its edition that they
/// still want. Idempotent: whom a copy has, or is to get, is passed over. How many there were.
pub async fn hand_over_withdrawn(db: &Db, newsletter_id: i64, now: i64) -> Result<u64, DbErr> {
    // Nearly all newsletters have no edition, and nothing is locked for them. Whose place a correction
    // took is mailed that one.
    let edition = "SELECT edition FROM newsletter WHERE id = $1 AND edition IS NOT NULL AND superseded_by IS NULL";
    let values = values![newsletter_id];
    let found = db
        .queue()
        .rows(edition, values, |row| row.integer("edition"))
        .await?;
    let Some(edition) = found.first().copied() else {
        return Ok(0);
    };
    let transaction = db.begin().await?;
    lock_edition(db, &transaction, edition).await?;
    let values = values![newsletter_id, edition, now];
    let queued_for = scalars::<i64>(&transaction, &handing_over(), values).await?;
    let mut by_newsletter: BTreeMap<i64, i64> = BTreeMap::new();
    for id in &queued_for {
        *by_newsletter.entry(*id).or_default() += 1;
    }
    for (id, more) in by_newsletter {
        queue_more(&transaction, id, more, now).await?;
    }
    transaction.commit().await?;
    Ok(queued_for.len() as u64)
}

/// As enqueueing does, the first newsletter of the edition last: so nobody waits in a circle.
async fn lock_edition(db: &Db, transaction: &WriteTransaction, edition: i64) -> Result<(), DbErr> {
    let lock = db.sql_lock("FOR UPDATE");
    // newsletter_of_edition
    let sql = format!("SELECT id FROM newsletter WHERE edition = $1 ORDER BY id = $1, id {lock}");
    scalars::<i64>(transaction, &sql, values![edition]).await?;
    Ok(())
}

/// Who was withdrawn from `$1` (`delivery_exception`) and is eligible for another newsletter of the edition
/// `$2` whose own queueing has passed them (`newsletter_of_edition`, then primary keys).
fn handing_over() -> String {
    let eligible = Audience::Subscribers.sql_eligible("b.topic_id", "b.started_at");
    format!(
        "INSERT INTO delivery (newsletter_id, subscriber_id, state, attempts, at, relay, tls)
         SELECT min(b.id), w.subscriber_id, {QUEUED}, 0, $3, {UNTRIED}, {UNSENT}
         FROM delivery w
         JOIN newsletter b ON b.edition = $2 AND b.id <> $1 AND b.state IN ({sending}, {paused}, {sent})
             AND b.enqueued_to >= w.subscriber_id AND b.deadline_at > $3 AND b.superseded_by IS NULL
         {subscription}
         {subscriber}
         WHERE w.newsletter_id = $1 AND w.state IN ({FAILED}, {WITHDRAWN}) AND w.state = {WITHDRAWN}
           AND {conditions}
           AND (b.corrects IS NOT NULL OR {frequency} = b.frequency)
           AND {speaks}
           AND NOT EXISTS (SELECT 1 FROM newsletter o JOIN delivery d
                 ON d.newsletter_id = o.id AND d.subscriber_id = w.subscriber_id
                 WHERE o.edition = $2 AND d.state <> {WITHDRAWN})
         GROUP BY w.subscriber_id
         ON CONFLICT (newsletter_id, subscriber_id) DO NOTHING
         RETURNING newsletter_id",
        subscription = sql_join_subscription("t", "b.topic_id", "w.subscriber_id"),
        subscriber = sql_join_subscriber("t.subscriber_id"),
        sending = sql_value(&NewsletterState::Sending),
        paused = sql_value(&NewsletterState::Paused),
        sent = sql_value(&NewsletterState::Sent),
        conditions = eligible.conditions,
        frequency = sql_frequency_at("t", "coalesce(b.covers_to, b.started_at)"),
        speaks = sql_speaks_to("b", "s"),
    )
}
