//! When each member of staff signed in last.

use sea_orm_migration::{prelude::*, sea_orm::ConnectionTrait};

#[derive(DeriveMigrationName)]
pub struct Migration;

const STEP: &str = "
-- None: never, as far as the log goes back.
ALTER TABLE staff ADD COLUMN signed_in_at BIGINT;
UPDATE staff SET signed_in_at =
    (SELECT max(a.at) FROM audit a WHERE a.action = 'staff.sign_in' AND a.who = staff.email)";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(STEP).await?;
        Ok(())
    }
}
