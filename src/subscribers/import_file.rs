//! Reading a list as another system or a spreadsheet wrote it: UTF-8, UTF-16 or Windows' code page 1252,
//! parted by commas, semicolons, tabs or bars, with or without a line that names the columns.
//!
//! The whole file is looked at before anything is written: a quotation mark that is never closed
//! swallows people, and a short line gives one the cells of another.

use std::{
    collections::{BTreeMap, HashSet},
    hash::{BuildHasher, RandomState},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use serde_json::{Map, Value};

use super::{
    AboutReader, Result, SubscriberError,
    exported_topic::ExportedTopic,
    import::Row,
    import_answers::{Answers, StatusAnswer},
    import_blanks::Blanks,
    import_columns::{Columns, beginning, distinct_names, is_address},
    import_dates::ListDate,
    import_dialect::{COMMENT, Decoded, Dialect, TITLE_LINES, says_separator},
    import_frequency::said_of_frequency,
    import_gone::{is_file_of_gone, is_named_for_gone, says_gone},
    import_languages::language_of,
    import_quotes::Quotes,
    import_spelling::plain,
    import_status::known_status,
    import_switches::Switches,
    import_words::{Column, bare_address, kind},
    subscriber_kinds::{Evidence, Frequency, Status},
};
use crate::{
    address::EmailAddress, clock::Timestamp, csv_file::as_typed, form_questions::zip_code,
};

/// Characters in a cell, but for those of our own export: a spreadsheet takes no more.
const LONGEST_CELL: usize = 32_767;

/// A list that was looked at and can be read.
#[derive(Debug)]
pub struct ImportFile {
    path: PathBuf,
    dialect: Dialect,
    columns: Columns,
    /// Lines above the people: the names of the columns, and what stands above them.
    above: usize,
    answers: Answers,
    /// Lines with somebody on them.
    pub people: u64,
    /// The keys of those who stand on several lines, however far apart.
    on_several_lines: HashSet<String>,
}

/// What stands above one column, and the first that stands in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heading {
    /// In the first line.
    pub name: String,
    /// In the second.
    pub example: String,
}

/// What only the whole list tells.
#[derive(Debug, Default)]
struct Seen {
    blanks: Blanks,
    switches: Switches,
}

