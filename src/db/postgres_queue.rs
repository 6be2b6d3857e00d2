//! Connections to `PostgreSQL` that the delivery queue keeps at hand.
//!
//! A pool asks each connection that comes back whether it is well, and that costs as much as a
//! commit. The queue asks a thousand times a second, so its connections are its own. One is used
//! only on the runtime on which it was opened: elsewhere every answer would have to wake another
//! thread first.

use std::{
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use sea_orm::{
    DbErr, QueryResult, RuntimeErr, Value,
    sqlx::{
        self, AssertSqlSafe, Connection, Error, PgConnection, Postgres,
        postgres::{PgArguments, PgConnectOptions},
        query::Query,
    },
};
use tokio::runtime::{Handle, Id};

/// Idle connections that are kept; more are in use only for a moment.
const KEPT: usize = 4;

/// How long opening one may take.
const OPEN_TIMEOUT: Duration = Duration::from_secs(10);

/// The connections; clones share them.
#[derive(Clone)]
pub struct PostgresQueue {
    options: Arc<PgConnectOptions>,
    /// `SELECT set_config…` for what each connection is set to.
    settings: Arc<str>,
    idle: Arc<Mutex<Vec<(Id, PgConnection)>>>,
    openings: Arc<AtomicU64>,
}

impl fmt::Debug for PostgresQueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PostgresQueue({} idle)", self.idle().len())
    }
}

impl PostgresQueue {
    /// None yet. Each will have these settings, which are words of our own.
    pub fn new(options: PgConnectOptions, settings: &[(&str, &str)]) -> Self {
        let set: Vec<String> = settings
            .iter()
            .map(|(name, value)| format!("set_config('{name}', '{value}', false)"))
            .collect();
        Self {
            options: Arc::new(options),
            settings: format!("SELECT {}", set.join(", ")).into(),
            idle: Arc::default(),
            openings: Arc::default(),
        }
    }

    /// Runs a statement; the number of rows that it changed.
    pub async fn execute(
        &self,
        sql: &str,
        values: impl IntoIterator<Item = Value>,
    ) -> Result<u64, DbErr> {
        let query = bound(sql, values)?;
        let mut connection = self.take().await?;
        let done = query.execute(&mut connection).await;
        Ok(self.keep(connection, done)?.rows_affected())
    }

    /// The rows of a query.
    pub async fn rows(
        &self,
        sql: &str,
        values: impl IntoIterator<Item = Value>,
    ) -> Result<Vec<QueryResult>, DbErr> {
        let query = bound(sql, values)?;
        let mut connection = self.take().await?;
        let found = query.fetch_all(&mut connection).await;
        let rows = self.keep(connection, found)?;
        Ok(rows.into_iter().map(QueryResult::from).collect())
    }

    /// Begins statements that count together.
    pub async fn begin(&self) -> Result<Begun, DbErr> {
        let mut connection = self.take().await?;
        match bound("BEGIN", [])?.execute(&mut connection).await {
            Ok(_) => Ok(Begun {
                postgres_queue: self.clone(),
                connection,
            }),
            Err(error) => self.keep(connection, Err(error)),
        }
    }

    /// How often a connection was opened. A server that crashed knows none of the old ones: while this
    /// number stays, and a statement succeeds, the server has not crashed.
    #[must_use]
    pub fn openings(&self) -> u64 {
        self.openings.load(Ordering::SeqCst)
    }

    /// Waits until everything that was committed before is on the server's disk: one commit that waits
    /// takes all before it with it. False: `change`, which has to change a row, changed none.
    pub async fn flush(
        &self,
        change: &str,
        values: impl IntoIterator<Item = Value>,
    ) -> Result<bool, DbErr> {
        let mut transaction = self.begin().await?;
        transaction
            .execute("SET LOCAL synchronous_commit = on", [])
            .await?;
        let changed = transaction.execute(change, values).await?;
        transaction.commit().await?;
        Ok(changed > 0)
    }

    /// Closes those of a runtime that is about to end.
    pub async fn let_go(&self, runtime: Id) {
        let ending: Vec<_> = {
            let mut idle = self.idle();
            let (theirs, others) = std::mem::take(&mut *idle)
                .into_iter()
                .partition(|(opened_on, _)| *opened_on == runtime);
            *idle = others;
            theirs
        };
        for (_, connection) in ending {
            // The server notices by itself where it cannot be told.
            let _ = connection.close().await;
        }
    }

