//! What is not sent by its newsletter's deadline is not sent: news of an hour is not worth
//! mailing days later, be it the relay that was away or a mailbox provider that asked for patience.

use sea_orm::DbErr;

use super::{active::Active, claim::list};
use crate::{
    db::{Db, Transaction},
    delivery_state::{
        sql::{CLAIMED, DEFERRED, FAILED, QUEUED},
        transition::{Table, Transition},
    },
    newsletters::newsletter_state_sql::{CANCELLED, SENDING},
    values,
};

/// How many deliveries are failed in one transaction: the other newsletters' outcomes wait for it.
const SLICE: i64 = 1_000;

/// Fails the next of what waits for a newsletter whose deadline has passed. How many there were;
/// none: there are no more. What a worker holds is given back first by who holds it.
pub async fn fail_past_deadline(db: &Db, newsletter: &Active, now: i64) -> Result<usize, DbErr> {
    // Held to the end: whoever pauses it, to resume it later, comes before or after.
    let hold = db.sql_lock(" FOR SHARE");
    let mut transaction = db.queue().begin().await?;
    let mut failed_now = Vec::new();
    for (waiting, order) in [
        // delivery_deferred
        (DEFERRED, "at"),
        // delivery_queued
        (QUEUED, "subscriber_id"),
    ] {
        let select = format!(
            "SELECT subscriber_id FROM delivery WHERE newsletter_id = $1 AND state = {waiting} ORDER BY {order} LIMIT $3"
        );
        let only = format!(
            "newsletter_id = $1 AND {} AND EXISTS (
                 SELECT 1 FROM newsletter
                 WHERE id = $1 AND state = {SENDING} AND coalesce(deadline_at, started_at) <= $2{hold})",
            db.sql_taken("subscriber_id", &select)
        );
        let sql = Transition::Fail.sql(Table::Delivery, "at = $2, worker = NULL", &only)
            + " RETURNING subscriber_id";
        let values = values![newsletter.id, now, SLICE];
        failed_now.extend(
            transaction
                .rows(&sql, values, |row| row.integer("subscriber_id"))
                .await?,
        );
    }
    if failed_now.is_empty() {
        return Ok(0);
    }
    keep_reason(db, &mut transaction, newsletter.id, &failed_now, now).await?;
    transaction.commit().await?;
    tracing::warn!(
        newsletter.id = newsletter.id,
        deliveries = failed_now.len(),
        "not sent before the give-up time"
    );
    Ok(failed_now.len())
}

/// Puts deliveries that `worker` holds off until `at`: their provider asked for patience. It is no
/// attempt. Those whose deadline would be past by then fail at once, and where their
/// newsletter was cancelled meanwhile, they are withdrawn.
pub async fn defer_until(
    db: &Db,
    newsletter: &Active,
    worker: i64,
    subscribers: &[i64],
    at: i64,
    now: i64,
) -> Result<(), DbErr> {
    let held = format!(
        "newsletter_id = $1 AND worker = $2 AND state = {CLAIMED} AND {}",
        db.sql_in_list("subscriber_id", "$3")
    );
    let mut transaction = db.queue().begin().await?;
    if at > newsletter.deadline {
        let sql = Transition::Fail.sql(Table::Delivery, "at = $4, worker = NULL", &held)
            + " RETURNING subscriber_id";
        let values = values![newsletter.id, worker, list(subscribers), now];
        let failed_now = transaction
            .rows(&sql, values, |row| row.integer("subscriber_id"))
            .await?;
        keep_reason(db, &mut transaction, newsletter.id, &failed_now, now).await?;
        return transaction.commit().await;
    }
    let is_cancelled =
        format!("EXISTS (SELECT 1 FROM newsletter n WHERE n.id = $1 AND n.state = {CANCELLED})");
    transaction
        .execute(
            &format!(
                "INSERT INTO delivery_reply (newsletter_id, subscriber_id, at, outcome, code, words)
                 SELECT newsletter_id, subscriber_id, $4, {DEFERRED}, 0, 'not tried: the mailbox provider asked for patience'
                 FROM delivery WHERE {held}
                 ON CONFLICT (newsletter_id, subscriber_id) DO NOTHING"
            ),
            values![newsletter.id, worker, list(subscribers), now],
        )
        .await?;
    transaction
        .execute(
            &Transition::DeferUntried.sql_or(
                Table::Delivery,
                (&is_cancelled, Transition::Withdraw),
                "at = $4, worker = NULL",
                &held,
            ),
            values![newsletter.id, worker, list(subscribers), at],
        )
        .await?;
    transaction.commit().await
}

/// Why they failed, with what the relay said last, where it said something.
async fn keep_reason(
    db: &Db,
    transaction: &mut Transaction,
    newsletter_id: i64,
    subscribers: &[i64],
    now: i64,
) -> Result<(), DbErr> {
    let sql = format!(
        "INSERT INTO delivery_reply (newsletter_id, subscriber_id, at, outcome, code, words)
         SELECT newsletter_id, subscriber_id, $3, {FAILED}, 0, 'not sent before the give-up time'
         FROM delivery WHERE newsletter_id = $1 AND {}
         ON CONFLICT (newsletter_id, subscriber_id) DO UPDATE SET
            at = excluded.at, outcome = {FAILED}, words = excluded.words || '; before: ' || delivery_reply.words",
        db.sql_in_list("subscriber_id", "$2")
    );
    transaction
        .execute(&sql, values![newsletter_id, list(subscribers), now])
        .await?;
    Ok(())
}
