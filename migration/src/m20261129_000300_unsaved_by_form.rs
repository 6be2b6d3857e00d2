//! What is being written is kept by the form that it stands in: two windows of one page are two texts.

use sea_orm_migration::{prelude::*, sea_orm::ConnectionTrait};

#[derive(DeriveMigrationName)]
pub struct Migration;

const STEPS: &str = "
DROP INDEX unsaved_text_at;
ALTER TABLE unsaved_text RENAME TO unsaved_text_before;
CREATE TABLE unsaved_text (
    staff_id      BIGINT NOT NULL REFERENCES staff (id),
    newsletter_id BIGINT NOT NULL,           -- 0: a release that is not made yet
    form          TEXT   NOT NULL,           -- what tells the form from every other; empty: one of an older version
    at            BIGINT NOT NULL,
    fields        TEXT   NOT NULL,           -- JSON of newsletters::UnsavedFields
    CONSTRAINT unsaved_text_form PRIMARY KEY (staff_id, newsletter_id, form)
);
INSERT INTO unsaved_text (staff_id, newsletter_id, form, at, fields)
    SELECT staff_id, newsletter_id, '', at, fields FROM unsaved_text_before;
DROP TABLE unsaved_text_before;
CREATE INDEX unsaved_text_at ON unsaved_text (at);
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(STEPS).await?;
        Ok(())
    }
}
