//! Whose mailbox a link in an old mail proves, where its holder has another subscription by now: they were
//! erased and signed up again, or went over to another address and signed up anew with the first. Else one
//! click on an old newsletter would say "unsubscribed", and leave nothing or somebody else's.

use std::collections::HashMap;

use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::Expr,
};
use serde_json::Value;

use super::{
    Result, Status,
    consent::Evidence,
    link::SubscriberLink,
    subscriber_tables::{consent, erasure, subscriber},
    suppression::{self, SuppressionReason},
};
use crate::{address::EmailAddress, app::App, delivery_lookup, newsletter_lookup};

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

/// The same of many who were brought by a list; by the keys of their addresses.
pub(super) async fn note_all(
    app: &App,
    connection: &impl ConnectionTrait,
    people: &HashMap<&str, i64>,
) -> std::result::Result<(), DbErr> {
    let by_hash: HashMap<Vec<u8>, i64> = people
        .iter()
        .map(|(key, subscriber)| (app.keys.address_hash(key), *subscriber))
        .collect();
    // erasure_of_address
    let erased: Vec<Vec<u8>> = erasure::Entity::find()
        .select_only()
        .column(erasure::Column::AddressHash)
        .filter(erasure::Column::AddressHash.is_in(by_hash.keys().cloned()))
        .distinct()
        .into_tuple()
        .all(connection)
        .await?;
    for hash in erased {
        if let Some(subscriber) = by_hash.get(&hash) {
            note(connection, hash, *subscriber).await?;
        }
    }
    Ok(())
}

/// Keeps away who leaves by a link of a subscription that is gone, such as one of an import that was undone: no
/// list brings them again. Who signs up by themselves is welcome.
pub(super) async fn keep_away(
    app: &App,
    connection: &impl ConnectionTrait,
    subscriber: i64,
) -> std::result::Result<(), DbErr> {
    let erased = erasure::Entity::find_by_id(subscriber)
        .one(connection)
        .await?;
    let address = erased.filter(|erased| erased.came_back_as.is_none());
    if let Some(hash) = address.and_then(|erased| erased.address_hash) {
        suppression::add_hash(app, connection, hash, SuppressionReason::Erased).await?;
    }
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
