//! Beginning to send what is approved and due. From here on the delivery room fills the queue.

use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait,
    sea_query::{Expr, ExprTrait, Func, SelectStatement},
};

use super::{
    NewsletterState as State, Recipients, Result, blackout_rules,
    each_row::Failures,
    lifecycle::{Move, Step, try_make},
    newsletter_entities::newsletter::{self, Column},
    newsletter_notifications::notify_staff,
    release_event_cursor::sql_is_known,
    release_updates::follow_changes,
    stopping::{UNDER_WAY, deadline, reopen},
    summaries::hold_clocks,
    text_revisions::{TextMark, hold},
};
use crate::{
    app::App,
    audit::GAZETTE,
    db::{WriteTransaction, execute, scalar, scalars, sql_value, sql_values},
    delivery_withdrawal::withdraw_newsletter,
    office::Office,
    releases::release_sql::sql_is_settling,
    values,
};

/// SQL text: the releases of the row `newsletter` are final, and it knows what became of them (F9). By
/// the primary keys of both tables.
pub(super) fn sql_is_final() -> String {
    format!(
        "NOT EXISTS (SELECT 1 FROM newsletter_release x WHERE x.newsletter_id = newsletter.id
                     AND ({} OR NOT ({})))",
        sql_is_settling("x.release_id"),
        sql_is_known("x.release_id")
    )
}

/// SQL text: the time of the row `newsletter` has come at `$1`, and its approval cannot be undone any
/// more.
const SQL_IS_DUE: &str = "coalesce(scheduled_at, 0) <= $1 AND coalesce(undo_until, 0) <= $1";

/// SQL text: the row `newsletter` is approved, found by `newsletter_active`.
fn sql_is_approved() -> String {
    format!(
        "state IN ({}) AND state = {}",
        sql_values(&UNDER_WAY),
        sql_value(&State::Approved)
    )
}

/// When what is due may begin.
#[derive(Debug)]
struct Gates {
    now: i64,
    /// The sending window is open.
    open: bool,
    /// The last day of the blackout that `now` lies in; empty outside one.
    blackout_to: String,
}

/// Begins to send what is approved and due. What nobody sends by hand waits for the office's sending
/// window (F10). Safe to call by anyone at any time. How many began.
pub async fn start_due(app: &App) -> Result<u64> {
    // Read once: a window that is open opens at this very instant.
    let instant = app.clock.now();
    let now = instant.as_millisecond();
    let (approved, sending) = (sql_is_approved(), sql_value(&State::Sending));
    // newsletter_active. What is due hears first what became of its releases.
    let due = format!("SELECT id FROM newsletter WHERE {approved} AND {SQL_IS_DUE} LIMIT 1");
    if scalar::<i64>(app.db.pool(), &due, values![now])
        .await?
        .is_some()
    {
        follow_changes(app).await?;
    }
    // newsletter_active. This is asked all the time, and nearly always there is none.
    let sql = format!(
        "SELECT min(state) FROM newsletter WHERE state IN ({})
         AND (state = {sending} OR {approved} AND {SQL_IS_DUE} AND {})",
        sql_values(&UNDER_WAY),
        sql_is_final()
    );
    let Some(state) = scalar::<State>(app.db.pool(), &sql, values![now]).await? else {
        return Ok(0);
    };
    let office = Office::load(&app.db).await?;
    if state == State::Sending {
        // What is under way may be forbidden by now.
        blackout_rules::hold_back(app, &office, now).await?;
        return Ok(0);
    }
    let opens = office.window.opens(instant, &office.time_zone);
    let open = opens <= instant;
    if !open {
        let sql = format!(
            "UPDATE newsletter SET scheduled_at = $2 WHERE {approved} AND waits = $3 AND coalesce(scheduled_at, 0) <= $1"
        );
        let values = values![now, opens.as_millisecond(), true];
        let waits = execute(&app.db.writer(), &sql, values).await?;
        if waits > 0 {
            tracing::info!(newsletters = waits, %opens, "outside the sending window; waiting for it");
        }
    }
    let blackout_to = blackout_rules::hold_back(app, &office, now).await?;
    let gates = Gates {
        now,
        open,
        blackout_to: blackout_to.unwrap_or_default(),
    };
    let sql = format!("SELECT id FROM newsletter WHERE {approved} AND {SQL_IS_DUE} ORDER BY id");
    let mut started = 0;
    let mut failures = Failures::default();
    for id in scalars::<i64>(app.db.pool(), &sql, values![now]).await? {
        let one = start_one(app, &office, id, &gates).await;
        let one = failures.note("begin to send a newsletter", id, one);
        started += u64::from(one == Some(true));
    }
    if started > 0 {
        tracing::info!(newsletters = started, "began to send");
        app.wake_delivery().await;
    }
    failures.end()?;
    Ok(started)
}

async fn start_one(app: &App, office: &Office, id: i64, gates: &Gates) -> Result<bool> {
    let transaction = app.db.begin().await?;
    let started = start(&transaction, office, id, gates).await?;
    transaction.commit().await?;
    Ok(started)
}

