//! The parts of SQL text that this room gives to statements which join releases to other rooms' tables.
//! A release is `r` in them.

use super::ReleaseState;
use crate::db::sql_value;

/// Joins the release with the id `id`, where there is one. By its primary key.
#[must_use]
pub fn sql_join(id: &str) -> String {
    format!("LEFT JOIN release r ON r.id = {id}")
}

/// When the office published it, in milliseconds since 1970; NULL where it did not say.
#[must_use]
pub fn sql_published_at() -> &'static str {
    "r.published_at"
}

/// What newsletters show of their release: `release_title`, `release_url`, `published_at`, and `settles_at`, which is NULL
/// once it is final.
#[must_use]
pub fn sql_shown() -> String {
    format!(
        "r.title AS release_title, r.url AS release_url, r.published_at,
         CASE WHEN r.state = {} THEN r.settles_at END AS settles_at",
        sql_value(&ReleaseState::Settling)
    )
}

/// The release with the id `id` may still be changed or taken back; nothing of it is mailed. By its
/// primary key.
#[must_use]
pub fn sql_is_settling(id: &str) -> String {
    format!(
        "EXISTS (SELECT 1 FROM release r WHERE r.id = {id} AND r.state = {})",
        sql_value(&ReleaseState::Settling)
    )
}

/// The office has taken back the release with the id `id`. By its primary key.
#[must_use]
pub fn sql_is_taken_back(id: &str) -> String {
    format!(
        "EXISTS (SELECT 1 FROM release r WHERE r.id = {id} AND r.state = {})",
        sql_value(&ReleaseState::Vanished)
    )
}
