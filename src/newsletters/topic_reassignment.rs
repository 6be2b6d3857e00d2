//! Topic reassignment: the drafts of a release that has other categories now than when it was first
//! seen. An office files a release in its first minutes (F9).

use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    sea_query::Expr,
};

use super::{
    Audience, NewsletterState as State, Result,
    making::{free_slug, note_releases, releases_of},
    newsletter_entities::newsletter,
    stopping::cancel_unsent,
    text_revisions::hold,
};
use crate::{app::App, db::WriteTransaction, releases::release_topics};

const FILED_ELSEWHERE: &str = "The office filed its release under other categories in the first minutes, so it does not go out under this topic.";

/// Lets a release's drafts be for the topics that its categories feed now. Where somebody edited or
/// approved one of them, all stay as they are.
pub(super) async fn follow_categories(
    app: &App,
    transaction: &WriteTransaction,
    release: i64,
    source: i64,
    categories: &[String],
) -> Result<()> {
    let Some(drafts) = untouched_drafts(transaction, release).await? else {
        return Ok(());
    };
    let topics = release_topics::of_release(transaction, source, categories).await?;
    let (Some(first), true) = (drafts.first(), !topics.is_empty()) else {
        return Ok(());
    };
    let now = app.clock.now_ms();
    let mut missing = topics
        .iter()
        .filter(|topic| drafts.iter().all(|draft| draft.topic_id != **topic));
    for draft in drafts
        .iter()
        .filter(|draft| !topics.contains(&draft.topic_id))
    {
        let Some(topic) = missing.next() else {
            cancel_unsent(transaction, now, draft.id, FILED_ELSEWHERE).await?;
            continue;
        };
        newsletter::Entity::update_many()
            .col_expr(newsletter::Column::TopicId, Expr::value(*topic))
            .filter(newsletter::Column::Id.eq(draft.id))
            .filter(newsletter::Column::State.eq(State::Draft))
            .exec(transaction)
            .await?;
    }
    for topic in missing {
        copy(transaction, first.id, *topic, now).await?;
    }
    Ok(())
}

/// The release's drafts; `None` where a person has done anything about one.
async fn untouched_drafts(
    transaction: &WriteTransaction,
    release: i64,
) -> Result<Option<Vec<newsletter::Model>>> {
    // newsletter_of_release
    let made = newsletter::Entity::find()
        .filter(newsletter::Column::ReleaseId.eq(release))
        .filter(newsletter::Column::Corrects.is_null())
        .filter(newsletter::Column::Audience.eq(Audience::Subscribers))
        .order_by_asc(newsletter::Column::Id)
        .all(transaction)
        .await?;
    let untouched = made
        .iter()
        .all(|made| made.state == State::Draft && made.edited_at.is_none());
    Ok(untouched.then_some(made))
}

/// One more draft of the same edition, so that nobody gets it twice.
async fn copy(transaction: &WriteTransaction, first: i64, topic: i64, now: i64) -> Result<()> {
    let first = hold(transaction, first).await?;
    let edition = first.edition.unwrap_or(first.id);
    newsletter::Entity::update_many()
        .col_expr(newsletter::Column::Edition, Expr::value(edition))
        .filter(newsletter::Column::Id.eq(first.id))
        .exec(transaction)
        .await?;
    let (id, slug) = (first.id, free_slug(transaction, &first.slug).await?);
    let copy = newsletter::ActiveModel {
        id: NotSet,
        topic_id: Set(topic),
        slug: Set(slug),
        created_at: Set(now),
        edition: Set(Some(edition)),
        // What the first one said before is its own history.
        revision: Set(0),
        ..first.into_active_model()
    };
    let copy = copy.insert(transaction).await?.id;
    let releases = releases_of(transaction, id).await?;
    let releases: Vec<(i64, i32)> = releases
        .iter()
        .map(|of| (of.release_id, of.revision))
        .collect();
    Ok(note_releases(transaction, copy, &releases).await?)
}
