//! Erasing a person: everything but a keyed hash, which keeps the address from being imported again
//! (V2).

use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr};
use serde_json::Value;

use super::{
    Result, Status, SubscriberError, evidence, press_list,
    suppression::{self, SuppressionReason},
};
use crate::{address::EmailAddress, app::App, values};

/// Where an address stands beside its subscriber's own row.
const COPIES: [(&str, &str); 3] = [
    ("transactional_mail", "recipient"),
    ("sign_up", "email"),
    ("mailbox", "recipient"),
];

/// Erases a subscriber and gives what was known of them, once more and for the last time.
pub async fn erase(app: &App, email: &str) -> Result<Value> {
    let known = evidence(app, email).await?;
    let address = EmailAddress::parse(email)
        .map_err(|error| SubscriberError::Address(email.to_owned(), error))?;
    let key = address.key();
    let transaction = app.db.begin().await?;
    let row = transaction
        .query_one_raw(app.db.statement(
            "SELECT id, status FROM subscriber WHERE email_key = $1",
            values![key.as_str()],
        ))
        .await?
        .ok_or_else(|| SubscriberError::NotFound(email.to_owned()))?;
    let id: i64 = row.try_get_by_index(0)?;
    let status = Status::from_number(row.try_get_by_index(1)?);
    forget(app, &transaction, id, &key, status).await?;
    transaction.commit().await?;
    app.db.empty_log().await?;
    tracing::info!(subscriber.id = id, "erased");
    Ok(known)
}

/// Everything but the keyed hash. What kept the address from being mailed keeps it from being
/// mailed.
pub(super) async fn forget(
    app: &App,
    transaction: &DatabaseTransaction,
    id: i64,
    key: &str,
    status: Option<Status>,
) -> Result<()> {
    let now = app.clock.now_ms();
    let reason = match status {
        Some(Status::Complained) => SuppressionReason::Complained,
        Some(Status::Blocked) => SuppressionReason::Blocked,
        _ => SuppressionReason::Erased,
    };
    suppression::add(app, transaction, key, reason).await?;
    press_list::forget(app, transaction, key).await?;
    for (table, column) in COPIES {
        for row in copies(app, transaction, table, column, key).await? {
            let sql = format!("DELETE FROM {table} WHERE id = $1");
            transaction
                .execute_raw(app.db.statement(&sql, values![row]))
                .await?;
        }
    }
    // First the record of the erasure: only with it do the triggers let evidence go.
    for (sql, values) in [
        ("INSERT INTO erasure (subscriber_id, at) VALUES ($1, $2)", vec![id.into(), now.into()]),
        ("DELETE FROM consent WHERE subscriber_id = $1", vec![id.into()]),
        ("DELETE FROM confirmation WHERE subscriber_id = $1", vec![id.into()]),
        ("DELETE FROM subscription WHERE subscriber_id = $1", vec![id.into()]),
        (
            "UPDATE delivery_reply SET words = '(erased)' WHERE subscriber_id = $1",
            vec![id.into()],
        ),
        (
            "UPDATE delivery SET state = 5, at = $2, worker = NULL WHERE subscriber_id = $1 AND state IN (0, 2)
             AND newsletter_id IN (SELECT id FROM newsletter WHERE state IN (2, 3))",
            vec![id.into(), now.into()],
        ),
        ("DELETE FROM subscriber WHERE id = $1", vec![id.into()]),
    ] {
        transaction.execute_raw(app.db.statement(sql, values)).await?;
    }
    Ok(())
}

/// The rows that hold this address in any of its spellings: which spellings are the same is
/// [`EmailAddress::key`]'s to say, not the database's `lower`. Reads the whole table; all three are
/// emptied as they are worked off.
async fn copies(
    app: &App,
    transaction: &DatabaseTransaction,
    table: &str,
    column: &str,
    key: &str,
) -> std::result::Result<Vec<i64>, DbErr> {
    let mut found = Vec::new();
    let sql = format!("SELECT id, {column} FROM {table}");
    for row in transaction
        .query_all_raw(app.db.statement(&sql, []))
        .await?
    {
        let email: String = row.try_get_by_index(1)?;
        if EmailAddress::parse(&email).is_ok_and(|address| address.key() == key) {
            found.push(row.try_get_by_index(0)?);
        }
    }
    Ok(found)
}
