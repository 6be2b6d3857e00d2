//! What a summary says of a release that a person wrote or changed: what was let go and mailed of it, a correction
//! included, and nothing that waits for somebody's approval. What nobody touched reads as the office has it now.

use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};

use super::{
    Audience, NewsletterState as State, Result, Subject,
    newsletter_entities::{newsletter, newsletter_release},
};
use crate::{
    releases::{ReleaseText, revision_text},
    subscribers::Frequency,
};

/// The release with the text that its readers got last.
pub(super) async fn as_mailed(
    connection: &impl ConnectionTrait,
    release: ReleaseText,
) -> Result<ReleaseText> {
    // newsletter_of_release
    let newest = newsletter::Entity::find()
        .filter(newsletter::Column::ReleaseId.eq(release.id))
        .filter(newsletter::Column::Audience.eq(Audience::Subscribers))
        .filter(newsletter::Column::Frequency.eq(Frequency::Each))
        .filter(newsletter::Column::State.is_in(State::MAILED))
        .order_by_desc(newsletter::Column::Id)
        .one(connection)
        .await?;
    let by_staff =
        |mailed: &newsletter::Model| release.source.is_none() || mailed.edited_at.is_some();
    let Some(mailed) = newest.filter(by_staff) else {
        return Ok(release);
    };
    let part = newsletter_release::Entity::find_by_id((mailed.id, release.id))
        .one(connection)
        .await?;
    let revision = part.map_or(release.revision, |part| part.revision);
    let title = if mailed.corrects.is_some() {
        // The mark of a correction stands in its subject, and belongs above no release.
        let kept = revision_text(connection, release.id, revision).await?;
        kept.map_or_else(|| release.title.clone(), |kept| kept.title)
    } else {
        Subject::uncut(&mailed.subject, &release.title).unwrap_or(mailed.subject)
    };
    let document =
        serde_json::from_str(&mailed.document).map_err(|error| DbErr::Json(error.to_string()))?;
    Ok(ReleaseText {
        title,
        document,
        revision,
        ..release
    })
}
