//! Accounts: a name, a second step of the sign-in with recovery codes, and whose each session is.

use sea_orm_migration::{prelude::*, sea_orm::ConnectionTrait};

#[derive(DeriveMigrationName)]
pub struct Migration;

const STEPS: &str = "
ALTER TABLE staff ADD COLUMN name TEXT NOT NULL DEFAULT '';
-- The secret of the second step is derived from this and the secret key.
ALTER TABLE staff ADD COLUMN totp_label TEXT;
ALTER TABLE staff ADD COLUMN totp_since BIGINT;               -- since when it is asked for
ALTER TABLE staff ADD COLUMN totp_step BIGINT NOT NULL DEFAULT 0; -- the newest code that was used: none works twice

CREATE TABLE staff_recovery_code (
    code_hash TEXT   PRIMARY KEY,
    staff_id  BIGINT NOT NULL REFERENCES staff (id),
    used_at   BIGINT
);
CREATE INDEX recovery_code_staff ON staff_recovery_code (staff_id);

ALTER TABLE session ADD COLUMN staff_id BIGINT;               -- none: nobody is signed in with it yet
CREATE INDEX session_staff ON session (staff_id);
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(STEPS).await?;
        Ok(())
    }
}
