//! A correction: the changed release once more, to those who got the first text, because a person
//! decided so.

use sea_orm::{ConnectionTrait, DatabaseTransaction};

use super::{
    NewsletterError, NewsletterState, Result, Subject, changes, find, lifecycle,
    making::{Making, insert},
};
use crate::{app::App, audit::Action, office::Office, values};

/// The subject of a newsletter with this title, a correction or not.
pub(super) fn subject(title: &str, corrects: bool) -> Option<Subject> {
    let prefix = if corrects { "Correction: " } else { "" };
    Subject::from_title(&format!("{prefix}{title}"))
}

/// Notes that a newsletter brings this revision of its release now; where it is a correction, it is
/// the one of that change, unless another draft is already.
pub(super) async fn brings(
    app: &App,
    transaction: &DatabaseTransaction,
    id: i64,
    revision: i32,
) -> Result<()> {
    transaction
        .execute_raw(app.db.statement(
            "UPDATE newsletter_release SET revision = $2 WHERE newsletter_id = $1",
            values![id, revision],
        ))
        .await?;
    transaction
        .execute_raw(app.db.statement(
            // newsletter_correction
            "UPDATE newsletter SET correction_of = $2
             WHERE id = $1 AND corrects IS NOT NULL AND NOT EXISTS
                 (SELECT 1 FROM newsletter o WHERE o.corrects = newsletter.corrects AND o.release_id = newsletter.release_id
                  AND o.correction_of = $2 AND o.state <> 5)",
            values![id, revision],
        ))
        .await?;
    Ok(())
}

/// Makes the draft of a correction of one changed release in this newsletter, and one for each
/// other topic that it was mailed under; each still has to be approved. Asked again for the same
/// change, it gives the same draft.
pub async fn correct(app: &App, newsletter: i64, release: i64, by: &str) -> Result<i64> {
    let correction = correct_one(app, newsletter, release, by).await?;
    let others = app
        .db
        .all(
            // newsletter_of_edition
            "SELECT b.id FROM newsletter n JOIN newsletter b ON b.edition = n.edition AND b.id <> n.id
             WHERE n.id = $1 AND b.state IN (2, 3, 4) ORDER BY b.id",
            values![newsletter],
        )
        .await?;
    for other in others {
        correct_one(app, other.try_get_by_index(0)?, release, by).await?;
    }
    Ok(correction)
}

async fn correct_one(app: &App, newsletter: i64, release: i64, by: &str) -> Result<i64> {
    let first = find(app, newsletter).await?;
    if !matches!(
        first.state,
        NewsletterState::Sending | NewsletterState::Paused | NewsletterState::Sent
    ) {
        return Err(NewsletterError::State {
            id: newsletter,
            state: first.state.as_str(),
            why: "only one that was mailed can be corrected",
        });
    }
    let change = changes::changes(app, newsletter)
        .await?
        .into_iter()
        .find(|change| change.release_id == release && !change.vanished)
        .ok_or_else(|| {
            NewsletterError::Wrong(
                "the release says what it said when it was mailed; there is nothing to correct"
                    .to_owned(),
            )
        })?;
    if let Some(made) = change.corrected_by {
        return Ok(made);
    }
    let row = app
        .db
        .one(
            &format!(
                "{} WHERE r.id = $1 AND r.document IS NOT NULL",
                super::draft::RELEASE
            ),
            values![release],
        )
        .await?
        .ok_or(NewsletterError::NoRelease(release))?;
    let ready = super::draft::ready(&row)?;
    let subject = subject(&ready.title, true).ok_or(NewsletterError::NoRelease(release))?;
    let office = Office::load(&app.db).await?;
    let transaction = app.db.begin().await?;
    // Two people at once: the second waits for this lock and finds the first one's draft.
    transaction
        .execute_raw(app.db.statement(
            "UPDATE newsletter SET corrects = corrects WHERE id = $1",
            values![newsletter],
        ))
        .await?;
    let existing = transaction
        .query_one_raw(app.db.statement(
            // newsletter_correction
            "SELECT id FROM newsletter WHERE corrects = $1 AND release_id = $2 AND correction_of = $3 AND state <> 5
             AND corrects IS NOT NULL",
            values![newsletter, release, change.revision],
        ))
        .await?;
    if let Some(existing) = existing {
        return Ok(existing.try_get_by_index(0)?);
    }
    let making = Making {
        subject: subject.as_str(),
        document: &ready.document,
        topics: vec![first.topic.id],
        release: Some(release),
        releases: vec![(release, change.revision)],
        corrects: Some((newsletter, change.revision)),
        by_itself: None,
        settling: false,
        attention: None,
        published: app.clock.now_ms(),
    };
    let made = insert(app, &transaction, &office.time_zone, &making).await?;
    transaction.commit().await?;
    let id = made
        .first()
        .copied()
        .ok_or(NewsletterError::NoRelease(release))?;
    lifecycle::audit(
        app,
        by,
        Action::NewsletterCorrect,
        newsletter,
        &format!("newsletter/{id}"),
    )
    .await?;
    Ok(id)
}
