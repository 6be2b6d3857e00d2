//! Why the database cannot be used, and what to do about it.

use sea_orm::{DbErr, RuntimeErr, SqlxError};

/// Why the database cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// The URL names no database that we know.
    #[error(
        "GAZETTE_DATABASE_URL must begin with `sqlite://` or `postgres://`; it begins with `{0}`"
    )]
    Scheme(String),
    /// No connection.
    #[error("cannot open the database {0}: {advice} ({1})", advice = advice(.1))]
    Connect(String, DbErr),
    /// A newer Gazette has migrated it.
    #[error(
        "the database was made by a newer Gazette (it has the step `{0}`, which this one does not know); install that version or restore a backup"
    )]
    Newer(String),
    /// A migration failed.
    #[error("the database could not be brought to this version: {advice} ({0})", advice = advice(.0))]
    Migrate(DbErr),
}

/// What to do about it. `SQLite` says with a number what is wrong; the lower eight bits are the kind
/// (<https://www.sqlite.org/rescode.html>).
fn advice(error: &DbErr) -> &'static str {
    let kind = match error {
        DbErr::Conn(RuntimeErr::SqlxError(error))
        | DbErr::Exec(RuntimeErr::SqlxError(error))
        | DbErr::Query(RuntimeErr::SqlxError(error)) => match error.as_ref() {
            SqlxError::Database(error) => error
                .code()
                .and_then(|code| code.parse::<u32>().ok())
                .map(|code| code & 0xff),
            _ => None,
        },
        _ => None,
    };
    match kind {
        Some(5 | 6) => {
            "another program holds it locked; end that program, a backup or an open shell perhaps, and start again"
        }
        Some(8) => {
            "it may only be read; make the file and its folder writable for the user that Gazette runs as"
        }
        Some(10 | 13) => {
            "the disk takes no more; make room on it, or check that it is sound, and start again"
        }
        Some(14) => {
            "check GAZETTE_DATABASE_URL, and that its folder is there and writable for the user that Gazette runs as"
        }
        Some(11 | 26) => {
            "the file is damaged or no database; check GAZETTE_DATABASE_URL, or restore a backup"
        }
        _ => "check GAZETTE_DATABASE_URL, and that the server runs and lets us in",
    }
}
