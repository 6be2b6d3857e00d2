//! Why the database cannot be used, and what to do about it.

use std::{borrow::Cow, error::Error, path::PathBuf};

use sea_orm::{ConnAcquireErr, DbErr, RuntimeErr, SqlxError};

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

const NOT_THERE: &str = "check GAZETTE_DATABASE_URL, and that the server runs and lets us in";

/// What to do about it.
#[must_use]
pub fn advice(error: &DbErr) -> &'static str {
    let code = match error {
        DbErr::Conn(error) | DbErr::Exec(error) | DbErr::Query(error) => code(error),
        _ => None,
    };
    code.map_or(NOT_THERE, |code| of(&code))
}

/// What is wrong with the database itself, where that is why something failed, and what to do: its disk is
/// full, it is damaged, or it is away. `None`: something else failed, or it is locked for a moment.
#[must_use]
pub fn trouble(error: &(dyn Error + 'static)) -> Option<&'static str> {
    for error in causes(error) {
        if let Some(error) = error.downcast_ref::<RuntimeErr>() {
            match (code(error), error) {
                (Some(code), _) => return is_of_all(&code).then(|| of(&code)),
                (None, RuntimeErr::SqlxError(error)) if is_away(error) => return Some(NOT_THERE),
                _ => {}
            }
        }
        if error.is::<ConnAcquireErr>() {
            return Some(NOT_THERE);
        }
    }
    None
}

/// An error, and what it came of, one after the other.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| Error::source(*error))
}

/// What to do where another program holds `SQLite`'s file locked, which is why something failed.
#[must_use]
pub fn held_locked(error: &(dyn Error + 'static)) -> Option<&'static str> {
    let mut causes = causes(error).filter_map(|error| error.downcast_ref::<RuntimeErr>());
    causes.any(is_held_by_another).then(|| of_sqlite(5))
}

/// Whether another writer has `SQLite`'s file for now.
pub(super) fn is_held_by_another(error: &RuntimeErr) -> bool {
    code(error).is_some_and(|code| sqlite_kind(&code) == 5)
}

fn is_away(error: &SqlxError) -> bool {
    matches!(
        error,
        SqlxError::Io(_) | SqlxError::PoolTimedOut | SqlxError::WorkerCrashed
    )
}

/// Whether a fault concerns whatever is written, and not the one thing that failed.
fn is_of_all(code: &str) -> bool {
    if code.len() == 5 {
        // No connection, no resources, an operator's intervention, the system; and read-only.
        return ["08", "53", "57P", "58", "25006"]
            .iter()
            .any(|class| code.starts_with(class));
    }
    matches!(sqlite_kind(code), 8 | 10 | 11 | 13 | 14 | 26)
}

/// What the database calls the fault: `SQLite` has a number, of which the lower eight bits are the kind
/// (<https://www.sqlite.org/rescode.html>), `PostgreSQL` five characters.
fn code(error: &RuntimeErr) -> Option<String> {
    match error {
        RuntimeErr::SqlxError(error) => match error.as_ref() {
            SqlxError::Database(error) => error.code().map(Cow::into_owned),
            _ => None,
        },
        // As the queue's own connection to SQLite writes it.
        RuntimeErr::Internal(text) => {
            let (_, rest) = text.split_once("(code: ")?;
            Some(rest.split_once(')')?.0.to_owned())
        }
    }
}

fn of(code: &str) -> &'static str {
    // PostgreSQL's have five characters, SQLite's four at most.
    if code.len() == 5 {
        of_postgres(code)
    } else {
        of_sqlite(sqlite_kind(code))
    }
}

fn sqlite_kind(code: &str) -> u32 {
    code.parse::<u32>().unwrap_or(0) & 0xff
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

fn of_sqlite(kind: u32) -> &'static str {
    match kind {
        5 | 6 => {
            "another program holds it locked; end that program, a backup or an open shell perhaps, and try again"
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
        _ => NOT_THERE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As a room's error passes its cause on.
    #[derive(Debug, thiserror::Error)]
    #[error(transparent)]
    struct OfARoom(#[from] DbErr);

    #[test]
    fn a_lock_of_another_is_told_by_its_number() {
        let said = |text: &str| RuntimeErr::Internal(text.to_owned());
        assert!(is_held_by_another(&said("(code: 5) database is locked")));
        assert!(is_held_by_another(&said("(code: 517) database is locked")));
        assert!(!is_held_by_another(&said("(code: 13) disk is full")));
        let failed = OfARoom(DbErr::Exec(said("(code: 5) database is locked")));
        assert!(held_locked(&failed).unwrap().contains("try again"));
        assert!(!is_held_by_another(&said("database is locked")));
    }

    #[test]
    fn what_concerns_all_that_is_written_is_told_from_what_concerns_one_thing() {
        let said = |text: &str| DbErr::Exec(RuntimeErr::Internal(text.to_owned()));
        let full = said("(code: 13) database or disk is full");
        assert!(trouble(&full).unwrap().contains("disk takes no more"));
        assert!(trouble(&OfARoom(full)).unwrap().contains("make room"));
        assert!(
            trouble(&said("(code: 53100) no space left"))
                .unwrap()
                .contains("disk is full")
        );
        let waited = DbErr::ConnectionAcquire(ConnAcquireErr::Timeout);
        assert_eq!(trouble(&waited), Some(NOT_THERE));
        for of_one in [
            said("(code: 5) database is locked"),
            said("(code: 787) FOREIGN KEY constraint failed"),
            said("(code: 23505) duplicate key"),
            said("no code"),
            DbErr::Custom("a bad row".to_owned()),
        ] {
            assert_eq!(trouble(&of_one), None, "{of_one}");
        }
    }
}
