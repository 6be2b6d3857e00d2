//! What readers say of themselves, if they like: their ZIP code, and answers to questions of the office's own.

use sea_orm_migration::{prelude::*, sea_orm::ConnectionTrait};

#[derive(DeriveMigrationName)]
pub struct Migration;

const STEPS: &str = "
CREATE TABLE subscriber_about (
    subscriber_id BIGINT PRIMARY KEY REFERENCES subscriber (id) ON DELETE CASCADE,
    zip           TEXT,                      -- five digits
    answers       TEXT   NOT NULL,           -- JSON: [[question as it was asked, answer], …]
    at            BIGINT NOT NULL
);

-- The same, until the mailbox's holder has confirmed. NULL: nothing was said.
ALTER TABLE sign_up ADD COLUMN about TEXT;
ALTER TABLE confirmation ADD COLUMN about TEXT;
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(STEPS).await?;
        Ok(())
    }
}
