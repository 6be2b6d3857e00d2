//! What the rooms below the delivery room do with its tables: withdraw what waits in the queue, forget a
//! person, and note that somebody's address is another one. What is on the wire is finished and recorded.
//!
//! It is the delivery room's own part further down, because `newsletters` and `subscribers` do it in the
//! transaction of a cancellation or an erasure, and the delivery room uses both.

use sea_orm::{DbErr, FromQueryResult};

use crate::{
    address::EmailAddress,
    db::{WriteTransaction, execute, rows},
    delivery_state::{
        sql::{CLAIMED, DEFERRED, QUEUED},
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

/// `delivery.relay` of what waits for a reader whose address has changed: whoever claimed it before has the old
/// one, and gives it back.
pub const READDRESSED: i16 = i16::MIN + 1;

/// Sees to it that nothing begins for a reader's former address any more.
///
/// # Errors
/// The database failed.
pub async fn readdress(transaction: &WriteTransaction, reader: i64) -> Result<(), DbErr> {
    // By delivery's primary key, once for each newsletter that there is. What waits is marked, too: on PostgreSQL
    // a claim that runs beside this may have read the former address, and finds its row changed.
    let sql = format!(
        "UPDATE delivery SET relay = {READDRESSED}
         WHERE subscriber_id = $1 AND state IN ({QUEUED}, {CLAIMED}, {DEFERRED}) AND newsletter_id IN ({SQL_IDS})"
    );
    execute(transaction, &sql, values![reader]).await?;
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
    transactional::forget(transaction, key, None).await?;
    let sql = "SELECT id, recipient FROM mailbox";
    for mail in rows::<Copy>(transaction, sql, []).await? {
        if EmailAddress::is_spelling_of(&mail.recipient, key) {
            let delete = "DELETE FROM mailbox WHERE id = $1";
            execute(transaction, delete, values![mail.id]).await?;
        }
    }
    Ok(())
}
