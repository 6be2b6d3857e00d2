//! A backup becomes the database again.
//!
//! What happened after it was made is not in it: newsletters that have gone out since stand there as
//! still to go, and people who have left since as readers. So nothing is mailed before a person has
//! looked: what was under way is paused, sources mail nothing by themselves, no number is given out
//! twice, and who has left is learned from the database that it replaces, as far as that can be read.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::{
    backup::{noted, remove, url_of, with_end},
    content_digest::digest_of,
    idle::must_be_idle,
    table_copy::{BACKUP_TABLE, LastNumber, copy_all, go_on_after, last_numbers},
    transfer_error::TransferError,
};
use crate::{
    app::App,
    audit::{self, Action, OPERATOR},
    clock::{Clock, Timestamp, instant},
    config::Settings,
    db::{self, Db},
    newsletters,
    releases::{self, Policy},
    secret::Keys,
    subscribers::{self, SubscriberError},
};

/// As many numbers as may have been given out since the backup was made.
const NUMBERS_SINCE: i64 = 1_000_000;

/// What became of a backup.
#[derive(Debug, Serialize)]
pub struct Restored {
    /// As of when it is.
    pub as_of: Timestamp,
    /// Where the database and the key that were there before have been moved to.
    pub moved: Vec<PathBuf>,
    /// Newsletters that were to go out then: they may have gone out since. They are paused.
    pub paused: Vec<PausedNewsletter>,
    /// Sources that mailed by themselves. A person approves what they bring now.
    pub sources: Vec<String>,
    /// People who had left since, as the database says that was replaced.
    pub left_since: u64,
}

/// A newsletter that may have gone out since.
#[derive(Debug, Serialize)]
pub struct PausedNewsletter {
    /// Its number.
    pub id: i64,
    /// Its subject.
    pub subject: String,
    /// Where it stood.
    pub state: &'static str,
}

/// Puts the backup in `file` where the settings say that the database is. One that is there already is
/// moved aside where `replace` says so.
pub async fn restore(
    settings: &Settings,
    clock: &Clock,
    file: &Path,
    replace: bool,
) -> Result<Restored, TransferError> {
    let (copy, partial) = open_copy(file).await?;
    let result = into_place(settings, clock, file, &copy, replace).await;
    copy.close().await?;
    remove(&partial)?;
    let (as_of, moved) = result?;
    let app = App::open_existing(settings.clone(), clock.clone()).await?;
    let left_since = match moved.first() {
        Some(old) => learn_who_left(&app, old).await?,
        None => 0,
    };
    let paused = pause(&app).await?;
    let sources = hold_sources(&app).await?;
    let transaction = app.db.begin().await?;
    let numbers: Vec<LastNumber> = last_numbers(transaction.inner())
        .await?
        .into_iter()
        .map(|number| LastNumber {
            last: number.last + NUMBERS_SINCE,
            ..number
        })
        .collect();
    go_on_after(transaction.inner(), &numbers).await?;
    let (now, details) = (clock.now_ms(), format!("as of {}", instant(as_of)));
    audit::record(
        &transaction,
        now,
        OPERATOR,
        Action::DatabaseRestore,
        "database",
        details,
    )
    .await?;
    transaction.commit().await?;
    app.db.close().await?;
    Ok(Restored {
        as_of: instant(as_of),
        moved,
        paused,
        sources,
        left_since,
    })
}

/// A copy of the backup, brought to this version: the backup itself stays as it is.
async fn open_copy(file: &Path) -> Result<(Db, PathBuf), TransferError> {
    let no_backup = || TransferError::NoBackup(file.to_path_buf());
    // Before a copy is made, which takes room.
    if !db::is_sqlite_file(file) {
        return Err(no_backup());
    }
    let folder = std::env::temp_dir();
    let label = crate::secret::random_label()?;
    let partial = folder.join(format!("gazette-restore-{label}.db"));
    let failed = |error| TransferError::File(partial.clone(), error);
    let mut new = std::fs::OpenOptions::new();
    new.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut new, 0o600);
    let mut into = new.open(&partial).map_err(failed)?;
    let mut from = std::fs::File::open(file)
        .map_err(|error| TransferError::File(file.to_path_buf(), error))?;
    std::io::copy(&mut from, &mut into).map_err(failed)?;
    drop(into);
    if !is_backup(&partial) {
        remove(&partial)?;
        return Err(no_backup());
    }
    match Db::open(&url_of(&partial)).await {
        Ok(copy) => Ok((copy, partial)),
        Err(error) => {
            remove(&partial)?;
            Err(TransferError::OpenOther {
                argument: "the backup, and room in the folder for temporary files (TMPDIR)",
                why: error,
            })
        }
    }
}

