//! Looking at the sources: what is new, and whether something about it is odd (F3, F8, F10).

use std::collections::HashSet;

use futures_util::{StreamExt, stream};
use sea_orm::{ConnectionTrait, QueryResult};
use url::Url;

use super::{
    ReleaseError, ReleaseState,
    brakes::{self, Finding},
    feeds::{Item, Listing},
    fetch::{FetchError, Fetched, Fetcher, Validators},
    filters::Filter,
    full_text, hash, identity,
    known::Known,
    revision, revisit, sources,
};
use crate::{
    app::App,
    clock::{HOUR, SECOND},
    values,
};

/// How many sources are asked at a time.
const AT_ONCE: usize = 8;

/// At most this many of a flood are read whole; a person sees from these what happened.
const READ_WHOLE: usize = 20;

/// What a round of polls brought.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PollSummary {
    /// Sources that were asked.
    pub polled: u64,
    /// Sources that could not be read.
    pub failed: u64,
    /// Releases not seen before.
    pub new: u64,
    /// Those of them that a person must look at.
    pub held: u64,
}

#[derive(Debug)]
struct Due {
    id: i64,
    url: String,
    settle_seconds: i64,
    poll_seconds: i64,
    baseline: bool,
    known: Validators,
    last_unconditional_at: Option<i64>,
    failures: i32,
    filter: Filter,
    listed_nothing: bool,
}

/// Asks every source whose time has come.
pub async fn poll_due(app: &App) -> Result<PollSummary, ReleaseError> {
    let rows = app
        .db
        .all(
            // source_due
            "SELECT id, url, settle_seconds, poll_seconds, baseline_at, etag, last_modified,
                    last_unconditional_at, failures, include_terms, exclude_terms, listed_nothing
             FROM source WHERE active AND next_poll_at <= $1 ORDER BY next_poll_at LIMIT 200",
            values![app.clock.now_ms()],
        )
        .await?;
    let mut summary = PollSummary::default();
    if rows.is_empty() {
        return Ok(summary);
    }
    let due: Vec<Due> = rows.iter().map(due).collect::<Result<_, _>>()?;
    let fetcher = Fetcher::new(app).await?;
    let rounds: Vec<_> = stream::iter(due)
        .map(|source| {
            let fetcher = &fetcher;
            async move {
                let round = poll(app, fetcher, &source).await;
                (source, round)
            }
        })
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    for (source, round) in rounds {
        summary.polled += 1;
        match round {
            Ok((new, held)) => {
                summary.new += new;
                summary.held += held;
            }
            Err(error) => {
                summary.failed += 1;
                failed(app, &source, &error).await?;
            }
        }
    }
    if summary.new > 0 {
        app.schedule_bell.notify_one();
    }
    Ok(summary)
}

fn due(row: &QueryResult) -> Result<Due, ReleaseError> {
    Ok(Due {
        id: row.try_get("", "id")?,
        url: row.try_get("", "url")?,
        settle_seconds: row.try_get("", "settle_seconds")?,
        poll_seconds: row.try_get("", "poll_seconds")?,
        baseline: row.try_get::<Option<i64>>("", "baseline_at")?.is_none(),
        known: Validators {
            etag: row.try_get("", "etag")?,
            last_modified: row.try_get("", "last_modified")?,
        },
        last_unconditional_at: row.try_get("", "last_unconditional_at")?,
        failures: row.try_get("", "failures")?,
        listed_nothing: row.try_get("", "listed_nothing")?,
        filter: Filter::of(
            row.try_get::<Option<String>>("", "include_terms")?
                .as_deref(),
            row.try_get::<Option<String>>("", "exclude_terms")?
                .as_deref(),
        ),
    })
}

async fn poll(app: &App, fetcher: &Fetcher, source: &Due) -> Result<(u64, u64), ReleaseError> {
    let url = Url::parse(&source.url).map_err(|_| FetchError::Address(source.url.clone()))?;
    let now = app.clock.now_ms();
    let next = now + source.poll_seconds * SECOND;
    // F3: WordPress's validators can hide a release that was published late, so at least once an
    // hour the feed is asked for whole, and before the hour is over rather than after.
    let conditional = source
        .last_unconditional_at
        .is_some_and(|last| next - last < HOUR);
    let validators = if conditional {
        source.known.clone()
    } else {
        Validators::default()
    };
    let body = match fetcher.get(&url, &validators).await? {
        Fetched::NotModified => {
            app.db
                .execute(
                    "UPDATE source SET last_polled_at = $2, next_poll_at = $3, failures = 0, last_error = NULL
                     WHERE id = $1",
                    values![source.id, now, next],
                )
                .await?;
            return Ok((0, 0));
        }
        Fetched::Gone => {
            return Err(FetchError::Status(url, reqwest::StatusCode::NOT_FOUND).into());
        }
        Fetched::Body(body) => body,
    };
    let (_, listing) =
        sources::read(&body).ok_or_else(|| ReleaseError::NoFeed(source.url.clone()))?;
    let listed_nothing = listing.items.is_empty();
    let findings = if source.baseline {
        baseline(listing)
    } else {
        new_items(app, fetcher, source, listing).await?
    };
    let stored = store(
        app,
        source,
        &findings,
        &body.validators,
        conditional,
        now,
        next,
    )
    .await?;
    if listed_nothing != source.listed_nothing {
        app.db
            .execute(
                "UPDATE source SET listed_nothing = $2 WHERE id = $1",
                values![source.id, listed_nothing],
            )
            .await?;
    }
    Ok(stored)
}

