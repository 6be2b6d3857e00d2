//! What lets the address of who was erased be taken out of the evidence of others, and only that.

use sea_orm_migration::{
    prelude::*,
    sea_orm::{ConnectionTrait, DbBackend},
};

use crate::step;

#[derive(DeriveMigrationName)]
pub struct Migration;

const STEP: &str = "
-- Lines of `consent` out of which the address of somebody who was erased was taken.
CREATE TABLE consent_redaction (
    consent_id BIGINT  PRIMARY KEY,
    at         BIGINT  NOT NULL,
    mac        {bytes} NOT NULL -- of the line as it stands since
);
-- Who ever had another address: few.
CREATE INDEX consent_address_changed ON consent (id) WHERE event = 'address_changed';
";

/// Only the evidence may change, and only where that is on record first.
const SQLITE: &str = "
DROP TRIGGER consent_keeps;
CREATE TRIGGER consent_keeps BEFORE UPDATE ON consent
WHEN NOT EXISTS (SELECT 1 FROM consent_redaction WHERE consent_id = OLD.id)
  OR NEW.id <> OLD.id OR NEW.subscriber_id <> OLD.subscriber_id OR NEW.at <> OLD.at OR NEW.event <> OLD.event
BEGIN SELECT RAISE(ABORT, 'consent is append-only'); END;
";

const POSTGRES: &str = "
CREATE FUNCTION append_only_unless_redacted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM consent_redaction WHERE consent_id = OLD.id)
       AND NEW.id = OLD.id AND NEW.subscriber_id = OLD.subscriber_id AND NEW.at = OLD.at AND NEW.event = OLD.event
    THEN RETURN NEW; END IF;
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END $$;
DROP TRIGGER consent_keeps ON consent;
CREATE TRIGGER consent_keeps BEFORE UPDATE ON consent FOR EACH ROW EXECUTE FUNCTION append_only_unless_redacted();
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        step::run(manager, STEP).await?;
        let triggers = match manager.get_database_backend() {
            DbBackend::Postgres => POSTGRES,
            _ => SQLITE,
        };
        manager
            .get_connection()
            .execute_unprepared(triggers)
            .await?;
        Ok(())
    }
}
