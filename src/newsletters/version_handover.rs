//! When the newsletter in one language is cancelled, its readers get the one in the other language that went
//! out already: while both were there, that one had passed them over. One mail, once, in the language in
//! which there is one.

use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use super::{
    NewsletterError, NewsletterState as State, Recipients, Result,
    newsletter_entities::newsletter::{self, Column},
    outdated_text::refuse_outdated,
    queueing::go_on,
    store::somebody_is_left,
    text_revisions::hold,
};
use crate::{app::App, db::WriteTransaction};

/// The newsletters in other languages that began before this one could, and still may go to somebody.
async fn versions_under_way(
    connection: &impl ConnectionTrait,
    row: &newsletter::Model,
    now: i64,
) -> Result<Vec<newsletter::Model>> {
    let (Some(edition), Some(_), None) = (row.edition, row.version_rank, row.corrects) else {
        return Ok(Vec::new());
    };
    // newsletter_of_edition
    Ok(newsletter::Entity::find()
        .filter(Column::Edition.eq(edition))
        .filter(Column::Id.ne(row.id))
        .filter(Column::Language.ne(row.language.as_str()))
        .filter(Column::VersionRank.is_not_null())
        .filter(Column::Corrects.is_null())
        .filter(Column::SupersededBy.is_null())
        .filter(Column::State.is_in([State::Sending, State::Paused, State::Sent]))
        .filter(Column::DeadlineAt.gt(now))
        .all(connection)
        .await?)
}

/// Within the transaction that cancelled this newsletter: has the others of its edition look for readers
/// once more. Nobody is queued twice, and who got one of them gets no other ([`Recipients`]).
pub(super) async fn hand_over_readers(
    transaction: &WriteTransaction,
    cancelled: i64,
    now: i64,
) -> Result<()> {
    let row = hold(transaction, cancelled).await?;
    for other in versions_under_way(transaction, &row, now).await? {
        let other = hold(transaction, other.id).await?;
        match refuse_outdated(transaction, other.id).await {
            Ok(()) => {}
            // What was corrected or taken back goes to nobody else.
            Err(NewsletterError::Wrong(_)) => continue,
            Err(error) => return Err(error),
        }
        let began = other.started_at.unwrap_or(now);
        if !somebody_is_left(transaction, &Recipients::of(&other), other.topic_id, began).await? {
            continue;
        }
        newsletter::Entity::update_many()
            .set(newsletter::ActiveModel {
                enqueued_to: Set(0),
                enqueued_at: Set(None),
                ..Default::default()
            })
            .filter(Column::Id.eq(other.id))
            .exec(transaction)
            .await?;
        let why = format!(
            "newsletter {cancelled}, its version in {}, was cancelled",
            row.language
        );
        go_on(transaction, other.id, why, now).await?;
    }
    Ok(())
}

/// In which other languages its readers get the release if this newsletter is cancelled: for who is about to.
///
/// # Errors
/// [`NewsletterError::NotFound`].
pub async fn other_versions(app: &App, id: i64) -> Result<Vec<String>> {
    let row = newsletter::Entity::find_by_id(id)
        .one(app.db.pool())
        .await?;
    let row = row.ok_or(NewsletterError::NotFound(id))?;
    let others = versions_under_way(app.db.pool(), &row, app.clock.now_ms()).await?;
    Ok(others.into_iter().map(|other| other.language).collect())
}
