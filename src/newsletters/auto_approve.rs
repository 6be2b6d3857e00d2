//! Automatic approval: drafts that are approved without a person when their release is final: because the source's policy
//! is `auto`, or because a person let a held release go. Until then they stand there to be looked
//! at, and whoever edits or approves one takes it over.

use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, EntityTrait, QueryFilter, sea_query::Expr,
};

use super::{
    Newsletter, NewsletterError, NewsletterState as State, Result, checks,
    each_row::Failures,
    lifecycle::{Move, Step, record, try_make},
    making::BY_POLICY,
    newsletter_entities::newsletter::{self, Column},
    newsletter_notifications::notify_staff,
    sending_start::sql_is_final,
    store::find,
    text_revisions::{TextMark, hold},
};
use crate::{
    app::App,
    audit::{Action, GAZETTE},
    db::{scalars, sql_value},
    office::Office,
    releases::{self, Policy},
};

/// Approves the drafts whose releases are final now. What a check stops waits for a person after
/// all (C5), and so does everything once the source's policy is another.
pub(super) async fn approve_final(app: &App) -> Result<()> {
    // newsletter_auto_approve; nearly always empty
    let sql = format!(
        "SELECT id FROM newsletter WHERE auto_approve IS NOT NULL AND state = {} AND release_id IS NOT NULL AND {}
         ORDER BY id",
        sql_value(&State::Draft),
        sql_is_final()
    );
    let waiting: Vec<i64> = scalars(app.db.pool(), &sql, []).await?;
    if waiting.is_empty() {
        return Ok(());
    }
    let complete = Office::load(&app.db).await?.complete;
    let mut failures = Failures::default();
    for id in waiting {
        let decided = decide(app, id, complete).await;
        failures.note("approve a newsletter", id, decided);
    }
    app.scheduler_wakeup.notify_one();
    failures.end()
}

async fn decide(app: &App, id: i64, complete: bool) -> Result<()> {
    let newsletter = find(app, id).await?;
    let (Some(release), Some(on_word_of)) = (newsletter.release_id, &newsletter.auto_approve)
    else {
        return Ok(());
    };
    let Some(text) = releases::release_text(app.db.pool(), release).await? else {
        return Ok(());
    };
    if !text.settled {
        return Ok(());
    }
    if text.policy != Some(Policy::Auto) || !complete {
        return leave(app, id, None).await;
    }
    match what_stops(app, id).await? {
        Some(why) => leave(app, id, Some(why)).await,
        None => approve(app, &newsletter, on_word_of).await,
    }
}

/// What somebody would have to say that they saw before they approve it, as the reason for not
/// letting it go out by itself (C5).
pub(super) async fn what_stops(app: &App, id: i64) -> Result<Option<String>> {
    match checks::what_blocks(app, id).await {
        Err(error @ NewsletterError::Db(_)) => Err(error),
        // What cannot even be composed is nothing to be sent unseen.
        Err(error) => Ok(Some(format!("It cannot be sent as it is: {error}."))),
        blocks => blocks,
    }
}

/// A person decides about it now.
async fn leave(app: &App, id: i64, why: Option<String>) -> Result<()> {
    tracing::info!(newsletter.id = id, why, "a draft waits for a person");
    let transaction = app.db.begin().await?;
    let mut set = newsletter::ActiveModel {
        auto_approve: Set(None),
        ..Default::default()
    };
    if let Some(why) = &why {
        notify_staff(&transaction, id, why, app.clock.now_ms()).await?;
        set.attention = Set(Some(why.clone()));
    }
    newsletter::Entity::update_many()
        .set(set)
        .filter(Column::Id.eq(id))
        .filter(Column::State.eq(State::Draft))
        .exec(&transaction)
        .await?;
    let (now, action) = (app.clock.now_ms(), Action::NewsletterAutoApproveOff);
    let details = why.as_deref().unwrap_or_default();
    record(&transaction, now, GAZETTE, action, id, details).await?;
    Ok(transaction.commit().await?)
}

/// Approves the text that the checks have seen: not if somebody, or the office, has changed it since.
async fn approve(app: &App, checked: &Newsletter, on_word_of: &str) -> Result<()> {
    // H12: a person who let it go has looked at it. Nobody said "now", so it waits for the window.
    let automatic = on_word_of == BY_POLICY;
    let transaction = app.db.begin().await?;
    let held = hold(&transaction, checked.id).await?;
    // While it stood there its pictures were measured, if they can be.
    let sizes_by = if automatic && held.checked_at.is_none() {
        checks::measured_by(app, &checked.document)
    } else {
        None
    };
    let now = app.clock.now_ms();
    let set = newsletter::ActiveModel {
        approved_at: Set(Some(now)),
        approved_by: Set(Some(on_word_of.to_owned())),
        auto_approve: Set(None),
        automatic: Set(automatic),
        waits: Set(true),
        attention: Set(None),
        scheduled_at: Set(sizes_by),
        ..Default::default()
    };
    let only = Condition::all()
        .add(Column::AutoApprove.eq(on_word_of))
        .add(Column::Revision.eq(checked.revision))
        .add(Expr::cust(sql_is_final()));
    let step = Step::new(now, on_word_of)
        .details(TextMark::of(&held).to_string())
        .set(set)
        .only(only);
    if try_make(&transaction, checked.id, Move::AutoApprove, step).await? {
        let (id, by) = (checked.id, on_word_of.to_owned());
        transaction.once_committed(move || {
            tracing::info!(newsletter.id = id, by, "approved without a person");
        });
    }
    Ok(transaction.commit().await?)
}
