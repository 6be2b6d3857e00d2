//! What staff are writing and have not saved: kept by itself, so that a closed window loses nothing.

use sea_orm_migration::{prelude::*, sea_orm::ConnectionTrait};

#[derive(DeriveMigrationName)]
pub struct Migration;

const STEPS: &str = "
CREATE TABLE unsaved_text (
    staff_id      BIGINT NOT NULL REFERENCES staff (id),
    newsletter_id BIGINT NOT NULL,           -- 0: a release that is not made yet
    at            BIGINT NOT NULL,
    fields        TEXT   NOT NULL,           -- JSON of newsletters::UnsavedFields
    PRIMARY KEY (staff_id, newsletter_id)
);
CREATE INDEX unsaved_text_at ON unsaved_text (at);
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(STEPS).await?;
        Ok(())
    }
}
