//! Who may be mailed, for each of the two audiences. A newsletter's topic decides which: the press
//! list stands under [`NO_TOPIC`], to which nobody can subscribe, and press contacts have ids that
//! no subscription holds. So neither audience can be mailed what is meant for the other.

use sea_orm::DbErr;

use super::active::{Active, UNSENT, UNTRIED};
use crate::{
    db::Db,
    delivery_state::sql::QUEUED,
    newsletters,
    subscribers::press_list::{MAY_BE_MAILED, NO_MEDIUM, NO_TOPIC},
    values,
};

/// Joins that keep of the deliveries `d` those whose reader still wants them; `parameter` is bound
/// to the topic. Every table by its primary key.
#[must_use]
pub fn wanted(topic: i64, parameter: &str) -> String {
    if topic == NO_TOPIC {
        format!(
            "JOIN press_contact c ON c.id = d.subscriber_id AND {parameter} = {NO_TOPIC} AND {MAY_BE_MAILED}"
        )
    } else {
        format!(
            "JOIN subscriber s ON s.id = d.subscriber_id AND s.status = 1
             JOIN subscription t ON t.topic_id = {parameter} AND t.subscriber_id = d.subscriber_id"
        )
    }
}

/// Query for the address of the reader of the row `delivery`; nothing for one who left.
#[must_use]
pub fn address(topic: i64, parameter: &str) -> String {
    if topic == NO_TOPIC {
        format!(
            "SELECT c.email FROM press_contact c
             WHERE c.id = delivery.subscriber_id AND {parameter} = {NO_TOPIC} AND {MAY_BE_MAILED}"
        )
    } else {
        format!(
            "SELECT s.email FROM subscriber s
             JOIN subscription t ON t.subscriber_id = s.id AND t.topic_id = {parameter}
             WHERE s.id = delivery.subscriber_id AND s.status = 1"
        )
    }
}

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
            "SELECT corrects FROM newsletter WHERE id = $1 AND audience = 1 AND state = 2 AND enqueued_at IS NULL",
            values![newsletter.id],
            |row| row.integer_or_none("corrects"),
        )
        .await?;
    let Some(corrects) = waits.first().copied() else {
        return Ok(false);
    };
    let narrowed = newsletters::narrowed_contacts(corrects);
    let queued = transaction
        .execute(
            // newsletter_of_release, then primary keys.
            &format!(
                "INSERT INTO delivery (newsletter_id, subscriber_id, state, attempts, at, relay, tls)
                 SELECT $1, c.id, {QUEUED}, 0, $2, {UNTRIED}, {UNSENT} FROM press_contact c
                 WHERE c.added_at <= $3 AND {MAY_BE_MAILED} AND NOT EXISTS (
                     SELECT 1 FROM newsletter n
                     JOIN newsletter o ON o.release_id = n.release_id AND o.audience = 0
                     JOIN subscriber s ON s.email_key = c.email_key
                     JOIN delivery d ON d.newsletter_id = o.id AND d.subscriber_id = s.id AND d.state <= 3
                     WHERE n.id = $1){narrowed}
                 ORDER BY c.id
                 ON CONFLICT (newsletter_id, subscriber_id) DO NOTHING"
            ),
            values![newsletter.id, now, newsletter.started_at],
        )
        .await?;
    transaction
        .execute(
            // Counted now: what the contacts are later changes nothing about what was sent.
            &format!(
                "UPDATE newsletter SET total = total + $2, enqueued_at = $3, unsolicited = (
                     SELECT count(*) FROM delivery d JOIN press_contact c ON c.id = d.subscriber_id
                     WHERE d.newsletter_id = $1 AND (NOT news_release OR {NO_MEDIUM}))
                 WHERE id = $1"
            ),
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
