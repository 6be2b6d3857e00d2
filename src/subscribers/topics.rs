//! What there is to ask for.

use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, DerivePartialModel, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

use super::{
    Result, SubscriberError,
    subscriber_tables::{subscription, topic},
};
use crate::{app::App, db, values};

/// A topic.
#[derive(Debug, Clone, DerivePartialModel)]
#[sea_orm(entity = "topic::Entity")]
pub struct TopicRow {
    /// `topic.id`
    pub id: i64,
    /// Short name.
    pub slug: String,
    /// As readers see it.
    pub name: String,
    /// What it holds.
    pub description: String,
}

/// All topics in their order.
pub async fn topics(app: &App) -> std::result::Result<Vec<TopicRow>, DbErr> {
    topic::Entity::find()
        .order_by_asc(topic::Column::Position)
        .order_by_asc(topic::Column::Id)
        .into_partial_model()
        .all(app.db.pool())
        .await
}

/// The same with those that are archived: for telling what somebody has or had.
pub async fn every_topic(app: &App) -> std::result::Result<Vec<TopicRow>, DbErr> {
    topics(app).await
}

/// The ids of what a subscriber gets.
pub async fn of_subscriber(
    connection: &impl ConnectionTrait,
    subscriber: i64,
) -> std::result::Result<Vec<i64>, DbErr> {
    // subscription_of_subscriber
    subscription::Entity::find()
        .select_only()
        .column(subscription::Column::TopicId)
        .filter(subscription::Column::SubscriberId.eq(subscriber))
        .into_tuple()
        .all(connection)
        .await
}

/// The id of the first topic; `None`: there is none.
pub async fn first_topic(
    connection: &impl ConnectionTrait,
) -> std::result::Result<Option<i64>, DbErr> {
    topic::Entity::find()
        .select_only()
        .column(topic::Column::Id)
        .order_by_asc(topic::Column::Position)
        .order_by_asc(topic::Column::Id)
        .limit(1)
        .into_tuple()
        .one(connection)
        .await
}

/// The slugs of these topics, in the topics' order.
#[must_use]
pub fn names(topics: &[TopicRow], ids: &[i64]) -> Vec<String> {
    topics
        .iter()
        .filter(|topic| ids.contains(&topic.id))
        .map(|topic| topic.slug.clone())
        .collect()
}

/// The ids of these topics; of all where none is named. Unknown names are passed over: a form may
/// be older than the topics.
pub fn chosen(topics: &[TopicRow], slugs: &[String]) -> Vec<i64> {
    let found: Vec<i64> = topics
        .iter()
        .filter(|topic| slugs.contains(&topic.slug))
        .map(|topic| topic.id)
        .collect();
    if found.is_empty() {
        topics.iter().map(|topic| topic.id).collect()
    } else {
        found
    }
}

/// The ids of named topics, every name of which must be known: for the command line.
pub fn named(topics: &[TopicRow], slugs: &[String]) -> Result<Vec<i64>> {
    let known = || {
        topics
            .iter()
            .map(|topic| topic.slug.as_str())
            .collect::<Vec<_>>()
            .join(", ")
    };
    match slugs
        .iter()
        .find(|slug| !topics.iter().any(|topic| topic.slug == **slug))
    {
        Some(unknown) => Err(SubscriberError::NoTopic(unknown.clone(), known())),
        None => Ok(chosen(topics, slugs)),
    }
}

/// Sets what a subscriber gets: exactly these topics.
pub async fn set(
    connection: &impl ConnectionTrait,
    subscriber: i64,
    topics: &[i64],
) -> std::result::Result<(), DbErr> {
    subscription::Entity::delete_many()
        .filter(subscription::Column::SubscriberId.eq(subscriber))
        .exec(connection)
        .await?;
    for topic in topics {
        // A topic may have gone since it was asked for.
        let sql = "INSERT INTO subscription (topic_id, subscriber_id) SELECT id, $2 FROM topic WHERE id = $1
                   ON CONFLICT (topic_id, subscriber_id) DO NOTHING";
        db::execute(connection, sql, values![*topic, subscriber]).await?;
    }
    Ok(())
}
