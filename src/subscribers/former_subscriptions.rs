//! Topics that somebody gave up since the last summary. Until the next one their old choice brings everything, as
//! it does for whoever only changes how often a topic comes ([`super::frequencies`]): whoever leaves and comes
//! back gets no release twice, as it is sent and in the summary, and misses none that waits for a summary.

use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter,
    sea_query::{Expr, OnConflict},
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
            passed: Set(Frequency::Each),
        });
    let newest = OnConflict::columns([Column::SubscriberId, Column::TopicId])
        .update_columns([
            Column::Frequency,
            Column::FrequencyBefore,
            Column::FrequencyFrom,
            Column::LeftAt,
            Column::Passed,
        ])
        .to_owned();
    former_subscription::Entity::insert_many(rows)
        .on_conflict(newest)
        .exec_without_returning(connection)
        .await?;
    Ok(())
}

/// Subscribes anew to a topic that was given up, if the summary that the old choice or the new one waits for
/// has not been made since ([`pass`]).
pub(super) async fn take_back(
    connection: &impl ConnectionTrait,
    subscriber: i64,
    topic: i64,
    frequency: Frequency,
) -> Result<(), DbErr> {
    // former_subscription's primary key
    let sql = "INSERT INTO subscription (topic_id, subscriber_id, frequency, frequency_before, frequency_from, frequency_wanted)
               SELECT f.topic_id, f.subscriber_id, f.frequency, f.frequency_before, f.frequency_from,
                      CASE WHEN f.frequency <> $3 THEN $3 END
               FROM former_subscription f
               WHERE f.subscriber_id = $2 AND f.topic_id = $1
                 AND CASE WHEN f.frequency > $3 THEN f.frequency ELSE $3 END > f.passed
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

/// A summary of this kind was made of what was sent up to `covers_to`: whoever had given a topic up by then has
/// missed it. Behind the rarest one all of that is forgotten.
pub(super) async fn pass(
    connection: &impl ConnectionTrait,
    kind: Frequency,
    covers_to: i64,
) -> Result<(), DbErr> {
    use former_subscription::{Column, Entity};
    let by_then = Column::LeftAt.lte(covers_to);
    if kind == Frequency::Weekly {
        Entity::delete_many()
            .filter(by_then)
            .exec(connection)
            .await?;
    } else {
        Entity::update_many()
            .col_expr(Column::Passed, Expr::value(kind))
            .filter(by_then)
            .exec(connection)
            .await?;
    }
    Ok(())
}
