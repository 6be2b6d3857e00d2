//! Whether a relay offered SMTPUTF8 when it was last connected to.

use sea_orm_migration::{prelude::*, sea_orm::ConnectionTrait};

#[derive(DeriveMigrationName)]
pub struct Migration;

const STEP: &str = "
-- 1 or 0; none: it was not asked yet.
ALTER TABLE relay ADD COLUMN takes_utf8 SMALLINT;
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(STEP).await?;
        Ok(())
    }
}
