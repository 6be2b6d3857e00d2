//! How a list is written: its encoding, what parts its cells and its lines; and what is no list of this
//! kind at all.

use std::{
    fs::File,
    io::{BufReader, Read},
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use encoding_rs::{Decoder, Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::{
    Result, SubscriberError,
    import_quotes::Quotes,
    import_words::{Column, kind},
};

/// Octets that are decoded at a time.
const CHUNK: usize = 64 * 1024;

/// Lines in which the names of the columns are looked for: some reports have a title above them.
pub const TITLE_LINES: usize = 10;

/// What follows the quotation marks of a file while it is read.
pub type Quoted = Option<Arc<Mutex<Quotes>>>;

/// How a file is written.
#[derive(Debug, Clone, Copy)]
pub struct Dialect {
    encoding: &'static Encoding,
    /// What parts its cells.
    pub delimiter: u8,
    /// Carriage returns alone end its lines, as old programs of the Mac write them.
    ends_by_return: bool,
    /// Each of its lines ends by `\n`, with `\r` before it or not.
    ends_by_newline: bool,
}

impl Dialect {
    /// Of this file.
    ///
    /// # Errors
    /// It cannot be read, or is something else than a list as text: what, and how to get one.
    pub fn of(path: &Path) -> Result<Self> {
        let failed = |error: std::io::Error| {
            SubscriberError::Import(format!("cannot read {}: {error}", path.display()))
        };
        let mut beginning = Vec::new();
        let file = File::open(path).map_err(failed)?;
        let read = file.take(CHUNK as u64).read_to_end(&mut beginning);
        read.map_err(failed)?;
        if let Some(what) = other_kind(&beginning) {
            return Err(SubscriberError::Import(format!(
                "{what}. Nothing was imported."
            )));
        }
        let encoding = encoding_of(path).map_err(failed)?;
        let start = start_of(path, encoding).map_err(failed)?;
        Ok(Self {
            encoding,
            delimiter: delimiter_of(&start),
            ends_by_return: start.contains('\r') && !start.contains('\n'),
            ends_by_newline: start.contains('\n') && !has_bare_return(&start),
        })
    }

    /// Reads it, line by line.
    ///
    /// # Errors
    /// The file cannot be opened.
    pub fn reader(self, path: &Path, quotes: Quoted) -> std::io::Result<csv::Reader<Decoded>> {
        // Behind `\r\n` as one end of a line each line's number would be one too low; trimming takes the `\r`.
        let end = if self.ends_by_newline {
            csv::Terminator::Any(b'\n')
        } else {
            csv::Terminator::CRLF
        };
        Ok(csv::ReaderBuilder::new()
            .delimiter(self.delimiter)
            .terminator(end)
            .has_headers(false)
            .flexible(true)
            .trim(csv::Trim::All)
            .from_reader(Decoded::open(path, self, quotes)?))
    }
}

/// Whether a `\r` ends a line by itself.
fn has_bare_return(start: &str) -> bool {
    let mut pairs = start.as_bytes().windows(2);
    pairs.any(|pair| pair[0] == b'\r' && pair[1] != b'\n')
}

/// What a file is that people take for a list, with what to do; `None`: it may be one.
fn other_kind(beginning: &[u8]) -> Option<&'static str> {
    let has = |words: &[u8]| beginning.windows(words.len()).any(|part| part == words);
    let text = beginning.strip_prefix(b"\xef\xbb\xbf").unwrap_or(beginning);
    let text = text.trim_ascii_start();
    let begins = |word: &[u8]| {
        let start = text.get(..word.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(word))
    };
    if text.is_empty() {
        return Some("the file is empty: save or export the list again");
    }
    if beginning.starts_with(b"PK\x03\x04") {
        return Some(if has(b"word/") {
            "this is a Word document: copy the list into a spreadsheet, choose File, Save As, “CSV UTF-8”, and take that file"
        } else if has(b"xl/") || has(b"[Content_Types].xml") {
            "this is an Excel workbook: open it, choose File, Save As, “CSV UTF-8”, and take that file"
        } else if has(b"opendocument.spreadsheet") {
            "this is an OpenDocument spreadsheet: open it, choose File, Save As, “Text CSV”, and take that file"
        } else {
            "this is a ZIP archive: unpack it, and take the CSV files in it one after the other; those who unsubscribed or bounced first"
        });
    }
    if beginning.starts_with(b"\xd0\xcf\x11\xe0") {
        return Some(
            "this is an old Excel workbook, or another file of Office or Outlook: open it, choose File, Save As (in Outlook Export), “CSV UTF-8”, and take that file",
        );
    }
    if beginning.starts_with(b"\x1f\x8b") {
        return Some("this is a compressed file: unpack it, and take the CSV file in it");
    }
    if beginning.starts_with(b"%PDF") {
        return Some("this is a PDF: export the list as CSV where it was made");
    }
    if begins(b"BEGIN:VCARD") {
        return Some("these are contact cards (vCard): export the contacts as CSV instead");
    }
    if begins(b"<!doctype") || begins(b"<html") || begins(b"<?xml") || begins(b"<table") {
        return Some(
            "this is a web page, not a list: save the list as CSV, from the page itself or from the spreadsheet that opens it",
        );
    }
    if begins(b"{\\rtf") {
        return Some(
            "this is a text document (RTF): copy the list into a spreadsheet, choose File, Save As, “CSV UTF-8”, and take that file",
        );
    }
    if [&b"\x89PNG"[..], b"\xff\xd8\xff", b"GIF8"]
        .iter()
        .any(|mark| beginning.starts_with(mark))
    {
        return Some(
            "this is a picture: type the addresses into a spreadsheet, one on each line, and save it as CSV",
        );
    }
    if beginning.starts_with(b"SQLite format 3")
        || begins(b"-- MySQL dump")
        || begins(b"-- PostgreSQL")
    {
        return Some("this is a database: export its table of subscribers as CSV");
    }
    let is_mail = [
        &b"Received:"[..],
        b"Return-Path:",
        b"Delivered-To:",
        b"MIME-Version:",
    ];
    if is_mail.iter().any(|header| begins(header)) {
        return Some("this is an email: save the list that is attached to it, and take that file");
    }
    if begins(b"{") || begins(b"[") {
        return Some("this is JSON: export the list as CSV instead");
    }
    None
}

/// The beginning of the file as UTF-8.
fn start_of(path: &Path, encoding: &'static Encoding) -> std::io::Result<String> {
    let as_it_is = Dialect {
        encoding,
        delimiter: b',',
        ends_by_return: false,
        ends_by_newline: false,
    };
    let mut start = vec![0; CHUNK];
    let read = Decoded::open(path, as_it_is, None)?.read(&mut start)?;
    start.truncate(read);
    Ok(String::from_utf8_lossy(&start).into_owned())
}

/// What parts the cells of the line that names the columns, or says so itself as Excel has it: `sep=;`. Where
/// none of the first lines names them, of the first that is parted.
fn delimiter_of(start: &str) -> u8 {
    let lines = logical_lines(start);
    if let Some(said) = lines.iter().find_map(|line| separator_said(line)) {
        return said;
    }
    let is_name = |cell: &str| kind(cell.trim_matches(['"', ' '])) == Column::Email;
    let names = lines
        .iter()
        .find(|line| !line.contains('@') && line.split([',', ';', '\t', '|']).any(is_name));
    if let Some(names) = names {
        return most_frequent(names).0;
    }
    let is_comment = |line: &&&str| line.starts_with(COMMENT) && !line.contains('@');
    let people = lines.iter().filter(|line| !is_comment(line));
    let mut chosen = b',';
    for line in people {
        let (most, count) = most_frequent(line);
        if count > 0 {
            return most;
        }
        chosen = most;
        // A list of addresses alone; above the names of columns there may be a title.
        if line.contains('@') {
            break;
        }
    }
    chosen
}

/// What a comment begins with.
pub const COMMENT: char = '#';

/// The first lines that hold something, with those together that a cell in quotation marks breaks.
fn logical_lines(start: &str) -> Vec<&str> {
    let mut lines = Vec::new();
    let (mut begins, mut quoted) = (0, false);
    for (at, sign) in start.char_indices() {
        quoted ^= sign == '"';
        if matches!(sign, '\n' | '\r') && !quoted {
            lines.push(&start[begins..at]);
            begins = at + 1;
        }
    }
    lines.push(&start[begins..]);
    let lines = lines.into_iter().map(str::trim_start);
    lines
        .filter(|line| !line.is_empty())
        .take(TITLE_LINES)
        .collect()
}

/// The separator that a line says and nothing else: `sep=;`.
fn separator_said(line: &str) -> Option<u8> {
    let (word, sign) = line.trim_matches('"').split_at_checked(4)?;
    match sign.as_bytes() {
        [sign @ (b',' | b';' | b'\t' | b'|'), ..] if word.eq_ignore_ascii_case("sep=") => {
            Some(*sign)
        }
        _ => None,
    }
}

/// Whether a line only says what parts the cells.
pub fn says_separator(line: &csv::StringRecord) -> bool {
    let first = line.get(0).unwrap_or_default();
    let is_word = |word: &str| word.eq_ignore_ascii_case("sep=");
    (is_word(first) || first.len() == 5 && separator_said(first).is_some())
        && line.iter().skip(1).all(str::is_empty)
}

fn most_frequent(line: &str) -> (u8, usize) {
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0), (b'|', 0)];
    let mut quoted = false;
    for byte in line.bytes() {
        quoted ^= byte == b'"';
        if let Some((_, count)) = counts.iter_mut().find(|(sign, _)| *sign == byte)
            && !quoted
        {
            *count += 1;
        }
    }
    // The first of the most frequent.
    let most = counts.iter().map(|(_, count)| *count).max();
    let most = most.unwrap_or_default();
    let chosen = counts.into_iter().find(|(_, count)| *count == most);
    chosen.unwrap_or((b',', 0))
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

/// A file as UTF-8, whatever it is written in.
pub struct Decoded {
    file: File,
    decoder: Decoder,
    ends_by_return: bool,
    raw: Vec<u8>,
    at: usize,
    ended: bool,
    finished: bool,
    quotes: Quoted,
}

impl Decoded {
    fn open(path: &Path, dialect: Dialect, quotes: Quoted) -> std::io::Result<Self> {
        Ok(Self {
            file: File::open(path)?,
            decoder: dialect.encoding.new_decoder_with_bom_removal(),
            ends_by_return: dialect.ends_by_return,
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
                if self.ends_by_return {
                    let returns = out[..written].iter_mut().filter(|byte| **byte == b'\r');
                    returns.for_each(|byte| *byte = b'\n');
                }
                if let Some(quotes) = &self.quotes {
                    let mut quotes = quotes.lock().unwrap_or_else(PoisonError::into_inner);
                    quotes.see(&out[..written]);
                    if quotes.swallows() {
                        return Err(std::io::Error::other("a quotation mark is not closed"));
                    }
                }
                return Ok(written);
            }
        }
        Ok(0)
    }
}
