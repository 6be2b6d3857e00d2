//! Message-IDs cover their numbers from here on. Those of the newsletters that there are stay as they are: they are
//! made again for each attempt, and a correction refers to them.

use sea_orm_migration::{prelude::*, sea_orm::ConnectionTrait};

#[derive(DeriveMigrationName)]
pub struct Migration;

const STEP: &str = "INSERT INTO office_setting (key, value, updated_at)
     SELECT 'plain-message-ids-to', CAST(newest AS TEXT), 0
     FROM (SELECT MAX(id) AS newest FROM newsletter) AS newsletters WHERE newest IS NOT NULL";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(STEP).await?;
        Ok(())
    }
}
