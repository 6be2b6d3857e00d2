//! What it means for newsletters that the office changed or withdrew a release: what nobody has
//! looked at takes the new text, what somebody decided about is put before them again, and of what
//! was mailed staff are told.

use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr, QueryResult};

use super::{
    NewsletterState as State, Result, Subject,
    correction::{PREFIX, brings},
    making::newest_revision,
};
use crate::{app::App, values};

const CHANGED_DRAFT: &str = "The office changed the release since. Compare the two, and take the new text or keep this one.";
const TAKEN_BACK: &str =
    "The office took the release back. Cancel this newsletter unless you know better.";
const CHANGED_AFTER: &str = "The office changed it after it was mailed. Look at the changes and decide whether to send a correction.";
const GONE_AFTER: &str = "The office took it back after it was mailed.";

/// A release that is not what its newsletters say.
#[derive(Debug)]
struct Changed {
    id: i64,
    title: String,
    document: Option<String>,
    vanished: bool,
}

/// One of its newsletters.
#[derive(Debug)]
struct Made {
    id: i64,
    state: State,
    /// Says the text as it came, and nobody has decided anything about it.
    untouched: bool,
    correction: bool,
    revision: i32,
}

/// Tells the newsletters of every release that changed; how many releases that were.
pub async fn follow_changes(app: &App) -> Result<u64> {
    let rows = app
        .db
        .all(
            // release_changed; nearly always empty
            "SELECT id, title, document, state FROM release WHERE changed_at IS NOT NULL ORDER BY id LIMIT 100",
            [],
        )
        .await?;
    for row in &rows {
        follow(app, &changed(row)?).await?;
    }
    Ok(rows.len() as u64)
}

fn changed(row: &QueryResult) -> Result<Changed> {
    Ok(Changed {
        id: row.try_get("", "id")?,
        title: row.try_get("", "title")?,
        document: row.try_get("", "document")?,
        vanished: row.try_get::<String>("", "state")? == "vanished",
    })
}

async fn follow(app: &App, release: &Changed) -> Result<()> {
    let transaction = app.db.begin().await?;
    let newest = newest_revision(app, &transaction, release.id).await?;
    let rows = transaction
        .query_all_raw(app.db.statement(
            // newsletter_release_of, newsletter's primary key
            "SELECT n.id, n.state, n.automatic, n.edited_at, n.release_id, n.corrects, x.revision
             FROM newsletter_release x JOIN newsletter n ON n.id = x.newsletter_id
             WHERE x.release_id = $1 ORDER BY n.id",
            values![release.id],
        ))
        .await?;
    let mut notice = None;
    for row in &rows {
        let made = made(row)?;
        let stale = made.revision < newest;
        match made.state {
            State::Draft | State::Approved if release.vanished => {
                back_to_draft(app, &transaction, made.id, TAKEN_BACK).await?;
                notice = notice.or((made.state == State::Approved).then_some(TAKEN_BACK));
            }
            State::Draft | State::Approved if stale && made.untouched => {
                renew(app, &transaction, &made, release, newest).await?;
            }
            State::Draft | State::Approved if stale => {
                back_to_draft(app, &transaction, made.id, CHANGED_DRAFT).await?;
                notice = notice.or((made.state == State::Approved).then_some(CHANGED_DRAFT));
            }
            State::Sending | State::Paused | State::Sent if release.vanished => {
                notice = Some(GONE_AFTER);
            }
            State::Sending | State::Paused | State::Sent if stale => {
                notice = Some(CHANGED_AFTER);
            }
            _ => {}
        }
    }
    transaction
        .execute_raw(app.db.statement(
            "UPDATE release SET changed_at = NULL, notice = coalesce($2, notice) WHERE id = $1",
            values![release.id, notice],
        ))
        .await?;
    Ok(transaction.commit().await?)
}

fn made(row: &QueryResult) -> std::result::Result<Made, DbErr> {
    let number: i16 = row.try_get("", "state")?;
    let state = State::from_number(number)
        .ok_or_else(|| DbErr::Custom(format!("newsletter state {number} is unknown")))?;
    let edited = row.try_get::<Option<i64>>("", "edited_at")?.is_some();
    let single = row.try_get::<Option<i64>>("", "release_id")?.is_some();
    let automatic: bool = row.try_get("", "automatic")?;
    Ok(Made {
        id: row.try_get("", "id")?,
        state,
        untouched: single && !edited && (state == State::Draft || automatic),
        correction: row.try_get::<Option<i64>>("", "corrects")?.is_some(),
        revision: row.try_get("", "revision")?,
    })
}

/// The newsletter says what the release says now. Its place in the archive stays: nobody has been
/// there yet, and a link that staff passed on goes on working.
async fn renew(
    app: &App,
    transaction: &DatabaseTransaction,
    made: &Made,
    release: &Changed,
    newest: i32,
) -> Result<()> {
    let Some(document) = &release.document else {
        return Ok(());
    };
    let prefix = if made.correction { PREFIX } else { "" };
    let subject = Subject::from_title(&format!("{prefix}{}", release.title))
        .map(|subject| subject.as_str().to_owned());
    transaction
        .execute_raw(app.db.statement(
            "UPDATE newsletter SET subject = coalesce($2, subject), document = $3 WHERE id = $1 AND state IN (0, 1)",
            values![made.id, subject, document.clone()],
        ))
        .await?;
    brings(app, transaction, made.id, newest).await?;
    tracing::info!(newsletter.id = made.id, "took the release's corrected text");
    Ok(())
}

/// What was decided was decided about another text.
async fn back_to_draft(
    app: &App,
    transaction: &DatabaseTransaction,
    id: i64,
    why: &str,
) -> Result<()> {
    transaction
        .execute_raw(app.db.statement(
            "UPDATE newsletter SET state = 0, approved_at = NULL, approved_by = NULL, scheduled_at = NULL,
                                   automatic = $3, waits = $3, attention = $2
             WHERE id = $1 AND state IN (0, 1)",
            values![id, why, false],
        ))
        .await?;
    tracing::info!(newsletter.id = id, why, "back to a person");
    Ok(())
}
