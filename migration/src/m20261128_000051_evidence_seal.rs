//! The chain of keyed hashes over audit log and evidence.

use sea_orm_migration::prelude::*;

use crate::step;

#[derive(DeriveMigrationName)]
pub struct Migration;

const STEP: &str = "
CREATE TABLE evidence_seal (
    kind    SMALLINT NOT NULL, -- 1 audit, 2 consent
    row_id  BIGINT   NOT NULL,
    subject BIGINT   NOT NULL, -- consent: whose, so that an erasure explains what is gone
    mac     {bytes}  NOT NULL, -- of the line
    chain   {bytes}  NOT NULL, -- of all lines up to it
    PRIMARY KEY (kind, row_id)
);
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        step::run(manager, STEP).await
    }
}
