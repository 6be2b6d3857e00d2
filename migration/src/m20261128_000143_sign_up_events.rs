//! Events at which people sign up on the office's tablet, on their phones by a QR code, or on paper.

use sea_orm_migration::{prelude::*, sea_orm::ConnectionTrait};

#[derive(DeriveMigrationName)]
pub struct Migration;

const STEPS: &str = "
CREATE TABLE sign_up_event (
    label      TEXT    PRIMARY KEY,          -- its page's token is made of it
    token_hash TEXT    NOT NULL UNIQUE,      -- hexadecimal
    name       TEXT    NOT NULL,
    opened_at  BIGINT  NOT NULL,
    opened_by  TEXT    NOT NULL,
    closes_at  BIGINT  NOT NULL,
    taken      INTEGER NOT NULL              -- requests that came through its page
);
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(STEPS).await?;
        Ok(())
    }
}
