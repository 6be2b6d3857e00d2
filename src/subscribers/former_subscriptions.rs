//! Topics that somebody gave up since the last summary. Until the next one their old choice brings everything, as
//! it does for whoever only changes how often a topic comes ([`super::frequencies`]): whoever leaves and comes
//! back gets no release twice, as it is sent and in the summary, and misses none that waits for a summary.

use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter,
    sea_query::OnConflict,
};

use super::{
    subscriber_kinds::Frequency,
    subscriber_tables::{former_subscription, subscription},
};
use crate::{db, values};

/// Notes subscriptions that end at `now`.
pub(super) async fn note(
    connection: &impl ConnectionTrait,
    ending: Vec<subscription::Model>,
    now: i64,
) -> Result<(), DbErr> {
    use former_subscription::Column;
    let rows = ending
        .into_iter()
        .map(|row| former_subscription::ActiveModel {
            subscriber_id: Set(row.subscriber_id),
            topic_id: Set(row.topic_id),
            frequency: Set(row.frequency),
            frequency_before: Set(row.frequency_before),
            frequency_from: Set(row.frequency_from),
            left_at: Set(now),
        });
    let newest = OnConflict::columns([Column::SubscriberId, Column::TopicId])
        .update_columns([
            Column::Frequency,
            Column::FrequencyBefore,
            Column::FrequencyFrom,
            Column::LeftAt,
        ])
        .to_owned();
    former_subscription::Entity::insert_many(rows)
        .on_conflict(newest)
        .exec_without_returning(connection)
        .await?;
    Ok(())
}

/// Subscribes anew to a topic that was given up, if the summary that the old choice or the new one waits for
/// has not been made since.
pub(super) async fn take_back(
    connection: &impl ConnectionTrait,
    subscriber: i64,
    topic: i64,
    frequency: Frequency,
) -> Result<(), DbErr> {
    // The primary keys of former_subscription and summary_clock
    let sql = "INSERT INTO subscription (topic_id, subscriber_id, frequency, frequency_before, frequency_from, frequency_wanted)
               SELECT f.topic_id, f.subscriber_id, f.frequency, f.frequency_before, f.frequency_from,
                      CASE WHEN f.frequency <> $3 THEN $3 END
               FROM former_subscription f
               JOIN summary_clock c ON c.frequency = CASE WHEN f.frequency > $3 THEN f.frequency ELSE $3 END
               WHERE f.subscriber_id = $2 AND f.topic_id = $1 AND f.left_at > c.covered_to
               ON CONFLICT (topic_id, subscriber_id) DO NOTHING";
    let values = values![topic, subscriber, frequency as i16];
    db::execute(connection, sql, values).await?;
    Ok(())
}

/// Who has a topic again has not given it up.
pub(super) async fn forget_taken_back(
    connection: &impl ConnectionTrait,
    subscriber: i64,
) -> Result<(), DbErr> {
    // The primary keys of both
    let sql = "DELETE FROM former_subscription WHERE subscriber_id = $1 AND EXISTS (SELECT 1 FROM subscription t
                   WHERE t.topic_id = former_subscription.topic_id AND t.subscriber_id = $1)";
    db::execute(connection, sql, values![subscriber]).await?;
    Ok(())
}

/// Forgets what was given up before the rarest summary that has been made, of what was sent up to `covers_to`.
pub(super) async fn forget(connection: &impl ConnectionTrait, covers_to: i64) -> Result<(), DbErr> {
    former_subscription::Entity::delete_many()
        .filter(former_subscription::Column::LeftAt.lte(covers_to))
        .exec(connection)
        .await?;
    Ok(())
}
