//! What an erasure takes out of what staff say to each other about newsletters. It is a part of the newsletters' room
//! that stands further down, because `subscribers` erases in one transaction.

use sea_orm::DbErr;

use crate::{
    db::{WriteTransaction, execute, like_literal},
    values,
};

/// Takes out what names an address, by its key. That something was said stays.
///
/// # Errors
/// The database failed.
pub async fn forget_mentions(transaction: &WriteTransaction, key: &str) -> Result<(), DbErr> {
    // A few for each newsletter.
    let sql =
        "UPDATE newsletter_comment SET text = '(erased)' WHERE lower(text) LIKE $1 ESCAPE '\\'";
    let named = format!("%{}%", like_literal(key));
    execute(transaction, sql, values![named]).await?;
    Ok(())
}
