//! Importing people whose consent was given elsewhere: on paper, in an older system.

use std::collections::{BTreeMap, HashMap, HashSet};

use gazette_templates::pages::words::Words;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QuerySelect,
    sea_query::OnConflict,
};
use serde::Serialize;
use serde_json::json;

use super::{
    Event, Result, Status,
    consent::{Evidence, text_hash},
    subscriber_tables::{consent, subscriber, subscription, suppression},
    topics::{self, names},
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
}

/// What is the same for the whole import.
#[derive(Debug)]
pub struct Import<'a> {
    /// How these people consented: the evidence of each.
    pub consent: &'a str,
    /// Where the list comes from: the file's name.
    pub source: &'a str,
    /// Who imports.
    pub operator: &'a str,
    /// Slugs; none: all topics.
    pub topics: &'a [String],
}

/// Addresses and languages by the address's key. In its order, so that two imports at once take the
/// rows in the same order and never wait for each other in a circle.
type Chunk = BTreeMap<String, (EmailAddress, String)>;

/// What became of the lines.
#[derive(Debug, Default, Serialize)]
pub struct ImportReport {
    /// New confirmed subscribers.
    pub imported: u64,
    /// Were confirmed already; their evidence stays as it is.
    pub known: u64,
    /// Left, bounced, complained, blocked or erased: they stay as they are (O9).
    pub suppressed: u64,
    /// Lines that hold no address.
    pub wrong: u64,
    /// The first of them, with the reason.
    pub reasons: Vec<String>,
}

/// Imports the rows, a chunk at a time: one that fails leaves the chunks before it imported, and
/// importing the same file again is harmless. `progress` is told how many lines are done.
pub async fn import(
    app: &App,
    import: &Import<'_>,
    rows: impl Iterator<Item = Result<Row>>,
    progress: impl Fn(u64),
) -> Result<ImportReport> {
    let known = topics::topics(app).await?;
    let topics = topics::named(&known, import.topics)?;
    let batch = random_label()?;
    let evidence = json!({
        "consent_text": import.consent,
        "consent_text_sha256": text_hash(import.consent),
        "source": import.source,
        "operator": import.operator,
        "batch": batch,
        "topics": names(&known, &topics),
    });
    let mut importer = Importer {
        app,
        import,
        batch,
        topics,
        evidence,
        chunk: Chunk::new(),
        begun: false,
        report: ImportReport::default(),
    };
    let mut done = 0;
    for row in rows {
        importer.take(row?);
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
    /// Stands in the evidence of each and in the audit log.
    batch: String,
    topics: Vec<i64>,
    evidence: serde_json::Value,
    chunk: Chunk,
    /// The audit log has the import.
    begun: bool,
    report: ImportReport,
}

impl Importer<'_> {
    fn take(&mut self, row: Row) {
        match EmailAddress::parse(&row.email) {
            Ok(address) => {
                let twice = self.chunk.insert(address.key(), (address, row.language));
                self.report.known += u64::from(twice.is_some());
            }
            Err(error) => {
                self.report.wrong += 1;
                if self.report.reasons.len() < TOLD_LINES {
                    let reason = format!("line {}: {error}", row.line);
                    self.report.reasons.push(reason);
                }
            }
        }
    }

    /// Stores the chunk, with the audit log's line: of the import's beginning in the first
    /// transaction, of its whole in the last.
    async fn store(&mut self, last: bool) -> Result<()> {
        let transaction = self.app.db.begin().await?;
        self.store_chunk(&transaction).await?;
        if !self.begun {
            let Import {
                source, consent, ..
            } = self.import;
            let details = format!("batch {} begins: {source}, “{consent}”", self.batch);
            self.audit(&transaction, details).await?;
        }
        if last {
            let ImportReport {
                imported,
                known,
                suppressed,
                wrong,
                ..
            } = self.report;
            let details = format!(
                "batch {} ends: {imported} imported, {known} known, {suppressed} suppressed, {wrong} wrong",
                self.batch
            );
            self.audit(&transaction, details).await?;
        }
        transaction.commit().await?;
        self.begun = true;
        self.chunk.clear();
        Ok(())
    }

    async fn audit(&self, transaction: &DatabaseTransaction, details: String) -> Result<()> {
        let (now, who) = (self.app.clock.now_ms(), self.import.operator);
        let action = Action::SubscriberImport;
        Ok(audit::record(transaction, now, who, action, "subscribers", details).await?)
    }

    async fn store_chunk(&mut self, transaction: &DatabaseTransaction) -> Result<()> {
        let now = self.app.clock.now_ms();
        let chunk = &mut self.chunk;
        let suppressed = suppressed(self.app, transaction, chunk).await?;
        chunk.retain(|key, _| !suppressed.contains(key));
        self.report.suppressed += suppressed.len() as u64;
        let total = chunk.len() as u64;
        if total == 0 {
            return Ok(());
        }
        let ids = confirm_all(transaction, chunk, now).await?;
        let others = total.saturating_sub(ids.len() as u64);
        let confirmed = still_confirmed(transaction, chunk, &ids).await?;
        self.report.imported += ids.len() as u64;
        self.report.known += confirmed;
        self.report.suppressed += others.saturating_sub(confirmed);
        subscribe(transaction, &ids, &self.topics).await?;
        prove(transaction, &ids, &self.evidence, now).await
    }
}

