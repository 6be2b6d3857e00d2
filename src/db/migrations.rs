//! Bringing the database to this version.

use gazette_migration::Migrator;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr};
use sea_orm_migration::MigratorTrait;

use super::{
    db_error::DbError,
    sqlite_options::SQLITE_FOREIGN_TABLE,
    statements::{execute, scalar, scalars},
    write_transaction::WriteTransaction,
};

/// Brings the database to this version: all steps or none, and of several processes that start at
/// once one does it while the others wait.
pub(super) async fn migrate(pool: &DatabaseConnection, name: &str) -> Result<(), DbError> {
    // Asked first: a start that has nothing to do need not wait for whoever writes.
    if missing_steps(pool, name).await? == 0 {
        return Ok(());
    }
    let steps = WriteTransaction::begin(pool, None)
        .await
        .map_err(DbError::Migrate)?;
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
    missing_steps(steps.inner(), name).await?;
    Migrator::up(steps.inner(), None)
        .await
        .map_err(DbError::Migrate)?;
    steps.commit().await.map_err(DbError::Migrate)
}

/// The name of the advisory lock, in numbers: the letters `gazette`.
const MIGRATION_LOCK: i64 = 0x0067_617a_6574_7465;

/// A table in a database that Gazette has never migrated. What belongs to an extension of the server is
/// nobody's.
async fn foreign_table(connection: &impl ConnectionTrait) -> Result<Option<String>, DbErr> {
    let tables = match connection.get_database_backend() {
        DbBackend::Sqlite => SQLITE_FOREIGN_TABLE,
        _ => {
            "SELECT c.relname::text FROM pg_class c
             WHERE c.relkind IN ('r', 'p') AND c.relnamespace = current_schema()::regnamespace
               AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e') LIMIT 1"
        }
    };
    scalar(connection, tables, []).await
}

/// How many steps the database lacks. An older binary must not work on a newer schema.
async fn missing_steps(connection: &impl ConnectionTrait, name: &str) -> Result<usize, DbError> {
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
        return match foreign_table(connection).await.map_err(DbError::Migrate)? {
            Some(table) => Err(DbError::Foreign(name.to_owned(), table)),
            None => Ok(known.len()),
        };
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
