//! The delivery queue's own connection.
//!
//! Between two messages on one wire stands one commit, so what a commit costs decides how fast mail
//! goes out. `PostgreSQL` is asked over connections of the queue's own. `SQLite` is a library:
//! handing each statement to another thread and waiting for it would cost several times what the
//! statement does, so here it is called in place. Everything that the queue does stands in line for
//! one connection, and so never finds the database locked by itself.

use std::{path::Path, sync::Arc, time::Duration};

use rusqlite::types::ToSqlOutput;
use sea_orm::{DbErr, QueryResult, RuntimeErr, Value};
use tokio::{
    runtime::Id,
    sync::{Mutex, OwnedMutexGuard},
};

use super::{
    db_error::is_held_by_another,
    postgres_queue::{Begun, PostgresQueue},
};

/// How long a statement waits in place while another process writes. Longer waits let go of the
/// connection and do not hold up the thread meanwhile.
const BUSY_TIMEOUT: Duration = Duration::from_millis(10);

/// How often it is tried again, with as long a pause between.
const TRIES: u32 = 500;

/// What statements call their values.
const NAMES: [&str; 12] = [
    "$1", "$2", "$3", "$4", "$5", "$6", "$7", "$8", "$9", "$10", "$11", "$12",
];

/// The connection; clones share it.
#[derive(Debug, Clone)]
pub enum Queue {
    /// One connection, called in place.
    Sqlite(Arc<Mutex<rusqlite::Connection>>),
    /// Connections whose commits do not wait for the disk.
    Postgres(PostgresQueue),
}

/// What a row holds, by the names of its columns, whichever database it comes from.
pub trait Columns {
    /// A whole number.
    fn integer(&self, column: &str) -> Result<i64, DbErr>;
    /// A whole number or none.
    fn integer_or_none(&self, column: &str) -> Result<Option<i64>, DbErr>;
    /// A text or none.
    fn text_or_none(&self, column: &str) -> Result<Option<String>, DbErr>;
}

/// Statements that count together or not at all. Dropped before [`Transaction::commit`] it leaves
/// no trace.
pub enum Transaction {
    /// Holds the connection until it ends.
    Sqlite(Held),
    /// Holds one of the connections until it ends.
    Postgres(Begun),
}

/// The connection in the middle of a transaction.
pub struct Held {
    connection: OwnedMutexGuard<rusqlite::Connection>,
    open: bool,
}

impl Queue {
    /// Opens `SQLite`'s file, which has been migrated, with the pragmas given.
    pub fn sqlite(path: &Path, pragmas: &[(&str, &str)]) -> Result<Self, DbErr> {
        let connection = rusqlite::Connection::open(path).map_err(failed)?;
        connection.busy_timeout(BUSY_TIMEOUT).map_err(failed)?;
        for (name, value) in pragmas {
            connection
                .pragma_update(None, name, value)
                .map_err(failed)?;
        }
        keep_plans(&connection).map_err(failed)?;
        Ok(Self::over(connection))
    }

    /// On a connection to `SQLite` that is open and set up.
    pub fn over(connection: rusqlite::Connection) -> Self {
        connection.set_prepared_statement_cache_capacity(64);
        Self::Sqlite(Arc::new(Mutex::new(connection)))
    }

    /// Runs a statement; the number of rows that it changed.
    pub async fn execute(
        &self,
        sql: &str,
        values: impl IntoIterator<Item = Value>,
    ) -> Result<u64, DbErr> {
        match self {
            Self::Sqlite(connection) => {
                let values = values.into_iter().collect::<Vec<_>>();
                patiently(connection, |open| execute(open, sql, values.clone())).await
            }
            Self::Postgres(postgres_queue) => postgres_queue.execute(sql, values).await,
        }
    }

    /// The rows of a query, read by `read`.
    pub async fn rows<T>(
        &self,
        sql: &str,
        values: impl IntoIterator<Item = Value>,
        mut read: impl FnMut(&dyn Columns) -> Result<T, DbErr>,
    ) -> Result<Vec<T>, DbErr> {
        match self {
            Self::Sqlite(connection) => {
                let values = values.into_iter().collect::<Vec<_>>();
                patiently(connection, |open| {
                    rows(open, sql, values.clone(), &mut read)
                })
                .await
            }
            Self::Postgres(postgres_queue) => {
                read_all(&postgres_queue.rows(sql, values).await?, read)
            }
        }
    }

