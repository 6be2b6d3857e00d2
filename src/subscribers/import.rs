//! Importing people whose consent was given elsewhere: on paper, in an older system. Who left, bounced
//! or complained there is kept as such and never mailed; who is known here keeps the stricter of both.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fmt::Write,
    hash::{BuildHasher, RandomState},
};

use gazette_templates::pages::words::Words;
use sea_orm::{
    ActiveEnum, ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, FromQueryResult,
    QueryFilter, QuerySelect,
};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{
    AboutReader, Event, Frequency, Result, Status, about_readers,
    consent::{self, Evidence, text_hash},
    import_columns::plain,
    status,
    subscriber_tables::{import_batch, subscriber, subscription, suppression},
    suppression::{self as suppressions, SuppressionReason},
    topics::{self, TopicRow, names},
};
use crate::{
    address::EmailAddress,
    app::App,
    audit::{self, Action},
    db,
    secret::random_label,
    values,
};

/// Rows in one statement, and so in one transaction: small enough for both databases' limits of
/// values, large enough that a million addresses take less than a minute.
const CHUNK_ROWS: usize = 1_000;

/// Reasons that are told one by one; the rest is counted.
const TOLD_LINES: usize = 100;

/// One line of the file.
#[derive(Debug)]
pub struct Row {
    /// Where it stands in the file, for complaints.
    pub line: u64,
    /// The address as it stands there.
    pub email: String,
    /// BCP 47; empty: English.
    pub language: String,
    /// Where they stand there.
    pub status: Status,
    /// Their topics by slug or name; `None`: the file says nothing of topics.
    pub topics: Option<Vec<String>>,
    /// How often they get a topic, by its slug: our own export. Those that are not in it: every release.
    pub frequencies: Vec<(String, Frequency)>,
    /// What the file says of how and when they consented.
    pub original: Map<String, Value>,
    /// What they said of themselves.
    pub about: AboutReader,
    /// Since when the status holds, in milliseconds. `None`: now.
    pub since: Option<i64>,
    /// Since when the address is known. `None`: now.
    pub created: Option<i64>,
    /// Their evidence, from our own export.
    pub events: Vec<(i64, Evidence, Value)>,
}

impl Default for Row {
    fn default() -> Self {
        Self {
            line: 0,
            email: String::new(),
            language: String::new(),
            status: Status::Confirmed,
            topics: None,
            frequencies: Vec::new(),
            original: Map::new(),
            about: AboutReader::default(),
            since: None,
            created: None,
            events: Vec::new(),
        }
    }
}

/// What is the same for the whole import.
#[derive(Debug, Clone, Copy, Default)]
pub struct Import<'a> {
    /// How these people consented: the evidence of each.
    pub consent: &'a str,
    /// Where the list comes from: the file's name.
    pub source: &'a str,
    /// Who imports.
    pub operator: &'a str,
    /// Slugs; none: what the file says, or else all topics.
    pub topics: &'a [String],
    /// Topics of the file that are not there yet are made: our own export.
    pub makes_topics: bool,
    /// Only says what would be done.
    pub dry_run: bool,
}

/// What became of the lines.
#[derive(Debug, Default, Serialize)]
pub struct ImportReport {
    /// What undoes it: `gazette subscribers undo-import BATCH`.
    pub batch: String,
    /// Nothing was written.
    pub dry_run: bool,
    /// New confirmed subscribers.
    pub imported: u64,
    /// Were confirmed already; their evidence stays as it is.
    pub known: u64,
    /// Of these, those who got a topic that they did not have.
    pub gained: u64,
    /// Have asked and not confirmed, in the file: they are not mailed.
    pub pending: u64,
    /// Left, bounced or complained in the file: kept as such, and not mailed.
    pub left: u64,
    /// Left, bounced, complained, blocked or erased here: they stay as they are (O9).
    pub suppressed: u64,
    /// Lines that hold no address.
    pub wrong: u64,
    /// The first of them, with the reason.
    pub reasons: Vec<String>,
    /// Topics that were made.
    pub new_topics: Vec<String>,
}

