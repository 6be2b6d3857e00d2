//! The database: connecting, migrating, and what SQLite and PostgreSQL do differently.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use gazette_migration::Migrator;
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbBackend,
    DbErr, QueryResult, Statement, TransactionTrait, Value,
};
use sea_orm_migration::MigratorTrait;

mod queue;

pub use queue::{Columns, Queue, Transaction};

/// Why the database cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// The URL names no database that we know.
    #[error(
        "GAZETTE_DATABASE_URL must begin with `sqlite://` or `postgres://`; it begins with `{0}`"
    )]
    Scheme(String),
    /// No connection.
    #[error(
        "cannot open the database {0}: {1}; check GAZETTE_DATABASE_URL, that the server runs or the folder can be written, and that the disk has room"
    )]
    Connect(String, DbErr),
    /// A newer Gazette has migrated it.
    #[error(
        "the database was made by a newer Gazette (it has the step `{0}`, which this one does not know); install that version or restore a backup"
    )]
    Newer(String),
    /// A migration failed.
    #[error("the database could not be brought to this version: {0}")]
    Migrate(DbErr),
}

/// A handle on the database; clones share one pool.
#[derive(Debug, Clone)]
pub struct Db {
    pool: DatabaseConnection,
    /// The delivery queue's own. It does not wait for the disk at each commit: a killed process
    /// loses nothing, and a power cut costs at most repeated messages.
    queue: Queue,
}

impl Db {
    /// Opens the database, creating the SQLite file if there is none, and runs the migrations.
    pub async fn open(url: &str) -> Result<Self, DbError> {
        let name = name_of(url);
        let failed = |error| DbError::Connect(name.clone(), error);
        Ok(match url.split_once(':').map(|(scheme, _)| scheme) {
            Some("sqlite") => {
                let url = if url.contains('?') {
                    url.to_owned()
                } else {
                    format!("{url}?mode=rwc")
                };
                let pool = Database::connect(sqlite_options(&url, 8, "FULL"))
                    .await
                    .map_err(failed)?;
                migrate(&pool).await?;
                let path = sqlite_path(&url).unwrap_or_default();
                let pragmas = sqlite_pragmas("NORMAL");
                let queue = Queue::sqlite(&path, &pragmas).map_err(failed)?;
                Self { pool, queue }
            }
            Some("postgres" | "postgresql") => {
                let mut options = ConnectOptions::new(url);
                options
                    .max_connections(16)
                    .connect_timeout(Duration::from_secs(10))
                    .acquire_timeout(Duration::from_secs(30))
                    .sqlx_logging(false);
                let pool = Database::connect(options.clone()).await.map_err(failed)?;
                migrate(&pool).await?;
                options
                    .connect_lazy(true)
                    .max_connections(8)
                    .map_sqlx_postgres_opts(|postgres| {
                        postgres.options([("synchronous_commit", "off")])
                    });
                let queue = Database::connect(options).await.map_err(failed)?;
                Self {
                    queue: Queue::Postgres(queue),
                    pool,
                }
            }
            other => return Err(DbError::Scheme(other.unwrap_or(url).to_owned())),
        })
    }

    /// The pool, for sea-orm's entities and queries.
    #[must_use]
    pub fn pool(&self) -> &DatabaseConnection {
        &self.pool
    }

    /// The delivery queue's own connection.
    #[must_use]
    pub fn queue(&self) -> &Queue {
        &self.queue
    }

    /// Which of the two it is.
    #[must_use]
    pub fn backend(&self) -> DbBackend {
        self.pool.get_database_backend()
    }

    /// Whether it is SQLite.
    #[must_use]
    pub fn is_sqlite(&self) -> bool {
        self.backend() == DbBackend::Sqlite
    }

    /// A plain statement with `$1`, `$2`… for its values: both databases read these.
    pub fn statement(&self, sql: &str, values: impl IntoIterator<Item = Value>) -> Statement {
        Statement::from_sql_and_values(self.backend(), sql, values)
    }

    /// Runs a statement; the number of rows that it changed.
    pub async fn execute(
        &self,
        sql: &str,
        values: impl IntoIterator<Item = Value>,
    ) -> Result<u64, DbErr> {
        Ok(self
            .pool
            .execute_raw(self.statement(sql, values))
            .await?
            .rows_affected())
    }

    /// The first row of a query.
    pub async fn one(
        &self,
        sql: &str,
        values: impl IntoIterator<Item = Value>,
    ) -> Result<Option<QueryResult>, DbErr> {
        self.pool.query_one_raw(self.statement(sql, values)).await
    }

