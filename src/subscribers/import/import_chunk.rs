//! A chunk of an import in one transaction: who is known here and who is new, and what each of them gains.

use std::collections::{HashMap, HashSet};

use gazette_templates::pages::words::Words;
use sea_orm::{
    ActiveEnum, ColumnTrait, DerivePartialModel, EntityTrait, FromQueryResult, QueryFilter,
    QuerySelect,
};
use serde_json::{Value, json};

use super::{CHUNK_ROWS, Chunk, Importer, Person, suppression_of};
use crate::{
    app::App,
    db::{self, WriteTransaction},
    subscribers::{
        Event, Frequency, Result, Status, about_readers,
        consent::{self, Evidence, text_hash},
        status,
        subscriber_tables::{subscriber, subscription, suppression},
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
        let known_topics = known_topics(transaction, &chunk, &known).await?;
        let mut new = Vec::with_capacity(chunk.len());
        for (key, person) in chunk {
            let stricter = Event::of(person.row.status);
            match known.get(&key) {
                Some(known) => {
                    let has = known_topics.get(&known.id).map_or(&[][..], Vec::as_slice);
                    // Of who asked anew after they were erased or left, only they themselves decide.
                    let waits = known.status == Status::Pending as i16;
                    if stricter.is_none() && waits && suppressed.contains(&key) {
                        self.report.suppressed += 1;
                        continue;
                    }
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
        transaction: &WriteTransaction,
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
        transaction: &WriteTransaction,
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
    transaction: &WriteTransaction,
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

#[derive(DerivePartialModel)]
#[sea_orm(entity = "subscription::Entity")]
struct TopicOf {
    subscriber_id: i64,
    topic_id: i64,
}

/// The topics of those who are known, where the file or the command line names some: one question for all.
async fn known_topics(
    transaction: &WriteTransaction,
    chunk: &Chunk,
    known: &HashMap<String, KnownSubscriber>,
) -> Result<HashMap<i64, Vec<i64>>> {
    let mut topics: HashMap<i64, Vec<i64>> = HashMap::new();
    if known.is_empty() || !chunk.values().any(|person| person.says_topics) {
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
