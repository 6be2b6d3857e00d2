//! Drafts that go out by themselves when their release is final: because the source's policy is
//! `auto`, or because a person let a held release go. Until then they stand there to be looked at,
//! and whoever edits or approves one takes it over.

use sea_orm::QueryResult;

use super::{NewsletterError, Result, checks, find, telling::tell_staff};
use crate::{app::App, office::Office, values};

/// On whose word, where it is the source's policy.
pub(super) const POLICY: &str = "policy auto";

/// Approves the drafts whose releases are final now. What a check stops waits for a person after
/// all (C5), and so does everything once the source's policy is another.
pub(super) async fn approve_final(app: &App) -> Result<()> {
    let rows = app
        .db
        .all(
            // newsletter_by_itself; nearly always empty
            "SELECT n.id, n.by_itself, s.policy FROM newsletter n JOIN release r ON r.id = n.release_id
             LEFT JOIN source s ON s.id = r.source_id
             WHERE n.by_itself IS NOT NULL AND n.state = 0 AND r.state = 'settled' AND r.changed_at IS NULL
             ORDER BY n.id",
            [],
        )
        .await?;
    if rows.is_empty() {
        return Ok(());
    }
    let complete = Office::load(&app.db).await?.complete;
    for row in &rows {
        decide(app, row, complete).await?;
    }
    app.scheduler_wakeup.notify_one();
    Ok(())
}

async fn decide(app: &App, row: &QueryResult, complete: bool) -> Result<()> {
    let (id, on_word_of): (i64, String) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
    let policy: Option<String> = row.try_get_by_index(2)?;
    if policy.as_deref() != Some("auto") || !complete {
        return leave(app, id, None).await;
    }
    match what_stops(app, id).await? {
        Some(why) => leave(app, id, Some(why)).await,
        None => approve(app, id, &on_word_of).await,
    }
}

/// What somebody would have to say that they saw before they approve it, as the reason for not
/// letting it go out by itself (C5).
pub(super) async fn what_stops(app: &App, id: i64) -> Result<Option<String>> {
    match checks::what_stops(app, id).await {
        Err(error @ NewsletterError::Db(_)) => Err(error),
        // What cannot even be composed is nothing to be sent unseen.
        Err(error) => Ok(Some(format!("It cannot be sent as it is: {error}."))),
        stops => stops,
    }
}

/// A person decides about it now.
async fn leave(app: &App, id: i64, why: Option<String>) -> Result<()> {
    tracing::info!(newsletter.id = id, why, "a draft waits for a person");
    if let Some(why) = &why {
        tell_staff(&app.db, app.db.pool(), id, why).await?;
    }
    app.db
        .execute(
            "UPDATE newsletter SET by_itself = NULL, attention = coalesce($2, attention) WHERE id = $1 AND state = 0",
            values![id, why],
        )
        .await?;
    Ok(())
}

async fn approve(app: &App, id: i64, on_word_of: &str) -> Result<()> {
    // H12: a person who let it go has looked at it. Nobody said "now", so it waits for the window.
    let automatic = on_word_of == POLICY;
    let newsletter = find(app, id).await?;
    // While it stood there its pictures were measured, if they can be.
    let sizes_by = if automatic {
        checks::measured_by(app, &newsletter.document)
    } else {
        None
    };
    let approved = app
        .db
        .execute(
            // Not if somebody, or the office, has changed it meanwhile.
            "UPDATE newsletter SET state = 1, approved_at = $2, approved_by = by_itself, by_itself = NULL,
                    automatic = $3, waits = $4, attention = NULL,
                    scheduled_at = CASE WHEN checked_at IS NULL THEN $5 END
             WHERE id = $1 AND state = 0 AND by_itself IS NOT NULL AND EXISTS
                   (SELECT 1 FROM release r WHERE r.id = newsletter.release_id
                    AND r.state = 'settled' AND r.changed_at IS NULL)",
            values![id, app.clock.now_ms(), automatic, true, sizes_by],
        )
        .await?;
    if approved > 0 {
        tracing::info!(newsletter.id = id, by = on_word_of, "approved by itself");
    }
    Ok(())
}
