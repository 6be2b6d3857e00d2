//! Every table of one database into another, of the same kind or not.
//!
//! Both were migrated to the same version, so they have the same tables and columns; how each names a
//! column's kind is asked of it. Reading is one snapshot, writing one transaction, and what was written
//! is read again and compared before it counts.

use std::collections::{BTreeMap, BTreeSet};

use aws_lc_rs::digest;
use futures_util::TryStreamExt;
use sea_orm::{
    AccessMode, ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, FromQueryResult,
    IsolationLevel, QueryResult, Statement, StreamTrait, TransactionTrait, Value,
};
use serde::Serialize;

use super::transfer_error::TransferError;
use crate::db::{self, Db};

/// Values that one INSERT may carry: SQLite takes 32,766.
const VALUES: usize = 10_000;

/// What says which processes are alive: nothing of it is true elsewhere.
pub(super) const OF_PROCESSES: [&str; 2] = ["lease", "worker"];

/// The table of a backup that no database in use has.
pub(super) const BACKUP_TABLE: &str = "gazette_backup";

/// A table that was copied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CopiedTable {
    /// Its name.
    pub table: String,
    /// How many rows it has.
    pub rows: u64,
    /// SHA-256 of each row, added up: the same whatever order they are read in. Hexadecimal.
    pub hash: String,
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Integer,
    Real,
    Text,
    Bytes,
    Boolean,
}

#[derive(Debug, Clone)]
struct Column {
    name: String,
    kind: Kind,
    /// As the database itself calls it.
    declared: String,
}

#[derive(Debug, Clone)]
struct Table {
    name: String,
    columns: Vec<Column>,
}

/// Copies everything of `from` into `to`, which must be empty.
pub async fn copy_all(from: &Db, to: &Db) -> Result<Vec<CopiedTable>, TransferError> {
    let reading = from
        .pool()
        .begin_with_config(snapshot(from), access(from))
        .await?;
    let writing = to.begin().await?;
    if to.is_sqlite() {
        writing
            .execute_unprepared("PRAGMA defer_foreign_keys = ON")
            .await?;
    }
    wait_for_other_end(&reading).await?;
    wait_for_other_end(writing.inner()).await?;
    let sources = tables(&reading).await?;
    let targets = tables(writing.inner()).await?;
    is_empty(writing.inner(), to.name()).await?;
    for table in targets.values() {
        // What the schema itself put there, such as the first topic.
        writing
            .execute_unprepared(&format!("DELETE FROM \"{}\"", table.name))
            .await?;
    }
    let mut copied = Vec::new();
    for name in parents_first(&reading, sources.keys()).await? {
        let source = &sources[&name];
        let target = targets
            .get(&name)
            .filter(|target| target.columns.len() == source.columns.len())
            .ok_or_else(|| TransferError::NoTable(name.clone()))?;
        let read = copy(&reading, source, writing.inner(), target).await?;
        let written = sum(writing.inner(), &ordered_as(target, source)).await?;
        if read != written {
            return Err(TransferError::Differs(name));
        }
        copied.push(read);
    }
    if let Some(extra) = targets.keys().find(|name| !sources.contains_key(*name)) {
        return Err(TransferError::NoTable(extra.clone()));
    }
    let numbers = last_numbers(&reading).await?;
    go_on_after(writing.inner(), &numbers).await?;
    writing.commit().await?;
    reading.rollback().await?;
    Ok(copied)
}

/// One end stands still while the other works: PostgreSQL is not to take it for one that was stopped.
async fn wait_for_other_end(connection: &DatabaseTransaction) -> Result<(), DbErr> {
    if backend_of(connection) == DbBackend::Postgres {
        connection
            .execute_unprepared("SET LOCAL idle_in_transaction_session_timeout = 0")
            .await?;
    }
    Ok(())
}

fn backend_of(connection: &impl ConnectionTrait) -> DbBackend {
    connection.get_database_backend()
}

/// PostgreSQL shows each statement what was committed before it unless it is asked for one moment.
fn snapshot(db: &Db) -> Option<IsolationLevel> {
    (!db.is_sqlite()).then_some(IsolationLevel::RepeatableRead)
}

fn access(db: &Db) -> Option<AccessMode> {
    (!db.is_sqlite()).then_some(AccessMode::ReadOnly)
}

