//! Reading a list as another system or a spreadsheet wrote it: UTF-8, UTF-16 or Windows' code page 1252,
//! parted by commas, semicolons or tabs, with or without a line that names the columns.
//!
//! The whole file is looked at before anything is written: a quotation mark that is never closed
//! swallows people, and a short line gives one the cells of another.

use std::{
    fs::File,
    io::{BufReader, Read},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use encoding_rs::{Decoder, Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use serde_json::{Map, Value};

use super::{
    AboutReader, Result, SubscriberError,
    import::Row,
    import_columns::{Answers, Column, Columns, StatusAnswer},
    subscriber_kinds::{Evidence, Frequency},
};
use crate::{clock::Timestamp, csv_file::as_typed, form_questions::zip_code};

/// Octets that are decoded at a time.
const CHUNK: usize = 64 * 1024;

/// A list that was looked at and can be read.
#[derive(Debug)]
pub struct ImportFile {
    path: PathBuf,
    encoding: &'static Encoding,
    delimiter: u8,
    columns: Columns,
    named: bool,
    answers: Answers,
    /// Lines with somebody on them.
    pub people: u64,
}

/// What stands above one column, and the first that stands in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heading {
    /// In the first line.
    pub name: String,
    /// In the second.
    pub example: String,
}

impl ImportFile {
    /// The columns of a file, before anybody knows what they hold.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn headings(path: &Path) -> Result<Vec<Heading>> {
        let failed = |error: std::io::Error| {
            SubscriberError::Import(format!("cannot read {}: {error}", path.display()))
        };
        let encoding = encoding_of(path).map_err(failed)?;
        let delimiter = delimiter_of(path, encoding).map_err(failed)?;
        let reader = reader_of(path, encoding, delimiter, None).map_err(failed)?;
        let mut records = reader.into_records();
        let mut next = || match records.next() {
            Some(record) => record.map_err(|error| unreadable(&error)),
            None => Ok(csv::StringRecord::new()),
        };
        let (names, examples) = (next()?, next()?);
        let example = |at| examples.get(at).unwrap_or_default().to_owned();
        let headings = names.iter().enumerate().map(|(at, name)| Heading {
            name: name.to_owned(),
            example: example(at),
        });
        Ok(headings.collect())
    }

    /// Looks at the whole file.
    ///
    /// # Errors
    /// The line, and what to do about it, for the first quotation mark that is never closed, the first
    /// line with too few or too many cells, and the first status that is not known.
    pub fn open(path: &Path, answers: Answers) -> Result<Self> {
        let failed = |error: std::io::Error| {
            SubscriberError::Import(format!("cannot read {}: {error}", path.display()))
        };
        let encoding = encoding_of(path).map_err(failed)?;
        let delimiter = delimiter_of(path, encoding).map_err(failed)?;
        let mut reader = reader_of(path, encoding, delimiter, None).map_err(failed)?;
        let mut first = csv::StringRecord::new();
        reader
            .read_record(&mut first)
            .map_err(|error| unreadable(&error))?;
        let (columns, named) = Columns::of(&first, &answers)?;
        let mut file = Self {
            path: path.to_path_buf(),
            encoding,
            delimiter,
            columns,
            named,
            answers,
            people: 0,
        };
        file.people = file.look_at_every_line().map_err(|problem| match problem {
            Problem::File(error) => failed(error),
            Problem::Content(error) => error,
        })?;
        Ok(file)
    }

    fn look_at_every_line(&self) -> std::result::Result<u64, Problem> {
        let quotes = Arc::new(Mutex::new(Quotes::new(self.delimiter)));
        let reader = reader_of(
            &self.path,
            self.encoding,
            self.delimiter,
            Some(quotes.clone()),
        );
        let mut reader = reader.map_err(Problem::File)?;
        let mut record = csv::StringRecord::new();
        let (mut people, mut complaint) = (0, None);
        loop {
            match reader.read_record(&mut record) {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    complaint.get_or_insert(unreadable(&error));
                    break;
                }
            }
            let line = record.position().map_or(0, csv::Position::line);
            if record.iter().all(str::is_empty) {
                continue;
            }
            // Read to the end all the same: an open quotation mark explains more than a short line.
            if complaint.is_none() {
                complaint = self.complaint(&record, line).err();
            }
            people += 1;
        }
        let seen = quotes.lock().unwrap_or_else(PoisonError::into_inner);
        seen.complaint().map_err(Problem::Content)?;
        match complaint {
            Some(error) => Err(Problem::Content(error)),
            None => Ok(people - u64::from(self.named)),
        }
    }

    fn complaint(&self, record: &csv::StringRecord, line: u64) -> Result<()> {
        let (cells, columns) = (record.len(), self.columns.len());
        let extra = record.iter().skip(columns).any(|cell| !cell.is_empty());
        if cells < columns || extra {
            return Err(SubscriberError::Import(format!(
                "line {line} has {cells} cells, and the first line {columns}: put what holds a comma in quotation marks, or fill in what is missing. Nothing was imported."
            )));
        }
        if line > 1 || !self.named {
            self.columns.status_of_row(record, line, &self.answers)?;
            if let Some(text) = self.columns.cell(record, Column::Frequency) {
                frequencies(text, line)?;
            }
        }
        Ok(())
    }

    /// Reads the people, one after the other.
    pub fn rows(&self) -> Result<impl Iterator<Item = Result<Row>> + '_> {
        let reader =
            reader_of(&self.path, self.encoding, self.delimiter, None).map_err(|error| {
                SubscriberError::Import(format!("cannot read {}: {error}", self.path.display()))
            })?;
        let skipped = usize::from(self.named);
        Ok(reader
            .into_records()
            .skip(skipped)
            .filter(|record| !matches!(record, Ok(record) if record.iter().all(str::is_empty)))
            .filter_map(|record| match record {
                Ok(record) => self.row(&record).transpose(),
                Err(error) => Some(Err(unreadable(&error))),
            }))
    }

    fn row(&self, record: &csv::StringRecord) -> Result<Option<Row>> {
        let line = record.position().map_or(0, csv::Position::line);
        let own = self.is_our_own();
        let as_it_was;
        let record = if own {
            as_it_was = record.iter().map(as_typed).collect();
            &as_it_was
        } else {
            record
        };
        let StatusAnswer::Is(status) = self.columns.status_of_row(record, line, &self.answers)?
        else {
            return Ok(None);
        };
        let cell = |column| self.columns.cell(record, column);
        let instant = |column| {
            cell(column)
                .and_then(|text| text.parse::<Timestamp>().ok())
                .map(Timestamp::as_millisecond)
        };
        // Our own export parts slugs by blanks; elsewhere names may have some.
        let topics = cell(Column::Topics).map(|text| {
            text.split(|c: char| matches!(c, ',' | ';' | '|') || (own && c == ' '))
                // Mailchimp writes each tag in quotation marks, within those of the cell.
                .map(|topic| topic.trim_matches(['"', ' ']))
                .filter(|topic| !topic.is_empty())
                .map(str::to_owned)
                .collect()
        });
        let original: Map<String, Value> = [
            Column::Original,
            Column::Left,
            Column::Bounced,
            Column::Complained,
        ]
        .into_iter()
        .flat_map(|column| self.columns.cells(record, column))
        .map(|(name, cell)| (name.to_owned(), Value::String(cell.to_owned())))
        .collect();
        let frequencies = cell(Column::Frequency).map(|text| frequencies(text, line));
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
        Ok(Some(Row {
            line,
            email: self.columns.email(record).to_owned(),
            language: cell(Column::Language).unwrap_or_default().to_owned(),
            status,
            topics,
            frequencies: frequencies.transpose()?.unwrap_or_default(),
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
        self.columns.has(Column::Evidence) && self.columns.has(Column::Since)
    }
}

enum Problem {
    File(std::io::Error),
    Content(SubscriberError),
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

type Quoted = Option<Arc<Mutex<Quotes>>>;

fn reader_of(
    path: &Path,
    encoding: &'static Encoding,
    delimiter: u8,
    quotes: Quoted,
) -> std::io::Result<csv::Reader<Decoded>> {
    Ok(csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(Decoded::open(path, encoding, quotes)?))
}

/// UTF-16 is known by its mark, or by the zeros between Latin letters; UTF-8 by being it throughout;
/// everything else is taken for what Windows writes in the West.
fn encoding_of(path: &Path) -> std::io::Result<&'static Encoding> {
    let mut file = BufReader::with_capacity(CHUNK, File::open(path)?);
    let mut chunk = vec![0; CHUNK];
    let mut decoder = UTF_8.new_decoder_without_bom_handling();
    let mut first = true;
    let mut room = vec![0; 4 * CHUNK];
    loop {
        let read = file.read(&mut chunk)?;
        let bytes = &chunk[..read];
        if first {
            if let Some((encoding, _)) = Encoding::for_bom(bytes) {
                return Ok(encoding);
            }
            let zeros = |odd: usize| {
                let at_these = bytes.iter().skip(odd).step_by(2).take(100);
                at_these.clone().count() > 1
                    && at_these.filter(|byte| **byte == 0).count() * 2 > bytes.len().min(200) / 2
            };
            if zeros(1) {
                return Ok(UTF_16LE);
            }
            if zeros(0) {
                return Ok(UTF_16BE);
            }
            first = false;
        }
        let (result, ..) = decoder.decode_to_utf8_without_replacement(bytes, &mut room, read == 0);
        if matches!(result, encoding_rs::DecoderResult::Malformed(..)) {
            return Ok(WINDOWS_1252);
        }
        if read == 0 {
            return Ok(UTF_8);
        }
    }
}

/// What parts the cells of the first line.
fn delimiter_of(path: &Path, encoding: &'static Encoding) -> std::io::Result<u8> {
    let mut start = vec![0; CHUNK];
    let mut decoded = Decoded::open(path, encoding, None)?;
    let read = decoded.read(&mut start)?;
    let text = &start[..read];
    let line = text
        .split(|byte| matches!(byte, b'\n' | b'\r'))
        .find(|line| !line.trim_ascii().is_empty())
        .unwrap_or_default();
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0)];
    let mut quoted = false;
    for byte in line {
        quoted ^= *byte == b'"';
        if let Some((_, count)) = counts.iter_mut().find(|(sign, _)| sign == byte)
            && !quoted
        {
            *count += 1;
        }
    }
    // The first of the most frequent.
    let most = counts
        .iter()
        .map(|(_, count)| *count)
        .max()
        .unwrap_or_default();
    let chosen = counts.iter().find(|(_, count)| *count == most);
    Ok(chosen.map_or(b',', |(sign, _)| *sign))
}

