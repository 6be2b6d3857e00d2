//! The states of a newsletter and who may move it: every change is one conditional UPDATE, so two
//! people (or a person and the clock) cannot both make it.

use sea_orm::{ConnectionTrait, DatabaseTransaction};

use super::{
    NewsletterError, NewsletterState as State, Result, Subject, blackout, find, telling::tell_staff,
};
use crate::{
    app::App,
    audit::{self, Action},
    clock::{HOUR, Timestamp},
    office::Office,
    releases, values,
};

/// Changes the subject of a newsletter that nobody has approved yet.
pub async fn rename(app: &App, id: i64, subject: &str, by: &str) -> Result<()> {
    let subject = Subject::from_title(subject)
        .ok_or_else(|| NewsletterError::Wrong("enter a subject".to_owned()))?;
    let changed = app
        .db
        .execute(
            "UPDATE newsletter SET subject = $2, edited_at = $3, by_itself = NULL WHERE id = $1 AND state = 0",
            values![id, subject.as_str(), app.clock.now_ms()],
        )
        .await?;
    settle(app, id, changed, "only a draft's subject can be changed").await?;
    audit(app, by, Action::NewsletterRename, id, subject.as_str()).await
}

/// Approves a draft: it goes out at `at`, or at once; where its release is not final yet, when it is.
///
/// # Errors
/// [`NewsletterError::OfficeIncomplete`] while a mail would lack the sender or the postal address
/// (O11); [`NewsletterError::Wrong`] for a time that is past; [`NewsletterError::Blackout`] for
/// a time in a blackout that nobody took note of, or in which it may not go out.
pub async fn approve(app: &App, id: i64, by: &str, at: Option<Timestamp>) -> Result<()> {
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
    blackout::admit(app, &office, id, due).await?;
    let transaction = app.db.begin().await?;
    let changed = transaction
        .execute_raw(app.db.statement(
            "UPDATE newsletter SET state = 1, approved_at = $2, approved_by = $3, scheduled_at = $4,
                                   automatic = $5, waits = $5, attention = NULL, by_itself = NULL
             WHERE id = $1 AND state = 0",
            values![id, now, by, at, false],
        ))
        .await?
        .rows_affected();
    if changed > 0 {
        // Whoever approves it has decided about its release too.
        for release in held_releases(app, &transaction, id).await? {
            releases::accept(app, &transaction, release).await?;
        }
    }
    transaction.commit().await?;
    settle(app, id, changed, "only a draft can be approved").await?;
    audit(
        app,
        by,
        Action::NewsletterApprove,
        id,
        &at.map_or_else(
            || "now".to_owned(),
            |at| crate::clock::instant(at).to_string(),
        ),
    )
    .await?;
    if at.is_none() {
        start_due(app).await?;
    }
    app.scheduler_wakeup.notify_one();
    Ok(())
}

/// The held releases of a newsletter that a person decides about.
async fn held_releases(app: &App, transaction: &DatabaseTransaction, id: i64) -> Result<Vec<i64>> {
    let rows = transaction
        .query_all_raw(app.db.statement(
            // newsletter's and newsletter_release's primary keys
            "SELECT r.id FROM release r WHERE r.state = 'held' AND r.id IN
                 (SELECT n.release_id FROM newsletter n WHERE n.id = $1 AND n.corrects IS NULL
                  UNION SELECT x.release_id FROM newsletter_release x JOIN newsletter n ON n.id = x.newsletter_id
                  WHERE x.newsletter_id = $1 AND n.corrects IS NULL)",
            values![id],
        ))
        .await?;
    let ids = rows.iter().map(|row| row.try_get_by_index(0));
    Ok(ids.collect::<std::result::Result<_, _>>()?)
}

/// Sends one at once that was approved for a later time, or that waits for the sending window:
/// who says "now" is not held.
pub async fn send_now(app: &App, id: i64, by: &str) -> Result<()> {
    let office = Office::load(&app.db).await?;
    blackout::admit(app, &office, id, app.clock.now()).await?;
    let changed = app
        .db
        .execute(
            "UPDATE newsletter SET scheduled_at = NULL, waits = $2 WHERE id = $1 AND state = 1",
            values![id, false],
        )
        .await?;
    settle(app, id, changed, "only an approved one waits for its time").await?;
    audit(app, by, Action::NewsletterSendNow, id, "").await?;
    start_due(app).await?;
    Ok(())
}

