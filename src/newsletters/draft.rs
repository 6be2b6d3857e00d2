//! From a settled release to a draft newsletter.

use gazette_templates::Document;
use jiff::tz::TimeZone;
use sea_orm::{ConnectionTrait, DbErr, QueryResult};

use super::{NewsletterError, NewsletterState, Result, Subject, checks};
use crate::{
    app::App,
    clock::{DAY, instant},
    office::Office,
    values,
};

const RELEASE: &str = "
    SELECT r.id, r.title, r.document, r.published_at, r.first_seen_at, r.held_because, r.state,
           s.topic_id, s.policy
    FROM release r LEFT JOIN source s ON s.id = r.source_id";

/// Makes a draft of every release that has settled or is held and has no newsletter yet. Where the
/// source's policy is `auto`, the office is set up and nothing holds the release, the draft is
/// approved at once and is marked as automatic (H12). Gives the newsletters made.
pub async fn draft_ready(app: &App) -> Result<Vec<i64>> {
    let rows = app
        .db
        .all(
            // release_awaiting_draft holds only these few, however long the archive grows.
            &format!(
                "{RELEASE} WHERE r.state IN ('settled', 'held') AND r.document IS NOT NULL
                 AND NOT EXISTS (SELECT 1 FROM newsletter n WHERE n.release_id = r.id)
                 ORDER BY r.id LIMIT 100"
            ),
            [],
        )
        .await?;
    let mut made = Vec::with_capacity(rows.len());
    for row in rows {
        made.push(draft_from(app, &row).await?);
    }
    Ok(made)
}

/// Makes a draft of one release; where it has a newsletter already, gives that one.
pub async fn draft(app: &App, release_id: i64) -> Result<i64> {
    let row = app
        .db
        .one(
            &format!("{RELEASE} WHERE r.id = $1 AND r.document IS NOT NULL"),
            values![release_id],
        )
        .await?
        .ok_or(NewsletterError::NoRelease(release_id))?;
    draft_from(app, &row).await
}

async fn draft_from(app: &App, row: &QueryResult) -> Result<i64> {
    let office = Office::load(&app.db).await?;
    let release_id: i64 = row.try_get("", "id")?;
    let title: String = row.try_get("", "title")?;
    let json: String = row.try_get("", "document")?;
    let document: Document =
        serde_json::from_str(&json).map_err(|error| DbErr::Custom(error.to_string()))?;
    let published: Option<i64> = row.try_get("", "published_at")?;
    let first_seen: i64 = row.try_get("", "first_seen_at")?;
    let mut attention: Option<String> = row.try_get("", "held_because")?;
    let policy: Option<String> = row.try_get("", "policy")?;
    let topic: Option<i64> = row.try_get("", "topic_id")?;

    let subject = Subject::from_title(&title);
    if subject.is_none() {
        attention.get_or_insert_with(|| "The release has no title. Give it a subject.".to_owned());
    }
    let subject = subject.map_or_else(|| office.name.clone(), |s| s.as_str().to_owned());
    if policy.as_deref() == Some("auto") && attention.is_none() {
        attention = checks::reason_to_hold(&subject, &document);
    }
    let automatic = policy.as_deref() == Some("auto") && attention.is_none() && office.complete;
    let now = app.clock.now_ms();

    let transaction = app.db.begin().await?;
    let existing = transaction
        .query_one_raw(app.db.statement(
            "SELECT id FROM newsletter WHERE release_id = $1 ORDER BY id LIMIT 1",
            values![release_id],
        ))
        .await?;
    if let Some(existing) = existing {
        return Ok(existing.try_get_by_index(0)?);
    }
    let slug = free_slug(
        app,
        &transaction,
        &slug(&subject, published.unwrap_or(first_seen), &office.time_zone),
    )
    .await?;
    let state = if automatic {
        NewsletterState::Approved
    } else {
        NewsletterState::Draft
    };
    let made = transaction
        .query_one_raw(app.db.statement(
            "INSERT INTO newsletter (topic_id, release_id, subject, slug, language, document, state, automatic,
                                     created_at, approved_at, approved_by, enqueued_to, total, attention)
             VALUES (coalesce($1, (SELECT id FROM topic ORDER BY position, id LIMIT 1)),
                     $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, 0, $12)
             RETURNING id",
            values![
                topic, release_id, subject, slug, document.language.clone(), json, state as i16, automatic,
                now, automatic.then_some(now), automatic.then_some("policy auto"), attention
            ],
        ))
        .await?
        .ok_or_else(|| DbErr::Custom("the database gave no id for the newsletter".to_owned()))?;
    let id: i64 = made.try_get_by_index(0)?;
    transaction.commit().await?;
    tracing::info!(
        newsletter.id = id,
        release.id = release_id,
        automatic,
        "drafted a newsletter"
    );
    app.schedule_bell.notify_one();
    Ok(id)
}

/// `2024-02-16-kim-leads-letter`: what readers see in the archive's address.
fn slug(subject: &str, published: i64, zone: &TimeZone) -> String {
    // A date from a feed can be anything; the archive shows only plausible years.
    let published = published.clamp(0, 4_000 * 366 * DAY);
    let day = instant(published).to_zoned_datetime(zone.clone()).date();
    let mut slug = day.to_string();
    for word in subject
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
    {
        let word = word.to_lowercase();
        if slug.len() + 1 + word.len() > 80 {
            break;
        }
        slug.push('-');
        slug.push_str(&word);
    }
    slug
}

async fn free_slug(app: &App, connection: &impl ConnectionTrait, slug: &str) -> Result<String> {
    for number in 1_u32.. {
        let candidate = if number == 1 {
            slug.to_owned()
        } else {
            format!("{slug}-{number}")
        };
        let taken = connection
            .query_one_raw(app.db.statement(
                "SELECT 1 FROM newsletter WHERE slug = $1",
                values![candidate.clone()],
            ))
            .await?;
        if taken.is_none() {
            return Ok(candidate);
        }
    }
    Err(NewsletterError::Wrong(
        "no free place in the archive".to_owned(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_is_the_day_in_the_offices_zone_and_the_first_words() {
        let zone = TimeZone::get("America/Los_Angeles").unwrap();
        let evening: jiff::Timestamp = "2024-02-17T03:00:00Z".parse().unwrap();
        let slug_of = |subject: &str| slug(subject, evening.as_millisecond(), &zone);
        assert_eq!(
            slug_of("Kim Leads Letter: “Russia–DPRK”!"),
            "2024-02-16-kim-leads-letter-russia-dprk"
        );
        assert_eq!(slug_of("한국어 제목"), "2024-02-16-한국어-제목");
        assert!(slug_of(&"word ".repeat(100)).len() <= 80);
    }
}