    /// Begins statements that count together. On `SQLite` it takes the write lock at once.
    pub async fn begin(&self) -> Result<Transaction, DbErr> {
        match self {
            Self::Sqlite(connection) => {
                let mut tries = 0;
                loop {
                    let connection = connection.clone().lock_owned().await;
                    let begun = execute(&connection, "BEGIN IMMEDIATE", []);
                    if begun.as_ref().is_err_and(is_busy) && tries < TRIES {
                        drop(connection);
                        tries += 1;
                        tokio::time::sleep(BUSY_TIMEOUT).await;
                        continue;
                    }
                    begun?;
                    return Ok(Transaction::Sqlite(Held {
                        connection,
                        open: true,
                    }));
                }
            }
            Self::Postgres(postgres_queue) => {
                Ok(Transaction::Postgres(postgres_queue.begin().await?))
            }
        }
    }

    /// On `PostgreSQL`, whose commits here do not wait for the disk, the connections that remember nothing
    /// of a crash. `SQLite` crashes with us.
    #[must_use]
    pub fn not_waiting_for_disk(&self) -> Option<&PostgresQueue> {
        match self {
            Self::Sqlite(_) => None,
            Self::Postgres(postgres_queue) => Some(postgres_queue),
        }
    }

    /// To be called before a runtime ends that has used the queue: its connections end with it.
    pub async fn let_go(&self, runtime: Id) {
        if let Self::Postgres(postgres_queue) = self {
            postgres_queue.let_go(runtime).await;
        }
    }
}

impl Transaction {
    /// Runs a statement; the number of rows that it changed.
    pub async fn execute(
        &mut self,
        sql: &str,
        values: impl IntoIterator<Item = Value>,
    ) -> Result<u64, DbErr> {
        match self {
            Self::Sqlite(held) => execute(&held.connection, sql, values),
            Self::Postgres(begun) => begun.execute(sql, values).await,
        }
    }

    /// The rows of a query, read by `read`.
    pub async fn rows<T>(
        &mut self,
        sql: &str,
        values: impl IntoIterator<Item = Value>,
        read: impl FnMut(&dyn Columns) -> Result<T, DbErr>,
    ) -> Result<Vec<T>, DbErr> {
        match self {
            Self::Sqlite(held) => rows(&held.connection, sql, values, read),
            Self::Postgres(begun) => read_all(&begun.rows(sql, values).await?, read),
        }
    }

    /// Whether a query finds anything.
    pub async fn any(
        &mut self,
        sql: &str,
        values: impl IntoIterator<Item = Value>,
    ) -> Result<bool, DbErr> {
        match self {
            Self::Sqlite(held) => {
                let mut statement = prepared(&held.connection, sql, values)?;
                let found = statement.raw_query().next().map_err(failed)?.is_some();
                Ok(found)
            }
            Self::Postgres(begun) => Ok(!begun.rows(sql, values).await?.is_empty()),
        }
    }

    /// Makes all of it count.
    pub async fn commit(self) -> Result<(), DbErr> {
        match self {
            Self::Sqlite(mut held) => {
                execute(&held.connection, "COMMIT", [])?;
                held.open = false;
                Ok(())
            }
            Self::Postgres(begun) => begun.commit().await,
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if self.open {
            // It fails only where SQLite has rolled back by itself: when the disk was full.
            let _ = execute(&self.connection, "ROLLBACK", []);
        }
    }
}

impl Columns for rusqlite::Row<'_> {
    fn integer(&self, column: &str) -> Result<i64, DbErr> {
        self.get(column).map_err(failed)
    }

    fn integer_or_none(&self, column: &str) -> Result<Option<i64>, DbErr> {
        self.get(column).map_err(failed)
    }

    fn text_or_none(&self, column: &str) -> Result<Option<String>, DbErr> {
        self.get(column).map_err(failed)
    }
}

impl Columns for QueryResult {
    fn integer(&self, column: &str) -> Result<i64, DbErr> {
        Columns::integer_or_none(self, column)?
            .ok_or_else(|| DbErr::Type(format!("the column `{column}` is empty")))
    }

    fn integer_or_none(&self, column: &str) -> Result<Option<i64>, DbErr> {
        // PostgreSQL tells numbers by their size.
        self.try_get::<Option<i64>>("", column)
            .or_else(|_| Ok(self.try_get::<Option<i32>>("", column)?.map(i64::from)))
            .or_else(|_: DbErr| Ok(self.try_get::<Option<i16>>("", column)?.map(i64::from)))
    }

    fn text_or_none(&self, column: &str) -> Result<Option<String>, DbErr> {
        self.try_get("", column)
    }
}

fn read_all<T>(
    found: &[QueryResult],
    mut read: impl FnMut(&dyn Columns) -> Result<T, DbErr>,
) -> Result<Vec<T>, DbErr> {
    found.iter().map(|row| read(row)).collect()
}

/// The query planner looks at a statement's words alone (QPSG, <https://www.sqlite.org/queryplanner-ng.html>).
/// Otherwise a value that stands beside a partial index is looked at, too, and the statement is planned anew
/// each time that a value is bound.
fn keep_plans(connection: &rusqlite::Connection) -> rusqlite::Result<bool> {
    connection.set_db_config(
        rusqlite::config::DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG,
        true,
    )
}