/// One person of a chunk.
struct Person {
    address: EmailAddress,
    row: Row,
    topics: Vec<i64>,
    /// How often they get a topic; those that are not in it: every release.
    frequencies: Vec<(i64, Frequency)>,
    /// The file or the command line names the topics.
    says_topics: bool,
}

/// By the address's key. In its order, so that two imports at once take the rows in the same order and
/// never wait for each other in a circle.
type Chunk = BTreeMap<String, Person>;

/// Imports the rows, a chunk at a time: one that fails leaves the chunks before it imported, and
/// importing the same file again is harmless. `progress` is told how many lines are done.
pub async fn import(
    app: &App,
    import: &Import<'_>,
    rows: impl Iterator<Item = Result<Row>>,
    progress: impl Fn(u64),
) -> Result<ImportReport> {
    let known = topics::topics(app).await?;
    let given = topics::named(&known, import.topics)?;
    let batch = random_label()?[..12].to_owned();
    let mut importer = Importer {
        app,
        import,
        known,
        given,
        chunk: Chunk::new(),
        begun: false,
        seen: HashSet::new(),
        hasher: RandomState::new(),
        report: ImportReport {
            batch,
            dry_run: import.dry_run,
            ..ImportReport::default()
        },
    };
    let mut done = 0;
    for row in rows {
        importer.take(row?).await?;
        done += 1;
        if importer.chunk.len() >= CHUNK_ROWS {
            importer.store(false).await?;
            progress(done);
        }
    }
    importer.store(true).await?;
    progress(done);
    Ok(importer.report)
}

struct Importer<'a> {
    app: &'a App,
    import: &'a Import<'a>,
    known: Vec<TopicRow>,
    given: Vec<i64>,
    chunk: Chunk,
    /// The audit log has the import.
    begun: bool,
    /// In a dry run, whom the file named already: hashes of the keys.
    seen: HashSet<u64>,
    hasher: RandomState,
    report: ImportReport,
}

