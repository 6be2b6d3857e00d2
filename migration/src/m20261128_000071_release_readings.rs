//! What a release was read from and by which reader, and what a second reader made of its page where
//! the two do not agree.

use sea_orm_migration::{
    prelude::*,
    sea_orm::{ConnectionTrait, DbBackend},
};

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
        let connection = manager.get_connection();
        let bytes = match connection.get_database_backend() {
            DbBackend::Postgres => "BYTEA",
            _ => "BLOB",
        };
        connection
            .execute_unprepared(&STEPS.replace("{bytes}", bytes))
            .await?;
        Ok(())
    }
}
