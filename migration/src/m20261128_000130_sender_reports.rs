//! DMARC and TLS reports: who sends in the office's name, by whoever received it.

use sea_orm_migration::prelude::*;

use crate::step;

#[derive(DeriveMigrationName)]
pub struct Migration;

const STEP: &str = "
CREATE TABLE sender_report (
    id        {id},
    at        BIGINT NOT NULL,               -- when it came
    kind      TEXT   NOT NULL,               -- returns::ReportKind
    reporter  TEXT   NOT NULL,
    number    TEXT   NOT NULL,               -- the reporter's own
    domain    TEXT   NOT NULL,
    begins_at BIGINT NOT NULL,
    ends_at   BIGINT NOT NULL,
    UNIQUE (kind, reporter, number, domain)  -- the same report by two ways counts once
);
CREATE INDEX sender_report_at ON sender_report (at);
CREATE TABLE reported_sender (
    id        {id},
    report_id BIGINT NOT NULL REFERENCES sender_report (id) ON DELETE CASCADE,
    source    TEXT   NOT NULL,               -- an IP address, or the server that was connected to
    count     BIGINT NOT NULL,               -- mails, or connections
    outcome   TEXT   NOT NULL,               -- returns::ReportOutcome
    words     TEXT   NOT NULL,
    treated   TEXT   NOT NULL                -- what the receiver did with them
);
CREATE INDEX reported_sender_of_report ON reported_sender (report_id);
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        step::run(manager, STEP).await
    }
}
