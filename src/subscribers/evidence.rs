//! Telling what is known: one person's evidence, and the whole list.

use sea_orm::DbErr;
use serde::Serialize;
use serde_json::{Value, json};

use super::{Result, Status, SubscriberError};
use crate::{address::EmailAddress, app::App, clock::instant, values};

/// One line of the export.
#[derive(Debug, Serialize)]
pub struct Subscriber {
    /// The address.
    pub email: String,
    /// The word for the status.
    pub status: &'static str,
    /// Topics, by slug.
    pub topics: Vec<String>,
    /// BCP 47.
    pub language: String,
    /// Since when the status holds.
    pub since: String,
}

/// Everything that is known of an address: `{"email", "status", "topics", "events": […]}`, the
/// events in the order in which they happened (O2).
pub async fn evidence(app: &App, email: &str) -> Result<Value> {
    let address = EmailAddress::parse(email)
        .map_err(|error| SubscriberError::Address(email.to_owned(), error))?;
    let row = app
        .db
        .one(
            "SELECT id, email, status, language, created_at FROM subscriber WHERE email_key = $1",
            values![address.key()],
        )
        .await?
        .ok_or_else(|| SubscriberError::NotFound(email.to_owned()))?;
    let id: i64 = row.try_get_by_index(0)?;
    let mut events = Vec::new();
    for event in app
        .db
        .all(
            "SELECT at, event, evidence FROM consent WHERE subscriber_id = $1 ORDER BY id",
            values![id],
        )
        .await?
    {
        let mut object = json!({
            "at": instant(event.try_get_by_index(0)?),
            "event": event.try_get_by_index::<String>(1)?,
        });
        if let (Some(object), Value::Object(details)) = (
            object.as_object_mut(),
            serde_json::from_str(&event.try_get_by_index::<String>(2)?)?,
        ) {
            object.extend(details);
        }
        events.push(object);
    }
    Ok(json!({
        "email": row.try_get_by_index::<String>(1)?,
        "status": word(row.try_get_by_index(2)?),
        "language": row.try_get_by_index::<String>(3)?,
        "since": instant(row.try_get_by_index(4)?),
        "topics": topics_of(app, id).await?,
        "events": events,
    }))
}

fn word(status: i16) -> &'static str {
    Status::from_number(status).map_or("unknown", Status::as_str)
}

async fn topics_of(app: &App, id: i64) -> std::result::Result<Vec<String>, DbErr> {
    app.db
        .all(
            "SELECT t.slug FROM subscription u JOIN topic t ON t.id = u.topic_id
             WHERE u.subscriber_id = $1 ORDER BY t.position, t.id",
            values![id],
        )
        .await?
        .iter()
        .map(|row| row.try_get_by_index(0))
        .collect()
}

/// The list after subscriber `after`, at most `limit`, the oldest first; with the id to go on from.
pub async fn export(app: &App, after: i64, limit: i64) -> Result<Option<(Vec<Subscriber>, i64)>> {
    let rows = app
        .db
        .all(
            "SELECT id, email, status, language, status_at FROM subscriber WHERE id > $1 ORDER BY id LIMIT $2",
            values![after, limit],
        )
        .await?;
    let mut last = after;
    let mut page = Vec::with_capacity(rows.len());
    for row in rows {
        last = row.try_get_by_index(0)?;
        page.push(Subscriber {
            email: row.try_get_by_index(1)?,
            status: word(row.try_get_by_index(2)?),
            topics: topics_of(app, last).await?,
            language: row.try_get_by_index(3)?,
            since: instant(row.try_get_by_index(4)?).to_string(),
        });
    }
    Ok((!page.is_empty()).then_some((page, last)))
}
