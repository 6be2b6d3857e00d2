//! What a newsletter's mail says besides its text: the line that mailboxes show beside the subject, and
//! of a correction what is different from what readers got.

use sea_orm_migration::{prelude::*, sea_orm::ConnectionTrait};

#[derive(DeriveMigrationName)]
pub struct Migration;

const STEPS: &str = "
ALTER TABLE newsletter ADD COLUMN preview TEXT;
ALTER TABLE newsletter ADD COLUMN changed TEXT;
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(STEPS).await?;
        Ok(())
    }
}
