//! A newsletter to the press list is made from one that there is: the same text for the other
//! audience, approved by itself.

use sea_orm::DbErr;

use super::{
    Audience, Newsletter, NewsletterError, NewsletterState, Result, find, lifecycle::audit,
};
use crate::{app::App, audit::Action, values};

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
    if model.state == NewsletterState::Cancelled {
        return Err(NewsletterError::State {
            id,
            state: model.state.as_str(),
            why: "what was taken back does not go to the press list either",
        });
    }
    if model.settles_at.is_some() {
        return Err(NewsletterError::Wrong(
            "the office may still change this release; make the one for the press list when it is final"
                .to_owned(),
        ));
    }
    for number in 1_u32.. {
        // By the slug's unique index: one at a time for each newsletter, whoever presses the button
        // how often; another one only where the last was cancelled.
        let slug = match number {
            1 => format!("{}-press-list", model.slug),
            _ => format!("{}-press-list-{number}", model.slug),
        };
        if let Some(made) = insert(app, id, &slug, news_release).await? {
            let kind = kind(news_release);
            audit(
                app,
                by,
                Action::NewsletterForPress,
                made,
                &format!("from newsletter/{id}, {kind}"),
            )
            .await?;
            return Ok(made);
        }
        let there = by_slug(app, &slug).await?;
        if there.state == NewsletterState::Cancelled {
            continue;
        }
        if there.news_release != news_release {
            return Err(NewsletterError::Wrong(format!(
                "newsletter {} is this text for the press list already, as {}; cancel it to make another",
                there.id,
                kind(there.news_release)
            )));
        }
        return Ok(there.id);
    }
    Err(NewsletterError::Wrong(
        "no free place in the archive".to_owned(),
    ))
}

fn kind(news_release: bool) -> &'static str {
    if news_release {
        "a news release to the media"
    } else {
        "no news release"
    }
}

async fn insert(app: &App, id: i64, slug: &str, news_release: bool) -> Result<Option<i64>> {
    let made = app
        .db
        .one(
            "INSERT INTO newsletter (topic_id, release_id, subject, slug, language, document, state, automatic,
                                     created_at, enqueued_to, total, audience, news_release)
             SELECT topic_id, release_id, subject, $2, language, document, 0, $3, $4, 0, 0, 1, $5
             FROM newsletter WHERE id = $1
             ON CONFLICT (slug) DO NOTHING RETURNING id",
            values![id, slug, false, app.clock.now_ms(), news_release],
        )
        .await?;
    Ok(made.map(|row| row.try_get_by_index(0)).transpose()?)
}

async fn by_slug(app: &App, slug: &str) -> Result<Newsletter> {
    let row = app
        .db
        .one("SELECT id FROM newsletter WHERE slug = $1", values![slug])
        .await?
        .ok_or_else(|| DbErr::Custom("the database gave no id for the newsletter".to_owned()))?;
    find(app, row.try_get_by_index(0)?).await
}
