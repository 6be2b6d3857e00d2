//! Outcomes that were committed a moment ago, kept until the database has them on its disk.
//!
//! Commits to `PostgreSQL` do not wait for the disk (`synchronous_commit = off`). A server that crashes may
//! lose the last of them, and believe that this worker still holds what it has long sent. So they stay here
//! for a second, until one commit that waits has taken them along; and after a crash they are recorded
//! again. Recording twice changes nothing: a row ends once.

use std::time::Duration;

use sea_orm::DbErr;
use tokio::time::Instant;

use super::batch::Batch;
use crate::{app::App, delivery::outcome::Attempt, values};

/// How long outcomes wait for others to be flushed with.
const FLUSH_EVERY: Duration = Duration::from_secs(1);

#[derive(Debug, Default)]
pub(super) struct RecentOutcomes {
    attempts: Vec<Attempt>,
    /// The number of connections that had been opened when the oldest of them was recorded.
    openings: u64,
    /// When they are to be flushed; `None`: there are none.
    due: Option<Instant>,
    /// A statement failed since: perhaps the server has crashed.
    is_suspect: bool,
}

impl RecentOutcomes {
    /// How many connections have been opened by now. `None`: outcomes last as soon as they are committed.
    pub fn openings(app: &App) -> Option<u64> {
        Some(app.db.queue().not_waiting_for_disk()?.openings())
    }

    /// Takes what was just committed; `openings` is of the moment before.
    pub fn add(&mut self, batch: &mut Batch, openings: u64) {
        if self.attempts.is_empty() {
            self.openings = openings;
        }
        batch.take_outcomes(&mut self.attempts);
        if !self.attempts.is_empty() && self.due.is_none() {
            self.due = Some(Instant::now() + FLUSH_EVERY);
        }
    }

    pub fn is_empty(&self) -> bool {
        self.attempts.is_empty()
    }

    /// Commits a batch; where the server may have forgotten what came before, that first.
    pub async fn commit(&mut self, batch: &mut Batch, app: &App, worker: i64) -> Result<(), DbErr> {
        let committed = match self.record_again(app, worker).await {
            Ok(()) => batch.commit(app, worker).await,
            failed => failed,
        };
        self.is_suspect |= committed.is_err();
        committed
    }

    /// Records once more what a server that has crashed since does not know.
    async fn record_again(&mut self, app: &App, worker: i64) -> Result<(), DbErr> {
        let Some(queue) = app.db.queue().not_waiting_for_disk() else {
            return Ok(());
        };
        let openings = queue.openings();
        if self.attempts.is_empty() || (openings == self.openings && !self.is_suspect) {
            return Ok(());
        }
        let mut again = Batch::again(std::mem::take(&mut self.attempts));
        let recorded = again.commit(app, worker).await;
        again.take_outcomes(&mut self.attempts);
        recorded?;
        self.is_suspect = false;
        // Of the moment before: where this has opened one, it is recorded once more.
        self.openings = openings;
        Ok(())
    }

    pub fn is_due(&self) -> bool {
        self.due.is_some_and(|due| due <= Instant::now())
    }

    /// Waits until it is time to flush.
    pub async fn due(&self) {
        match self.due {
            Some(due) => tokio::time::sleep_until(due).await,
            None => std::future::pending().await,
        }
    }

    /// Tries again a little later.
    pub fn wait_again(&mut self) {
        self.due = self.due.map(|_| Instant::now() + FLUSH_EVERY);
    }

    /// Waits until the database has all of them on its disk, and lets them go.
    pub async fn make_durable(&mut self, app: &App, worker: i64) -> Result<(), DbErr> {
        let durable = self.flush(app, worker).await;
        self.is_suspect |= durable.is_err();
        durable
    }

    async fn flush(&mut self, app: &App, worker: i64) -> Result<(), DbErr> {
        let Some(queue) = app.db.queue().not_waiting_for_disk() else {
            return Ok(());
        };
        // Each pass ends it unless a connection was opened meanwhile; then the next look goes on.
        for _ in 0..3 {
            if self.attempts.is_empty() {
                return Ok(());
            }
            self.record_again(app, worker).await?;
            let change = "UPDATE worker SET lease_ends = lease_ends WHERE id = $1";
            if !queue.flush(change, values![worker]).await? {
                // Taken for dead: it registers anew in a moment, under another number.
                self.wait_again();
                return Ok(());
            }
            if queue.openings() == self.openings && !self.is_suspect {
                self.attempts.clear();
                self.due = None;
                return Ok(());
            }
        }
        self.wait_again();
        Ok(())
    }
}
