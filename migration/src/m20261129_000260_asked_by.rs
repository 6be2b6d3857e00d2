//! Who asked that a new address be confirmed, where it was not the subscriber themselves.

use sea_orm_migration::{prelude::*, sea_orm::ConnectionTrait};

#[derive(DeriveMigrationName)]
pub struct Migration;

const STEP: &str = "
-- Staff, at the holder's word on the phone or by letter. None: the holder.
ALTER TABLE personal_link ADD COLUMN asked_by TEXT";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let database = manager.get_connection();
        database.execute_unprepared(STEP).await?;
        Ok(())
    }
}
