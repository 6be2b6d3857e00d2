//! The database: connecting, migrating, and what SQLite and PostgreSQL do differently.

use std::{
    fs::OpenOptions,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use gazette_migration::Migrator;
use sea_orm::{
    ActiveEnum, ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction,
    DbBackend, DbErr, FromQueryResult, QueryResult, RuntimeErr, SqlxError, Statement,
    TransactionTrait, TryGetable, Value, sqlx::Connection,
};
use sea_orm_migration::MigratorTrait;
use tokio_rustls::rustls;

mod lease_fence;
mod postgres_queue;
mod queue_connection;

pub use lease_fence::Fence;
pub use queue_connection::{Columns, Queue, Transaction};

use postgres_queue::PostgresQueue;

/// How long a SQLite statement waits for another writer.
const BUSY: Duration = Duration::from_secs(15);

/// Why the database cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// The URL names no database that we know.
    #[error("GAZETTE_DATABASE_URL must begin with `sqlite://` or `postgres://`{0}")]
    Scheme(String),
    /// There is no database where a command is to work on one.
    #[error(
        "there is no database {0}; set GAZETTE_DATABASE_URL (or --database-url) to the one that the service uses, as `/etc/gazette.env` has it, or make one with `gazette migrate`"
    )]
    Missing(String),
    /// The database is gone, but its key is there.
    #[error(
        "the database {0} is gone, but its secret key `{1}` is there; restore the database from your backup, or move the key away to begin with an empty one"
    )]
    Gone(String, PathBuf),
    /// No connection.
    #[error("cannot open the database {0}: {advice} ({1})", advice = advice(.1))]
    Connect(String, DbErr),
    /// A newer Gazette has migrated it.
    #[error(
        "the database was made by a newer Gazette (it has the step `{0}`, which this one does not know); install that version or restore a backup"
    )]
    Newer(String),
    /// A migration failed.
    #[error("the database could not be brought to this version: {advice} ({0})", advice = advice(.0))]
    Migrate(DbErr),
}

/// What to do about it. `SQLite` says with a number what is wrong; the lower eight bits are the kind
/// (<https://www.sqlite.org/rescode.html>).
#[must_use]
pub fn advice(error: &DbErr) -> &'static str {
    let code = match error {
        DbErr::Conn(RuntimeErr::SqlxError(error))
        | DbErr::Exec(RuntimeErr::SqlxError(error))
        | DbErr::Query(RuntimeErr::SqlxError(error)) => match error.as_ref() {
            SqlxError::Database(error) => error.code().map(std::borrow::Cow::into_owned),
            _ => None,
        },
        _ => None,
    };
    // PostgreSQL's have five characters, SQLite's four at most.
    match code.as_deref() {
        Some(state) if state.len() == 5 => of_postgres(state),
        Some(number) => of_sqlite(number.parse().unwrap_or(0)),
        None => "check GAZETTE_DATABASE_URL, and that the server runs and lets us in",
    }
}

/// <https://www.postgresql.org/docs/current/errcodes-appendix.html>
fn of_postgres(state: &str) -> &'static str {
    match state {
        "28P01" | "28000" => {
            "user name or password is wrong; check GAZETTE_DATABASE_URL (special characters are percent-encoded) and `pg_hba.conf`"
        }
        "3D000" => {
            "there is no such database; make it with `createdb`, or check GAZETTE_DATABASE_URL"
        }
        "42501" => {
            "the role may not do this; make it the owner of the database (`ALTER DATABASE … OWNER TO …`), or grant it CREATE on the schema"
        }
        "53300" | "53400" => "the server takes no more connections; raise its `max_connections`",
        "53100" => "the server's disk is full; make room on it",
        "57P03" | "57P01" | "57P02" => "the server is starting or stopping; wait for it",
        _ => "the server refused it; its log says why",
    }
}

