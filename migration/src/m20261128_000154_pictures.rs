//! Pictures that staff put into a text: mails and the archive show them from our own origin.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

const STEPS: &str = "
CREATE TABLE picture (
    file     TEXT    NOT NULL PRIMARY KEY,   -- a mark of the bytes, and the kind: 0123….jpg
    bytes    {bytes} NOT NULL,
    width    BIGINT  NOT NULL,               -- in pixels
    height   BIGINT  NOT NULL,
    added_at BIGINT  NOT NULL
);
CREATE INDEX picture_added ON picture (added_at);
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        super::step::run(manager, STEPS).await
    }
}
