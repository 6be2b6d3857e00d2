//! What a person decides about a held release, and what that means for its newsletter.

use super::{Result, draft::draft_ready, lifecycle};
use crate::{app::App, office::Office, releases, values};

/// Lets a held release go on as its source's policy says: a draft still waits for approval, a
/// digest takes it in, and where releases go out by themselves this one does now, inside the
/// office's sending window.
pub async fn release_held(app: &App, release: i64, by: &str) -> Result<()> {
    releases::release(app, release, by).await?;
    let now = app.clock.now_ms();
    // newsletter_of_release
    app.db
        .execute(
            "UPDATE newsletter SET attention = NULL WHERE release_id = $1 AND state = 0 AND corrects IS NULL",
            values![release],
        )
        .await?;
    draft_ready(app).await?;
    if Office::load(&app.db).await?.complete {
        // A person has looked at the text, so it is not automatic (H12); nobody said "now", so it
        // waits for the window.
        app.db
            .execute(
                "UPDATE newsletter SET state = 1, approved_at = $2, approved_by = $3, automatic = $4, waits = $5
                 WHERE release_id = $1 AND state = 0 AND corrects IS NULL AND release_id IN
                     (SELECT r.id FROM release r JOIN source s ON s.id = r.source_id
                      WHERE r.id = $1 AND s.policy = 'auto')",
                values![release, now, by, false, true],
            )
            .await?;
    }
    lifecycle::start_due(app).await?;
    Ok(())
}

/// Takes a held release out, with the draft that was made of it.
pub async fn drop_held(app: &App, release: i64, by: &str) -> Result<()> {
    releases::drop_held(app, release, by).await?;
    let drafts = app
        .db
        .all(
            // newsletter_of_release
            "SELECT id FROM newsletter WHERE release_id = $1 AND state = 0",
            values![release],
        )
        .await?;
    for draft in drafts {
        lifecycle::cancel(app, draft.try_get_by_index(0)?, by).await?;
    }
    Ok(())
}