/// Stops sending; what is on the wire is finished and recorded.
pub async fn pause(app: &App, id: i64, by: &str) -> Result<()> {
    let changed = app
        .db
        .execute(
            "UPDATE newsletter SET state = 3 WHERE id = $1 AND state = 2",
            values![id],
        )
        .await?;
    settle(
        app,
        id,
        changed,
        "only one that is being sent can be paused",
    )
    .await?;
    audit(app, by, Action::NewsletterPause, id, "").await
}

/// Goes on with one that was paused. Its hours until it gives up begin anew: whoever resumes it
/// wants it sent, however long it stood.
pub async fn resume(app: &App, id: i64, by: &str) -> Result<()> {
    let office = Office::load(&app.db).await?;
    blackout::admit(app, &office, id, app.clock.now()).await?;
    let changed = app
        .db
        .execute(
            "UPDATE newsletter SET state = 2, attention = NULL,
                    give_up_at = $2 + coalesce(give_up_hours, $3) * $4
             WHERE id = $1 AND state = 3",
            values![
                id,
                app.clock.now_ms(),
                i64::from(office.give_up_hours),
                HOUR
            ],
        )
        .await?;
    settle(app, id, changed, "only a paused one can be resumed").await?;
    app.wake_delivery().await;
    audit(app, by, Action::NewsletterResume, id, "").await
}

/// Stops for good: what is not on the wire is withdrawn, in the same transaction.
pub async fn cancel(app: &App, id: i64, by: &str) -> Result<()> {
    let now = app.clock.now_ms();
    let transaction = app.db.begin().await?;
    let changed = transaction
        .execute_raw(app.db.statement(
            "UPDATE newsletter SET state = 5, finished_at = $2, by_itself = NULL WHERE id = $1 AND state IN (0, 1, 2, 3)",
            values![id, now],
        ))
        .await?
        .rows_affected();
    for waiting in ["state = 0", "state = 2"] {
        transaction
            .execute_raw(app.db.statement(
                &format!(
                    "UPDATE delivery SET state = 5, at = $2 WHERE newsletter_id = $1 AND {waiting}"
                ),
                values![id, now],
            ))
            .await?;
    }
    if changed > 0 {
        for release in held_releases(app, &transaction, id).await? {
            releases::refuse(app, &transaction, release).await?;
        }
    }
    transaction.commit().await?;
    settle(app, id, changed, "it has ended already").await?;
    audit(app, by, Action::NewsletterCancel, id, "").await
}

/// Its releases are final, and it knows what became of them (F9). By the primary keys of both
/// tables.
const FINAL: &str = "
    NOT EXISTS (SELECT 1 FROM release r WHERE r.id = newsletter.release_id
                AND (r.state = 'settling' OR r.changed_at IS NOT NULL))
    AND NOT EXISTS (SELECT 1 FROM newsletter_release x JOIN release r ON r.id = x.release_id
                    WHERE x.newsletter_id = newsletter.id
                      AND (r.state = 'settling' OR r.changed_at IS NOT NULL))";

