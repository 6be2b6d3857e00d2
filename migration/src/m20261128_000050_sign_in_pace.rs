//! How fast one may try to sign in stands in the database, so that several servers share it. And when an
//! account is disabled its sessions end for good: those that began before `signed_out_at` are void.

use sea_orm_migration::{prelude::*, sea_orm::ConnectionTrait};

#[derive(DeriveMigrationName)]
pub struct Migration;

const STEPS: &str = "
CREATE TABLE sign_in_pace (
    bucket   TEXT   PRIMARY KEY, -- keyed hash of account, network or device: whose attempts are counted
    attempts BIGINT NOT NULL,
    next_at  BIGINT NOT NULL,    -- before this the next attempt is not looked at
    last_at  BIGINT NOT NULL
);
CREATE INDEX sign_in_pace_last ON sign_in_pace (last_at);
ALTER TABLE staff ADD COLUMN signed_out_at BIGINT;
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(STEPS).await?;
        Ok(())
    }
}
