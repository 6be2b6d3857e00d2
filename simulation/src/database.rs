//! One database for all simulated processes: SQLite in memory's file system, called in place.
//!
//! The delivery queue calls SQLite in place anyway. The rest of Gazette goes through sea-orm, whose
//! own driver answers from another thread; here [`Pool`] stands for that, so that an answer comes in
//! the same instant in every run.

use std::{
    cell::Cell,
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use anyhow::Result;
use gazette::{app::App, clock::Clock, config::Settings, db::Db, office::Office};
use rusqlite::{
    Connection,
    config::DbConfig,
    trace::{TraceEvent, TraceEventCodes},
    types::{Value as Sqlite, ValueRef},
};
use sea_orm::{
    DatabaseConnection, DatabaseConnectionType, DbBackend, DbErr, ExecResult, MockDatabase,
    MockDatabaseConnection, MockDatabaseTrait, MockExecResult, QueryResult, RuntimeErr, Statement,
    Transaction, Value,
};
use tempfile::TempDir;
use tokio::task::Id;

use crate::sabotage::Sabotage;

thread_local! {
    /// Statements begun on this thread: one seed runs on one thread.
    static STATEMENTS: Cell<u64> = const { Cell::new(0) };
}

/// Statements begun by the seed that runs on this thread.
pub fn statements() -> u64 {
    STATEMENTS.get()
}

fn count(_: TraceEvent<'_>) {
    STATEMENTS.set(STATEMENTS.get() + 1);
}

/// A migrated database with an office and nobody in it, to be copied.
#[derive(Debug)]
pub struct Template {
    file: PathBuf,
    _folder: TempDir,
}

impl Template {
    /// Makes it as `gazette migrate` does.
    pub fn make(settings: impl Fn(&str) -> Settings) -> Result<Self> {
        let folder = folder()?;
        let file = folder.path().join("template.db");
        let url = format!("sqlite://{}", file.display());
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        runtime.block_on(async {
            let app = App::open(settings(&url), Clock::fixed_at(crate::plan::START)).await?;
            let office = [
                ("name", "Office of Rep. Jane Doe"),
                ("from", "news@doe.example"),
                ("postal-address", "1 Main Street, Tustin, CA"),
            ];
            Office::set_all(&app.db, "operator", &office, 0).await?;
            anyhow::Ok(app.db.close().await?)
        })?;
        Ok(Self {
            file,
            _folder: folder,
        })
    }
}

fn folder() -> Result<TempDir> {
    let memory = Path::new("/dev/shm");
    Ok(if memory.is_dir() {
        tempfile::tempdir_in(memory)?
    } else {
        tempfile::tempdir()?
    })
}

/// The database of one seed.
#[derive(Debug)]
pub struct Database {
    file: PathBuf,
    _folder: TempDir,
}

impl Database {
    /// A copy of the template.
    pub fn copy(template: &Template, sabotage: Option<Sabotage>) -> Result<Self> {
        let folder = folder()?;
        let file = folder.path().join("gazette.db");
        std::fs::copy(&template.file, &file)?;
        if let Some(sabotage) = sabotage {
            Connection::open(&file)?.execute_batch(sabotage.sql())?;
        }
        Ok(Self {
            file,
            _folder: folder,
        })
    }

    /// One more connection.
    pub fn connect(&self) -> Result<Connection> {
        let connection = Connection::open(&self.file)?;
        // Whoever finds it locked waits in simulated time.
        connection.busy_timeout(Duration::ZERO)?;
        for (pragma, value) in [
            ("foreign_keys", "ON"),
            ("journal_mode", "WAL"),
            ("synchronous", "OFF"),
            ("temp_store", "MEMORY"),
        ] {
            connection.pragma_update(None, pragma, value)?;
        }
        // As the program sets its own: a statement is planned once.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        Ok(connection)
    }

    /// What one process has of it; `fails` makes its statements fail.
    pub fn open(&self, fails: &Arc<AtomicBool>) -> Result<Db> {
        let queue = self.connect()?;
        queue.trace_v2(TraceEventCodes::SQLITE_TRACE_STMT, Some(count));
        let pool = Pool::new(self.connect()?, fails.clone())?.connect();
        let fails = fails.clone();
        queue.commit_hook(Some(move || fails.load(Ordering::Relaxed)))?;
        Ok(Db::simulated(pool, queue))
    }
}

/// Expressions that are read as something else than a 64-bit number.
const EXPRESSIONS: [(&str, Kind); 2] = [("min(state)", Kind::Short), ("enqueued", Kind::Bool)];

/// The table whose number has 32 bits: it has one row.
const ONE_ROW: &str = "FROM \"release_event_cursor\"";

/// How a column is read; SQLite itself knows only numbers, texts and bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Bool,
    Short,
    Int,
    Long,
    Text,
    Bytes,
}

