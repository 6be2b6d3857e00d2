//! What was mailed, for the web: only newsletters whose sending has begun.

use gazette_templates::Document;
use sea_orm::FromQueryResult;

use super::{
    Audience, Newsletter, NewsletterState as State, Result,
    store::{NewsletterRow, sql_columns},
};
use crate::{
    app::App,
    clock::{Timestamp, instant},
    db::{self, sql_value, sql_values},
    releases::release_sql,
    subscribers::Frequency,
    values,
};

/// SQL text: a draft is nobody's business yet, and a cancelled newsletter was taken back.
fn sql_is_public() -> String {
    let states = sql_values(&[State::Sending, State::Paused, State::Sent]);
    format!("n.state IN ({states})")
}

/// SQL text: what the archive lists. The press list's copies, and summaries of what is there already, are
/// there for who follows their link, not twice in the list.
fn sql_is_listed() -> String {
    let subscribers = sql_value(&Audience::Subscribers);
    let each = sql_value(&Frequency::Each);
    format!(
        "{} AND n.audience = {subscribers} AND n.frequency = {each}",
        sql_is_public()
    )
}

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

#[derive(Debug, FromQueryResult)]
struct EntryRow {
    id: i64,
    subject: String,
    slug: String,
    language: String,
    topic: String,
    at: i64,
}

/// The newest below `before`, at most `limit`, without their texts.
pub(super) async fn entries(app: &App, before: i64, limit: i64) -> Result<Vec<Entry>> {
    // Walks the primary key backwards; what is not public is a handful of drafts. A correction is
    // published when it is mailed: see `public_since`.
    let sql = format!(
        "SELECT n.id, n.subject, n.slug, n.language, t.name AS topic,
                coalesce(CASE WHEN n.corrects IS NULL THEN {} END, n.started_at, n.created_at) AS at
         FROM newsletter n
         JOIN topic t ON t.id = n.topic_id
         {}
         WHERE n.id < $1 AND {} ORDER BY n.id DESC LIMIT $2",
        release_sql::sql_published_at(),
        release_sql::sql_join("n.release_id"),
        sql_is_listed()
    );
    let rows: Vec<EntryRow> = db::rows(app.db.pool(), &sql, values![before, limit]).await?;
    let entries = rows.into_iter().map(|row| Entry {
        id: row.id,
        subject: row.subject,
        slug: row.slug,
        language: row.language,
        topic: row.topic,
        at: instant(row.at),
    });
    Ok(entries.collect())
}

/// The newest with their texts, for the feed.
pub(super) async fn newest(app: &App, limit: i64) -> Result<Vec<Newsletter>> {
    let sql = format!(
        "{} WHERE {} ORDER BY n.id DESC LIMIT $1",
        sql_columns(),
        sql_is_listed()
    );
    let rows: Vec<NewsletterRow> = db::rows(app.db.pool(), &sql, values![limit]).await?;
    Ok(rows.into_iter().map(Newsletter::from).collect())
}

/// The public newsletter with this slug, by its unique index.
pub(super) async fn by_slug(app: &App, slug: &str) -> Result<Option<Newsletter>> {
    let sql = format!(
        "{} WHERE n.slug = $1 AND {}",
        sql_columns(),
        sql_is_public()
    );
    let row: Option<NewsletterRow> = db::row(app.db.pool(), &sql, values![slug]).await?;
    Ok(row.map(Newsletter::from))
}

impl Newsletter {
    /// When the office published it, else when it was mailed. A correction is newer than what it
    /// corrects, though its release may bear the old date: it was published when it was mailed.
    pub(super) fn public_since(&self) -> Timestamp {
        self.published_at
            .filter(|_| self.corrects.is_none())
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