impl Importer<'_> {
    async fn take(&mut self, mut row: Row) -> Result<()> {
        let parsed = EmailAddress::parse(&row.email).map_err(|error| error.to_string());
        let address = parsed.and_then(|address| match address.likely_correction() {
            Some(likely) => Err(format!(
                "`{address}` looks mistyped: did they mean {likely}?"
            )),
            None => Ok(address),
        });
        let address = match address {
            Ok(address) => address,
            Err(error) => {
                self.report.wrong += 1;
                if self.report.reasons.len() < TOLD_LINES {
                    let reason = format!("line {}: {error}", row.line);
                    self.report.reasons.push(reason);
                }
                return Ok(());
            }
        };
        let named = !self.import.topics.is_empty();
        let (topics, says_topics) = match row.topics.take() {
            Some(words) if !named => self.topics_of(&words).await?,
            _ => (self.given.clone(), named),
        };
        let frequencies = row
            .frequencies
            .iter()
            .filter_map(|(slug, often)| {
                let topic = self.known.iter().find(|topic| topic.slug == *slug)?;
                Some((topic.id, *often))
            })
            .collect();
        let key = address.key();
        if self.import.dry_run && !self.seen.insert(self.hasher.hash_one(&key)) {
            self.report.known += 1;
            return Ok(());
        }
        let person = Person {
            address,
            row,
            topics,
            frequencies,
            says_topics,
        };
        if let Some(before) = self.chunk.insert(key.clone(), person) {
            self.report.known += 1;
            // Of two lines the first stands; both count for topics, and the stricter status.
            if let Some(person) = self.chunk.get_mut(&key) {
                merge(person, before);
            }
        }
        Ok(())
    }

    /// The topics that a cell names. Tags that are none of our topics are none; where the file names
    /// none of ours at all, it says nothing of topics.
    async fn topics_of(&mut self, words: &[String]) -> Result<(Vec<i64>, bool)> {
        let mut found = Vec::new();
        for word in words {
            let is = |topic: &&TopicRow| {
                plain(&topic.slug) == plain(word) || plain(&topic.name) == plain(word)
            };
            match self.known.iter().find(is) {
                Some(topic) => found.push(topic.id),
                None if self.import.makes_topics => {
                    self.report.new_topics.push(word.clone());
                    let made = self.make_topic(word).await?;
                    found.push(made.id);
                    self.known.push(made);
                }
                None => {}
            }
        }
        if found.is_empty() && !self.import.makes_topics {
            return Ok((self.given.clone(), false));
        }
        Ok((found, true))
    }

    async fn make_topic(&self, slug: &str) -> Result<TopicRow> {
        let mut made = TopicRow {
            id: -1 - i64::try_from(self.known.len()).unwrap_or_default(),
            slug: slug.to_owned(),
            name: slug.to_owned(),
            description: String::new(),
        };
        if !self.import.dry_run {
            let (who, named) = (self.import.operator, &made.name);
            made.id = topics::add(self.app, slug, named, "", who).await?;
        }
        Ok(made)
    }

    /// Stores the chunk, with the audit log's line: of the import's beginning in the first
    /// transaction, of its whole in the last.
    async fn store(&mut self, last: bool) -> Result<()> {
        let transaction = self.app.db.begin().await?;
        if !self.begun && !self.import.dry_run {
            self.begin(&transaction).await?;
        }
        self.store_chunk(&transaction).await?;
        if self.import.dry_run {
            transaction.rollback().await?;
        } else {
            if last {
                self.end(&transaction).await?;
            }
            transaction.commit().await?;
            self.begun = true;
        }
        self.chunk.clear();
        Ok(())
    }

    async fn begin(&self, transaction: &DatabaseTransaction) -> Result<()> {
        let Import {
            source, consent, ..
        } = self.import;
        let first: Option<i64> = db::scalar(transaction, "SELECT max(id) FROM consent", []).await?;
        import_batch::Entity::insert(import_batch::ActiveModel {
            label: Set(self.report.batch.clone()),
            at: Set(self.app.clock.now_ms()),
            operator: Set(self.import.operator.to_owned()),
            source: Set((*source).to_owned()),
            after_consent: Set(first.unwrap_or_default()),
            ..Default::default()
        })
        .exec_without_returning(transaction)
        .await?;
        let details = format!("batch {} begins: {source}, “{consent}”", self.report.batch);
        self.audit(transaction, details).await
    }

    async fn end(&self, transaction: &DatabaseTransaction) -> Result<()> {
        let ImportReport {
            batch,
            imported,
            known,
            left,
            suppressed,
            wrong,
            ..
        } = &self.report;
        let details = format!(
            "batch {batch} ends: {imported} imported, {known} known, {left} left elsewhere, {suppressed} suppressed, {wrong} wrong"
        );
        self.audit(transaction, details).await
    }

    async fn audit(&self, transaction: &DatabaseTransaction, details: String) -> Result<()> {
        let (now, who) = (self.app.clock.now_ms(), self.import.operator);
        let action = Action::SubscriberImport;
        Ok(audit::record(transaction, now, who, action, "subscribers", details).await?)
    }

    async fn store_chunk(&mut self, transaction: &DatabaseTransaction) -> Result<()> {
        let chunk = std::mem::take(&mut self.chunk);
        let suppressed = suppressed(self.app, transaction, &chunk).await?;
        let known = known_rows(transaction, &chunk).await?;
        let known_topics = known_topics(transaction, &chunk, &known).await?;
        let mut new = Vec::with_capacity(chunk.len());
        for (key, person) in chunk {
            let stricter = Event::of(person.row.status);
            match known.get(&key) {
                Some(known) => {
                    let has = known_topics.get(&known.id).map_or(&[][..], Vec::as_slice);
                    self.meet(transaction, known, has, &person, stricter)
                        .await?;
                }
                // Who was erased is not written down again, only the stricter reason.
                None if suppressed.contains(&key) => {
                    self.report.suppressed += 1;
                    if let Some(reason) = suppression_of(person.row.status)
                        && !self.import.dry_run
                    {
                        suppressions::add(self.app, transaction, &key, reason).await?;
                    }
                }
                None => {
                    match person.row.status {
                        Status::Confirmed => self.report.imported += 1,
                        Status::Pending => self.report.pending += 1,
                        _ => self.report.left += 1,
                    }
                    new.push((key, person));
                }
            }
        }
        if self.import.dry_run || new.is_empty() {
            return Ok(());
        }
        self.create(transaction, new).await
    }

    /// Somebody who is known here: they gain a topic, are confirmed by this consent, or leave as they
    /// left there; and whoever is gone here stays gone.
    async fn meet(
        &mut self,
        transaction: &DatabaseTransaction,
        known: &KnownSubscriber,
        has: &[i64],
        person: &Person,
        stricter: Option<Event>,
    ) -> Result<()> {
        let Some(here) = Status::try_from_value(&known.status).ok() else {
            return Ok(());
        };
        if let Some(event) = stricter {
            let moves = here.after(event).is_some();
            if moves && !self.import.dry_run {
                let evidence = self.evidence(person, "moved", &[]);
                status::apply(self.app, transaction, known.id, event, &evidence).await?;
            }
            if moves {
                self.report.left += 1;
            } else {
                self.report.suppressed += 1;
            }
            return Ok(());
        }
        match (here, person.row.status) {
            (Status::Pending, Status::Confirmed) => {
                self.report.imported += 1;
                if self.import.dry_run {
                    return Ok(());
                }
                let evidence = self.evidence(person, "confirmed", &person.topics);
                let event = Event::Import;
                status::apply(self.app, transaction, known.id, event, &evidence).await?;
                topics::set_each(transaction, known.id, &person.each(&person.topics)).await?;
            }
            (Status::Confirmed | Status::Pending, _) => {
                self.report.known += 1;
                if here == Status::Confirmed && person.row.status == Status::Confirmed {
                    self.gain(transaction, known.id, has, person).await?;
                }
            }
            _ => self.report.suppressed += 1,
        }
        Ok(())
    }

    async fn gain(
        &mut self,
        transaction: &DatabaseTransaction,
        id: i64,
        has: &[i64],
        person: &Person,
    ) -> Result<()> {
        let gained: Vec<i64> = person
            .topics
            .iter()
            .copied()
            .filter(|topic| !has.contains(topic))
            .collect();
        // Without topics in the file or on the command line nobody gains those that they left.
        if gained.is_empty() || !person.says_topics {
            return Ok(());
        }
        self.report.gained += 1;
        if self.import.dry_run {
            return Ok(());
        }
        // What they have stays as often as they chose it here.
        let all: Vec<i64> = has.iter().chain(&gained).copied().collect();
        topics::set_each(transaction, id, &person.each(&all)).await?;
        let evidence = self.evidence(person, "gained", &gained);
        let now = self.app.clock.now_ms();
        Ok(consent::record(transaction, id, now, Evidence::Imported, &evidence).await?)
    }

    /// What stands in the evidence of one person; `did` is what [`super::import_undo`] takes back.
    fn evidence(&self, person: &Person, did: &str, topics: &[i64]) -> Value {
        let mut evidence = json!({
            "channel": "import",
            "consent_text": self.import.consent,
            "consent_text_sha256": text_hash(self.import.consent),
            "source": self.import.source,
            "operator": self.import.operator,
            "batch": self.report.batch,
            "did": did,
            "topics": names(&self.known, topics),
        });
        if !person.row.original.is_empty() {
            evidence["original"] = Value::Object(person.row.original.clone());
        }
        evidence
    }

    /// Stores those whom nobody knew, with a few statements for all of them.
    async fn create(
        &mut self,
        transaction: &DatabaseTransaction,
        new: Vec<(String, Person)>,
    ) -> Result<()> {
        let now = self.app.clock.now_ms();
        let mut rows = Vec::with_capacity(new.len() * 6);
        for (key, person) in &new {
            let row = &person.row;
            let since = row.since.unwrap_or(now);
            rows.extend(values![
                person.address.as_str(),
                key.as_str(),
                row.status.to_value(),
                Words::of(&row.language).tag,
                row.created.unwrap_or(since),
                since
            ]);
        }
        let sql = format!(
            "INSERT INTO subscriber (email, email_key, status, language, created_at, status_at) VALUES {}
             ON CONFLICT (email_key) DO NOTHING RETURNING id, email_key",
            placeholders(new.len(), 6)
        );
        let created: Vec<Created> = db::rows(transaction, &sql, rows).await?;
        let ids: HashMap<&str, i64> = created
            .iter()
            .map(|row| (row.email_key.as_str(), row.id))
            .collect();
        let mut subscriptions = Vec::new();
        let mut proofs = Vec::new();
        let mut about = Vec::new();
        let mut suppressed = Vec::new();
        for (key, person) in &new {
            let Some(id) = ids.get(key.as_str()).copied() else {
                // Somebody signed up at this very moment.
                self.report.known += 1;
                continue;
            };
            if matches!(person.row.status, Status::Confirmed | Status::Pending) {
                let each = person.each(&person.topics);
                subscriptions.extend(each.into_iter().map(|(topic, often)| (topic, id, often)));
            }
            for (at, event, evidence) in &person.row.events {
                proofs.push((id, *at, *event, evidence.to_string()));
            }
            if !person.row.about.is_empty() {
                about.push((id, person.row.about.clone()));
            }
            let event = match person.row.status {
                Status::Confirmed => Evidence::Imported,
                Status::Pending => Evidence::Requested,
                Status::Unsubscribed => Evidence::Unsubscribed,
                Status::Bounced => Evidence::Bounced,
                Status::Complained => Evidence::Complained,
                Status::Blocked => Evidence::Blocked,
            };
            let evidence = self.evidence(person, "created", &person.topics);
            proofs.push((id, now, event, evidence.to_string()));
            if let Some(reason) = suppression_of(person.row.status) {
                suppressed.push((key.as_str(), reason));
            }
        }
        suppressions::add_all(self.app, transaction, &suppressed).await?;
        for some in subscriptions.chunks(CHUNK_ROWS * 5) {
            let sql = format!(
                "INSERT INTO subscription (topic_id, subscriber_id, frequency, frequency_before) VALUES {}
                 ON CONFLICT (topic_id, subscriber_id) DO NOTHING",
                placeholders(some.len(), 4)
            );
            let all = some.iter().flat_map(|(topic, id, often)| {
                values![*topic, *id, often.to_value(), often.to_value()]
            });
            db::execute(transaction, &sql, all).await?;
        }
        about_readers::keep_all(transaction, &about, now).await?;
        for some in proofs.chunks(CHUNK_ROWS * 5) {
            let sql = format!(
                "INSERT INTO consent (subscriber_id, at, event, evidence) VALUES {}",
                placeholders(some.len(), 4)
            );
            let all = some.iter().flat_map(|(id, at, event, evidence)| {
                values![*id, *at, event.to_value(), evidence.as_str()]
            });
            db::execute(transaction, &sql, all).await?;
        }
        Ok(())
    }
}

