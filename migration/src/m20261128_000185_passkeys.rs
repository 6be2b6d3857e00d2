//! Passkeys of staff.

use sea_orm_migration::prelude::*;

use crate::step;

#[derive(DeriveMigrationName)]
pub struct Migration;

const STEPS: &str = "
CREATE TABLE staff_passkey (
    id            {id},
    staff_id      BIGINT NOT NULL REFERENCES staff (id),
    credential_id TEXT   NOT NULL UNIQUE, -- as browsers write it: base64url
    credential    TEXT   NOT NULL,        -- JSON: the public key and the counter; no secret
    name          TEXT   NOT NULL,
    created_at    BIGINT NOT NULL,
    used_at       BIGINT                  -- none: never yet
);
CREATE INDEX passkey_staff ON staff_passkey (staff_id);
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        step::run(manager, STEPS).await
    }
}
