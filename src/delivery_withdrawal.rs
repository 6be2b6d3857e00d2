//! What the rooms below the delivery room do with its tables: withdraw what waits in the queue, and
//! forget a person. What a worker holds is finished and recorded.
//!
//! It is the delivery room's own part further down, because `newsletters` and `subscribers` do it in the
//! transaction of a cancellation or an erasure, and the delivery room uses both.

use sea_orm::{DbErr, FromQueryResult};

use crate::{
    address::EmailAddress,
    db::{WriteTransaction, execute, rows},
    delivery_state::{
        sql::{DEFERRED, QUEUED},
        transition::{Table, Transition},
    },
    newsletter_lookup::SQL_IDS,
    transactional, values,
};

/// Withdraws what waits in a newsletter's queue.
///
/// # Errors
/// The database failed.
pub async fn withdraw_newsletter(
    transaction: &WriteTransaction,
    newsletter: i64,
    now: i64,
) -> Result<(), DbErr> {
    // delivery_queued and delivery_deferred: each state has its partial index.
    for waiting in [QUEUED, DEFERRED] {
        let only = format!("newsletter_id = $1 AND state = {waiting}");
        let sql = Transition::Withdraw.sql(Table::Delivery, "at = $2", &only);
        execute(transaction, &sql, values![newsletter, now]).await?;
    }
    Ok(())
}

/// Withdraws what waits for a person, and takes out what relays said of them.
///
/// # Errors
/// The database failed.
pub async fn forget_reader(
    transaction: &WriteTransaction,
    reader: i64,
    now: i64,
) -> Result<(), DbErr> {
    let words = "UPDATE delivery_reply SET words = '(erased)' WHERE subscriber_id = $1";
    execute(transaction, words, values![reader]).await?;
    // By delivery's primary key, once for each newsletter that there is.
    let only = format!(
        "subscriber_id = $1 AND state IN ({QUEUED}, {DEFERRED})
         AND newsletter_id IN ({SQL_IDS})"
    );
    let waiting = Transition::Withdraw.sql(Table::Delivery, "at = $2, worker = NULL", &only);
    execute(transaction, &waiting, values![reader, now]).await?;
    Ok(())
}

#[derive(FromQueryResult)]
struct Copy {
    id: i64,
    recipient: String,
}

/// Deletes the mails to an address in any of its spellings, `key` being its [`EmailAddress::key`]: one
/// by one to that person, and in the built-in mailbox. Reads the whole of both, which are emptied as
/// they are worked off; which spellings are the same is not the database's `lower` to say.
///
/// # Errors
/// The database failed.
pub async fn forget_mails(transaction: &WriteTransaction, key: &str) -> Result<(), DbErr> {
    transactional::forget(transaction, key).await?;
    let sql = "SELECT id, recipient FROM mailbox";
    for mail in rows::<Copy>(transaction, sql, []).await? {
        if EmailAddress::is_spelling_of(&mail.recipient, key) {
            let delete = "DELETE FROM mailbox WHERE id = $1";
            execute(transaction, delete, values![mail.id]).await?;
        }
    }
    Ok(())
}
