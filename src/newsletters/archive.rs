//! What was mailed, for the web: only newsletters whose sending has begun.

use gazette_templates::Document;
use sea_orm::{DbErr, QueryResult};

use super::{
    Newsletter, Result,
    store::{COLUMNS, read},
};
use crate::{
    app::App,
    clock::{Timestamp, instant},
    values,
};

/// Sending (2), paused (3) and sent (4): a draft is nobody's business yet, and a cancelled
/// newsletter was taken back.
const PUBLIC: &str = "n.state IN (2, 3, 4)";

/// What the archive lists: the press list's copies are there for who follows their link, not twice
/// in the list.
const LISTED: &str = "n.state IN (2, 3, 4) AND n.audience = 0";

/// A newsletter as the archive lists it.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) id: i64,
    pub(super) subject: String,
    pub(super) slug: String,
    pub(super) language: String,
    pub(super) topic: String,
    /// When the office published it, else when it was mailed.
    pub(super) at: Timestamp,
}

/// The newest below `before`, at most `limit`, without their texts.
pub(super) async fn entries(app: &App, before: i64, limit: i64) -> Result<Vec<Entry>> {
    // Walks the primary key backwards; what is not public is a handful of drafts.
    let rows = app
        .db
        .all(
            &format!(
                "SELECT n.id, n.subject, n.slug, n.language, t.name,
                        coalesce(r.published_at, n.started_at, n.created_at)
                 FROM newsletter n
                 JOIN topic t ON t.id = n.topic_id
                 LEFT JOIN release r ON r.id = n.release_id
                 WHERE n.id < $1 AND {LISTED} ORDER BY n.id DESC LIMIT $2"
            ),
            values![before, limit],
        )
        .await?;
    let entry = |row: &QueryResult| -> std::result::Result<Entry, DbErr> {
        Ok(Entry {
            id: row.try_get_by_index(0)?,
            subject: row.try_get_by_index(1)?,
            slug: row.try_get_by_index(2)?,
            language: row.try_get_by_index(3)?,
            topic: row.try_get_by_index(4)?,
            at: instant(row.try_get_by_index(5)?),
        })
    };
    Ok(rows
        .iter()
        .map(entry)
        .collect::<std::result::Result<_, _>>()?)
}

/// The newest with their texts, for the feed.
pub(super) async fn newest(app: &App, limit: i64) -> Result<Vec<Newsletter>> {
    let rows = app
        .db
        .all(
            &format!("{COLUMNS} WHERE {LISTED} ORDER BY n.id DESC LIMIT $1"),
            values![limit],
        )
        .await?;
    let newsletters = rows.iter().map(read);
    Ok(newsletters.collect::<std::result::Result<_, _>>()?)
}

/// The public newsletter with this slug, by its unique index.
pub(super) async fn by_slug(app: &App, slug: &str) -> Result<Option<Newsletter>> {
    let row = app
        .db
        .one(
            &format!("{COLUMNS} WHERE n.slug = $1 AND {PUBLIC}"),
            values![slug],
        )
        .await?;
    Ok(row.as_ref().map(read).transpose()?)
}

impl Newsletter {
    /// When the office published it, else when it was mailed.
    pub(super) fn public_since(&self) -> Timestamp {
        self.published_at
            .or(self.started_at)
            .unwrap_or(self.created_at)
    }

    /// The document in the newsletter's language.
    pub(super) fn document_in_language(&self) -> Document {
        Document {
            language: self.language.clone(),
            ..self.document.clone()
        }
    }
}
