//! The rate limit of a relay is kept in nanoseconds: at thousands a second a millisecond is too coarse.

use sea_orm_migration::{prelude::*, sea_orm::ConnectionTrait};

#[derive(DeriveMigrationName)]
pub struct Migration;

/// What was reserved when the old version ended is over.
const STEPS: &str = "
ALTER TABLE relay RENAME COLUMN next_at TO next_free_ns;
UPDATE relay SET next_free_ns = 0;
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(STEPS).await?;
        Ok(())
    }
}
