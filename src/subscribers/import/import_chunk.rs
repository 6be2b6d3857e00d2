//! A chunk of an import in one transaction: who is known here and who is new, and what each of them gains.

use std::{
    collections::{HashMap, HashSet},
    hash::BuildHasher,
};

use gazette_templates::pages::words::Words;
use sea_orm::{
    ActiveEnum, ColumnTrait, DerivePartialModel, EntityTrait, FromQueryResult, QueryFilter,
    QueryOrder, QuerySelect,
};
use serde_json::{Value, json};

use super::{CHUNK_ROWS, Chunk, Importer, Met, Person, TOPICS_MET, suppression_of};
use crate::{
    app::App,
    db::{self, WriteTransaction},
    subscribers::{
        Event, Frequency, Result, Status, about_readers,
        consent::{self, Evidence, text_hash},
        import_undo::undone_batches,
        leaving, status,
        subscriber_tables::{consent as proof, subscriber, subscription, suppression},
        suppression as suppressions,
        topics::{self, names},
    },
    values,
};

impl Importer<'_> {
    /// What becomes of each person of the chunk, in the transaction that stores it.
    pub(super) async fn store_chunk(&mut self, transaction: &WriteTransaction) -> Result<()> {
        let chunk = std::mem::take(&mut self.chunk);
        let suppressed = suppressed(self.app, transaction, &chunk).await?;
        let known = known_rows(transaction, &chunk).await?;
        let known_topics = known_topics(transaction, &known).await?;
        let said_before = self.said_before(transaction, &known).await?;
        let mut new = Vec::with_capacity(chunk.len());
        for (key, person) in chunk {
            let known = known.get(&key);
            let found = match self.met(&key) {
                Some((status, topics)) => Some((0, status, topics)),
                None => known.and_then(|row| {
                    let status = Status::try_from_value(&row.status).ok()?;
                    let topics = known_topics.get(&row.id).cloned().unwrap_or_default();
                    Some((row.id, status, topics))
                }),
            };
            match found {
                Some((id, here, has)) => {
                    let outcome = Outcome::of(here, &has, &person, suppressed.contains(&key));
                    self.count(&outcome);
                    if self.import.dry_run {
                        self.note_met(&key, outcome.leads_to(here, &has, &person));
                    } else if !(matches!(outcome, Outcome::Known) && said_before.contains(&id)) {
                        self.meet(transaction, id, &has, &person, outcome).await?;
                    }
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
                    if self.import.dry_run {
                        self.note_met(&key, (person.row.status, person.topics.clone()));
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

    /// What a dry run found of this person in the chunks before: where they would stand, and their topics.
    fn met(&self, key: &str) -> Option<(Status, Vec<i64>)> {
        let met = self.met.get(&self.hasher.hash_one(key))?;
        let known = self.known.iter().take(TOPICS_MET).enumerate();
        let topics = known.filter(|(at, _)| met.topics & (1 << at) != 0);
        Some((met.status, topics.map(|(_, topic)| topic.id).collect()))
    }

    fn note_met(&mut self, key: &str, (status, topics): (Status, Vec<i64>)) {
        let known = self.known.iter().take(TOPICS_MET).enumerate();
        let bits = known
            .filter(|(_, topic)| topics.contains(&topic.id))
            .fold(0, |bits, (at, _)| bits | (1 << at));
        let met = Met {
            status,
            topics: bits,
        };
        self.met.insert(self.hasher.hash_one(key), met);
    }

    fn count(&mut self, outcome: &Outcome) {
        let report = &mut self.report;
        match outcome {
            Outcome::Moves(_) => report.left += 1,
            Outcome::Confirms => report.imported += 1,
            Outcome::Gains(_) => {
                report.known += 1;
                report.gained += 1;
            }
            Outcome::Known | Outcome::Waits => report.known += 1,
            Outcome::Stays => report.suppressed += 1,
        }
    }

    /// Somebody who is known here: they gain a topic, are confirmed by this consent, or leave as they
    /// left there; and whoever is gone here stays gone.
    async fn meet(
        &self,
        transaction: &WriteTransaction,
        id: i64,
        has: &[i64],
        person: &Person,
        outcome: Outcome,
    ) -> Result<()> {
        match outcome {
            Outcome::Moves(event) => {
                // What undoing brings back.
                let left = topics::frequencies_of_subscriber(transaction, id).await?;
                let mut evidence = self.evidence(person, "moved", &[]);
                leaving::note_left(&mut evidence, &self.known, &left);
                status::apply(self.app, transaction, id, event, &evidence).await?;
            }
            Outcome::Confirms => {
                let evidence = self.evidence(person, "confirmed", &person.topics);
                status::apply(self.app, transaction, id, Event::Import, &evidence).await?;
                topics::set_each(transaction, id, &person.each(&person.topics)).await?;
            }
            Outcome::Gains(gained) => {
                // What they have stays as often as they chose it here.
                let all: Vec<i64> = has.iter().chain(&gained).copied().collect();
                topics::set_each(transaction, id, &person.each(&all)).await?;
                let mut evidence = self.evidence(person, "gained", &gained);
                evidence["named"] = json!(names(&self.known, &person.topics));
                self.record(transaction, id, &evidence).await?;
            }
            // This list stands for them, too, where the one that brought them is undone.
            Outcome::Known => {
                let named = if person.says_topics {
                    &person.topics
                } else {
                    has
                };
                let evidence = self.evidence(person, "known", named);
                self.record(transaction, id, &evidence).await?;
            }
            Outcome::Waits | Outcome::Stays => {}
        }
        Ok(())
    }

    async fn record(
        &self,
        transaction: &WriteTransaction,
        id: i64,
        evidence: &Value,
    ) -> Result<()> {
        let now = self.app.clock.now_ms();
        Ok(consent::record(transaction, id, now, Evidence::Imported, evidence).await?)
    }

    /// Those of whom a list of this name with this consent said the same before: a list that comes every week
    /// is no new evidence each time.
    async fn said_before(
        &self,
        transaction: &WriteTransaction,
        known: &HashMap<String, KnownSubscriber>,
    ) -> Result<HashSet<i64>> {
        let mut said = HashSet::new();
        if known.is_empty() || self.import.dry_run {
            return Ok(said);
        }
        // consent_of_subscriber
        let rows: Vec<ImportedProof> = proof::Entity::find()
            .filter(proof::Column::SubscriberId.is_in(known.values().map(|known| known.id)))
            .filter(proof::Column::Event.eq(Evidence::Imported))
            .into_partial_model()
            .all(transaction)
            .await?;
        let hash = text_hash(self.import.consent);
        let undone = undone_batches(transaction).await?;
        for row in rows {
            let by: Value = serde_json::from_str(&row.evidence)?;
            let is_same = by["source"] == json!(self.import.source)
                && by["consent_text_sha256"] == json!(hash);
            let stands = by["batch"]
                .as_str()
                .is_some_and(|label| label != self.batch && !undone.contains(label));
            if is_same && stands {
                said.insert(row.subscriber_id);
            }
        }
        Ok(said)
    }

    /// What stands in the evidence of one person; `did` is what [`crate::subscribers::undo_import`] takes back.
    fn evidence(&self, person: &Person, did: &str, topics: &[i64]) -> Value {
        let mut evidence = json!({
            "channel": "import",
            "consent_text": self.import.consent,
            "consent_text_sha256": text_hash(self.import.consent),
            "source": self.import.source,
            "operator": self.import.operator,
            "batch": self.batch,
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
        transaction: &WriteTransaction,
        new: Vec<(String, Person)>,
    ) -> Result<()> {
        let (now, backend) = (self.app.clock.now_ms(), self.app.db.backend());
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
            db::sql_rows_of_values(backend, new.len(), 6)
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
            // Whose bounce is taken back has what they had: our own export says it.
            let is_ours = self.import.makes_topics && person.says_topics;
            if matches!(person.row.status, Status::Confirmed | Status::Pending) || is_ours {
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
                db::sql_rows_of_values(backend, some.len(), 4)
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
                db::sql_rows_of_values(backend, some.len(), 4)
            );
            let all = some.iter().flat_map(|(id, at, event, evidence)| {
                values![*id, *at, event.to_value(), evidence.as_str()]
            });
            db::execute(transaction, &sql, all).await?;
        }
        Ok(())
    }
}

/// What the list does to somebody who is known here.
enum Outcome {
    /// They are gone, as they are there.
    Moves(Event),
    /// They asked here, and the list's consent confirms them.
    Confirms,
    /// They go on as they are, with these topics besides.
    Gains(Vec<i64>),
    /// They are confirmed in both.
    Known,
    /// One of the two waits for a confirmation: they go on as they are.
    Waits,
    /// They are gone here, and stay so.
    Stays,
}

impl Outcome {
    fn of(here: Status, has: &[i64], person: &Person, suppressed: bool) -> Self {
        let there = person.row.status;
        if let Some(event) = Event::of(there) {
            return match here.after(event) {
                Some(_) => Self::Moves(event),
                None => Self::Stays,
            };
        }
        match (here, there) {
            // Of who asked anew after they were erased or left, only they themselves decide.
            (Status::Pending, _) if suppressed => Self::Stays,
            (Status::Pending, Status::Confirmed) => Self::Confirms,
            // Without topics in the file or on the command line nobody gains those that they left.
            (Status::Confirmed, Status::Confirmed) => {
                let topics = person.topics.iter().copied();
                let gained: Vec<i64> = topics.filter(|topic| !has.contains(topic)).collect();
                if gained.is_empty() || !person.says_topics {
                    Self::Known
                } else {
                    Self::Gains(gained)
                }
            }
            (Status::Confirmed | Status::Pending, _) => Self::Waits,
            _ => Self::Stays,
        }
    }

    /// Where it leads from `here`, and to which topics.
    fn leads_to(&self, here: Status, has: &[i64], person: &Person) -> (Status, Vec<i64>) {
        match self {
            Self::Moves(event) => (here.after(*event).unwrap_or(here), Vec::new()),
            Self::Confirms => (Status::Confirmed, person.topics.clone()),
            Self::Gains(gained) => (here, has.iter().chain(gained).copied().collect()),
            Self::Known | Self::Waits | Self::Stays => (here, has.to_vec()),
        }
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
            Status::Unsubscribed => Some(Self::LeftElsewhere),
            Status::Bounced => Some(Self::Bounce),
            Status::Complained => Some(Self::Complain),
            Status::Blocked => Some(Self::Never),
        }
    }
}

#[derive(FromQueryResult)]
struct KnownSubscriber {
    id: i64,
    email_key: String,
    status: i16,
}

#[derive(DerivePartialModel)]
#[sea_orm(entity = "proof::Entity")]
struct ImportedProof {
    subscriber_id: i64,
    evidence: String,
}

#[derive(FromQueryResult)]
struct Created {
    id: i64,
    email_key: String,
}

/// Who of the chunk is known, held to the end of the transaction: who leaves meanwhile leaves after it.
async fn known_rows(
    transaction: &WriteTransaction,
    chunk: &Chunk,
) -> Result<HashMap<String, KnownSubscriber>> {
    let rows: Vec<KnownSubscriber> = subscriber::Entity::find()
        .select_only()
        .column(subscriber::Column::Id)
        .column(subscriber::Column::EmailKey)
        .column(subscriber::Column::Status)
        .filter(subscriber::Column::EmailKey.is_in(chunk.keys().map(String::as_str)))
        .order_by_asc(subscriber::Column::EmailKey)
        .lock_exclusive()
        .into_model()
        .all(transaction)
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.email_key.clone(), row))
        .collect())
}

#[derive(DerivePartialModel)]
#[sea_orm(entity = "subscription::Entity")]
struct TopicOf {
    subscriber_id: i64,
    topic_id: i64,
}

/// The topics of those who are known: one question for all.
async fn known_topics(
    transaction: &WriteTransaction,
    known: &HashMap<String, KnownSubscriber>,
) -> Result<HashMap<i64, Vec<i64>>> {
    let mut topics: HashMap<i64, Vec<i64>> = HashMap::new();
    if known.is_empty() {
        return Ok(topics);
    }
    // subscription_of_subscriber
    let rows: Vec<TopicOf> = subscription::Entity::find()
        .filter(subscription::Column::SubscriberId.is_in(known.values().map(|known| known.id)))
        .into_partial_model()
        .all(transaction)
        .await?;
    for row in rows {
        topics
            .entry(row.subscriber_id)
            .or_default()
            .push(row.topic_id);
    }
    Ok(topics)
}

/// The keys of the chunk that must not be mailed.
async fn suppressed(
    app: &App,
    transaction: &WriteTransaction,
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
