//! The clock: what runs when. Every `serve` has one; a lease in the database lets one of them act.

use std::time::Duration;

use sea_orm::DbErr;
use tokio::task::JoinSet;

use crate::{
    accounts,
    app::App,
    clock::{HOUR, SECOND},
    delivery, newsletters, releases,
    secret::random_label,
    subscribers, values,
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
    let (mut polls, mut settles, mut hubs) = (JoinSet::new(), JoinSet::new(), JoinSet::new());
    let mut links = JoinSet::new();
    let mut swept_at = 0;
    while !app.shutdown.is_cancelled() {
        match hold(&app, &holder).await {
            Ok(true) => {
                begin(&mut polls, poll(app.clone()));
                begin(&mut settles, settle(app.clone()));
                begin(&mut hubs, ask_hubs(app.clone()));
                begin(&mut links, follow_links(app.clone()));
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
            () = app.scheduler_wakeup.notified() => {}
            () = app.shutdown.cancelled() => {}
        }
    }
    polls.shutdown().await;
    settles.shutdown().await;
    hubs.shutdown().await;
    links.shutdown().await;
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

/// Begins a round of work that waits for other people's servers, unless the last one is still under
/// way: it holds up nothing else.
fn begin(rounds: &mut JoinSet<()>, round: impl Future<Output = ()> + Send + 'static) {
    while rounds.try_join_next().is_some() {}
    if rounds.is_empty() {
        rounds.spawn(round);
    }
}

/// Looks at the sources that are due. Rings the bell when it found something, as settling does.
async fn poll(app: App) {
    if let Err(error) = releases::poll_due(&app).await {
        tracing::error!(%error, "cannot look at the sources");
    }
}

/// Looks again at the releases whose settle time is over.
async fn settle(app: App) {
    if let Err(error) = releases::settle_due(&app).await {
        tracing::error!(%error, "cannot settle releases");
    }
    if let Err(error) = releases::revisit_due(&app).await {
        tracing::error!(%error, "cannot look at releases again");
    }
    // Counting a long list takes its time, too.
    if let Err(error) = newsletters::log_lists(&app).await {
        tracing::error!(%error, "cannot log whom a newsletter goes to; trying again");
    }
}

/// Follows the links of new drafts, so that staff find them checked.
async fn follow_links(app: App) {
    if let Err(error) = newsletters::checks::follow_due(&app).await {
        tracing::error!(%error, "cannot follow the links of the drafts");
    }
}

/// Asks the hubs of sources to tell of news.
async fn ask_hubs(app: App) {
    if let Err(error) = releases::websub::subscribe_due(&app).await {
        tracing::error!(%error, "cannot ask the hubs");
    }
}

/// Looks at the sign-ups that have come in, on this beat and never on the request's (O5).
async fn answer(app: &App) {
    if let Err(error) = subscribers::answer_sign_ups(app).await {
        tracing::error!(%error, "cannot answer the sign-ups; they wait");
    }
}

/// Moves along what is ready: newsletters learn what became of their releases, settled releases
/// become drafts or digests, approved newsletters begin, staff hear what waits for them.
async fn advance(app: &App) {
    // First, so that what waits for its time does not begin with a text that is out of date.
    if let Err(error) = newsletters::follow_changes(app).await {
        tracing::error!(%error, "cannot tell the newsletters what changed");
        return;
    }
    match newsletters::draft_ready(app).await {
        Ok(drafts) if !drafts.is_empty() => {
            tracing::info!(drafts = drafts.len(), "new drafts wait");
        }
        Ok(_) => {}
        Err(error) => tracing::error!(%error, "cannot draft newsletters"),
    }
    if let Err(error) = newsletters::digest_due(app).await {
        tracing::error!(%error, "cannot make digests");
    }
    if let Err(error) = newsletters::start_due(app).await {
        tracing::error!(%error, "cannot begin what is due");
    }
    if let Err(error) = releases::tell_staff(app).await {
        tracing::error!(%error, "cannot tell staff what waits");
    }
}

/// Forgets what has served its time (V1).
async fn sweep(app: &App) {
    if let Err(error) = subscribers::purge(app).await {
        tracing::error!(%error, "cannot purge expired sign-ups");
    }
    if let Err(error) = delivery::purge(app).await {
        tracing::error!(%error, "cannot purge old transactional mail");
    }
    if let Err(error) = newsletters::checks::purge(app).await {
        tracing::error!(%error, "cannot purge what links answered");
    }
    if let Err(error) = accounts::purge(app).await {
        tracing::error!(%error, "cannot purge expired sessions");
    }
}
