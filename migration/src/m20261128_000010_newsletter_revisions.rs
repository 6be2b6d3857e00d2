//! Every change of a newsletter's text counts in `newsletter.revision`, which approval names. What a
//! correction stopped half way says so, the press list's copies stand with their releases, and the
//! columns get the field's words: `auto_approve`, `deadline`.

use sea_orm_migration::{prelude::*, sea_orm::ConnectionTrait};

#[derive(DeriveMigrationName)]
pub struct Migration;

const STEPS: &str = "
ALTER TABLE newsletter RENAME COLUMN by_itself TO auto_approve;
ALTER TABLE newsletter RENAME COLUMN give_up_hours TO deadline_hours;
ALTER TABLE newsletter RENAME COLUMN give_up_at TO deadline_at;
DROP INDEX newsletter_by_itself;
CREATE INDEX newsletter_auto_approve ON newsletter (id) WHERE auto_approve IS NOT NULL;

-- How often subject or text were changed: the highest number in newsletter_revision.
ALTER TABLE newsletter ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;
UPDATE newsletter SET revision = coalesce(
    (SELECT max(v.number) FROM newsletter_revision v WHERE v.newsletter_id = newsletter.id), 0);

-- The correction that took over those whom this one had not reached yet.
ALTER TABLE newsletter ADD COLUMN superseded_by BIGINT REFERENCES newsletter (id);

INSERT INTO newsletter_release (newsletter_id, release_id, position, revision)
SELECT n.id, x.release_id, x.position, x.revision
FROM newsletter n
JOIN newsletter o ON o.audience = 0
    AND (n.slug = o.slug || '-press-list' OR n.slug LIKE o.slug || '-press-list-%')
JOIN newsletter_release x ON x.newsletter_id = o.id
WHERE n.audience = 1
ON CONFLICT (newsletter_id, release_id) DO NOTHING;
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(STEPS).await?;
        Ok(())
    }
}