fn execute(
    connection: &rusqlite::Connection,
    sql: &str,
    values: impl IntoIterator<Item = Value>,
) -> Result<u64, DbErr> {
    let mut statement = prepared(connection, sql, values)?;
    Ok(statement.raw_execute().map_err(failed)? as u64)
}

fn rows<T>(
    connection: &rusqlite::Connection,
    sql: &str,
    values: impl IntoIterator<Item = Value>,
    mut read: impl FnMut(&dyn Columns) -> Result<T, DbErr>,
) -> Result<Vec<T>, DbErr> {
    let mut statement = prepared(connection, sql, values)?;
    let mut rows = statement.raw_query();
    let mut found = Vec::new();
    while let Some(row) = rows.next().map_err(failed)? {
        found.push(read(row)?);
    }
    Ok(found)
}

fn prepared<'a>(
    connection: &'a rusqlite::Connection,
    sql: &str,
    values: impl IntoIterator<Item = Value>,
) -> Result<rusqlite::CachedStatement<'a>, DbErr> {
    let mut statement = connection.prepare_cached(sql).map_err(failed)?;
    for (name, value) in NAMES.iter().zip(values) {
        // To SQLite these are names, counted in the order in which they first stand.
        if let Some(at) = statement.parameter_index(name).map_err(failed)? {
            statement
                .raw_bind_parameter(at, Bound(value))
                .map_err(failed)?;
        }
    }
    Ok(statement)
}

/// A value of sea-orm's as rusqlite takes it.
struct Bound(Value);

impl rusqlite::ToSql for Bound {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        use rusqlite::types::{Null, ValueRef};
        Ok(match &self.0 {
            Value::BigInt(Some(number)) => (*number).into(),
            Value::SmallInt(Some(number)) => (*number).into(),
            Value::Int(Some(number)) => (*number).into(),
            Value::Bool(Some(yes)) => (*yes).into(),
            Value::String(Some(text)) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            Value::BigInt(None)
            | Value::SmallInt(None)
            | Value::Int(None)
            | Value::Bool(None)
            | Value::String(None) => Null.into(),
            other => {
                return Err(rusqlite::Error::ToSqlConversionFailure(
                    format!("the queue has no column for {other:?}").into(),
                ));
            }
        })
    }
}

/// Does one statement, again while another process writes.
async fn patiently<T>(
    connection: &Mutex<rusqlite::Connection>,
    mut once: impl FnMut(&rusqlite::Connection) -> Result<T, DbErr>,
) -> Result<T, DbErr> {
    for _ in 0..TRIES {
        let done = once(&*connection.lock().await);
        if !done.as_ref().is_err_and(is_busy) {
            return done;
        }
        tokio::time::sleep(BUSY_TIMEOUT).await;
    }
    once(&*connection.lock().await)
}

/// Whether another process was writing: `SQLITE_BUSY`.
fn is_busy(error: &DbErr) -> bool {
    matches!(error, DbErr::Exec(error) if is_held_by_another(error))
}

#[allow(clippy::needless_pass_by_value, reason = "it stands in `map_err`")]
pub(super) fn failed(error: rusqlite::Error) -> DbErr {
    // With the number, as `sqlx` writes it: what is to be done depends on that (`db_error`).
    let text = match &error {
        rusqlite::Error::SqliteFailure(code, _) => {
            format!("(code: {}) {error}", code.extended_code)
        }
        _ => error.to_string(),
    };
    DbErr::Exec(RuntimeErr::Internal(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::StatementStatus;

    #[test]
    fn a_statement_beside_a_partial_index_is_planned_once_whatever_is_bound() {
        let connection = rusqlite::Connection::open_in_memory().unwrap();
        connection
            .execute_batch(
                "CREATE TABLE d (n INTEGER, state INTEGER); CREATE INDEX waits ON d (n) WHERE state = 0;
                 INSERT INTO d VALUES (1, 0), (1, 3)",
            )
            .unwrap();
        let planned_anew = || {
            let sql = "SELECT count(*) FROM d WHERE n = $1 AND state = $2";
            let mut statement = connection.prepare_cached(sql).unwrap();
            for state in [0, 3, 0, 3] {
                let found: i64 = statement.query_row([1, state], |row| row.get(0)).unwrap();
                assert_eq!(found, 1);
            }
            statement.reset_status(StatementStatus::RePrepare)
        };
        assert!(
            planned_anew() > 0,
            "SQLite does not look at values any more"
        );
        connection.flush_prepared_statement_cache();
        keep_plans(&connection).unwrap();
        assert_eq!(planned_anew(), 0);
    }
}
