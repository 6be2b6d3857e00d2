//! What an erasure takes out of the mail that came back. It is a part of the returns' room that stands
//! further down, because `subscribers` erases in one transaction.

use sea_orm::DbErr;

use crate::{db::WriteTransaction, db::execute, values};

/// Takes out what came back from a person: the mail, its subject and what servers said. That something
/// came back stays, for the rates.
///
/// # Errors
/// The database failed.
pub async fn forget_reader(transaction: &WriteTransaction, reader: i64) -> Result<(), DbErr> {
    // returned_mail_of_subscriber
    let sql = "UPDATE returned_mail SET mail = NULL, subject = '', diagnosis = '(erased)' WHERE subscriber_id = $1";
    execute(transaction, sql, values![reader]).await?;
    Ok(())
}
