//! What the clock showed when mail was last tried, so that one that was set meanwhile is noticed.

use sea_orm_migration::{prelude::*, sea_orm::ConnectionTrait};

#[derive(DeriveMigrationName)]
pub struct Migration;

const STEP: &str = "
CREATE TABLE sending_clock (
    id SMALLINT PRIMARY KEY,                 -- 1: there is one row
    at BIGINT   NOT NULL                     -- delivery::trying_time
);
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(STEP).await?;
        Ok(())
    }
}
