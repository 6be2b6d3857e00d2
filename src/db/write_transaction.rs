//! A transaction that writes, and what is said once it is committed.

use std::{
    fmt,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, ExecResult,
    QueryResult, Statement, TransactionTrait, entity::prelude::async_trait::async_trait,
};

use super::write_turns::Turn;

/// A log line, or whatever else is to tell of an act that is done.
type Telling = Box<dyn FnOnce() + Send>;

/// See `Db::begin`. What is not committed is taken back when this is dropped.
pub struct WriteTransaction {
    inner: DatabaseTransaction,
    /// On SQLite; it ends with the transaction.
    turn: Option<Turn>,
    wrote: AtomicBool,
    told: Mutex<Vec<Telling>>,
}

impl WriteTransaction {
    pub(super) async fn begin(
        pool: &DatabaseConnection,
        turn: Option<Turn>,
    ) -> Result<Self, DbErr> {
        let sqlite = pool.get_database_backend() == DbBackend::Sqlite;
        let inner = pool
            .begin_with_options(sea_orm::TransactionOptions {
                sqlite_transaction_mode: sqlite
                    .then_some(sea_orm::SqliteTransactionMode::Immediate),
                ..Default::default()
            })
            .await?;
        Ok(Self {
            inner,
            turn,
            wrote: AtomicBool::new(false),
            told: Mutex::default(),
        })
    }

    /// sea-orm's own, for what takes no other: the steps of the schema, and rows that come one by one.
    #[must_use]
    pub fn inner(&self) -> &DatabaseTransaction {
        self.wrote.store(true, Relaxed);
        &self.inner
    }

    /// Runs `telling` when this is committed, and never where it is not: a log says of nothing that it
    /// happened which was rolled back.
    pub fn once_committed(&self, telling: impl FnOnce() + Send + 'static) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.push(Box::new(telling));
    }

    /// What answers with rows may have written them (`RETURNING`).
    fn note_query(&self, statement: &Statement) {
        self.wrote
            .fetch_or(!statement.sql.starts_with("SELECT"), Relaxed);
    }

    /// Makes it true, and tells of it.
    ///
    /// # Errors
    /// The database failed: whether it is true nobody knows, and nothing is told.
    pub async fn commit(self) -> Result<(), DbErr> {
        self.inner.commit().await?;
        if let Some(turn) = self.turn.filter(|_| self.wrote.into_inner()) {
            turn.tell_written();
        }
        let told = self.told.into_inner();
        for telling in told.unwrap_or_else(PoisonError::into_inner) {
            telling();
        }
        Ok(())
    }

    /// Takes it back.
    ///
    /// # Errors
    /// The database failed, and takes it back by itself.
    pub async fn rollback(self) -> Result<(), DbErr> {
        self.inner.rollback().await
    }
}

impl fmt::Debug for WriteTransaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

#[async_trait]
impl ConnectionTrait for WriteTransaction {
    fn get_database_backend(&self) -> DbBackend {
        self.inner.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        let result = self.inner.execute_raw(statement).await?;
        self.wrote.fetch_or(result.rows_affected() > 0, Relaxed);
        Ok(result)
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.wrote.store(true, Relaxed);
        self.inner.execute_unprepared(sql).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.note_query(&statement);
        self.inner.query_one_raw(statement).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.note_query(&statement);
        self.inner.query_all_raw(statement).await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicU32, Ordering::SeqCst},
        mpsc::sync_channel,
    };

    use super::*;
    use crate::db::{Db, write_turns::WriteTurns};

    #[tokio::test]
    async fn what_was_done_is_told_when_it_is_true_and_never_where_it_was_taken_back() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("gazette.db");
        let url = format!("sqlite://{}", file.display());
        let db = Db::open(&url).await.unwrap();
        let told = Arc::new(AtomicU32::new(0));
        let tell = |transaction: &WriteTransaction| {
            let told = told.clone();
            transaction.once_committed(move || {
                told.fetch_add(1, SeqCst);
            });
        };
        let dropped = db.begin().await.unwrap();
        tell(&dropped);
        drop(dropped);
        let taken_back = db.begin().await.unwrap();
        tell(&taken_back);
        taken_back.rollback().await.unwrap();
        assert_eq!(told.load(SeqCst), 0);
        let committed = db.begin().await.unwrap();
        tell(&committed);
        // Wherever it is moved to, it is the same one.
        let committed = Box::new(committed);
        tell(&committed);
        assert_eq!(told.load(SeqCst), 0);
        committed.commit().await.unwrap();
        assert_eq!(told.load(SeqCst), 2);
    }

    #[tokio::test]
    async fn only_who_wrote_something_lets_the_log_be_folded() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("gazette.db").display());
        let db = Db::open(&url).await.unwrap();
        let (written, told) = sync_channel(1);
        let turns = WriteTurns::telling(written);
        let begin = async || {
            WriteTransaction::begin(db.pool(), Some(turns.next().await))
                .await
                .unwrap()
        };
        let insert = "INSERT INTO office_setting (key, value, updated_at) VALUES ('k', 'v', 0)";
        for (sql, is_written) in [
            ("DELETE FROM office_setting WHERE key = 'k'", false),
            (insert, true),
            ("DELETE FROM office_setting WHERE key = 'k'", true),
        ] {
            let transaction = begin().await;
            transaction
                .execute_raw(db.statement(sql, []))
                .await
                .unwrap();
            assert!(told.try_recv().is_err(), "{sql} is not committed yet");
            transaction.commit().await.unwrap();
            assert_eq!(told.try_recv().is_ok(), is_written, "{sql}");
        }
        let returning = format!("{insert} RETURNING key");
        for (sql, is_written) in [
            ("SELECT value FROM office_setting", false),
            (returning.as_str(), true),
        ] {
            let transaction = begin().await;
            transaction
                .query_all_raw(db.statement(sql, []))
                .await
                .unwrap();
            transaction.commit().await.unwrap();
            assert_eq!(told.try_recv().is_ok(), is_written, "{sql}");
        }
        let taken_back = begin().await;
        let delete = "DELETE FROM office_setting";
        taken_back.execute_unprepared(delete).await.unwrap();
        taken_back.rollback().await.unwrap();
        assert!(told.try_recv().is_err(), "it was taken back");
    }
}
