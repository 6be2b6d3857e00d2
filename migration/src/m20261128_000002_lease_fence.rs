//! Leases are fenced: each holder has a higher token than the one before.

use sea_orm_migration::{prelude::*, sea_orm::ConnectionTrait};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let step = "ALTER TABLE lease ADD COLUMN token BIGINT NOT NULL DEFAULT 0";
        manager.get_connection().execute_unprepared(step).await?;
        Ok(())
    }
}
