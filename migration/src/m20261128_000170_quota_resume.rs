//! A newsletter that stands because the relay's limit is used up knows when that is free again.

use sea_orm_migration::{prelude::*, sea_orm::ConnectionTrait};

#[derive(DeriveMigrationName)]
pub struct Migration;

const STEP: &str = "
-- Paused until then, and goes on by itself where the office allows that. None: a person decides.
ALTER TABLE newsletter ADD COLUMN resumes_at BIGINT";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let database = manager.get_connection();
        database.execute_unprepared(STEP).await?;
        Ok(())
    }
}
