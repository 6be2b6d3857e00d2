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

/// What took a subscription over.
#[derive(Debug)]
pub(super) struct TakenOver {
    /// The address, as it was then.
    pub(super) address: EmailAddress,
    /// Its subscriber's number, where it is known.
    into: Option<i64>,
}

/// What took over; `None`: nothing did, or they came back since.
pub(super) async fn taken_over_by(
    connection: &impl ConnectionTrait,
    subscriber: i64,
) -> Result<Option<TakenOver>> {
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
    let address = by["to"].as_str().map(EmailAddress::parse);
    Ok(address.and_then(|address| {
        Some(TakenOver {
            address: address.ok()?,
            into: by["into"].as_i64(),
        })
    }))
}

/// Who has now what this subscriber had: whoever took it over may have changed their address since.
pub(super) async fn heir(
    connection: &impl ConnectionTrait,
    subscriber: i64,
) -> Result<Option<subscriber::Model>> {
    let Some(over) = taken_over_by(connection, subscriber).await? else {
        return Ok(None);
    };
    if let Some(into) = over.into {
        let heir = subscriber::Entity::find_by_id(into).one(connection).await?;
        // In a database that the evidence was imported into the number is somebody else's.
        if let Some(heir) = heir
            && had_address(connection, &heir, &over.address).await?
        {
            return Ok(Some(heir));
        }
    }
    Ok(subscriber::Entity::find()
        .filter(subscriber::Column::EmailKey.eq(over.address.key()))
        .one(connection)
        .await?)
}

/// Whether this is a subscriber's address, or was it before they changed it.
async fn had_address(
    connection: &impl ConnectionTrait,
    subscriber: &subscriber::Model,
    address: &EmailAddress,
) -> Result<bool> {
    let key = address.key();
    let before = addresses_before(connection, subscriber.id).await?;
    Ok(subscriber.email_key == key || before.iter().any(|before| before.key() == key))
}

/// The addresses of which a subscriber's evidence says that they were changed to another one.
async fn addresses_before(
    connection: &impl ConnectionTrait,
    subscriber: i64,
) -> Result<Vec<EmailAddress>> {
    // consent_of_subscriber
    let changes = consent::Entity::find()
        .filter(consent::Column::SubscriberId.eq(subscriber))
        .filter(consent::Column::Event.eq(Evidence::AddressChanged))
        .all(connection)
        .await?;
    let mut before = Vec::with_capacity(changes.len());
    for change in changes {
        let by: Value = serde_json::from_str(&change.evidence)?;
        before.extend(
            by["from"]
                .as_str()
                .and_then(|from| EmailAddress::parse(from).ok()),
        );
    }
    Ok(before)
}

/// Those whose subscriptions this one took over, who have not come back since: with it they are forgotten,
/// too, as their evidence names it.
pub(super) async fn joined_into(
    connection: &impl ConnectionTrait,
    subscriber: i64,
) -> Result<Vec<subscriber::Model>> {
    let mut joined = Vec::new();
    for from in addresses_before(connection, subscriber).await? {
        let other = subscriber::Entity::find()
            .filter(subscriber::Column::EmailKey.eq(from.key()))
            .filter(subscriber::Column::Id.ne(subscriber))
            .one(connection)
            .await?;
        let Some(other) = other else {
            continue;
        };
        let heir = heir(connection, other.id).await?;
        if heir.is_some_and(|heir| heir.id == subscriber) {
            joined.push(other);
        }
    }
    Ok(joined)
}
