//! Telling what is known: one person's evidence, and the whole list. Both are on record in the audit
//! log, in the transaction that reads them.

use std::{
    collections::{BTreeMap, HashMap},
    io::Write,
};

use sea_orm::{
    ActiveEnum, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter,
    QueryOrder, QuerySelect,
};
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    AboutReader, Frequency, Result, Status, SubscriberError, about_readers,
    exported_topic::{ExportedTopic, in_full},
    subscriber_tables::{confirmation, consent, subscriber},
    topic_translations,
    topics::{self, TopicRow},
    waiting_sign_ups,
};
use crate::{
    address::EmailAddress,
    app::App,
    audit::{self, Action},
    clock::instant,
    csv_file::CsvFile,
    db, delivery_lookup, newsletter_lookup, values,
};

/// One line of the export.
#[derive(Debug, Serialize)]
pub struct Subscriber {
    /// The address.
    pub email: String,
    /// Where they stand.
    pub status: Status,
    /// Topics, by slug.
    pub topics: Vec<String>,
    /// How often they get a topic, where it is not every release by itself.
    pub frequency: BTreeMap<String, &'static str>,
    /// What they said of themselves.
    #[serde(flatten)]
    pub about: AboutReader,
    /// BCP 47.
    pub language: String,
    /// Since when the status holds.
    pub since: String,
    /// Since when the address is known.
    pub created: String,
    /// Every event, as [`evidence`] prints it.
    pub evidence: Vec<Value>,
    /// What their topics are called, by slug.
    pub topic_details: BTreeMap<String, ExportedTopic>,
}

/// The columns of the export as CSV: what [`Subscriber::cells`] fills.
pub const EXPORT_COLUMNS: [&str; 11] = [
    "email",
    "status",
    "topics",
    "frequency",
    "zip",
    "answers",
    "language",
    "since",
    "created",
    "evidence",
    "topic_details",
];

impl Subscriber {
    /// One line of the export as CSV, as [`super::ImportFile`] reads it.
    ///
    /// # Errors
    /// The evidence is not written as JSON.
    pub fn cells(&self) -> Result<[String; EXPORT_COLUMNS.len()]> {
        let often = self.frequency.iter();
        let often: Vec<String> = often.map(|(slug, word)| format!("{slug}={word}")).collect();
        Ok([
            self.email.clone(),
            self.status.as_str().to_owned(),
            self.topics.join(" "),
            often.join(" "),
            self.about.zip.clone().unwrap_or_default(),
            match self.about.answers.as_slice() {
                [] => String::new(),
                answers => serde_json::to_string(answers)?,
            },
            self.language.clone(),
            self.since.clone(),
            self.created.clone(),
            serde_json::to_string(&self.evidence)?,
            if self.topic_details.is_empty() {
                String::new()
            } else {
                serde_json::to_string(&self.topic_details)?
            },
        ])
    }
}

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

/// The same, with what became of each newsletter for them, the oldest first, as `deliveries`: a copy of
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
struct TopicOf {
    subscriber_id: i64,
    slug: String,
    frequency: i16,
}

impl TopicOf {
    /// How often they get it, where it is not every release by itself.
    fn is_rarer(&self) -> Option<(&str, &'static str)> {
        let often = Frequency::try_from_value(&self.frequency).ok()?;
        (often != Frequency::Each).then_some((&self.slug, often.word()))
    }
}

