//! Tables and columns get the names that the field uses: `status`, `transactional_mail`, `logo`.

use sea_orm_migration::{prelude::*, sea_orm::ConnectionTrait};

#[derive(DeriveMigrationName)]
pub struct Migration;

/// Both databases carry their indexes along when a table or column is renamed. SQLite cannot rename
/// an index, so those that name the old word are made again.
const STEPS: &str = "
ALTER TABLE subscriber RENAME COLUMN standing TO status;
ALTER TABLE subscriber RENAME COLUMN standing_at TO status_at;

ALTER TABLE seal RENAME TO logo;
UPDATE office_setting SET key = 'logo' WHERE key = 'seal';

ALTER TABLE one_off RENAME TO transactional_mail;
DROP INDEX one_off_due;
DROP INDEX one_off_held;
CREATE INDEX transactional_mail_due ON transactional_mail (at) WHERE state IN (0, 2);
CREATE INDEX transactional_mail_claimed ON transactional_mail (worker) WHERE state = 1;
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(STEPS).await?;
        Ok(())
    }
}
