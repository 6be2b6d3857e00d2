//! Where releases come from: feeds and APIs, found from whatever address staff give.

use sea_orm::{DbErr, QueryResult};
use serde::Serialize;
use url::Url;

use super::{
    Policy, ReleaseError,
    feeds::{self, Listing},
    fetch::{Body, FetchError, Fetcher},
    reading, wordpress,
};
use crate::{
    app::App,
    clock::{Timestamp, instant},
    values,
};

/// How often a source is looked at where nobody says otherwise, in seconds.
const POLL_SECONDS: i64 = 60;

/// A source, for staff to see.
#[derive(Debug, Clone, Serialize)]
pub struct Source {
    /// `source.id`
    pub id: i64,
    /// The feed's address.
    pub url: String,
    /// `feed` or `wordpress`.
    pub kind: String,
    /// What it calls itself.
    pub title: String,
    /// A [`Policy`].
    pub policy: String,
    /// Seconds from first sight to final.
    pub settle_seconds: i64,
    /// Seconds between looks.
    pub poll_seconds: i64,
    /// Polls failed in a row.
    pub failures: i32,
    /// Why the last one failed.
    pub last_error: Option<String>,
    /// When it was last looked at.
    pub last_polled_at: Option<Timestamp>,
    /// When it is looked at next.
    pub next_poll_at: Timestamp,
}

/// Adds the feed that stands at the address or that the page there links to. Its present items
/// are marked as seen at the first poll; nothing of them is mailed (F8).
pub async fn add_source(
    app: &App,
    url: &str,
    policy: Policy,
    settle_seconds: i64,
) -> Result<i64, ReleaseError> {
    if !(0..=86_400).contains(&settle_seconds) {
        return Err(ReleaseError::Setting(
            "the settle time is between 0 seconds and a day (86400)",
        ));
    }
    let given = Url::parse(url.trim()).map_err(|_| FetchError::Address(url.to_owned()))?;
    let (at, kind, listing) = discover(&Fetcher::new(app).await?, given).await?;
    if let Some(row) = app
        .db
        .one("SELECT id FROM source WHERE url = $1", values![at.as_str()])
        .await?
    {
        return Err(ReleaseError::Known(
            at.to_string(),
            row.try_get_by_index(0)?,
        ));
    }
    let now = app.clock.now_ms();
    let title = Some(listing.title).filter(|title| !title.is_empty());
    let title = title.unwrap_or_else(|| at.host_str().unwrap_or_default().to_owned());
    let row = app
        .db
        .one(
            "INSERT INTO source (url, kind, title, policy, topic_id, settle_seconds, poll_seconds, active,
                                 created_at, next_poll_at, failures)
             VALUES ($1, $2, $3, $4, (SELECT id FROM topic ORDER BY position, id LIMIT 1), $5, $6, $7, $8, $8, 0)
             RETURNING id",
            values![at.as_str(), kind, title, policy.as_str(), settle_seconds, POLL_SECONDS, true, now],
        )
        .await?
        .ok_or_else(|| DbErr::Custom("the database gave no id for the source".to_owned()))?;
    let id: i64 = row.try_get_by_index(0)?;
    tracing::info!(source.id = id, url = %at, %policy, "a source was added");
    app.schedule_bell.notify_one();
    Ok(id)
}

async fn discover(
    fetcher: &Fetcher,
    given: Url,
) -> Result<(Url, &'static str, Listing), ReleaseError> {
    let body = fetcher.body(&given).await?;
    if let Some((kind, listing)) = read(&body) {
        return Ok((body.url, kind, listing));
    }
    for feed in reading::page(&body.text(), Some(&body.url)).feeds {
        let Ok(body) = fetcher.body(&feed).await else {
            continue;
        };
        if let Some((kind, listing)) = read(&body) {
            return Ok((body.url, kind, listing));
        }
    }
    Err(ReleaseError::NoFeed(given.to_string()))
}

/// The listing in an answer, by what it is and not by what it claims to be.
pub(super) fn read(body: &Body) -> Option<(&'static str, Listing)> {
    let text = body.text();
    if wordpress::is_rest(&body.url) {
        return Some(("wordpress", wordpress::read(&text, &body.url)?));
    }
    Some(("feed", feeds::read(&text, &body.url)?))
}

/// Sets how often the source is looked at.
pub async fn set_poll_seconds(app: &App, id: i64, seconds: i64) -> Result<(), ReleaseError> {
    if !(10..=86_400).contains(&seconds) {
        return Err(ReleaseError::Setting(
            "a source is looked at every 10 seconds to every day (86400)",
        ));
    }
    let changed = app
        .db
        .execute(
            "UPDATE source SET poll_seconds = $2 WHERE id = $1",
            values![id, seconds],
        )
        .await?;
    found(changed, id)
}

/// Sets the topic under which the source's releases are mailed.
pub async fn set_topic(app: &App, id: i64, slug: &str) -> Result<(), ReleaseError> {
    let topic = topic(app, slug).await?;
    let changed = app
        .db
        .execute(
            "UPDATE source SET topic_id = $2 WHERE id = $1",
            values![id, topic],
        )
        .await?;
    found(changed, id)
}

/// The number of a topic.
pub async fn topic(app: &App, slug: &str) -> Result<i64, ReleaseError> {
    let topics = app
        .db
        .all("SELECT id, slug FROM topic ORDER BY position, id", [])
        .await?;
    let mut known = Vec::with_capacity(topics.len());
    for row in topics {
        let name: String = row.try_get_by_index(1)?;
        if name == slug {
            return Ok(row.try_get_by_index(0)?);
        }
        known.push(name);
    }
    Err(ReleaseError::NoTopic(slug.to_owned(), known.join("`, `")))
}

/// Looks at the source no more. What came from it stays.
pub async fn remove_source(app: &App, id: i64) -> Result<(), ReleaseError> {
    // The address is freed, so that the source can be added anew; its releases keep their key.
    let changed = app
        .db
        .execute(
            "UPDATE source SET active = $2, url = url || '#removed-' || CAST(id AS TEXT)
             WHERE id = $1 AND active = $3",
            values![id, false, true],
        )
        .await?;
    found(changed, id)
}

fn found(changed: u64, id: i64) -> Result<(), ReleaseError> {
    if changed == 0 {
        Err(ReleaseError::NoSource(id))
    } else {
        Ok(())
    }
}

/// The sources that are looked at.
pub async fn list_sources(app: &App) -> Result<Vec<Source>, ReleaseError> {
    let rows = app
        .db
        .all(
            "SELECT id, url, kind, title, policy, settle_seconds, poll_seconds, failures, last_error,
                    last_polled_at, next_poll_at
             FROM source WHERE active ORDER BY id",
            [],
        )
        .await?;
    Ok(rows.iter().map(source).collect::<Result<_, DbErr>>()?)
}

fn source(row: &QueryResult) -> Result<Source, DbErr> {
    Ok(Source {
        id: row.try_get("", "id")?,
        url: row.try_get("", "url")?,
        kind: row.try_get("", "kind")?,
        title: row.try_get("", "title")?,
        policy: row.try_get("", "policy")?,
        settle_seconds: row.try_get("", "settle_seconds")?,
        poll_seconds: row.try_get("", "poll_seconds")?,
        failures: row.try_get("", "failures")?,
        last_error: row.try_get("", "last_error")?,
        last_polled_at: row
            .try_get::<Option<i64>>("", "last_polled_at")?
            .map(instant),
        next_poll_at: instant(row.try_get("", "next_poll_at")?),
    })
}
