//! Taking turns at writing. Who waits for SQLite's write lock looks for it again and again, with pauses of up
//! to a tenth of a second; whoever comes back at once overtakes everyone who pauses, and a busy task in the
//! background keeps visitors waiting, at worst until they are told that the database is locked. So each transaction
//! of this process that writes ([`super::Db::begin`]) has its turn: they come in the order in which they asked, and
//! each begins as soon as the one before has ended.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc::SyncSender,
    },
    time::Duration,
};

use tokio::sync::{Mutex, OwnedMutexGuard};

/// How long anybody waits for their turn at writing, or for a connection.
pub(super) const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(30);

/// The turns of one process.
#[derive(Debug, Default)]
pub struct WriteTurns {
    gate: Arc<Mutex<()>>,
    waited_for: AtomicU64,
    /// Held by whoever folds the log: `SQLite` refuses a second one at once.
    pub(super) folding: Mutex<()>,
    /// Tells whoever folds it that somebody wrote (`checkpoints`).
    written: Option<SyncSender<()>>,
}

/// A turn; it ends when this is dropped, after the transaction.
#[derive(Debug)]
#[must_use = "the turn ends when this is dropped"]
pub struct Turn {
    _held: OwnedMutexGuard<()>,
    written: Option<SyncSender<()>>,
}

impl Turn {
    /// Tells whoever folds the log that there is something new in it. A turn that wrote nothing tells
    /// nobody: whoever only looked whether there is something to do keeps no disk busy.
    pub(super) fn tell_written(&self) {
        if let Some(written) = &self.written {
            // It knows already where it is full.
            let _ = written.try_send(());
        }
    }
}

impl WriteTurns {
    /// Those of who tells `written` that somebody wrote.
    pub(super) fn telling(written: SyncSender<()>) -> Self {
        Self {
            written: Some(written),
            ..Self::default()
        }
    }

    /// The next turn.
    pub(super) async fn next(&self) -> Turn {
        if let Ok(held) = self.gate.clone().try_lock_owned() {
            return self.turn(held);
        }
        self.waited_for.fetch_add(1, Ordering::Relaxed);
        self.turn(self.gate.clone().lock_owned().await)
    }

    /// The next turn, for a thread that may wait.
    pub(super) fn next_of_thread(&self) -> Turn {
        self.turn(self.gate.clone().blocking_lock_owned())
    }

    fn turn(&self, held: OwnedMutexGuard<()>) -> Turn {
        Turn {
            _held: held,
            written: self.written.clone(),
        }
    }

    /// How often somebody had to wait for a turn since the beginning.
    pub(super) fn waited_for(&self) -> u64 {
        self.waited_for.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex as Noted;

    use super::*;

    #[tokio::test]
    async fn who_comes_back_at_once_stands_behind_who_waits() {
        let turns = Arc::new(WriteTurns::default());
        let order = Arc::new(Noted::new(Vec::new()));
        let first = turns.next().await;
        assert_eq!(turns.waited_for(), 0);
        let mut waiting = Vec::new();
        for name in ["visitor", "another"] {
            let (turns, order) = (turns.clone(), order.clone());
            waiting.push(tokio::spawn(async move {
                let _turn = turns.next().await;
                order.lock().unwrap().push(name);
            }));
            tokio::task::yield_now().await;
        }
        assert_eq!(turns.waited_for(), 2);
        drop(first);
        let _again = turns.next().await;
        order.lock().unwrap().push("background");
        for task in waiting {
            task.await.unwrap();
        }
        assert_eq!(*order.lock().unwrap(), ["visitor", "another", "background"]);
    }
}