/// All conditions stand in the statement that begins it: what was looked at before may have changed.
async fn start(
    transaction: &WriteTransaction,
    office: &Office,
    id: i64,
    gates: &Gates,
) -> Result<bool> {
    let held = hold(transaction, id).await?;
    if !hold_clocks(transaction, gates.now).await? {
        return Ok(false);
    }
    let scheduled = Func::coalesce([Expr::col(Column::ScheduledAt), Expr::value(0)]);
    let undo = Func::coalesce([Expr::col(Column::UndoUntil), Expr::value(0)]);
    let noted = Func::coalesce([Expr::col(Column::BlackoutTo), Expr::value("")]);
    let mut only = Condition::all()
        .add(Expr::expr(scheduled).lte(gates.now))
        .add(Expr::expr(undo).lte(gates.now))
        .add(Expr::expr(noted).gte(gates.blackout_to.as_str()))
        .add(Expr::cust(sql_is_final()))
        .add(Expr::cust(sql_reaches_somebody(&held, gates.now)))
        .add(Column::Revision.eq(held.revision));
    if let Some(first) = held.corrects {
        only = only.add(Column::Corrects.not_in_subquery(digest_on_its_way(first)));
    }
    if !gates.open {
        only = only.add(Column::Waits.eq(false));
    }
    let set = newsletter::ActiveModel {
        started_at: Set(Some(gates.now)),
        deadline_at: Set(Some(deadline(gates.now, held.deadline_hours, office))),
        ..Default::default()
    };
    let step = Step::new(gates.now, GAZETTE)
        .details(TextMark::of(&held).to_string())
        .set(set)
        .only(only);
    if !try_make(transaction, id, Move::Start, step).await? {
        hold_if_nobody(transaction, &held, gates.now).await?;
        return Ok(false);
    }
    if let Some(first) = held.corrects {
        for older in superseded_by_correction(transaction, first, &held).await? {
            take_over(transaction, older, id, gates.now).await?;
        }
    }
    Ok(true)
}

/// The newsletter `first`, if it brings several releases and has not ended. A correction of one of them takes
/// nobody over from it, who would never get the others; it begins when everybody has what it corrects.
fn digest_on_its_way(first: i64) -> SelectStatement {
    newsletter::Entity::find_by_id(first)
        .select_only()
        .column(Column::Id)
        .filter(Column::ReleaseId.is_null())
        .filter(Column::State.is_in([State::Sending, State::Paused]))
        .into_query()
}

/// SQL text: somebody would get the row `newsletter`, which is `held`, if its sending began at `now`.
fn sql_reaches_somebody(held: &newsletter::Model, now: i64) -> String {
    Recipients::of(held).sql_reaches_somebody("newsletter.topic_id", &now.to_string())
}

/// What nobody would get is not sent to nobody, which would look as if it had been sent: a person decides
/// again, as between approval and now everybody has left, or has got the same content otherwise.
async fn hold_if_nobody(
    transaction: &WriteTransaction,
    held: &newsletter::Model,
    now: i64,
) -> Result<()> {
    let scheduled = Func::coalesce([Expr::col(Column::ScheduledAt), Expr::value(0)]);
    let undo = Func::coalesce([Expr::col(Column::UndoUntil), Expr::value(0)]);
    let is_for_nobody = newsletter::Entity::find_by_id(held.id)
        .filter(Column::State.eq(State::Approved))
        .filter(Expr::expr(scheduled).lte(now))
        .filter(Expr::expr(undo).lte(now))
        .filter(Expr::cust(sql_is_final()))
        .filter(Expr::cust(format!(
            "NOT {}",
            sql_reaches_somebody(held, now)
        )))
        .count(transaction)
        .await?
        > 0;
    if is_for_nobody {
        let why = "Nobody would get it any more: there is no confirmed subscriber whom it is for, or all of them have got this release already. It was not sent.";
        reopen(transaction, now, held.id, why).await?;
        notify_staff(transaction, held.id, why, now).await?;
    }
    Ok(())
}

/// Begins one as if its gates were open.
#[cfg(test)]
pub(super) async fn start_alone(app: &App, id: i64) -> Result<bool> {
    let office = Office::load(&app.db).await?;
    let gates = Gates {
        now: app.clock.now_ms(),
        open: true,
        blackout_to: String::new(),
    };
    start_one(app, &office, id, &gates).await
}

/// What a correction supersedes: the newsletter that it corrects, and an older correction of the same release in it.
async fn superseded_by_correction(
    transaction: &WriteTransaction,
    first: i64,
    correction: &newsletter::Model,
) -> Result<Vec<i64>> {
    let mut superseded = vec![first];
    // newsletter_correction
    let older: Vec<i64> = newsletter::Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::Corrects.eq(first))
        .filter(Column::ReleaseId.eq(correction.release_id))
        .filter(Column::Id.lt(correction.id))
        .filter(Column::State.is_in([State::Sending, State::Paused]))
        .order_by_asc(Column::Id)
        .into_tuple()
        .all(transaction)
        .await?;
    superseded.extend(older);
    Ok(superseded)
}

/// Whom the first newsletter has not reached when its correction begins gets the correction instead:
/// what waits in the first one's queue is withdrawn, and the rest of its list is not queued any more.
async fn take_over(
    transaction: &WriteTransaction,
    first: i64,
    correction: i64,
    now: i64,
) -> Result<()> {
    let held = hold(transaction, first).await?;
    let set = newsletter::ActiveModel {
        superseded_by: Set(Some(correction)),
        enqueued_at: Set(held.enqueued_at.or(Some(now))),
        attention: Set(None),
        ..Default::default()
    };
    let step = Step::new(now, GAZETTE)
        .details(format!("by newsletter/{correction}"))
        .set(set)
        .only(Condition::all().add(Column::SupersededBy.is_null()));
    if try_make(transaction, first, Move::Supersede, step).await? {
        withdraw_newsletter(transaction, first, now).await?;
    }
    Ok(())
}
