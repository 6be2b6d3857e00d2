//! Complaints by time: which newsletters were called spam of late is read without what else came back.

use sea_orm_migration::{prelude::*, sea_orm::ConnectionTrait};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let step =
            "CREATE INDEX returned_mail_complaints ON returned_mail (at) WHERE kind = 'complaint'";
        manager.get_connection().execute_unprepared(step).await?;
        Ok(())
    }
}
