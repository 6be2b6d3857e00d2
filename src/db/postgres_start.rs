//! The first connection to a PostgreSQL server. One that is only starting is waited for, and where none
//! comes, the error is the server's own: the pool would say no more than that it has waited.

use std::{io::ErrorKind, time::Duration};

use sea_orm::{
    DbErr, RuntimeErr,
    sqlx::{Connection, Error, PgConnection, postgres::PgConnectOptions},
};
use tokio::time::{Instant, sleep, timeout};

/// How long a server may take to start.
const START_TIMEOUT: Duration = Duration::from_secs(10);

/// How long it may take over one answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

const ASK_EVERY: Duration = Duration::from_millis(500);

/// "The database system is starting up" (<https://www.postgresql.org/docs/current/errcodes-appendix.html>).
const CANNOT_CONNECT_NOW: &str = "57P03";

/// Comes back when the server lets us in.
///
/// # Errors
/// What it said last.
pub(super) async fn await_server(url: &str) -> Result<(), DbErr> {
    let failed = |error: Error| DbErr::Conn(RuntimeErr::SqlxError(error.into()));
    let options: PgConnectOptions = url.parse().map_err(failed)?;
    let begun = Instant::now();
    loop {
        let connected = timeout(ANSWER_TIMEOUT, PgConnection::connect_with(&options)).await;
        let error = match connected {
            Ok(Ok(connection)) => {
                // It was only to see that there is one.
                let _ = connection.close().await;
                return Ok(());
            }
            Ok(Err(error)) => error,
            Err(_) => Error::Io(ErrorKind::TimedOut.into()),
        };
        if !may_be_starting(&error) || begun.elapsed() > START_TIMEOUT {
            return Err(failed(error));
        }
        sleep(ASK_EVERY).await;
    }
}

fn may_be_starting(error: &Error) -> bool {
    match error {
        Error::Io(error) => matches!(
            error.kind(),
            ErrorKind::ConnectionRefused | ErrorKind::ConnectionReset | ErrorKind::NotFound
        ),
        Error::Database(error) => error.code().as_deref() == Some(CANNOT_CONNECT_NOW),
        _ => false,
    }
}
