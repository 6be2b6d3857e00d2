//! A list that somebody uploaded in the console and has not imported yet.

use sea_orm_migration::{prelude::*, sea_orm::ConnectionTrait};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let bytes = match manager.get_database_backend() {
            sea_orm_migration::sea_orm::DatabaseBackend::Postgres => "BYTEA",
            _ => "BLOB",
        };
        let steps = format!(
            "CREATE TABLE import_upload (
                label   TEXT   PRIMARY KEY,
                at      BIGINT NOT NULL,
                by      TEXT   NOT NULL,         -- who uploaded it: nobody else imports it
                name    TEXT   NOT NULL,         -- the file's name
                content {bytes} NOT NULL
            );"
        );
        manager.get_connection().execute_unprepared(&steps).await?;
        Ok(())
    }
}
