//! How far newsletters have read the events of releases, and the events that nothing could be made of.

use sea_orm_migration::{prelude::*, sea_orm::ConnectionTrait};

#[derive(DeriveMigrationName)]
pub struct Migration;

const STEPS: &str = "
CREATE TABLE release_event_cursor (
    id          INTEGER PRIMARY KEY CHECK (id = 1),
    consumed_to BIGINT  NOT NULL,            -- release_event.id; all up to it are consumed
    attempts    INTEGER NOT NULL             -- how often the next one failed
);
INSERT INTO release_event_cursor (id, consumed_to, attempts) VALUES (1, 0, 0);

CREATE TABLE release_event_set_aside (
    event_id BIGINT PRIMARY KEY,             -- release_event.id
    at       BIGINT NOT NULL,
    reason   TEXT   NOT NULL                 -- why nothing could be made of it
);
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(STEPS).await?;
        Ok(())
    }
}
