//! What staff are told by mail stands in one place: each notice once, whom it still waits for, and who
//! wants to hear of what, at once or with the morning's summary.

use sea_orm_migration::prelude::*;

use crate::step;

#[derive(DeriveMigrationName)]
pub struct Migration;

const STEPS: &str = "
CREATE TABLE staff_notice (
    id       {id},
    at       BIGINT NOT NULL,
    kind     TEXT   NOT NULL,                -- accounts::NoticeKind
    headline TEXT   NOT NULL,                -- one line: the mail's subject where it stands alone
    text     TEXT   NOT NULL,
    step     TEXT   NOT NULL,                -- the button's words
    path     TEXT   NOT NULL                 -- where in the console it is decided
);

-- For whom a notice waits; a row goes in the transaction that queues the mail.
CREATE TABLE staff_notice_waiting (
    staff_id  BIGINT  NOT NULL REFERENCES staff (id),
    notice_id BIGINT  NOT NULL REFERENCES staff_notice (id),
    at        BIGINT  NOT NULL,              -- when it was noticed
    morning   BOOLEAN NOT NULL,              -- with the morning's summary; else at once
    PRIMARY KEY (staff_id, notice_id)
);

-- What somebody wants otherwise than everybody does.
CREATE TABLE staff_notice_choice (
    staff_id BIGINT NOT NULL REFERENCES staff (id),
    kind     TEXT   NOT NULL,
    how      TEXT   NOT NULL,                -- accounts::NoticeTiming
    PRIMARY KEY (staff_id, kind)
);

-- When the last notice went to them.
ALTER TABLE staff ADD COLUMN noticed_at BIGINT;
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        step::run(manager, STEPS).await
    }
}