impl ImportFile {
    /// The columns of a file, before anybody knows what they hold.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn headings(path: &Path) -> Result<Vec<Heading>> {
        let dialect = Dialect::of(path)?;
        let (reader, _) = watched(path, dialect)?;
        let mut records = reader.into_records();
        let (at, mut lines) = first_lines(&mut records, &Answers::default())?;
        if let Some(next) = records.next() {
            lines.push(next.map_err(|error| unreadable(&error))?);
        }
        let names = distinct_names(&lines[at]);
        let examples = lines.get(at + 1).cloned().unwrap_or_default();
        let example = |at| examples.get(at).unwrap_or_default().to_owned();
        let headings = names.into_iter().enumerate().map(|(at, name)| Heading {
            name,
            example: example(at),
        });
        Ok(headings.collect())
    }

    /// Looks at the whole file; `name` is what people call it, which may not be its path.
    ///
    /// # Errors
    /// What it is where it is no list; the line, and what to do about it, for the first quotation mark that
    /// is never closed, the first line with too few or too many cells, and the first status that is not
    /// known; and a name that says that these people have left where no column says so.
    pub fn open(path: &Path, name: &str, answers: Answers) -> Result<Self> {
        let dialect = Dialect::of(path)?;
        let (reader, _) = watched(path, dialect)?;
        let mut records = reader.into_records();
        let (titles, lines) = first_lines(&mut records, &answers)?;
        let columns = Columns::of(&lines[titles], &answers)?;
        // The file's name, or what stands above the list.
        let above = lines[..titles].iter().flatten();
        let mut said = std::iter::once(name).chain(above);
        let gone = said.find(|said| is_file_of_gone(said));
        if let (Some(gone), false, false) = (gone, columns.say_status(), answers.say_everybody()) {
            return Err(SubscriberError::NameSaysLeft(beginning(gone)));
        }
        let mut file = Self {
            path: path.to_path_buf(),
            dialect,
            above: titles + usize::from(columns.are_named()),
            columns,
            answers,
            people: 0,
            on_several_lines: HashSet::new(),
        };
        file.look_at_every_line()?;
        Ok(file)
    }

    fn look_at_every_line(&mut self) -> Result<()> {
        let (mut reader, quotes) = watched(&self.path, self.dialect)?;
        // Hashes of keys: two people with one hash are only looked at together.
        let (mut met, hasher) = (HashSet::new(), RandomState::new());
        let (mut on_several_lines, mut seen) = (HashSet::new(), Seen::default());
        let mut record = csv::StringRecord::new();
        let (mut people, mut complaint, mut read) = (0, None, 0);
        loop {
            match reader.read_record(&mut record) {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    complaint.get_or_insert(unreadable(&error));
                    break;
                }
            }
            read += 1;
            if read <= self.above {
                continue;
            }
            let line = record.position().map_or(0, csv::Position::line);
            if says_nothing(&record) {
                continue;
            }
            // Read to the end all the same: an open quotation mark explains more than a short line.
            if complaint.is_none() {
                complaint = self.complaint(&record, line, &mut seen).err();
            }
            if let Some(key) = self.key(&record)
                && !met.insert(hasher.hash_one(&key))
            {
                on_several_lines.insert(key);
            }
            people += 1;
        }
        let quotes = quotes.lock().unwrap_or_else(PoisonError::into_inner);
        quotes.complaint()?;
        drop(quotes);
        self.people = people;
        self.on_several_lines = on_several_lines;
        if let Some(complaint) = complaint {
            return Err(complaint);
        }
        seen.blanks.complaint(&self.columns)?;
        seen.switches.complaint(&self.columns)
    }

    /// The key of the line's address.
    fn key(&self, record: &csv::StringRecord) -> Option<String> {
        let cell = self.columns.email(record);
        let cell = if self.is_our_own() {
            as_typed(cell)
        } else {
            cell
        };
        let address = EmailAddress::parse(bare_address(cell)).ok()?;
        Some(address.key())
    }

    fn is_on_several_lines(&self, record: &csv::StringRecord) -> bool {
        !self.on_several_lines.is_empty()
            && self
                .key(record)
                .is_some_and(|key| self.on_several_lines.contains(&key))
    }

    fn complaint(&self, record: &csv::StringRecord, line: u64, seen: &mut Seen) -> Result<()> {
        let (cells, columns) = (record.len(), self.columns.len());
        let extra = record.iter().skip(columns).any(|cell| !cell.is_empty());
        if cells < columns || extra {
            return Err(SubscriberError::Import(format!(
                "line {line} has {cells} cells, and the first line {columns}: put what holds a comma in quotation marks, or fill in what is missing. Nothing was imported."
            )));
        }
        if !self.is_our_own() {
            let long = record.iter().position(|cell| cell.len() > LONGEST_CELL);
            if let Some(at) = long {
                return Err(SubscriberError::Import(format!(
                    "line {line}: cell {} holds {} characters, more than a spreadsheet takes ({LONGEST_CELL}): remove what does not belong there, or the column. Nothing was imported.",
                    at + 1,
                    record.get(at).map_or(0, str::len)
                )));
            }
        }
        if let Some(heading) = heading_of_gone(record) {
            return Err(SubscriberError::Import(format!(
                "line {line} holds no address, only “{heading}”: those below it may have left. Put them into a file of their own, or remove the line. Nothing was imported."
            )));
        }
        self.columns.one_address(record, line)?;
        let stands = self.columns.status_of_row(record, line, &self.answers)?;
        let email = self.columns.email(record);
        let is_gone =
            matches!(stands.answer, StatusAnswer::Is(status) if Status::GONE.contains(&status));
        if is_gone && email.matches('@').count() > 1 && self.key(record).is_none() {
            return Err(SubscriberError::Import(format!(
                "line {line} holds several addresses in one cell, of people who are not to be mailed: put each on a line of their own, so that each is kept away. Nothing was imported."
            )));
        }
        if stands.is_mailed() {
            if !self.is_our_own() {
                self.columns
                    .some_topic_is_ours(record, line, &self.answers)?;
            }
            self.columns.nobody_hides(record, line)?;
            if !stands.is_said && !self.answers.say_everybody() {
                seen.blanks.see(&self.columns, record, line);
                seen.switches.see(&self.columns, record, line);
            }
        }
        if self.is_our_own() {
            // Its evidence and answers are looked at before anybody is written down, too.
            self.row(record)?;
        }
        Ok(())
    }

    /// Reads the people, one after the other.
    pub fn rows(&self) -> Result<impl Iterator<Item = Result<Row>> + '_> {
        let reader = self.dialect.reader(&self.path, None);
        let reader = reader.map_err(|error| unopened(&self.path, &error))?;
        Ok(reader
            .into_records()
            .skip(self.above)
            .filter(|record| !matches!(record, Ok(record) if says_nothing(record)))
            .filter_map(|record| match record {
                Ok(record) => self.row(&record).transpose(),
                Err(error) => Some(Err(unreadable(&error))),
            }))
    }

    fn row(&self, record: &csv::StringRecord) -> Result<Option<Row>> {
        let line = record.position().map_or(0, csv::Position::line);
        let own = self.is_our_own();
        let comes_again = self.is_on_several_lines(record);
        let as_it_was;
        let record = if own {
            as_it_was = record.iter().map(as_typed).collect();
            &as_it_was
        } else {
            record
        };
        let stands = self.columns.status_of_row(record, line, &self.answers)?;
        let StatusAnswer::Is(status) = stands.answer else {
            return Ok(None);
        };
        let cell = |column| self.columns.cell(record, column);
        let instant = |column| {
            cell(column)
                .and_then(|text| text.parse::<Timestamp>().ok())
                .map(Timestamp::as_millisecond)
        };
        let topics = self.columns.topics(record, &self.answers);
        let original: Map<String, Value> = [
            Column::Original,
            Column::Left,
            Column::Bounced,
            Column::Complained,
            Column::Confirms,
            Column::Gets,
            Column::Reason,
        ]
        .into_iter()
        .chain((!own).then_some(Column::Topics))
        .flat_map(|column| self.columns.cells(record, column))
        .chain(self.columns.of_coming(record))
        .map(|(name, cell)| (name.to_owned(), Value::String(cell.to_owned())))
        .collect();
        let often = cell(Column::Frequency);
        let frequencies = match often {
            Some(text) if own => frequencies(text, line)?,
            _ => Vec::new(),
        };
        let often = self.columns.cells(record, Column::Frequency);
        let (frequency, unknown_frequency) = said_of_frequency(often.filter(|_| !own));
        let language = cell(Column::Language).unwrap_or_default();
        let about = AboutReader {
            zip: cell(Column::Zip).and_then(zip_code),
            answers: match cell(Column::Answers) {
                Some(text) => answers(text, line)?,
                None => Vec::new(),
            },
        };
        let events = match cell(Column::Evidence) {
            Some(text) if cell(Column::Since).is_some() => events(text, line)?,
            _ => Vec::new(),
        };
        let topic_details = match cell(Column::TopicDetails) {
            Some(text) => topic_details(text, line)?,
            None => BTreeMap::new(),
        };
        let gone = [Column::Left, Column::Bounced].into_iter();
        let gone = gone.flat_map(|column| self.columns.cells(record, column));
        Ok(Some(Row {
            line,
            comes_again,
            topic_details,
            left: gone
                .filter_map(|(_, cell)| ListDate::of_cell(cell))
                .collect(),
            email: self.columns.email(record).to_owned(),
            language: match language_of(language) {
                Some(tag) => tag.to_owned(),
                None => beginning(language),
            },
            status,
            topics,
            frequencies,
            frequency,
            unknown_frequency: unknown_frequency.as_deref().map(beginning),
            original,
            about,
            since: instant(Column::Since),
            created: instant(Column::Created),
            events,
        }))
    }

    /// Whether it is our own export: its topics are made where they are not there yet.
    #[must_use]
    pub fn is_our_own(&self) -> bool {
        self.columns.are_our_own()
    }
}