impl Kind {
    fn declared(declared: &str) -> Self {
        match declared.to_ascii_uppercase().as_str() {
            "BOOLEAN" => Self::Bool,
            "SMALLINT" => Self::Short,
            "INTEGER" => Self::Int,
            "TEXT" => Self::Text,
            "BLOB" => Self::Bytes,
            _ => Self::Long,
        }
    }
}

/// Whose transaction it is: a task's, or where there is no number the story's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Owner(Option<Id>);

/// Stands for sea-orm's pool of connections: sea-orm lets tests put a database of their own behind it.
/// Nobody waits here: while another program is writing, a statement fails, as it does elsewhere after
/// fifteen seconds.
struct Pool {
    connection: Connection,
    /// The task whose transaction is open. Nothing that a task does within one takes time, so no
    /// other comes in between.
    owner: Option<Owner>,
    /// Its transaction could not begin.
    is_doomed: bool,
    fails: Arc<AtomicBool>,
    /// Columns that are called the same and are of the same kind in all tables.
    columns: BTreeMap<String, Option<Kind>>,
    /// Names of numbers of 32 bits.
    integers: BTreeSet<String>,
}

impl std::fmt::Debug for Pool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pool")
    }
}

impl Pool {
    fn new(connection: Connection, fails: Arc<AtomicBool>) -> Result<Self> {
        let mut columns: BTreeMap<String, Option<Kind>> = BTreeMap::new();
        let mut integers = BTreeSet::new();
        {
            let sql = "SELECT c.name, c.type FROM sqlite_master t, pragma_table_info(t.name) c WHERE t.type = 'table'";
            let mut statement = connection.prepare(sql)?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let (name, declared): (String, String) = (row.get(0)?, row.get(1)?);
                // A number of the table's own has 64 bits.
                let kind = Some(Kind::declared(&declared)).filter(|_| name != "id");
                let kind = kind.unwrap_or(Kind::Long);
                if kind == Kind::Int {
                    integers.insert(name.clone());
                }
                let known = columns.entry(name).or_insert(Some(kind));
                if *known != Some(kind) {
                    *known = None;
                }
            }
        }
        for (name, kind) in EXPRESSIONS {
            columns.insert(name.to_owned(), Some(kind));
        }
        connection.trace_v2(TraceEventCodes::SQLITE_TRACE_STMT, Some(count));
        connection.set_prepared_statement_cache_capacity(128);
        Ok(Self {
            connection,
            owner: None,
            is_doomed: false,
            fails,
            columns,
            integers,
        })
    }

    fn connect(self) -> DatabaseConnection {
        let pool = MockDatabaseConnection::new(self);
        DatabaseConnectionType::MockDatabaseConnection(Arc::new(pool)).into()
    }

    fn check(&self) -> Result<(), DbErr> {
        let task = Owner(tokio::task::try_id());
        assert!(
            self.owner.is_none_or(|owner| owner == task),
            "a transaction took time: another task came in between"
        );
        if self.fails.load(Ordering::Relaxed) || self.is_doomed {
            return Err(failed("disk I/O error"));
        }
        Ok(())
    }

    fn end(&mut self, how: &str) {
        if self.owner.take().is_some() && !std::mem::take(&mut self.is_doomed) {
            let ended = self.connection.execute_batch(how);
            assert!(ended.is_ok(), "{how}: {ended:?}");
        }
    }

    fn kind(&self, column: &str, declared: Option<&str>, sql: &str) -> Option<Kind> {
        if column == "id" && sql.contains(ONE_ROW) {
            return Some(Kind::Int);
        }
        let is_exists = |name: &str| name.starts_with("EXISTS") || name.contains(" EXISTS (");
        match declared {
            Some(declared) => Some(match Kind::declared(declared) {
                // The number of a row, under this or another name.
                Kind::Int if !self.integers.contains(column) => Kind::Long,
                kind => kind,
            }),
            None if is_exists(column) => Some(Kind::Bool),
            None => self.columns.get(column).copied().flatten(),
        }
    }

    fn rows(&self, statement: &Statement) -> rusqlite::Result<Vec<BTreeMap<String, Value>>> {
        let mut prepared = self.connection.prepare_cached(&statement.sql)?;
        bind(&mut prepared, statement)?;
        let columns: Vec<(String, Option<Kind>)> = prepared
            .columns()
            .iter()
            .map(|column| {
                let name = column.name().to_owned();
                let kind = self.kind(&name, column.decl_type(), &statement.sql);
                (name, kind)
            })
            .collect();
        let mut found = Vec::new();
        let mut rows = prepared.raw_query();
        while let Some(row) = rows.next()? {
            let mut values = BTreeMap::new();
            for (at, (name, kind)) in columns.iter().enumerate() {
                values.insert(name.clone(), read(row.get_ref(at)?, *kind));
            }
            found.push(values);
        }
        Ok(found)
    }

    fn run(&self, statement: &Statement) -> rusqlite::Result<MockExecResult> {
        let mut prepared = self.connection.prepare_cached(&statement.sql)?;
        bind(&mut prepared, statement)?;
        let rows_affected = prepared.raw_execute()? as u64;
        Ok(MockExecResult {
            last_insert_id: self.connection.last_insert_rowid() as u64,
            rows_affected,
        })
    }
}

