//! The database: connecting, migrating, and what SQLite and PostgreSQL do differently.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use sea_orm::{
    ConnAcquireErr, ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend,
    DbErr, QueryResult, Statement, Value,
};
use tokio_rustls::rustls;

mod checkpoints;
#[cfg(test)]
mod connections_of_tests;
#[cfg(test)]
pub(crate) mod database_for_tests;
mod db_error;
mod lease_fence;
mod migrations;
mod postgres_queue;
mod postgres_start;
mod queue_connection;
mod sqlite_options;
#[cfg(test)]
pub(crate) mod statement_log;
mod statements;
mod write_transaction;
mod write_turns;
mod writer;

pub use db_error::{DbError, advice, held_locked, trouble};
pub use lease_fence::Fence;
pub use queue_connection::{Columns, Queue, Transaction};
pub use sqlite_options::{is_sqlite_file, sqlite_path};
pub use statements::{
    execute, like_literal, row, rows, scalar, scalars, sql_rows_of_values, sql_value, sql_values,
};
pub use write_transaction::WriteTransaction;
pub use writer::Writer;

use migrations::migrate;
use postgres_queue::PostgresQueue;
use postgres_start::await_server;
use sqlite_options::{
    create, foreign_table_of_file, must_be_a_file, sqlite_options, sqlite_pragmas,
};
use write_turns::{ACQUIRE_TIMEOUT, WriteTurns};

/// How long a transaction on PostgreSQL may stand between two statements. What a process holds that is
/// stopped in the middle of one, with its container or its machine, would stay locked for as long: nobody could
/// take over its mails, and whoever leaves would wait. The server ends it, and nothing of it counts.
const IDLE_IN_TRANSACTION: &str = "10s";

/// How the queue's connections to PostgreSQL are set, once they are open: a pooler such as `PgBouncer` lets no
/// `options` through while they open. Commits do not wait for the disk. Each statement
/// is planned once, not every time: planning costs more than running it. And it has its index: a table
/// that was empty when the plan was made, or that has no statistics yet, is not walked from end to end
/// once it is long.
const QUEUE_SETTINGS: [(&str, &str); 6] = [
    ("idle_in_transaction_session_timeout", IDLE_IN_TRANSACTION),
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
    /// For what writes. On SQLite one connection: its pages stay in its memory, which another one's writing would
    /// empty, and there is one writer at a time anyway. On PostgreSQL the pool.
    writers: DatabaseConnection,
    /// The delivery queue's own. It does not wait for the disk at each commit: a killed process
    /// loses nothing, and a power cut costs at most repeated messages.
    queue: Queue,
    /// Who writes on SQLite, one after the other.
    turns: Arc<WriteTurns>,
    /// Set for who works under a lease.
    fence: Option<Fence>,
    /// See [`Db::name`].
    name: Arc<str>,
    /// Where it is SQLite.
    file: Option<Arc<Path>>,
}

/// How many connections the pool has.
#[cfg(not(test))]
const fn connections(of_program: u32) -> u32 {
    of_program
}
#[cfg(test)]
use connections_of_tests::at_most as connections;
#[cfg(test)]
pub(crate) use connections_of_tests::several_connections;

