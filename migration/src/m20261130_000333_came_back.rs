//! Who signed up again after they were erased, so that what was mailed before still leads to what they have.

use sea_orm_migration::prelude::*;

use crate::step;

#[derive(DeriveMigrationName)]
pub struct Migration;

const STEP: &str = "
ALTER TABLE erasure ADD COLUMN address_hash {bytes};
ALTER TABLE erasure ADD COLUMN came_back_as BIGINT;
CREATE INDEX erasure_of_address ON erasure (address_hash) WHERE address_hash IS NOT NULL;
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        step::run(manager, STEP).await
    }
}