/// F8: what is there before the source was added is never mailed.
fn baseline(listing: Listing) -> Vec<Finding> {
    listing
        .items
        .into_iter()
        .map(|item| Finding {
            item,
            held: None,
            state: ReleaseState::Baseline,
        })
        .collect()
}

async fn new_items(
    app: &App,
    fetcher: &Fetcher,
    source: &Due,
    listing: Listing,
) -> Result<Vec<Finding>, ReleaseError> {
    let known = Known::of(app, source.id).await?;
    let mut new: Vec<Item> = Vec::new();
    let mut listed = HashSet::new();
    for item in listing.items {
        if listed.insert(item.identity.clone()) && !known.has(&item) {
            new.push(item);
        }
    }
    // Feeds list the newest first; newsletters are numbered in the order of publication.
    new.reverse();
    for item in new.iter_mut().take(READ_WHOLE) {
        full_text::complete(fetcher, item).await;
    }
    for item in new.iter_mut().skip(READ_WHOLE) {
        item.document = None;
    }
    // Also one that a fault had emptied for a while.
    let was_empty = known.is_empty() || source.listed_nothing;
    brakes::judge(app, new, was_empty, source.settle_seconds, &source.filter).await
}

/// All of a poll or nothing: if half were kept, the brakes would not see the other half as many.
async fn store(
    app: &App,
    source: &Due,
    findings: &[Finding],
    validators: &Validators,
    conditional: bool,
    now: i64,
    next: i64,
) -> Result<(u64, u64), ReleaseError> {
    let (mut new, mut held) = (0, 0);
    let transaction = app.db.begin().await?;
    for finding in findings {
        let item = &finding.item;
        let document = item.document.as_ref().filter(|_| {
            !matches!(
                finding.state,
                ReleaseState::Baseline | ReleaseState::Filtered
            )
        });
        let content_hash = document
            .map(|d| hash::content(&item.title, d))
            .transpose()?;
        let document = document.map(serde_json::to_string).transpose()?;
        let published = item.published.map(jiff::Timestamp::as_millisecond);
        let settles_at = (finding.state == ReleaseState::Settling)
            .then(|| (now + source.settle_seconds * SECOND).max(published.unwrap_or(0)));
        let row = transaction
            .query_one_raw(app.db.statement(
                // release_identity
                "INSERT INTO release (source_id, identity, url, title, title_key, published_at, first_seen_at,
                                      state, held_because, notice, settles_at, content_hash, document, categories,
                                      revisit_at)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10, $11, $12, $13, $14)
                 ON CONFLICT DO NOTHING RETURNING id",
                values![
                    source.id,
                    item.identity.clone(),
                    item.url.as_ref().map(Url::to_string),
                    item.title.clone(),
                    identity::title_key(&item.title),
                    published,
                    now,
                    finding.state.as_str(),
                    finding.held.clone(),
                    settles_at,
                    content_hash.clone(),
                    document.clone(),
                    revision::categories(item),
                    revisit::first(finding.state, now)
                ],
            ))
            .await?;
        let Some(row) = row else { continue };
        if matches!(
            finding.state,
            ReleaseState::Baseline | ReleaseState::Filtered
        ) {
            continue;
        }
        let id: i64 = row.try_get_by_index(0)?;
        if let (Some(content_hash), Some(document)) = (content_hash, document) {
            revision::keep(
                &transaction,
                &app.db,
                id,
                now,
                &item.title,
                &content_hash,
                &document,
            )
            .await?;
        }
        new += 1;
        held += u64::from(finding.held.is_some());
        tracing::info!(
            source.id,
            release.id = id,
            state = finding.state.as_str(),
            "a new release"
        );
    }
    transaction
        .execute_raw(app.db.statement(
            "UPDATE source SET etag = $2, last_modified = $3, last_polled_at = $4, next_poll_at = $5,
                    baseline_at = coalesce(baseline_at, $4), failures = 0, last_error = NULL,
                    last_unconditional_at = CASE WHEN $6 THEN last_unconditional_at ELSE $4 END
             WHERE id = $1",
            values![
                source.id,
                validators.etag.clone(),
                validators.last_modified.clone(),
                now,
                next,
                conditional
            ],
        ))
        .await?;
    transaction.commit().await?;
    Ok((new, held))
}

/// Waits twice as long after each failure, an hour at most.
async fn failed(app: &App, source: &Due, error: &ReleaseError) -> Result<(), ReleaseError> {
    let now = app.clock.now_ms();
    let doubled = source
        .poll_seconds
        .saturating_mul(1_i64 << source.failures.clamp(0, 20));
    let wait = doubled.clamp(source.poll_seconds, source.poll_seconds.max(3_600)) * SECOND;
    tracing::warn!(source.id, %error, "a source cannot be read");
    app.db
        .execute(
            "UPDATE source SET last_polled_at = $2, next_poll_at = $3, failures = failures + 1, last_error = $4
             WHERE id = $1",
            values![source.id, now, now + wait, error.to_string()],
        )
        .await?;
    Ok(())
}