/// The topics of these subscribers, in the topics' order.
async fn topics_of(
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
type AskedFor = (Vec<String>, BTreeMap<String, &'static str>, AboutReader);

/// What these asked for and have not confirmed: it waits with the newest request. Whose request is not
/// here is not in it.
async fn asked_for(
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

/// Notes that `who` takes the whole list away, with how many there are. Called once, before the first
/// page of [`export`].
pub async fn record_export(app: &App, who: &str) -> Result<()> {
    let sql = "SELECT count(*) FROM subscriber";
    let people: i64 = db::scalar(app.db.pool(), sql, [])
        .await?
        .unwrap_or_default();
    let (now, details) = (app.clock.now_ms(), format!("{people} people"));
    let action = Action::SubscriberExport;
    Ok(audit::record(&app.db.writer(), now, who, action, "subscribers", details).await?)
}

/// People of one piece of the export.
const PIECE: u64 = 1_000;

/// How far an export is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportPlace {
    /// Behind this subscriber; those who are no subscribers yet come after all of them.
    Subscribers(i64),
    /// Behind this request of somebody of whom nothing else is known.
    WaitingSignUps(i64),
}

impl ExportPlace {
    /// Before everybody.
    pub const BEGINNING: Self = Self::Subscribers(0);
}

/// Writes the next piece of the export, and gives where the one after it begins; `None`: that was all.
pub async fn export_piece<W: Write>(
    app: &App,
    file: &mut CsvFile<W>,
    after: ExportPlace,
) -> Result<Option<ExportPlace>> {
    let Some((page, last)) = export(app, after, PIECE).await? else {
        return Ok(None);
    };
    for subscriber in page {
        file.line(subscriber.cells()?)?;
    }
    Ok(Some(last))
}

/// The list behind `after`, at most `limit`, the oldest first; with where it goes on. Whoever asked and waits to be
/// answered is in it as somebody who has not confirmed. The first line says all of the topics.
pub async fn export(
    app: &App,
    after: ExportPlace,
    limit: u64,
) -> Result<Option<(Vec<Subscriber>, ExportPlace)>> {
    let known: Vec<TopicRow> = topics::every_topic(app).await?;
    let found = match after {
        ExportPlace::Subscribers(after) => {
            let found = subscribers_after(app, &known, after, limit).await?;
            found.map(|(page, last)| (page, ExportPlace::Subscribers(last)))
        }
        ExportPlace::WaitingSignUps(_) => None,
    };
    let found = match (found, after) {
        (Some(found), _) => Some(found),
        (None, after) => {
            let after = match after {
                ExportPlace::Subscribers(_) => 0,
                ExportPlace::WaitingSignUps(after) => after,
            };
            let waiting = waiting_sign_ups::exported(app, &known, after, limit).await?;
            waiting.map(|(page, last)| (page, ExportPlace::WaitingSignUps(last)))
        }
    };
    let Some((mut page, place)) = found else {
        return Ok(None);
    };
    if after == ExportPlace::BEGINNING
        && let Some(first) = page.first_mut()
    {
        let translations = topic_translations::translations(app).await?;
        first.topic_details = in_full(&known, translations);
    }
    Ok(Some((page, place)))
}

async fn subscribers_after(
    app: &App,
    known: &[TopicRow],
    after: i64,
    limit: u64,
) -> Result<Option<(Vec<Subscriber>, i64)>> {
    let rows = subscriber::Entity::find()
        .filter(subscriber::Column::Id.gt(after))
        .order_by_asc(subscriber::Column::Id)
        .limit(limit)
        .all(app.db.pool())
        .await?;
    let Some(last) = rows.last().map(|row| row.id) else {
        return Ok(None);
    };
    let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
    let mut topics: HashMap<i64, Vec<TopicOf>> = HashMap::new();
    for row in topics_of(app.db.pool(), &ids).await? {
        topics.entry(row.subscriber_id).or_default().push(row);
    }
    // consent_of_subscriber
    let first = ids.first().copied().unwrap_or_default();
    let steps = consent::Entity::find()
        .filter(consent::Column::SubscriberId.between(first, last))
        .order_by_asc(consent::Column::SubscriberId)
        .order_by_asc(consent::Column::Id)
        .all(app.db.pool())
        .await?;
    let mut evidence: HashMap<i64, Vec<Value>> = HashMap::new();
    for step in &steps {
        let events = evidence.entry(step.subscriber_id).or_default();
        events.push(told(step)?);
    }
    let mut about = about_readers::of_subscribers(app.db.pool(), first, last).await?;
    let pending = rows.iter().filter(|row| row.status == Status::Pending);
    let pending: Vec<i64> = pending.map(|row| row.id).collect();
    let mut asked = asked_for(app.db.pool(), known, &pending).await?;
    let page = rows
        .into_iter()
        .map(|row| {
            let has = topics.remove(&row.id).unwrap_or_default();
            let rarer = has.iter().filter_map(TopicOf::is_rarer);
            let rarer = rarer.map(|(slug, word)| (slug.to_owned(), word)).collect();
            let has = has.into_iter().map(|topic| topic.slug).collect();
            let said = about.remove(&row.id).unwrap_or_default();
            let (topics, frequency, about) = asked.remove(&row.id).unwrap_or((has, rarer, said));
            Subscriber {
                email: row.email,
                status: row.status,
                frequency,
                topic_details: details_of(known, &topics),
                topics,
                about,
                language: row.language,
                since: instant(row.status_at).to_string(),
                created: instant(row.created_at).to_string(),
                evidence: evidence.remove(&row.id).unwrap_or_default(),
            }
        })
        .collect();
    Ok(Some((page, last)))
}

/// What these topics are called, by their short names.
pub(super) fn details_of(known: &[TopicRow], slugs: &[String]) -> BTreeMap<String, ExportedTopic> {
    let theirs = known.iter().filter(|topic| slugs.contains(&topic.slug));
    theirs
        .map(|topic| (topic.slug.clone(), topic.into()))
        .collect()
}
