//! Storing a new newsletter: one for each of its topics, all of one edition, so that nobody who
//! asked for several of them gets it twice.

use gazette_templates::Document;
use jiff::tz::TimeZone;
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr};

use super::{NewsletterError, NewsletterState, Result, checks};
use crate::{
    app::App,
    clock::{DAY, instant},
    values,
};

/// Everything about a newsletter that is to be made.
#[derive(Debug)]
pub(super) struct Making<'a> {
    /// The subject line.
    pub subject: &'a str,
    /// What it says.
    pub document: &'a Document,
    /// Whom it is for, in the order of the sign-up form; empty: the first topic.
    pub topics: Vec<i64>,
    /// The one release that it is; none for a digest.
    pub release: Option<i64>,
    /// All releases in it, each with the revision that it says.
    pub releases: Vec<(i64, i32)>,
    /// The newsletter and the release's revision that it corrects.
    pub corrects: Option<(i64, i32)>,
    /// Goes out by itself; why, for the record.
    pub by_itself: Option<&'static str>,
    /// Its release is not final yet: until then it is a draft in any case.
    pub settling: bool,
    /// Why a person must look at it.
    pub attention: Option<&'a str>,
    /// When it was published, for its place in the archive.
    pub published: i64,
}

/// Stores it; the numbers of the newsletters, one for each topic.
pub(super) async fn insert(
    app: &App,
    transaction: &DatabaseTransaction,
    zone: &TimeZone,
    making: &Making<'_>,
) -> Result<Vec<i64>> {
    let now = app.clock.now_ms();
    let document =
        serde_json::to_string(making.document).map_err(|error| DbErr::Custom(error.to_string()))?;
    let (approved_by, by_itself) = if making.settling {
        (None, making.by_itself)
    } else {
        (making.by_itself, None)
    };
    let state = match approved_by {
        Some(_) => NewsletterState::Approved,
        None => NewsletterState::Draft,
    };
    let sizes_by = approved_by.and_then(|_| checks::measured_by(app, making.document));
    let topics: Vec<Option<i64>> = if making.topics.is_empty() {
        vec![None]
    } else {
        making.topics.iter().copied().map(Some).collect()
    };
    let place = slug(making.subject, making.published, zone);
    let mut made: Vec<i64> = Vec::with_capacity(topics.len());
    for topic in &topics {
        let row = transaction
            .query_one_raw(app.db.statement(
                "INSERT INTO newsletter (topic_id, release_id, subject, slug, language, document, state, automatic,
                                         created_at, approved_at, approved_by, enqueued_to, total, attention,
                                         edition, corrects, correction_of, waits, scheduled_at, by_itself)
                 VALUES (coalesce($1, (SELECT id FROM topic ORDER BY position, id LIMIT 1)),
                         $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, 0, $12, $13, $14, $15, $8, $16, $17)
                 RETURNING id",
                values![
                    *topic,
                    making.release,
                    making.subject,
                    free_slug(app, transaction, &place).await?,
                    making.document.language.clone(),
                    document.clone(),
                    state as i16,
                    approved_by.is_some(),
                    now,
                    approved_by.map(|_| now),
                    approved_by,
                    making.attention,
                    made.first().copied(),
                    making.corrects.map(|(id, _)| id),
                    making.corrects.map(|(_, revision)| revision),
                    sizes_by,
                    by_itself
                ],
            ))
            .await?
            .ok_or_else(|| DbErr::Custom("the database gave no id for the newsletter".to_owned()))?;
        made.push(row.try_get_by_index(0)?);
    }
    if let (Some(first), true) = (made.first(), made.len() > 1) {
        transaction
            .execute_raw(app.db.statement(
                "UPDATE newsletter SET edition = $1 WHERE id = $1",
                values![*first],
            ))
            .await?;
    }
    for id in &made {
        note_releases(app, transaction, *id, &making.releases).await?;
    }
    for (release, _) in &making.releases {
        transaction
            .execute_raw(app.db.statement(
                "UPDATE release SET drafted_at = coalesce(drafted_at, $2) WHERE id = $1",
                values![*release, now],
            ))
            .await?;
    }
    Ok(made)
}

/// Notes of which releases a newsletter is made, in reading order, each with its revision.
pub(super) async fn note_releases(
    app: &App,
    transaction: &DatabaseTransaction,
    newsletter: i64,
    releases: &[(i64, i32)],
) -> Result<()> {
    for (position, (release, revision)) in releases.iter().enumerate() {
        transaction
            .execute_raw(app.db.statement(
                "INSERT INTO newsletter_release (newsletter_id, release_id, position, revision)
                 VALUES ($1, $2, $3, $4)",
                values![newsletter, *release, position as i32, *revision],
            ))
            .await?;
    }
    Ok(())
}

/// The number of the release's newest revision.
pub(super) async fn newest_revision(
    app: &App,
    connection: &impl ConnectionTrait,
    release: i64,
) -> Result<i32> {
    let row = connection
        .query_one_raw(app.db.statement(
            // release_revision's primary key
            "SELECT coalesce(max(number), 0) FROM release_revision WHERE release_id = $1",
            values![release],
        ))
        .await?;
    Ok(row
        .map(|row| row.try_get_by_index(0))
        .transpose()?
        .unwrap_or(0))
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

pub(super) async fn free_slug(
    app: &App,
    connection: &impl ConnectionTrait,
    slug: &str,
) -> Result<String> {
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
