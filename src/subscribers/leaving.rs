//! Leaving, and choosing what to receive. Both hold from the moment they are answered: delivery
//! asks these tables before every message.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect, sea_query::Expr};
use serde_json::json;

use super::{
    Event, Result, Status, SubscriberError,
    consent::{self, Evidence},
    link::SubscriberLink,
    press_list,
    request_origin::{RequestOrigin, UnsubscribeChannel},
    status,
    subscriber_tables::{subscriber, subscription},
    topics::{self, TopicRow, names},
};
use crate::{
    address::EmailAddress,
    app::App,
    audit::{self, Action},
};

/// Unsubscribes whom the link stands for. Again, or for someone who never was there, it changes
/// nothing and says nothing (H8): the idempotency that RFC 8058 asks for.
pub async fn unsubscribe(
    app: &App,
    link: SubscriberLink,
    by: UnsubscribeChannel,
    origin: &RequestOrigin,
) -> Result<()> {
    if press_list::is_contact(link) {
        return press_list::leave(app, link, by, origin).await;
    }
    let evidence = by.evidence(link.newsletter, origin);
    let transaction = app.db.begin().await?;
    status::apply(app, &transaction, link.subscriber, Event::Leave, &evidence).await?;
    Ok(transaction.commit().await?)
}

/// Unsubscribes an address at its holder's word to the office, by phone perhaps. False where it was
/// not subscribed. `who` stands in the audit log, the address veiled.
pub async fn unsubscribe_address(app: &App, email: &str, who: &str) -> Result<bool> {
    let address = EmailAddress::parse(email)
        .map_err(|error| SubscriberError::Address(email.to_owned(), error))?;
    let known = subscriber::Entity::find()
        .filter(subscriber::Column::EmailKey.eq(address.key()))
        .one(app.db.pool())
        .await?
        .ok_or_else(|| SubscriberError::NotFound(email.to_owned()))?;
    let evidence = json!({ "channel": "office", "by": who });
    let transaction = app.db.begin().await?;
    let left = status::apply(app, &transaction, known.id, Event::Leave, &evidence).await?;
    if left {
        let (now, veiled) = (app.clock.now_ms(), address.veiled());
        audit::record(
            &transaction,
            now,
            who,
            Action::SubscriberUnsubscribe,
            veiled,
            "",
        )
        .await?;
    }
    transaction.commit().await?;
    Ok(left)
}

/// What a subscriber may choose from, with what is chosen; `None` for who is not subscribed.
pub async fn choices(
    app: &App,
    link: SubscriberLink,
) -> Result<Option<(Vec<(TopicRow, bool)>, String)>> {
    let subscriber = subscriber::Entity::find_by_id(link.subscriber)
        .filter(subscriber::Column::Status.eq(Status::Confirmed))
        .one(app.db.pool())
        .await?;
    let Some(subscriber) = subscriber else {
        return Ok(None);
    };
    let chosen: Vec<i64> = subscription::Entity::find()
        .select_only()
        .column(subscription::Column::TopicId)
        .filter(subscription::Column::SubscriberId.eq(subscriber.id))
        .into_tuple()
        .all(app.db.pool())
        .await?;
    let choices = topics::topics(app)
        .await?
        .into_iter()
        .map(|topic| {
            let is = chosen.contains(&topic.id);
            (topic, is)
        })
        .collect();
    Ok(Some((choices, subscriber.language)))
}

/// Sets what a confirmed subscriber gets, and in which language where one is given; without any
/// topic they are unsubscribed. For anyone else nothing happens: coming back takes a new opt-in.
pub async fn choose(
    app: &App,
    link: SubscriberLink,
    slugs: &[String],
    language: Option<&str>,
    origin: &RequestOrigin,
) -> Result<()> {
    let known = topics::topics(app).await?;
    let ids: Vec<i64> = known
        .iter()
        .filter(|topic| slugs.contains(&topic.slug))
        .map(|topic| topic.id)
        .collect();
    if ids.is_empty() {
        return unsubscribe(app, link, UnsubscribeChannel::Preferences, origin).await;
    }
    let now = app.clock.now_ms();
    let transaction = app.db.begin().await?;
    // The row is held to the end of the transaction: nobody leaves or is deleted in between.
    let held = subscriber::Entity::update_many()
        .col_expr(
            subscriber::Column::Language,
            match language {
                Some(tag) => Expr::value(tag),
                None => Expr::col(subscriber::Column::Language),
            },
        )
        .filter(subscriber::Column::Id.eq(link.subscriber))
        .filter(subscriber::Column::Status.eq(Status::Confirmed))
        .exec(&transaction)
        .await?;
    if held.rows_affected == 0 {
        return Ok(transaction.rollback().await?);
    }
    let now_set = subscriber::Entity::find_by_id(link.subscriber)
        .one(&transaction)
        .await?;
    topics::set(&transaction, link.subscriber, &ids).await?;
    let evidence = json!({
        "topics": names(&known, &ids),
        "language": now_set.map(|subscriber| subscriber.language),
        "method": "POST",
        "newsletter": link.newsletter,
        "ip": origin.ip,
        "user_agent": origin.user_agent,
    });
    let kind = Evidence::PreferencesChanged;
    consent::record(&transaction, link.subscriber, now, kind, &evidence).await?;
    Ok(transaction.commit().await?)
}
