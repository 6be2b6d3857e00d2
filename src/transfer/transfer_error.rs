//! Why a database could not be copied, backed up or restored.

use std::path::PathBuf;

use crate::{
    db::DbError, newsletters::NewsletterError, releases::ReleaseError, secret::KeyError,
    subscribers::SubscriberError,
};

/// See the module's head. Where one occurs, nothing that was there before has changed.
#[derive(Debug, thiserror::Error)]
pub enum TransferError {
    /// There is something where a new database should be.
    #[error(
        "{0} is in use already: it holds accounts, subscribers or newsletters; name an empty database"
    )]
    NotEmpty(String),
    /// A file is in the way.
    #[error("`{0}` exists already; name another file, or move it away")]
    Exists(PathBuf),
    /// The database that would be replaced is there.
    #[error(
        "the database `{0}` exists; stop `gazette serve`, and say `--replace` to move it aside and put the backup in its place"
    )]
    WouldReplace(PathBuf),
    /// Somebody works on the database that would be replaced or copied.
    #[error("Gazette runs on {0}; stop every `gazette serve` and `gazette worker` on it first")]
    Running(String),
    /// The file is no backup.
    #[error("`{0}` is no backup of Gazette (made by `gazette backup`), or it is damaged")]
    NoBackup(PathBuf),
    /// What was written is not what was read.
    #[error(
        "the copy of the table `{0}` is not what was read; nothing was kept. Check the disk, and try again"
    )]
    Differs(String),
    /// Both databases must have the same tables.
    #[error("the table `{0}` is not on both sides; use the same version of Gazette for both")]
    NoTable(String),
    /// Another key is configured than the backup has.
    #[error(
        "the backup belongs to another secret key than GAZETTE_SECRET_KEY; unset it, and the backup's own is used"
    )]
    OtherKey,
    /// A database.
    #[error(transparent)]
    Open(#[from] DbError),
    /// The database that is written to, which another argument names than the one that is read.
    #[error("{}", why.to_string().replace("GAZETTE_DATABASE_URL", argument))]
    OpenOther {
        /// What names it on the command line.
        argument: &'static str,
        /// What is wrong with it.
        why: DbError,
    },
    /// A statement.
    #[error(transparent)]
    Db(#[from] sea_orm::DbErr),
    /// A file.
    #[error("`{0}`: {1}")]
    File(PathBuf, std::io::Error),
    /// The key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// Subscribers.
    #[error(transparent)]
    Subscriber(#[from] SubscriberError),
    /// Newsletters.
    #[error(transparent)]
    Newsletter(#[from] NewsletterError),
    /// Sources.
    #[error(transparent)]
    Release(#[from] ReleaseError),
    /// The rest of what a start can fail by.
    #[error(transparent)]
    Start(#[from] anyhow::Error),
}
