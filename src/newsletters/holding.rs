//! What a person decides about a held release, and what that means for its newsletter.

use super::{Result, by_itself::what_stops, draft::draft_ready, lifecycle};
use crate::{app::App, office::Office, releases, values};

/// Lets a held release go on as its source's policy says: a draft still waits for approval, a
/// digest takes it in, and where releases go out by themselves this one does when it is final,
/// inside the office's sending window, unless a check stops it (C5).
pub async fn release_held(app: &App, release: i64, by: &str) -> Result<()> {
    releases::release(app, release, by).await?;
    draft_ready(app).await?;
    let complete = Office::load(&app.db).await?.complete;
    let rows = app
        .db
        .all(
            // newsletter_of_release. The press list's copy is approved by itself.
            "SELECT n.id, s.policy FROM newsletter n JOIN release r ON r.id = n.release_id
             LEFT JOIN source s ON s.id = r.source_id
             WHERE n.release_id = $1 AND n.state = 0 AND n.corrects IS NULL AND n.audience = 0 ORDER BY n.id",
            values![release],
        )
        .await?;
    for row in rows {
        let id: i64 = row.try_get_by_index(0)?;
        let policy: Option<String> = row.try_get_by_index(1)?;
        let alone = complete && policy.as_deref() == Some("auto");
        let stops = if alone {
            what_stops(app, id).await?
        } else {
            None
        };
        // A person has looked at the text, so it goes out on their word.
        let on_word_of = (alone && stops.is_none()).then_some(by);
        app.db
            .execute(
                "UPDATE newsletter SET attention = $2, by_itself = $3 WHERE id = $1 AND state = 0",
                values![id, stops, on_word_of],
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
