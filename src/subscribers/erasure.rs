//! Erasing a person: everything but a keyed hash, which keeps the address from being imported again
//! (V2).

use sea_orm::ConnectionTrait;
use serde_json::Value;

use super::{
    Result, SubscriberError, evidence, press_list,
    suppression::{self, SuppressionReason},
};
use crate::{address::EmailAddress, app::App, values};

/// Erases a subscriber and gives what was known of them, once more and for the last time.
pub async fn erase(app: &App, email: &str) -> Result<Value> {
    let known = evidence(app, email).await?;
    let address = EmailAddress::parse(email)
        .map_err(|error| SubscriberError::Address(email.to_owned(), error))?;
    let key = address.key();
    let now = app.clock.now_ms();
    let transaction = app.db.begin().await?;
    let row = transaction
        .query_one_raw(app.db.statement(
            "SELECT id, email FROM subscriber WHERE email_key = $1",
            values![key.as_str()],
        ))
        .await?
        .ok_or_else(|| SubscriberError::NotFound(email.to_owned()))?;
    let id: i64 = row.try_get_by_index(0)?;
    let kept: String = row.try_get_by_index(1)?;
    suppression::add(app, &transaction, &key, SuppressionReason::Erased).await?;
    press_list::forget(app, &transaction, &key).await?;
    // First the record of the erasure: only with it do the triggers let evidence go.
    for (sql, values) in [
        ("INSERT INTO erasure (subscriber_id, at) VALUES ($1, $2)", vec![id.into(), now.into()]),
        ("DELETE FROM consent WHERE subscriber_id = $1", vec![id.into()]),
        ("DELETE FROM confirmation WHERE subscriber_id = $1", vec![id.into()]),
        ("DELETE FROM subscription WHERE subscriber_id = $1", vec![id.into()]),
        ("DELETE FROM one_off WHERE lower(recipient) = lower($1)", vec![kept.as_str().into()]),
        ("DELETE FROM sign_up WHERE lower(email) = lower($1)", vec![kept.as_str().into()]),
        ("DELETE FROM mailbox WHERE lower(recipient) = lower($1)", vec![kept.as_str().into()]),
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
    transaction.commit().await?;
    tracing::info!(subscriber.id = id, "erased");
    Ok(known)
}
