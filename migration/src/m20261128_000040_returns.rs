//! What comes back: bounces, complaints, unsubscribes by mail, and what was done about them.

use sea_orm_migration::prelude::*;

use crate::step;

#[derive(DeriveMigrationName)]
pub struct Migration;

const STEP: &str = "
CREATE TABLE returned_mail (
    id            {id},
    at            BIGINT   NOT NULL,
    fingerprint   {bytes}  NOT NULL UNIQUE,  -- of the mail or the webhook's event: none is counted twice
    way           SMALLINT NOT NULL,         -- returns::ReturnWay
    kind          TEXT     NOT NULL,         -- returns::ReturnKind
    state         SMALLINT NOT NULL,         -- returns::ReturnState
    class         TEXT,                      -- delivery::reply_class::ReplyClass
    action        TEXT     NOT NULL,         -- delivery::reply_class::ReplyAction
    newsletter_id BIGINT,                    -- none: no mark of ours held
    subscriber_id BIGINT,
    provider      TEXT     NOT NULL,         -- the domain of the reader's address
    status        TEXT,                      -- enhanced status code
    diagnosis     TEXT     NOT NULL,
    why           TEXT     NOT NULL,         -- in words for staff
    subject       TEXT     NOT NULL,
    mail          {bytes},                   -- as it came; forgotten after a time, and with the reader
    undone_at     BIGINT,
    undone_by     TEXT
);
-- Soft bounces of one person; what came back of one newsletter, by kind.
CREATE INDEX returned_mail_of_subscriber ON returned_mail (subscriber_id, at) WHERE subscriber_id IS NOT NULL;
CREATE INDEX returned_mail_of_newsletter ON returned_mail (newsletter_id, kind) WHERE newsletter_id IS NOT NULL;
-- What nobody has looked at: state 3 (set aside).
CREATE INDEX returned_mail_set_aside ON returned_mail (id) WHERE state = 3;
CREATE INDEX returned_mail_kept ON returned_mail (at) WHERE mail IS NOT NULL;
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        step::run(manager, STEP).await
    }
}