impl Person {
    /// These topics, each as often as the file says.
    fn each(&self, topics: &[i64]) -> Vec<(i64, Frequency)> {
        let often = |topic: &i64| {
            let said = self.frequencies.iter().find(|(id, _)| id == topic);
            said.map_or(Frequency::Each, |(_, often)| *often)
        };
        topics.iter().map(|topic| (*topic, often(topic))).collect()
    }
}

impl Event {
    /// What a list that says this of somebody does to who is subscribed here. `None`: it takes nobody
    /// off.
    fn of(status: Status) -> Option<Self> {
        match status {
            Status::Confirmed | Status::Pending => None,
            Status::Unsubscribed => Some(Self::Leave),
            Status::Bounced => Some(Self::Bounce),
            Status::Complained => Some(Self::Complain),
            Status::Blocked => Some(Self::Never),
        }
    }
}

/// Why an address is suppressed that the list says this of.
pub(super) fn suppression_of(status: Status) -> Option<SuppressionReason> {
    match status {
        Status::Bounced => Some(SuppressionReason::Bounced),
        Status::Complained => Some(SuppressionReason::Complained),
        Status::Blocked => Some(SuppressionReason::Blocked),
        Status::Confirmed | Status::Pending | Status::Unsubscribed => None,
    }
}