impl MockDatabaseTrait for Pool {
    fn execute(&mut self, _: usize, statement: Statement) -> Result<ExecResult, DbErr> {
        self.check()?;
        let done = self
            .run(&statement)
            .map_err(|error| failed(&error.to_string()))?;
        // Only sea-orm itself makes what it returns.
        let answer = MockDatabase::new(DbBackend::Sqlite);
        answer.append_exec_results([done]).execute(0, statement)
    }

    fn query(&mut self, _: usize, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.check()?;
        let found = self
            .rows(&statement)
            .map_err(|error| failed(&error.to_string()))?;
        let answer = MockDatabase::new(DbBackend::Sqlite);
        answer.append_query_results([found]).query(0, statement)
    }

    fn begin(&mut self) {
        assert!(
            self.owner.is_none(),
            "a transaction took time, or holds another"
        );
        self.owner = Some(Owner(tokio::task::try_id()));
        self.is_doomed = self.connection.execute_batch("BEGIN IMMEDIATE").is_err();
    }

    fn commit(&mut self) {
        self.end("COMMIT");
    }

    fn rollback(&mut self) {
        self.end("ROLLBACK");
    }

    fn drain_transaction_log(&mut self) -> Vec<Transaction> {
        Vec::new()
    }

    fn get_database_backend(&self) -> DbBackend {
        DbBackend::Sqlite
    }

    fn ping(&self) -> Result<(), DbErr> {
        Ok(())
    }
}

fn failed(words: &str) -> DbErr {
    DbErr::Exec(RuntimeErr::Internal(words.to_owned()))
}

/// `$2` is the second value wherever it stands; `?` takes them in turn.
fn bind(prepared: &mut rusqlite::Statement<'_>, statement: &Statement) -> rusqlite::Result<()> {
    let Some(values) = &statement.values else {
        return Ok(());
    };
    for at in 1..=prepared.parameter_count() {
        let numbered = prepared
            .parameter_name(at)
            .and_then(|name| name.get(1..)?.parse::<usize>().ok());
        if let Some(value) = values.0.get(numbered.unwrap_or(at) - 1) {
            prepared.raw_bind_parameter(at, write(value))?;
        }
    }
    Ok(())
}

fn write(value: &Value) -> Sqlite {
    fn integer<T: Into<i64> + Copy>(number: Option<T>) -> Sqlite {
        number.map_or(Sqlite::Null, |number| Sqlite::Integer(number.into()))
    }
    match value {
        Value::Bool(yes) => integer(*yes),
        Value::SmallInt(number) => integer(*number),
        Value::Int(number) => integer(*number),
        Value::Unsigned(number) => integer(*number),
        Value::BigInt(number) => integer(*number),
        Value::BigUnsigned(number) => integer(number.map(|number| number as i64)),
        Value::Double(number) => number.map_or(Sqlite::Null, Sqlite::Real),
        Value::String(text) => text.clone().map_or(Sqlite::Null, Sqlite::Text),
        Value::Bytes(bytes) => bytes.clone().map_or(Sqlite::Null, Sqlite::Blob),
        other => panic!("the simulated database has no column for {other:?}"),
    }
}

fn read(value: ValueRef<'_>, kind: Option<Kind>) -> Value {
    match (value, kind) {
        (ValueRef::Null, kind) => match kind {
            Some(Kind::Bool) => Value::Bool(None),
            Some(Kind::Short) => Value::SmallInt(None),
            Some(Kind::Int) => Value::Int(None),
            Some(Kind::Text) => Value::String(None),
            Some(Kind::Bytes) => Value::Bytes(None),
            Some(Kind::Long) | None => Value::BigInt(None),
        },
        (ValueRef::Integer(number), Some(Kind::Bool)) => Value::Bool(Some(number != 0)),
        (ValueRef::Integer(number), Some(Kind::Short)) => Value::SmallInt(Some(number as i16)),
        (ValueRef::Integer(number), Some(Kind::Int)) => Value::Int(Some(number as i32)),
        (ValueRef::Integer(number), _) => Value::BigInt(Some(number)),
        (ValueRef::Real(number), _) => Value::Double(Some(number)),
        (ValueRef::Text(text), _) => {
            Value::String(Some(String::from_utf8_lossy(text).into_owned()))
        }
        (ValueRef::Blob(bytes), _) => Value::Bytes(Some(bytes.to_vec())),
    }
}
