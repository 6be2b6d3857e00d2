//! Which topics an import made: undoing it takes those back that nobody else uses.

use sea_orm_migration::{prelude::*, sea_orm::ConnectionTrait};

#[derive(DeriveMigrationName)]
pub struct Migration;

const STEP: &str = "
-- JSON array of topic ids.
ALTER TABLE import_batch ADD COLUMN topics_made TEXT NOT NULL DEFAULT '[]'";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let database = manager.get_connection();
        database.execute_unprepared(STEP).await?;
        Ok(())
    }
}
