//! A confirmation request knows its mail, so that "never write to me again" can take the mail out of the
//! queue. And nobody who is a subscriber stands noted as erased: a purge could leave that behind when
//! the address signed up again while it ran.

use sea_orm_migration::{prelude::*, sea_orm::ConnectionTrait};

#[derive(DeriveMigrationName)]
pub struct Migration;

const STEPS: &str = "
ALTER TABLE confirmation ADD COLUMN mail_id BIGINT;
DELETE FROM erasure WHERE subscriber_id IN (SELECT id FROM subscriber);
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(STEPS).await?;
        Ok(())
    }
}
