//! The releases for staff to see.

use sea_orm::{
    DerivePartialModel, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select, sea_query::Expr,
};
use serde::Serialize;

use super::{
    ReleaseState, hold_reason::HoldReasons, release_error::ReleaseError, release_tables::release,
};
use crate::{
    app::App,
    clock::{Timestamp, instant},
    db::sql_value,
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
    /// Where it stands.
    pub state: ReleaseState,
    /// Why a person must look at it, in plain words.
    pub held_because: Option<String>,
    /// The same for programs, each reason with its code.
    pub hold_reasons: Option<HoldReasons>,
    /// It is dated in the future, and waits for that.
    pub waits_for: Option<Timestamp>,
    /// When the office published it.
    pub published_at: Option<Timestamp>,
    /// When it was first seen.
    pub first_seen_at: Timestamp,
}

#[derive(Debug, DerivePartialModel)]
#[sea_orm(entity = "release::Entity")]
struct ListedRelease {
    id: i64,
    source_id: Option<i64>,
    title: String,
    url: Option<String>,
    state: ReleaseState,
    held_because: Option<HoldReasons>,
    published_at: Option<i64>,
    first_seen_at: i64,
}

/// The newest releases, newest first.
pub async fn list(app: &App, limit: u64) -> Result<Vec<Release>, ReleaseError> {
    listed(app, release::Entity::find(), limit).await
}

/// The newest that wait for a person's decision, however many came in since.
///
/// # Errors
/// The database failed.
pub async fn held(app: &App, limit: u64) -> Result<Vec<Release>, ReleaseError> {
    // release_held, in its very words
    let is_held = format!("state = {}", sql_value(&ReleaseState::Held));
    let held = release::Entity::find().filter(Expr::cust(is_held));
    listed(app, held, limit).await
}

async fn listed(
    app: &App,
    wanted: Select<release::Entity>,
    limit: u64,
) -> Result<Vec<Release>, ReleaseError> {
    let now = app.clock.now_ms();
    let rows = wanted
        .order_by_desc(release::Column::Id)
        .limit(limit)
        .into_partial_model::<ListedRelease>()
        .all(app.db.pool())
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| Release {
            id: row.id,
            source_id: row.source_id,
            title: row.title,
            url: row.url,
            state: row.state,
            held_because: row.held_because.as_ref().map(HoldReasons::to_string),
            hold_reasons: row.held_because,
            waits_for: row
                .published_at
                .filter(|at| row.state == ReleaseState::Settling && *at > now)
                .map(instant),
            published_at: row.published_at.map(instant),
            first_seen_at: instant(row.first_seen_at),
        })
        .collect())
}
