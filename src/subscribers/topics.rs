//! What there is to ask for.

use sea_orm::{ConnectionTrait, DbErr, Statement};

use super::{Result, SubscriberError};
use crate::{app::App, values};

/// A topic.
#[derive(Debug, Clone)]
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
    let rows = app
        .db
        .all(
            "SELECT id, slug, name, description FROM topic ORDER BY position, id",
            [],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(TopicRow {
                id: row.try_get_by_index(0)?,
                slug: row.try_get_by_index(1)?,
                name: row.try_get_by_index(2)?,
                description: row.try_get_by_index(3)?,
            })
        })
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
    let backend = connection.get_database_backend();
    connection
        .execute_raw(Statement::from_sql_and_values(
            backend,
            "DELETE FROM subscription WHERE subscriber_id = $1",
            values![subscriber],
        ))
        .await?;
    for topic in topics {
        connection
            .execute_raw(Statement::from_sql_and_values(
                backend,
                // A topic may have gone since it was asked for.
                "INSERT INTO subscription (topic_id, subscriber_id) SELECT id, $2 FROM topic WHERE id = $1
                 ON CONFLICT (topic_id, subscriber_id) DO NOTHING",
                values![*topic, subscriber],
            ))
            .await?;
    }
    Ok(())
}