/// Ids go on after these, so that no number is given twice: links that were mailed name people by theirs.
pub(super) async fn go_on_after(
    connection: &DatabaseTransaction,
    numbers: &[LastNumber],
) -> Result<(), DbErr> {
    for LastNumber { name, last } in numbers {
        if backend_of(connection) == DbBackend::Sqlite {
            let sql = "UPDATE sqlite_sequence SET seq = max(seq, $2) WHERE name = $1";
            let known =
                db::execute(connection, sql, [name.as_str().into(), (*last).into()]).await?;
            if known == 0 {
                let sql = "INSERT INTO sqlite_sequence (name, seq) VALUES ($1, $2)";
                db::execute(connection, sql, [name.as_str().into(), (*last).into()]).await?;
            }
        } else {
            // A sequence holds no 0: a table that has given out no number yet begins at 1.
            let sql = "SELECT setval(pg_get_serial_sequence(quote_ident($1), 'id')::regclass, greatest($2, 1), $2 > 0)";
            let values = [name.as_str().into(), (*last).into()];
            db::scalar::<i64>(connection, sql, values).await?;
        }
    }
    Ok(())
}

/// The last number that a table gave out.
#[derive(Debug, Clone, FromQueryResult)]
pub(super) struct LastNumber {
    pub(super) name: String,
    pub(super) last: i64,
}

/// Those of all tables that count by themselves.
pub(super) async fn last_numbers(
    connection: &DatabaseTransaction,
) -> Result<Vec<LastNumber>, DbErr> {
    let sql = if backend_of(connection) == DbBackend::Sqlite {
        "SELECT name, seq AS last FROM sqlite_sequence"
    } else {
        "SELECT name, last FROM (
             SELECT table_name::text AS name,
                    pg_sequence_last_value(pg_get_serial_sequence(quote_ident(table_name), column_name)::regclass) AS last
             FROM information_schema.columns
             WHERE table_schema = current_schema() AND is_identity = 'YES') AS counted
         WHERE last IS NOT NULL"
    };
    db::rows(connection, sql, []).await
}

async fn is_empty(connection: &DatabaseTransaction, name: &str) -> Result<(), TransferError> {
    for table in ["subscriber", "newsletter", "staff", "consent", "audit"] {
        let sql = format!("SELECT count(*) FROM {table}");
        let rows: Option<i64> = db::scalar(connection, &sql, []).await?;
        if rows != Some(0) {
            return Err(TransferError::NotEmpty(name.to_owned()));
        }
    }
    Ok(())
}

#[derive(FromQueryResult)]
struct ColumnRow {
    table_name: String,
    column_name: String,
    declared: String,
}

/// Every table of ours, with its columns in the order of their names.
async fn tables(
    connection: &DatabaseTransaction,
) -> Result<BTreeMap<String, Table>, TransferError> {
    let sql = if backend_of(connection) == DbBackend::Sqlite {
        "SELECT t.name AS table_name, c.name AS column_name, lower(c.type) AS declared
         FROM sqlite_master t, pragma_table_info(t.name) c
         WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
         ORDER BY t.name, c.name"
    } else {
        "SELECT c.table_name::text AS table_name, c.column_name::text AS column_name,
                c.data_type::text AS declared
         FROM information_schema.columns c
         JOIN information_schema.tables t ON t.table_schema = c.table_schema AND t.table_name = c.table_name
         WHERE c.table_schema = current_schema() AND t.table_type = 'BASE TABLE'
         ORDER BY 1, 2"
    };
    let mut tables: BTreeMap<String, Table> = BTreeMap::new();
    for row in db::rows::<ColumnRow>(connection, sql, []).await? {
        let skipped = ["seaql_migrations", BACKUP_TABLE];
        if skipped.contains(&row.table_name.as_str())
            || OF_PROCESSES.contains(&row.table_name.as_str())
        {
            continue;
        }
        let table = tables
            .entry(row.table_name.clone())
            .or_insert_with(|| Table {
                name: row.table_name.clone(),
                columns: Vec::new(),
            });
        table.columns.push(Column {
            kind: kind(&row.declared),
            name: row.column_name,
            declared: row.declared,
        });
    }
    for table in tables.values_mut() {
        // The two sort differently, by the language that a database was made with.
        table.columns.sort_by(|a, b| a.name.cmp(&b.name));
    }
    Ok(tables)
}

fn kind(declared: &str) -> Kind {
    match declared {
        "boolean" => Kind::Boolean,
        "blob" | "bytea" => Kind::Bytes,
        "real" | "double precision" | "numeric" => Kind::Real,
        "integer" | "bigint" | "smallint" => Kind::Integer,
        _ => Kind::Text,
    }
}

#[derive(FromQueryResult)]
struct Reference {
    child: String,
    parent: String,
}

