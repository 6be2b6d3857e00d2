//! Which topics a release is mailed under: what its categories feed, else its source's own.

use sea_orm::{ConnectionTrait, DbErr};

use super::identity;
use crate::{db::Db, values};

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
    db: &Db,
    connection: &impl ConnectionTrait,
    source: i64,
    categories: &[String],
) -> Result<Vec<i64>, DbErr> {
    let keys: Vec<String> = categories
        .iter()
        .map(|category| identity::title_key(category))
        .collect();
    // source_topic's primary key; a source maps a handful of categories.
    let rows = connection
        .query_all_raw(db.statement(
            "SELECT m.category_key, m.topic_id FROM source_topic m JOIN topic t ON t.id = m.topic_id
             WHERE m.source_id = $1 ORDER BY t.position, t.id, m.category_key",
            values![source],
        ))
        .await?;
    let mut topics = Vec::new();
    for row in rows {
        let (key, topic): (String, i64) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        if keys.contains(&key) && !topics.contains(&topic) {
            topics.push(topic);
        }
    }
    if topics.is_empty() {
        let row = connection
            .query_one_raw(
                db.statement("SELECT topic_id FROM source WHERE id = $1", values![source]),
            )
            .await?;
        topics.extend(row.map(|row| row.try_get_by_index::<i64>(0)).transpose()?);
    }
    Ok(topics)
}
