//! From a release to a draft newsletter, at its first sight where a person or the settle time still
//! stands between the draft and its readers.

use gazette_templates::Document;
use sea_orm::{ConnectionTrait, DbErr, QueryResult};

use super::{
    NewsletterError, Result, Subject, by_itself, checks,
    making::{Making, insert, newest_revision},
    telling::tell_staff,
};
use crate::{
    app::App,
    office::Office,
    releases::{ReleaseState, release_topics},
    values,
};

pub(super) const RELEASE: &str = "
    SELECT r.id, r.title, r.url, r.document, r.published_at, r.first_seen_at, r.held_because, r.state,
           r.source_id, r.categories, s.policy
    FROM release r LEFT JOIN source s ON s.id = r.source_id";

/// What has no newsletter yet. The index `release_awaiting_draft` holds only these few, however long
/// the archive grows.
const AWAITS: &str = "r.state IN ('settling', 'settled', 'held') AND r.drafted_at IS NULL";

/// Makes a draft of every release that has no newsletter yet, one for each topic that it feeds: also
/// while it settles, so that staff see it at once, but not before the date that it waits for (F10).
/// Where the source's policy is `auto`, the office is set up and nothing holds the release, the
/// draft is approved when the release is final and is marked as automatic (H12). Releases for a
/// digest wait for it. Gives the newsletters made.
pub async fn draft_ready(app: &App) -> Result<Vec<i64>> {
    let rows = app
        .db
        .all(
            &format!(
                "SELECT r.id FROM release r LEFT JOIN source s ON s.id = r.source_id
                 WHERE {AWAITS} AND r.document IS NOT NULL AND coalesce(s.policy, '') <> 'digest'
                   AND (r.state <> 'settling' OR coalesce(r.published_at, 0) <= $1)
                 ORDER BY r.id LIMIT 100"
            ),
            values![app.clock.now_ms()],
        )
        .await?;
    let mut made = Vec::with_capacity(rows.len());
    for row in rows {
        let asked = Asked {
            release: row.try_get_by_index(0)?,
            topic: None,
            only: &format!("AND {AWAITS}"),
            counts: "",
        };
        made.extend(draft_from(app, &asked).await?);
    }
    by_itself::approve_final(app).await?;
    Ok(made)
}

/// Makes a draft of one release; where a newsletter of it waits or is on its way, gives that one.
/// One that has ended is no obstacle: who brings a release by hand means it.
pub async fn draft(app: &App, release_id: i64) -> Result<i64> {
    draft_for(app, release_id, None).await
}

/// The same for a topic that staff chose.
pub async fn draft_for(app: &App, release_id: i64, topic: Option<i64>) -> Result<i64> {
    let asked = Asked {
        release: release_id,
        topic,
        only: "",
        counts: "AND state IN (0, 1, 2, 3)",
    };
    let made = draft_from(app, &asked).await?;
    made.first()
        .copied()
        .ok_or(NewsletterError::NoRelease(release_id))
}

/// A release's row, read.
#[derive(Debug)]
pub(super) struct Ready {
    pub id: i64,
    pub title: String,
    pub url: Option<String>,
    pub document: Document,
    pub published: i64,
    pub source: Option<i64>,
    pub categories: Vec<String>,
    held_because: Option<String>,
    policy: Option<String>,
    settling: bool,
}

pub(super) fn ready(row: &QueryResult) -> std::result::Result<Ready, DbErr> {
    let json = |error: serde_json::Error| DbErr::Custom(error.to_string());
    let document: String = row.try_get("", "document")?;
    let categories: Option<String> = row.try_get("", "categories")?;
    let first_seen: i64 = row.try_get("", "first_seen_at")?;
    Ok(Ready {
        id: row.try_get("", "id")?,
        title: row.try_get("", "title")?,
        url: row.try_get("", "url")?,
        document: serde_json::from_str(&document).map_err(json)?,
        published: row
            .try_get::<Option<i64>>("", "published_at")?
            .unwrap_or(first_seen),
        source: row.try_get("", "source_id")?,
        categories: match categories {
            Some(categories) => serde_json::from_str(&categories).map_err(json)?,
            None => Vec::new(),
        },
        held_because: row.try_get("", "held_because")?,
        policy: row.try_get("", "policy")?,
        settling: row.try_get::<String>("", "state")? == ReleaseState::Settling.as_str(),
    })
}

/// Of which release a draft is to be made.
#[derive(Debug)]
struct Asked<'a> {
    release: i64,
    /// For which topic; none: for those that it feeds.
    topic: Option<i64>,
    /// What must hold for the release.
    only: &'a str,
    /// Which newsletters of the release count as its own already.
    counts: &'a str,
}

async fn draft_from(app: &App, asked: &Asked<'_>) -> Result<Vec<i64>> {
    let office = Office::load(&app.db).await?;
    let transaction = app.db.begin().await?;
    // PostgreSQL: the release is not changed, nor settled, between the look at it and its draft.
    transaction
        .execute_raw(app.db.statement(
            "UPDATE release SET drafted_at = drafted_at WHERE id = $1",
            values![asked.release],
        ))
        .await?;
    let row = transaction
        .query_one_raw(app.db.statement(
            &format!(
                "{RELEASE} WHERE r.id = $1 AND r.document IS NOT NULL {}",
                asked.only
            ),
            values![asked.release],
        ))
        .await?;
    let Some(row) = row else {
        return Ok(Vec::new());
    };
    let release = ready(&row)?;
    let mut attention = release.held_because.clone();
    let subject = Subject::from_title(&release.title);
    if subject.is_none() {
        attention.get_or_insert_with(|| "The release has no title. Give it a subject.".to_owned());
    }
    let subject = subject.map_or_else(|| office.name.clone(), |s| s.as_str().to_owned());
    let is_auto = release.policy.as_deref() == Some("auto");
    if is_auto && attention.is_none() {
        attention = checks::reason_to_hold(&subject, &release.document);
    }
    let alone = is_auto && attention.is_none() && office.complete;

    let existing = transaction
        .query_all_raw(app.db.statement(
            // newsletter_of_release
            &format!(
                "SELECT id FROM newsletter WHERE release_id = $1 AND corrects IS NULL {} ORDER BY id",
                asked.counts
            ),
            values![release.id],
        ))
        .await?;
    if !existing.is_empty() {
        let ids = existing.iter().map(|row| row.try_get_by_index(0));
        return Ok(ids.collect::<std::result::Result<_, _>>()?);
    }
    let making = Making {
        subject: &subject,
        document: &release.document,
        topics: match (asked.topic, release.source) {
            (Some(topic), _) => vec![topic],
            (None, Some(source)) => {
                release_topics::of_release(&transaction, source, &release.categories).await?
            }
            (None, None) => Vec::new(),
        },
        release: Some(release.id),
        releases: vec![(
            release.id,
            newest_revision(app, &transaction, release.id).await?,
        )],
        corrects: None,
        by_itself: alone.then_some(by_itself::POLICY),
        settling: release.settling,
        attention: attention.as_deref(),
        published: release.published,
    };
    let made = insert(app, &transaction, &office.time_zone, &making).await?;
    // Of what holds the release itself they are told anyway.
    let is_news = is_auto && release.held_because.is_none();
    if let (true, Some(why), Some(first)) = (is_news, &attention, made.first()) {
        tell_staff(&app.db, &transaction, *first, why).await?;
    }
    transaction.commit().await?;
    tracing::info!(
        newsletters = ?made,
        release.id = release.id,
        by_itself = alone,
        "drafted a newsletter"
    );
    app.scheduler_wakeup.notify_one();
    Ok(made)
}
