//! Stopping a newsletter, for now or for good, and letting it go on.

use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};

use super::{
    NewsletterState as State, Result, blackout_rules,
    lifecycle::{Move, Step, make, try_make},
    making::decided_releases,
    newsletter_entities::newsletter,
    newsletter_notifications::tell_of_stop,
    version_handover::hand_over_readers,
};
use crate::{
    app::App,
    audit::{self, GAZETTE},
    clock::{HOUR, Timestamp},
    db::{WriteTransaction, execute, sql_value, sql_values},
    delivery_withdrawal::withdraw_newsletter,
    office::Office,
    releases, values,
};

/// Stops sending; what is on the wire is finished and recorded.
pub async fn pause(app: &App, id: i64, by: &str) -> Result<()> {
    let transaction = app.db.begin().await?;
    let now = app.clock.now_ms();
    // One that would go on by itself stays.
    let set = newsletter::ActiveModel {
        resumes_at: Set(None),
        ..Default::default()
    };
    let stays = Step::new(now, by)
        .set(set)
        .only(newsletter::Column::ResumesAt.is_not_null());
    if !try_make(&transaction, id, Move::StayPaused, stays).await? {
        make(&transaction, id, Move::Pause, Step::new(now, by)).await?;
    }
    Ok(transaction.commit().await?)
}

/// Goes on with one that was paused. Its hours until the deadline begin anew: whoever resumes it
/// wants it sent, however long it stood.
pub async fn resume(app: &App, id: i64, by: &str) -> Result<()> {
    let office = Office::load(&app.db).await?;
    blackout_rules::admit(app, &office, id, app.clock.now()).await?;
    let now = app.clock.now_ms();
    let transaction = app.db.begin().await?;
    let hours: Option<Option<i32>> = deadline_hours(&transaction, id).await?;
    let set = newsletter::ActiveModel {
        attention: Set(None),
        resumes_at: Set(None),
        deadline_at: Set(Some(deadline(now, hours.flatten(), &office))),
        ..Default::default()
    };
    make(&transaction, id, Move::Resume, Step::new(now, by).set(set)).await?;
    transaction.commit().await?;
    app.wake_delivery().await;
    Ok(())
}

async fn deadline_hours(transaction: &WriteTransaction, id: i64) -> Result<Option<Option<i32>>> {
    Ok(newsletter::Entity::find_by_id(id)
        .select_only()
        .column(newsletter::Column::DeadlineHours)
        .into_tuple()
        .one(transaction)
        .await?)
}

/// After what instant nothing is tried again, for one that begins or goes on at `now` with hours of its
/// own, or with the office's.
pub(super) fn deadline(now: i64, own_hours: Option<i32>, office: &Office) -> i64 {
    let hours = own_hours.map_or(i64::from(office.deadline_hours), i64::from);
    now + hours * HOUR
}

/// Stops for good: what is not on the wire is withdrawn, in the same transaction.
pub async fn cancel(app: &App, id: i64, by: &str) -> Result<()> {
    let transaction = app.db.begin().await?;
    cancel_in(app, &transaction, id, by).await?;
    transaction.commit().await?;
    // Its readers may get another version.
    app.wake_delivery().await;
    Ok(())
}

pub(super) async fn cancel_in(
    app: &App,
    transaction: &WriteTransaction,
    id: i64,
    by: &str,
) -> Result<()> {
    let now = app.clock.now_ms();
    let set = newsletter::ActiveModel {
        finished_at: Set(Some(now)),
        auto_approve: Set(None),
        ..Default::default()
    };
    make(transaction, id, Move::Cancel, Step::new(now, by).set(set)).await?;
    withdraw_newsletter(transaction, id, now).await?;
    hand_over_readers(transaction, id, now).await?;
    for release in decided_releases(transaction, id).await? {
        releases::refuse(app, transaction, release).await?;
    }
    Ok(())
}

/// Pauses one that cannot go on, with the reason for staff.
pub async fn stop_for(app: &App, id: i64, reason: &str) -> Result<()> {
    stop_until(app, id, reason, None).await
}

/// The same where it may be known from when on it could go on: then it does so by itself, if the
/// office allows that ([`resume_due`](super::resume_due)).
pub async fn stop_until(
    app: &App,
    id: i64,
    reason: &str,
    resumes_at: Option<Timestamp>,
) -> Result<()> {
    let office = Office::load(&app.db).await?;
    let transaction = app.db.begin().await?;
    let set = newsletter::ActiveModel {
        attention: Set(Some(reason.to_owned())),
        resumes_at: Set(resumes_at.map(Timestamp::as_millisecond)),
        ..Default::default()
    };
    let step = Step::new(app.clock.now_ms(), GAZETTE)
        .details(reason)
        .set(set);
    if try_make(&transaction, id, Move::Stop, step).await? {
        let why = reason.to_owned();
        transaction.once_committed(move || {
            tracing::warn!(newsletter.id = id, reason = why, "newsletter paused");
        });
        let outlook = resumes_at.map(|at| outlook(at, &office));
        let told = [reason, outlook.as_deref().unwrap_or_default()].join(" ");
        tell_of_stop(&transaction, id, app.clock.now_ms(), told.trim_end()).await?;
    }
    Ok(transaction.commit().await?)
}

