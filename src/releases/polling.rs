//! Looking at the sources: what is new, and whether something about it is odd (F3, F8, F10).

use std::{
    collections::HashSet,
    sync::Arc,
    time::{Duration, Instant},
};

use sea_orm::{ConnectionTrait, QueryResult};
use tokio::{sync::Semaphore, task::JoinSet};
use url::Url;

use super::{
    ReleaseError, ReleaseState, SetAside, SourceKind,
    brakes::{self, Finding},
    feeds::{Item, Listing},
    fetch::{FetchError, Fetcher, Validators},
    filters::Filter,
    full_text, hash, identity,
    known::Known,
    reader::{self, Reply},
    revision, revisit, websub,
};
use crate::{
    app::App,
    clock::{DAY, HOUR, SECOND},
    values,
};

/// How many sources are asked at a time.
const AT_ONCE: usize = 32;

/// How often those are looked for whose time has come while others are still asked.
const LOOK: Duration = Duration::from_secs(1);

/// With many sources one is always being asked; a round ends all the same, so that the next one
/// begins with the office's present name and address.
const ROUND: Duration = Duration::from_mins(10);

/// A site that was rebuilt lists everything anew; more of it than this tells nobody more.
const MOST_PARTS: u32 = 5;

/// What is kept of the items that were set aside; from these a person sees what is wrong.
const SET_ASIDE: usize = 20;

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
    kind: SourceKind,
    settle_seconds: i64,
    poll_seconds: i64,
    baseline: bool,
    known: Validators,
    last_unconditional_at: Option<i64>,
    failures: i32,
    filter: Filter,
    listed_nothing: bool,
}

/// Asks every source whose time has come. Those whose time comes meanwhile are asked too: a site
/// that hangs holds up no other.
pub async fn poll_due(app: &App) -> Result<PollSummary, ReleaseError> {
    let mut summary = PollSummary::default();
    let mut waiting = due(app).await?;
    if waiting.is_empty() {
        return Ok(summary);
    }
    let fetcher = Arc::new(Fetcher::new(app).await?);
    let begin = Instant::now();
    // One transaction at a time: on SQLite the others would only wait for it, each with a
    // connection that is missing elsewhere then.
    let pen = Arc::new(Semaphore::new(1));
    let mut under_way = HashSet::new();
    // Each is a task of its own, which goes on while we wait for the database here: standing still
    // they would keep the very connections that we wait for.
    let mut rounds = JoinSet::new();
    loop {
        waiting.retain(|source| !under_way.contains(&source.id));
        let room = AT_ONCE.saturating_sub(under_way.len());
        for source in waiting.drain(..room.min(waiting.len())) {
            under_way.insert(source.id);
            let (app, fetcher, pen) = (app.clone(), fetcher.clone(), pen.clone());
            rounds.spawn(async move {
                let round = poll(&app, &fetcher, &pen, &source).await;
                (source, round)
            });
        }
        tokio::select! {
            round = rounds.join_next() => {
                let (source, round) = match round {
                    None => break,
                    Some(Ok(done)) => done,
                    Some(Err(error)) => {
                        // Its source is asked again in the next round.
                        tracing::error!(%error, "the look at a source ended badly");
                        summary.failed += 1;
                        continue;
                    }
                };
                under_way.remove(&source.id);
                summary.polled += 1;
                match round {
                    Ok((new, held)) => {
                        summary.new += new;
                        summary.held += held;
                        if new > 0 {
                            app.scheduler_wakeup.notify_one();
                        }
                    }
                    Err(error) => {
                        summary.failed += 1;
                        failed(app, &source, &error).await?;
                    }
                }
            }
            () = tokio::time::sleep(LOOK) => {}
        }
        waiting = if begin.elapsed() < ROUND {
            due(app).await?
        } else {
            Vec::new()
        };
    }
    Ok(summary)
}

async fn due(app: &App) -> Result<Vec<Due>, ReleaseError> {
    let rows = app
        .db
        .all(
            // source_due. Those under way are among them.
            "SELECT id, url, kind, settle_seconds, poll_seconds, baseline_at, etag, last_modified,
                    last_unconditional_at, failures, include_terms, exclude_terms, listed_nothing
             FROM source WHERE active AND next_poll_at <= $1 ORDER BY next_poll_at LIMIT 64",
            values![app.clock.now_ms()],
        )
        .await?;
    rows.iter().map(read).collect()
}

fn read(row: &QueryResult) -> Result<Due, ReleaseError> {
    Ok(Due {
        id: row.try_get("", "id")?,
        url: row.try_get("", "url")?,
        kind: SourceKind::of(&row.try_get::<String>("", "kind")?),
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
        filter: Filter::of_source(row)?,
    })
}

