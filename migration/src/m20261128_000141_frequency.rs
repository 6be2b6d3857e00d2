//! How often each subscriber gets each topic: every newsletter as it is sent, or a summary once a day or
//! once a week.

use sea_orm_migration::{prelude::*, sea_orm::ConnectionTrait};

#[derive(DeriveMigrationName)]
pub struct Migration;

const STEPS: &str = "
-- What is in force for what was sent from frequency_from on; before that, frequency_before was. What is
-- wanted comes into force when the summary is made that either of the two waits for.
ALTER TABLE subscription ADD COLUMN frequency SMALLINT NOT NULL DEFAULT 0;
ALTER TABLE subscription ADD COLUMN frequency_before SMALLINT NOT NULL DEFAULT 0;
ALTER TABLE subscription ADD COLUMN frequency_from BIGINT NOT NULL DEFAULT 0;
ALTER TABLE subscription ADD COLUMN frequency_wanted SMALLINT;
CREATE INDEX subscription_summarised ON subscription (topic_id) WHERE frequency + frequency_before > 0;
CREATE INDEX subscription_wanting ON subscription (topic_id) WHERE frequency_wanted IS NOT NULL;

ALTER TABLE sign_up ADD COLUMN frequency SMALLINT NOT NULL DEFAULT 0;
ALTER TABLE confirmation ADD COLUMN frequency SMALLINT NOT NULL DEFAULT 0;

-- Whom a newsletter is for; and of a summary, until when what it brings was sent.
ALTER TABLE newsletter ADD COLUMN frequency SMALLINT NOT NULL DEFAULT 0;
ALTER TABLE newsletter ADD COLUMN covers_to BIGINT;

CREATE TABLE summary_clock (
    frequency  SMALLINT PRIMARY KEY,
    made_at    BIGINT NOT NULL,             -- when the last one was made, or had nothing to bring
    covered_to BIGINT NOT NULL              -- what was sent up to then has been brought
);
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(STEPS).await?;
        Ok(())
    }
}
