//! The second look, when a release's settle time is over: offices correct and withdraw in the
//! first minutes (F9).

use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait, DbErr, QueryResult};
use url::Url;

use super::{
    ReleaseError, ReleaseState, SourceKind,
    brakes::{self, Judged},
    feeds::{Item, Listing},
    fetch::{Fetched, Fetcher, Validators},
    filtered,
    filters::{Filter, OUT_OF_FILTER},
    full_text, hash, identity, reader, revision, revisit,
};
use crate::{
    app::App,
    clock::{DAY, MINUTE},
    values,
};

/// Why a release is held that nobody can look at again.
const UNREACHABLE: &str = "Its site could not be reached for a day to see whether it still stands.";

/// A release that is looked at again.
#[derive(Debug)]
pub(super) struct Seen {
    pub id: i64,
    pub identity: String,
    pub url: Option<Url>,
    pub title: String,
    pub published: Option<i64>,
    pub first_seen_at: i64,
}

#[derive(Debug)]
struct Settling {
    seen: Seen,
    filter: Filter,
    /// Why it was held, where a person let it go on.
    let_go: Option<String>,
}

/// What another look found.
pub(super) enum Found {
    /// Still there, perhaps with other words.
    There(Box<Item>),
    /// Taken back.
    Gone,
    /// Not to be told now.
    Unclear,
}

/// Settles the releases whose time is over; how many are final now.
pub async fn settle_due(app: &App) -> Result<u64, ReleaseError> {
    let rows = app
        .db
        .all(
            // release_settling
            "SELECT r.id, r.identity, r.url, r.title, r.published_at, r.first_seen_at, s.kind, s.url AS feed,
                    s.include_terms, s.exclude_terms, r.let_go
             FROM release r JOIN source s ON s.id = r.source_id
             WHERE r.state = 'settling' AND r.settles_at <= $1 ORDER BY r.settles_at LIMIT 100",
            values![app.clock.now_ms()],
        )
        .await?;
    let filtered = filtered::due(app).await?;
    if rows.is_empty() && filtered.is_empty() {
        return Ok(0);
    }
    let mut by_feed: BTreeMap<(String, String), Vec<Settling>> = BTreeMap::new();
    for row in &rows {
        by_feed
            .entry((row.try_get("", "feed")?, row.try_get("", "kind")?))
            .or_default()
            .push(settling(row)?);
    }
    let fetcher = Fetcher::new(app).await?;
    let mut settled = 0;
    for ((feed, kind), releases) in by_feed {
        let listing = listing(&fetcher, SourceKind::of(&kind), &feed).await;
        for release in releases {
            let found = match &listing {
                Some(listing) => look(&fetcher, &release.seen, listing).await,
                None => Found::Unclear,
            };
            settled += u64::from(keep(app, &release, found).await?);
        }
    }
    settled += filtered::take_in(app, &fetcher, &filtered).await?;
    if settled > 0 {
        app.scheduler_wakeup.notify_one();
    }
    Ok(settled)
}

fn settling(row: &QueryResult) -> Result<Settling, DbErr> {
    Ok(Settling {
        seen: seen(row)?,
        filter: Filter::of_source(row)?,
        let_go: row.try_get("", "let_go")?,
    })
}

pub(super) fn seen(row: &QueryResult) -> Result<Seen, DbErr> {
    Ok(Seen {
        id: row.try_get("", "id")?,
        identity: row.try_get("", "identity")?,
        url: row
            .try_get::<Option<String>>("", "url")?
            .and_then(|url| Url::parse(&url).ok()),
        title: row.try_get("", "title")?,
        published: row.try_get("", "published_at")?,
        first_seen_at: row.try_get("", "first_seen_at")?,
    })
}

/// What the source lists now; none: it cannot be told.
pub(super) async fn listing(fetcher: &Fetcher, kind: SourceKind, feed: &str) -> Option<Listing> {
    // A removed source's feed is marked in the fragment, which is not sent.
    match reader::whole(fetcher, kind, &Url::parse(feed).ok()?).await {
        Ok(listing) => Some(listing),
        Err(error) => {
            tracing::warn!(%error, "a feed cannot be read for the second look");
            None
        }
    }
}

async fn look(fetcher: &Fetcher, release: &Seen, listing: &Listing) -> Found {
    let Some(item) = listed(release, listing) else {
        // Where the feed still has older ones, this one was taken out of it; else newer ones
        // have pushed it off the end, and its page says whether it stands. What has no date is
        // neither older nor newer.
        let older = listing.items.iter().any(|item| {
            let item = item.published.map(jiff::Timestamp::as_millisecond);
            item.zip(release.published)
                .is_some_and(|(item, ours)| item < ours)
        });
        return if older {
            Found::Gone
        } else {
            page(fetcher, release).await
        };
    };
    whole(fetcher, item.clone()).await
}

/// The release's item among those that the source lists.
pub(super) fn listed<'a>(release: &Seen, listing: &'a Listing) -> Option<&'a Item> {
    let place = release.url.as_ref().map(identity::place);
    listing.items.iter().find(|item| {
        item.identity == release.identity
            || (place.is_some() && item.url.as_ref().map(identity::place) == place)
    })
}

/// What the release's own page says, where no feed speaks of it.
pub(super) async fn page(fetcher: &Fetcher, release: &Seen) -> Found {
    let Some(url) = release.url.clone() else {
        return Found::Gone;
    };
    match fetcher.get(&url, &Validators::default()).await {
        Ok(Fetched::Gone) => Found::Gone,
        Ok(Fetched::Body(_)) => {
            let item = Item {
                identity: release.identity.clone(),
                url: Some(url),
                title: release.title.clone(),
                ..Item::default()
            };
            whole(fetcher, item).await
        }
        _ => Found::Unclear,
    }
}