/// The tables so that each comes after those that it refers to.
async fn parents_first(
    connection: &DatabaseTransaction,
    names: impl Iterator<Item = &String>,
) -> Result<Vec<String>, DbErr> {
    let sql = if backend_of(connection) == DbBackend::Sqlite {
        "SELECT t.name AS child, f.\"table\" AS parent FROM sqlite_master t, pragma_foreign_key_list(t.name) f
         WHERE t.type = 'table'"
    } else {
        "SELECT conrelid::regclass::text AS child, confrelid::regclass::text AS parent
         FROM pg_constraint WHERE contype = 'f' AND connamespace = current_schema()::regnamespace"
    };
    let references: Vec<Reference> = db::rows(connection, sql, []).await?;
    let mut left: BTreeSet<String> = names.cloned().collect();
    let mut order = Vec::with_capacity(left.len());
    while !left.is_empty() {
        let waits = |name: &String| {
            references.iter().any(|r| {
                let parent = r.parent.trim_matches('"');
                r.child.trim_matches('"') == name && parent != name && left.contains(parent)
            })
        };
        let ready: Vec<String> = left.iter().filter(|name| !waits(name)).cloned().collect();
        // A circle would never be ready; then the rest goes as it is, and the database decides.
        let ready = if ready.is_empty() {
            left.iter().cloned().collect()
        } else {
            ready
        };
        for name in ready {
            left.remove(&name);
            order.push(name);
        }
    }
    Ok(order)
}

/// The target's table with the source's kinds, so that both are hashed alike.
fn ordered_as(target: &Table, source: &Table) -> Table {
    let columns = target
        .columns
        .iter()
        .zip(&source.columns)
        .map(|(target, source)| Column {
            // SQLite keeps truth as a number.
            kind: if source.kind == Kind::Boolean {
                Kind::Boolean
            } else {
                target.kind
            },
            ..target.clone()
        });
    Table {
        name: target.name.clone(),
        columns: columns.collect(),
    }
}

/// One value on its way.
#[derive(Debug, Clone, PartialEq)]
enum Cell {
    Null,
    Integer(i64),
    Real(f64),
    Text(String),
    Bytes(Vec<u8>),
    Boolean(bool),
}

fn select(connection: &DatabaseTransaction, table: &Table) -> Statement {
    let backend = backend_of(connection);
    let columns: Vec<String> = table
        .columns
        .iter()
        .map(|column| sql_read(backend, column))
        .collect();
    let sql = format!("SELECT {} FROM \"{}\"", columns.join(", "), table.name);
    Statement::from_string(backend, sql)
}

/// SQL text: the column in one of the few types that [`read`] knows.
fn sql_read(backend: DbBackend, column: &Column) -> String {
    let wanted = match (column.kind, backend) {
        (Kind::Integer, DbBackend::Sqlite) | (Kind::Boolean, _) => "INTEGER",
        (Kind::Integer, _) => "BIGINT",
        (Kind::Real, DbBackend::Sqlite) => "REAL",
        (Kind::Real, _) => "DOUBLE PRECISION",
        (Kind::Bytes, DbBackend::Sqlite) => "BLOB",
        (Kind::Bytes, _) => "BYTEA",
        (Kind::Text, _) => "TEXT",
    };
    format!("CAST(\"{0}\" AS {wanted}) AS \"{0}\"", column.name)
}

fn read(row: &QueryResult, column: &Column, backend: DbBackend) -> Result<Cell, DbErr> {
    let name = column.name.as_str();
    Ok(match column.kind {
        Kind::Integer => row
            .try_get::<Option<i64>>("", name)?
            .map_or(Cell::Null, Cell::Integer),
        Kind::Boolean if backend == DbBackend::Sqlite => row
            .try_get::<Option<i64>>("", name)?
            .map_or(Cell::Null, |truth| Cell::Boolean(truth != 0)),
        Kind::Boolean => row
            .try_get::<Option<i32>>("", name)?
            .map_or(Cell::Null, |truth| Cell::Boolean(truth != 0)),
        Kind::Real => row
            .try_get::<Option<f64>>("", name)?
            .map_or(Cell::Null, Cell::Real),
        Kind::Text => row
            .try_get::<Option<String>>("", name)?
            .map_or(Cell::Null, Cell::Text),
        Kind::Bytes => row
            .try_get::<Option<Vec<u8>>>("", name)?
            .map_or(Cell::Null, Cell::Bytes),
    })
}

/// Rows and hashes, added up.
#[derive(Default)]
struct Sum {
    rows: u64,
    hash: [u64; 4],
}

