//! That a newsletter may be made of a release is an event, too, and each release has it once.

use sea_orm_migration::{prelude::*, sea_orm::ConnectionTrait};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // None: the event `ready_to_draft` has not been written.
        let step = "ALTER TABLE release ADD COLUMN ready_at BIGINT";
        manager.get_connection().execute_unprepared(step).await?;
        Ok(())
    }
}