/// A file as UTF-8, whatever it is written in.
struct Decoded {
    file: File,
    decoder: Decoder,
    raw: Vec<u8>,
    at: usize,
    ended: bool,
    finished: bool,
    quotes: Quoted,
}

impl Decoded {
    fn open(path: &Path, encoding: &'static Encoding, quotes: Quoted) -> std::io::Result<Self> {
        Ok(Self {
            file: File::open(path)?,
            decoder: encoding.new_decoder_with_bom_removal(),
            raw: Vec::new(),
            at: 0,
            ended: false,
            finished: false,
            quotes,
        })
    }
}

impl Read for Decoded {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        // A character has four octets at most; less room than that is never asked for here.
        while !self.finished && out.len() >= 4 {
            if self.at == self.raw.len() && !self.ended {
                self.raw.resize(CHUNK, 0);
                let read = self.file.read(&mut self.raw)?;
                self.raw.truncate(read);
                self.at = 0;
                self.ended = read == 0;
            }
            let (result, read, written, _) =
                self.decoder
                    .decode_to_utf8(&self.raw[self.at..], out, self.ended);
            self.at += read;
            self.finished = self.ended && result == encoding_rs::CoderResult::InputEmpty;
            if written > 0 {
                if let Some(quotes) = &self.quotes {
                    let mut quotes = quotes.lock().unwrap_or_else(PoisonError::into_inner);
                    quotes.see(&out[..written]);
                }
                return Ok(written);
            }
        }
        Ok(0)
    }
}

