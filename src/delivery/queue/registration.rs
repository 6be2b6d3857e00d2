//! Workers: their numbers, their leases and heartbeats, and what becomes of what they held.
//!
//! A claim is made only while its worker stands in the table, and a worker is expired before what it
//! held is gathered: so no claim is left under a number that nobody has.

use std::sync::LazyLock;

use sea_orm::DbErr;

use crate::{
    db::{self, Columns, Db},
    delivery_state::{
        sql::CLAIMED,
        transition::{Table, Transition},
    },
    newsletters::newsletter_state_sql::{ACTIVE, CANCELLED, PAUSED, SENDING},
    values,
};

/// Registers a worker that may be silent until `lease_ends` and signs mail as said; its number is what
/// claims carry.
pub async fn register(
    db: &Db,
    process: &str,
    signs_as: &str,
    now: i64,
    lease_ends: i64,
) -> Result<i64, DbErr> {
    let sql = "INSERT INTO worker (started_at, lease_ends, process, signs_as) VALUES ($1, $2, $3, $4) RETURNING id";
    db::scalar(db.pool(), sql, values![now, lease_ends, process, signs_as])
        .await?
        .ok_or_else(|| DbErr::Custom("the database gave no id for the worker".to_owned()))
}

/// Renews a worker's lease. False: it was taken for dead, and holds nothing any more.
pub async fn renew_lease(db: &Db, worker: i64, lease_ends: i64) -> Result<bool, DbErr> {
    let sql = "UPDATE worker SET lease_ends = $2 WHERE id = $1";
    let renewed = db
        .execute_not_waiting_for_disk(sql, values![worker, lease_ends])
        .await?;
    Ok(renewed > 0)
}

/// That the worker bound as `parameter` has not been expired. On `PostgreSQL` it stays so until the
/// statement has ended; renewing a lease is not held up by that.
#[must_use]
pub fn sql_worker_is_registered(db: &Db, parameter: &str) -> String {
    let hold = db.sql_lock(" FOR KEY SHARE");
    format!("EXISTS (SELECT 1 FROM worker WHERE id = {parameter}{hold})")
}

/// The numbers of the workers whose lease lasts, in order.
pub async fn living(db: &Db, now: i64) -> Result<Vec<i64>, DbErr> {
    let sql = "SELECT id FROM worker WHERE lease_ends > $1 ORDER BY id";
    let read = |row: &dyn Columns| row.integer("id");
    db.queue().rows(sql, values![now], read).await
}

/// Expires a worker and queues again what it held; a newsletter's deliveries keep their place and
/// their Message-IDs.
pub async fn expire(db: &Db, worker: i64, now: i64) -> Result<u64, DbErr> {
    let mut transaction = db.queue().begin().await?;
    // First: this waits for a claim that is under way, which is then seen below; one that comes
    // later finds no worker.
    transaction
        .execute("DELETE FROM worker WHERE id = $1", values![worker])
        .await?;
    // A cancellation comes before or after, not between.
    let hold = db.sql_lock("FOR SHARE");
    // delivery_claimed, newsletter_active
    let deliveries = transaction
        .execute(
            &Transition::GiveBack.sql(
                Table::Delivery,
                "worker = NULL, at = $2",
                &format!(
                    "worker = $1 AND newsletter_id IN (
                         SELECT id FROM newsletter WHERE state IN ({ACTIVE}) AND state IN ({SENDING}, {PAUSED}) {hold})"
                ),
            ),
            values![worker, now],
        )
        .await?;
    transaction
        .execute(
            &Transition::Withdraw.sql(
                Table::Delivery,
                "worker = NULL, at = $2",
                &format!(
                    "state = {CLAIMED} AND worker = $1
                     AND newsletter_id IN (SELECT id FROM newsletter WHERE state = {CANCELLED})"
                ),
            ),
            values![worker, now],
        )
        .await?;
    // transactional_mail_claimed
    transaction
        .execute(
            &Transition::GiveBack.sql(
                Table::TransactionalMail,
                "worker = NULL, at = $2",
                "worker = $1",
            ),
            values![worker, now],
        )
        .await?;
    transaction.commit().await?;
    if deliveries > 0 {
        tracing::warn!(worker, deliveries, "took over what a worker held");
    }
    Ok(deliveries)
}

/// Queues again what a living worker holds by the database's word alone. The caller knows that it holds
/// nothing: the database crashed, and lost that it had been given back.
pub async fn free_unheld(db: &Db, newsletter_id: i64, worker: i64, now: i64) -> Result<u64, DbErr> {
    // delivery_claimed
    let sql = Transition::GiveBack.sql(
        Table::Delivery,
        "worker = NULL, at = $3",
        "newsletter_id = $1 AND worker = $2",
    );
    let freed = db
        .queue()
        .execute(&sql, values![newsletter_id, worker, now])
        .await?;
    if freed > 0 {
        tracing::warn!(
            newsletter.id = newsletter_id,
            deliveries = freed,
            "queued again what only a crashed database took for held"
        );
    }
    Ok(freed)
}

/// Queues again what is held under the number of a worker that is no more: nobody else would come
/// for it, and its newsletter would never end. Numbers are never given twice.
pub async fn free_ownerless(db: &Db, newsletter_id: i64, now: i64) -> Result<u64, DbErr> {
    let read = |row: &dyn Columns| row.integer("worker");
    let queue = db.queue();
    let mut freed = 0;
    for nobody in queue.rows(&OWNERLESS, values![newsletter_id], read).await? {
        // delivery_claimed
        let sql = Transition::GiveBack.sql(
            Table::Delivery,
            "worker = NULL, at = $3",
            "newsletter_id = $1 AND worker = $2",
        );
        freed += queue
            .execute(&sql, values![newsletter_id, nobody, now])
            .await?;
    }
    if freed > 0 {
        tracing::warn!(
            newsletter.id = newsletter_id,
            deliveries = freed,
            "queued again what no worker holds"
        );
    }
    Ok(freed)
}

/// Workers that hold something and are no more: `delivery_claimed`, and worker by its key.
pub(super) static OWNERLESS: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT DISTINCT d.worker FROM delivery d
         WHERE d.newsletter_id = $1 AND d.state = {CLAIMED}
           AND NOT EXISTS (SELECT 1 FROM worker w WHERE w.id = d.worker)"
    )
});
