//! How often a message may have arrived: its end had left, and no reply came.

use sea_orm_migration::{prelude::*, sea_orm::ConnectionTrait};

#[derive(DeriveMigrationName)]
pub struct Migration;

const STEPS: &str = "
ALTER TABLE delivery_reply ADD COLUMN doubts SMALLINT NOT NULL DEFAULT 0;
UPDATE delivery_reply SET doubts = 1 WHERE in_doubt_at IS NOT NULL;
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(STEPS).await?;
        Ok(())
    }
}
