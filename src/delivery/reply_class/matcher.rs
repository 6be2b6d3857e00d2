//! Finds the row: all phrases of the table at once, in time that grows with the words alone.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use super::{
    ReplyVerdict, Statement, codes, hosts, mailboxes, ours,
    rows::{ReplyClass, Row, Strength},
    sending_account, users,
};

/// Octets of a statement that are read: a whole notice fits, an attack does not.
const READ_OCTETS: usize = 64 * 1024;

/// What `*` in a phrase may stand for.
const GAP_OCTETS: usize = 100;

static TABLE: LazyLock<Table> = LazyLock::new(Table::new);

struct Table {
    rows: Vec<&'static Row>,
    automaton: AhoCorasick,
    /// Of each pattern: row, and what must follow it.
    phrases: Vec<(usize, &'static str)>,
    /// Rows without words.
    by_code: Vec<usize>,
}

impl Table {
    fn new() -> Self {
        let rows: Vec<&Row> = [
            sending_account::ROWS,
            ours::GIVEN_UP_ROWS,
            hosts::ROWS,
            mailboxes::CROWDED_ROWS,
            ours::ROWS,
            mailboxes::FULL_ROWS,
            ours::MESSAGE_ROWS,
            users::PRECISE_ROWS,
            mailboxes::HOST_ROWS,
            users::ROWS,
            hosts::LATE_ROWS,
            ours::LATE_ROWS,
            codes::ROWS,
            codes::VAGUE_WORDS,
            codes::VAGUE_CODES,
        ]
        .into_iter()
        .flatten()
        .collect();
        let mut patterns = Vec::new();
        let mut phrases = Vec::new();
        let mut by_code = Vec::new();
        for (number, row) in rows.iter().enumerate() {
            if row.words.is_empty() {
                by_code.push(number);
            }
            for phrase in row.words {
                let (first, rest) = phrase.split_once('*').unwrap_or((phrase, ""));
                patterns.push(first);
                phrases.push((number, rest));
            }
        }
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .kind(Some(AhoCorasickKind::DFA))
            .build(&patterns)
            // The table is fixed text; a test builds it.
            .unwrap_or_else(|error| unreachable!("the table of replies is too large: {error}"));
        Self {
            rows,
            automaton,
            phrases,
            by_code,
        }
    }
}

/// The meaning of what was said: the first row of the table that fits.
#[must_use]
pub fn classify(statement: &Statement) -> ReplyVerdict {
    let table = &*TABLE;
    let words = normalize(statement.words);
    let by = statement.by.to_ascii_lowercase();
    let is_said_by = |host: &str| by.contains(host) || words.contains(host);
    let fits = |number: usize| table.rows[number].fits(statement, is_said_by);
    let mut best = table.rows.len();
    for found in table.automaton.find_overlapping_iter(&words) {
        let (number, rest) = table.phrases[found.pattern().as_usize()];
        if number < best
            && begins_word(&words, found.start())
            && follows(&words, found.end(), rest)
            && fits(number)
        {
            best = number;
        }
    }
    let by_code = table.by_code.iter().copied().find(|number| fits(*number));
    let row = table.rows.get(best.min(by_code.unwrap_or(best)));
    let class = row.map_or(ReplyClass::Undetermined, |row| row.class);
    let permanent = statement.permanent();
    ReplyVerdict {
        class,
        action: class.action(permanent.unwrap_or(true)),
        permanent,
        strength: row.map_or(Strength::Nothing, |row| row.strength),
        source: row.map_or("", |row| row.source),
    }
}

/// Every row, in order.
#[cfg(test)]
pub(super) fn rows() -> &'static [&'static Row] {
    &TABLE.rows
}

/// "rbl" is not in "marble".
fn begins_word(words: &str, start: usize) -> bool {
    let bytes = words.as_bytes();
    !bytes[start].is_ascii_alphanumeric() || start == 0 || !bytes[start - 1].is_ascii_alphanumeric()
}

fn follows(words: &str, end: usize, rest: &str) -> bool {
    let mut tail = &words.as_bytes()[end..];
    rest.split('*')
        .filter(|piece| !piece.is_empty())
        .all(|piece| {
            let window = &tail[..tail.len().min(GAP_OCTETS + piece.len())];
            let found = window
                .windows(piece.len())
                .position(|candidate| candidate == piece.as_bytes());
            if let Some(at) = found {
                tail = &tail[at + piece.len()..];
            }
            found.is_some()
        })
}

/// Lower case, single blanks, straight apostrophes, and without the codes that a reply of several
/// lines repeats in the middle of its sentences.
fn normalize(words: &str) -> String {
    let mut cut = words.len().min(READ_OCTETS);
    while !words.is_char_boundary(cut) {
        cut -= 1;
    }
    let mut normal = String::with_capacity(cut);
    for token in words[..cut].split_ascii_whitespace() {
        let token = without_repeated_code(token, normal.is_empty());
        if token.is_empty() {
            continue;
        }
        if !normal.is_empty() {
            normal.push(' ');
        }
        // A person's name is no verdict: not the address `spamhaus@example.org`.
        if let Some((before, after)) = around_address(token) {
            normal.push_str(before);
            normal.push('@');
            normal.push_str(after);
            continue;
        }
        if token.is_ascii() {
            normal.push_str(token);
            continue;
        }
        for c in token.chars() {
            match c {
                '\u{2018}' | '\u{2019}' | '\u{b4}' => normal.push('\''),
                '\u{a0}' | '\u{3000}' => normal.push(' '),
                '\u{200b}' | '\u{feff}' | '\u{ad}' => {}
                _ => normal.extend(c.to_lowercase()),
            }
        }
    }
    normal.make_ascii_lowercase();
    normal
}

/// What stands before and behind the address in a word.
fn around_address(token: &str) -> Option<(&str, &str)> {
    const EDGES: &str = "<>()[]{},;:\"'=";
    let at = token.find('@')?;
    let start = token[..at]
        .rfind(|c| EDGES.contains(c))
        .map_or(0, |edge| edge + 1);
    let end = token[at..]
        .find(|c| EDGES.contains(c))
        .map_or(token.len(), |edge| at + edge);
    // `ana@example.org...User unknown`: no domain has two dots in a row.
    let end = token[at..end].find("..").map_or(end, |dots| at + dots);
    Some((&token[..start], &token[end..]))
}

/// `550-5.1.1` and `550-words` of a second line.
fn without_repeated_code(token: &str, first: bool) -> &str {
    let bytes = token.as_bytes();
    let repeats = !first
        && bytes.len() >= 4
        && matches!(bytes[0], b'4' | b'5')
        && bytes[1..3].iter().all(u8::is_ascii_digit)
        && bytes[3] == b'-';
    if !repeats {
        return token;
    }
    let rest = &token[4..];
    if rest.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return "";
    }
    rest
}
