//! Forms that staff filled in and that could not be taken wait for their authors, whoever signs in next at that
//! window.

use sea_orm_migration::{prelude::*, sea_orm::ConnectionTrait};

#[derive(DeriveMigrationName)]
pub struct Migration;

const STEPS: &str = "
CREATE TABLE staff_kept_form (
    staff_id BIGINT NOT NULL REFERENCES staff (id),
    entry    TEXT   NOT NULL,                -- tells it from the others of the same person
    at       BIGINT NOT NULL,
    form     TEXT   NOT NULL,                -- JSON of the console's KeptForm
    PRIMARY KEY (staff_id, entry)
);
CREATE INDEX staff_kept_form_at ON staff_kept_form (at);
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(STEPS).await?;
        Ok(())
    }
}
