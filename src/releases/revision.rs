//! Every text that a release has had, for the record.

use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr};

use super::feeds::Item;
use crate::{db::Db, values};

/// The item's categories as the database has them.
pub(super) fn categories(item: &Item) -> Option<String> {
    (!item.categories.is_empty()).then(|| serde_json::json!(item.categories).to_string())
}

/// Keeps the text as the release's newest revision, unless it is the newest already.
pub(super) async fn keep(
    transaction: &DatabaseTransaction,
    db: &Db,
    release: i64,
    at: i64,
    title: &str,
    content_hash: &[u8],
    document: &str,
) -> Result<(), DbErr> {
    let newest = transaction
        .query_one_raw(db.statement(
            "SELECT number, content_hash FROM release_revision WHERE release_id = $1
             ORDER BY number DESC LIMIT 1",
            values![release],
        ))
        .await?;
    let number: i32 = match newest {
        Some(row) if row.try_get_by_index::<Vec<u8>>(1)? == content_hash => return Ok(()),
        Some(row) => row.try_get_by_index::<i32>(0)? + 1,
        None => 1,
    };
    transaction
        .execute_raw(db.statement(
            "INSERT INTO release_revision (release_id, number, at, title, content_hash, document)
             VALUES ($1, $2, $3, $4, $5, $6)",
            values![release, number, at, title, content_hash.to_vec(), document],
        ))
        .await?;
    Ok(())
}