/// Begins to send what is approved and due: from here on the delivery room fills the queue. What
/// nobody sends by hand waits for the office's sending window (F10). Safe to call by anyone at any
/// time.
pub async fn start_due(app: &App) -> Result<u64> {
    let now = app.clock.now_ms();
    // newsletter_active. This is asked all the time, and nearly always there is none.
    let sql = format!(
        "SELECT min(state) FROM newsletter WHERE state IN (1, 2, 3)
         AND (state = 2 OR state = 1 AND coalesce(scheduled_at, 0) <= $1 AND {FINAL})"
    );
    let row = app.db.one(&sql, values![now]).await?;
    let state = row.map(|row| row.try_get_by_index::<Option<i16>>(0));
    let Some(state) = state.transpose()?.flatten() else {
        return Ok(0);
    };
    let office = Office::load(&app.db).await?;
    if state == State::Sending as i16 {
        // What is under way may be forbidden by now.
        blackout::hold(app, &office, now).await?;
        return Ok(0);
    }
    let opens = office.window.opens(app.clock.now(), &office.time_zone);
    let open = opens.as_millisecond() <= now;
    if !open {
        let waits = app
            .db
            .execute(
                // newsletter_active
                "UPDATE newsletter SET scheduled_at = $2
                 WHERE state IN (1, 2, 3) AND state = 1 AND waits = $3 AND coalesce(scheduled_at, 0) <= $1",
                values![now, opens.as_millisecond(), true],
            )
            .await?;
        if waits > 0 {
            tracing::info!(newsletters = waits, %opens, "outside the sending window; waiting for it");
        }
    }
    // The conditions once more in the statement: an automatic draft may have come meanwhile.
    let blackout_to = blackout::hold(app, &office, now).await?;
    let started = app
        .db
        .execute(
            &format!(
                "UPDATE newsletter SET state = 2, started_at = $1,
                        give_up_at = $1 + coalesce(give_up_hours, $2) * $5
                 WHERE state IN (1, 2, 3) AND state = 1 AND coalesce(scheduled_at, 0) <= $1
                   AND coalesce(blackout_to, '') >= $3 AND (NOT waits OR $4) AND {FINAL}"
            ),
            values![
                now,
                i64::from(office.give_up_hours),
                blackout_to.unwrap_or_default(),
                open,
                HOUR
            ],
        )
        .await?;
    if started > 0 {
        tracing::info!(newsletters = started, "began to send");
        app.wake_delivery().await;
    }
    Ok(started)
}

/// Pauses one that cannot go on by itself, with the reason for staff.
pub async fn stop_for(app: &App, id: i64, reason: &str) -> Result<()> {
    let stopped = app
        .db
        .execute(
            "UPDATE newsletter SET state = 3, attention = $2 WHERE id = $1 AND state = 2",
            values![id, reason],
        )
        .await?;
    if stopped > 0 {
        tracing::warn!(newsletter.id = id, reason, "newsletter paused");
        tell_staff(&app.db, app.db.pool(), id, reason).await?;
    }
    Ok(())
}

/// Shows what keeps the newsletters from going out, or with `None` that nothing does any more.
pub async fn mark_trouble(
    app: &App,
    reason: Option<&str>,
) -> std::result::Result<(), sea_orm::DbErr> {
    app.db
        .execute(
            "UPDATE newsletter SET attention = $1 WHERE state IN (1, 2, 3) AND state = 2",
            values![reason.map(str::to_owned)],
        )
        .await?;
    Ok(())
}

/// Cancels what has not begun because of what the office did with its release.
pub(super) async fn cancel_because(
    app: &App,
    transaction: &DatabaseTransaction,
    id: i64,
    why: &str,
) -> Result<()> {
    transaction
        .execute_raw(app.db.statement(
            "UPDATE newsletter SET state = 5, finished_at = $2, attention = $3, by_itself = NULL
             WHERE id = $1 AND state IN (0, 1)",
            values![id, app.clock.now_ms(), why],
        ))
        .await?;
    tracing::info!(newsletter.id = id, why, "cancelled");
    Ok(())
}

/// Turns "nothing was changed" into the reason.
pub(super) async fn settle(app: &App, id: i64, changed: u64, why: &'static str) -> Result<()> {
    if changed > 0 {
        return Ok(());
    }
    let state: State = find(app, id).await?.state;
    Err(NewsletterError::State {
        id,
        state: state.as_str(),
        why,
    })
}

/// Writes a line of the audit log about a newsletter.
pub(super) async fn audit(
    app: &App,
    by: &str,
    action: Action,
    id: i64,
    details: &str,
) -> Result<()> {
    tracing::info!(newsletter.id = id, ?action, "newsletter changed");
    let object = format!("newsletter/{id}");
    audit::record(
        app.db.pool(),
        app.clock.now_ms(),
        by,
        action,
        object,
        details,
    )
    .await?;
    Ok(())
}
