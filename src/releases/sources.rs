//! Where releases come from: feeds and APIs, found from whatever address staff give.

use sea_orm::{DbErr, QueryResult};
use serde::Serialize;

use super::{Policy, ReleaseError, SetAside, SourceKind, discovery, fetch::Fetcher, websub};
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
    /// Where it is asked.
    pub url: String,
    /// What it is.
    pub kind: SourceKind,
    /// What it was found to be when it was added, for a person.
    pub found: String,
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
    /// What nothing could be made of when it was last read, and why (F6).
    pub set_aside: Vec<SetAside>,
    /// Who tells of its news between the looks.
    pub hub: Option<Hub>,
}

/// A source's hub (F4).
#[derive(Debug, Clone, Serialize)]
pub struct Hub {
    /// Its address.
    pub url: String,
    /// Until when it tells of news; none: it does not.
    pub until: Option<Timestamp>,
    /// Why not.
    pub trouble: Option<String>,
}

/// Adds what stands at the address or what that leads to. Its present items are marked as seen at
/// the first poll; nothing of them is mailed (F8).
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
    let given = discovery::address(url)?;
    let found = discovery::discover(&Fetcher::new(app).await?, given).await?;
    let (at, words) = (&found.url, found.words());
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
    let title = Some(found.listing.title.clone()).filter(|title| !title.is_empty());
    let title = title.unwrap_or_else(|| at.host_str().unwrap_or_default().to_owned());
    let row = app
        .db
        .one(
            "INSERT INTO source (url, kind, found, title, policy, topic_id, settle_seconds, poll_seconds, active,
                                 created_at, next_poll_at, failures)
             VALUES ($1, $2, $9, $3, $4, (SELECT id FROM topic ORDER BY position, id LIMIT 1), $5, $6, $7, $8, $8, 0)
             RETURNING id",
            values![
                at.as_str(),
                found.kind.as_str(),
                title,
                policy.as_str(),
                settle_seconds,
                POLL_SECONDS,
                true,
                now,
                words.clone()
            ],
        )
        .await?
        .ok_or_else(|| DbErr::Custom("the database gave no id for the source".to_owned()))?;
    let id: i64 = row.try_get_by_index(0)?;
    // Polling finds the hub of any other kind.
    if found.kind == SourceKind::WordPress
        && let (Some(hub), Some(topic)) = (&found.listing.hub, &found.listing.own)
    {
        websub::offered(app, id, hub, topic).await?;
    }
    tracing::info!(source.id = id, url = %at, found = words, %policy, "a source was added");
    app.scheduler_wakeup.notify_one();
    Ok(id)
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
        .all(&format!("{SELECT} WHERE s.active ORDER BY s.id"), [])
        .await?;
    rows.iter().map(read).collect()
}

/// One of them.
pub async fn source(app: &App, id: i64) -> Result<Source, ReleaseError> {
    let row = app
        .db
        .one(
            &format!("{SELECT} WHERE s.active AND s.id = $1"),
            values![id],
        )
        .await?;
    read(&row.ok_or(ReleaseError::NoSource(id))?)
}

const SELECT: &str = "SELECT s.id, s.url, s.kind, s.found, s.title, s.policy, s.settle_seconds, s.poll_seconds,
        s.failures, s.last_error, s.last_polled_at, s.next_poll_at, s.set_aside, w.hub, w.lease_ends, w.trouble
    FROM source s LEFT JOIN websub w ON w.source_id = s.id";

fn read(row: &QueryResult) -> Result<Source, ReleaseError> {
    let at = |column: &str| -> Result<Option<Timestamp>, DbErr> {
        Ok(row.try_get::<Option<i64>>("", column)?.map(instant))
    };
    let until = at("lease_ends")?;
    let trouble = row.try_get("", "trouble")?;
    let hub: Option<String> = row.try_get("", "hub")?;
    let set_aside: Option<String> = row.try_get("", "set_aside")?;
    Ok(Source {
        id: row.try_get("", "id")?,
        url: row.try_get("", "url")?,
        kind: SourceKind::of(&row.try_get::<String>("", "kind")?),
        found: row.try_get("", "found")?,
        title: row.try_get("", "title")?,
        policy: row.try_get("", "policy")?,
        settle_seconds: row.try_get("", "settle_seconds")?,
        poll_seconds: row.try_get("", "poll_seconds")?,
        failures: row.try_get("", "failures")?,
        last_error: row.try_get("", "last_error")?,
        last_polled_at: at("last_polled_at")?,
        next_poll_at: instant(row.try_get("", "next_poll_at")?),
        set_aside: match set_aside {
            Some(json) => serde_json::from_str(&json)?,
            None => Vec::new(),
        },
        hub: hub.map(|url| Hub {
            url,
            until,
            trouble,
        }),
    })
}
