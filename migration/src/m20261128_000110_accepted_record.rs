//! What was accepted long ago is folded: a few bytes for each reader instead of a row.

use sea_orm_migration::{
    prelude::*,
    sea_orm::{ConnectionTrait, DbBackend},
};

#[derive(DeriveMigrationName)]
pub struct Migration;

const STEP: &str = "
CREATE TABLE accepted_record (
    newsletter_id    BIGINT  NOT NULL,
    first_subscriber BIGINT  NOT NULL,       -- or press_contact.id
    last_subscriber  BIGINT  NOT NULL,
    readers          BIGINT  NOT NULL,
    content          {bytes} NOT NULL,       -- delivery::folding: who, when, by which relay
    PRIMARY KEY (newsletter_id, first_subscriber)
);
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let bytes = match manager.get_database_backend() {
            DbBackend::Postgres => "BYTEA",
            _ => "BLOB",
        };
        let step = STEP.replace("{bytes}", bytes);
        manager.get_connection().execute_unprepared(&step).await?;
        Ok(())
    }
}
