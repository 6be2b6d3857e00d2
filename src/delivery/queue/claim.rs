//! A worker takes deliveries out of the queue, and gives back (requeues) what it does not send. Every statement
//! names the state that a row may come from; a row that another worker holds stays as it is.

use sea_orm::{DbErr, Value};

use super::{
    active::{Active, Claimed},
    edition_handover::hand_over_withdrawn,
    registration::sql_worker_is_registered,
};
use crate::{
    db::{self, Columns, Db},
    delivery::retry::MOST_DOUBTS,
    delivery_state::{
        sql::{CLAIMED, DEFERRED, FAILED, QUEUED},
        transition::{Table, Transition},
    },
    delivery_withdrawal::READDRESSED,
    newsletters::newsletter_state_sql::{ACTIVE, PAUSED, SENDING},
    subscribers::Audience,
    values,
};

/// Claims up to `limit` deliveries for `worker`: those due again first, then the fresh ones in the
/// order of subscribers. Whoever may no longer be mailed is withdrawn here, not mailed (S12). A
/// worker that has been expired, and does not know it yet, gets nothing. Two claims of one worker
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
        (format!("state = {DEFERRED} AND at <= $4"), "at"),
        // delivery_queued
        (format!("state = {QUEUED}"), "subscriber_id"),
    ] {
        let room = limit.saturating_sub(claimed.len());
        if room == 0 {
            break;
        }
        let mut left = Vec::new();
        for (subscriber_id, attempts, email) in
            claim_where(db, newsletter, worker, room, now, &waiting, order).await?
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
            hand_over_withdrawn(db, newsletter.id, now).await?;
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
        let attempts = row.integer("attempts")?.try_into().unwrap_or(i16::MAX);
        Ok((
            row.integer("subscriber_id")?,
            attempts,
            row.text_or_none("email")?,
        ))
    };
    db.queue().rows(&sql, values, read).await
}

pub(super) fn claiming(db: &Db, topic: i64, waiting: &str, order: &str) -> String {
    let select = format!(
        "SELECT subscriber_id FROM delivery WHERE newsletter_id = $1 AND {waiting} ORDER BY {order} LIMIT $3"
    );
    let only = format!(
        "newsletter_id = $1 AND {} AND {}",
        db.sql_taken("subscriber_id", &select),
        sql_worker_is_registered(db, "$2"),
    );
    let set =
        format!("worker = $2, relay = CASE WHEN relay = {READDRESSED} THEN relay END, at = $4");
    let claim = Transition::Claim.sql(Table::Delivery, &set, &only);
    let address = Audience::of_topic(topic).sql_address_wanted("$5");
    format!("{claim} RETURNING subscriber_id, attempts, ({address}) AS email")
}

/// Whether anything that was deferred can be tried again by now.
pub async fn any_due(db: &Db, now: i64) -> Result<bool, DbErr> {
    // transactional_mail_due; newsletter_active and, for these few, delivery_deferred
    let sql = format!(
        "SELECT EXISTS (SELECT 1 FROM transactional_mail
                        WHERE state IN ({QUEUED}, {DEFERRED}) AND state = {DEFERRED} AND at <= $1)
             OR EXISTS (SELECT 1 FROM newsletter n JOIN delivery d ON d.newsletter_id = n.id
                        WHERE n.state IN ({ACTIVE}) AND n.state = {SENDING} AND d.state = {DEFERRED} AND d.at <= $1)"
    );
    Ok(db::scalar(db.pool(), &sql, values![now]).await? == Some(true))
}

/// Withdraws deliveries that `worker` holds: their subscribers have left.
pub async fn withdraw(
    db: &Db,
    newsletter_id: i64,
    worker: i64,
    subscribers: &[i64],
    now: i64,
) -> Result<(), DbErr> {
    let left = Transition::Withdraw;
    release_claims(db, newsletter_id, worker, subscribers, left, now).await
}

/// Puts deliveries that `worker` holds back in the queue, untried.
pub async fn give_back(
    db: &Db,
    newsletter_id: i64,
    worker: i64,
    subscribers: &[i64],
    now: i64,
) -> Result<(), DbErr> {
    let untried = Transition::GiveBack;
    release_claims(db, newsletter_id, worker, subscribers, untried, now).await
}

async fn release_claims(
    db: &Db,
    newsletter_id: i64,
    worker: i64,
    subscribers: &[i64],
    transition: Transition,
    now: i64,
) -> Result<(), DbErr> {
    if subscribers.is_empty() {
        return Ok(());
    }
    let only = format!(
        "newsletter_id = $1 AND worker = $2 AND state = {CLAIMED} AND {}",
        db.sql_in_list("subscriber_id", "$3")
    );
    let sql = transition.sql(Table::Delivery, "at = $4, worker = NULL", &only);
    let values = values![newsletter_id, worker, list(subscribers), now];
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
    let only = "newsletter_id = $1 AND worker = $2 AND at = $3";
    let sql = Transition::GiveBack.sql(Table::Delivery, "worker = NULL", only);
    db.queue()
        .execute(&sql, values![newsletter_id, worker, at])
        .await
}

/// Puts deliveries back that were failed for what was not their reader's fault: to be tried again as
/// soon as the newsletter goes on, and so are those of them that wait for another attempt. How many were failed.
pub async fn requeue_failed(
    db: &Db,
    newsletter_id: i64,
    subscribers: &[i64],
    now: i64,
) -> Result<u64, DbErr> {
    let readers = db.sql_in_list("subscriber_id", "$2");
    let mut transaction = db.queue().begin().await?;
    // Each by its primary key. Only of a newsletter that can go on.
    let only = format!(
        "newsletter_id = $1 AND {readers} AND EXISTS (
             SELECT 1 FROM newsletter n WHERE n.id = $1 AND n.state IN ({SENDING}, {PAUSED}))
         AND NOT EXISTS (SELECT 1 FROM delivery_reply r WHERE r.newsletter_id = $1
             AND r.subscriber_id = delivery.subscriber_id AND r.doubts >= {MOST_DOUBTS})"
    );
    let sql = Transition::RequeueFailed.sql(Table::Delivery, "at = $3", &only);
    let requeued = transaction
        .execute(&sql, values![newsletter_id, list(subscribers), now])
        .await?;
    if requeued > 0 {
        // It is held against nobody.
        let sql = format!(
            "UPDATE delivery_reply SET outcome = {DEFERRED}
             WHERE newsletter_id = $1 AND {readers} AND outcome + 0 = {FAILED} AND doubts < {MOST_DOUBTS}"
        );
        transaction
            .execute(&sql, values![newsletter_id, list(subscribers)])
            .await?;
    }
    let sql = format!(
        "UPDATE delivery SET at = $3 WHERE newsletter_id = $1 AND {readers} AND state = {DEFERRED} AND at > $3"
    );
    transaction
        .execute(&sql, values![newsletter_id, list(subscribers), now])
        .await?;
    transaction.commit().await?;
    Ok(requeued)
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
