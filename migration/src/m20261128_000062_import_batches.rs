//! Each import has a row of its own, so that it can be undone as a whole; and topics can be archived.

use sea_orm_migration::{prelude::*, sea_orm::ConnectionTrait};

#[derive(DeriveMigrationName)]
pub struct Migration;

const STEPS: &str = "
CREATE TABLE import_batch (
    label         TEXT   PRIMARY KEY,        -- stands in the evidence of each
    at            BIGINT NOT NULL,
    operator      TEXT   NOT NULL,
    source        TEXT   NOT NULL,           -- the file's name
    after_consent BIGINT NOT NULL,           -- its evidence has higher ids
    undone_at     BIGINT
);

ALTER TABLE topic ADD COLUMN archived_at BIGINT;
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(STEPS).await?;
        Ok(())
    }
}
