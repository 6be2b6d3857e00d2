//! Telling what is known of one person: it is on record in the audit log, in the transaction that reads it.

use std::collections::{BTreeMap, HashMap};

use sea_orm::{
    ActiveEnum, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter,
    QueryOrder,
};
use serde_json::{Value, json};

use super::{
    AboutReader, Frequency, Result, Status, SubscriberError, about_readers,
    subscriber_tables::{confirmation, consent, subscriber},
    topics::{self, TopicRow},
    waiting_sign_ups,
};
use crate::{
    address::EmailAddress,
    app::App,
    audit::{self, Action},
    clock::instant,
    db, delivery_lookup, newsletter_lookup, values,
};

/// Shows `who`, a member of staff or the operator, everything that is known of an address. The audit
/// log says that somebody looked, not at whom in full (V3).
pub async fn show_evidence(app: &App, email: &str, who: &str) -> Result<Value> {
    let transaction = app.db.begin().await?;
    let known = evidence_within(&transaction, email).await?;
    let veiled = EmailAddress::parse(email)
        .map(|address| address.veiled())
        .unwrap_or_default();
    let now = app.clock.now_ms();
    audit::record(
        &transaction,
        now,
        who,
        Action::SubscriberEvidence,
        veiled,
        "",
    )
    .await?;
    transaction.commit().await?;
    Ok(known)
}

/// The address of the person of this number; `None`: there is none, or no more.
///
/// # Errors
/// The database failed.
pub async fn address_of(app: &App, id: i64) -> Result<Option<String>> {
    let known = subscriber::Entity::find_by_id(id)
        .one(app.db.pool())
        .await?;
    Ok(known.map(|known| known.email))
}

/// [`show_evidence`] with what became of each newsletter for them, the oldest first, as `deliveries`: a copy of
/// everything that is kept, for the person themselves.
pub async fn whole_copy(app: &App, email: &str, who: &str) -> Result<Value> {
    let mut known = show_evidence(app, email, who).await?;
    let address = EmailAddress::parse(email)
        .map_err(|error| SubscriberError::Address(email.to_owned(), error))?;
    let row = subscriber::Entity::find()
        .filter(subscriber::Column::EmailKey.eq(address.key()))
        .one(app.db.pool())
        .await?;
    let outcomes = match row {
        Some(row) => delivery_lookup::of_reader(app.db.pool(), row.id).await?,
        None => Vec::new(),
    };
    let subjects = newsletter_lookup::subjects(app.db.pool()).await?;
    known["deliveries"] = outcomes
        .into_iter()
        .map(|outcome| {
            json!({
                "subject": subjects.get(&outcome.newsletter_id),
                "state": outcome.state.as_str(),
                "at": instant(outcome.at).to_string(),
            })
        })
        .collect();
    Ok(known)
}

/// Everything that is known of an address: `{"email", "status", "topics", "events": […]}`, the
/// events in the order in which they happened (O2).
pub async fn evidence(app: &App, email: &str) -> Result<Value> {
    evidence_within(app.db.pool(), email).await
}

