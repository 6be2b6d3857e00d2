//! Erasing a person: everything but a keyed hash, which keeps the address from being imported again
//! (V2).

use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait,
    FromQueryResult, QueryFilter, QuerySelect, sea_query::OnConflict,
};
use serde_json::Value;

use super::{
    Result, Status, SubscriberError,
    evidence::evidence_within,
    press_list,
    subscriber_tables::{confirmation, consent, erasure, subscriber, subscription},
    suppression::{self, SuppressionReason},
};
use crate::{
    address::EmailAddress,
    app::App,
    audit::{self, Action},
    db, values,
};

/// Where an address stands beside its subscriber's own row.
const COPIES: [(&str, &str); 3] = [
    ("transactional_mail", "recipient"),
    ("sign_up", "email"),
    ("mailbox", "recipient"),
];

/// Erases a subscriber and gives what was known of them, once more and for the last time. `who` stands
/// in the audit log, the address veiled.
pub async fn erase(app: &App, email: &str, who: &str) -> Result<Value> {
    let address = EmailAddress::parse(email)
        .map_err(|error| SubscriberError::Address(email.to_owned(), error))?;
    let key = address.key();
    let transaction = app.db.begin().await?;
    let known = evidence_within(&transaction, email).await?;
    let row = subscriber::Entity::find()
        .filter(subscriber::Column::EmailKey.eq(key.as_str()))
        .lock_exclusive()
        .one(&transaction)
        .await?
        .ok_or_else(|| SubscriberError::NotFound(email.to_owned()))?;
    forget(app, &transaction, row.id, &key, row.status).await?;
    let (now, veiled) = (app.clock.now_ms(), address.veiled());
    audit::record(&transaction, now, who, Action::SubscriberErase, veiled, "").await?;
    transaction.commit().await?;
    app.db.empty_log().await?;
    tracing::info!(subscriber.id = row.id, "erased");
    Ok(known)
}

/// Everything but the keyed hash. What kept the address from being mailed keeps it from being
/// mailed.
pub(super) async fn forget(
    app: &App,
    transaction: &DatabaseTransaction,
    id: i64,
    key: &str,
    status: Status,
) -> Result<()> {
    let reason = match status {
        Status::Complained => SuppressionReason::Complained,
        Status::Blocked => SuppressionReason::Blocked,
        _ => SuppressionReason::Erased,
    };
    suppression::add(app, transaction, key, reason).await?;
    press_list::forget(app, transaction, key).await?;
    for (table, column) in COPIES {
        for row in copies(transaction, table, column, key).await? {
            let sql = format!("DELETE FROM {table} WHERE id = $1");
            db::execute(transaction, &sql, values![row]).await?;
        }
    }
    forget_deliveries(app, transaction, id).await?;
    // First the record of the erasure: only with it do the triggers let evidence go.
    note(app, transaction, &[id]).await?;
    consent::Entity::delete_many()
        .filter(consent::Column::SubscriberId.eq(id))
        .exec(transaction)
        .await?;
    confirmation::Entity::delete_many()
        .filter(confirmation::Column::SubscriberId.eq(id))
        .exec(transaction)
        .await?;
    subscription::Entity::delete_many()
        .filter(subscription::Column::SubscriberId.eq(id))
        .exec(transaction)
        .await?;
    subscriber::Entity::delete_by_id(id)
        .exec(transaction)
        .await?;
    Ok(())
}

/// The record that these people were erased, before their evidence goes. Noted once more it stays as
/// it is.
pub(super) async fn note(
    app: &App,
    transaction: &DatabaseTransaction,
    ids: &[i64],
) -> std::result::Result<(), DbErr> {
    let now = app.clock.now_ms();
    let rows = ids.iter().map(|id| erasure::ActiveModel {
        subscriber_id: Set(*id),
        at: Set(now),
    });
    let once = OnConflict::column(erasure::Column::SubscriberId)
        .do_nothing()
        .to_owned();
    erasure::Entity::insert_many(rows)
        .on_conflict(once)
        .exec_without_returning(transaction)
        .await?;
    Ok(())
}

/// What relays said of somebody is about them; and what waits for them is not sent.
async fn forget_deliveries(
    app: &App,
    transaction: &DatabaseTransaction,
    id: i64,
) -> std::result::Result<(), DbErr> {
    let words = "UPDATE delivery_reply SET words = '(erased)' WHERE subscriber_id = $1";
    db::execute(transaction, words, values![id]).await?;
    // returned_mail_of_subscriber. That something came back stays, for the rates; not what it said.
    let returned = "UPDATE returned_mail SET mail = NULL, subject = '', diagnosis = '(erased)' WHERE subscriber_id = $1";
    db::execute(transaction, returned, values![id]).await?;
    // newsletter_active, then delivery's primary key
    let waiting =
        "UPDATE delivery SET state = 5, at = $2, worker = NULL WHERE subscriber_id = $1 AND state IN (0, 2)
         AND newsletter_id IN (SELECT id FROM newsletter WHERE state IN (2, 3))";
    db::execute(transaction, waiting, values![id, app.clock.now_ms()]).await?;
    Ok(())
}

#[derive(FromQueryResult)]
struct Copy {
    id: i64,
    email: String,
}

/// The rows that hold this address in any of its spellings: which spellings are the same is
/// [`EmailAddress::key`]'s to say, not the database's `lower`. Reads the whole table; all three are
/// emptied as they are worked off.
async fn copies(
    transaction: &impl ConnectionTrait,
    table: &str,
    column: &str,
    key: &str,
) -> std::result::Result<Vec<i64>, DbErr> {
    let sql = format!("SELECT id, {column} AS email FROM {table}");
    let rows: Vec<Copy> = db::rows(transaction, &sql, []).await?;
    Ok(rows
        .into_iter()
        .filter(|row| EmailAddress::parse(&row.email).is_ok_and(|address| address.key() == key))
        .map(|row| row.id)
        .collect())
}
