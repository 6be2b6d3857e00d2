//! The same release in several languages: what its page says of the others, which belong together, and for
//! whom a newsletter is then.

use sea_orm_migration::{prelude::*, sea_orm::ConnectionTrait};

#[derive(DeriveMigrationName)]
pub struct Migration;

const STEPS: &str = "
-- JSON array: where its page says that it stands in other languages.
ALTER TABLE release ADD COLUMN alternates TEXT;
-- The first of the releases that say the same in several languages; its own id for that one.
ALTER TABLE release ADD COLUMN version_of BIGINT;
CREATE INDEX release_versions ON release (version_of) WHERE version_of IS NOT NULL;
CREATE INDEX release_seen ON release (first_seen_at);

-- Of the newsletters of one edition in several languages, whose readers of no such language get which: the
-- lowest.
ALTER TABLE newsletter ADD COLUMN version_rank SMALLINT;
-- Of a digest or summary of such releases: for readers of this language only, or for all but those of these.
ALTER TABLE newsletter ADD COLUMN for_language TEXT;
ALTER TABLE newsletter ADD COLUMN not_languages TEXT;
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(STEPS).await?;
        Ok(())
    }
}
