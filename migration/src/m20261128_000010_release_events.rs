//! What happened to a release stands in an append-only table, which newsletters read in order.

use sea_orm_migration::{
    prelude::*,
    sea_orm::{ConnectionTrait, DbBackend},
};

use crate::step;

#[derive(DeriveMigrationName)]
pub struct Migration;

const TABLE: &str = "
CREATE TABLE release_event (
    id         {id},
    release_id BIGINT  NOT NULL REFERENCES release (id),
    at         BIGINT  NOT NULL,
    kind       TEXT    NOT NULL,             -- releases::events::ReleaseEventKind
    revision   INTEGER,                      -- the newest text then; none: it had none
    reason     TEXT,                         -- in words for staff
    was_final  BOOLEAN NOT NULL              -- the release had been final before
);
CREATE INDEX release_event_of_release ON release_event (release_id, kind);

-- Since when its own page says that the release is gone.
ALTER TABLE release ADD COLUMN gone_since BIGINT;

-- When the look at a source began that has not ended yet.
ALTER TABLE source ADD COLUMN poll_began_at BIGINT;
-- Since when every look at it failed, and when staff were told of that.
ALTER TABLE source ADD COLUMN failing_since BIGINT;
ALTER TABLE source ADD COLUMN failure_told_at BIGINT;
";

/// What is final already was final before whatever happens next; then, what newsletters had not
/// heard of yet when the table came.
const HISTORY: &str = "
INSERT INTO release_event (release_id, at, kind, revision, reason, was_final)
SELECT id, first_seen_at, 'settled',
       (SELECT max(number) FROM release_revision v WHERE v.release_id = release.id), NULL, FALSE
FROM release WHERE (state IN ('settled', 'vanished') AND settles_at IS NULL) ORDER BY id;
INSERT INTO release_event (release_id, at, kind, revision, reason, was_final)
SELECT id, changed_at,
       CASE state WHEN 'vanished' THEN 'withdrawn' WHEN 'filtered' THEN 'filtered_out'
                  WHEN 'held' THEN 'held' WHEN 'dropped' THEN 'refused' ELSE 'revised' END,
       (SELECT max(number) FROM release_revision v WHERE v.release_id = release.id), held_because,
       state IN ('settled', 'vanished') AND settles_at IS NULL
FROM release WHERE changed_at IS NOT NULL ORDER BY id;
";

const SQLITE_TRIGGERS: &str = "
CREATE TRIGGER release_event_keeps BEFORE UPDATE ON release_event
BEGIN SELECT RAISE(ABORT, 'release_event is append-only'); END;
CREATE TRIGGER release_event_stays BEFORE DELETE ON release_event
BEGIN SELECT RAISE(ABORT, 'release_event is append-only'); END;
";

const POSTGRES_TRIGGERS: &str = "
CREATE TRIGGER release_event_keeps BEFORE UPDATE OR DELETE ON release_event
FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER release_event_all BEFORE TRUNCATE ON release_event EXECUTE FUNCTION append_only();
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let triggers = match manager.get_database_backend() {
            DbBackend::Postgres => POSTGRES_TRIGGERS,
            _ => SQLITE_TRIGGERS,
        };
        step::run(manager, TABLE).await?;
        let connection = manager.get_connection();
        connection.execute_unprepared(HISTORY).await?;
        connection.execute_unprepared(triggers).await?;
        Ok(())
    }
}
