//! What a topic is called, and what it holds, in other languages than the office's first.

use sea_orm_migration::{prelude::*, sea_orm::ConnectionTrait};

#[derive(DeriveMigrationName)]
pub struct Migration;

const STEPS: &str = "
CREATE TABLE topic_translation (
    topic_id    BIGINT NOT NULL REFERENCES topic (id) ON DELETE CASCADE,
    language    TEXT   NOT NULL,             -- as templates::reader_language writes it
    name        TEXT   NOT NULL,
    description TEXT   NOT NULL,             -- empty: the topic's own
    PRIMARY KEY (topic_id, language)
);
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(STEPS).await?;
        Ok(())
    }
}
