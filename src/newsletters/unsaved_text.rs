//! Autosave: what somebody is writing, kept while they write. It is theirs alone, changes nothing that
//! others see, and is forgotten when they save, throw it away, or after a month. Each form has its own: a page
//! that is open in two windows is two texts.

use sea_orm::{
    ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::OnConflict,
};
use serde::{Deserialize, Serialize};

use super::Result;
use crate::{
    app::App,
    clock::{DAY, Timestamp, instant},
};

/// After this nobody remembers what it was.
const FORGOTTEN_AFTER_MS: i64 = 30 * DAY;

/// Texts that are kept for one person and newsletter; of more, the newest.
const MOST_FORMS: u64 = 20;

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
    /// A word of the office above the release.
    #[serde(default)]
    pub intro: String,
    /// The text that it began with, by its number.
    pub revision: Option<i32>,
    /// Of a new release: the topic that was chosen.
    #[serde(default)]
    pub topic: Option<i64>,
    /// What tells whether a field still says what it said when the form was opened.
    #[serde(default)]
    pub began: String,
}

/// A text that somebody wrote and did not save.
#[derive(Debug, Clone)]
pub struct UnsavedText {
    /// What tells the form that it stands in from every other.
    pub form: String,
    /// When it was kept last.
    pub at: Timestamp,
    /// What stands in the form.
    pub fields: UnsavedFields,
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
        #[sea_orm(primary_key, auto_increment = false)]
        pub form: String,
        pub at: i64,
        pub fields: String,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

fn place(newsletter: Option<i64>) -> i64 {
    newsletter.unwrap_or_default()
}

/// Keeps what somebody has written so far in a form; of a newsletter, or (`None`) of a release that is not
/// made yet.
///
/// # Errors
/// The database failed.
pub async fn keep_unsaved(
    app: &App,
    staff: i64,
    newsletter: Option<i64>,
    form: &str,
    fields: &UnsavedFields,
) -> Result<()> {
    let row = table::ActiveModel {
        staff_id: Set(staff),
        newsletter_id: Set(place(newsletter)),
        form: Set(form.to_owned()),
        at: Set(app.clock.now_ms()),
        fields: Set(serde_json::to_string(fields).unwrap_or_default()),
    };
    let key = [
        table::Column::StaffId,
        table::Column::NewsletterId,
        table::Column::Form,
    ];
    let newest = OnConflict::columns(key)
        .update_columns([table::Column::At, table::Column::Fields])
        .to_owned();
    let transaction = app.db.begin().await?;
    table::Entity::insert(row)
        .on_conflict(newest)
        .exec_without_returning(&transaction)
        .await?;
    // By the primary key.
    let too_many: Vec<String> = table::Entity::find()
        .select_only()
        .column(table::Column::Form)
        .filter(table::Column::StaffId.eq(staff))
        .filter(table::Column::NewsletterId.eq(place(newsletter)))
        .order_by_desc(table::Column::At)
        .order_by_asc(table::Column::Form)
        .offset(MOST_FORMS)
        .limit(MOST_FORMS)
        .into_tuple()
        .all(&transaction)
        .await?;
    if !too_many.is_empty() {
        table::Entity::delete_many()
            .filter(table::Column::StaffId.eq(staff))
            .filter(table::Column::NewsletterId.eq(place(newsletter)))
            .filter(table::Column::Form.is_in(too_many))
            .exec(&transaction)
            .await?;
    }
    Ok(transaction.commit().await?)
}

/// What somebody wrote there and did not save, the newest first.
///
/// # Errors
/// The database failed.
pub async fn unsaved(app: &App, staff: i64, newsletter: Option<i64>) -> Result<Vec<UnsavedText>> {
    let rows = table::Entity::find()
        .filter(table::Column::StaffId.eq(staff))
        .filter(table::Column::NewsletterId.eq(place(newsletter)))
        .order_by_desc(table::Column::At)
        .order_by_asc(table::Column::Form)
        .all(app.db.pool())
        .await?;
    Ok(rows.into_iter().filter_map(text_of).collect())
}

/// What somebody wrote in one form and did not save.
///
/// # Errors
/// The database failed.
pub async fn unsaved_in(
    app: &App,
    staff: i64,
    newsletter: Option<i64>,
    form: &str,
) -> Result<Option<UnsavedFields>> {
    let row = table::Entity::find_by_id((staff, place(newsletter), form.to_owned()))
        .one(app.db.pool())
        .await?;
    Ok(row.and_then(text_of).map(|text| text.fields))
}

fn text_of(row: table::Model) -> Option<UnsavedText> {
    Some(UnsavedText {
        fields: serde_json::from_str(&row.fields).ok()?,
        form: row.form,
        at: instant(row.at),
    })
}

/// Forgets what stood in a form: it was saved, or thrown away. Also what nobody came back to for a month.
///
/// # Errors
/// The database failed.
pub async fn forget_unsaved(
    app: &App,
    staff: i64,
    newsletter: Option<i64>,
    form: &str,
) -> Result<()> {
    table::Entity::delete_by_id((staff, place(newsletter), form.to_owned()))
        .exec(&app.db.writer())
        .await?;
    // unsaved_text_at
    table::Entity::delete_many()
        .filter(table::Column::At.lt(app.clock.now_ms() - FORGOTTEN_AFTER_MS))
        .exec(&app.db.writer())
        .await?;
    Ok(())
}
