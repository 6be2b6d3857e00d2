//! The clock: what runs when. Every `serve` has one; a lease in the database lets one of them act.

use std::time::Duration;

use sea_orm::DbErr;
use tokio::task::JoinSet;

use crate::{
    app::App,
    clock::{HOUR, SECOND},
    delivery, newsletters, releases,
    secret::random_label,
    staff, subscribers, values,
};

/// How long the lease holds where its holder says nothing.
const LEASE: i64 = 30 * SECOND;

/// A lease that ends later than this was taken before the clock was set back; its holder, were it
/// alive, would have renewed it since.
const AHEAD: i64 = 10 * LEASE;

/// How often it looks where nobody rings.
const LOOK: Duration = Duration::from_secs(1);

/// Runs until the process is asked to stop; what is under way is finished.
pub async fn run(app: App) {
    let Ok(holder) = random_label() else {
        tracing::error!("the scheduler has no random name and cannot run");
        return;
    };
    let mut rounds = JoinSet::new();
    let mut swept_at = 0;
    while !app.shutdown.is_cancelled() {
        match hold(&app, &holder).await {
            Ok(true) => {
                // A source that answers slowly holds up no other work: one poll round at a time,
                // beside everything else.
                while rounds.try_join_next().is_some() {}
                if rounds.is_empty() {
                    let app = app.clone();
                    rounds.spawn(async move { poll(&app).await });
                }
                answer(&app).await;
                advance(&app).await;
                // Also when the clock was set back.
                if (app.clock.now_ms() - swept_at).abs() >= HOUR {
                    swept_at = app.clock.now_ms();
                    sweep(&app).await;
                }
            }
            Ok(false) => {}
            Err(error) => {
                tracing::error!(%error, "the scheduler cannot reach the database; trying again");
            }
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            () = app.schedule_bell.notified() => {}
            () = app.shutdown.cancelled() => {}
        }
    }
    rounds.shutdown().await;
    if let Err(error) = app
        .db
        .execute(
            "DELETE FROM lease WHERE name = 'scheduler' AND holder = $1",
            values![holder],
        )
        .await
    {
        tracing::warn!(%error, "the scheduler's lease could not be returned; it ends by itself");
    }
}

/// Takes or renews the lease; whether it is ours.
async fn hold(app: &App, holder: &str) -> Result<bool, DbErr> {
    let now = app.clock.now_ms();
    let taken = app
        .db
        .execute(
            "INSERT INTO lease (name, holder, lease_ends) VALUES ('scheduler', $1, $2)
             ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, lease_ends = excluded.lease_ends
             WHERE lease.holder = excluded.holder OR lease.lease_ends < $3 OR lease.lease_ends > $4",
            values![holder, now + LEASE, now, now + AHEAD],
        )
        .await?;
    Ok(taken > 0)
}

/// Looks at the sources that are due and at the releases whose settle time is over.
async fn poll(app: &App) {
    // Both ring the bell when they found something.
    if let Err(error) = releases::poll_due(app).await {
        tracing::error!(%error, "cannot look at the sources");
    }
    if let Err(error) = releases::settle_due(app).await {
        tracing::error!(%error, "cannot settle releases");
    }
    // Counting a long list takes its time, too.
    if let Err(error) = newsletters::log_lists(app).await {
        tracing::error!(%error, "cannot log whom a newsletter goes to; trying again");
    }
}

/// Looks at the sign-ups that have come in, on this beat and never on the request's (O5).
async fn answer(app: &App) {
    if let Err(error) = subscribers::answer_sign_ups(app).await {
        tracing::error!(%error, "cannot answer the sign-ups; they wait");
    }
}

/// Moves along what is ready: settled releases become drafts, approved newsletters begin.
async fn advance(app: &App) {
    match newsletters::draft_ready(app).await {
        Ok(drafts) if !drafts.is_empty() => {
            tracing::info!(drafts = drafts.len(), "new drafts wait");
        }
        Ok(_) => {}
        Err(error) => tracing::error!(%error, "cannot draft newsletters"),
    }
    if let Err(error) = newsletters::start_due(app).await {
        tracing::error!(%error, "cannot begin what is due");
    }
}

/// Forgets what has served its time (V1).
async fn sweep(app: &App) {
    if let Err(error) = subscribers::purge(app).await {
        tracing::error!(%error, "cannot purge expired sign-ups");
    }
    if let Err(error) = delivery::purge(app).await {
        tracing::error!(%error, "cannot purge old one-off mail");
    }
    if let Err(error) = staff::purge(app).await {
        tracing::error!(%error, "cannot purge expired sessions");
    }
}
