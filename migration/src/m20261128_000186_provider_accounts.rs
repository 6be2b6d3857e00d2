//! Whom the office's own sign-in provider knows by which name.

use sea_orm_migration::prelude::*;

use crate::step;

#[derive(DeriveMigrationName)]
pub struct Migration;

const STEPS: &str = "
ALTER TABLE staff ADD COLUMN provider_subject TEXT; -- issuer and subject; none: signs in by password or passkey alone
CREATE UNIQUE INDEX staff_provider_subject ON staff (provider_subject);
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        step::run(manager, STEPS).await
    }
}