    /// All rows of a query.
    pub async fn all(
        &self,
        sql: &str,
        values: impl IntoIterator<Item = Value>,
    ) -> Result<Vec<QueryResult>, DbErr> {
        self.pool.query_all_raw(self.statement(sql, values)).await
    }

    /// `(SELECT …)` over the JSON array of numbers bound as `parameter`: one statement text, and so
    /// one prepared plan, for a list of any length.
    #[must_use]
    pub fn in_list(&self, parameter: &str) -> String {
        if self.is_sqlite() {
            format!("(SELECT value FROM json_each({parameter}))")
        } else {
            format!("(SELECT value::bigint FROM json_array_elements_text({parameter}::json))")
        }
    }

    /// Begins a transaction that will write. On SQLite it takes the write lock at once (`BEGIN
    /// IMMEDIATE`): a transaction that reads first and writes later would fail, not wait, when
    /// another writer came between.
    pub async fn begin(&self) -> Result<DatabaseTransaction, DbErr> {
        self.pool
            .begin_with_options(sea_orm::TransactionOptions {
                sqlite_transaction_mode: self
                    .is_sqlite()
                    .then_some(sea_orm::SqliteTransactionMode::Immediate),
                ..Default::default()
            })
            .await
    }

    /// Where a file of ours stands beside the database; for PostgreSQL the working folder.
    #[must_use]
    pub fn beside(url: &str, file: &str) -> PathBuf {
        match sqlite_path(url) {
            Some(path) => path.parent().unwrap_or(Path::new("")).join(file),
            None => PathBuf::from(file),
        }
    }
}

/// `?` values for the statements above, from anything that sea-orm can store.
#[macro_export]
macro_rules! values {
    ($($value:expr),* $(,)?) => { [$(sea_orm::Value::from($value)),*] };
}

/// Brings the database to this version.
async fn migrate(pool: &DatabaseConnection) -> Result<(), DbError> {
    let known: Vec<String> = Migrator::migrations()
        .iter()
        .map(|step| step.name().to_owned())
        .collect();
    let versions = Statement::from_string(
        pool.get_database_backend(),
        "SELECT version FROM seaql_migrations ORDER BY version",
    );
    // Refuse before touching anything: an older binary must not work on a newer schema.
    if let Ok(rows) = pool.query_all_raw(versions).await {
        for row in rows {
            let version: String = row.try_get_by_index(0).map_err(DbError::Migrate)?;
            if !known.contains(&version) {
                return Err(DbError::Newer(version));
            }
        }
    }
    Migrator::up(pool, None).await.map_err(DbError::Migrate)
}

/// How every connection to SQLite is set up.
fn sqlite_pragmas(synchronous: &'static str) -> [(&'static str, &'static str); 7] {
    [
        ("foreign_keys", "ON"),
        // Before the first table, or it has no effect: lets a finished newsletter's space go.
        ("auto_vacuum", "INCREMENTAL"),
        ("journal_mode", "WAL"),
        ("synchronous", synchronous),
        ("temp_store", "MEMORY"),
        ("cache_size", "-8000"),
        // The log is folded into the database every 16 MB: often enough to stay small, seldom
        // enough not to be felt while sending.
        ("wal_autocheckpoint", "4000"),
    ]
}

fn sqlite_options(url: &str, connections: u32, synchronous: &'static str) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(connections)
        .min_connections(1)
        .connect_timeout(Duration::from_secs(10))
        .sqlx_logging(false)
        .map_sqlx_sqlite_opts(move |sqlite| {
            let patient = sqlite.busy_timeout(Duration::from_secs(15));
            sqlite_pragmas(synchronous)
                .into_iter()
                .fold(patient, |sqlite, (name, value)| sqlite.pragma(name, value))
        });
    options
}

fn sqlite_path(url: &str) -> Option<PathBuf> {
    let rest = url.strip_prefix("sqlite:")?;
    let rest = rest.strip_prefix("//").unwrap_or(rest);
    Some(PathBuf::from(rest.split('?').next().unwrap_or(rest)))
}

/// The database as an error may name it: without user and password.
fn name_of(url: &str) -> String {
    match sqlite_path(url) {
        Some(path) => format!("`{}`", path.display()),
        None => match url::Url::parse(url) {
            Ok(parsed) => format!(
                "`{}{}`",
                parsed.host_str().unwrap_or_default(),
                parsed.path()
            ),
            Err(_) => "at GAZETTE_DATABASE_URL".to_owned(),
        },
    }
}
