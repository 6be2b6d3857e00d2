//! The evidence by time: how many came and went in a week is read from an index alone.

use sea_orm_migration::{prelude::*, sea_orm::ConnectionTrait};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let step = "CREATE INDEX consent_by_time ON consent (at, event)";
        manager.get_connection().execute_unprepared(step).await?;
        Ok(())
    }
}
