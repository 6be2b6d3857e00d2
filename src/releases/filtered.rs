//! What a source's filter left out, looked at once more when its settle time is over: an office
//! adds a category, or the words that were missing, in the first minutes (F9). What passes then is
//! judged as if it were new.

use std::collections::BTreeMap;

use sea_orm::{DbErr, QueryResult};

use super::{
    ReleaseError, ReleaseState, SourceKind, brakes,
    feeds::Item,
    fetch::Fetcher,
    filters::Filter,
    settling::{Found, Seen, keep_text, listed, listing, seen, whole},
};
use crate::{
    app::App,
    clock::{DAY, MINUTE},
    values,
};

/// Looked at in one round: each may be a page to fetch.
const AT_ONCE: i64 = 20;

#[derive(Debug)]
struct Source {
    filter: Filter,
    releases: Vec<Seen>,
}

/// Takes in what of these passes the filter now; how many releases that were.
pub(super) async fn take_in(
    app: &App,
    fetcher: &Fetcher,
    due: &[QueryResult],
) -> Result<u64, ReleaseError> {
    let mut by_feed: BTreeMap<(String, String), Source> = BTreeMap::new();
    for row in due {
        let source = by_feed
            .entry((row.try_get("", "feed")?, row.try_get("", "kind")?))
            .or_insert(Source {
                filter: Filter::of_source(row)?,
                releases: Vec::new(),
            });
        source.releases.push(seen(row)?);
    }
    let mut taken = 0;
    for ((feed, kind), source) in by_feed {
        match listing(fetcher, SourceKind::of(&kind), &feed).await {
            None => postpone(app, &source.releases).await?,
            Some(listing) => {
                let (mut releases, mut items) = (Vec::new(), Vec::new());
                for release in source.releases {
                    let found = match listed(&release, &listing) {
                        Some(item) => whole(fetcher, item.clone()).await,
                        None => Found::Gone,
                    };
                    if let Found::There(item) = found {
                        releases.push(release);
                        items.push(*item);
                    } else {
                        leave_out(app, &release).await?;
                    }
                }
                taken += judge(app, &releases, items, &source.filter).await?;
            }
        }
    }
    Ok(taken)
}

/// What is to be looked at now; nearly always nothing.
pub(super) async fn due(app: &App) -> Result<Vec<QueryResult>, DbErr> {
    app.db
        .all(
            // release_filtered
            "SELECT r.id, r.identity, r.url, r.title, r.published_at, r.first_seen_at, s.kind, s.url AS feed,
                    s.include_terms, s.exclude_terms
             FROM release r JOIN source s ON s.id = r.source_id
             WHERE r.state = 'filtered' AND r.settles_at IS NOT NULL AND r.settles_at <= $1
             ORDER BY r.settles_at, r.id LIMIT $2",
            values![app.clock.now_ms(), AT_ONCE],
        )
        .await
}

/// The brakes hold what is odd, also where many pass at once because staff changed the filter.
async fn judge(
    app: &App,
    releases: &[Seen],
    items: Vec<Item>,
    filter: &Filter,
) -> Result<u64, ReleaseError> {
    let mut taken = 0;
    // The settle time is over: nothing is left of it for this look.
    let findings = brakes::judge(app, items, false, 0, filter).await?;
    for (release, finding) in releases.iter().zip(findings) {
        let state = finding.state;
        if state == ReleaseState::Filtered {
            leave_out(app, release).await?;
            continue;
        }
        // F10: dated in the future, it waits for that.
        let settles_at = finding
            .item
            .published
            .filter(|_| state == ReleaseState::Settling)
            .map(jiff::Timestamp::as_millisecond);
        let from = ReleaseState::Filtered;
        let held = finding.held.as_deref();
        if keep_text(
            app,
            release.id,
            from,
            &finding.item,
            state,
            held,
            settles_at,
        )
        .await?
        {
            tracing::info!(
                release.id,
                state = state.as_str(),
                "a release passes the filter since it was changed"
            );
            taken += 1;
        }
    }
    Ok(taken)
}

/// For good: who changes it later has to bring it by hand.
async fn leave_out(app: &App, release: &Seen) -> Result<(), DbErr> {
    app.db
        .execute(
            "UPDATE release SET settles_at = NULL WHERE id = $1 AND state = 'filtered'",
            values![release.id],
        )
        .await?;
    Ok(())
}

/// The source cannot be read now.
async fn postpone(app: &App, releases: &[Seen]) -> Result<(), DbErr> {
    let now = app.clock.now_ms();
    for release in releases {
        if now - release.first_seen_at > DAY {
            leave_out(app, release).await?;
            continue;
        }
        app.db
            .execute(
                "UPDATE release SET settles_at = $2 WHERE id = $1 AND state = 'filtered'",
                values![release.id, now + MINUTE],
            )
            .await?;
    }
    Ok(())
}