/// Whether there is no database yet: no file, or an empty one. What may not be looked at is opened, and then
/// says so.
fn is_missing(path: &Path) -> bool {
    match std::fs::metadata(path) {
        Ok(file) => file.is_file() && file.len() == 0,
        Err(error) => error.kind() == std::io::ErrorKind::NotFound,
    }
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
                let path = sqlite_path(&url).unwrap_or_default();
                must_be_a_file(&path).map_err(failed)?;
                if path.exists()
                    && let Some(table) = foreign_table_of_file(&path)
                {
                    return Err(DbError::Foreign(name, table));
                }
                create(&url).await.map_err(failed)?;
                let pool = Database::connect(sqlite_options(&url, connections(8), "FULL"))
                    .await
                    .map_err(failed)?;
                #[cfg(test)]
                let pool = statement_log::audible(pool);
                migrate(&pool, &name).await?;
                let writers = Database::connect(sqlite_options(&url, 1, "FULL"))
                    .await
                    .map_err(failed)?;
                #[cfg(test)]
                let writers = statement_log::audible(writers);
                // It holds numbers, no addresses.
                let pragmas = sqlite_pragmas("NORMAL", "OFF", "-8000");
                let queue = Queue::sqlite(&path, &pragmas).map_err(failed)?;
                Self {
                    pool,
                    writers,
                    queue,
                    turns: checkpoints::turns_of_file(&path),
                    fence: None,
                    name: name.into(),
                    file: sqlite_path(&url).map(Into::into),
                }
            }
            Some("postgres" | "postgresql") => {
                // Two libraries for it are built in, and sqlx asks for the one of the process.
                // Somebody may have said it before.
                let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
                await_server(url).await.map_err(failed)?;
                let mut options = ConnectOptions::new(url);
                options
                    .max_connections(connections(16))
                    .connect_timeout(Duration::from_secs(10))
                    .acquire_timeout(ACQUIRE_TIMEOUT)
                    .sqlx_logging(false)
                    .map_sqlx_postgres_pool_opts(|pool| {
                        pool.after_connect(|connection, _| {
                            Box::pin(async move {
                                let sql = "SELECT set_config('idle_in_transaction_session_timeout', $1, false)";
                                let set = sea_orm::sqlx::query(sql).bind(IDLE_IN_TRANSACTION);
                                set.execute(connection).await.map(drop)
                            })
                        })
                    });
                let pool = Database::connect(options.clone()).await.map_err(failed)?;
                #[cfg(test)]
                let pool = statement_log::audible(pool);
                migrate(&pool, &name).await?;
                let server = pool.get_postgres_connection_pool().connect_options();
                let queue = PostgresQueue::new((*server).clone(), &QUEUE_SETTINGS);
                Self {
                    queue: Queue::Postgres(queue),
                    writers: pool.clone(),
                    pool,
                    turns: Arc::default(),
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

    /// A migrated SQLite database of which a simulation holds both ends.
    #[must_use]
    pub fn simulated(pool: DatabaseConnection, queue: rusqlite::Connection) -> Self {
        Self {
            writers: pool.clone(),
            pool,
            queue: Queue::over(queue),
            turns: Arc::default(),
            fence: None,
            name: "simulated".into(),
            file: None,
        }
    }

    /// Opens a database that is there already, and runs the migrations.
    pub async fn open_existing(url: &str) -> Result<Self, DbError> {
        if sqlite_path(url).is_some_and(|path| is_missing(&path)) {
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
        self.writers.clone().close().await?;
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
        let Some(file) = self.file.clone().filter(|file| file.exists()) else {
            return Ok(());
        };
        let _alone = self.turns.folding.lock().await;
        let emptied = tokio::task::spawn_blocking(move || checkpoints::empty(&file)).await;
        let emptied = emptied.map_err(|error| DbErr::Custom(error.to_string()))?;
        emptied.map_err(queue_connection::failed)
    }

    /// The pool, for what entities and queries read. What they write goes to [`Db::writer`] or stands in a
    /// transaction.
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

    /// For single writes of entities and builders, in no transaction of their own: fenced, as a
    /// transaction is.
    #[must_use]
    pub fn writer(&self) -> Writer<'_> {
        Writer(self)
    }

    /// Runs a statement; the number of rows that it changed.
    pub async fn execute(
        &self,
        sql: &str,
        values: impl IntoIterator<Item = Value>,
    ) -> Result<u64, DbErr> {
        execute(&self.writer(), sql, values).await
    }

    /// Runs a statement whose loss in a power cut does no harm, such as the renewal of a lease: its commit
    /// does not wait for the disk.
    pub async fn execute_not_waiting_for_disk(
        &self,
        sql: &str,
        values: impl IntoIterator<Item = Value>,
    ) -> Result<u64, DbErr> {
        let mut transaction = self.queue.begin().await?;
        let changed = transaction.execute(sql, values).await?;
        transaction.commit().await?;
        Ok(changed)
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

    /// SQL text: the lock that a statement written out takes on the rows it reads, such as `FOR SHARE`; the
    /// query builder does the same by itself. Nothing on `SQLite`, whose one writer holds everything.
    #[must_use]
    pub fn sql_lock(&self, lock: &'static str) -> &'static str {
        if self.is_sqlite() { "" } else { lock }
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
    /// another writer came between. And whoever begins one there stands behind those of this process who asked
    /// before; on PostgreSQL everybody writes at once.
    pub async fn begin(&self) -> Result<WriteTransaction, DbErr> {
        let turn = if self.is_sqlite() {
            let turn = tokio::time::timeout(ACQUIRE_TIMEOUT, self.turns.next()).await;
            Some(turn.map_err(|_| DbErr::ConnectionAcquire(ConnAcquireErr::Timeout))?)
        } else {
            None
        };
        let transaction = WriteTransaction::begin(&self.writers, turn).await?;
        if let Some(fence) = &self.fence {
            fence.check(&transaction).await?;
        }
        Ok(transaction)
    }

    /// How often somebody had to wait for their turn at writing: where it grows while something goes on in the background,
    /// others want to write.
    #[must_use]
    pub fn turns_waited_for(&self) -> u64 {
        self.turns.waited_for()
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
    use sea_orm::TransactionTrait;

    use super::*;
    use crate::values;

    async fn database() -> (Db, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/gazette.db", folder.path().display());
        (Db::open(&url).await.unwrap(), folder)
    }

    #[tokio::test]
    async fn who_writes_can_read_on_as_many_more_connections_as_there_are() {
        several_connections();
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
    async fn another_programs_file_is_refused_and_stays_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("places.sqlite");
        let other = rusqlite::Connection::open(&path).unwrap();
        other
            .execute_batch("CREATE TABLE bookmarks (id INTEGER PRIMARY KEY); INSERT INTO bookmarks VALUES (7);")
            .unwrap();
        drop(other);
        let before = std::fs::read(&path).unwrap();
        let refused = Db::open(&format!("sqlite://{}", path.display())).await;
        let why = refused.unwrap_err().to_string();
        assert!(
            why.contains("another program's") && why.contains("bookmarks"),
            "{why}"
        );
        assert_eq!(std::fs::read(&path).unwrap(), before);
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

    #[cfg(unix)]
    fn mode(path: &Path) -> u32 {
        use std::os::unix::fs::PermissionsExt;
        std::fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[cfg(unix)]
    fn set_mode(path: &Path, mode: u32) {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    }

    /// A path that was mistyped may be a file that everybody needs.
    #[cfg(unix)]
    #[tokio::test]
    async fn what_is_no_database_keeps_its_rights_and_its_content() {
        let folder = tempfile::tempdir().unwrap();
        let text = folder.path().join("passwd");
        std::fs::write(&text, "root:x:0:0:root:/root:/bin/bash\n").unwrap();
        set_mode(&text, 0o644);
        let place = folder.path().join("place");
        std::fs::create_dir(&place).unwrap();
        set_mode(&place, 0o755);
        for (path, before) in [(&text, 0o644), (&place, 0o755)] {
            let url = format!("sqlite://{}", path.display());
            assert!(Db::open(&url).await.is_err(), "{url}");
            assert!(Db::open_existing(&url).await.is_err(), "{url}");
            assert_eq!(mode(path), before, "{url}");
        }
        let says = std::fs::read_to_string(&text).unwrap();
        assert_eq!(says, "root:x:0:0:root:/root:/bin/bash\n");
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn an_empty_file_is_no_database_yet_and_becomes_one_that_nobody_else_reads() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("gazette.db");
        std::fs::write(&file, "").unwrap();
        set_mode(&file, 0o644);
        let url = format!("sqlite://{}", file.display());
        let missing = Db::open_existing(&url).await;
        assert!(matches!(missing, Err(DbError::Missing(_))));
        assert_eq!(std::fs::metadata(&file).unwrap().len(), 0);
        Db::open(&url).await.unwrap().close().await.unwrap();
        assert_eq!(mode(&file), 0o640);
    }
}
