//! Which topics a release is mailed under: what its categories feed, else its source's own.

use sea_orm::{ConnectionTrait, DbErr, FromQueryResult};

use super::identity;
use crate::{db, values};

/// What sites file a post under that nobody filed (R2).
pub(super) fn is_topic(category: &str) -> bool {
    !matches!(
        identity::title_key(category).as_str(),
        "" | "uncategorized" | "uncategorised" | "sin categoria" | "sin categoría"
    )
}

#[derive(Debug, FromQueryResult)]
struct MappedCategory {
    category_key: String,
    topic_id: i64,
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
    let mapped: Vec<MappedCategory> = db::rows(
        connection,
        "SELECT m.category_key, m.topic_id FROM source_topic m JOIN topic t ON t.id = m.topic_id
         WHERE m.source_id = $1 ORDER BY t.position, t.id, m.category_key",
        values![source],
    )
    .await?;
    let mut topics = Vec::new();
    for category in mapped {
        if keys.contains(&category.category_key) && !topics.contains(&category.topic_id) {
            topics.push(category.topic_id);
        }
    }
    if topics.is_empty() {
        let own = "SELECT topic_id FROM source WHERE id = $1";
        topics.extend(db::scalar::<i64>(connection, own, values![source]).await?);
    }
    Ok(topics)
}
