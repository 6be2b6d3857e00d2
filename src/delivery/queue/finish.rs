//! The end of a newsletter: when all of its deliveries have ended, and what is let go then.

use sea_orm::DbErr;

use super::edition_handover::hand_over_withdrawn;
use crate::{
    db::{self, Db},
    delivery_state::{
        sql::{ACCEPTED, CLAIMED, DEFERRED, QUEUED},
        transition::{Table, Transition},
    },
    newsletters::newsletter_state_sql::CANCELLED,
    values,
};

/// Whether nothing of the newsletter is waiting or held any more.
pub async fn is_drained(db: &Db, newsletter_id: i64) -> Result<bool, DbErr> {
    // One partial index each: delivery_queued, delivery_claimed, delivery_deferred.
    let sql = format!(
        "SELECT EXISTS (SELECT 1 FROM delivery WHERE newsletter_id = $1 AND state = {QUEUED})
             OR EXISTS (SELECT 1 FROM delivery WHERE newsletter_id = $1 AND state = {CLAIMED})
             OR EXISTS (SELECT 1 FROM delivery WHERE newsletter_id = $1 AND state = {DEFERRED})"
    );
    Ok(db::scalar(db.pool(), &sql, values![newsletter_id]).await? != Some(true))
}

/// Ends a newsletter whose deliveries have all ended; its counts are kept from then on.
pub async fn finish(db: &Db, newsletter_id: i64, now: i64) -> Result<bool, DbErr> {
    if !is_drained(db, newsletter_id).await? {
        return Ok(false);
    }
    hand_over_withdrawn(db, newsletter_id, now).await?;
    let counts = crate::newsletters::live_counts(db, newsletter_id, 0).await?;
    let finished = crate::newsletters::finish(db, newsletter_id, &counts, now).await?;
    if finished {
        shrink(db, newsletter_id).await?;
        tracing::info!(
            newsletter.id = newsletter_id,
            accepted = counts.accepted,
            failed = counts.failed,
            withdrawn = counts.withdrawn,
            "newsletter finished"
        );
    }
    Ok(finished)
}

/// Lets go of what nobody can ask about any more once a newsletter is finished: the words about
/// deliveries that were accepted in the end, and the pages that the queue's indexes have left.
pub async fn shrink(db: &Db, newsletter_id: i64) -> Result<(), DbErr> {
    db.queue()
        .execute(
            // Only what was once refused has words; each row of delivery by its primary key.
            &format!(
                "DELETE FROM delivery_reply WHERE newsletter_id = $1 AND EXISTS (
                     SELECT 1 FROM delivery d WHERE d.newsletter_id = $1
                       AND d.subscriber_id = delivery_reply.subscriber_id AND d.state = {ACCEPTED})"
            ),
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
    for waiting in [QUEUED, DEFERRED] {
        let only = format!(
            "state = {waiting} AND newsletter_id IN (
                 SELECT id FROM newsletter WHERE state = {CANCELLED} AND finished_at > $1 - 3600000)"
        );
        let sql = Transition::Withdraw.sql(Table::Delivery, "at = $1", &only);
        db.queue().execute(&sql, values![now]).await?;
    }
    Ok(())
}
