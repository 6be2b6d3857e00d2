//! A list that staff uploaded, kept in the database between looking at it and importing it: whichever
//! process answers, it is there. It goes when it is imported, and in any case after a day.

use std::io::Write;

use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use tempfile::NamedTempFile;

use super::{
    Result, SubscriberError,
    import_answers::Answers,
    import_file::{Heading, ImportFile},
    subscriber_tables::import_upload,
};
use crate::{app::App, clock::DAY, db::WriteTransaction, secret::random_label};

/// A list that was uploaded.
#[derive(Debug)]
pub struct ImportUpload {
    /// In the addresses of its pages.
    pub label: String,
    /// The file's name.
    pub name: String,
    content: Vec<u8>,
}

/// Keeps a file that `who` uploaded; its label.
pub async fn keep_upload(app: &App, name: &str, content: Vec<u8>, who: &str) -> Result<String> {
    let upload = ImportUpload {
        label: random_label()?,
        name: name.chars().filter(|c| !c.is_control()).take(200).collect(),
        content,
    };
    put_upload_back(app, &upload, who).await?;
    Ok(upload.label)
}

/// Keeps an upload that was taken and could not be imported.
pub async fn put_upload_back(app: &App, upload: &ImportUpload, who: &str) -> Result<()> {
    import_upload::Entity::insert(import_upload::ActiveModel {
        label: Set(upload.label.clone()),
        at: Set(app.clock.now_ms()),
        by: Set(who.to_owned()),
        name: Set(upload.name.clone()),
        content: Set(upload.content.clone()),
    })
    .exec_without_returning(&app.db.writer())
    .await?;
    Ok(())
}

/// What `who` uploaded; `None`: it was imported, or forgotten, or is somebody else's.
pub async fn upload(app: &App, label: &str, who: &str) -> Result<Option<ImportUpload>> {
    let found = import_upload::Entity::find_by_id(label.to_owned())
        .filter(import_upload::Column::By.eq(who))
        .filter(import_upload::Column::At.gt(app.clock.now_ms() - DAY))
        .one(app.db.pool())
        .await?;
    Ok(found.map(|found| ImportUpload {
        label: found.label,
        name: found.name,
        content: found.content,
    }))
}

/// Takes an upload to import it. False: somebody else took it, or it is forgotten.
pub async fn take_upload(app: &App, label: &str) -> Result<bool> {
    let taken = import_upload::Entity::delete_by_id(label.to_owned())
        .exec(&app.db.writer())
        .await?;
    Ok(taken.rows_affected > 0)
}

/// Forgets what nobody imported within a day.
pub(super) async fn forget(app: &App) -> Result<()> {
    import_upload::Entity::delete_many()
        .filter(import_upload::Column::At.lte(app.clock.now_ms() - DAY))
        .exec(&app.db.writer())
        .await?;
    Ok(())
}

/// Forgets the lists in which this address stands, by its key: its owner was erased. Whoever uploaded one uploads it
/// again.
pub(super) async fn forget_mentions(transaction: &WriteTransaction, key: &str) -> Result<()> {
    // At most what staff uploaded within a day.
    let labels: Vec<String> = import_upload::Entity::find()
        .select_only()
        .column(import_upload::Column::Label)
        .into_tuple()
        .all(transaction)
        .await?;
    for label in labels {
        let found = import_upload::Entity::find_by_id(label.clone())
            .one(transaction)
            .await?;
        if found.is_some_and(|found| names(&found.content, key)) {
            import_upload::Entity::delete_by_id(label)
                .exec(transaction)
                .await?;
        }
    }
    Ok(())
}

/// Whether an address stands in a file, however the file writes its letters: in UTF-16 each has an octet 0 beside it.
fn names(content: &[u8], key: &str) -> bool {
    let letters = content.iter().filter(|octet| **octet != 0);
    let letters: Vec<u8> = letters.map(u8::to_ascii_lowercase).collect();
    letters
        .windows(key.len())
        .any(|part| part == key.as_bytes())
}

impl ImportUpload {
    /// Looks at the whole list. The file is there for as long as the second of the pair.
    ///
    /// # Errors
    /// As [`ImportFile::open`], and where no file can be written.
    pub fn open(&self, answers: Answers) -> Result<(ImportFile, NamedTempFile)> {
        let file = self.written()?;
        Ok((ImportFile::open(file.path(), &self.name, answers)?, file))
    }

    /// Its columns, before anybody knows what they hold.
    ///
    /// # Errors
    /// As [`ImportFile::headings`], and where no file can be written.
    pub fn headings(&self) -> Result<Vec<Heading>> {
        ImportFile::headings(self.written()?.path())
    }

    fn written(&self) -> Result<NamedTempFile> {
        let failed = |error: std::io::Error| {
            SubscriberError::Import(format!("cannot keep the file for reading: {error}"))
        };
        let mut file = NamedTempFile::new().map_err(failed)?;
        file.write_all(&self.content).map_err(failed)?;
        file.flush().map_err(failed)?;
        Ok(file)
    }
}
