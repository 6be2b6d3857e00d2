//! The releases for staff to see.

use serde::Serialize;

use super::ReleaseError;
use crate::{
    app::App,
    clock::{Timestamp, instant},
    values,
};

/// A release, without its text.
#[derive(Debug, Clone, Serialize)]
pub struct Release {
    /// `release.id`
    pub id: i64,
    /// The source it came from; none: added by hand.
    pub source_id: Option<i64>,
    /// What it is called.
    pub title: String,
    /// Where it stands on the office's site.
    pub url: Option<String>,
    /// A [`ReleaseState`](super::ReleaseState).
    pub state: String,
    /// Why a person must look at it, in plain words.
    pub held_because: Option<String>,
    /// When the office published it.
    pub published_at: Option<Timestamp>,
    /// When it was first seen.
    pub first_seen_at: Timestamp,
}

/// The newest releases, newest first.
pub async fn list(app: &App, limit: u64) -> Result<Vec<Release>, ReleaseError> {
    let rows = app
        .db
        .all(
            "SELECT id, source_id, title, url, state, held_because, published_at, first_seen_at
             FROM release ORDER BY id DESC LIMIT $1",
            values![i64::try_from(limit).unwrap_or(i64::MAX)],
        )
        .await?;
    let mut releases = Vec::with_capacity(rows.len());
    for row in rows {
        releases.push(Release {
            id: row.try_get("", "id")?,
            source_id: row.try_get("", "source_id")?,
            title: row.try_get("", "title")?,
            url: row.try_get("", "url")?,
            state: row.try_get("", "state")?,
            held_because: row.try_get("", "held_because")?,
            published_at: row.try_get::<Option<i64>>("", "published_at")?.map(instant),
            first_seen_at: instant(row.try_get("", "first_seen_at")?),
        });
    }
    Ok(releases)
}
