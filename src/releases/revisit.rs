//! Looking again at what is final or held, for two weeks: an office corrects and withdraws later
//! too. What has changed is kept as a revision and marked; what that means for a newsletter is the
//! newsletters' own affair.

use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait, DbErr, QueryResult};
use url::Url;

use super::{
    ReleaseError, ReleaseState, SourceKind, brakes,
    feeds::{Item, Listing},
    fetch::Fetcher,
    filters::{Filter, OUT_OF_FILTER},
    hash, identity, revision,
    settling::{Found, Seen, listed, listing, page, seen, whole},
};
use crate::{
    app::App,
    clock::{DAY, HOUR, MINUTE},
    values,
};

/// From the last look to the first of these.
const FIRST: i64 = 15 * MINUTE;
/// The time between two looks grows with the release's age, up to an hour while it is news, and
/// perhaps still waits for the sending window; then up to this.
const LONGEST: i64 = 12 * HOUR;
/// Later changes are the archive's.
const WATCHED: i64 = 14 * DAY;
/// Looked at in one round: each may be a page to fetch.
const AT_ONCE: i64 = 20;

/// When a release that has just come into this state is looked at again.
pub(super) fn first(state: ReleaseState, now: i64) -> Option<i64> {
    matches!(state, ReleaseState::Settled | ReleaseState::Held).then_some(now + FIRST)
}

fn next(first_seen_at: i64, now: i64) -> Option<i64> {
    let age = now - first_seen_at;
    let longest = if age < 3 * DAY { HOUR } else { LONGEST };
    (age < WATCHED).then(|| now + age.clamp(FIRST, longest))
}

#[derive(Debug)]
struct Watched {
    seen: Seen,
    content_hash: Option<Vec<u8>>,
    filter: Filter,
    /// Why it was held, where a person let it go on.
    let_go: Option<String>,
}

/// Looks again at what is due; how many had changed.
pub async fn revisit_due(app: &App) -> Result<u64, ReleaseError> {
    let rows = app
        .db
        .all(
            // release_revisit
            "SELECT r.id, r.identity, r.url, r.title, r.published_at, r.first_seen_at, r.content_hash,
                    s.kind, s.url AS feed, s.include_terms, s.exclude_terms, r.let_go
             FROM release r JOIN source s ON s.id = r.source_id
             WHERE r.revisit_at IS NOT NULL AND r.revisit_at <= $1 ORDER BY r.revisit_at LIMIT $2",
            values![app.clock.now_ms(), AT_ONCE],
        )
        .await?;
    if rows.is_empty() {
        return Ok(0);
    }
    let mut by_feed: BTreeMap<(String, String), Vec<Watched>> = BTreeMap::new();
    for row in &rows {
        by_feed
            .entry((row.try_get("", "feed")?, row.try_get("", "kind")?))
            .or_default()
            .push(watched(row)?);
    }
    let fetcher = Fetcher::new(app).await?;
    let mut changed = 0;
    for ((feed, kind), releases) in by_feed {
        let listing = listing(&fetcher, SourceKind::of(&kind), &feed).await;
        for release in releases {
            let found = look(&fetcher, &release.seen, listing.as_ref()).await;
            changed += u64::from(keep(app, &release, found).await?);
        }
    }
    if changed > 0 {
        app.scheduler_wakeup.notify_one();
    }
    Ok(changed)
}

fn watched(row: &QueryResult) -> Result<Watched, DbErr> {
    Ok(Watched {
        seen: seen(row)?,
        content_hash: row.try_get("", "content_hash")?,
        filter: Filter::of_source(row)?,
        let_go: row.try_get("", "let_go")?,
    })
}

/// A feed forgets old releases, so only a release's own page says that it is gone. It does not say
/// what has changed: where the text came from the feed, the page reads a little differently.
async fn look(fetcher: &Fetcher, release: &Seen, listing: Option<&Listing>) -> Found {
    if let Some(item) = listing.and_then(|listing| listed(release, listing)) {
        return whole(fetcher, item.clone()).await;
    }
    if release.url.is_none() {
        return Found::Unclear;
    }
    match page(fetcher, release).await {
        Found::Gone => Found::Gone,
        _ => Found::Unclear,
    }
}

