//! The chain of keyed hashes over audit log and evidence.

use sea_orm_migration::{
    prelude::*,
    sea_orm::{ConnectionTrait, DbBackend},
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let bytes = match manager.get_database_backend() {
            DbBackend::Sqlite => "BLOB",
            _ => "BYTEA",
        };
        let step = format!(
            "CREATE TABLE evidence_seal (
                kind    SMALLINT NOT NULL, -- 1 audit, 2 consent
                row_id  BIGINT   NOT NULL,
                subject BIGINT   NOT NULL, -- consent: whose, so that an erasure explains what is gone
                mac     {bytes}  NOT NULL, -- of the line
                chain   {bytes}  NOT NULL, -- of all lines up to it
                PRIMARY KEY (kind, row_id)
            );"
        );
        manager.get_connection().execute_unprepared(&step).await?;
        Ok(())
    }
}
