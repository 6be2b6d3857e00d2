//! The drafts that nobody asked for: of the releases that are ready.

use super::{Result, auto_approve, release_updates::follow_all};
use crate::{app::App, releases};

/// Makes the drafts that are due: hears of the releases that are ready, and approves those that need no
/// person. Where the source's policy is `auto`, the office is set up and nothing holds the release, a
/// draft is approved when the release is final and is marked as automatic (H12). Gives the newsletters
/// made.
pub async fn draft_ready(app: &App) -> Result<Vec<i64>> {
    releases::announce_due(app).await?;
    let made = follow_all(app).await?.drafted;
    auto_approve::approve_final(app).await?;
    Ok(made)
}
