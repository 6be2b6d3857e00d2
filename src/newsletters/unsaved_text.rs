//! Autosave: what somebody is writing, kept while they write. It is theirs alone, changes nothing that
//! others see, and is forgotten when they save, throw it away, or after a month.

use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, sea_query::OnConflict};
use serde::{Deserialize, Serialize};

use super::Result;
use crate::{
    app::App,
    clock::{DAY, Timestamp, instant},
};

/// After this nobody remembers what it was.
const FORGOTTEN_AFTER_MS: i64 = 30 * DAY;

/// What stands in the form.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnsavedFields {
    /// The subject.
    pub subject: String,
    /// Markdown.
    pub text: String,
    /// The line beside the subject.
    #[serde(default)]
    pub preview: String,
    /// Of a correction: what is different.
    #[serde(default)]
    pub changed: String,
    /// The text that it began with, by its number.
    pub revision: Option<i32>,
}

pub(super) mod table {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "unsaved_text")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub staff_id: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub newsletter_id: i64,
        pub at: i64,
        pub fields: String,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

fn place(newsletter: Option<i64>) -> i64 {
    newsletter.unwrap_or_default()
}

/// Keeps what somebody has written so far of a newsletter; `None`: of a release that is not made yet.
///
/// # Errors
/// The database failed.
pub async fn keep_unsaved(
    app: &App,
    staff: i64,
    newsletter: Option<i64>,
    fields: &UnsavedFields,
) -> Result<()> {
    let row = table::ActiveModel {
        staff_id: Set(staff),
        newsletter_id: Set(place(newsletter)),
        at: Set(app.clock.now_ms()),
        fields: Set(serde_json::to_string(fields).unwrap_or_default()),
    };
    let newest = OnConflict::columns([table::Column::StaffId, table::Column::NewsletterId])
        .update_columns([table::Column::At, table::Column::Fields])
        .to_owned();
    table::Entity::insert(row)
        .on_conflict(newest)
        .exec_without_returning(&app.db.writer())
        .await?;
    Ok(())
}

/// What somebody wrote and did not save, and when.
///
/// # Errors
/// The database failed.
pub async fn unsaved(
    app: &App,
    staff: i64,
    newsletter: Option<i64>,
) -> Result<Option<(Timestamp, UnsavedFields)>> {
    let row = table::Entity::find_by_id((staff, place(newsletter)))
        .one(app.db.pool())
        .await?;
    Ok(row.and_then(|row| {
        let fields = serde_json::from_str(&row.fields).ok()?;
        Some((instant(row.at), fields))
    }))
}

/// Forgets it: it was saved, or thrown away. Also what nobody came back to for a month.
///
/// # Errors
/// The database failed.
pub async fn forget_unsaved(app: &App, staff: i64, newsletter: Option<i64>) -> Result<()> {
    table::Entity::delete_by_id((staff, place(newsletter)))
        .exec(&app.db.writer())
        .await?;
    // unsaved_text_at
    table::Entity::delete_many()
        .filter(table::Column::At.lt(app.clock.now_ms() - FORGOTTEN_AFTER_MS))
        .exec(&app.db.writer())
        .await?;
    Ok(())
}
