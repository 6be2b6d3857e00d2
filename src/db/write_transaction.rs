//! Beginning a transaction that will write.

use sea_orm::{DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, TransactionTrait};

/// See `Db::begin`.
pub(super) async fn begin_writing(pool: &DatabaseConnection) -> Result<DatabaseTransaction, DbErr> {
    let sqlite = pool.get_database_backend() == DbBackend::Sqlite;
    pool.begin_with_options(sea_orm::TransactionOptions {
        sqlite_transaction_mode: sqlite.then_some(sea_orm::SqliteTransactionMode::Immediate),
        ..Default::default()
    })
    .await
}
