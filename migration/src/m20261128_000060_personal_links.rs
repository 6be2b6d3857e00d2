//! Links that are mailed to somebody who asked for them: to manage their subscription, and to confirm
//! a new address.

use sea_orm_migration::prelude::*;

use crate::step;

#[derive(DeriveMigrationName)]
pub struct Migration;

const TABLE: &str = "
CREATE TABLE personal_link (
    id            {id},
    subscriber_id BIGINT  NOT NULL REFERENCES subscriber (id) ON DELETE CASCADE,
    token_hash    {bytes} NOT NULL UNIQUE,
    purpose       TEXT    NOT NULL,          -- subscribers::personal_link::Purpose
    new_email     TEXT,                      -- of a change of address
    created_at    BIGINT  NOT NULL,
    expires_at    BIGINT  NOT NULL,
    used_at       BIGINT
);
CREATE INDEX personal_link_of_subscriber ON personal_link (subscriber_id, created_at);
CREATE INDEX personal_link_by_time ON personal_link (expires_at);
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        step::run(manager, TABLE).await
    }
}
