//! Addresses whose subscription another one took over: a change of address to one that was known already.
//! Links in old mails go on proving the old mailbox, and say nothing of the other one (H8).

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::Value;

use super::{
    Result, Status,
    consent::Evidence,
    subscriber_tables::{consent, subscriber},
};
use crate::address::EmailAddress;

/// Whether another address took over what this subscriber had.
pub async fn is_joined(connection: &impl ConnectionTrait, subscriber: i64) -> Result<bool> {
    Ok(taken_over_by(connection, subscriber).await?.is_some())
}

/// The address that took over; `None`: none did, or they came back since.
pub(super) async fn taken_over_by(
    connection: &impl ConnectionTrait,
    subscriber: i64,
) -> Result<Option<EmailAddress>> {
    let left = subscriber::Entity::find_by_id(subscriber)
        .filter(subscriber::Column::Status.eq(Status::Unsubscribed))
        .one(connection)
        .await?;
    if left.is_none() {
        return Ok(None);
    }
    // consent_of_subscriber
    let leaving = consent::Entity::find()
        .filter(consent::Column::SubscriberId.eq(subscriber))
        .filter(consent::Column::Event.eq(Evidence::Unsubscribed))
        .order_by_desc(consent::Column::Id)
        .one(connection)
        .await?;
    let Some(leaving) = leaving else {
        return Ok(None);
    };
    let by: Value = serde_json::from_str(&leaving.evidence)?;
    Ok(by["to"]
        .as_str()
        .and_then(|to| EmailAddress::parse(to).ok()))
}

/// Those whose subscriptions this one took over, who have not come back since: with it they are forgotten,
/// too, as their evidence names it.
pub(super) async fn joined_into(
    connection: &impl ConnectionTrait,
    subscriber: i64,
    key: &str,
) -> Result<Vec<subscriber::Model>> {
    // consent_of_subscriber
    let changes = consent::Entity::find()
        .filter(consent::Column::SubscriberId.eq(subscriber))
        .filter(consent::Column::Event.eq(Evidence::AddressChanged))
        .all(connection)
        .await?;
    let mut joined = Vec::new();
    for change in changes {
        let by: Value = serde_json::from_str(&change.evidence)?;
        let from = by["from"].as_str().map(EmailAddress::parse);
        let Some(Ok(from)) = from else {
            continue;
        };
        let other = subscriber::Entity::find()
            .filter(subscriber::Column::EmailKey.eq(from.key()))
            .filter(subscriber::Column::Id.ne(subscriber))
            .one(connection)
            .await?;
        let Some(other) = other else {
            continue;
        };
        let to = taken_over_by(connection, other.id).await?;
        if to.is_some_and(|to| to.key() == key) {
            joined.push(other);
        }
    }
    Ok(joined)
}
