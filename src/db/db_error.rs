//! Why the database cannot be used, and what to do about it.

use std::path::PathBuf;

use sea_orm::{DbErr, RuntimeErr, SqlxError};

/// Why the database cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// The URL names no database that we know.
    #[error("GAZETTE_DATABASE_URL must begin with `sqlite://` or `postgres://`{0}")]
    Scheme(String),
    /// There is no database where a command is to work on one.
    #[error(
        "there is no database {0}; set GAZETTE_DATABASE_URL (or --database-url) to the one that the service uses, as `/etc/gazette.env` has it, or make one with `gazette migrate`"
    )]
    Missing(String),
    /// The database is gone, but its key is there.
    #[error(
        "the database {0} is gone, but its secret key `{1}` is there; restore the database from your backup, or move the key away to begin with an empty one"
    )]
    Gone(String, PathBuf),
    /// It holds another program's tables.
    #[error(
        "the database {0} is another program's: it has a table `{1}`, and none of Gazette's. Nothing was changed; check GAZETTE_DATABASE_URL"
    )]
    Foreign(String, String),
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
#[must_use]
pub fn advice(error: &DbErr) -> &'static str {
    let code = match error {
        DbErr::Conn(RuntimeErr::SqlxError(error))
        | DbErr::Exec(RuntimeErr::SqlxError(error))
        | DbErr::Query(RuntimeErr::SqlxError(error)) => match error.as_ref() {
            SqlxError::Database(error) => error.code().map(std::borrow::Cow::into_owned),
            _ => None,
        },
        _ => None,
    };
    // PostgreSQL's have five characters, SQLite's four at most.
    match code.as_deref() {
        Some(state) if state.len() == 5 => of_postgres(state),
        Some(number) => of_sqlite(number.parse().unwrap_or(0)),
        None => "check GAZETTE_DATABASE_URL, and that the server runs and lets us in",
    }
}

/// <https://www.postgresql.org/docs/current/errcodes-appendix.html>
fn of_postgres(state: &str) -> &'static str {
    match state {
        "28P01" | "28000" => {
            "user name or password is wrong; check GAZETTE_DATABASE_URL (special characters are percent-encoded) and `pg_hba.conf`"
        }
        "3D000" => {
            "there is no such database; make it with `createdb`, or check GAZETTE_DATABASE_URL"
        }
        "42501" => {
            "the role may not do this; make it the owner of the database (`ALTER DATABASE … OWNER TO …`), or grant it CREATE on the schema"
        }
        "53300" | "53400" => "the server takes no more connections; raise its `max_connections`",
        "53100" => "the server's disk is full; make room on it",
        "57P03" | "57P01" | "57P02" => "the server is starting or stopping; wait for it",
        _ => "the server refused it; its log says why",
    }
}

fn of_sqlite(number: u32) -> &'static str {
    match number & 0xff {
        5 | 6 => {
            "another program holds it locked; end that program, a backup or an open shell perhaps, and start again"
        }
        8 => {
            "it may only be read; make the file and its folder writable for the user that Gazette runs as"
        }
        10 | 13 => {
            "the disk takes no more; make room on it, or check that it is sound, and start again"
        }
        14 => {
            "check GAZETTE_DATABASE_URL, and that its folder is there and writable for the user that Gazette runs as"
        }
        11 | 26 => {
            "the file is damaged or no database; check GAZETTE_DATABASE_URL, or restore a backup"
        }
        _ => "check GAZETTE_DATABASE_URL, and that the server runs and lets us in",
    }
}