fn of_sqlite(number: u32) -> &'static str {
    match number & 0xff {
        5 | 6 => {
            "another program holds it locked; end that program, a backup or an open shell perhaps, and start again"
        }
        8 => {
            "it may only be read; make the file and its folder writable for the user that Gazette runs as"
        }
        10 | 13 => {
            "the disk takes no more; make room on it, or check that it is sound, and start again"
        }
        14 => {
            "check GAZETTE_DATABASE_URL, and that its folder is there and writable for the user that Gazette runs as"
        }
        11 | 26 => {
            "the file is damaged or no database; check GAZETTE_DATABASE_URL, or restore a backup"
        }
        _ => "check GAZETTE_DATABASE_URL, and that the server runs and lets us in",
    }
}

/// How the queue's connections to PostgreSQL are set. Commits do not wait for the disk. Each statement
/// is planned once, not every time: planning costs more than running it. And it has its index: a table
/// that was empty when the plan was made, or that has no statistics yet, is not walked from end to end
/// once it is long.
const QUEUE_SETTINGS: [(&str, &str); 5] = [
    ("synchronous_commit", "off"),
    ("plan_cache_mode", "force_generic_plan"),
    ("enable_seqscan", "off"),
    ("enable_hashjoin", "off"),
    ("enable_mergejoin", "off"),
];

