//! What is not sent by its newsletter's give-up time is not sent (S2): news of an hour is not worth
//! mailing days later, be it the relay that was away or a mailbox provider that asked for patience.

use sea_orm::DbErr;

use super::{Active, list};
use crate::{
    db::{Db, Transaction},
    values,
};

/// How many deliveries are given up in one transaction: the other newsletters' outcomes wait for it.
const SLICE: i64 = 1_000;

/// Fails the next of what waits for a newsletter whose give-up time has passed. How many there were;
/// none: there are no more. What a worker holds is given back first by who holds it.
pub async fn give_up(db: &Db, newsletter: &Active, now: i64) -> Result<usize, DbErr> {
    // Held to the end: whoever pauses it, to resume it later, comes before or after.
    let hold = if db.is_sqlite() { "" } else { " FOR SHARE" };
    let mut transaction = db.queue().begin().await?;
    let mut given_up = Vec::new();
    for (waiting, order) in [
        // delivery_deferred
        ("state = 2", "at"),
        // delivery_queued
        ("state = 0", "subscriber_id"),
    ] {
        let select = format!(
            "SELECT subscriber_id FROM delivery WHERE newsletter_id = $1 AND {waiting} ORDER BY {order} LIMIT $3"
        );
        let sql = format!(
            "UPDATE delivery SET state = 4, at = $2, worker = NULL
             WHERE newsletter_id = $1 AND {} AND EXISTS (
                 SELECT 1 FROM newsletter WHERE id = $1 AND state = 2 AND coalesce(give_up_at, started_at) <= $2{hold})
             RETURNING subscriber_id",
            db.sql_taken("subscriber_id", &select)
        );
        let values = values![newsletter.id, now, SLICE];
        given_up.extend(transaction.rows(&sql, values, |row| row.integer(0)).await?);
    }
    if given_up.is_empty() {
        return Ok(0);
    }
    keep_reason(db, &mut transaction, newsletter.id, &given_up, now).await?;
    transaction.commit().await?;
    tracing::warn!(
        newsletter.id = newsletter.id,
        deliveries = given_up.len(),
        "not sent before the give-up time"
    );
    Ok(given_up.len())
}

/// Puts deliveries that `worker` holds off until `at`: their provider asked for patience. It is no
/// attempt. Those whose give-up time would be past by then are given up at once, and where their
/// newsletter was cancelled meanwhile, they are withdrawn.
pub async fn postpone(
    db: &Db,
    newsletter: &Active,
    worker: i64,
    subscribers: &[i64],
    at: i64,
    now: i64,
) -> Result<(), DbErr> {
    let held = format!(
        "newsletter_id = $1 AND worker = $2 AND state = 1 AND {}",
        db.sql_in_list("subscriber_id", "$3")
    );
    let mut transaction = db.queue().begin().await?;
    if at > newsletter.give_up_at {
        let sql = format!(
            "UPDATE delivery SET state = 4, at = $4, worker = NULL WHERE {held} RETURNING subscriber_id"
        );
        let values = values![newsletter.id, worker, list(subscribers), now];
        let given_up = transaction.rows(&sql, values, |row| row.integer(0)).await?;
        keep_reason(db, &mut transaction, newsletter.id, &given_up, now).await?;
        return transaction.commit().await;
    }
    transaction
        .execute(
            &format!(
                "INSERT INTO delivery_reply (newsletter_id, subscriber_id, at, outcome, code, words)
                 SELECT newsletter_id, subscriber_id, $4, 2, 0, 'not tried: the mailbox provider asked for patience'
                 FROM delivery WHERE {held}
                 ON CONFLICT (newsletter_id, subscriber_id) DO NOTHING"
            ),
            values![newsletter.id, worker, list(subscribers), now],
        )
        .await?;
    transaction
        .execute(
            &format!(
                "UPDATE delivery SET at = $4, worker = NULL, state = CASE WHEN EXISTS (
                     SELECT 1 FROM newsletter n WHERE n.id = $1 AND n.state = 5) THEN 5 ELSE 2 END
                 WHERE {held}"
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
         SELECT newsletter_id, subscriber_id, $3, 4, 0, 'not sent before the give-up time'
         FROM delivery WHERE newsletter_id = $1 AND {}
         ON CONFLICT (newsletter_id, subscriber_id) DO UPDATE SET
            at = excluded.at, outcome = 4, words = excluded.words || '; before: ' || delivery_reply.words",
        db.sql_in_list("subscriber_id", "$2")
    );
    transaction
        .execute(&sql, values![newsletter_id, list(subscribers), now])
        .await?;
    Ok(())
}
