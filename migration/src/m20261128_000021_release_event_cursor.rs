//! How far newsletters have read the events of releases, and the events that nothing could be made of.
//! What a release's column said of that is not asked any more, and goes.

use sea_orm_migration::{prelude::*, sea_orm::ConnectionTrait};

#[derive(DeriveMigrationName)]
pub struct Migration;

const STEPS: &str = "
CREATE TABLE release_event_cursor (
    id          INTEGER PRIMARY KEY CHECK (id = 1),
    consumed_to BIGINT  NOT NULL,            -- release_event.id; all up to it are consumed
    attempts    INTEGER NOT NULL,            -- how often the next one failed
    retry_at    BIGINT                       -- not tried again before
);
-- Newsletters have heard of all but what `changed_at` still marks.
INSERT INTO release_event_cursor (id, consumed_to, attempts) SELECT 1, coalesce(
    (SELECT min(e.id) - 1 FROM release_event e JOIN release r ON r.id = e.release_id
     WHERE r.changed_at IS NOT NULL AND e.kind <> 'settled'),
    (SELECT max(id) FROM release_event), 0), 0;

CREATE TABLE release_event_set_aside (
    event_id   BIGINT PRIMARY KEY,           -- release_event.id
    release_id BIGINT NOT NULL,
    at         BIGINT NOT NULL,
    reason     TEXT   NOT NULL               -- why nothing could be made of it
);

DROP INDEX release_changed;
ALTER TABLE release DROP COLUMN changed_at;
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(STEPS).await?;
        Ok(())
    }
}
