//! The hour and the day of a relay's limit are those that end now, in parts, not those of the calendar.

use sea_orm_migration::{prelude::*, sea_orm::ConnectionTrait};

#[derive(DeriveMigrationName)]
pub struct Migration;

/// When in its hour or day each message went is not known: it counts as if it had gone at the end.
const STEPS: &str = "
-- JSON, [[PART,MESSAGES],...] with 60 parts to an hour or a day, numbered since 1970 (delivery::rate_limit).
ALTER TABLE relay ADD COLUMN taken_in_hour TEXT NOT NULL DEFAULT '[]';
ALTER TABLE relay ADD COLUMN taken_in_day TEXT NOT NULL DEFAULT '[]';
UPDATE relay SET taken_in_hour = '[[' || (hour * 60 + 59) || ',' || hour_taken || ']]' WHERE hour_taken > 0;
UPDATE relay SET taken_in_day = '[[' || (day * 60 + 59) || ',' || day_taken || ']]' WHERE day_taken > 0;
ALTER TABLE relay DROP COLUMN hour;
ALTER TABLE relay DROP COLUMN hour_taken;
ALTER TABLE relay DROP COLUMN day;
ALTER TABLE relay DROP COLUMN day_taken;
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(STEPS).await?;
        Ok(())
    }
}
