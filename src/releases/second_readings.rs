//! What the second reader made of a page where it did not agree with ours, for staff to compare.

use sea_orm::{ActiveValue::Set, ConnectionTrait, DbErr, EntityTrait, sea_query::OnConflict};

use super::{
    reading::second_reader::SecondReading,
    release_tables::{release, release_second_reading as table},
};
use crate::app::App;

/// Two readings of one page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseReadings {
    /// What the release is called.
    pub title: String,
    /// Its page.
    pub url: Option<String>,
    /// What Gazette would mail, a line a paragraph.
    pub ours: String,
    /// What the other reader finds.
    pub theirs: String,
}

/// Keeps what the last reading of a release's page showed. `None`: the two agree.
pub(super) async fn keep(
    transaction: &impl ConnectionTrait,
    release: i64,
    doubt: Option<&SecondReading>,
) -> Result<(), DbErr> {
    let Some(doubt) = doubt else {
        table::Entity::delete_by_id(release)
            .exec(transaction)
            .await?;
        return Ok(());
    };
    let row = table::ActiveModel {
        release_id: Set(release),
        ours: Set(doubt.ours.clone()),
        theirs: Set(doubt.theirs.clone()),
    };
    let columns = [table::Column::Ours, table::Column::Theirs];
    table::Entity::insert(row)
        .on_conflict(
            OnConflict::column(table::Column::ReleaseId)
                .update_columns(columns)
                .to_owned(),
        )
        .exec_without_returning(transaction)
        .await?;
    Ok(())
}

/// Both readings of a release. `None`: there is no such release, or its readers agree.
///
/// # Errors
/// The database failed.
pub async fn second_reading_of(app: &App, id: i64) -> Result<Option<ReleaseReadings>, DbErr> {
    let Some(kept) = table::Entity::find_by_id(id).one(app.db.pool()).await? else {
        return Ok(None);
    };
    let release = release::Entity::find_by_id(id).one(app.db.pool()).await?;
    Ok(release.map(|release| ReleaseReadings {
        title: release.title,
        url: release.url,
        ours: kept.ours,
        theirs: kept.theirs,
    }))
}
