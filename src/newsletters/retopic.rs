//! The topics of drafts whose release has other categories now than when it was first seen: an office
//! files a release in its first minutes (F9).

use sea_orm::{ConnectionTrait, DatabaseTransaction};

use super::{NewsletterState, Result, lifecycle::cancel_because, making::free_slug};
use crate::{app::App, releases::release_topics, values};

const FILED_ELSEWHERE: &str = "The office filed its release under other categories in the first minutes, so it does not go out under this topic.";

/// A draft of the release.
#[derive(Debug)]
struct Made {
    id: i64,
    topic: i64,
    slug: String,
}

/// Lets a release's drafts be for the topics that its categories feed now. Where somebody edited or
/// approved one of them, all stay as they are.
pub(super) async fn follow_categories(
    app: &App,
    transaction: &DatabaseTransaction,
    release: i64,
    source: i64,
    categories: &[String],
) -> Result<()> {
    let Some(made) = untouched(app, transaction, release).await? else {
        return Ok(());
    };
    let topics = release_topics::of_release(transaction, source, categories).await?;
    let (Some(first), true) = (made.first(), !topics.is_empty()) else {
        return Ok(());
    };
    let mut missing = topics
        .iter()
        .filter(|topic| made.iter().all(|made| made.topic != **topic));
    for draft in made.iter().filter(|made| !topics.contains(&made.topic)) {
        let Some(topic) = missing.next() else {
            cancel_because(app, transaction, draft.id, FILED_ELSEWHERE).await?;
            continue;
        };
        let sql = "UPDATE newsletter SET topic_id = $2 WHERE id = $1";
        transaction
            .execute_raw(app.db.statement(sql, values![draft.id, *topic]))
            .await?;
    }
    for topic in missing {
        copy(app, transaction, first, *topic).await?;
    }
    Ok(())
}

/// The release's drafts; none where a person has done anything about one.
async fn untouched(
    app: &App,
    transaction: &DatabaseTransaction,
    release: i64,
) -> Result<Option<Vec<Made>>> {
    let rows = transaction
        .query_all_raw(app.db.statement(
            // newsletter_of_release
            "SELECT id, topic_id, slug, state, edited_at FROM newsletter
             WHERE release_id = $1 AND corrects IS NULL AND audience = 0 ORDER BY id",
            values![release],
        ))
        .await?;
    let mut made = Vec::with_capacity(rows.len());
    for row in rows {
        let edited: Option<i64> = row.try_get("", "edited_at")?;
        if row.try_get::<i16>("", "state")? != NewsletterState::Draft as i16 || edited.is_some() {
            return Ok(None);
        }
        made.push(Made {
            id: row.try_get("", "id")?,
            topic: row.try_get("", "topic_id")?,
            slug: row.try_get("", "slug")?,
        });
    }
    Ok(Some(made))
}

/// One more draft of the same edition, so that nobody gets it twice.
async fn copy(
    app: &App,
    transaction: &DatabaseTransaction,
    first: &Made,
    topic: i64,
) -> Result<()> {
    let slug = free_slug(app, transaction, &first.slug).await?;
    for (sql, values) in [
        (
            "UPDATE newsletter SET edition = coalesce(edition, id) WHERE id = $1",
            values![first.id].to_vec(),
        ),
        (
            "INSERT INTO newsletter (topic_id, release_id, subject, slug, language, document, state, automatic,
                                     created_at, enqueued_to, total, attention, by_itself, edition)
             SELECT $2, release_id, subject, $3, language, document, 0, $4, $5, 0, 0, attention, by_itself, edition
             FROM newsletter WHERE id = $1",
            values![first.id, topic, slug.clone(), false, app.clock.now_ms()].to_vec(),
        ),
        (
            "INSERT INTO newsletter_release (newsletter_id, release_id, position, revision)
             SELECT n.id, x.release_id, x.position, x.revision
             FROM newsletter n, newsletter_release x WHERE n.slug = $2 AND x.newsletter_id = $1",
            values![first.id, slug].to_vec(),
        ),
    ] {
        transaction
            .execute_raw(app.db.statement(sql, values))
            .await?;
    }
    Ok(())
}
