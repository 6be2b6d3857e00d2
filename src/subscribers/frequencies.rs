//! How often a subscriber gets a topic, and when a changed choice comes into force.

use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, sea_query::Expr};

use super::{
    audience::{sql_frequency_at, sql_is_confirmed},
    former_subscriptions,
    subscriber_kinds::Frequency,
    subscriber_tables::subscription,
};
use crate::{
    db::{self, WriteTransaction, sql_value},
    values,
};

/// Notes how often a subscriber wants a topic that they have. It holds from the next summary on that
/// the old choice or the new one waits for: until then the old one brings everything.
pub(super) async fn want(
    transaction: &WriteTransaction,
    subscriber: i64,
    topic: i64,
    frequency: Frequency,
) -> Result<(), DbErr> {
    use subscription::Column;
    let same = subscription::Entity::update_many()
        .col_expr(Column::FrequencyWanted, Expr::value(None::<i16>))
        .filter(Column::TopicId.eq(topic))
        .filter(Column::SubscriberId.eq(subscriber))
        .filter(Column::Frequency.eq(frequency))
        .exec(transaction)
        .await?;
    if same.rows_affected == 0 {
        subscription::Entity::update_many()
            .col_expr(Column::FrequencyWanted, Expr::value(frequency))
            .filter(Column::TopicId.eq(topic))
            .filter(Column::SubscriberId.eq(subscriber))
            .exec(transaction)
            .await?;
    }
    Ok(())
}

/// Whether anybody is to get a summary of this kind of any of these topics, of what was sent up to
/// `covers_to`.
pub async fn wants_summary(
    connection: &impl ConnectionTrait,
    topics: &[i64],
    frequency: Frequency,
    covers_to: i64,
) -> Result<bool, DbErr> {
    // subscription_summarised
    let sql = format!(
        "SELECT CAST(1 AS BIGINT) FROM subscription t WHERE t.topic_id = $1
           AND t.frequency + t.frequency_before > 0 AND {} = {} LIMIT 1",
        sql_frequency_at("t", "$2"),
        sql_value(&frequency)
    );
    for topic in topics {
        let found: Option<i64> = db::scalar(connection, &sql, values![*topic, covers_to]).await?;
        if found.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether any confirmed subscriber of these topics reads this language.
pub async fn anybody_reads(
    connection: &impl ConnectionTrait,
    topics: &[i64],
    language: &str,
) -> Result<bool, DbErr> {
    // subscription's primary key, then subscriber's
    let sql = format!(
        "SELECT CAST(1 AS BIGINT) FROM subscription t JOIN subscriber s ON s.id = t.subscriber_id
         WHERE t.topic_id = $1 AND {} AND substr(s.language, 1, 2) = substr($2, 1, 2) LIMIT 1",
        sql_is_confirmed()
    );
    for topic in topics {
        let found: Option<i64> = db::scalar(connection, &sql, values![*topic, language]).await?;
        if found.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Brings into force what was chosen since, with the summary of this kind that brings what was sent up
/// to `covers_to`. A choice between this and a rarer summary waits for that one.
pub async fn apply_wanted_frequencies(
    connection: &impl ConnectionTrait,
    frequency: Frequency,
    covers_to: i64,
) -> Result<(), DbErr> {
    // subscription_wanting
    let kind = sql_value(&frequency);
    let sql = format!(
        "UPDATE subscription SET frequency_before = frequency, frequency = frequency_wanted,
             frequency_from = $1, frequency_wanted = NULL
         WHERE frequency_wanted IS NOT NULL AND (frequency = {kind} OR frequency_wanted = {kind})
           AND frequency <= {kind} AND frequency_wanted <= {kind}"
    );
    db::execute(connection, &sql, values![covers_to + 1]).await?;
    former_subscriptions::pass(connection, frequency, covers_to).await
}