/// Two lines with one address: the first stands, with the topics of both and the stricter status.
fn merge(kept: &mut Person, first: Person) {
    let second = std::mem::replace(kept, first);
    for topic in second.topics {
        if !kept.topics.contains(&topic) {
            kept.topics.push(topic);
        }
    }
    kept.frequencies.extend(second.frequencies);
    if second.row.status.to_value() > kept.row.status.to_value()
        && second.row.status != Status::Confirmed
    {
        kept.row.status = second.row.status;
    }
}

#[derive(FromQueryResult)]
struct KnownSubscriber {
    id: i64,
    email_key: String,
    status: i16,
}

#[derive(FromQueryResult)]
struct Created {
    id: i64,
    email_key: String,
}

/// Who of the chunk is known.
async fn known_rows(
    transaction: &DatabaseTransaction,
    chunk: &Chunk,
) -> Result<HashMap<String, KnownSubscriber>> {
    let rows: Vec<KnownSubscriber> = subscriber::Entity::find()
        .select_only()
        .column(subscriber::Column::Id)
        .column(subscriber::Column::EmailKey)
        .column(subscriber::Column::Status)
        .filter(subscriber::Column::EmailKey.is_in(chunk.keys().map(String::as_str)))
        .into_model()
        .all(transaction)
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.email_key.clone(), row))
        .collect())
}

