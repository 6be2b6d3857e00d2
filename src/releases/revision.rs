//! Every text that a release has had, for the record.

use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder,
};

use super::{items::Item, release_tables::release_revision};

/// The item's categories as the database has them.
pub(super) fn categories(item: &Item) -> Option<String> {
    (!item.categories.is_empty()).then(|| serde_json::json!(item.categories).to_string())
}

/// The number of the release's newest text. `None`: it never had one.
///
/// # Errors
/// The database failed.
pub async fn newest(connection: &impl ConnectionTrait, release: i64) -> Result<Option<i32>, DbErr> {
    let newest = newest_text(connection, release).await?;
    Ok(newest.map(|revision| revision.number))
}

async fn newest_text(
    connection: &impl ConnectionTrait,
    release: i64,
) -> Result<Option<release_revision::Model>, DbErr> {
    release_revision::Entity::find()
        // The primary key.
        .filter(release_revision::Column::ReleaseId.eq(release))
        .order_by_desc(release_revision::Column::Number)
        .one(connection)
        .await
}

/// Keeps the text as the release's newest revision, unless it is the newest already. Whether it
/// takes the place of another one.
pub(super) async fn keep(
    transaction: &impl ConnectionTrait,
    release: i64,
    at: i64,
    title: &str,
    content_hash: &[u8],
    document: &str,
) -> Result<bool, DbErr> {
    let newest = newest_text(transaction, release).await?;
    let number = match newest {
        Some(newest) if newest.content_hash == content_hash => return Ok(false),
        Some(newest) => newest.number + 1,
        None => 1,
    };
    release_revision::Entity::insert(release_revision::ActiveModel {
        release_id: Set(release),
        number: Set(number),
        at: Set(at),
        title: Set(title.to_owned()),
        content_hash: Set(content_hash.to_vec()),
        document: Set(document.to_owned()),
    })
    .exec_without_returning(transaction)
    .await?;
    Ok(number > 1)
}
