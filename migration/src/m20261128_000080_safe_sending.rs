//! Time to undo an approval before anything is sent, who wrote a newsletter's text, and what staff say
//! to each other about it before it is approved.

use sea_orm_migration::prelude::*;

use crate::step;

#[derive(DeriveMigrationName)]
pub struct Migration;

const STEPS: &str = "
-- Nothing of it is sent before: until then whoever approved it can undo that. None: nothing to wait for.
ALTER TABLE newsletter ADD COLUMN undo_until BIGINT;
-- Who asked for approval, and when; none: nobody does.
ALTER TABLE newsletter ADD COLUMN review_requested_at BIGINT;
ALTER TABLE newsletter ADD COLUMN review_requested_by TEXT;

-- Everybody who wrote or changed the text: for the rule that somebody else approves it.
CREATE TABLE newsletter_author (
    newsletter_id BIGINT NOT NULL REFERENCES newsletter (id),
    who           TEXT   NOT NULL,
    PRIMARY KEY (newsletter_id, who)
);
INSERT INTO newsletter_author (newsletter_id, who)
SELECT DISTINCT newsletter_id, replaced_by FROM newsletter_revision WHERE replaced_by <> 'gazette';

CREATE TABLE newsletter_comment (
    id            {id},
    newsletter_id BIGINT NOT NULL REFERENCES newsletter (id),
    at            BIGINT NOT NULL,
    who           TEXT   NOT NULL,
    text          TEXT   NOT NULL
);
CREATE INDEX newsletter_comment_of ON newsletter_comment (newsletter_id);
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        step::run(manager, STEPS).await
    }
}