/// Looked at before anything migrates it: another program's file is left alone, and what is not as it was
/// written is not taken for what was there.
fn is_backup(file: &Path) -> bool {
    let look = || -> rusqlite::Result<bool> {
        let connection = rusqlite::Connection::open(file)?;
        connection.query_row(&format!("SELECT key FROM {BACKUP_TABLE}"), [], |row| {
            row.get::<_, String>(0)
        })?;
        let check = "PRAGMA integrity_check";
        let sound: String = connection.query_row(check, [], |row| row.get(0))?;
        // Earlier versions kept none.
        let kept = format!("SELECT digest FROM {BACKUP_TABLE}");
        let kept = connection.query_row(&kept, [], |row| row.get::<_, String>(0));
        let as_written = match kept {
            Ok(kept) => digest_of(&connection)? == kept,
            Err(_) => true,
        };
        Ok(sound == "ok" && as_written)
    };
    look().unwrap_or(false)
}

/// Key and tables where they belong; as of when they are, and what was moved aside for them.
async fn into_place(
    settings: &Settings,
    clock: &Clock,
    file: &Path,
    copy: &Db,
    replace: bool,
) -> Result<(i64, Vec<PathBuf>), TransferError> {
    let (key, as_of) = noted(copy)
        .await?
        .ok_or_else(|| TransferError::NoBackup(file.to_path_buf()))?;
    let own = Keys::from_hex(&key)?;
    let url = &settings.database_url;
    let mut moved = Vec::new();
    let key_file = Db::beside(url, "gazette.key");
    match &settings.secret_key {
        Some(given) if Keys::from_hex(given)?.fingerprint() != own.fingerprint() => {
            return Err(TransferError::OtherKey);
        }
        _ => {}
    }
    if let Some(path) = db::sqlite_path(url).filter(|path| path.exists()) {
        if !replace {
            return Err(TransferError::WouldReplace(path));
        }
        let old = Db::open_existing(url).await;
        if let Ok(old) = &old {
            must_be_idle(old, clock).await?;
        }
        if let Ok(old) = old {
            old.close().await?;
        }
        let aside = with_end(&path, &format!(".before-{}", clock.now_ms()));
        for end in ["", "-wal", "-shm"] {
            let from = with_end(&path, end);
            if from.exists() {
                let to = with_end(&aside, end);
                std::fs::rename(&from, &to).map_err(|error| TransferError::File(from, error))?;
            }
        }
        moved.push(aside);
    }
    if settings.secret_key.is_none() {
        let there = key_file.exists();
        let same = there
            && Keys::from_file(&key_file)
                .is_ok_and(|there| there.fingerprint() == own.fingerprint());
        if there && !same {
            if !replace {
                return Err(TransferError::WouldReplace(key_file));
            }
            let aside = with_end(&key_file, &format!(".before-{}", clock.now_ms()));
            std::fs::rename(&key_file, &aside)
                .map_err(|e| TransferError::File(key_file.clone(), e))?;
            moved.push(aside);
        }
        if !same {
            Keys::write_file(&key_file, &key)?;
        }
    }
    let to = Db::open(url).await?;
    let copied = copy_all(copy, &to).await;
    to.close().await?;
    copied?;
    Ok((as_of, moved))
}

/// What was under way, or would be by itself, waits for a person.
async fn pause(app: &App) -> Result<Vec<PausedNewsletter>, TransferError> {
    let held = newsletters::hold_restored(app, OPERATOR).await?;
    Ok(held
        .into_iter()
        .map(|(id, subject, state)| PausedNewsletter {
            id,
            subject,
            state: state.as_str(),
        })
        .collect())
}

/// Sources find again what was published since; a person looks before it is mailed again.
async fn hold_sources(app: &App) -> Result<Vec<String>, TransferError> {
    let mut held = Vec::new();
    for source in releases::list_sources(app).await? {
        if source.policy != Policy::Approve {
            releases::set_source_by(app, source.id, &[("policy", "approve")], OPERATOR).await?;
            held.push(source.url);
        }
    }
    Ok(held)
}

/// Unsubscribes whom the database that was replaced knows as gone.
async fn learn_who_left(app: &App, old: &Path) -> Result<u64, TransferError> {
    // It may be damaged: that is why there is a backup.
    let Ok(old) = Db::open_existing(&url_of(old)).await else {
        return Ok(0);
    };
    let gone = subscribers::gone_addresses(&old).await.unwrap_or_default();
    old.close().await?;
    let mut left = 0;
    for email in gone {
        match subscribers::unsubscribe_address(app, &email, OPERATOR).await {
            Ok(now) => left += u64::from(now),
            Err(SubscriberError::NotFound(_) | SubscriberError::Address(..)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(left)
}
