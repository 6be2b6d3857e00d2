//! `SQLite`'s log is folded into the file (a checkpoint) beside those who write. Left to itself `SQLite` does it
//! within the commit that makes the log long: whoever happens to write then waits for thousands of pages
//! to reach the disk, and everybody behind them too.
//!
//! Who has written in a transaction says that there is something to fold (`write_turns`).

use std::{
    path::Path,
    sync::{
        Arc, Weak,
        mpsc::{Receiver, sync_channel},
    },
    thread,
    time::Duration,
};

use rusqlite::{Connection, OpenFlags};

use super::write_turns::WriteTurns;

/// Between one checkpoint and the next: what is written meanwhile is folded together.
const PAUSE_BETWEEN: Duration = Duration::from_millis(250);

/// From so many pages on the log begins anew once all of it is in the file. `SQLite` does so by itself only
/// when somebody writes while nothing is left to fold, which under load never happens.
const LONG_LOG: i64 = 2_000;

/// How long the log's new beginning waits for those who are reading it. Everybody who writes waits as
/// long; where it does not come about, it is tried again later.
const BUSY_TIMEOUT: Duration = Duration::from_millis(20);

/// How often it is tried to empty the log beside those who read it.
const TRIES_TO_EMPTY: u32 = 50;

/// The thread's stack: it calls `SQLite` and nothing else.
const STACK: usize = 512 * 1024;

/// The turns of who writes into the file at `path`, with a thread that folds its log whenever somebody wrote
/// in one. It ends with them.
pub(super) fn turns_of_file(path: &Path) -> Arc<WriteTurns> {
    // Being told once is as good as often.
    let (written, told) = sync_channel(1);
    let turns = Arc::new(WriteTurns::telling(written));
    let (path, turned) = (path.to_owned(), Arc::downgrade(&turns));
    let thread = thread::Builder::new()
        .name("checkpoints".to_owned())
        .stack_size(STACK)
        .spawn(move || fold_when_told(&path, &told, &turned));
    if let Err(error) = thread {
        // Then a commit does it.
        tracing::warn!(%error, "the thread that folds the database's log cannot be started");
    }
    turns
}

fn fold_when_told(path: &Path, told: &Receiver<()>, turns: &Weak<WriteTurns>) {
    while told.recv().is_ok() {
        thread::sleep(PAUSE_BETWEEN);
        let Some(turns) = turns.upgrade() else { return };
        if let Err(error) = fold(path, &turns) {
            tracing::debug!(%error, "the database's log is not folded yet");
        }
    }
}

fn fold(path: &Path, turns: &WriteTurns) -> rusqlite::Result<()> {
    let _alone = turns.folding.blocking_lock();
    let connection = open(path)?;
    if checkpoint(&connection, "PASSIVE")?.pages >= LONG_LOG {
        // Little is left: what was written since. Whoever writes meanwhile waits for their turn.
        let _turn = turns.next_of_thread();
        checkpoint(&connection, "RESTART")?;
    }
    Ok(())
}

/// Folds all of the log and empties it, as far as nobody is reading it.
pub(super) fn empty(path: &Path) -> rusqlite::Result<()> {
    let connection = open(path)?;
    // First what keeps nobody from writing.
    checkpoint(&connection, "PASSIVE")?;
    for _ in 0..TRIES_TO_EMPTY {
        if checkpoint(&connection, "TRUNCATE")?.is_whole {
            break;
        }
        thread::sleep(BUSY_TIMEOUT);
    }
    Ok(())
}

/// For one checkpoint alone: a file that is moved or deleted later is nobody's.
fn open(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    Ok(connection)
}

struct Checkpointed {
    /// In the log.
    pages: i64,
    /// Nobody was in its way.
    is_whole: bool,
}

fn checkpoint(connection: &Connection, how: &str) -> rusqlite::Result<Checkpointed> {
    connection.query_row(&format!("PRAGMA wal_checkpoint({how})"), [], |row| {
        Ok(Checkpointed {
            pages: row.get("log")?,
            is_whole: !row.get::<_, bool>("busy")?,
        })
    })
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use sea_orm::ConnectionTrait;

    use super::*;
    use crate::db::Db;

    const LARGE: &str = "INSERT INTO office_setting (key, value, updated_at)
        VALUES ('k' || $1, hex(zeroblob(4000000)), 0)";

    async fn database() -> (Db, tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("gazette.db");
        let db = Db::open(&format!("sqlite://{}", file.display()))
            .await
            .unwrap();
        (db, folder, file)
    }

    async fn write(db: &Db, number: i64) {
        db.execute(LARGE, crate::values![number]).await.unwrap();
    }

    async fn pages_in_log(db: &Db) -> i64 {
        let row = db.one("PRAGMA wal_checkpoint(PASSIVE)", []).await;
        row.unwrap().unwrap().try_get("", "log").unwrap()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_long_log_is_folded_and_begins_anew_after_somebody_wrote_in_their_turn() {
        let (db, _folder, _) = database().await;
        write(&db, 0).await;
        assert!(pages_in_log(&db).await >= LONG_LOG / 2);
        let turn = db.begin().await.unwrap();
        turn.execute_raw(db.statement(LARGE, crate::values![1]))
            .await
            .unwrap();
        turn.commit().await.unwrap();
        let begun = Instant::now();
        let mut number = 2;
        loop {
            db.execute(
                "UPDATE office_setting SET updated_at = $1",
                crate::values![number],
            )
            .await
            .unwrap();
            if pages_in_log(&db).await < LONG_LOG {
                break;
            }
            assert!(begun.elapsed() < Duration::from_secs(30), "it stays long");
            tokio::time::sleep(Duration::from_millis(20)).await;
            number += 1;
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn it_waits_for_nobody_and_nobody_who_reads_or_writes_fails_for_it() {
        crate::db::several_connections();
        let (db, _folder, file) = database().await;
        write(&db, 0).await;
        write(&db, 1).await;
        let reading = sea_orm::TransactionTrait::begin(db.pool()).await.unwrap();
        let first = "SELECT count(*) AS kept FROM office_setting WHERE key LIKE 'k%'";
        let kept = async || {
            let row = reading.query_one_raw(db.statement(first, [])).await;
            row.unwrap().unwrap().try_get::<i64>("", "kept").unwrap()
        };
        assert_eq!(kept().await, 2);
        // Another process: it takes no turn of ours.
        let url = format!("sqlite://{}", file.display());
        let other = Db::open(&url).await.unwrap();
        let writing = other.begin().await.unwrap();
        writing
            .execute_raw(db.statement(LARGE, crate::values![2]))
            .await
            .unwrap();
        let turns = db.turns.clone();
        let folded = tokio::task::spawn_blocking(move || fold(&file, &turns));
        // The log cannot begin anew: it is refused, or says that it is busy.
        let _ = folded.await.unwrap();
        writing.commit().await.unwrap();
        assert_eq!(kept().await, 2);
        drop(reading);
        write(&db, 3).await;
        let row = db.one(first, []).await.unwrap().unwrap();
        assert_eq!(row.try_get::<i64>("", "kept").unwrap(), 4);
    }
}
