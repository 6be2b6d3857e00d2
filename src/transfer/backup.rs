//! A backup: everything in one SQLite file, with the secret key, taken while Gazette runs.

use std::path::{Path, PathBuf};

use sea_orm::{ConnectionTrait, DbErr};
use serde::Serialize;

use super::{
    content_digest::digest_of,
    table_copy::{BACKUP_TABLE, CopiedTable, copy_all},
    transfer_error::TransferError,
};
use crate::{
    app::App,
    audit::{self, Action, OPERATOR},
    clock::{Timestamp, instant},
    db::{self, Db},
    secret::Keys,
    values,
};

/// What was backed up.
#[derive(Debug, Serialize)]
pub struct Backup {
    /// Where it is.
    pub file: PathBuf,
    /// As of when.
    pub at: Timestamp,
    /// What is in it.
    pub tables: Vec<CopiedTable>,
}

/// Writes a backup into `file`, which must not be there. It holds all people and the key that makes
/// their links: only its owner may read it.
pub async fn backup(app: &App, file: &Path) -> Result<Backup, TransferError> {
    if file.exists() {
        return Err(TransferError::Exists(file.to_path_buf()));
    }
    let key = match &app.settings.secret_key {
        Some(key) => key.trim().to_owned(),
        None => Keys::hex_in(&Db::beside(&app.settings.database_url, "gazette.key"))?,
    };
    // Beside it first: a file of that name is whole.
    let partial = with_end(file, ".partial");
    remove(&partial)?;
    let written = write(app, &partial, &key).await;
    if written.is_err() {
        remove(&partial)?;
    }
    let (at, tables) = written?;
    std::fs::rename(&partial, file).map_err(|e| TransferError::File(file.to_path_buf(), e))?;
    // Everybody whom the office knows stands in that file.
    let (action, name) = (Action::DatabaseBackup, file.display());
    audit::record(&app.db.writer(), at, OPERATOR, action, "database", name).await?;
    Ok(Backup {
        file: file.to_path_buf(),
        at: instant(at),
        tables,
    })
}

async fn write(
    app: &App,
    partial: &Path,
    key: &str,
) -> Result<(i64, Vec<CopiedTable>), TransferError> {
    let copy = Db::open(&url_of(partial)).await;
    let copy = copy.map_err(|why| TransferError::OpenOther {
        argument: "the file that you named",
        why,
    })?;
    let at = app.clock.now_ms();
    let tables = copy_all(&app.db, &copy).await?;
    let made =
        format!("CREATE TABLE {BACKUP_TABLE} (key TEXT NOT NULL, at BIGINT NOT NULL, digest TEXT)");
    copy.pool().execute_unprepared(&made).await?;
    let noted = format!("INSERT INTO {BACKUP_TABLE} (key, at) VALUES ($1, $2)");
    copy.execute(&noted, values![key, at]).await?;
    finish(copy, partial).await?;
    Ok((at, tables))
}

/// One file without a log beside it, sound from end to end.
async fn finish(copy: Db, partial: &Path) -> Result<(), TransferError> {
    let sound: Option<String> = db::scalar(copy.pool(), "PRAGMA integrity_check", []).await?;
    if sound.as_deref() != Some("ok") {
        return Err(TransferError::Differs(BACKUP_TABLE.to_owned()));
    }
    copy.close().await?;
    // Its own connection of the delivery queue, too.
    drop(copy);
    seal(partial).map_err(|e| DbErr::Custom(e.to_string()))?;
    std::fs::File::open(partial)
        .and_then(|file| file.sync_all())
        .map_err(|e| TransferError::File(partial.to_path_buf(), e))
}

/// Folds its log into the file, and notes what all of it says.
fn seal(file: &Path) -> rusqlite::Result<()> {
    let connection = rusqlite::Connection::open(file)?;
    connection.pragma_update(None, "journal_mode", "DELETE")?;
    let digest = digest_of(&connection)?;
    let note = format!("UPDATE {BACKUP_TABLE} SET digest = ?1");
    connection.execute(&note, [digest]).map(drop)
}

/// What a backup knows of itself: the key in hexadecimal digits, and when it was made.
pub(super) async fn noted(copy: &Db) -> Result<Option<(String, i64)>, DbErr> {
    let there = "SELECT count(*) FROM sqlite_master WHERE name = $1";
    if db::scalar::<i64>(copy.pool(), there, values![BACKUP_TABLE]).await? != Some(1) {
        return Ok(None);
    }
    let key: Option<String> =
        db::scalar(copy.pool(), &format!("SELECT key FROM {BACKUP_TABLE}"), []).await?;
    let at: Option<i64> =
        db::scalar(copy.pool(), &format!("SELECT at FROM {BACKUP_TABLE}"), []).await?;
    Ok(key.zip(at))
}

pub(super) fn url_of(file: &Path) -> String {
    format!("sqlite://{}", file.display())
}

pub(super) fn with_end(file: &Path, end: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}

/// Removes a database's files, those that are there.
pub(super) fn remove(file: &Path) -> Result<(), TransferError> {
    for end in ["", "-wal", "-shm", "-journal"] {
        let file = with_end(file, end);
        match std::fs::remove_file(&file) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(TransferError::File(file, error)),
        }
    }
    Ok(())
}
