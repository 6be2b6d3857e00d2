//! What was accepted long ago is folded: a few bytes for each reader instead of a row.

use sea_orm_migration::prelude::*;

use crate::step;

#[derive(DeriveMigrationName)]
pub struct Migration;

const STEP: &str = "
CREATE TABLE accepted_record (
    newsletter_id    BIGINT  NOT NULL,
    first_subscriber BIGINT  NOT NULL,       -- or press_contact.id
    last_subscriber  BIGINT  NOT NULL,
    readers          BIGINT  NOT NULL,
    content          {bytes} NOT NULL,       -- delivery::folding: who, when, by which relay
    PRIMARY KEY (newsletter_id, first_subscriber)
);
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        step::run(manager, STEP).await
    }
}