impl Sum {
    fn add(&mut self, row: &[Cell]) {
        let mut context = digest::Context::new(&digest::SHA256);
        for cell in row {
            let (mark, bytes) = match cell {
                Cell::Null => (0u8, Vec::new()),
                Cell::Integer(number) => (1, number.to_be_bytes().to_vec()),
                Cell::Real(number) => (2, number.to_be_bytes().to_vec()),
                Cell::Text(text) => (3, text.as_bytes().to_vec()),
                Cell::Bytes(bytes) => (4, bytes.clone()),
                Cell::Boolean(truth) => (5, vec![u8::from(*truth)]),
            };
            context.update(&[mark]);
            context.update(&(bytes.len() as u64).to_be_bytes());
            context.update(&bytes);
        }
        let digest = context.finish();
        for (sum, part) in self.hash.iter_mut().zip(digest.as_ref().chunks_exact(8)) {
            let part = part.try_into().map(u64::from_be_bytes).unwrap_or_default();
            *sum = sum.wrapping_add(part);
        }
        self.rows += 1;
    }

    fn of(self, table: &str) -> CopiedTable {
        let bytes: Vec<u8> = self
            .hash
            .iter()
            .flat_map(|part| part.to_be_bytes())
            .collect();
        CopiedTable {
            table: table.to_owned(),
            rows: self.rows,
            hash: data_encoding::HEXLOWER.encode(&bytes),
        }
    }
}

async fn sum(connection: &DatabaseTransaction, table: &Table) -> Result<CopiedTable, DbErr> {
    let backend = backend_of(connection);
    let mut sum = Sum::default();
    let mut rows = connection.stream_raw(select(connection, table)).await?;
    while let Some(row) = rows.try_next().await? {
        sum.add(&cells(&row, table, backend)?);
    }
    Ok(sum.of(&table.name))
}

fn cells(row: &QueryResult, table: &Table, backend: DbBackend) -> Result<Vec<Cell>, DbErr> {
    let columns = table.columns.iter();
    columns.map(|column| read(row, column, backend)).collect()
}

async fn copy(
    from: &DatabaseTransaction,
    source: &Table,
    to: &DatabaseTransaction,
    target: &Table,
) -> Result<CopiedTable, DbErr> {
    let backend = backend_of(from);
    let at_once = (VALUES / source.columns.len().max(1)).max(1);
    let mut sum = Sum::default();
    let mut batch: Vec<Vec<Cell>> = Vec::with_capacity(at_once.min(1_000));
    let mut rows = from.stream_raw(select(from, source)).await?;
    while let Some(row) = rows.try_next().await? {
        let row = cells(&row, source, backend)?;
        sum.add(&row);
        batch.push(row);
        if batch.len() == at_once {
            insert(to, target, &mut batch).await?;
        }
    }
    drop(rows);
    insert(to, target, &mut batch).await?;
    Ok(sum.of(&source.name))
}

async fn insert(
    to: &DatabaseTransaction,
    table: &Table,
    batch: &mut Vec<Vec<Cell>>,
) -> Result<(), DbErr> {
    if batch.is_empty() {
        return Ok(());
    }
    let backend = backend_of(to);
    let names: Vec<String> = table
        .columns
        .iter()
        .map(|column| format!("\"{}\"", column.name))
        .collect();
    let mut number = 0;
    let rows: Vec<String> = batch
        .iter()
        .map(|row| {
            let places: Vec<String> = row
                .iter()
                .zip(&table.columns)
                .map(|(_, column)| {
                    number += 1;
                    if backend == DbBackend::Sqlite {
                        // A name such as `$1` is looked for among all names, for each value.
                        "?".to_owned()
                    } else {
                        format!("CAST(${number} AS {})", column.declared)
                    }
                })
                .collect();
            format!("({})", places.join(", "))
        })
        .collect();
    let sql = format!(
        "INSERT INTO \"{}\" ({}) VALUES {}",
        table.name,
        names.join(", "),
        rows.join(", ")
    );
    let values = batch
        .drain(..)
        .flat_map(|row| row.into_iter().zip(&table.columns))
        .map(|(cell, column)| value(cell, column.kind));
    let statement = Statement::from_sql_and_values(backend, sql, values.collect::<Vec<_>>());
    to.execute_raw(statement).await?;
    Ok(())
}

fn value(cell: Cell, kind: Kind) -> Value {
    match (cell, kind) {
        (Cell::Null, Kind::Integer) => Value::BigInt(None),
        (Cell::Null, Kind::Real) => Value::Double(None),
        (Cell::Null, Kind::Text) => Value::from(None::<String>),
        (Cell::Null, Kind::Bytes) => Value::from(None::<Vec<u8>>),
        (Cell::Null, Kind::Boolean) => Value::Bool(None),
        (Cell::Integer(number), _) => Value::from(number),
        (Cell::Real(number), _) => Value::from(number),
        (Cell::Text(text), _) => Value::from(text),
        (Cell::Bytes(bytes), _) => Value::from(bytes),
        (Cell::Boolean(truth), _) => Value::from(truth),
    }
}
