//! Bringing the database to this version.

use gazette_migration::Migrator;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend};
use sea_orm_migration::MigratorTrait;

use super::{
    db_error::DbError,
    statements::{execute, scalar, scalars},
    write_transaction::begin_writing,
};

/// Brings the database to this version: all steps or none, and of several processes that start at
/// once one does it while the others wait.
pub(super) async fn migrate(pool: &DatabaseConnection) -> Result<(), DbError> {
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
