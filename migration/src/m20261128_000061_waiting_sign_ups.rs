//! A sign-up that a limit holds back waits in its table until it may be looked at; the pace of each
//! network and domain is kept; and the limits know a mailbox and whether its mails were answered.

use sea_orm_migration::prelude::*;

use crate::step;

#[derive(DeriveMigrationName)]
pub struct Migration;

const STEPS: &str = "
ALTER TABLE sign_up ADD COLUMN due_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sign_up ADD COLUMN mailbox_hash {bytes};                  -- none: nothing held it back
CREATE INDEX sign_up_due ON sign_up (due_at, id);
CREATE INDEX sign_up_of_mailbox ON sign_up (mailbox_hash) WHERE mailbox_hash IS NOT NULL;

ALTER TABLE confirmation_mail ADD COLUMN mailbox_hash {bytes};        -- none: an earlier version's
ALTER TABLE confirmation_mail ADD COLUMN answered_at BIGINT;
CREATE INDEX confirmation_mail_of_mailbox ON confirmation_mail (mailbox_hash, at);

-- Keyed hashes of networks and domains, while they hold somebody back.
CREATE TABLE sign_up_pace (
    key_hash {bytes} PRIMARY KEY,
    due      TEXT   NOT NULL,                -- JSON: when its requests of a day are due
    last_at  BIGINT NOT NULL
);
CREATE INDEX sign_up_pace_by_time ON sign_up_pace (last_at);
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        step::run(manager, STEPS).await
    }
}
