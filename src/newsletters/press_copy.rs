//! A newsletter to the press list is made from one that there is: the same text for the other
//! audience, approved by itself. It stands with its releases as the first one does, so it hears what
//! becomes of them.

use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};

use super::{
    Audience, NewsletterError, NewsletterState as State, Result,
    lifecycle::record,
    making::{note_releases, releases_of},
    newsletter_entities::newsletter,
    review::copy_authors,
    store::find,
    text_revisions::hold,
};
use crate::{app::App, audit::Action};

/// Makes a draft for the press list with what newsletter `id` says, and gives its number; where
/// there is such a draft already, that one's. `news_release`: whether staff say that it is a news
/// release to the communications media.
pub async fn for_press(app: &App, id: i64, news_release: bool, by: &str) -> Result<i64> {
    let model = find(app, id).await?;
    if model.audience == Audience::PressList {
        return Err(NewsletterError::Wrong(
            "this one is for the press list already".to_owned(),
        ));
    }
    if model.settles_at.is_some() {
        return Err(NewsletterError::Wrong(
            "the office may still change this release; make the one for the press list when it is final"
                .to_owned(),
        ));
    }
    let transaction = app.db.begin().await?;
    // Held: whoever presses the button how often, one at a time for each newsletter.
    let first = hold(&transaction, id).await?;
    if first.state == State::Cancelled {
        return Err(NewsletterError::State {
            id,
            state: first.state.as_str(),
            why: "what was taken back does not go to the press list either",
        });
    }
    for number in 1_u32.. {
        // Another one only where the last was cancelled.
        let slug = match number {
            1 => format!("{}-press-list", first.slug),
            _ => format!("{}-press-list-{number}", first.slug),
        };
        let there = newsletter::Entity::find()
            .filter(newsletter::Column::Slug.eq(slug.as_str()))
            .one(&transaction)
            .await?;
        match there {
            Some(there) if there.state == State::Cancelled => {}
            Some(there) if there.news_release != news_release => {
                return Err(NewsletterError::Wrong(format!(
                    "newsletter {} is this text for the press list already, as {}; cancel it to make another",
                    there.id,
                    kind(there.news_release)
                )));
            }
            Some(there) => return Ok(there.id),
            None => {
                let now = app.clock.now_ms();
                let copy = copy(&first, slug, news_release, now);
                let made = copy.insert(&transaction).await?.id;
                let releases = releases_of(&transaction, id).await?;
                let releases: Vec<(i64, i32)> = releases
                    .iter()
                    .map(|of| (of.release_id, of.revision))
                    .collect();
                note_releases(&transaction, made, &releases).await?;
                copy_authors(&transaction, id, made).await?;
                let details = format!("from newsletter/{id}, {}", kind(news_release));
                let action = Action::NewsletterForPress;
                record(&transaction, now, by, action, made, &details).await?;
                transaction.commit().await?;
                return Ok(made);
            }
        }
    }
    Err(NewsletterError::Wrong(
        "no free place in the archive".to_owned(),
    ))
}

/// A draft with the same text. What staff edited stays theirs in the copy, too.
fn copy(
    first: &newsletter::Model,
    slug: String,
    news_release: bool,
    now: i64,
) -> newsletter::ActiveModel {
    newsletter::ActiveModel {
        topic_id: Set(first.topic_id),
        release_id: Set(first.release_id),
        subject: Set(first.subject.clone()),
        slug: Set(slug),
        language: Set(first.language.clone()),
        document: Set(first.document.clone()),
        state: Set(State::Draft),
        automatic: Set(false),
        created_at: Set(now),
        enqueued_to: Set(0),
        total: Set(0),
        edited_at: Set(first.edited_at),
        preview: Set(first.preview.clone()),
        changed: Set(first.changed.clone()),
        intro: Set(first.intro.clone()),
        audience: Set(Audience::PressList),
        news_release: Set(news_release),
        ..Default::default()
    }
}

fn kind(news_release: bool) -> &'static str {
    if news_release {
        "a news release to the media"
    } else {
        "no news release"
    }
}
