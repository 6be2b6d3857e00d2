//! The evidence: why a subscriber may be mailed, or may not any more. Append-only.

use aws_lc_rs::digest;
use data_encoding::HEXLOWER;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use serde_json::Value;

pub use super::subscriber_kinds::Evidence;
use super::subscriber_tables::consent;

/// Writes one piece of evidence within `connection`'s transaction.
pub async fn record(
    connection: &impl ConnectionTrait,
    subscriber: i64,
    at: i64,
    event: Evidence,
    evidence: &Value,
) -> Result<(), DbErr> {
    consent::Entity::insert(consent::ActiveModel {
        subscriber_id: Set(subscriber),
        at: Set(at),
        event: Set(event),
        evidence: Set(evidence.to_string()),
        ..Default::default()
    })
    .exec_without_returning(connection)
    .await?;
    Ok(())
}

/// When a subscriber asked last, in milliseconds, of all that was answered; 0: never.
pub(super) async fn last_asked(
    connection: &impl ConnectionTrait,
    subscriber: i64,
) -> Result<i64, DbErr> {
    // consent_of_subscriber
    let last = consent::Entity::find()
        .select_only()
        .column(consent::Column::At)
        .filter(consent::Column::SubscriberId.eq(subscriber))
        .filter(consent::Column::Event.eq(Evidence::Requested))
        .order_by_desc(consent::Column::At)
        .into_tuple()
        .one(connection)
        .await?;
    Ok(last.unwrap_or(0))
}

/// Whether the newest that is known of a subscriber is what a list said.
pub(super) async fn is_last_of_a_list(
    connection: &impl ConnectionTrait,
    subscriber: i64,
) -> Result<bool, DbErr> {
    // consent_of_subscriber
    let last: Option<String> = consent::Entity::find()
        .select_only()
        .column(consent::Column::Evidence)
        .filter(consent::Column::SubscriberId.eq(subscriber))
        .order_by_desc(consent::Column::Id)
        .into_tuple()
        .one(connection)
        .await?;
    let said = last.and_then(|said| serde_json::from_str::<Value>(&said).ok());
    Ok(said.is_some_and(|said| said["batch"].is_string()))
}

/// What a subscriber asked for last by themselves, and when: what a list says of them is no request of theirs.
pub(super) async fn last_request(
    connection: &impl ConnectionTrait,
    subscriber: i64,
) -> Result<Option<(i64, Value)>, DbErr> {
    // consent_of_subscriber
    let requests = consent::Entity::find()
        .filter(consent::Column::SubscriberId.eq(subscriber))
        .filter(consent::Column::Event.eq(Evidence::Requested))
        .order_by_desc(consent::Column::At)
        .all(connection)
        .await?;
    let mut said = requests.into_iter().filter_map(|request| {
        let said: Value = serde_json::from_str(&request.evidence).ok()?;
        (said["channel"] != "import").then_some((request.at, said))
    });
    Ok(said.next())
}

/// The slugs of the topics that a piece of evidence names under `key`.
pub(super) fn slugs<'a>(evidence: &'a Value, key: &str) -> impl Iterator<Item = &'a str> + use<'a> {
    let named = evidence[key].as_array().into_iter().flatten();
    named.filter_map(Value::as_str)
}

/// Characters of the mark of a consent text in a form.
const MARK: usize = 8;

/// What tells the text in a form from every other, short enough to stand in it.
#[must_use]
pub fn text_mark(text: &str) -> String {
    let mut mark = text_hash(text);
    mark.truncate(MARK);
    mark
}

/// The version of the consent text: its SHA-256, so that the words shown can be proved (O2).
#[must_use]
pub fn text_hash(text: &str) -> String {
    HEXLOWER.encode(digest::digest(&digest::SHA256, text.as_bytes()).as_ref())
}
