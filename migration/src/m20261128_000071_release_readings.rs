//! What a release was read from and by which reader, and what a second reader made of its page where
//! the two do not agree.

use sea_orm_migration::prelude::*;

use crate::step;

#[derive(DeriveMigrationName)]
pub struct Migration;

const STEPS: &str = "
ALTER TABLE release ADD COLUMN source_hash {bytes};
ALTER TABLE release ADD COLUMN reader_version INTEGER;
CREATE TABLE release_second_reading (
    release_id BIGINT PRIMARY KEY REFERENCES release (id),
    ours       TEXT   NOT NULL,
    theirs     TEXT   NOT NULL
);
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        step::run(manager, STEPS).await
    }
}
