//! A list that somebody uploaded in the console and has not imported yet.

use sea_orm_migration::prelude::*;

use crate::step;

#[derive(DeriveMigrationName)]
pub struct Migration;

const STEP: &str = "
CREATE TABLE import_upload (
    label   TEXT   PRIMARY KEY,
    at      BIGINT NOT NULL,
    by      TEXT   NOT NULL,         -- who uploaded it: nobody else imports it
    name    TEXT   NOT NULL,         -- the file's name
    content {bytes} NOT NULL
);
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        step::run(manager, STEP).await
    }
}
