//! How connections to SQLite are set up.

use std::{
    fs::OpenOptions,
    io::Read,
    path::{Path, PathBuf},
    time::Duration,
};

use sea_orm::{ConnectOptions, Database, DbErr, RuntimeErr, sqlx::Connection};

use super::write_turns::ACQUIRE_TIMEOUT;
use crate::{file_owner::give_to_owner_of_folder, named_file};

/// How long a SQLite statement waits for another writer.
const BUSY_TIMEOUT: Duration = Duration::from_secs(15);

/// Whether a database can stand there: nothing does yet, or a file. A pipe would be waited for without end, and
/// a device be taken for a full disk.
pub(super) fn must_be_a_file(path: &Path) -> Result<(), DbErr> {
    if std::fs::metadata(path).map_or(true, |there| there.is_file()) {
        return Ok(());
    }
    // As SQLite says that it cannot open a file.
    let refused = |error| DbErr::Conn(RuntimeErr::Internal(format!("(code: 14) {error}")));
    named_file::open(path).map(drop).map_err(refused)
}

/// Makes the file where there is none. Only then `auto_vacuum` is set, which lets a finished
/// newsletter's space go: it takes effect before the first table alone, and on a database in use it
/// would have every new connection wait for whoever is writing, be it the one that asks for it.
pub(super) async fn create(url: &str) -> Result<(), DbErr> {
    let path = sqlite_path(url).unwrap_or_default();
    if std::fs::metadata(&path).is_ok_and(|file| file.len() > 0) {
        // Anything else may be everybody's to read, and whoever opens it says what it is.
        if is_sqlite_file(&path) {
            keep_from_others(&path);
        }
        return Ok(());
    }
    // Made by us, so that nobody else may read it; its log gets the same rights. Where it cannot be
    // made, what opens it says why.
    let mut new = OpenOptions::new();
    new.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut new, 0o600);
    if new.open(&path).is_ok() {
        give_to_owner_of_folder(&path);
    }
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(1)
        .sqlx_logging(false)
        .map_sqlx_sqlite_opts(|sqlite| {
            sqlite
                .busy_timeout(BUSY_TIMEOUT)
                .pragma("auto_vacuum", "INCREMENTAL")
                .pragma("journal_mode", "WAL")
        });
    Database::connect(options).await?.close().await?;
    // An empty file was there before, with whatever rights.
    keep_from_others(&path);
    Ok(())
}

/// Whether the file begins as every database of SQLite does (<https://www.sqlite.org/fileformat.html#the_database_header>).
#[must_use]
pub fn is_sqlite_file(path: &Path) -> bool {
    let mut beginning = [0; 16];
    let read = named_file::open(path).and_then(|mut file| file.read_exact(&mut beginning));
    read.is_ok() && beginning == *b"SQLite format 3\0"
}

/// Takes the database's files from all who are neither its owner nor of its group.
#[cfg(unix)]
fn keep_from_others(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    for end in ["", "-wal", "-shm"] {
        let file = PathBuf::from(format!("{}{end}", path.display()));
        let Ok(mode) = std::fs::metadata(&file).map(|file| file.permissions().mode()) else {
            continue;
        };
        let private = mode & !0o007;
        if private == mode {
            continue;
        }
        let private = std::fs::Permissions::from_mode(private);
        if let Err(error) = std::fs::set_permissions(&file, private) {
            tracing::warn!(file = %file.display(), %error, "everyone on this machine may read the database; run `chmod o= FILE`");
        }
    }
}

#[cfg(not(unix))]
fn keep_from_others(_: &Path) {}

/// How every connection to SQLite is set up.
pub(super) fn sqlite_pragmas(
    synchronous: &'static str,
    secure_delete: &'static str,
    // Pages kept in memory, where negative in KiB: of each connection.
    cache_size: &'static str,
) -> [(&'static str, &'static str); 7] {
    [
        ("foreign_keys", "ON"),
        ("journal_mode", "WAL"),
        ("secure_delete", secure_delete),
        ("synchronous", synchronous),
        ("temp_store", "MEMORY"),
        ("cache_size", cache_size),
        // Where nobody folds the log beside those who write (`checkpoints`), a commit does every 32 MB: often
        // enough to stay small, seldom enough not to be felt while sending.
        ("wal_autocheckpoint", "8000"),
    ]
}

pub(super) fn sqlite_options(
    url: &str,
    connections: u32,
    synchronous: &'static str,
) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(connections)
        .min_connections(1)
        // Longer than the wait for a lock: then the error says that it was the lock.
        .connect_timeout(Duration::from_secs(20))
        // And so that who stands behind a waiting one waits too.
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .sqlx_logging(false)
        // A full disk makes SQLite end a transaction by itself. sqlx goes on counting it and would
        // refuse every later one on that connection: such a connection is closed, not used again.
        .map_sqlx_sqlite_pool_opts(|pool| {
            pool.after_release(|connection, _| {
                Box::pin(async move {
                    // A transaction that was let go may still have its ROLLBACK before it.
                    if connection.is_in_transaction() {
                        connection.ping().await?;
                    }
                    Ok(!connection.is_in_transaction())
                })
            })
        })
        .map_sqlx_sqlite_opts(move |sqlite| {
            let sqlite = sqlite.busy_timeout(BUSY_TIMEOUT);
            // V2: what is deleted is overwritten, so that a person who was erased is not still to
            // be read in the file's free places.
            // Every write by another connection empties a connection's pages; the system keeps them
            // anyway, once for all.
            sqlite_pragmas(synchronous, "ON", "-1000")
                .into_iter()
                .fold(sqlite, |sqlite, (name, value)| sqlite.pragma(name, value))
        });
    options
}

/// Any table, where there is none that says what Gazette has migrated.
pub(super) const SQLITE_FOREIGN_TABLE: &str = "SELECT name FROM sqlite_master
    WHERE type = 'table' AND name NOT LIKE 'sqlite_%'
      AND NOT EXISTS (SELECT 1 FROM sqlite_master WHERE name = 'seaql_migrations') LIMIT 1";

/// Looks into a file that is there already, before anything of it is set: another program's stays as it
/// is, to the byte. What cannot be read is found out by whoever opens it.
pub(super) fn foreign_table_of_file(path: &Path) -> Option<String> {
    let only_read = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
    let file = rusqlite::Connection::open_with_flags(path, only_read).ok()?;
    file.busy_timeout(BUSY_TIMEOUT).ok()?;
    file.query_row(SQLITE_FOREIGN_TABLE, [], |row| row.get("name"))
        .ok()
}

/// The file, where it is SQLite.
#[must_use]
pub fn sqlite_path(url: &str) -> Option<PathBuf> {
    let rest = url.strip_prefix("sqlite:")?;
    let rest = rest.strip_prefix("//").unwrap_or(rest);
    Some(PathBuf::from(rest.split('?').next().unwrap_or(rest)))
}
