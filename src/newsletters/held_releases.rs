//! What a person decides about a held release, and what that means for its newsletter.

use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::{
    Audience, NewsletterState as State, Result, auto_approve::what_stops, due_drafts::draft_ready,
    newsletter_entities::newsletter, release_updates::follow_changes, sending_start::start_due,
    stopping::cancel,
};
use crate::{
    app::App,
    office::Office,
    releases::{self, Policy},
};

/// Lets a held release go on as its source's policy says: a draft still waits for approval, a
/// digest takes it in, and where releases go out by themselves this one does when it is final,
/// inside the office's sending window, unless a check stops it (C5).
pub async fn release_held(app: &App, release: i64, by: &str) -> Result<()> {
    // What held it is told before it goes on.
    follow_changes(app).await?;
    releases::release(app, release, by).await?;
    draft_ready(app).await?;
    let complete = Office::load(&app.db).await?.complete;
    let text = releases::release_text(app.db.pool(), release).await?;
    let policy = text.and_then(|text| text.policy);
    let alone = complete && policy == Some(Policy::Auto);
    // newsletter_of_release. The press list's copy is approved by itself.
    let drafts: Vec<i64> = newsletter::Entity::find()
        .select_only()
        .column(newsletter::Column::Id)
        .filter(newsletter::Column::ReleaseId.eq(release))
        .filter(newsletter::Column::State.eq(State::Draft))
        .filter(newsletter::Column::Corrects.is_null())
        .filter(newsletter::Column::Audience.eq(Audience::Subscribers))
        .order_by_asc(newsletter::Column::Id)
        .into_tuple()
        .all(app.db.pool())
        .await?;
    for id in drafts {
        let stops = if alone {
            what_stops(app, id).await?
        } else {
            None
        };
        // A person has looked at the text, so it goes out on their word.
        let on_word_of = (alone && stops.is_none()).then(|| by.to_owned());
        let set = newsletter::ActiveModel {
            attention: Set(stops),
            auto_approve: Set(on_word_of),
            ..Default::default()
        };
        newsletter::Entity::update_many()
            .set(set)
            .filter(newsletter::Column::Id.eq(id))
            .filter(newsletter::Column::State.eq(State::Draft))
            .exec(&app.db.writer())
            .await?;
    }
    start_due(app).await?;
    Ok(())
}

/// Takes a held release out, with the draft that was made of it.
pub async fn drop_held(app: &App, release: i64, by: &str) -> Result<()> {
    follow_changes(app).await?;
    releases::drop_held(app, release, by).await?;
    // newsletter_of_release
    let drafts: Vec<i64> = newsletter::Entity::find()
        .select_only()
        .column(newsletter::Column::Id)
        .filter(newsletter::Column::ReleaseId.eq(release))
        .filter(newsletter::Column::State.eq(State::Draft))
        .into_tuple()
        .all(app.db.pool())
        .await?;
    for draft in drafts {
        cancel(app, draft, by).await?;
    }
    Ok(())
}
