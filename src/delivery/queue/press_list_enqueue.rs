//! Puts the press list in the queue: who of it may be mailed is said in [`crate::subscribers::audience`].

use sea_orm::DbErr;

use super::active::{Active, UNSENT, UNTRIED};
use crate::{
    db::{Db, sql_value},
    delivery_state::sql::QUEUED,
    newsletters::{Recipients, newsletter_state_sql::SENDING, queueing::sql_press_list_queued},
    subscribers::{
        Frequency,
        audience::{Audience, SqlAudience},
    },
    values,
};

/// Puts the whole press list in the queue, a few thousand at most. Who got the same release as a
/// subscriber does not get it twice.
pub(super) async fn enqueue_press_list(
    db: &Db,
    newsletter: &Active,
    now: i64,
) -> Result<bool, DbErr> {
    let mut transaction = db.queue().begin().await?;
    let waits = transaction
        .rows(
            &format!(
                "SELECT corrects FROM newsletter
                 WHERE id = $1 AND audience = {} AND state = {SENDING} AND enqueued_at IS NULL",
                sql_value(&Audience::PressList)
            ),
            values![newsletter.id],
            |row| row.integer_or_none("corrects"),
        )
        .await?;
    let Some(corrects) = waits.first().copied() else {
        return Ok(false);
    };
    let recipients = Recipients {
        newsletter: newsletter.id,
        audience: Audience::PressList,
        edition: None,
        by_language: false,
        corrects,
        frequency: Frequency::Each,
        wanted_at: newsletter.started_at,
    };
    let SqlAudience {
        from,
        reader,
        conditions,
    } = recipients.sql("$4", "$3");
    let queued = transaction
        .execute(
            &format!(
                "INSERT INTO delivery (newsletter_id, subscriber_id, state, attempts, at, relay, tls)
                 SELECT $1, {reader}, {QUEUED}, 0, $2, {UNTRIED}, {UNSENT} FROM {from} WHERE {conditions}
                 ORDER BY {reader}
                 ON CONFLICT (newsletter_id, subscriber_id) DO NOTHING"
            ),
            values![
                newsletter.id,
                now,
                newsletter.started_at,
                newsletter.topic_id
            ],
        )
        .await?;
    transaction
        .execute(
            &sql_press_list_queued(),
            values![
                newsletter.id,
                i64::try_from(queued).unwrap_or(i64::MAX),
                now
            ],
        )
        .await?;
    transaction.commit().await?;
    Ok(false)
}
