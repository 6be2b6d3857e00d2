//! The office's hours until a message is given up are called what the column of a newsletter is.

use sea_orm_migration::{prelude::*, sea_orm::ConnectionTrait};

#[derive(DeriveMigrationName)]
pub struct Migration;

const STEP: &str = "UPDATE office_setting SET key = 'deadline-hours' WHERE key = 'give-up-hours'";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(STEP).await?;
        Ok(())
    }
}
