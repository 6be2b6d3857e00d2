//! Pictures that nobody needs: uploaded or pasted, and in no text two months later. What stands in any text,
//! in an old one, too, stays for as long as somebody may open the mail.

use std::collections::BTreeSet;

use sea_orm::{
    ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr,
};

use super::{
    Result,
    newsletter_entities::{newsletter, newsletter_revision},
    pictures::{FOLDER, table as picture},
    unsaved_text::table as unsaved_text,
};
use crate::{
    app::App,
    audit::{self, Action, GAZETTE},
    clock::DAY,
    releases,
};

/// Longer than an unsaved text is kept: whoever comes back to one finds its pictures.
const UNUSED_MEMORY_MS: i64 = 60 * DAY;
/// Looked for in one round.
const BATCH: u64 = 100;

/// Deletes pictures that stand in no text; how many.
///
/// # Errors
/// The database failed.
pub async fn purge_pictures(app: &App) -> Result<u64> {
    let now = app.clock.now_ms();
    let long_ago = now - UNUSED_MEMORY_MS;
    // picture_added
    let due: Vec<String> = picture::Entity::find()
        .select_only()
        .column(picture::Column::File)
        .filter(picture::Column::AddedAt.lt(long_ago))
        .filter(
            Condition::any()
                .add(picture::Column::FoundAt.is_null())
                .add(picture::Column::FoundAt.lt(long_ago)),
        )
        .order_by_asc(picture::Column::AddedAt)
        .limit(BATCH)
        .into_tuple()
        .all(app.db.pool())
        .await?;
    if due.is_empty() {
        return Ok(0);
    }
    let used = in_texts(app).await?;
    let (found, unused): (Vec<String>, Vec<String>) =
        due.into_iter().partition(|file| used.contains(file));
    let transaction = app.db.begin().await?;
    picture::Entity::update_many()
        .col_expr(picture::Column::FoundAt, Expr::value(now))
        .filter(picture::Column::File.is_in(found))
        .exec(&transaction)
        .await?;
    let mut deleted = 0;
    for file in unused {
        // Whoever added it again meanwhile needs it.
        let gone = picture::Entity::delete_many()
            .filter(picture::Column::File.eq(file.as_str()))
            .filter(picture::Column::AddedAt.lt(long_ago))
            .exec(&transaction)
            .await?;
        if gone.rows_affected > 0 {
            let (object, action) = (format!("picture/{file}"), Action::PicturePurge);
            audit::record(&transaction, now, GAZETTE, action, object, "").await?;
        }
        deleted += gone.rows_affected;
    }
    transaction.commit().await?;
    Ok(deleted)
}

/// The files that any text shows.
async fn in_texts(app: &App) -> Result<BTreeSet<String>> {
    let mut texts: Vec<String> = newsletter::Entity::find()
        .select_only()
        .column(newsletter::Column::Document)
        .filter(newsletter::Column::Document.contains(FOLDER))
        .into_tuple()
        .all(app.db.pool())
        .await?;
    let revisions: Vec<String> = newsletter_revision::Entity::find()
        .select_only()
        .column(newsletter_revision::Column::Document)
        .filter(newsletter_revision::Column::Document.contains(FOLDER))
        .into_tuple()
        .all(app.db.pool())
        .await?;
    let unsaved: Vec<String> = unsaved_text::Entity::find()
        .select_only()
        .column(unsaved_text::Column::Fields)
        .filter(unsaved_text::Column::Fields.contains(FOLDER))
        .into_tuple()
        .all(app.db.pool())
        .await?;
    texts.extend(revisions);
    texts.extend(unsaved);
    texts.extend(releases::documents_with(app, FOLDER).await?);
    Ok(texts.iter().flat_map(|text| files_in(text)).collect())
}

/// The names behind each address of a picture of ours.
fn files_in(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split(FOLDER).skip(1).map(|rest| {
        let is_part = |letter: &char| letter.is_ascii_alphanumeric() || *letter == '.';
        rest.chars().take_while(is_part).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_file_that_a_text_names_is_found() {
        let text = "{\"src\":\"https://news.example.gov/pictures/0a1b.jpg\"} ![x](</pictures/2.png>) /pictures/";
        let files: Vec<String> = files_in(text).collect();
        assert_eq!(files, ["0a1b.jpg", "2.png", ""]);
    }
}