/// The topics of those who are known, where the file or the command line names some: one question for all.
async fn known_topics(
    transaction: &DatabaseTransaction,
    chunk: &Chunk,
    known: &HashMap<String, KnownSubscriber>,
) -> Result<HashMap<i64, Vec<i64>>> {
    let mut topics: HashMap<i64, Vec<i64>> = HashMap::new();
    if known.is_empty() || !chunk.values().any(|person| person.says_topics) {
        return Ok(topics);
    }
    // subscription_of_subscriber
    let rows: Vec<(i64, i64)> = subscription::Entity::find()
        .select_only()
        .column(subscription::Column::SubscriberId)
        .column(subscription::Column::TopicId)
        .filter(subscription::Column::SubscriberId.is_in(known.values().map(|known| known.id)))
        .into_tuple()
        .all(transaction)
        .await?;
    for (subscriber, topic) in rows {
        topics.entry(subscriber).or_default().push(topic);
    }
    Ok(topics)
}

/// The keys of the chunk that must not be mailed.
async fn suppressed(
    app: &App,
    transaction: &DatabaseTransaction,
    chunk: &Chunk,
) -> Result<HashSet<String>> {
    let any = suppression::Entity::find().one(transaction).await?;
    if any.is_none() {
        return Ok(HashSet::new());
    }
    let keys: HashMap<Vec<u8>, &String> = chunk
        .keys()
        .map(|key| (app.keys.address_hash(key), key))
        .collect();
    let found = suppression::Entity::find()
        .filter(suppression::Column::AddressHash.is_in(keys.keys().cloned()))
        .all(transaction)
        .await?;
    Ok(found
        .iter()
        .filter_map(|row| keys.get(&row.address_hash))
        .map(|key| (*key).clone())
        .collect())
}

/// `($1, $2), ($3, $4)`: as many rows of as many columns.
fn placeholders(rows: usize, columns: usize) -> String {
    let mut text = String::with_capacity(rows * columns * 6);
    for row in 0..rows {
        text.push_str(if row == 0 { "(" } else { ", (" });
        for column in 0..columns {
            if column > 0 {
                text.push_str(", ");
            }
            let _ = write!(text, "${}", row * columns + column + 1);
        }
        text.push(')');
    }
    text
}
