//! What a return may do to a subscriber: bounce, complain, leave by mail. Whoever calls has proved
//! that the return belongs to a mail of ours to this person.

use sea_orm::{ConnectionTrait, DatabaseTransaction, FromQueryResult};
use serde_json::Value;

use super::{
    Event, Result, Status,
    consent::{self, Evidence},
    suppression::{self, SuppressionReason},
    topics,
};
use crate::{app::App, db, values};

/// Where somebody stands, as far as returns must know.
#[derive(Debug, Clone, FromQueryResult)]
pub struct Returnee {
    /// `subscriber.id`
    pub id: i64,
    email: String,
    email_key: String,
    status: i16,
    status_at: i64,
}

impl Returnee {
    /// The domain of the address: whose provider it is.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.email.rsplit_once('@').map_or("", |(_, domain)| domain)
    }

    /// Whether the address is this one.
    #[must_use]
    pub fn has_address(&self, address: &str) -> bool {
        address.to_lowercase() == self.email_key
    }

    /// Since when it stands so: what was mailed before somebody confirmed anew says nothing of now.
    #[must_use]
    pub fn status_at(&self) -> i64 {
        self.status_at
    }
}

/// Who has this id.
pub async fn returnee(
    connection: &impl ConnectionTrait,
    subscriber: i64,
) -> Result<Option<Returnee>> {
    let sql = "SELECT id, email, email_key, status, status_at FROM subscriber WHERE id = $1";
    Ok(db::row(connection, sql, values![subscriber]).await?)
}

/// Who has this address.
pub async fn returnee_by_address(
    connection: &impl ConnectionTrait,
    address: &str,
) -> Result<Option<Returnee>> {
    let Ok(address) = crate::address::EmailAddress::parse(address) else {
        return Ok(None);
    };
    let sql = "SELECT id, email, email_key, status, status_at FROM subscriber WHERE email_key = $1";
    Ok(db::row(connection, sql, values![address.key()]).await?)
}

/// A hard bounce, or soft ones again and again. False where that leads nowhere.
pub async fn bounced(
    app: &App,
    transaction: &DatabaseTransaction,
    who: &Returnee,
    evidence: &Value,
) -> Result<bool> {
    let reason = Some(SuppressionReason::Bounced);
    turn(
        app,
        transaction,
        who,
        Event::Bounce,
        reason,
        Evidence::Bounced,
        evidence,
    )
    .await
}

/// An authentic complaint: suppressed on every list, and no import lifts it.
pub async fn complained(
    app: &App,
    transaction: &DatabaseTransaction,
    who: &Returnee,
    evidence: &Value,
) -> Result<bool> {
    let reason = Some(SuppressionReason::Complained);
    turn(
        app,
        transaction,
        who,
        Event::Complain,
        reason,
        Evidence::Complained,
        evidence,
    )
    .await
}

/// An unsubscribe by mail, its token proved (H9).
pub async fn left_by_mail(
    app: &App,
    transaction: &DatabaseTransaction,
    who: &Returnee,
    evidence: &Value,
) -> Result<bool> {
    let left = turn(
        app,
        transaction,
        who,
        Event::Leave,
        None,
        Evidence::Unsubscribed,
        evidence,
    )
    .await?;
    if left {
        topics::set(transaction, who.id, &[]).await?;
    }
    Ok(left)
}

async fn turn(
    app: &App,
    transaction: &DatabaseTransaction,
    who: &Returnee,
    event: Event,
    reason: Option<SuppressionReason>,
    proof: Evidence,
    evidence: &Value,
) -> Result<bool> {
    let now = app.clock.now_ms();
    let next = Status::from_number(who.status).and_then(|status| status.after(event));
    let Some(next) = next else {
        return Ok(false);
    };
    // The primary key; the status that was read must still hold.
    let sql = "UPDATE subscriber SET status = $2, status_at = $3 WHERE id = $1 AND status = $4";
    let changed = db::execute(
        transaction,
        sql,
        values![who.id, next as i16, now, who.status],
    )
    .await?;
    if changed == 0 {
        return Ok(false);
    }
    // O9: a link that was asked for before is no new opt-in.
    let void = "UPDATE confirmation SET void_at = $2 WHERE subscriber_id = $1 AND used_at IS NULL AND void_at IS NULL";
    db::execute(transaction, void, values![who.id, now]).await?;
    if let Some(reason) = reason {
        suppression::add(app, transaction, &who.email_key, reason).await?;
    }
    consent::record(transaction, who.id, now, proof, evidence).await?;
    tracing::info!(
        subscriber.id = who.id,
        event = proof.as_str(),
        "a return changed a subscriber"
    );
    Ok(true)
}

/// Takes a bounce back that was read wrongly: only while nothing else has happened since.
pub async fn take_back_bounce(
    app: &App,
    transaction: &DatabaseTransaction,
    subscriber: i64,
    evidence: &Value,
) -> Result<bool> {
    let now = app.clock.now_ms();
    let sql = "UPDATE subscriber SET status = $2, status_at = $3 WHERE id = $1 AND status = $4";
    let (confirmed, bounced) = (Status::Confirmed as i16, Status::Bounced as i16);
    let changed = db::execute(
        transaction,
        sql,
        values![subscriber, confirmed, now, bounced],
    )
    .await?;
    if changed == 0 {
        return Ok(false);
    }
    let Some(who) = returnee(transaction, subscriber).await? else {
        return Ok(false);
    };
    suppression::lift(app, transaction, &who.email_key).await?;
    consent::record(
        transaction,
        subscriber,
        now,
        Evidence::BounceTakenBack,
        evidence,
    )
    .await?;
    Ok(true)
}