/// The item with the text of its page.
pub(super) async fn whole(fetcher: &Fetcher, mut item: Item) -> Found {
    if full_text::complete(fetcher, &mut item).await {
        Found::There(Box::new(item))
    } else {
        Found::Gone
    }
}

/// Whether the release is final now.
async fn keep(app: &App, settling: &Settling, found: Found) -> Result<bool, ReleaseError> {
    let Settling {
        seen: release,
        filter,
        let_go,
    } = settling;
    let let_go = let_go.as_deref();
    let now = app.clock.now_ms();
    let item = match found {
        Found::There(item) => item,
        Found::Gone => {
            tracing::info!(
                release.id,
                "the office took a release back before it was final"
            );
            set_state(app, release.id, ReleaseState::Vanished, None).await?;
            return Ok(false);
        }
        Found::Unclear if now - release.published.unwrap_or(0).max(release.first_seen_at) > DAY => {
            if brakes::is_let_go(let_go, UNREACHABLE) {
                return set_state(app, release.id, ReleaseState::Settled, None).await;
            }
            set_state(app, release.id, ReleaseState::Held, Some(UNREACHABLE)).await?;
            return Ok(false);
        }
        Found::Unclear => {
            app.db
                .execute(
                    "UPDATE release SET settles_at = $2 WHERE id = $1 AND state = 'settling'",
                    values![release.id, now + MINUTE],
                )
                .await?;
            return Ok(false);
        }
    };
    // Where only the summary can be read, the words that the filter asks for may be in the rest.
    if !brakes::is_summary(&item)
        && !filter.takes(&item)
        && !brakes::is_let_go(let_go, OUT_OF_FILTER)
    {
        set_state(app, release.id, ReleaseState::Filtered, None).await?;
        return Ok(false);
    }
    // F10: moved into the future meanwhile.
    if let Some(published) = item
        .published
        .map(jiff::Timestamp::as_millisecond)
        .filter(|at| *at > now && !brakes::far_off(*at, now))
    {
        app.db
            .execute(
                "UPDATE release SET settles_at = $2, published_at = $2 WHERE id = $1 AND state = 'settling'",
                values![release.id, published],
            )
            .await?;
        return Ok(false);
    }
    let judged = Judged {
        id: release.id,
        title: &release.title,
        let_go,
    };
    let held = brakes::judge_again(app, &judged, &item).await?;
    let state = if held.is_some() {
        ReleaseState::Held
    } else {
        ReleaseState::Settled
    };
    // What was read before is more than the summary, or nothing, that can be read now.
    if held.is_some() && (item.document.is_none() || brakes::is_summary(&item)) {
        set_state(app, release.id, state, held.as_deref()).await?;
        return Ok(false);
    }
    let from = ReleaseState::Settling;
    if !keep_text(app, release.id, from, &item, state, held.as_deref(), None).await? {
        return Ok(false);
    }
    tracing::info!(
        release.id,
        state = state.as_str(),
        "a release's settle time is over"
    );
    Ok(state == ReleaseState::Settled)
}

/// Keeps what a release says now, and where that leaves it; a draft that was made of it learns of
/// it. False: it is not in the state `from` any more.
pub(super) async fn keep_text(
    app: &App,
    id: i64,
    from: ReleaseState,
    item: &Item,
    state: ReleaseState,
    held: Option<&str>,
    settles_at: Option<i64>,
) -> Result<bool, ReleaseError> {
    let now = app.clock.now_ms();
    let text = match &item.document {
        Some(document) => Some((
            hash::content(&item.title, document)?,
            serde_json::to_string(document)?,
        )),
        None => None,
    };
    let (content_hash, document) = text.clone().unzip();
    let transaction = app.db.begin().await?;
    let changed = transaction
        .execute_raw(app.db.statement(
            "UPDATE release SET state = $2, held_because = $3, notice = $3, title = $4, title_key = $5,
                    url = coalesce($6, url), content_hash = $7, document = $8, settles_at = $9,
                    categories = coalesce($10, categories), revisit_at = $11,
                    changed_at = CASE WHEN drafted_at IS NULL THEN changed_at ELSE $13 END
             WHERE id = $1 AND state = $12",
            values![
                id,
                state.as_str(),
                held,
                item.title.clone(),
                identity::title_key(&item.title),
                item.url.as_ref().map(Url::to_string),
                content_hash,
                document,
                settles_at,
                revision::categories(item),
                revisit::first(state, now),
                from.as_str(),
                now
            ],
        ))
        .await?
        .rows_affected();
    if changed == 0 {
        return Ok(false);
    }
    if let Some((content_hash, document)) = &text {
        revision::keep(
            &transaction,
            &app.db,
            id,
            now,
            &item.title,
            content_hash,
            document,
        )
        .await?;
    }
    transaction.commit().await?;
    Ok(true)
}

/// Moves a release on with the text that it has. Where a draft was made of it, that learns of it.
/// One that was taken back keeps when it would have been final: it never was (F9).
async fn set_state(
    app: &App,
    id: i64,
    state: ReleaseState,
    held: Option<&str>,
) -> Result<bool, ReleaseError> {
    let now = app.clock.now_ms();
    let changed = app
        .db
        .execute(
            "UPDATE release SET state = $2, held_because = $3, notice = $3, revisit_at = $4,
                    settles_at = CASE WHEN $5 THEN settles_at END,
                    changed_at = CASE WHEN drafted_at IS NULL THEN changed_at ELSE $6 END
             WHERE id = $1 AND state = 'settling'",
            values![
                id,
                state.as_str(),
                held,
                revisit::first(state, now),
                state == ReleaseState::Vanished,
                now
            ],
        )
        .await?;
    Ok(changed > 0)
}
