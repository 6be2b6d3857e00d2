//! A correction: the changed release once more, to those who got the first text, because a person
//! decided so. Whom the first text has not reached when the correction begins gets it instead
//! ([`super::sending_start`]).

use gazette_templates::email;
use sea_orm::{
    ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, sea_query::Expr,
};

use super::{
    NewsletterError, NewsletterState as State, Result, Subject,
    lifecycle::record,
    making::{Making, insert},
    newsletter_entities::{newsletter, newsletter_release},
    release_changes::{changes_of, correction_of},
    text_revisions::{MailWords, hold},
};
use crate::{
    app::App, audit::Action, db::WriteTransaction, office::Office, releases, subscribers::Frequency,
};

/// A correction of this newsletter's release that waits for its approval or its time, if there is one.
///
/// # Errors
/// The database failed.
pub async fn waiting_correction(app: &App, newsletter: i64) -> Result<Option<i64>> {
    // newsletter_correction
    Ok(newsletter::Entity::find()
        .select_only()
        .column(newsletter::Column::Id)
        .filter(newsletter::Column::Corrects.eq(newsletter))
        .filter(newsletter::Column::State.is_in([State::Draft, State::Approved]))
        .order_by_desc(newsletter::Column::Id)
        .into_tuple()
        .one(app.db.pool())
        .await?)
}

/// The states of what was mailed, in whole or in part, and not taken back.
const MAILED: [State; 3] = [State::Sending, State::Paused, State::Sent];

/// The subject that readers saw, marked in their language as a correction. A correction of a correction
/// is marked already.
fn subject_of(first: &newsletter::Model) -> Option<Subject> {
    if first.corrects.is_some() {
        return Subject::from_title(&first.subject);
    }
    Subject::from_title(&email::correction_subject(&first.language, &first.subject))
}

/// What is different between what this newsletter said of a release and what that says now.
async fn changed_since(
    transaction: &WriteTransaction,
    first: i64,
    release: i64,
    language: &str,
) -> Result<Option<String>> {
    let changes = changes_of(transaction, first).await?;
    let change = changes.iter().find(|change| change.release_id == release);
    Ok(change.and_then(|change| email::what_changed(language, &change.paragraphs)))
}

/// Notes that a newsletter brings this revision of its release now; where it is a correction, it says
/// anew what is different, and is the one of that change, unless another draft is already.
pub(super) async fn brings(
    transaction: &WriteTransaction,
    held: &newsletter::Model,
    revision: i32,
) -> Result<()> {
    newsletter_release::Entity::update_many()
        .col_expr(newsletter_release::Column::Revision, Expr::value(revision))
        .filter(newsletter_release::Column::NewsletterId.eq(held.id))
        .exec(transaction)
        .await?;
    let (Some(first), Some(release)) = (held.corrects, held.release_id) else {
        return Ok(());
    };
    let changed = changed_since(transaction, first, release, &held.language).await?;
    newsletter::Entity::update_many()
        .col_expr(newsletter::Column::Changed, Expr::value(changed))
        .filter(newsletter::Column::Id.eq(held.id))
        .exec(transaction)
        .await?;
    if correction_of(transaction, first, release, revision)
        .await?
        .is_none()
    {
        newsletter::Entity::update_many()
            .col_expr(newsletter::Column::CorrectionOf, Expr::value(revision))
            .filter(newsletter::Column::Id.eq(held.id))
            .exec(transaction)
            .await?;
    }
    Ok(())
}

/// Makes the draft of a correction of one changed release in this newsletter, and one for each
/// other newsletter that brought it to readers: under another topic, or in a summary. All or none; each still has
/// to be approved. Asked again for the same change, it gives the same draft.
pub async fn correct(app: &App, newsletter: i64, release: i64, by: &str) -> Result<i64> {
    Ok(correct_all(app, newsletter, release, by).await?[0])
}

