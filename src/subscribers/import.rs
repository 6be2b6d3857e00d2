//! Importing people whose consent was given elsewhere: on paper, in an older system.

use std::collections::{HashMap, HashSet};

use gazette_templates::pages::words::Words;
use sea_orm::{ConnectionTrait, DatabaseTransaction, Value};
use serde::Serialize;
use serde_json::json;

use super::{
    Result, Status,
    consent::{Evidence, text_hash},
    topics,
};
use crate::{address::EmailAddress, app::App, secret::random_label, values};

/// Rows in one statement, and so in one transaction: small enough for both databases' limits of
/// values, large enough that a million addresses take less than a minute.
const CHUNK: usize = 1_000;

/// Reasons that are told one by one; the rest is counted.
const TOLD: usize = 100;

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
    let evidence = json!({
        "consent_text": import.consent,
        "consent_text_sha256": text_hash(import.consent),
        "source": import.source,
        "operator": import.operator,
        "batch": random_label()?,
        "topics": super::sign_up::names(&known, &topics),
    });
    let mut report = ImportReport::default();
    let mut chunk: HashMap<String, (EmailAddress, String)> = HashMap::with_capacity(CHUNK);
    let mut done = 0;
    for row in rows {
        let row = row?;
        done += 1;
        match EmailAddress::parse(&row.email) {
            Ok(address) => {
                if chunk
                    .insert(address.key(), (address, row.language))
                    .is_some()
                {
                    report.known += 1;
                }
            }
            Err(error) => {
                report.wrong += 1;
                if report.reasons.len() < TOLD {
                    report.reasons.push(format!("line {}: {error}", row.line));
                }
            }
        }
        if chunk.len() >= CHUNK {
            store(app, &mut chunk, &topics, &evidence, &mut report).await?;
            progress(done);
        }
    }
    store(app, &mut chunk, &topics, &evidence, &mut report).await?;
    progress(done);
    Ok(report)
}

async fn store(
    app: &App,
    chunk: &mut HashMap<String, (EmailAddress, String)>,
    topics: &[i64],
    evidence: &serde_json::Value,
    report: &mut ImportReport,
) -> Result<()> {
    if chunk.is_empty() {
        return Ok(());
    }
    let now = app.clock.now_ms();
    let transaction = app.db.begin().await?;
    let suppressed = suppressed(app, &transaction, chunk).await?;
    report.suppressed += suppressed.len() as u64;
    chunk.retain(|key, _| !suppressed.contains(key));
    let total = chunk.len() as u64;
    if total > 0 {
        let mut values = Vec::with_capacity(chunk.len() * 6);
        for (key, (address, language)) in chunk.iter() {
            values.extend(values![
                address.as_str(),
                key.as_str(),
                Status::Confirmed as i16,
                Words::of(language).tag,
                now,
                now
            ]);
        }
        // Someone who asked on the form and has not confirmed is confirmed by this consent; all
        // others who are known stay as they are.
        let sql = format!(
            "INSERT INTO subscriber (email, email_key, status, language, created_at, status_at) VALUES {}
             ON CONFLICT (email_key) DO UPDATE SET status = 1, status_at = excluded.status_at
             WHERE subscriber.status = 0
             RETURNING id",
            placeholders(chunk.len(), 6)
        );
        let rows = transaction
            .query_all_raw(app.db.statement(&sql, values))
            .await?;
        let mut ids: Vec<i64> = Vec::with_capacity(rows.len());
        for row in rows {
            ids.push(row.try_get_by_index(0)?);
        }
        report.imported += ids.len() as u64;
        let others = total - ids.len() as u64;
        let confirmed = still_confirmed(app, &transaction, chunk, &ids).await?;
        report.known += confirmed;
        report.suppressed += others.saturating_sub(confirmed);
        subscribe(app, &transaction, &ids, topics).await?;
        prove(app, &transaction, &ids, evidence, now).await?;
    }
    transaction.commit().await?;
    chunk.clear();
    Ok(())
}

/// The keys of the chunk that must not be mailed.
async fn suppressed(
    app: &App,
    transaction: &DatabaseTransaction,
    chunk: &HashMap<String, (EmailAddress, String)>,
) -> Result<HashSet<String>> {
    let any = transaction
        .query_one_raw(app.db.statement("SELECT 1 FROM suppression LIMIT 1", []))
        .await?;
    if any.is_none() {
        return Ok(HashSet::new());
    }
    let hashes: HashMap<Vec<u8>, &String> = chunk
        .keys()
        .map(|key| (app.keys.address_hash(key), key))
        .collect();
    let list: Vec<String> = (1..=hashes.len()).map(|n| format!("${n}")).collect();
    let rows = transaction
        .query_all_raw(app.db.statement(
            &format!(
                "SELECT address_hash FROM suppression WHERE address_hash IN ({})",
                list.join(", ")
            ),
            hashes.keys().map(|hash| Value::from(hash.clone())),
        ))
        .await?;
    let mut found = HashSet::new();
    for row in rows {
        let hash: Vec<u8> = row.try_get_by_index(0)?;
        if let Some(key) = hashes.get(&hash) {
            found.insert((*key).clone());
        }
    }
    Ok(found)
}

/// How many of the chunk were confirmed before this import.
async fn still_confirmed(
    app: &App,
    transaction: &DatabaseTransaction,
    chunk: &HashMap<String, (EmailAddress, String)>,
    imported: &[i64],
) -> Result<u64> {
    if imported.len() == chunk.len() {
        return Ok(0);
    }
    let list: Vec<String> = (1..=chunk.len()).map(|n| format!("${n}")).collect();
    let row = transaction
        .query_one_raw(app.db.statement(
            &format!(
                "SELECT count(*) FROM subscriber WHERE status = 1 AND email_key IN ({})",
                list.join(", ")
            ),
            chunk.keys().map(|key| Value::from(key.as_str())),
        ))
        .await?;
    let confirmed: i64 = row
        .map(|row| row.try_get_by_index(0))
        .transpose()?
        .unwrap_or(0);
    Ok((confirmed as u64).saturating_sub(imported.len() as u64))
}

async fn subscribe(
    app: &App,
    transaction: &DatabaseTransaction,
    ids: &[i64],
    topics: &[i64],
) -> Result<()> {
    let pairs: Vec<Value> = topics
        .iter()
        .flat_map(|topic| ids.iter().flat_map(move |id| values![*topic, *id]))
        .collect();
    for pairs in pairs.chunks(2 * CHUNK) {
        let sql = format!(
            "INSERT INTO subscription (topic_id, subscriber_id) VALUES {} ON CONFLICT (topic_id, subscriber_id) DO NOTHING",
            placeholders(pairs.len() / 2, 2)
        );
        transaction
            .execute_raw(app.db.statement(&sql, pairs.to_vec()))
            .await?;
    }
    Ok(())
}

async fn prove(
    app: &App,
    transaction: &DatabaseTransaction,
    ids: &[i64],
    evidence: &serde_json::Value,
    now: i64,
) -> Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    let evidence = evidence.to_string();
    let values: Vec<Value> = ids
        .iter()
        .flat_map(|id| values![*id, now, Evidence::Imported.as_str(), evidence.as_str()])
        .collect();
    let sql = format!(
        "INSERT INTO consent (subscriber_id, at, event, evidence) VALUES {}",
        placeholders(ids.len(), 4)
    );
    transaction
        .execute_raw(app.db.statement(&sql, values))
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
