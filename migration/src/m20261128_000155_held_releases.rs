//! Releases that wait for a decision are found however many came in since.

use sea_orm_migration::{prelude::*, sea_orm::ConnectionTrait};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let step = "CREATE INDEX release_held ON release (id) WHERE state = 'held'";
        manager.get_connection().execute_unprepared(step).await?;
        Ok(())
    }
}
