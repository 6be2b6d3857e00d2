//! Who left, by time: how many left by a newsletter's link is counted among few rows.

use sea_orm_migration::{prelude::*, sea_orm::ConnectionTrait};

#[derive(DeriveMigrationName)]
pub struct Migration;

const STEP: &str =
    "CREATE INDEX consent_left ON consent (at) WHERE event IN ('unsubscribed', 'topic_left')";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(STEP).await?;
        Ok(())
    }
}