/// A handle on the database; clones share one pool.
#[derive(Debug, Clone)]
pub struct Db {
    pool: DatabaseConnection,
    /// The delivery queue's own. It does not wait for the disk at each commit: a killed process
    /// loses nothing, and a power cut costs at most repeated messages.
    queue: Queue,
    /// Set for who works under a lease.
    fence: Option<Fence>,
    /// See [`Db::name`].
    name: Arc<str>,
    /// Where it is SQLite.
    file: Option<Arc<Path>>,
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
                create(&url).await.map_err(failed)?;
                let pool = Database::connect(sqlite_options(&url, 8, "FULL"))
                    .await
                    .map_err(failed)?;
                migrate(&pool).await?;
                let path = sqlite_path(&url).unwrap_or_default();
                // It holds numbers, no addresses.
                let pragmas = sqlite_pragmas("NORMAL", "OFF", "-8000");
                let queue = Queue::sqlite(&path, &pragmas).map_err(failed)?;
                Self {
                    pool,
                    queue,
                    fence: None,
                    name: name.into(),
                    file: sqlite_path(&url).map(Into::into),
                }
            }
            Some("postgres" | "postgresql") => {
                // Two libraries for it are built in, and sqlx asks for the one of the process.
                // Somebody may have said it before.
                let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
                let mut options = ConnectOptions::new(url);
                options
                    .max_connections(16)
                    .connect_timeout(Duration::from_secs(10))
                    .acquire_timeout(Duration::from_secs(30))
                    .sqlx_logging(false);
                let pool = Database::connect(options.clone()).await.map_err(failed)?;
                migrate(&pool).await?;
                let server = pool.get_postgres_connection_pool().connect_options();
                let queue = PostgresQueue::new((*server).clone().options(QUEUE_SETTINGS));
                Self {
                    queue: Queue::Postgres(queue),
                    pool,
                    fence: None,
                    name: name.into(),
                    file: None,
                }
            }
            // A word before a colon may be all there is of a password.
            Some("mysql") => return Err(DbError::Scheme(", not with `mysql`".to_owned())),
            _ => return Err(DbError::Scheme(String::new())),
        })
    }

    /// Opens a database that is there already, and runs the migrations.
    pub async fn open_existing(url: &str) -> Result<Self, DbError> {
        if sqlite_path(url).is_some_and(|path| !path.exists()) {
            return Err(DbError::Missing(name_of(url)));
        }
        Self::open(url).await
    }

    /// Refuses to begin a new database beside the key of one that is gone.
    pub fn must_exist_beside(url: &str, key_file: &Path) -> Result<(), DbError> {
        let gone = sqlite_path(url).is_some_and(|path| !path.exists());
        if gone && key_file.is_file() {
            return Err(DbError::Gone(name_of(url), key_file.to_path_buf()));
        }
        Ok(())
    }

    /// Whether the file was deleted under us: SQLite goes on writing into what nobody will find again.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        self.file.as_ref().is_some_and(|file| !file.exists())
    }

    /// Ends all connections. SQLite's log is folded into the file first: whoever copies the file
    /// afterwards has everything.
    pub async fn close(&self) -> Result<(), DbErr> {
        let folded = self.empty_log().await;
        self.pool.clone().close().await?;
        folded
    }

    /// Where it is, as a person finds it: the whole path, or host and name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Takes what was deleted out of SQLite's log, too, as far as nobody is reading it; what is left
    /// goes with the next time. On PostgreSQL its own vacuum does this.
    pub async fn empty_log(&self) -> Result<(), DbErr> {
        if self.is_sqlite() {
            self.one("PRAGMA wal_checkpoint(TRUNCATE)", []).await?;
        }
        Ok(())
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

    /// The same database for who works under a lease: see [`Fence`].
    #[must_use]
    pub fn fenced(&self, fence: Fence) -> Self {
        Self {
            fence: Some(fence),
            ..self.clone()
        }
    }

    /// Runs a statement; the number of rows that it changed.
    pub async fn execute(
        &self,
        sql: &str,
        values: impl IntoIterator<Item = Value>,
    ) -> Result<u64, DbErr> {
        if self.fence.is_some() {
            let transaction = self.begin().await?;
            let changed = execute(&transaction, sql, values).await?;
            transaction.commit().await?;
            return Ok(changed);
        }
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

    /// SQL text: that `column` is among the numbers of the JSON array bound as `parameter`: one statement text,
    /// and so one prepared plan, for a list of any length.
    #[must_use]
    pub fn sql_in_list(&self, column: &str, parameter: &str) -> String {
        if self.is_sqlite() {
            format!("{column} IN (SELECT value FROM json_each({parameter}))")
        } else {
            let numbers =
                format!("SELECT value::bigint FROM json_array_elements_text({parameter}::json)");
            format!("{column} = ANY(ARRAY({numbers}))")
        }
    }

    /// That `column` is among what `select` takes, up to its limit, for this statement to change.
    ///
    /// Several workers on `PostgreSQL` step over each other's rows instead of waiting for them. There
    /// the rows stand in an array: it is made once, where the planner is free to run a select under
    /// `IN` again for each row and would so take more than the limit, and each of its members is
    /// looked up by its key. `SQLite` has one writer.
    #[must_use]
    pub fn sql_taken(&self, column: &str, select: &str) -> String {
        if self.is_sqlite() {
            format!("{column} IN ({select})")
        } else {
            format!("{column} = ANY(ARRAY({select} FOR UPDATE SKIP LOCKED))")
        }
    }

    /// The text that a column's JSON object holds under `key`, which is a word of our own.
    #[must_use]
    pub fn sql_json_text(&self, column: &str, key: &str) -> String {
        if self.is_sqlite() {
            format!("json_extract({column}, '$.{key}')")
        } else {
            format!("({column}::json ->> '{key}')")
        }
    }

    /// Begins a transaction that will write. On SQLite it takes the write lock at once (`BEGIN
    /// IMMEDIATE`): a transaction that reads first and writes later would fail, not wait, when
    /// another writer came between.
    pub async fn begin(&self) -> Result<DatabaseTransaction, DbErr> {
        let transaction = begin_writing(&self.pool).await?;
        if let Some(fence) = &self.fence {
            fence.check(&transaction).await?;
        }
        Ok(transaction)
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

/// An active enum's number or word as it stands in SQL text. Only where a partial index must see the
/// value itself, or a statement is planned once for all; elsewhere values are bound.
#[must_use]
pub fn sql_value<E: ActiveEnum>(state: &E) -> String
where
    E::Value: Into<Value>,
{
    match state.to_value().into() {
        Value::String(Some(word)) => format!("'{}'", word.replace('\'', "''")),
        number => number.to_string(),
    }
}

/// Several of them for `IN (…)`, in the order given: a partial index is found by its very words.
#[must_use]
pub fn sql_values<E: ActiveEnum>(states: &[E]) -> String
where
    E::Value: Into<Value>,
{
    let values: Vec<String> = states.iter().map(sql_value).collect();
    values.join(", ")
}

/// The first row of a plain statement by the names of its columns, on a connection or in a transaction.
pub async fn row<T: FromQueryResult>(
    connection: &impl ConnectionTrait,
    sql: &str,
    values: impl IntoIterator<Item = Value>,
) -> Result<Option<T>, DbErr> {
    T::find_by_statement(statement(connection, sql, values))
        .one(connection)
        .await
}

/// All rows of a plain statement by the names of their columns.
pub async fn rows<T: FromQueryResult>(
    connection: &impl ConnectionTrait,
    sql: &str,
    values: impl IntoIterator<Item = Value>,
) -> Result<Vec<T>, DbErr> {
    T::find_by_statement(statement(connection, sql, values))
        .all(connection)
        .await
}

/// The only value of a statement's only row, such as a count. `None`: there is no row, or it is NULL.
pub async fn scalar<V: TryGetable>(
    connection: &impl ConnectionTrait,
    sql: &str,
    values: impl IntoIterator<Item = Value>,
) -> Result<Option<V>, DbErr> {
    let row = connection
        .query_one_raw(statement(connection, sql, values))
        .await?;
    row.map_or(Ok(None), |row| row.try_get_by_index::<Option<V>>(0))
}

/// The first value of each row, such as a list of ids.
pub async fn scalars<V: TryGetable>(
    connection: &impl ConnectionTrait,
    sql: &str,
    values: impl IntoIterator<Item = Value>,
) -> Result<Vec<V>, DbErr> {
    connection
        .query_all_raw(statement(connection, sql, values))
        .await?
        .iter()
        .map(|row| row.try_get_by_index(0))
        .collect()
}

/// Runs a plain statement on a connection or in a transaction; the number of rows that it changed.
pub async fn execute(
    connection: &impl ConnectionTrait,
    sql: &str,
    values: impl IntoIterator<Item = Value>,
) -> Result<u64, DbErr> {
    Ok(connection
        .execute_raw(statement(connection, sql, values))
        .await?
        .rows_affected())
}

fn statement(
    connection: &impl ConnectionTrait,
    sql: &str,
    values: impl IntoIterator<Item = Value>,
) -> Statement {
    Statement::from_sql_and_values(connection.get_database_backend(), sql, values)
}

/// `?` values for the statements above, from anything that sea-orm can store.
#[macro_export]
macro_rules! values {
    ($($value:expr),* $(,)?) => { [$(sea_orm::Value::from($value)),*] };
}

/// See [`Db::begin`].
async fn begin_writing(pool: &DatabaseConnection) -> Result<DatabaseTransaction, DbErr> {
    let sqlite = pool.get_database_backend() == DbBackend::Sqlite;
    pool.begin_with_options(sea_orm::TransactionOptions {
        sqlite_transaction_mode: sqlite.then_some(sea_orm::SqliteTransactionMode::Immediate),
        ..Default::default()
    })
    .await
}

/// Brings the database to this version: all steps or none, and of several processes that start at
/// once one does it while the others wait.
async fn migrate(pool: &DatabaseConnection) -> Result<(), DbError> {
    // Asked first: a start that has nothing to do need not wait for whoever writes.
    if missing_steps(pool).await? == 0 {
        return Ok(());
    }
    let steps = begin_writing(pool).await.map_err(DbError::Migrate)?;
    if pool.get_database_backend() == DbBackend::Postgres {
        // Held until the transaction ends. SQLite's write lock does the same.
        execute(
            &steps,
            "SELECT pg_advisory_xact_lock($1)",
            [MIGRATION_LOCK.into()],
        )
        .await
        .map_err(DbError::Migrate)?;
    }
    missing_steps(&steps).await?;
    Migrator::up(&steps, None).await.map_err(DbError::Migrate)?;
    steps.commit().await.map_err(DbError::Migrate)
}

/// The name of the advisory lock, in numbers: the letters `gazette`.
const MIGRATION_LOCK: i64 = 0x0067_617a_6574_7465;

/// How many steps the database lacks. An older binary must not work on a newer schema.
async fn missing_steps(connection: &impl ConnectionTrait) -> Result<usize, DbError> {
    let known: Vec<String> = Migrator::migrations()
        .iter()
        .map(|step| step.name().to_owned())
        .collect();
    let tables = match connection.get_database_backend() {
        DbBackend::Sqlite => "SELECT name FROM sqlite_master WHERE name = 'seaql_migrations'",
        _ => {
            "SELECT table_name::text FROM information_schema.tables WHERE table_schema = current_schema() AND table_name = 'seaql_migrations'"
        }
    };
    let table: Option<String> = scalar(connection, tables, [])
        .await
        .map_err(DbError::Migrate)?;
    if table.is_none() {
        return Ok(known.len());
    }
    let made = "SELECT version FROM seaql_migrations ORDER BY version";
    let made: Vec<String> = scalars(connection, made, [])
        .await
        .map_err(DbError::Migrate)?;
    match made.iter().find(|version| !known.contains(version)) {
        Some(version) => Err(DbError::Newer(version.clone())),
        None => Ok(known.len() - made.len()),
    }
}

/// Makes the file where there is none. Only then `auto_vacuum` is set, which lets a finished
/// newsletter's space go: it takes effect before the first table alone, and on a database in use it
/// would have every new connection wait for whoever is writing, be it the one that asks for it.
async fn create(url: &str) -> Result<(), DbErr> {
    let path = sqlite_path(url).unwrap_or_default();
    if std::fs::metadata(&path).is_ok_and(|file| file.len() > 0) {
        keep_from_others(&path);
        return Ok(());
    }
    // Made by us, so that nobody else may read it; its log gets the same rights. Where it cannot be
    // made, what opens it says why.
    let mut new = OpenOptions::new();
    new.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut new, 0o600);
    let _ = new.open(&path);
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(1)
        .sqlx_logging(false)
        .map_sqlx_sqlite_opts(|sqlite| {
            sqlite
                .busy_timeout(BUSY)
                .pragma("auto_vacuum", "INCREMENTAL")
                .pragma("journal_mode", "WAL")
        });
    Database::connect(options).await?.close().await
}

/// Takes the database's files from all who are neither its owner nor of its group.
#[cfg(unix)]
fn keep_from_others(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    for end in ["", "-wal", "-shm"] {
        let file = PathBuf::from(format!("{}{end}", path.display()));
        let Ok(mode) = std::fs::metadata(&file).map(|file| file.permissions().mode()) else {
            continue;
        };
        if mode & 0o007 == 0 {
            continue;
        }
        let private = std::fs::Permissions::from_mode(mode & 0o770);
        if let Err(error) = std::fs::set_permissions(&file, private) {
            tracing::warn!(file = %file.display(), %error, "everyone on this machine may read the database; run `chmod o= FILE`");
        }
    }
}

#[cfg(not(unix))]
fn keep_from_others(_: &Path) {}

/// How every connection to SQLite is set up.
fn sqlite_pragmas(
    synchronous: &'static str,
    secure_delete: &'static str,
    // Pages kept in memory, where negative in KiB: of each connection.
    cache_size: &'static str,
) -> [(&'static str, &'static str); 7] {
    [
        ("foreign_keys", "ON"),
        ("journal_mode", "WAL"),
        ("secure_delete", secure_delete),
        ("synchronous", synchronous),
        ("temp_store", "MEMORY"),
        ("cache_size", cache_size),
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
        // Longer than the wait for a lock: then the error says that it was the lock.
        .connect_timeout(Duration::from_secs(20))
        // And so that who stands behind a waiting one waits too.
        .acquire_timeout(Duration::from_secs(30))
        .sqlx_logging(false)
        // A full disk makes SQLite end a transaction by itself. sqlx goes on counting it and would
        // refuse every later one on that connection: such a connection is closed, not used again.
        .map_sqlx_sqlite_pool_opts(|pool| {
            pool.after_release(|connection, _| {
                Box::pin(async move {
                    // A transaction that was let go may still have its ROLLBACK before it.
                    if connection.is_in_transaction() {
                        connection.ping().await?;
                    }
                    Ok(!connection.is_in_transaction())
                })
            })
        })
        .map_sqlx_sqlite_opts(move |sqlite| {
            let sqlite = sqlite.busy_timeout(BUSY);
            // V2: what is deleted is overwritten, so that a person who was erased is not still to
            // be read in the file's free places.
            // Every write by another connection empties a connection's pages; the system keeps them
            // anyway, once for all.
            sqlite_pragmas(synchronous, "ON", "-1000")
                .into_iter()
                .fold(sqlite, |sqlite, (name, value)| sqlite.pragma(name, value))
        });
    options
}

/// The file, where it is SQLite.
#[must_use]
pub fn sqlite_path(url: &str) -> Option<PathBuf> {
    let rest = url.strip_prefix("sqlite:")?;
    let rest = rest.strip_prefix("//").unwrap_or(rest);
    Some(PathBuf::from(rest.split('?').next().unwrap_or(rest)))
}

/// The database as an error may name it: without user and password.
fn name_of(url: &str) -> String {
    match sqlite_path(url) {
        Some(path) => {
            let whole = std::path::absolute(&path).unwrap_or(path);
            format!("`{}`", whole.display())
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    async fn database() -> (Db, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/gazette.db", folder.path().display());
        (Db::open(&url).await.unwrap(), folder)
    }

    #[tokio::test]
    async fn who_writes_can_read_on_as_many_more_connections_as_there_are() {
        let (db, _folder) = database().await;
        let writing = db.begin().await.unwrap();
        let begun = std::time::Instant::now();
        let mut readers = Vec::new();
        for _ in 0..7 {
            let reader = db.pool().begin().await.unwrap();
            let row = reader
                .query_one_raw(db.statement("SELECT count(*) FROM topic", []))
                .await
                .unwrap();
            assert_eq!(row.unwrap().try_get_by_index::<i64>(0).unwrap(), 1);
            readers.push(reader);
        }
        assert!(begun.elapsed() < Duration::from_secs(5));
        writing.commit().await.unwrap();
        drop(readers);
        let row = db.one("PRAGMA auto_vacuum", []).await.unwrap().unwrap();
        assert_eq!(row.try_get_by_index::<i64>(0).unwrap(), 2, "incremental");
    }

    #[tokio::test]
    async fn a_transaction_that_sqlite_ended_for_want_of_room_does_not_bar_the_next() {
        let (db, _folder) = database().await;
        let transaction = db.begin().await.unwrap();
        transaction
            .execute_unprepared("PRAGMA max_page_count = 1")
            .await
            .unwrap();
        let stored = transaction
            .execute_raw(db.statement(
                "INSERT INTO office_setting (key, value, updated_at) VALUES ('x', $1, 0)",
                values!["x".repeat(100_000)],
            ))
            .await;
        assert!(stored.unwrap_err().to_string().contains("full"));
        drop(transaction);
        for _ in 0..20 {
            db.begin().await.unwrap().commit().await.unwrap();
        }
    }

    #[tokio::test]
    async fn the_queue_waits_for_another_writer_instead_of_failing() {
        let (db, _folder) = database().await;
        let writing = db.begin().await.unwrap();
        let queued = tokio::spawn({
            let db = db.clone();
            async move {
                let mut transaction = db.queue().begin().await?;
                transaction.execute("DELETE FROM worker", []).await?;
                transaction.commit().await?;
                db.queue().execute("DELETE FROM worker", []).await
            }
        });
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert!(!queued.is_finished());
        writing.commit().await.unwrap();
        assert_eq!(queued.await.unwrap().unwrap(), 0);
    }
}