    /// One that was opened on this runtime and stands idle.
    fn kept(&self) -> Option<PgConnection> {
        let here = Handle::current().id();
        let mut idle = self.idle();
        let at = idle.iter().rposition(|(opened_on, _)| *opened_on == here)?;
        Some(idle.swap_remove(at).1)
    }

    async fn take(&self) -> Result<PgConnection, DbErr> {
        if let Some(connection) = self.kept() {
            return Ok(connection);
        }
        self.openings.fetch_add(1, Ordering::SeqCst);
        let opening = async {
            let mut connection = PgConnection::connect_with(&self.options).await?;
            bound(&self.settings, [])
                .map_err(|error| Error::Configuration(error.into()))?
                .execute(&mut connection)
                .await?;
            Ok::<_, Error>(connection)
        };
        tokio::time::timeout(OPEN_TIMEOUT, opening)
            .await
            .unwrap_or_else(|_| Err(Error::PoolTimedOut))
            .map_err(failed)
    }

    /// Puts a connection back that answered. One that did not is closed, and with it all that stood
    /// idle meanwhile: a server that was restarted knows none of them. So is one whose session the server
    /// ended, which is an answer, too.
    fn keep<T>(&self, connection: PgConnection, answer: Result<T, Error>) -> Result<T, DbErr> {
        let is_open = match &answer {
            Ok(_) => true,
            Err(Error::Database(error)) => !error.code().is_some_and(|code| ends_session(&code)),
            Err(_) => false,
        };
        if is_open {
            let mut idle = self.idle();
            if idle.len() < KEPT {
                idle.push((Handle::current().id(), connection));
            }
        } else {
            self.idle().clear();
        }
        answer.map_err(failed)
    }

    fn idle(&self) -> MutexGuard<'_, Vec<(Id, PgConnection)>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection in the middle of a transaction. Dropped before [`Begun::commit`] it is closed, and
/// the server takes everything back.
pub struct Begun {
    postgres_queue: PostgresQueue,
    connection: PgConnection,
}

impl Begun {
    /// Runs a statement; the number of rows that it changed.
    pub async fn execute(
        &mut self,
        sql: &str,
        values: impl IntoIterator<Item = Value>,
    ) -> Result<u64, DbErr> {
        let done = bound(sql, values)?.execute(&mut self.connection).await;
        Ok(done.map_err(failed)?.rows_affected())
    }

    /// The rows of a query.
    pub async fn rows(
        &mut self,
        sql: &str,
        values: impl IntoIterator<Item = Value>,
    ) -> Result<Vec<QueryResult>, DbErr> {
        let found = bound(sql, values)?.fetch_all(&mut self.connection).await;
        let rows = found.map_err(failed)?;
        Ok(rows.into_iter().map(QueryResult::from).collect())
    }

    /// Makes all of it count.
    pub async fn commit(mut self) -> Result<(), DbErr> {
        let done = bound("COMMIT", [])?.execute(&mut self.connection).await;
        self.postgres_queue.keep(self.connection, done).map(drop)
    }
}

/// Whether the server closes the session with this answer: it stood still in the middle of a transaction, or an
/// operator or a restart ended it (<https://www.postgresql.org/docs/current/errcodes-appendix.html>).
fn ends_session(code: &str) -> bool {
    code == "25P03" || code.starts_with("57P")
}

fn bound<'q>(
    sql: &str,
    values: impl IntoIterator<Item = Value>,
) -> Result<Query<'q, Postgres, PgArguments>, DbErr> {
    values.into_iter().try_fold(
        sqlx::query(AssertSqlSafe(sql.to_owned())),
        |query, value| {
            Ok(match value {
                Value::BigInt(number) => query.bind(number),
                Value::Int(number) => query.bind(number),
                Value::SmallInt(number) => query.bind(number),
                Value::Bool(yes) => query.bind(yes),
                Value::String(text) => query.bind(text),
                other => {
                    return Err(DbErr::Type(format!(
                        "the queue has no column for {other:?}"
                    )));
                }
            })
        },
    )
}

#[allow(clippy::needless_pass_by_value, reason = "it stands in `map_err`")]
fn failed(error: Error) -> DbErr {
    DbErr::Exec(RuntimeErr::SqlxError(Arc::new(error)))
}
