//! Leaving, and choosing what to receive. Both hold from the moment they are answered: delivery
//! asks these tables before every message.

use sea_orm::ConnectionTrait;
use serde_json::json;

use super::{
    Event, Result, Status,
    confirmation::Press,
    consent::{self, Evidence},
    link::SubscriberLink,
    press_list,
    sign_up::names,
    topics::{self, TopicRow},
};
use crate::{app::App, values};

/// How somebody left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leaving {
    /// A mail program's button (RFC 8058).
    OneClick,
    /// The button on our page.
    Page,
    /// No topic was left.
    Preferences,
}

impl Leaving {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::OneClick => "one-click",
            Self::Page => "page",
            Self::Preferences => "preferences",
        }
    }
}

/// Unsubscribes whom the link stands for. Again, or for someone who never was there, it changes
/// nothing and says nothing (H8).
pub async fn unsubscribe(
    app: &App,
    link: SubscriberLink,
    by: Leaving,
    press: &Press,
) -> Result<()> {
    if press_list::is_contact(link) {
        return press_list::leave(app, link, by, press).await;
    }
    let now = app.clock.now_ms();
    let transaction = app.db.begin().await?;
    let row = transaction
        .query_one_raw(app.db.statement(
            "SELECT status FROM subscriber WHERE id = $1",
            values![link.subscriber],
        ))
        .await?;
    let status = row
        .map(|row| row.try_get_by_index(0))
        .transpose()?
        .and_then(Status::from_number);
    let Some(next) = status.and_then(|status| status.after(Event::Leave)) else {
        return Ok(());
    };
    transaction
        .execute_raw(app.db.statement(
            "UPDATE subscriber SET status = $2, status_at = $3 WHERE id = $1",
            values![link.subscriber, next as i16, now],
        ))
        .await?;
    topics::set(&transaction, link.subscriber, &[]).await?;
    // O9: a link that was asked for before leaving is no new opt-in.
    transaction
        .execute_raw(app.db.statement(
            "UPDATE confirmation SET void_at = $2 WHERE subscriber_id = $1 AND used_at IS NULL AND void_at IS NULL",
            values![link.subscriber, now],
        ))
        .await?;
    let evidence = json!({
        "channel": by.as_str(),
        "method": "POST",
        "newsletter": link.newsletter,
        "ip": press.ip,
        "user_agent": press.user_agent,
    });
    consent::record(
        &transaction,
        link.subscriber,
        now,
        Evidence::Unsubscribed,
        &evidence,
    )
    .await?;
    transaction.commit().await?;
    tracing::info!(
        subscriber.id = link.subscriber,
        channel = by.as_str(),
        "unsubscribed"
    );
    Ok(())
}

/// What a subscriber may choose from, with what is chosen; `None` for who is not subscribed.
pub async fn choices(
    app: &App,
    link: SubscriberLink,
) -> Result<Option<(Vec<(TopicRow, bool)>, String)>> {
    let row = app
        .db
        .one(
            "SELECT language FROM subscriber WHERE id = $1 AND status = 1",
            values![link.subscriber],
        )
        .await?;
    let Some(row) = row else {
        return Ok(None);
    };
    let language = row.try_get_by_index(0)?;
    let rows = app
        .db
        .all(
            "SELECT topic_id FROM subscription WHERE subscriber_id = $1",
            values![link.subscriber],
        )
        .await?;
    let mut chosen: Vec<i64> = Vec::with_capacity(rows.len());
    for row in rows {
        chosen.push(row.try_get_by_index(0)?);
    }
    let topics = topics::topics(app).await?;
    let choices = topics
        .into_iter()
        .map(|topic| {
            let is = chosen.contains(&topic.id);
            (topic, is)
        })
        .collect();
    Ok(Some((choices, language)))
}

/// Sets what a confirmed subscriber gets, and in which language where one is given; without any
/// topic they are unsubscribed. For anyone else nothing happens: coming back takes a new opt-in (O9).
pub async fn choose(
    app: &App,
    link: SubscriberLink,
    slugs: &[String],
    language: Option<&str>,
    press: &Press,
) -> Result<()> {
    let known = topics::topics(app).await?;
    let ids: Vec<i64> = known
        .iter()
        .filter(|topic| slugs.contains(&topic.slug))
        .map(|topic| topic.id)
        .collect();
    if ids.is_empty() {
        return unsubscribe(app, link, Leaving::Preferences, press).await;
    }
    let now = app.clock.now_ms();
    let transaction = app.db.begin().await?;
    // The row is held to the end of the transaction: nobody leaves or is deleted in between.
    let changed = transaction
        .query_one_raw(app.db.statement(
            "UPDATE subscriber SET language = coalesce($2, language) WHERE id = $1 AND status = 1
             RETURNING language",
            values![link.subscriber, language],
        ))
        .await?;
    let Some(changed) = changed else {
        return Ok(());
    };
    let language: String = changed.try_get_by_index(0)?;
    topics::set(&transaction, link.subscriber, &ids).await?;
    let evidence = json!({
        "topics": names(&known, &ids),
        "language": language,
        "method": "POST",
        "newsletter": link.newsletter,
        "ip": press.ip,
        "user_agent": press.user_agent,
    });
    consent::record(
        &transaction,
        link.subscriber,
        now,
        Evidence::PreferencesChanged,
        &evidence,
    )
    .await?;
    transaction.commit().await?;
    Ok(())
}