/// Stores the new ones as confirmed. Someone who asked on the form and has not confirmed is confirmed
/// by this consent ([`Event::Import`]); all others who are known stay as they are. The ids of those
/// who are confirmed by it.
async fn confirm_all(
    transaction: &DatabaseTransaction,
    chunk: &Chunk,
    now: i64,
) -> Result<Vec<i64>> {
    let mut values = Vec::with_capacity(chunk.len() * 6);
    for (key, (address, language)) in chunk {
        values.extend(values![
            address.as_str(),
            key.as_str(),
            Status::Confirmed as i16,
            Words::of(language).tag,
            now,
            now
        ]);
    }
    let sql = format!(
        "INSERT INTO subscriber (email, email_key, status, language, created_at, status_at) VALUES {}
         ON CONFLICT (email_key) DO UPDATE SET status = excluded.status, status_at = excluded.status_at
         WHERE subscriber.status IN ({})
         RETURNING id",
        placeholders(chunk.len(), 6),
        Event::Import.sql_from()
    );
    Ok(db::scalars(transaction, &sql, values).await?)
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

/// How many of the chunk were confirmed before this import.
async fn still_confirmed(
    transaction: &DatabaseTransaction,
    chunk: &Chunk,
    imported: &[i64],
) -> Result<u64> {
    if imported.len() == chunk.len() {
        return Ok(0);
    }
    let confirmed: Vec<i64> = subscriber::Entity::find()
        .select_only()
        .column(subscriber::Column::Id)
        .filter(subscriber::Column::Status.eq(Status::Confirmed))
        .filter(subscriber::Column::EmailKey.is_in(chunk.keys().map(String::as_str)))
        .into_tuple()
        .all(transaction)
        .await?;
    Ok(confirmed.len().saturating_sub(imported.len()) as u64)
}

async fn subscribe(transaction: &DatabaseTransaction, ids: &[i64], topics: &[i64]) -> Result<()> {
    let once = OnConflict::columns([
        subscription::Column::TopicId,
        subscription::Column::SubscriberId,
    ])
    .do_nothing()
    .to_owned();
    for topic in topics {
        let rows = ids.iter().map(|id| subscription::ActiveModel {
            topic_id: Set(*topic),
            subscriber_id: Set(*id),
        });
        if ids.is_empty() {
            return Ok(());
        }
        subscription::Entity::insert_many(rows)
            .on_conflict(once.clone())
            .exec_without_returning(transaction)
            .await?;
    }
    Ok(())
}

async fn prove(
    transaction: &DatabaseTransaction,
    ids: &[i64],
    evidence: &serde_json::Value,
    now: i64,
) -> Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    let evidence = evidence.to_string();
    let rows = ids.iter().map(|id| consent::ActiveModel {
        subscriber_id: Set(*id),
        at: Set(now),
        event: Set(Evidence::Imported),
        evidence: Set(evidence.clone()),
        ..Default::default()
    });
    consent::Entity::insert_many(rows)
        .exec_without_returning(transaction)
        .await?;
    Ok(())
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
            let _ = std::fmt::Write::write_fmt(
                &mut text,
                format_args!("${}", row * columns + column + 1),
            );
        }
        text.push(')');
    }
    text
}