/// The first lines, and at which of them the list begins: with the line that names the columns, or with the
/// first person of a list that names none. Above it may stand what is none of the list: Excel's `sep=;`, the
/// title of a report, a comment.
fn first_lines(
    records: &mut csv::StringRecordsIntoIter<Decoded>,
    answers: &Answers,
) -> Result<(usize, Vec<csv::StringRecord>)> {
    let mut lines = Vec::new();
    for record in records.by_ref().take(TITLE_LINES) {
        let record = record.map_err(|error| unreadable(&error))?;
        let ends = Columns::are_named_by(&record, answers) || record.iter().any(is_address);
        lines.push(record);
        if ends {
            break;
        }
    }
    if lines.is_empty() {
        return Err(SubscriberError::Import(
            "the file is empty: save or export the list again".to_owned(),
        ));
    }
    let named = lines
        .iter()
        .position(|line| Columns::are_named_by(line, answers));
    let is_comment = |line: &csv::StringRecord| {
        let first = line.get(0).unwrap_or_default();
        first.len() > 1 && first.starts_with(COMMENT) && !line.iter().any(is_address)
    };
    let is_above =
        |line: &&csv::StringRecord| says_separator(line) || says_nothing(line) || is_comment(line);
    let above = lines.iter().take_while(is_above).count();
    let at = named.unwrap_or(above).min(lines.len() - 1);
    if named.is_none() && is_quoted_as_a_whole(&lines[at]) {
        return Err(SubscriberError::Import(
            "each line stands in quotation marks as a whole, so that it is one cell: open the file in a text editor, take the first and the last quotation mark of each line away, and put one where there are two. Nothing was imported.".to_owned(),
        ));
    }
    Ok((at, lines))
}

