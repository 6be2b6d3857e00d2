//! Importing people whose consent was given elsewhere: on paper, in an older system. Who left, bounced
//! or complained there is kept as such and never mailed; who is known here keeps the stricter of both.

use std::collections::{BTreeMap, HashMap, btree_map::Entry};

use gazette_templates::pages::words::Words;
use sea_orm::{ActiveValue::Set, EntityTrait};
use serde::Serialize;
use serde_json::{Map, Value};

use super::{
    AboutReader, Frequency, Result, Status,
    consent::Evidence,
    exported_topic::{ExportedTopic, TopicWords},
    import_dates::ListDate,
    import_spelling::plain,
    import_words::bare_address,
    subscriber_tables::import_batch,
    suppression::SuppressionReason,
    topic_translations,
    topics::{self, TopicRow},
};
use crate::{
    address::EmailAddress,
    app::App,
    audit::{self, Action},
    db::{self, WriteTransaction},
    office::Office,
    relay_letters,
    secret::random_label,
};

mod given_up_topics;
mod import_chunk;
mod import_outcome;
mod import_topics;

/// Rows in one statement, and so in one transaction: small enough for both databases' limits of
/// values, large enough that a million addresses take less than a minute.
const CHUNK_ROWS: usize = 1_000;

/// Reasons that are told one by one; the rest is counted.
const TOLD_LINES: usize = 100;

/// Words that are told one by one.
const TOLD_WORDS: usize = 20;

/// One line of the file.
#[derive(Debug)]
pub struct Row {
    /// Where it stands in the file, for complaints.
    pub line: u64,
    /// The address as it stands there.
    pub email: String,
    /// BCP 47; empty, or a word that is none of our languages: the office's first.
    pub language: String,
    /// Where they stand there.
    pub status: Status,
    /// Their topics by slug or name; `None`: the file says nothing of topics. None at all: they chose none of ours.
    pub topics: Option<Vec<String>>,
    /// How often they get a topic, by its slug: our own export. Those that are not in it: every release.
    pub frequencies: Vec<(String, Frequency)>,
    /// How often they get all of them, where the file says it of none.
    pub frequency: Option<Frequency>,
    /// How often they want to, in a word that is not understood.
    pub unknown_frequency: Option<String>,
    /// What the file says of how and when they consented.
    pub original: Map<String, Value>,
    /// What they said of themselves.
    pub about: AboutReader,
    /// Since when the status holds, in milliseconds. `None`: now.
    pub since: Option<i64>,
    /// Since when the address is known. `None`: now.
    pub created: Option<i64>,
    /// When they left, or their address bounced, as far as the list says.
    pub left: Vec<ListDate>,
    /// Their evidence, from our own export.
    pub events: Vec<(i64, Evidence, Value)>,
    /// What their topics are called, by slug: our own export.
    pub topic_details: BTreeMap<String, ExportedTopic>,
    /// They stand on other lines, too.
    pub comes_again: bool,
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
            frequency: None,
            unknown_frequency: None,
            original: Map::new(),
            about: AboutReader::default(),
            since: None,
            created: None,
            left: Vec::new(),
            events: Vec::new(),
            topic_details: BTreeMap::new(),
            comes_again: false,
        }
    }
}

