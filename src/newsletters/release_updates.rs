//! Release events: newsletters hear what happened to their releases, the events of the releases' room, in their order,
//! each once ([`super::release_event_cursor`]), each with what its kind means ([`super::event_effects`]).

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use super::{
    Result,
    draft::draft_first,
    event_effects::{AffectedNewsletter, ContentKind, Update, apply},
    newsletter_entities::{newsletter_release, release_event_cursor::Model as Position},
    release_event_cursor::{advance, fail, next, position},
    text_revisions::hold,
    topic_reassignment::follow_categories,
};
use crate::{
    app::App,
    db::WriteTransaction,
    office::Office,
    releases::{
        events::{ReleaseEvent, ReleaseEventKind, event},
        notify_staff_of, release_text,
    },
};

/// What came of the events that were read.
#[derive(Debug, Default)]
pub(super) struct Followed {
    /// How many were applied.
    pub events: u64,
    /// The newsletters that were made.
    pub drafted: Vec<i64>,
}

/// Tells the newsletters what happened to their releases, event by event; how many events that were.
pub async fn follow_changes(app: &App) -> Result<u64> {
    Ok(follow_all(app).await?.events)
}

/// The same, with the newsletters that came of it.
pub(super) async fn follow_all(app: &App) -> Result<Followed> {
    let mut followed = Followed::default();
    let mut office: Option<Office> = None;
    loop {
        let at = position(app.db.pool()).await?;
        let Some(next) = next(app, &at).await? else {
            break;
        };
        let known = match office.take() {
            Some(office) => office,
            None => Office::load(&app.db).await?,
        };
        match follow(app, &known, &at, next.id).await {
            Ok(Some(drafted)) => {
                followed.events += 1;
                followed.drafted.extend(drafted);
            }
            Ok(None) => {}
            Err(error) => {
                if !fail(app, &at, &next, &error).await? {
                    break;
                }
            }
        }
        office = Some(known);
    }
    if !followed.drafted.is_empty() {
        app.scheduler_wakeup.notify_one();
    }
    Ok(followed)
}

/// Applies one event, with the step of the cursor; the newsletters that were made of it. `None`: somebody
/// else has done it.
async fn follow(app: &App, office: &Office, at: &Position, id: i64) -> Result<Option<Vec<i64>>> {
    let transaction = app.db.begin().await?;
    if !advance(&transaction, at, id).await? {
        return Ok(None);
    }
    let event = event(&transaction, id).await?;
    let drafted = apply_event(app, &transaction, office, &event).await?;
    transaction.commit().await?;
    Ok(Some(drafted))
}

/// Applies the news that a release says something else, whatever the cursor stands at.
#[cfg(test)]
pub(super) async fn follow_release(app: &App, release: i64) -> Result<()> {
    let office = Office::load(&app.db).await?;
    let event = ReleaseEvent {
        id: 0,
        release_id: release,
        at: 0,
        kind: ReleaseEventKind::Revised,
        revision: Some(2),
        reason: None,
        was_final: true,
    };
    let transaction = app.db.begin().await?;
    apply_event(app, &transaction, &office, &event).await?;
    Ok(transaction.commit().await?)
}

/// One event to all newsletters that its release stands in; those that are made of it.
async fn apply_event(
    app: &App,
    transaction: &WriteTransaction,
    office: &Office,
    event: &ReleaseEvent,
) -> Result<Vec<i64>> {
    if event.kind == ReleaseEventKind::ReadyToDraft {
        return draft_first(app, transaction, office, event.release_id).await;
    }
    let text = release_text(transaction, event.release_id).await?;
    let update = Update {
        app,
        transaction,
        office,
        event,
        text: text.as_ref(),
        now: app.clock.now_ms(),
    };
    let mut news: Option<String> = None;
    for affected in affected(transaction, event.release_id).await? {
        let told = apply(&update, &affected).await?;
        news = news.or(told);
    }
    if let (ReleaseEventKind::Recategorised | ReleaseEventKind::Revised, Some(text)) =
        (event.kind, &text)
        && let Some(source) = text.source
    {
        follow_categories(app, transaction, event.release_id, source, &text.categories).await?;
    }
    if let Some(news) = news {
        notify_staff_of(transaction, event.release_id, &news).await?;
    }
    Ok(Vec::new())
}

/// The newsletters that the release stands in, held: nobody approves one, and none begins, between the
/// look at it and what follows.
async fn affected(transaction: &WriteTransaction, release: i64) -> Result<Vec<AffectedNewsletter>> {
    let mut affected: Vec<AffectedNewsletter> = Vec::new();
    loop {
        // newsletter_release_of
        let parts = newsletter_release::Entity::find()
            .filter(newsletter_release::Column::ReleaseId.eq(release))
            .order_by_asc(newsletter_release::Column::NewsletterId)
            .all(transaction)
            .await?;
        let known = |part: &newsletter_release::Model| {
            affected
                .iter()
                .any(|made| made.row.id == part.newsletter_id)
        };
        let Some(part) = parts.into_iter().find(|part| !known(part)) else {
            return Ok(affected);
        };
        // Whoever copies a newsletter holds it, too: while this waited, a copy may have come.
        let row = hold(transaction, part.newsletter_id).await?;
        affected.push(AffectedNewsletter {
            content: match (row.release_id, row.corrects) {
                (None, _) => ContentKind::Digest,
                (Some(_), Some(_)) => ContentKind::Correction,
                (Some(_), None) => ContentKind::Single,
            },
            revision: said(transaction, &part).await?,
            row,
        });
    }
}

/// The revision of the release that a newsletter says, once it is held.
async fn said(transaction: &WriteTransaction, part: &newsletter_release::Model) -> Result<i32> {
    let key = (part.newsletter_id, part.release_id);
    let now = newsletter_release::Entity::find_by_id(key)
        .one(transaction)
        .await?;
    Ok(now.map_or(part.revision, |now| now.revision))
}
