//! Which topics a release is mailed under: what its categories feed, else its source's own.

use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter};

use super::{
    identity,
    release_tables::{source, source_topic},
};
use crate::subscribers;

/// What sites file a post under that nobody filed (R2).
pub(super) fn is_topic(category: &str) -> bool {
    !matches!(
        identity::title_key(category).as_str(),
        "" | "uncategorized" | "uncategorised" | "sin categoria" | "sin categoría"
    )
}

/// The topics of a source's release with these categories, in the order of the sign-up form; none
/// for a release of no source.
pub async fn of_release(
    connection: &impl ConnectionTrait,
    source: i64,
    categories: &[String],
) -> Result<Vec<i64>, DbErr> {
    let keys: Vec<String> = categories
        .iter()
        .map(|category| identity::title_key(category))
        .collect();
    // source_topic's primary key; a source maps a handful of categories.
    let mapped = source_topic::Entity::find()
        .filter(source_topic::Column::SourceId.eq(source))
        .filter(source_topic::Column::CategoryKey.is_in(keys))
        .all(connection)
        .await?;
    let mapped: Vec<i64> = mapped.iter().map(|category| category.topic_id).collect();
    let mut topics = subscribers::in_order(connection, &mapped).await?;
    if topics.is_empty() {
        let own = source::Entity::find_by_id(source).one(connection).await?;
        topics.extend(own.map(|source| source.topic_id));
    }
    Ok(topics)
}
