//! Where releases come from: feeds and APIs, found from whatever address staff give.

use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult,
    QueryFilter, QueryOrder,
};
use serde::Serialize;
use url::Url;

use super::{
    Policy, SetAside, SourceKind,
    discovery::source_discovery::{self, Discovery},
    fetch::Fetcher,
    known_items::{KnownItems, Listed},
    release_error::ReleaseError,
    release_tables::source,
    ssrf_guard::same_organisation,
    websub,
};
use crate::{
    app::App,
    audit::{self, Action, OPERATOR},
    clock::{Timestamp, instant},
    db, subscribers, values,
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
    /// What becomes of its new releases.
    pub policy: Policy,
    /// `topic.id`: whose readers get its releases, but for categories with a topic of their own.
    #[serde(skip)]
    pub topic_id: i64,
    /// Seconds from first sight to final.
    pub settle_seconds: i64,
    /// Seconds between looks.
    pub poll_seconds: i64,
    /// Polls failed in a row.
    pub failures: i32,
    /// Why the last one failed.
    pub last_error: Option<String>,
    /// Since when every poll failed.
    pub failing_since: Option<Timestamp>,
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

/// Adds a source as the operator does on the command line.
pub async fn add_source(
    app: &App,
    url: &str,
    policy: Policy,
    settle_seconds: i64,
) -> Result<i64, ReleaseError> {
    add_source_by(app, url, policy, settle_seconds, None, OPERATOR).await
}

/// Adds what stands at the address or what that leads to. Its present items are marked as seen at
/// the first poll; nothing of them is mailed (F8). Its releases go to the readers of this topic; `None`: of the
/// first. `by` is who did it, for the audit log.
pub async fn add_source_by(
    app: &App,
    url: &str,
    policy: Policy,
    settle_seconds: i64,
    topic_slug: Option<&str>,
    by: &str,
) -> Result<i64, ReleaseError> {
    if !(0..=86_400).contains(&settle_seconds) {
        return Err(ReleaseError::Setting(
            "the settle time is between 0 seconds and a day (86400)",
        ));
    }
    let given = source_discovery::address(url)?;
    let found = source_discovery::discover(&Fetcher::new(app).await?, given).await?;
    let (at, words) = (&found.url, found.words());
    let known = source::Entity::find()
        .filter(source::Column::Url.eq(at.as_str()))
        .one(app.db.pool())
        .await?;
    if let Some(known) = known {
        return Err(ReleaseError::AlreadyKnown(at.to_string(), known.id));
    }
    if let Some(other) = same_releases(app, &found).await? {
        return Err(ReleaseError::SameReleases(at.to_string(), other));
    }
    let now = app.clock.now_ms();
    let title = Some(found.listing.title.clone()).filter(|title| !title.is_empty());
    let title = title.unwrap_or_else(|| at.host_str().unwrap_or_default().to_owned());
    let topic = match topic_slug {
        Some(slug) => topic(app, slug).await?,
        None => subscribers::first_topic(app.db.pool())
            .await?
            .ok_or_else(|| DbErr::RecordNotFound("there is no topic".to_owned()))?,
    };
    let transaction = app.db.begin().await?;
    let id = source::Entity::insert(source::ActiveModel {
        url: Set(at.to_string()),
        kind: Set(found.kind),
        found: Set(words.clone()),
        title: Set(title),
        policy: Set(policy),
        topic_id: Set(topic),
        settle_seconds: Set(settle_seconds),
        poll_seconds: Set(POLL_SECONDS),
        active: Set(true),
        created_at: Set(now),
        next_poll_at: Set(now),
        failures: Set(0),
        ..Default::default()
    })
    .exec(&transaction)
    .await?
    .last_insert_id;
    log(&transaction, now, by, Action::SourceAdd, id, url).await?;
    transaction.commit().await?;
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

/// Another source whose releases these are: the same site as a feed and as `WordPress`, say, would
/// be read, and mailed, twice.
async fn same_releases(app: &App, found: &Discovery) -> Result<Option<i64>, ReleaseError> {
    let items = &found.listing.items;
    if items.len() < FEWEST_SHARED_ITEMS {
        return Ok(None);
    }
    let listed = Listed::of(items);
    let sources = source::Entity::find()
        .filter(source::Column::Active.eq(true))
        .order_by_asc(source::Column::Id)
        .all(app.db.pool())
        .await?;
    for other in sources {
        let Ok(url) = Url::parse(&other.url) else {
            continue;
        };
        if !same_organisation(&url, &found.url) {
            continue;
        }
        let known = KnownItems::of(app, other.id).await?;
        if items.iter().all(|item| known.has(item, &listed)) {
            return Ok(Some(other.id));
        }
    }
    Ok(None)
}

/// Fewer may be the same by chance.
const FEWEST_SHARED_ITEMS: usize = 3;

/// A line in the audit log about a source.
pub(super) async fn log(
    transaction: &impl ConnectionTrait,
    now: i64,
    by: &str,
    action: Action,
    id: i64,
    details: &str,
) -> Result<(), DbErr> {
    audit::record(
        transaction,
        now,
        by,
        action,
        format!("source/{id}"),
        details,
    )
    .await
}

/// Sets how often the source is looked at.
pub async fn set_poll_seconds(app: &App, id: i64, seconds: i64) -> Result<(), ReleaseError> {
    if !(10..=86_400).contains(&seconds) {
        return Err(ReleaseError::Setting(
            "a source is looked at every 10 seconds to every day (86400)",
        ));
    }
    let row = source::ActiveModel {
        poll_seconds: Set(seconds),
        ..Default::default()
    };
    change(app, id, row, &format!("every={seconds}")).await
}

/// Sets the topic under which the source's releases are mailed.
pub async fn set_topic(app: &App, id: i64, slug: &str) -> Result<(), ReleaseError> {
    let row = source::ActiveModel {
        topic_id: Set(topic(app, slug).await?),
        ..Default::default()
    };
    change(app, id, row, &format!("topic={slug}")).await
}

async fn change(
    app: &App,
    id: i64,
    row: source::ActiveModel,
    details: &str,
) -> Result<(), ReleaseError> {
    let now = app.clock.now_ms();
    let transaction = app.db.begin().await?;
    let changed = source::Entity::update_many()
        .set(row)
        .filter(source::Column::Id.eq(id))
        .exec(&transaction)
        .await?;
    if changed.rows_affected == 0 {
        return Err(ReleaseError::NoSource(id));
    }
    log(&transaction, now, OPERATOR, Action::SourceSet, id, details).await?;
    Ok(transaction.commit().await?)
}

/// The number of a topic.
pub async fn topic(app: &App, slug: &str) -> Result<i64, ReleaseError> {
    let topics = subscribers::every_topic(app).await?;
    if let Some(topic) = topics.iter().find(|topic| topic.slug == slug) {
        return Ok(topic.id);
    }
    let known: Vec<&str> = topics.iter().map(|topic| topic.slug.as_str()).collect();
    Err(ReleaseError::NoTopic(slug.to_owned(), known.join("`, `")))
}

/// Looks at the source no more, as the operator wants it on the command line.
pub async fn remove_source(app: &App, id: i64) -> Result<(), ReleaseError> {
    remove_source_by(app, id, OPERATOR).await
}

/// Looks at the source no more. What came from it stays. `by` is who did it, for the audit log.
pub async fn remove_source_by(app: &App, id: i64, by: &str) -> Result<(), ReleaseError> {
    let transaction = app.db.begin().await?;
    let source = source::Entity::find_by_id(id)
        .filter(source::Column::Active.eq(true))
        .one(&transaction)
        .await?
        .ok_or(ReleaseError::NoSource(id))?;
    // The address is freed, so that the source can be added anew; its releases keep their key.
    source::Entity::update_many()
        .set(source::ActiveModel {
            active: Set(false),
            url: Set(format!("{}#removed-{id}", source.url)),
            ..Default::default()
        })
        .filter(source::Column::Id.eq(id))
        .exec(&transaction)
        .await?;
    let now = app.clock.now_ms();
    log(&transaction, now, by, Action::SourceRemove, id, &source.url).await?;
    Ok(transaction.commit().await?)
}

/// The sources that are looked at.
pub async fn list_sources(app: &App) -> Result<Vec<Source>, ReleaseError> {
    let sql = format!("{SQL_SOURCE} WHERE s.active ORDER BY s.id");
    let rows: Vec<SourceRow> = db::rows(app.db.pool(), &sql, []).await?;
    rows.into_iter().map(SourceRow::read).collect()
}

/// One of them.
pub async fn source(app: &App, id: i64) -> Result<Source, ReleaseError> {
    let sql = format!("{SQL_SOURCE} WHERE s.active AND s.id = $1");
    let row: Option<SourceRow> = db::row(app.db.pool(), &sql, values![id]).await?;
    row.ok_or(ReleaseError::NoSource(id))?.read()
}

/// SQL text: a source and its hub.
const SQL_SOURCE: &str =
    "SELECT s.id, s.url, s.kind, s.found, s.title, s.policy, s.topic_id, s.settle_seconds, s.poll_seconds,
        s.failures, s.last_error, s.failing_since, s.last_polled_at, s.next_poll_at, s.set_aside,
        w.hub, w.lease_ends, w.trouble
    FROM source s LEFT JOIN websub w ON w.source_id = s.id";

#[derive(Debug, FromQueryResult)]
struct SourceRow {
    id: i64,
    url: String,
    kind: SourceKind,
    found: String,
    title: String,
    policy: Policy,
    topic_id: i64,
    settle_seconds: i64,
    poll_seconds: i64,
    failures: i32,
    last_error: Option<String>,
    failing_since: Option<i64>,
    last_polled_at: Option<i64>,
    next_poll_at: i64,
    set_aside: Option<String>,
    hub: Option<String>,
    lease_ends: Option<i64>,
    trouble: Option<String>,
}

impl SourceRow {
    fn read(self) -> Result<Source, ReleaseError> {
        let hub = self.hub.map(|url| Hub {
            url,
            until: self.lease_ends.map(instant),
            trouble: self.trouble,
        });
        Ok(Source {
            id: self.id,
            url: self.url,
            topic_id: self.topic_id,
            kind: self.kind,
            found: self.found,
            title: self.title,
            policy: self.policy,
            settle_seconds: self.settle_seconds,
            poll_seconds: self.poll_seconds,
            failures: self.failures,
            last_error: self.last_error,
            failing_since: self.failing_since.map(instant),
            last_polled_at: self.last_polled_at.map(instant),
            next_poll_at: instant(self.next_poll_at),
            set_aside: match self.set_aside {
                Some(json) => serde_json::from_str(&json)?,
                None => Vec::new(),
            },
            hub,
        })
    }
}

/// Lets a source be due at once.
///
/// # Errors
/// The database failed.
pub async fn be_due(app: &App, source: i64) -> Result<(), ReleaseError> {
    source::Entity::update_many()
        .set(source::ActiveModel {
            next_poll_at: Set(0),
            ..Default::default()
        })
        .filter(source::Column::Id.eq(source))
        .exec(&app.db.writer())
        .await?;
    app.scheduler_wakeup.notify_one();
    Ok(())
}

/// What came of the look that [`be_due`] asked for: why it failed, or nothing where it did not. `None`:
/// it has not ended yet.
///
/// # Errors
/// The database failed.
pub async fn outcome_when_due(
    app: &App,
    source: i64,
) -> Result<Option<Option<String>>, ReleaseError> {
    let looked = source::Entity::find_by_id(source)
        .filter(source::Column::NextPollAt.gt(0))
        .one(app.db.pool())
        .await?;
    Ok(looked.map(|source| source.last_error))
}