impl Row {
    /// Whether they would be mailed, and chose none of the topics that there are.
    fn chose_none(&self) -> bool {
        let is_mailed = matches!(self.status, Status::Confirmed | Status::Pending);
        is_mailed && self.topics.as_ref().is_some_and(Vec::is_empty)
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
    /// Addresses that look mistyped are right as they are.
    pub as_written: bool,
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
    /// Of those known, those who gave up a topic here that the list names for them: it stays given up.
    pub left_topic: u64,
    /// Of those known, those who left there before they confirmed here by themselves: they stay.
    pub came_back: u64,
    /// Have asked and not confirmed, in the file: they are not mailed.
    pub pending: u64,
    /// Left, bounced or complained in the file: kept as such, and not mailed.
    pub left: u64,
    /// Of these, those who confirmed here by themselves, and of whom the list does not say when they left: they
    /// are taken off.
    pub overruled: u64,
    /// Left, bounced, complained, blocked or erased here: they stay as they are (O9).
    pub suppressed: u64,
    /// New, confirmed or not, who get all topics because the list names none for them.
    pub all_topics: u64,
    /// Chose, in a list with a column for each topic, none that there is here: they are passed over.
    pub chose_none: u64,
    /// Words for languages that are not understood, with how many of the new have them: they get the office's first.
    pub unknown_languages: BTreeMap<String, u64>,
    /// The same for how often they want mail: they get each release.
    pub unknown_frequencies: BTreeMap<String, u64>,
    /// Of those known, those of whom the list says how often they want mail: they get it as often as they do here.
    pub known_frequencies: u64,
    /// What is named beside topics of ours and is none of them, with on how many lines.
    pub unknown_topics: BTreeMap<String, u64>,
    /// Lines that hold no address, or one that looks mistyped.
    pub wrong: u64,
    /// Of these, those whose address looks mistyped, and is not said to be right as it is written.
    pub mistyped: u64,
    /// The first of them, with the reason.
    pub reasons: Vec<String>,
    /// Topics that were made.
    pub new_topics: Vec<String>,
}

/// One person of a chunk.
struct Person {
    address: EmailAddress,
    /// The address that was probably meant. `None`: it is right as it is written.
    likely: Option<String>,
    row: Row,
    topics: Vec<i64>,
    /// How often they get a topic; those that are not in it: every release.
    frequencies: Vec<(i64, Frequency)>,
    /// The file or the command line names the topics.
    says_topics: bool,
    /// When they left there, at the latest. `None`: the list does not say.
    left: Option<i64>,
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
    let office = Office::load(&app.db).await?;
    let first = office.languages.first().map_or("", String::as_str);
    let known = topics::every_topic(app).await?;
    let is_offered = |topic: &&TopicRow| topic.archived_at.is_none();
    let offered: Vec<TopicRow> = known.iter().filter(is_offered).cloned().collect();
    let translated = topic_translations::names_in_languages(app, &known).await?;
    let translated = translated.into_iter().map(|(topic, names)| {
        let names = names.iter().map(|name| plain(name));
        (topic, names.collect())
    });
    let mut importer = Importer {
        app,
        import,
        given: topics::named(&offered, import.topics)?,
        translated: translated.collect(),
        known,
        made: BTreeMap::new(),
        words: BTreeMap::new(),
        letters_are_taken: relay_letters::any_takes_letters(app).await?,
        language: Words::of(first).tag,
        office,
        chunk: Chunk::new(),
        on_several_lines: Chunk::new(),
        batch: random_label()?[..12].to_owned(),
        refused: Vec::new(),
        report: ImportReport {
            dry_run: import.dry_run,
            ..ImportReport::default()
        },
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
    // All that the file says of them is known by now.
    for (key, person) in std::mem::take(&mut importer.on_several_lines) {
        importer.chunk.insert(key, person);
        if importer.chunk.len() >= CHUNK_ROWS {
            importer.store(false).await?;
        }
    }
    importer.store(true).await?;
    progress(done);
    importer.refused.sort_by_key(|(line, _)| *line);
    let refused = importer.refused.iter();
    let reasons = refused.map(|(line, says)| format!("line {line}: {says}"));
    importer.report.reasons = reasons.collect();
    Ok(importer.report)
}

struct Importer<'a> {
    app: &'a App,
    import: &'a Import<'a>,
    office: Office,
    /// The language of those of whom the list says none.
    language: &'static str,
    /// All topics, the archived ones, too: of what somebody has none may be forgotten. Those that are still to be
    /// made have ids below zero.
    known: Vec<TopicRow>,
    given: Vec<i64>,
    /// What topics are called in other languages, as [`plain`] writes it.
    translated: HashMap<i64, Vec<String>>,
    /// The ids of those that were made, by what stood for them before.
    made: BTreeMap<i64, i64>,
    /// What our own export says of topics, by their short names.
    words: BTreeMap<String, TopicWords>,
    /// Whether mail to an address with letters beyond ASCII can be sent, as far as is known.
    letters_are_taken: bool,
    chunk: Chunk,
    /// Those of whom other lines may say more: they are stored at the end.
    on_several_lines: Chunk,
    /// What undoes it, once it has begun.
    batch: String,
    /// Why lines were not taken, by their numbers.
    refused: Vec<(u64, String)>,
    report: ImportReport,
}

impl Importer<'_> {
    fn take(&mut self, mut row: Row) {
        self.note_words(&row.topic_details);
        let address = match EmailAddress::parse(bare_address(&row.email)) {
            Ok(address) => address,
            Err(error) => {
                let says = match EmailAddress::likely_meant(&row.email) {
                    Some(likely) => format!("{error}; did they mean {likely}?"),
                    None => error.to_string(),
                };
                return self.refuse(row.line, says);
            }
        };
        let is_mailed = !Status::GONE.contains(&row.status);
        if is_mailed && address.needs_smtputf8() && !self.letters_are_taken {
            return self.refuse(row.line, relay_letters::NOT_TAKEN.to_owned());
        }
        let likely = address.likely_correction();
        let likely = likely.filter(|_| !self.is_right_as_written(&row));
        let named = !self.import.topics.is_empty();
        if row.chose_none() && !named && !self.import.makes_topics {
            self.report.chose_none += 1;
            return;
        }
        let (topics, says_topics) = match row.topics.take() {
            Some(words) if !named => self.topics_of(&words, &row.topic_details),
            _ => (self.given.clone(), named),
        };
        let frequencies = row.frequencies.iter().filter_map(|(slug, often)| {
            let topic = self.known_topic(slug, row.topic_details.get(slug))?;
            Some((topic, *often))
        });
        let dates = row.left.iter();
        let left = dates.filter_map(|date| date.instant(&self.office.time_zone));
        // Our own export says since when they are gone.
        let since = row.since.filter(|_| self.import.makes_topics);
        let left = left.max().or(since);
        let person = Person {
            frequencies: frequencies.collect(),
            left: left.filter(|_| Status::GONE.contains(&row.status)),
            likely,
            topics,
            says_topics,
            row,
            address,
        };
        let of_its_kind = if person.row.comes_again {
            &mut self.on_several_lines
        } else {
            &mut self.chunk
        };
        match of_its_kind.entry(person.address.key()) {
            Entry::Vacant(place) => {
                place.insert(person);
            }
            Entry::Occupied(mut before) => {
                self.report.known += 1;
                before.get_mut().merge(person);
            }
        }
    }

