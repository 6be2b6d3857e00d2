//! Importing people whose consent was given elsewhere: on paper, in an older system. Who left, bounced
//! or complained there is kept as such and never mailed; who is known here keeps the stricter of both.

use std::{
    collections::{BTreeMap, HashMap},
    hash::RandomState,
};

use sea_orm::{ActiveEnum, ActiveValue::Set, EntityTrait};
use serde::Serialize;
use serde_json::{Map, Value};

use super::{
    AboutReader, Frequency, Result, Status,
    consent::Evidence,
    import_words::{bare_address, plain},
    subscriber_tables::import_batch,
    suppression::SuppressionReason,
    topics::{self, TopicRow},
};
use crate::{
    address::EmailAddress,
    app::App,
    audit::{self, Action},
    db::{self, WriteTransaction},
    secret::random_label,
};

mod import_chunk;

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
    /// What undoes it: `gazette subscribers undo-import BATCH`. Empty: nobody was in the list, or nothing
    /// was written, and there is nothing to undo.
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

/// Where somebody would stand whom a chunk of a dry run named: what the chunks behind it find.
#[derive(Debug, Clone, Copy)]
struct Met {
    status: Status,
    /// A bit for each of the first [`TOPICS_MET`] known topics: a million people are kept in mind.
    topics: u32,
}

const TOPICS_MET: usize = 32;

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
    let offered = topics::topics(app).await?;
    let given = topics::named(&offered, import.topics)?;
    // Our own export names what somebody has of a topic that is not offered any more, too.
    let known = if import.makes_topics {
        topics::every_topic(app).await?
    } else {
        offered
    };
    let batch = random_label()?[..12].to_owned();
    let mut importer = Importer {
        app,
        import,
        known,
        given,
        chunk: Chunk::new(),
        batch,
        met: HashMap::new(),
        hasher: RandomState::new(),
        report: ImportReport {
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
    /// What undoes it, once it has begun.
    batch: String,
    /// In a dry run, whom the chunks before named, by the hashes of their keys.
    met: HashMap<u64, Met>,
    hasher: RandomState,
    report: ImportReport,
}

impl Importer<'_> {
    async fn take(&mut self, mut row: Row) -> Result<()> {
        let parsed = EmailAddress::parse(bare_address(&row.email)).map_err(|error| {
            match EmailAddress::likely_meant(&row.email) {
                Some(likely) => format!("{error}; did they mean {likely}?"),
                None => error.to_string(),
            }
        });
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
            archived_at: None,
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
        let has_begun = !self.report.batch.is_empty();
        if self.chunk.is_empty() && !has_begun {
            return Ok(());
        }
        let transaction = self.app.db.begin().await?;
        if !has_begun && !self.import.dry_run {
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
            self.report.batch.clone_from(&self.batch);
        }
        self.chunk.clear();
        Ok(())
    }

    async fn begin(&self, transaction: &WriteTransaction) -> Result<()> {
        let Import {
            source, consent, ..
        } = self.import;
        let first: Option<i64> = db::scalar(transaction, "SELECT max(id) FROM consent", []).await?;
        import_batch::Entity::insert(import_batch::ActiveModel {
            label: Set(self.batch.clone()),
            at: Set(self.app.clock.now_ms()),
            operator: Set(self.import.operator.to_owned()),
            source: Set((*source).to_owned()),
            after_consent: Set(first.unwrap_or_default()),
            ..Default::default()
        })
        .exec_without_returning(transaction)
        .await?;
        let details = format!("batch {} begins: {source}, “{consent}”", self.batch);
        self.audit(transaction, details).await
    }

    async fn end(&self, transaction: &WriteTransaction) -> Result<()> {
        let batch = &self.batch;
        let ImportReport {
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

    async fn audit(&self, transaction: &WriteTransaction, details: String) -> Result<()> {
        let (now, who) = (self.app.clock.now_ms(), self.import.operator);
        let action = Action::SubscriberImport;
        Ok(audit::record(transaction, now, who, action, "subscribers", details).await?)
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