/// Whether every quotation mark that begins a cell ends it, too (RFC 4180 §2.5–2.7).
#[derive(Debug)]
struct Quotes {
    delimiter: u8,
    line: u64,
    state: Quote,
    /// The line of the first mark that does not.
    wrong: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quote {
    CellBegins,
    Unquoted,
    /// Since this line.
    Open(u64),
    /// Closed, or one half of a doubled mark; opened in this line.
    Closed(u64),
}

impl Quotes {
    fn new(delimiter: u8) -> Self {
        Self {
            delimiter,
            line: 1,
            state: Quote::CellBegins,
            wrong: None,
        }
    }

    fn see(&mut self, bytes: &[u8]) {
        for byte in bytes {
            let ends_cell = *byte == self.delimiter || matches!(byte, b'\n' | b'\r');
            self.state = match (self.state, byte) {
                (Quote::CellBegins, b'"') => Quote::Open(self.line),
                (Quote::Open(line), b'"') | (Quote::Closed(line), b' ') => Quote::Closed(line),
                (Quote::Open(line), _) | (Quote::Closed(line), b'"') => Quote::Open(line),
                (Quote::Closed(line), _) if !ends_cell => {
                    self.wrong.get_or_insert(line);
                    Quote::Unquoted
                }
                _ if ends_cell => Quote::CellBegins,
                _ => Quote::Unquoted,
            };
            self.line += u64::from(*byte == b'\n');
        }
    }

    fn complaint(&self) -> Result<()> {
        let open = match self.state {
            Quote::Open(line) => Some(line),
            _ => None,
        };
        match self.wrong.or(open) {
            Some(line) => Err(SubscriberError::Import(format!(
                "line {line}: a quotation mark is opened there and not closed before the cell ends, so the lines after it would be swallowed. Nothing was imported."
            ))),
            None => Ok(()),
        }
    }
}