    /// Whether an address that looks mistyped is taken all the same: because staff say so, because its holder proved
    /// that mail reaches it, or because it is to be left alone, as it is and not as it may have been meant. Whoever
    /// is known here by it is so, too.
    fn is_right_as_written(&self, row: &Row) -> bool {
        self.import.as_written || !row.events.is_empty() || Status::GONE.contains(&row.status)
    }

    fn refuse(&mut self, line: u64, says: String) {
        self.report.wrong += 1;
        if self.refused.len() < TOLD_LINES {
            self.refused.push((line, says));
        }
    }

    /// What staff are to know of somebody who is new: what the list does not say, or not in words that are known.
    fn note_what_is_missing(&mut self, person: &Person) {
        let is_everything = !person.says_topics && self.given.len() > 1;
        self.report.all_topics += u64::from(is_everything && self.import.topics.is_empty());
        let language = &person.row.language;
        if !language.is_empty() && Words::spoken(language).is_none() {
            count_word(&mut self.report.unknown_languages, language);
        }
        self.note_unknown_frequency(person);
    }

    fn note_unknown_frequency(&mut self, person: &Person) {
        if let Some(often) = &person.row.unknown_frequency {
            count_word(&mut self.report.unknown_frequencies, often);
        }
    }

    /// Stores the chunk, with the audit log's line: of the import's beginning in the first
    /// transaction, of its whole in the last.
    async fn store(&mut self, last: bool) -> Result<()> {
        let has_begun = !self.report.batch.is_empty();
        if self.chunk.is_empty() && !has_begun {
            return Ok(());
        }
        let transaction = self.app.db.begin().await?;
        self.leave_out_mistyped(&transaction).await?;
        if self.chunk.is_empty() && !has_begun {
            return Ok(transaction.rollback().await?);
        }
        if !has_begun && !self.import.dry_run {
            self.begin(&transaction).await?;
        }
        if !self.import.dry_run {
            self.make_topics(&transaction).await?;
        }
        self.store_chunk(&transaction).await?;
        if self.import.dry_run {
            transaction.rollback().await?;
        } else {
            if last {
                self.describe_made(&transaction).await?;
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
            undone_at: Set(None),
            topics_made: Set("[]".to_owned()),
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

/// Counts a word, with the first of them by themselves and all others together.
fn count_word(words: &mut BTreeMap<String, u64>, word: &str) {
    let is_told = words.len() < TOLD_WORDS || words.contains_key(word);
    let word = if is_told { word } else { "…" };
    *words.entry(word.to_owned()).or_default() += 1;
}

impl ImportReport {
    /// What the list says in words that are not understood, a sentence without its end for each kind.
    pub fn not_understood(&self) -> impl Iterator<Item = String> {
        let kinds = [
            (
                "Languages that are not understood, so that these people get the office’s first",
                &self.unknown_languages,
            ),
            (
                "Words for how often that are not understood, so that these people get each release",
                &self.unknown_frequencies,
            ),
            (
                "Named among the topics, and none of those offered here, so that nobody gets them",
                &self.unknown_topics,
            ),
        ];
        let some = kinds.into_iter().filter(|(_, words)| !words.is_empty());
        some.map(|(says, words)| format!("{says}: {}", counted_words(words)))
    }
}

/// Words as a sentence lists them, each with how many have it: `Klingon (3), Elvish (1)`.
fn counted_words(words: &BTreeMap<String, u64>) -> String {
    let each = words
        .iter()
        .map(|(word, number)| format!("{word} ({number})"));
    each.collect::<Vec<_>>().join(", ")
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

impl Person {
    /// What another line says of them, too: the first stands, with the stricter status and the topics of both. A
    /// line that says nothing of topics adds none to those that the other one names.
    fn merge(&mut self, other: Self) {
        match (self.says_topics, other.says_topics) {
            (true, false) => {}
            (false, true) => {
                self.topics = other.topics;
                self.says_topics = true;
            }
            _ => {
                for topic in other.topics {
                    if !self.topics.contains(&topic) {
                        self.topics.push(topic);
                    }
                }
            }
        }
        self.likely = self.likely.take().filter(|_| other.likely.is_some());
        self.frequencies.extend(other.frequencies);
        let (here, there) = (self.row.status, other.row.status);
        let strictest = here.stricter(Some(there));
        self.left = match (here == strictest, there == strictest) {
            (true, true) => self.left.zip(other.left).map(|(one, two)| one.max(two)),
            (true, false) => self.left,
            _ => other.left,
        };
        if here != strictest {
            self.row.status = strictest;
            self.row.since = other.row.since;
        }
        self.row.frequency = self.row.frequency.or(other.row.frequency);
        self.row.events.extend(other.row.events);
        self.row.events.sort_by_key(|(at, ..)| *at);
        for (name, said) in other.row.original {
            self.row.original.entry(name).or_insert(said);
        }
        if self.row.about.is_empty() {
            self.row.about = other.row.about;
        }
        if self.row.language.is_empty() {
            self.row.language = other.row.language;
        }
    }
}
