//! Who was not reached can be sent a newsletter once more: when that was, and whether the relay may have
//! taken the message in spite of all.

use sea_orm_migration::{prelude::*, sea_orm::ConnectionTrait};

#[derive(DeriveMigrationName)]
pub struct Migration;

const STEPS: &str = "
ALTER TABLE delivery_reply ADD COLUMN sent_again_at BIGINT;
ALTER TABLE delivery_reply ADD COLUMN in_doubt_at BIGINT;
UPDATE delivery_reply SET in_doubt_at = at WHERE words LIKE '%no reply came to the end of the message%'
    OR words LIKE '%the connection broke while the message was sent%';
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(STEPS).await?;
        Ok(())
    }
}
