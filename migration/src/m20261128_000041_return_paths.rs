//! Whether what comes back reaches us: the ways in, when they were looked at, and the mails to
//! ourselves that show it. And which replies were passed on.

use sea_orm_migration::prelude::*;

use crate::step;

#[derive(DeriveMigrationName)]
pub struct Migration;

const STEP: &str = "
ALTER TABLE returned_mail ADD COLUMN forwarded_at BIGINT; -- a reply: passed on to the office
CREATE TABLE return_channel (
    way           SMALLINT PRIMARY KEY,      -- returns::ReturnWay
    looked_at     BIGINT,                    -- the last time that it worked
    failing_since BIGINT,                    -- none: it works
    words         TEXT     NOT NULL          -- what was seen, or why it fails, for staff
);
CREATE TABLE return_probe (
    id      {id},
    sent_at BIGINT   NOT NULL,
    domain  TEXT     NOT NULL,               -- the bounce domain that it was sent to
    came_at BIGINT,                          -- none: not yet
    way     SMALLINT                         -- returns::ReturnWay
);
-- What came back, newest first, by what became of it; and when.
CREATE INDEX returned_mail_at ON returned_mail (at);
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        step::run(manager, STEP).await
    }
}
