//! Whether the relays take addresses with letters beyond ASCII before the @ (RFC 6531, SMTPUTF8), as far as they
//! have said so: a form must not promise a mail that no relay of ours can send.

use sea_orm::{ConnectionTrait, DbErr};

use crate::{address::EmailAddress, app::App, db, values};

/// What is said of an address that cannot be mailed.
pub const NOT_TAKEN: &str =
    "our mail system cannot write to an address with letters beyond a to z before the @";

/// Whether mail to this address can be sent, as far as is known: some relay takes it, or has not been asked yet.
///
/// # Errors
/// The database failed.
pub async fn are_taken(app: &App, address: &EmailAddress) -> Result<bool, DbErr> {
    Ok(!address.needs_smtputf8() || any_takes_letters(app).await?)
}

/// Whether some relay takes such addresses, or has not been asked yet.
///
/// # Errors
/// The database failed.
pub async fn any_takes_letters(app: &App) -> Result<bool, DbErr> {
    if app.settings.smtp_url.is_empty() {
        return Ok(true);
    }
    for url in &app.settings.smtp_url {
        // By its unique index.
        let sql = "SELECT CAST(takes_utf8 AS BIGINT) FROM relay WHERE address = $1 AND takes_utf8 IS NOT NULL";
        let known: Option<i64> = db::scalar(app.db.pool(), sql, values![url.name()]).await?;
        if known != Some(0) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Notes what the relay with this number offered last.
///
/// # Errors
/// The database failed.
pub async fn note(connection: &impl ConnectionTrait, relay: i16, takes: bool) -> Result<(), DbErr> {
    let sql = "UPDATE relay SET takes_utf8 = $2 WHERE id = $1 AND (takes_utf8 IS NULL OR takes_utf8 <> $2)";
    db::execute(connection, sql, values![relay, i16::from(takes)]).await?;
    Ok(())
}