/// Whether it was news.
async fn keep(app: &App, release: &Watched, found: Found) -> Result<bool, ReleaseError> {
    let now = app.clock.now_ms();
    let Watched {
        seen,
        content_hash,
        filter,
        let_go,
    } = release;
    let next = next(seen.first_seen_at, now);
    match found {
        Found::Gone => {
            tracing::info!(release.id = seen.id, "the office took a release back");
            app.db
                .execute(
                    "UPDATE release SET state = 'vanished', held_because = NULL, changed_at = $2, revisit_at = NULL
                     WHERE id = $1 AND state IN ('settled', 'held')",
                    values![seen.id, now],
                )
                .await?;
            Ok(true)
        }
        Found::There(item) if !brakes::is_summary(&item) => {
            // First, so that nothing of it begins between the two.
            let out = !filter.takes(&item) && !brakes::is_let_go(let_go.as_deref(), OUT_OF_FILTER);
            let held = out && hold(app, seen.id).await?;
            Ok(changed(app, seen, content_hash.as_deref(), &item, next).await? || held)
        }
        // Only its summary, or nothing: that tells of no change.
        _ => {
            app.db
                .execute(
                    "UPDATE release SET revisit_at = $2 WHERE id = $1",
                    values![seen.id, next],
                )
                .await?;
            Ok(false)
        }
    }
}

/// Holds a final release that its source's filter would leave out by now, if nothing of it was
/// mailed yet: it passed when it settled, so a person decides. Whether it was held.
async fn hold(app: &App, id: i64) -> Result<bool, DbErr> {
    let held = app
        .db
        .execute(
            // newsletter_release_of, newsletter's primary key
            "UPDATE release SET state = 'held', held_because = $2, notice = $2, changed_at = $3
             WHERE id = $1 AND state = 'settled'
               AND NOT EXISTS (SELECT 1 FROM newsletter_release x JOIN newsletter n ON n.id = x.newsletter_id
                               WHERE x.release_id = release.id AND n.started_at IS NOT NULL)
               AND (drafted_at IS NULL
                    OR EXISTS (SELECT 1 FROM newsletter_release x JOIN newsletter n ON n.id = x.newsletter_id
                               WHERE x.release_id = release.id AND n.state IN (0, 1)))",
            values![id, OUT_OF_FILTER, app.clock.now_ms()],
        )
        .await?;
    if held > 0 {
        tracing::info!(release.id = id, "a final release passes its filter no more");
    }
    Ok(held > 0)
}

async fn changed(
    app: &App,
    seen: &Seen,
    content_hash: Option<&[u8]>,
    item: &Item,
    next: Option<i64>,
) -> Result<bool, ReleaseError> {
    let now = app.clock.now_ms();
    let hashed = match &item.document {
        Some(document) => Some((document, hash::content(&item.title, document)?)),
        None => None,
    };
    let Some((document, hash)) = hashed.filter(|(_, hash)| content_hash != Some(hash.as_slice()))
    else {
        app.db
            .execute(
                "UPDATE release SET revisit_at = $2 WHERE id = $1",
                values![seen.id, next],
            )
            .await?;
        return Ok(false);
    };
    let document = serde_json::to_string(document)?;
    let transaction = app.db.begin().await?;
    let kept = transaction
        .execute_raw(app.db.statement(
            "UPDATE release SET title = $2, title_key = $3, url = coalesce($4, url), content_hash = $5,
                    document = $6, changed_at = $7, revisit_at = $8
             WHERE id = $1 AND state IN ('settled', 'held')",
            values![
                seen.id,
                item.title.clone(),
                identity::title_key(&item.title),
                item.url.as_ref().map(Url::to_string),
                hash.clone(),
                document.clone(),
                now,
                next
            ],
        ))
        .await?
        .rows_affected();
    if kept > 0 {
        revision::keep(
            &transaction,
            &app.db,
            seen.id,
            now,
            &item.title,
            &hash,
            &document,
        )
        .await?;
    }
    transaction.commit().await?;
    tracing::info!(
        release.id = seen.id,
        "the office changed a release that was final"
    );
    Ok(kept > 0)
}
