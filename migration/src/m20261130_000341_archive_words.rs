//! The words of what was mailed: the archive is searched by an index of them, and not by reading every text.

use sea_orm_migration::{
    prelude::*,
    sea_orm::{ConnectionTrait, DbBackend},
};

#[derive(DeriveMigrationName)]
pub struct Migration;

/// `{octets}` puts words in the order of their octets, by which those that begin alike stand together; `{clustered}`
/// stores rows in the order of the primary key.
const STEPS: &str = "
CREATE TABLE archive_word (
    word          TEXT{octets} NOT NULL,     -- in small letters, without accents
    newsletter_id BIGINT       NOT NULL REFERENCES newsletter (id) ON DELETE CASCADE,
    PRIMARY KEY (word, newsletter_id)
){clustered};
CREATE INDEX archive_word_of_newsletter ON archive_word (newsletter_id);
-- Those whose words are all there.
CREATE TABLE archive_entry (
    newsletter_id BIGINT PRIMARY KEY REFERENCES newsletter (id) ON DELETE CASCADE
);
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let (octets, clustered) = match manager.get_database_backend() {
            DbBackend::Postgres => (" COLLATE \"C\"", ""),
            _ => ("", " WITHOUT ROWID"),
        };
        let steps = STEPS
            .replace("{octets}", octets)
            .replace("{clustered}", clustered);
        manager.get_connection().execute_unprepared(&steps).await?;
        Ok(())
    }
}