/// The same; all drafts, that of `newsletter` first.
pub(super) async fn correct_all(
    app: &App,
    newsletter: i64,
    release: i64,
    by: &str,
) -> Result<Vec<i64>> {
    let office = Office::load(&app.db).await?;
    let transaction = app.db.begin().await?;
    let mut all = siblings(&transaction, newsletter).await?;
    all.extend(summaries_with(&transaction, release).await?);
    all.push(newsletter);
    all.sort_unstable();
    all.dedup();
    // Two people at once: the second waits here and finds the first one's drafts. In one order, so
    // that they do not wait for each other.
    for id in &all {
        hold(&transaction, *id).await?;
    }
    let Some(made) = correct_one(app, &transaction, &office, newsletter, release, by).await? else {
        return Err(NewsletterError::Wrong(
            "the release says what it said when it was mailed; there is nothing to correct"
                .to_owned(),
        ));
    };
    let mut drafts = vec![made];
    for other in all.into_iter().filter(|id| *id != newsletter) {
        drafts.extend(correct_one(app, &transaction, &office, other, release, by).await?);
    }
    transaction.commit().await?;
    Ok(drafts)
}

/// The newsletters with the same content for other topics that were mailed.
async fn siblings(transaction: &WriteTransaction, newsletter: i64) -> Result<Vec<i64>> {
    let first = newsletter::Entity::find_by_id(newsletter)
        .one(transaction)
        .await?
        .ok_or(NewsletterError::NotFound(newsletter))?;
    let Some(edition) = first.edition else {
        return Ok(Vec::new());
    };
    // newsletter_of_edition
    Ok(newsletter::Entity::find()
        .select_only()
        .column(newsletter::Column::Id)
        .filter(newsletter::Column::Edition.eq(edition))
        .filter(newsletter::Column::Id.ne(newsletter))
        .filter(newsletter::Column::State.is_in(MAILED))
        .order_by_asc(newsletter::Column::Id)
        .into_tuple()
        .all(transaction)
        .await?)
}

/// The summaries in which readers got a release.
async fn summaries_with(transaction: &WriteTransaction, release: i64) -> Result<Vec<i64>> {
    // newsletter_release_of
    let with_it = newsletter_release::Entity::find()
        .select_only()
        .column(newsletter_release::Column::NewsletterId)
        .filter(newsletter_release::Column::ReleaseId.eq(release))
        .into_query();
    Ok(newsletter::Entity::find()
        .select_only()
        .column(newsletter::Column::Id)
        .filter(newsletter::Column::Id.in_subquery(with_it))
        .filter(newsletter::Column::Frequency.ne(Frequency::Each))
        .filter(newsletter::Column::State.is_in(MAILED))
        .into_tuple()
        .all(transaction)
        .await?)
}

/// The correction of one newsletter; `None`: there is nothing to correct in it.
async fn correct_one(
    app: &App,
    transaction: &WriteTransaction,
    office: &Office,
    newsletter: i64,
    release: i64,
    by: &str,
) -> Result<Option<i64>> {
    let first = hold(transaction, newsletter).await?;
    if !MAILED.contains(&first.state) {
        return Err(NewsletterError::State {
            id: newsletter,
            state: first.state.as_str(),
            why: "only one that was mailed can be corrected",
        });
    }
    // Held, so that what is said and the revision that it is stay one.
    let text = releases::hold_text(transaction, release)
        .await?
        .ok_or(NewsletterError::NoRelease(release))?;
    let changes = changes_of(transaction, newsletter).await?;
    let found = changes
        .into_iter()
        .find(|change| change.release_id == release && !change.vanished);
    let Some(change) = found else {
        return Ok(None);
    };
    if change.corrected_by.is_some() {
        return Ok(change.corrected_by);
    }
    let subject = subject_of(&first).ok_or(NewsletterError::NoRelease(release))?;
    let making = Making {
        subject: subject.as_str(),
        document: &text.document,
        topics: vec![first.topic_id],
        audience: first.audience,
        news_release: first.news_release,
        release: Some(release),
        releases: vec![(release, change.revision)],
        corrects: Some((newsletter, change.revision)),
        words: MailWords {
            changed: email::what_changed(&text.document.language, &change.paragraphs),
            ..MailWords::default()
        },
        auto_approve: None,
        settling: false,
        attention: None,
        summary: None,
        published: app.clock.now_ms(),
    };
    let made = insert(app, transaction, &office.time_zone, &making).await?;
    let id = made
        .first()
        .copied()
        .ok_or(NewsletterError::NoRelease(release))?;
    let (now, details) = (app.clock.now_ms(), format!("newsletter/{id}"));
    let action = Action::NewsletterCorrect;
    record(transaction, now, by, action, newsletter, &details).await?;
    Ok(Some(id))
}