/// Whether the newsletter was paused before for a reason that has these words.
///
/// # Errors
/// The database failed.
pub async fn was_stopped_with(app: &App, id: i64, words: &str) -> Result<bool> {
    let about = audit::Filter {
        object: Some(format!("newsletter/{id}")),
        ..audit::Filter::default()
    };
    // One that goes out has some dozen lines in the log.
    let lines = audit::search(&app.db, &about, 200).await?;
    Ok(lines.iter().any(|line| line.details.contains(words)))
}

/// For staff: when one that was paused until `at` goes on by itself, or why it does not.
pub(super) fn outlook(at: Timestamp, office: &Office) -> String {
    let at = at
        .to_zoned_datetime(office.time_zone.clone())
        .strftime("%Y-%m-%d %H:%M %Z");
    if office.resume_after_quota {
        format!("It goes on by itself at {at}; to keep it from that, pause it.")
    } else {
        format!(
            "The limit should be free again at {at}. It waits for you to resume it; the office setting `resume-after-quota` would let such newsletters go on by themselves."
        )
    }
}

/// After a backup was restored: whatever would go out, or go on, waits for a person. The number, the
/// subject and the former state of each.
pub async fn hold_restored(app: &App, by: &str) -> Result<Vec<(i64, String, State)>> {
    let why = "It was restored from a backup, and may have gone out since. Look before it goes on.";
    let attention = newsletter::ActiveModel {
        attention: Set(Some(why.to_owned())),
        auto_approve: Set(None),
        ..Default::default()
    };
    let now = app.clock.now_ms();
    let transaction = app.db.begin().await?;
    let auto_approved = Condition::all()
        .add(newsletter::Column::State.eq(State::Draft))
        .add(newsletter::Column::AutoApprove.is_not_null());
    let held = newsletter::Entity::find()
        .filter(
            Condition::any()
                .add(newsletter::Column::State.is_in([State::Approved, State::Sending]))
                .add(auto_approved),
        )
        .order_by_asc(newsletter::Column::Id)
        .all(&transaction)
        .await?;
    for row in &held {
        match row.state {
            State::Sending => {
                let step = Step::new(now, by).details(why).set(attention.clone());
                make(&transaction, row.id, Move::Pause, step).await?;
            }
            State::Approved => reopen(&transaction, now, row.id, why).await?,
            _ => {
                newsletter::Entity::update_many()
                    .set(attention.clone())
                    .filter(newsletter::Column::Id.eq(row.id))
                    .exec(&transaction)
                    .await?;
            }
        }
    }
    transaction.commit().await?;
    Ok(held
        .into_iter()
        .map(|row| (row.id, row.subject, row.state))
        .collect())
}

/// Shows what keeps the newsletters from going out, or with `None` that nothing does any more.
///
/// # Errors
/// [`sea_orm::DbErr`] where the database fails.
pub async fn mark_trouble(
    app: &App,
    reason: Option<&str>,
) -> std::result::Result<(), sea_orm::DbErr> {
    // newsletter_active
    let sql = format!(
        "UPDATE newsletter SET attention = $1 WHERE state IN ({}) AND state = {}",
        sql_values(&UNDER_WAY),
        sql_value(&State::Sending)
    );
    execute(&app.db.writer(), &sql, values![reason.map(str::to_owned)]).await?;
    Ok(())
}

/// The states of the partial index `newsletter_active`.
pub(super) const UNDER_WAY: [State; 3] = [State::Approved, State::Sending, State::Paused];

/// Cancels what has not begun because of what the office did with its release.
pub(super) async fn cancel_unsent(
    transaction: &WriteTransaction,
    now: i64,
    id: i64,
    why: &str,
) -> Result<()> {
    let set = newsletter::ActiveModel {
        finished_at: Set(Some(now)),
        attention: Set(Some(why.to_owned())),
        auto_approve: Set(None),
        ..Default::default()
    };
    let step = Step::new(now, GAZETTE).details(why).set(set);
    if try_make(transaction, id, Move::CancelUnsent, step).await? {
        hand_over_readers(transaction, id, now).await?;
    }
    Ok(())
}

/// What was decided was decided about something else: a person decides again.
pub(super) async fn reopen(
    transaction: &WriteTransaction,
    now: i64,
    id: i64,
    why: &str,
) -> Result<()> {
    let set = newsletter::ActiveModel {
        attention: Set(Some(why.to_owned())),
        approved_at: Set(None),
        approved_by: Set(None),
        scheduled_at: Set(None),
        automatic: Set(false),
        waits: Set(false),
        auto_approve: Set(None),
        blackout_to: Set(None),
        ..Default::default()
    };
    let step = Step::new(now, GAZETTE).details(why).set(set);
    try_make(transaction, id, Move::Reopen, step).await?;
    Ok(())
}
