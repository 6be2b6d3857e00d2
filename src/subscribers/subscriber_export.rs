//! The whole list, for whoever takes it along: everybody with their evidence, what is said of the topics, and whoever
//! has asked and was not answered yet. It is on record in the audit log.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    io::Write,
};

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    AboutReader, Frequency, Result, Status, about_readers,
    evidence::{TopicOf, asked_for, told, topics_of},
    exported_topic::{ExportedTopic, in_full},
    sign_up::request_evidence,
    subscriber_kinds::{Channel, Evidence},
    subscriber_tables::{consent, sign_up, subscriber},
    suppression, topic_translations,
    topics::{self, TopicRow},
};
use crate::{
    address::EmailAddress,
    app::App,
    audit::{self, Action},
    clock::instant,
    csv_file::CsvFile,
    db,
    office::Office,
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
            let waiting = waiting_after(app, &known, after, limit).await?;
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
fn details_of(known: &[TopicRow], slugs: &[String]) -> BTreeMap<String, ExportedTopic> {
    let theirs = known.iter().filter(|topic| slugs.contains(&topic.slug));
    theirs
        .map(|topic| (topic.slug.clone(), topic.into()))
        .collect()
}

/// Those behind the request `after`, at most `limit`, as people who have not confirmed, and behind which request it
/// goes on; `None`: there are no more. Not whoever is known otherwise, of whom the export says so already, nor whoever
/// is to be left alone.
async fn waiting_after(
    app: &App,
    known: &[TopicRow],
    after: i64,
    limit: u64,
) -> Result<Option<(Vec<Subscriber>, i64)>> {
    let requests = sign_up::Entity::find()
        .filter(sign_up::Column::Id.gt(after))
        .order_by_asc(sign_up::Column::Id)
        .limit(limit)
        .all(app.db.pool())
        .await?;
    let Some(last) = requests.last().map(|request| request.id) else {
        return Ok(None);
    };
    // Of several requests of one address the newest is what they want.
    let mut newest: BTreeMap<String, (EmailAddress, sign_up::Model)> = BTreeMap::new();
    for request in requests {
        if let Ok(address) = EmailAddress::parse(&request.email)
            && request.channel != Channel::Manage
        {
            newest.insert(address.key(), (address, request));
        }
    }
    let subscribers: Vec<String> = subscriber::Entity::find()
        .select_only()
        .column(subscriber::Column::EmailKey)
        .filter(subscriber::Column::EmailKey.is_in(newest.keys().map(String::as_str)))
        .into_tuple()
        .all(app.db.pool())
        .await?;
    let subscribers: HashSet<String> = subscribers.into_iter().collect();
    let office = Office::load(&app.db).await?;
    let mut page = Vec::with_capacity(newest.len());
    for (key, (address, request)) in newest {
        if subscribers.contains(&key) {
            continue;
        }
        let suppressed = suppression::reason(app, app.db.pool(), &key).await?;
        if suppressed.is_none_or(suppression::SuppressionReason::yields_to_opt_in) {
            page.push(waiting_subscriber(&office, known, &address, &request)?);
        }
    }
    Ok(Some((page, last)))
}

fn waiting_subscriber(
    office: &Office,
    known: &[TopicRow],
    address: &EmailAddress,
    request: &sign_up::Model,
) -> Result<Subscriber> {
    let slugs: Vec<String> = serde_json::from_str(&request.topics)?;
    let chosen = topics::chosen(known, &slugs);
    let slugs = topics::names(known, &chosen);
    let is_rarer = request.frequency != Frequency::Each;
    let often = slugs.iter().filter(|_| is_rarer);
    let mut asked = json!({
        "at": instant(request.at),
        "event": Evidence::Requested.word(),
    });
    let details = request_evidence(office, known, address, request, &chosen);
    if let (Some(asked), Value::Object(details)) = (asked.as_object_mut(), details) {
        asked.extend(details);
    }
    Ok(Subscriber {
        email: address.as_str().to_owned(),
        status: Status::Pending,
        frequency: often
            .map(|slug| (slug.clone(), request.frequency.word()))
            .collect(),
        topic_details: details_of(known, &slugs),
        topics: slugs,
        about: AboutReader::of_json(request.about.as_deref())?,
        language: request.language.clone(),
        since: instant(request.at).to_string(),
        created: instant(request.at).to_string(),
        evidence: vec![asked],
    })
}
