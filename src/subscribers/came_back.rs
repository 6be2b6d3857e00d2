//! Whose mailbox a link in an old mail proves, where its holder has another subscription by now: they were
//! erased and signed up again, or went over to another address and signed up anew with the first. Else one
//! click on an old newsletter would say "unsubscribed", and leave nothing or somebody else's.

use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, sea_query::Expr,
};
use serde_json::Value;

use super::{
    Result, Status,
    consent::Evidence,
    link::SubscriberLink,
    subscriber_tables::{consent, erasure, subscriber},
};
use crate::{address::EmailAddress, delivery_lookup, newsletter_lookup};

/// Notes that an address, by its keyed hash, is confirmed as this subscriber.
pub(super) async fn note(
    connection: &impl ConnectionTrait,
    address_hash: Vec<u8>,
    subscriber: i64,
) -> std::result::Result<(), DbErr> {
    // erasure_of_address
    erasure::Entity::update_many()
        .col_expr(erasure::Column::CameBackAs, Expr::value(subscriber))
        .filter(erasure::Column::AddressHash.eq(address_hash))
        .exec(connection)
        .await?;
    Ok(())
}

/// The link as it is now: to whoever has the mailbox to which its mail went, and to the same newsletter.
pub async fn present(
    connection: &impl ConnectionTrait,
    link: SubscriberLink,
) -> Result<SubscriberLink> {
    let subscriber = match erasure::Entity::find_by_id(link.subscriber)
        .one(connection)
        .await?
    {
        Some(erased) => erased.came_back_as,
        None => signed_up_anew(connection, link).await?,
    };
    Ok(SubscriberLink {
        subscriber: subscriber.unwrap_or(link.subscriber),
        ..link
    })
}

/// Who signed up with the address to which the mail went, after its subscriber had gone over to another.
async fn signed_up_anew(
    connection: &impl ConnectionTrait,
    link: SubscriberLink,
) -> Result<Option<i64>> {
    // consent_of_subscriber
    let changes = consent::Entity::find()
        .filter(consent::Column::SubscriberId.eq(link.subscriber))
        .filter(consent::Column::Event.eq(Evidence::AddressChanged))
        .order_by_asc(consent::Column::Id)
        .all(connection)
        .await?;
    if changes.is_empty() {
        return Ok(None);
    }
    let mailed_at =
        match delivery_lookup::accepted_at(connection, link.newsletter, link.subscriber).await? {
            Some(at) => at,
            // What is on record of an old newsletter is folded up: it had ended long ago.
            None => newsletter_lookup::began_at(connection, link.newsletter)
                .await?
                .unwrap_or(i64::MAX),
        };
    let Some(change) = changes.into_iter().find(|change| change.at > mailed_at) else {
        return Ok(None);
    };
    let by: Value = serde_json::from_str(&change.evidence)?;
    let Some(Ok(mailbox)) = by["from"].as_str().map(EmailAddress::parse) else {
        return Ok(None);
    };
    let anew = subscriber::Entity::find()
        .filter(subscriber::Column::EmailKey.eq(mailbox.key()))
        .filter(subscriber::Column::Id.ne(link.subscriber))
        // Who stood there before joined theirs into this one.
        .filter(subscriber::Column::CreatedAt.gt(change.at))
        .filter(subscriber::Column::Status.ne(Status::Pending))
        .one(connection)
        .await?;
    Ok(anew.map(|anew| anew.id))
}