/// Whether nobody can be in the line: it is empty, or a comment.
fn says_nothing(line: &csv::StringRecord) -> bool {
    let mut filled = line.iter().filter(|cell| !cell.is_empty());
    match (filled.next(), filled.next()) {
        (None, _) => true,
        (Some(only), None) => only.starts_with(COMMENT) && !is_address(only),
        _ => false,
    }
}

/// What stands alone in a line of a list that somebody wrote by hand, as a heading above those who left.
fn heading_of_gone(line: &csv::StringRecord) -> Option<String> {
    let mut filled = line.iter().filter(|cell| !cell.is_empty());
    let (Some(only), None) = (filled.next(), filled.next()) else {
        return None;
    };
    if only.contains('@') {
        return None;
    }
    let words = plain(only);
    let is_gone = is_named_for_gone(&words)
        || says_gone(&words)
        || known_status(&words).is_some_and(|status| status != Status::Confirmed);
    is_gone.then(|| beginning(only))
}

/// Whether the only cell of the line holds the names of several columns, or several people's cells.
fn is_quoted_as_a_whole(line: &csv::StringRecord) -> bool {
    let is_cell = |cell: &str| {
        let cell = cell.trim_matches(['"', ' ']);
        kind(cell) == Column::Email || is_address(cell)
    };
    let whole = line.get(0).unwrap_or_default();
    line.len() == 1
        && whole.contains([',', ';', '\t'])
        && whole.split([',', ';', '\t']).any(is_cell)
}

/// A reader that stops at a quotation mark that swallows the file, with what saw it.
fn watched(path: &Path, dialect: Dialect) -> Result<(csv::Reader<Decoded>, Arc<Mutex<Quotes>>)> {
    let quotes = Arc::new(Mutex::new(Quotes::new(dialect.delimiter)));
    let reader = dialect.reader(path, Some(quotes.clone()));
    Ok((reader.map_err(|error| unopened(path, &error))?, quotes))
}

fn unopened(path: &Path, error: &std::io::Error) -> SubscriberError {
    SubscriberError::Import(format!("cannot read {}: {error}", path.display()))
}

fn unreadable(error: &csv::Error) -> SubscriberError {
    SubscriberError::Import(format!("the file cannot be read on: {error}"))
}

/// `press=daily veterans=weekly`, as our own export says how often somebody gets what.
fn frequencies(text: &str, line: u64) -> Result<Vec<(String, Frequency)>> {
    let each = text.split_whitespace().map(|said| {
        let (topic, word) = said.split_once('=')?;
        Some((topic.to_owned(), Frequency::of_word(word)?))
    });
    each.collect::<Option<Vec<_>>>().ok_or_else(|| {
        SubscriberError::Import(format!(
            "line {line}: `{text}` in the column `frequency` does not say how often; write TOPIC=daily or TOPIC=weekly. Nothing was imported."
        ))
    })
}

/// The answers of our own export.
fn answers(text: &str, line: u64) -> Result<Vec<(String, String)>> {
    serde_json::from_str(text).map_err(|_| {
        SubscriberError::Import(format!(
            "line {line}: the column `answers` holds something that this version did not write"
        ))
    })
}

/// The topics of our own export, by their short names.
fn topic_details(text: &str, line: u64) -> Result<BTreeMap<String, ExportedTopic>> {
    serde_json::from_str(text).map_err(|_| {
        SubscriberError::Import(format!(
            "line {line}: the column `topic_details` holds something that this version did not write"
        ))
    })
}

/// The evidence of our own export.
fn events(text: &str, line: u64) -> Result<Vec<(i64, Evidence, Value)>> {
    use sea_orm::ActiveEnum;
    let wrong = || {
        SubscriberError::Import(format!(
            "line {line}: the column `evidence` holds something that this version did not write"
        ))
    };
    let listed: Vec<Map<String, Value>> = serde_json::from_str(text).map_err(|_| wrong())?;
    listed
        .into_iter()
        .map(|mut event| {
            let mut take = |name: &str| {
                let value = event.remove(name);
                value.and_then(|value| value.as_str().map(str::to_owned))
            };
            let at = take("at").and_then(|at| at.parse::<Timestamp>().ok());
            let kind = take("event").and_then(|kind| Evidence::try_from_value(&kind).ok());
            let (at, kind) = (at.ok_or_else(wrong)?, kind.ok_or_else(wrong)?);
            Ok((at.as_millisecond(), kind, Value::Object(event)))
        })
        .collect()
}
