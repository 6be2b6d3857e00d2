//! Pictures that stand in no text are deleted after a while; each is looked for once in that time.

use sea_orm_migration::{prelude::*, sea_orm::ConnectionTrait};

#[derive(DeriveMigrationName)]
pub struct Migration;

const STEP: &str = "
-- When it was found in a text last. None: not looked for yet.
ALTER TABLE picture ADD COLUMN found_at BIGINT";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let database = manager.get_connection();
        database.execute_unprepared(STEP).await?;
        Ok(())
    }
}
