//! A chunk of an import in one transaction: who is known here and who is new, and what each of them gains.

use std::collections::{BTreeMap, HashMap, HashSet};

use gazette_templates::pages::words::Words;
use sea_orm::{
    ActiveEnum, ColumnTrait, DerivePartialModel, EntityTrait, FromQueryResult, QueryFilter,
    QueryOrder, QuerySelect,
};
use serde_json::{Value, json};

use super::{
    CHUNK_ROWS, Chunk, Importer, Person,
    given_up_topics::given_up_topics,
    import_outcome::{Outcome, Standing},
    suppression_of,
};
use crate::{
    app::App,
    db::{self, WriteTransaction},
    subscribers::{
        Event, Frequency, Result, Status, about_readers, came_back,
        consent::{self, Evidence, text_hash},
        leaving, status,
        subscriber_tables::{
            consent as proof, import_batch, subscriber, subscription, suppression,
        },
        suppression as suppressions,
        topics::{self, names},
    },
    values,
};

impl Importer<'_> {
    /// Leaves out whose address looks mistyped, but for those who are known here by it.
    pub(super) async fn leave_out_mistyped(
        &mut self,
        transaction: &WriteTransaction,
    ) -> Result<()> {
        let doubtful = self.chunk.iter().filter_map(|(key, person)| {
            let likely = person.likely.as_ref()?;
            let address = &person.address;
            let says = format!("`{address}` looks mistyped: did they mean {likely}?");
            Some((key.clone(), says))
        });
        let mut doubtful: BTreeMap<String, String> = doubtful.collect();
        if doubtful.is_empty() {
            return Ok(());
        }
        let known: Vec<String> = subscriber::Entity::find()
            .select_only()
            .column(subscriber::Column::EmailKey)
            .filter(subscriber::Column::EmailKey.is_in(doubtful.keys().map(String::as_str)))
            .into_tuple()
            .all(transaction)
            .await?;
        doubtful.retain(|key, _| !known.contains(key));
        for (key, says) in doubtful {
            if let Some(person) = self.chunk.remove(&key) {
                self.report.mistyped += 1;
                self.refuse(person.row.line, says);
            }
        }
        Ok(())
    }

    /// What becomes of each person of the chunk, in the transaction that stores it.
    pub(super) async fn store_chunk(&mut self, transaction: &WriteTransaction) -> Result<()> {
        let chunk = std::mem::take(&mut self.chunk);
        let suppressed = suppressed(self.app, transaction, &chunk).await?;
        let known = known_rows(transaction, &chunk).await?;
        let known_topics = known_topics(transaction, &known).await?;
        let said_before = self.said_before(transaction, &known).await?;
        let own_words = own_words(transaction, &chunk, &known).await?;
        let mut given_up = self
            .given_up(transaction, &chunk, &known, &known_topics)
            .await?;
        let mut new = Vec::with_capacity(chunk.len());
        for (key, person) in chunk {
            let found = known.get(&key).and_then(|row| {
                let status = Status::try_from_value(&row.status).ok()?;
                Some(Standing {
                    id: row.id,
                    status,
                    topics: known_topics.get(&row.id).cloned().unwrap_or_default(),
                    suppressed: suppressed.contains(&key),
                    given_up: given_up.remove(&row.id).unwrap_or_default(),
                    own_word: own_words.get(&row.id).copied(),
                })
            });
            match found {
                Some(here) => {
                    let outcome = Outcome::of(&here, &person);
                    self.count(&outcome);
                    match outcome {
                        Outcome::Confirms | Outcome::Gains(_) => {
                            self.note_unknown_frequency(&person);
                        }
                        Outcome::Known if person.row.frequency.is_some() => {
                            self.report.known_frequencies += 1;
                        }
                        _ => {}
                    }
                    self.report.left_topic += u64::from(here.gave_up_any_of(&person));
                    let says_nothing_new =
                        matches!(outcome, Outcome::Known) && said_before.contains(&here.id);
                    if !self.import.dry_run && !says_nothing_new {
                        self.meet(transaction, &here, &person, outcome).await?;
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
                    if matches!(person.row.status, Status::Confirmed | Status::Pending) {
                        self.note_what_is_missing(&person);
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

    /// Of those whom the list names a topic for that they do not have: which of all they gave up here.
    async fn given_up(
        &self,
        transaction: &WriteTransaction,
        chunk: &Chunk,
        known: &HashMap<String, KnownSubscriber>,
        known_topics: &HashMap<i64, Vec<i64>>,
    ) -> Result<HashMap<i64, Vec<i64>>> {
        let may_gain = known.iter().filter(|(key, row)| {
            let has = known_topics.get(&row.id).map_or(&[][..], Vec::as_slice);
            chunk.get(key.as_str()).is_some_and(|person| {
                person.says_topics && person.topics.iter().any(|topic| !has.contains(topic))
            })
        });
        let readers: Vec<i64> = may_gain.map(|(_, row)| row.id).collect();
        let given_up = given_up_topics(transaction, &readers).await?;
        Ok(given_up
            .into_iter()
            .map(|(reader, slugs)| {
                let topics = self.known.iter();
                let topics = topics.filter(|topic| slugs.contains(&topic.slug));
                (reader, topics.map(|topic| topic.id).collect())
            })
            .collect())
    }

    fn count(&mut self, outcome: &Outcome) {
        let report = &mut self.report;
        match outcome {
            Outcome::Moves { overrules, .. } => {
                report.left += 1;
                report.overruled += u64::from(*overrules);
            }
            Outcome::CameBack => {
                report.known += 1;
                report.came_back += 1;
            }
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
        here: &Standing,
        person: &Person,
        outcome: Outcome,
    ) -> Result<()> {
        let (id, has) = (here.id, &here.topics);
        let now = self.app.clock.now_ms();
        match outcome {
            Outcome::Moves { event, .. } => {
                // What undoing brings back.
                let left = topics::frequencies_of_subscriber(transaction, id).await?;
                let mut evidence = self.evidence(person, "moved", &[]);
                evidence["was"] = json!(here.status.as_str());
                leaving::note_left(&mut evidence, &self.known, &left);
                status::apply(self.app, transaction, id, event, &evidence).await?;
            }
            Outcome::Confirms => {
                let evidence = self.evidence(person, "confirmed", &person.topics);
                status::apply(self.app, transaction, id, Event::Import, &evidence).await?;
                topics::set_each(transaction, id, &person.each(&person.topics), now).await?;
            }
            Outcome::Gains(gained) => {
                // What they have stays as often as they chose it here.
                let all: Vec<i64> = has.iter().chain(&gained).copied().collect();
                topics::set_each(transaction, id, &person.each(&all), now).await?;
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
            Outcome::CameBack | Outcome::Waits | Outcome::Stays => {}
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

    /// Those of whom a list of this name with this consent said the same twice before: a list that comes every
    /// week is no new evidence each time, and where one of the two is undone the other stands for them.
    async fn said_before(
        &self,
        transaction: &WriteTransaction,
        known: &HashMap<String, KnownSubscriber>,
    ) -> Result<HashSet<i64>> {
        if known.is_empty() || self.import.dry_run {
            return Ok(HashSet::new());
        }
        // consent_of_subscriber
        let rows: Vec<ImportedProof> = proof::Entity::find()
            .filter(proof::Column::SubscriberId.is_in(known.values().map(|known| known.id)))
            .filter(proof::Column::Event.eq(Evidence::Imported))
            .into_partial_model()
            .all(transaction)
            .await?;
        let hash = text_hash(self.import.consent);
        let standing = standing_batches(transaction).await?;
        let mut said: HashMap<i64, u32> = HashMap::new();
        for row in rows {
            let by: Value = serde_json::from_str(&row.evidence)?;
            let is_same = by["source"] == json!(self.import.source)
                && by["consent_text_sha256"] == json!(hash);
            let stands = by["batch"]
                .as_str()
                .is_some_and(|label| label != self.batch && standing.contains(label));
            if is_same && stands {
                *said.entry(row.subscriber_id).or_default() += 1;
            }
        }
        said.retain(|_, times| *times >= 2);
        Ok(said.into_keys().collect())
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
                Words::spoken(&row.language).map_or(self.language, |words| words.tag),
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
        came_back::note_all(self.app, transaction, &ids).await?;
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

impl Person {
    /// These topics, each as often as the file says.
    fn each(&self, topics: &[i64]) -> Vec<(i64, Frequency)> {
        let often = |topic: &i64| {
            let said = self.frequencies.iter().find(|(id, _)| id == topic);
            let all = self.row.frequency.unwrap_or(Frequency::Each);
            said.map_or(all, |(_, often)| *often)
        };
        topics.iter().map(|topic| (*topic, often(topic))).collect()
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

#[derive(FromQueryResult)]
struct OwnWord {
    subscriber_id: i64,
    last: i64,
}

/// When those confirmed by themselves, last, whom the list would take off: one question for all.
async fn own_words(
    transaction: &WriteTransaction,
    chunk: &Chunk,
    known: &HashMap<String, KnownSubscriber>,
) -> Result<HashMap<i64, i64>> {
    let goes = known.values().filter(|row| {
        let person = chunk.get(&row.email_key);
        row.status == Status::Confirmed.to_value()
            && person.is_some_and(|person| Person::GOES.contains(&person.row.status))
    });
    let ids: Vec<i64> = goes.map(|row| row.id).collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let by_themselves = [
        Evidence::Confirmed,
        Evidence::Resubscribed,
        Evidence::AddressChanged,
    ];
    // consent_of_subscriber
    let rows: Vec<OwnWord> = proof::Entity::find()
        .select_only()
        .column(proof::Column::SubscriberId)
        .column_as(proof::Column::At.max(), "last")
        .filter(proof::Column::SubscriberId.is_in(ids))
        .filter(proof::Column::Event.is_in(by_themselves))
        .group_by(proof::Column::SubscriberId)
        .into_model()
        .all(transaction)
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.subscriber_id, row.last))
        .collect())
}

/// The labels of the imports of this instance that were not undone: evidence that our own export brought along names
/// those of another.
async fn standing_batches(transaction: &WriteTransaction) -> Result<HashSet<String>> {
    let standing = import_batch::Entity::find()
        .filter(import_batch::Column::UndoneAt.is_null())
        .all(transaction)
        .await?;
    Ok(standing.into_iter().map(|batch| batch.label).collect())
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