/// The same within a transaction.
pub(super) async fn evidence_within(
    connection: &impl ConnectionTrait,
    email: &str,
) -> Result<Value> {
    let address = EmailAddress::parse(email)
        .map_err(|error| SubscriberError::Address(email.to_owned(), error))?;
    let known = subscriber::Entity::find()
        .filter(subscriber::Column::EmailKey.eq(address.key()))
        .one(connection)
        .await?;
    let waiting = waiting_sign_ups::told(connection, &address.key()).await?;
    let Some(known) = known else {
        if waiting.is_empty() {
            return Err(SubscriberError::NotFound(email.to_owned()));
        }
        return Ok(json!({
            "email": address.as_str(),
            "status": waiting_sign_ups::STATUS,
            "topics": [],
            "since": waiting.first().map(|first| &first["asked"]),
            "events": [],
            "waiting": waiting,
        }));
    };
    // consent_of_subscriber
    let rows = consent::Entity::find()
        .filter(consent::Column::SubscriberId.eq(known.id))
        .order_by_asc(consent::Column::Id)
        .all(connection)
        .await?;
    let events = rows.iter().map(told).collect::<Result<Vec<Value>>>()?;
    let topics = topics_of(connection, &[known.id]).await?;
    let frequency: BTreeMap<&str, &str> = topics.iter().filter_map(TopicOf::is_rarer).collect();
    let about = about_readers::of_subscribers(connection, known.id, known.id).await?;
    let mut about = about.into_values().next().unwrap_or_default();
    if about.is_empty() && known.status == Status::Pending {
        let every = topics::every_topic_within(connection).await?;
        let mut asked = asked_for(connection, &every, &[known.id]).await?;
        about = asked.remove(&known.id).map_or(about, |(_, _, said)| said);
    }
    Ok(json!({
        "id": known.id,
        "email": known.email,
        "status": known.status,
        "language": known.language,
        "since": instant(known.status_at),
        "created": instant(known.created_at),
        "topics": topics.iter().map(|row| &row.slug).collect::<Vec<_>>(),
        "frequency": frequency,
        "zip": about.zip,
        "answers": about.answers,
        "events": events,
        "waiting": waiting,
    }))
}

/// One event with its details.
pub(super) fn told(step: &consent::Model) -> Result<Value> {
    let mut event = json!({ "at": instant(step.at), "event": step.event.word() });
    if let (Some(event), Value::Object(details)) =
        (event.as_object_mut(), serde_json::from_str(&step.evidence)?)
    {
        event.extend(details);
    }
    Ok(event)
}

#[derive(FromQueryResult)]
pub(super) struct TopicOf {
    pub(super) subscriber_id: i64,
    pub(super) slug: String,
    frequency: i16,
}

impl TopicOf {
    /// How often they get it, where it is not every release by itself.
    pub(super) fn is_rarer(&self) -> Option<(&str, &'static str)> {
        let often = Frequency::try_from_value(&self.frequency).ok()?;
        (often != Frequency::Each).then_some((&self.slug, often.word()))
    }
}

/// The topics of these subscribers, in the topics' order.
pub(super) async fn topics_of(
    connection: &impl ConnectionTrait,
    subscribers: &[i64],
) -> std::result::Result<Vec<TopicOf>, DbErr> {
    let (Some(first), Some(last)) = (subscribers.iter().min(), subscribers.iter().max()) else {
        return Ok(Vec::new());
    };
    // subscription_of_subscriber
    let sql =
        "SELECT u.subscriber_id, t.slug, coalesce(u.frequency_wanted, u.frequency) AS frequency
               FROM subscription u JOIN topic t ON t.id = u.topic_id
               WHERE u.subscriber_id BETWEEN $1 AND $2 ORDER BY t.position, t.id";
    db::rows(connection, sql, values![*first, *last]).await
}

/// Topics, how often each comes where that is not every release, and what was said beside the address.
pub(super) type AskedFor = (Vec<String>, BTreeMap<String, &'static str>, AboutReader);

/// What these asked for and have not confirmed: it waits with the newest request. Whose request is not
/// here is not in it.
pub(super) async fn asked_for(
    connection: &impl ConnectionTrait,
    known: &[TopicRow],
    pending: &[i64],
) -> Result<HashMap<i64, AskedFor>> {
    if pending.is_empty() {
        return Ok(HashMap::new());
    }
    // confirmation_of_subscriber
    let requests = confirmation::Entity::find()
        .filter(confirmation::Column::SubscriberId.is_in(pending.iter().copied()))
        .order_by_asc(confirmation::Column::Id)
        .all(connection)
        .await?;
    let asked = requests.into_iter().map(|request| {
        let ids: Vec<i64> = serde_json::from_str(&request.topics)?;
        let slugs = topics::names(known, &ids);
        let is_rarer = request.frequency != Frequency::Each;
        let often = slugs.iter().filter(|_| is_rarer);
        let often = often.map(|slug| (slug.clone(), request.frequency.word()));
        let often = often.collect();
        let about = AboutReader::of_json(request.about.as_deref())?;
        Ok((request.subscriber_id, (slugs, often, about)))
    });
    asked.collect()
}
