//! Approval: a person decides that a newsletter goes out, now or at a time. It is approval of what
//! they saw: they name the revision of the text, and its hash stands in the audit log.

use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, DatabaseTransaction, EntityTrait, PaginatorTrait,
    QueryFilter, sea_query::Expr,
};

use super::{
    NewsletterError, NewsletterState as State, Result, blackout_rules,
    lifecycle::{Move, Step, make},
    making::decided_releases,
    newsletter_entities::newsletter,
    release_event_cursor::sql_knows_all,
    release_updates::follow_changes,
    sending_start::start_due,
    store::find,
    text_revisions::{TextMark, check_revision, hold},
};
use crate::{
    app::App,
    clock::{Timestamp, instant},
    office::Office,
    releases,
};

/// That a newsletter which nobody has sent yet still says what the person saw as revision `seen`.
///
/// # Errors
/// [`NewsletterError::Changed`] where it does not.
pub async fn check_seen(app: &App, id: i64, seen: i32) -> Result<()> {
    let newsletter = find(app, id).await?;
    let waits = matches!(newsletter.state, State::Draft | State::Approved);
    if waits && newsletter.revision != seen {
        return Err(NewsletterError::Changed {
            id,
            seen,
            now: newsletter.revision,
        });
    }
    Ok(())
}

/// Approves a draft of which the person saw revision `seen`: it goes out at `at`, or at once; where
/// its release is not final yet, when it is.
///
/// # Errors
/// [`NewsletterError::Changed`] where it says something else by now;
/// [`NewsletterError::ReleaseNews`] where something happened to its release this very moment;
/// [`NewsletterError::OfficeIncomplete`] while a mail would lack the sender or the postal address
/// (O11); [`NewsletterError::Wrong`] for a time that is past; [`NewsletterError::Blackout`] for
/// a time in a blackout that nobody took note of, or in which it may not go out.
pub async fn approve(app: &App, id: i64, by: &str, at: Option<Timestamp>, seen: i32) -> Result<()> {
    let office = Office::load(&app.db).await?;
    if !office.complete {
        return Err(NewsletterError::OfficeIncomplete);
    }
    let now = app.clock.now_ms();
    let due = at.unwrap_or_else(|| app.clock.now());
    let at = at.map(Timestamp::as_millisecond);
    if at.is_some_and(|at| at < now) {
        return Err(NewsletterError::Wrong(
            "that time is past; choose a later one, or send now".to_owned(),
        ));
    }
    blackout_rules::admit(app, &office, id, due).await?;
    // What has happened to its release is told first, and may be another text.
    follow_changes(app).await?;
    let transaction = app.db.begin().await?;
    let text = text_as_seen(&transaction, id, seen, State::Draft).await?;
    if !knows_all(&transaction, id).await? {
        return Err(NewsletterError::ReleaseNews(id));
    }
    let when = at.map_or_else(|| "now".to_owned(), |at| instant(at).to_string());
    let set = newsletter::ActiveModel {
        approved_at: Set(Some(now)),
        approved_by: Set(Some(by.to_owned())),
        scheduled_at: Set(at),
        automatic: Set(false),
        waits: Set(false),
        attention: Set(None),
        auto_approve: Set(None),
        ..Default::default()
    };
    let step = Step::new(now, by)
        .details(format!("{when}; {text}"))
        .set(set)
        .only(is_revision(seen));
    make(&transaction, id, Move::Approve, step).await?;
    // Whoever approves it has decided about its release too.
    for release in decided_releases(&transaction, id).await? {
        releases::accept(app, &transaction, release).await?;
    }
    transaction.commit().await?;
    if at.is_none() {
        start_due(app).await?;
    }
    app.scheduler_wakeup.notify_one();
    Ok(())
}

/// Sends one at once that was approved for a later time, or that waits for the sending window:
/// who says "now" is not held. They name the revision that they saw, too.
pub async fn send_now(app: &App, id: i64, by: &str, seen: i32) -> Result<()> {
    let office = Office::load(&app.db).await?;
    blackout_rules::admit(app, &office, id, app.clock.now()).await?;
    let transaction = app.db.begin().await?;
    let text = text_as_seen(&transaction, id, seen, State::Approved).await?;
    let set = newsletter::ActiveModel {
        scheduled_at: Set(None),
        waits: Set(false),
        ..Default::default()
    };
    let step = Step::new(app.clock.now_ms(), by)
        .details(text.to_string())
        .set(set)
        .only(is_revision(seen));
    make(&transaction, id, Move::SendNow, step).await?;
    transaction.commit().await?;
    start_due(app).await?;
    Ok(())
}

/// Whether a newsletter knows all that happened to its releases.
async fn knows_all(transaction: &DatabaseTransaction, id: i64) -> Result<bool> {
    let knows = newsletter::Entity::find_by_id(id)
        .filter(Expr::cust(sql_knows_all()))
        .count(transaction)
        .await?;
    Ok(knows > 0)
}

fn is_revision(seen: i32) -> Condition {
    Condition::all().add(newsletter::Column::Revision.eq(seen))
}

/// The text that is decided about, held to the end of the transaction. In another state than `state`
/// the move itself says what is wrong.
async fn text_as_seen(
    transaction: &DatabaseTransaction,
    id: i64,
    seen: i32,
    state: State,
) -> Result<TextMark> {
    let held = hold(transaction, id).await?;
    if held.state == state {
        check_revision(&held, seen)?;
    }
    Ok(TextMark::of(&held))
}
