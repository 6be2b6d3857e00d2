//! Changing what a draft says. What it said before is kept.

use gazette_templates::Document;
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr};

use super::{
    Change, Newsletter, NewsletterError, NewsletterState, Result, Subject, changes,
    contents::Contents,
    correction::{self, brings},
    find,
    lifecycle::{audit, settle},
};
use crate::{app::App, audit::Action, office::Office, values};

/// How often the draft's text has been changed; the number goes into the form, so that of two
/// people who edit at once the second is told.
pub async fn revision(app: &App, id: i64) -> Result<i32> {
    let row = app
        .db
        .one(
            // newsletter_revision's primary key
            "SELECT coalesce(max(number), 0) FROM newsletter_revision WHERE newsletter_id = $1",
            values![id],
        )
        .await?;
    Ok(row
        .map(|row| row.try_get_by_index(0))
        .transpose()?
        .unwrap_or(0))
}

/// Gives a draft another subject and text. From then on it is a person's (H12). `seen` is the
/// [`revision`] that the person had before them.
pub async fn edit(
    app: &App,
    id: i64,
    subject: &str,
    document: &Document,
    seen: i32,
    by: &str,
) -> Result<()> {
    let subject = Subject::from_title(subject)
        .ok_or_else(|| NewsletterError::Wrong("enter a subject".to_owned()))?;
    if document.blocks.is_empty() {
        return Err(NewsletterError::Wrong(
            "write a text; a newsletter cannot be empty".to_owned(),
        ));
    }
    let transaction = app.db.begin().await?;
    replace(
        app,
        &transaction,
        id,
        subject.as_str(),
        document,
        Some(seen),
        by,
    )
    .await?;
    transaction.commit().await?;
    audit(app, by, Action::NewsletterEdit, id, subject.as_str()).await
}

/// Puts what its releases say now into a draft that was made of older texts.
pub async fn take_new_text(app: &App, id: i64, by: &str) -> Result<()> {
    let newsletter = find(app, id).await?;
    let changes = changes::changes(app, id).await?;
    let office = Office::load(&app.db).await?;
    let transaction = app.db.begin().await?;
    let subject = match newsletter.release_id {
        Some(release) => renew(app, &transaction, newsletter, release, &changes, by).await?,
        None => gather(app, &transaction, &office, id, &changes, by).await?,
    };
    transaction
        .execute_raw(app.db.statement(
            "UPDATE newsletter SET attention = NULL WHERE id = $1 AND state = 0",
            values![id],
        ))
        .await?;
    transaction.commit().await?;
    audit(app, by, Action::NewsletterTakeNewText, id, &subject).await
}

/// The text of the one release; gives the subject.
async fn renew(
    app: &App,
    transaction: &DatabaseTransaction,
    newsletter: Newsletter,
    release: i64,
    changes: &[Change],
    by: &str,
) -> Result<String> {
    let id = newsletter.id;
    let change = changes
        .iter()
        .find(|change| change.release_id == release)
        .ok_or_else(nothing_new)?;
    let row = transaction
        .query_one_raw(app.db.statement(
            "SELECT title, document FROM release WHERE id = $1 AND document IS NOT NULL",
            values![release],
        ))
        .await?
        .ok_or(NewsletterError::NoRelease(release))?;
    let title: String = row.try_get_by_index(0)?;
    let subject = correction::subject(&title, newsletter.corrects.is_some())
        .map_or(newsletter.subject, |subject| subject.as_str().to_owned());
    let document: Document = serde_json::from_str(&row.try_get_by_index::<String>(1)?)
        .map_err(|error| DbErr::Custom(error.to_string()))?;
    replace(app, transaction, id, &subject, &document, None, by).await?;
    brings(app, transaction, id, change.revision).await?;
    Ok(subject)
}

/// The texts of a digest's releases, without what was taken back; gives the subject.
async fn gather(
    app: &App,
    transaction: &DatabaseTransaction,
    office: &Office,
    id: i64,
    changes: &[Change],
    by: &str,
) -> Result<String> {
    if changes.is_empty() {
        return Err(nothing_new());
    }
    let contents = Contents::present(app, transaction, office, id)
        .await?
        .ok_or_else(|| {
            NewsletterError::Wrong(
                "the office took back everything that was in it; cancel it, or keep this text"
                    .to_owned(),
            )
        })?;
    let (subject, document) = (&contents.subject, &contents.document);
    replace(app, transaction, id, subject, document, None, by).await?;
    contents.note(app, transaction, id).await?;
    Ok(contents.subject)
}

fn nothing_new() -> NewsletterError {
    NewsletterError::Wrong("it says what the release says already".to_owned())
}

async fn replace(
    app: &App,
    transaction: &DatabaseTransaction,
    id: i64,
    subject: &str,
    document: &Document,
    seen: Option<i32>,
    by: &str,
) -> Result<()> {
    let now = app.clock.now_ms();
    let json = serde_json::to_string(document).map_err(|error| DbErr::Custom(error.to_string()))?;
    // Before anything is read: PostgreSQL lets the second of two editors wait here.
    let kept = transaction
        .execute_raw(app.db.statement(
            "UPDATE newsletter SET edited_at = $2, automatic = $3, by_itself = NULL WHERE id = $1 AND state = 0",
            values![id, now, false],
        ))
        .await?
        .rows_affected();
    if kept == 0 {
        return settle(app, id, 0, "only a draft's text can be changed").await;
    }
    let row = transaction
        .query_one_raw(app.db.statement(
            "SELECT n.subject, n.document,
                    (SELECT coalesce(max(v.number), 0) FROM newsletter_revision v WHERE v.newsletter_id = n.id)
             FROM newsletter n WHERE n.id = $1",
            values![id],
        ))
        .await?
        .ok_or(NewsletterError::NotFound(id))?;
    let (old_subject, old_document): (String, String) =
        (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
    let number: i32 = row.try_get_by_index(2)?;
    if seen.is_some_and(|seen| seen != number) {
        return Err(NewsletterError::State {
            id,
            state: NewsletterState::Draft.as_str(),
            why: "somebody else changed the text meanwhile; open it again and look at theirs first",
        });
    }
    transaction
        .execute_raw(app.db.statement(
            "INSERT INTO newsletter_revision (newsletter_id, number, at, replaced_by, subject, document)
             VALUES ($1, $2, $3, $4, $5, $6)",
            values![id, number + 1, now, by, old_subject, old_document],
        ))
        .await?;
    transaction
        .execute_raw(app.db.statement(
            // Its links are other links now, and nobody has followed them.
            "UPDATE newsletter SET subject = $2, document = $3, language = $4, checked_at = NULL WHERE id = $1",
            values![id, subject, json, document.language.clone()],
        ))
        .await?;
    Ok(())
}