async fn poll(
    app: &App,
    fetcher: &Fetcher,
    pen: &Semaphore,
    source: &Due,
) -> Result<(u64, u64), ReleaseError> {
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
    let (listing, validators) = match reader::ask(fetcher, source.kind, &url, &validators).await? {
        Reply::NotModified => {
            app.db
                .execute(
                    "UPDATE source SET last_polled_at = $2, next_poll_at = $3, failures = 0, last_error = NULL
                     WHERE id = $1",
                    values![source.id, now, next],
                )
                .await?;
            return Ok((0, 0));
        }
        Reply::Listing(listing, validators) => (*listing, validators),
    };
    let listed_nothing = listing.items.is_empty();
    if let Some(hub) = &listing.hub {
        let topic = listing.own.as_ref().unwrap_or(&url);
        websub::offered(app, source.id, hub, topic).await?;
    }
    let set_aside = listing.set_aside.clone();
    let findings = if source.baseline {
        // What WordPress lists goes back further than what one answer holds.
        let all = match source.kind {
            SourceKind::WordPress => reader::names(fetcher, &url).await?,
            _ => listing,
        };
        baseline(all)
    } else {
        new_items(app, fetcher, source, &url, listing).await?
    };
    let look = Look {
        set_aside,
        validators,
        conditional,
        now,
        next,
    };
    let _turn = pen.acquire().await;
    let stored = store(app, source, &findings, &look).await?;
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

/// What a poll leaves with its source.
struct Look {
    set_aside: Vec<SetAside>,
    validators: Validators,
    conditional: bool,
    now: i64,
    next: i64,
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
    url: &Url,
    mut listing: Listing,
) -> Result<Vec<Finding>, ReleaseError> {
    let known = Known::of(app, source.id).await?;
    let mut new: Vec<Item> = Vec::new();
    let mut listed = HashSet::new();
    let mut part = 1;
    loop {
        let items = listing.items.len();
        let before = new.len();
        for item in listing.items {
            if listed.insert(item.identity.clone()) && !known.has(&item) {
                new.push(item);
            }
        }
        // Where all of a part is new, the next one may have more.
        if new.len() - before < items || part >= listing.pages.min(MOST_PARTS) {
            break;
        }
        part += 1;
        listing = reader::more(fetcher, url, part).await?;
        listing.pages = listing.pages.max(part);
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
    look: &Look,
) -> Result<(u64, u64), ReleaseError> {
    let (mut new, mut held, now) = (0, 0, look.now);
    let transaction = app.db.begin().await?;
    for (number, finding) in findings.iter().enumerate() {
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
        let settles_at = settles_at(source, finding, number, now);
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
    let some = look.set_aside.get(..SET_ASIDE).unwrap_or(&look.set_aside);
    let set_aside = (!some.is_empty())
        .then(|| serde_json::to_string(some))
        .transpose()?;
    transaction
        .execute_raw(app.db.statement(
            "UPDATE source SET etag = $2, last_modified = $3, last_polled_at = $4, next_poll_at = $5,
                    baseline_at = coalesce(baseline_at, $4), failures = 0, last_error = NULL,
                    last_unconditional_at = CASE WHEN $6 THEN last_unconditional_at ELSE $4 END,
                    set_aside = $7
             WHERE id = $1",
            values![
                source.id,
                look.validators.etag.clone(),
                look.validators.last_modified.clone(),
                now,
                look.next,
                look.conditional,
                set_aside
            ],
        ))
        .await?;
    transaction.commit().await?;
    Ok((new, held))
}

/// When the release is looked at once more; `number` is its place among what the poll found.
fn settles_at(source: &Due, finding: &Finding, number: usize, now: i64) -> Option<i64> {
    let settled = now + source.settle_seconds * SECOND;
    match finding.state {
        ReleaseState::Settling => {
            let published = finding.item.published.map(jiff::Timestamp::as_millisecond);
            Some(settled.max(published.unwrap_or(0)))
        }
        // Of a flood, only what was read.
        ReleaseState::Filtered if source.settle_seconds > 0 && number < READ_WHOLE => Some(settled),
        _ => None,
    }
}

/// Waits twice as long after each failure, an hour at most; longer where the site asks for it.
async fn failed(app: &App, source: &Due, error: &ReleaseError) -> Result<(), ReleaseError> {
    let now = app.clock.now_ms();
    let doubled = source
        .poll_seconds
        .saturating_mul(1_i64 << source.failures.clamp(0, 20));
    let mut wait = doubled.clamp(source.poll_seconds, source.poll_seconds.max(3_600)) * SECOND;
    if let ReleaseError::Fetch(FetchError::Later(_, seconds)) = error {
        let asked = i64::try_from(*seconds).unwrap_or(i64::MAX);
        wait = wait.max(asked.saturating_mul(SECOND).min(DAY));
    }
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
