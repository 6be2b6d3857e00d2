//! Addresses whose subscription another one took over: a change of address to one that was known already.
//! Links in old mails go on proving the old mailbox, and say nothing of the other one (H8). Whoever wants
//! to leave there gets a link there.

use gazette_templates::pages::words::Words;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder,
};
use serde_json::Value;

use super::{
    Result, Status,
    consent::Evidence,
    personal_link::{self, NewLink},
    subscriber_tables::{consent, subscriber},
};
use crate::{address::EmailAddress, app::App, office::Office};

/// Changes of address that are followed, one after the other.
const MOST_CHANGES: usize = 10;

/// Whether another address took over what this subscriber had.
pub async fn is_joined(connection: &impl ConnectionTrait, subscriber: i64) -> Result<bool> {
    Ok(taken_over_by(connection, subscriber).await?.is_some())
}

/// The address that took over; `None`: none did, or they came back since.
async fn taken_over_by(
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

/// Mails the address that took over a link to choose or to leave, where it is subscribed and got no more
/// than its share today. For whom nobody took over nothing happens.
pub(super) async fn mail_link(app: &App, subscriber: i64) -> Result<()> {
    if !is_joined(app.db.pool(), subscriber).await? {
        return Ok(());
    }
    let transaction = app.db.begin().await?;
    queue_link(app, &transaction, subscriber).await?;
    transaction.commit().await?;
    app.wake_delivery().await;
    Ok(())
}

/// The same in a transaction.
pub(super) async fn queue_link(
    app: &App,
    transaction: &DatabaseTransaction,
    subscriber: i64,
) -> Result<()> {
    let mut joined = subscriber;
    for _ in 0..MOST_CHANGES {
        let Some(address) = taken_over_by(transaction, joined).await? else {
            return Ok(());
        };
        let other = subscriber::Entity::find()
            .filter(subscriber::Column::EmailKey.eq(address.key()))
            .one(transaction)
            .await?;
        let Some(other) = other else {
            return Ok(());
        };
        if other.status == Status::Confirmed {
            let words = Words::of(&other.language);
            let office = Office::load(&app.db).await?;
            let link = NewLink::manage(other.id, &address, app.clock.now_ms());
            return personal_link::queue(app, transaction, &office, words, &link).await;
        }
        joined = other.id;
    }
    Ok(())
}
