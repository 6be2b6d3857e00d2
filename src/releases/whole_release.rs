//! One release with its text, for programs and for who looks at it on the command line.

use gazette_templates::document::Document;
use sea_orm::{DerivePartialModel, EntityTrait, QuerySelect};
use serde::Serialize;

use super::{ReleaseState, release_error::ReleaseError, release_tables::release};
use crate::{
    app::App,
    clock::{Timestamp, instant},
};

/// A release with what it says.
#[derive(Debug, Clone, Serialize)]
pub struct WholeRelease {
    /// `release.id`
    pub id: i64,
    /// What it is called.
    pub title: String,
    /// When the office published it.
    pub published_at: Option<Timestamp>,
    /// Where it stands on the office's site.
    pub url: Option<String>,
    /// Where it stands.
    pub state: ReleaseState,
    /// Its text; none: it was there before its source, and was never read.
    pub document: Option<Document>,
}

#[derive(Debug, DerivePartialModel)]
#[sea_orm(entity = "release::Entity")]
struct WholeRow {
    id: i64,
    title: String,
    url: Option<String>,
    state: ReleaseState,
    published_at: Option<i64>,
    document: Option<String>,
}

/// The release and what it says now. `None`: there is no such release.
///
/// # Errors
/// The database failed, or the stored text cannot be read.
pub async fn whole_release(app: &App, id: i64) -> Result<Option<WholeRelease>, ReleaseError> {
    let row = release::Entity::find_by_id(id)
        .limit(1)
        .into_partial_model::<WholeRow>()
        .one(app.db.pool())
        .await?;
    let Some(row) = row else { return Ok(None) };
    let document = row.document.as_deref().map(serde_json::from_str);
    Ok(Some(WholeRelease {
        id: row.id,
        title: row.title,
        published_at: row.published_at.map(instant),
        url: row.url,
        state: row.state,
        document: document.transpose()?,
    }))
}
