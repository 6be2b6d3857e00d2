//! Topics that somebody gave up since the last summary, so that whoever takes one back before the next gets no
//! release twice and misses none.

use sea_orm_migration::{prelude::*, sea_orm::ConnectionTrait};

#[derive(DeriveMigrationName)]
pub struct Migration;

const STEP: &str = "
CREATE TABLE former_subscription (
    subscriber_id    BIGINT   NOT NULL REFERENCES subscriber (id) ON DELETE CASCADE,
    topic_id         BIGINT   NOT NULL REFERENCES topic (id) ON DELETE CASCADE,
    frequency        SMALLINT NOT NULL,     -- these three as they stood in subscription
    frequency_before SMALLINT NOT NULL,
    frequency_from   BIGINT   NOT NULL,
    left_at          BIGINT   NOT NULL,
    passed           SMALLINT NOT NULL,     -- the rarest summary made since: 0 none, 1 daily
    PRIMARY KEY (subscriber_id, topic_id)
)";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(STEP).await?;
        Ok(())
    }
}
