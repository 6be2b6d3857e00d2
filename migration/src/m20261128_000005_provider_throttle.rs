//! The table of throttled mailbox providers gets the name that the field uses.

use sea_orm_migration::{prelude::*, sea_orm::ConnectionTrait};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let step = "ALTER TABLE destination RENAME TO provider_throttle";
        manager.get_connection().execute_unprepared(step).await?;
        Ok(())
    }
}
