//! What the columns of one list hold: as their names say, or as a person says of them.
//!
//! What is not sure is asked: whoever may have left must not become a subscriber.

use std::collections::{HashMap, HashSet};

use super::{
    Result, SubscriberError,
    import_status::{self, known_status},
    import_words::{Column, MEANINGS, bare_address, email_rank, kind, may_name_an_address, plain},
    subscriber_kinds::Status,
    topics::TopicRow,
};
use crate::address::EmailAddress;

/// What to do with somebody, as the list says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusAnswer {
    /// Where they stand.
    Is(Status),
    /// They are passed over.
    Skip,
}

/// What whoever imports says about the columns.
#[derive(Debug, Default)]
pub struct Answers {
    /// What a word for a status means, in lower case.
    pub statuses: HashMap<String, StatusAnswer>,
    /// What columns hold, by their names as [`plain`] writes them.
    pub columns: HashMap<String, Column>,
    /// The names of the topics that there are, where nobody said for which of them the list is
    /// ([`Answers::asking_for_topics`]).
    topics: Option<HashSet<String>>,
}

impl Answers {
    /// Reads what a person says: `WORD=STATUS` each, and `COLUMN=MEANING` each ([`MEANINGS`]).
    ///
    /// # Errors
    /// What cannot be read, with how to write it.
    pub fn said(statuses: &[String], columns: &[String]) -> Result<Self> {
        let mut answers = Self::default();
        for said in statuses {
            let Some((word, status)) = said.rsplit_once('=') else {
                return Err(SubscriberError::Import(format!(
                    "`{said}`: write WORD=STATUS, such as Gold member=confirmed"
                )));
            };
            let answer = match (plain(status).as_str(), known_status(&plain(status))) {
                ("skip", _) => StatusAnswer::Skip,
                (_, Some(status)) => StatusAnswer::Is(status),
                _ => {
                    return Err(SubscriberError::Import(format!(
                        "`{said}`: `{status}` is none of confirmed, pending, unsubscribed, bounced, complained, blocked, skip"
                    )));
                }
            };
            answers.statuses.insert(plain(word), answer);
        }
        for said in columns {
            let meaning = said.rsplit_once('=').and_then(|(name, word)| {
                let known = MEANINGS.iter().find(|(known, _)| *known == plain(word))?;
                Some((plain(name), known.1))
            });
            let Some((name, meaning)) = meaning else {
                let words = MEANINGS.map(|(word, _)| word).join(", ");
                return Err(SubscriberError::Import(format!(
                    "`{said}`: write COLUMN=MEANING, such as Contact=email; the meaning is one of {words}"
                )));
            };
            answers.columns.insert(name, meaning);
        }
        Ok(answers)
    }

    /// The same, asking about whoever names topics in the list and none of these.
    #[must_use]
    pub fn asking_for_topics(mut self, offered: &[TopicRow]) -> Self {
        let names = offered.iter().flat_map(|topic| [&topic.slug, &topic.name]);
        self.topics = Some(names.map(|name| plain(name)).collect());
        self
    }

    /// Whether they say where everybody stands of whom the list says nothing.
    #[must_use]
    pub fn say_everybody(&self) -> bool {
        self.statuses.contains_key(EVERYBODY)
    }
}

/// The word for those of whom no column says where they stand: `everybody=unsubscribed`.
const EVERYBODY: &str = "everybody";

/// The columns of one list.
#[derive(Debug)]
pub struct Columns {
    names: Vec<String>,
    kinds: Vec<Column>,
    email: usize,
    /// Other columns that may hold the address, of which nobody said what they hold.
    rivals: Vec<usize>,
    /// The first line names them; otherwise it is a person's already.
    named: bool,
    doubts: Vec<Doubt>,
}

/// What a column, of which nobody knows what it holds, may say of who has left.
#[derive(Debug, Clone, Copy)]
enum Doubt {
    /// Nothing: it is known.
    None,
    /// A word that means it.
    Word,
    /// Whatever stands in it, by its name.
    Anything,
    /// A no, by its name.
    No,
    /// The word for a status, by its name, which may mean a part of the country as well.
    Standing,
    /// A word that means it, among others: tags.
    Words,
}

impl Columns {
    /// Reads the first line. Where it does not name the columns, it is a person's line already, and the
    /// column with an address in it is known by that.
    pub fn of(first: &csv::StringRecord, answers: &Answers) -> Result<Self> {
        let names = distinct_names(first);
        let said = |name: &String| answers.columns.get(&plain(name)).copied();
        let mut kinds: Vec<Column> = names
            .iter()
            .zip(first)
            .map(|(name, written)| said(name).unwrap_or_else(|| kind(written)))
            .collect();
        let address = |cell: &str| is_address(cell);
        let chosen = names
            .iter()
            .position(|name| said(name) == Some(Column::Email));
        let email = chosen.or_else(|| email_column(first, &kinds));
        // An address is no name of a column, whatever somebody says that it holds.
        if let Some(email) = email.filter(|email| !address(&first[*email])) {
            let own = kinds.contains(&Column::Evidence) && kinds.contains(&Column::Since);
            for (kind, name) in kinds.iter_mut().zip(&names) {
                if own && plain(name) == "created" {
                    *kind = Column::Created;
                }
                let is_ours = matches!(
                    kind,
                    Column::Frequency | Column::Answers | Column::TopicDetails
                );
                if !own && is_ours {
                    *kind = Column::Other;
                }
                let is_explained = answers.columns.contains_key(&plain(name));
                if *kind == Column::Other && !is_explained && plain(name).contains("status") {
                    return Err(SubscriberError::UnknownStatusColumn(name.clone()));
                }
            }
            let doubts = names.iter().zip(&kinds);
            let doubts = doubts.map(|(name, kind)| match kind {
                Column::Other if said(name).is_some() => Doubt::None,
                Column::Other if import_status::may_name_who_left(&plain(name)) => Doubt::Anything,
                Column::Other if import_status::may_name_who_stays(&plain(name)) => Doubt::No,
                Column::Other | Column::Original
                    if import_status::may_name_a_standing(&plain(name)) =>
                {
                    Doubt::Standing
                }
                Column::Topics if said(name).is_none() => Doubt::Words,
                Column::Original if import_status::may_name_an_opt_in(&plain(name)) => Doubt::No,
                Column::Other => Doubt::Word,
                _ => Doubt::None,
            });
            let rivals = names.iter().zip(&kinds).enumerate();
            let rivals = rivals.filter(|(at, (name, kind))| {
                let may_be =
                    **kind == Column::Email || **kind == Column::Other && may_name_an_address(name);
                *at != email && chosen.is_none() && said(name).is_none() && may_be
            });
            return Ok(Self {
                doubts: doubts.collect(),
                rivals: rivals.map(|(at, _)| at).collect(),
                names,
                kinds,
                email,
                named: true,
            });
        }
        let email = first.iter().position(address);
        let email = email.ok_or(SubscriberError::NoAddressColumn)?;
        // The first person's cells stand for names: what somebody said of them holds.
        let mut kinds: Vec<Column> = names
            .iter()
            .map(|name| said(name).unwrap_or(Column::Other))
            .collect();
        kinds[email] = Column::Email;
        let doubts = names.iter().map(|name| match said(name) {
            Some(_) => Doubt::None,
            None => Doubt::Word,
        });
        let others = names.iter().enumerate();
        let others = others.filter(|(at, name)| *at != email && said(name).is_none());
        Ok(Self {
            doubts: doubts.collect(),
            rivals: others.map(|(at, _)| at).collect(),
            names,
            kinds,
            email,
            named: false,
        })
    }

    /// Whether the line names the columns, one of them the address.
    pub fn are_named_by(line: &csv::StringRecord, answers: &Answers) -> bool {
        let names = distinct_names(line);
        let mut columns = names.iter().zip(line);
        columns.any(|(name, written)| {
            let said = answers.columns.get(&plain(name)).copied();
            said.unwrap_or_else(|| kind(written)) == Column::Email
        }) && !line.iter().any(is_address)
    }

    /// Whether the first line names them.
    pub fn are_named(&self) -> bool {
        self.named
    }

    /// Whether one is of this kind.
    pub fn has(&self, wanted: Column) -> bool {
        self.kinds.contains(&wanted)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// The address as it stands.
    pub fn email<'a>(&self, record: &'a csv::StringRecord) -> &'a str {
        record.get(self.email).unwrap_or_default()
    }

    /// Whether only one address stands in the line.
    ///
    /// # Errors
    /// Another column, of which nobody said what it holds, has a different one.
    pub fn one_address(&self, record: &csv::StringRecord, line: u64) -> Result<()> {
        if self.rivals.is_empty() {
            return Ok(());
        }
        let key = |at: usize| {
            let cell = record.get(at).unwrap_or_default();
            let address = cell.contains('@').then(|| bare_address(cell));
            let address = address.and_then(|cell| EmailAddress::parse(cell).ok());
            address.map(|address| address.key())
        };
        let Some(chosen) = key(self.email) else {
            return Ok(());
        };
        let differs = |at: &&usize| key(**at).is_some_and(|other| other != chosen);
        let others: Vec<&usize> = self.rivals.iter().filter(differs).collect();
        if others.is_empty() {
            return Ok(());
        }
        if !self.named {
            return Err(SubscriberError::Import(format!(
                "line {line} holds several addresses: put each person on a line of their own, or a line with the names of the columns above the list. Nothing was imported."
            )));
        }
        let columns = std::iter::once(&self.email).chain(others);
        Err(SubscriberError::SeveralAddressColumns {
            line,
            columns: columns.map(|at| self.names[*at].clone()).collect(),
        })
    }

    /// The first cell of this kind that holds something.
    pub fn cell<'a>(&'a self, record: &'a csv::StringRecord, wanted: Column) -> Option<&'a str> {
        self.cells(record, wanted).next().map(|(_, cell)| cell)
    }

    /// All cells of this kind that hold something, with their columns' names.
    pub fn cells<'a>(
        &'a self,
        record: &'a csv::StringRecord,
        wanted: Column,
    ) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.filled(record)
            .filter(move |(kind, ..)| *kind == wanted)
            .map(|(_, name, cell)| (name, cell))
    }

    /// Where somebody stands: of several columns the strictest says it.
    ///
    /// # Errors
    /// A word that nobody knows in a column that says it, and a word that says it in a column that nobody
    /// knows.
    pub fn status_of_row(
        &self,
        record: &csv::StringRecord,
        line: u64,
        answers: &Answers,
    ) -> Result<StatusAnswer> {
        let mut stands = Status::Confirmed;
        let mut said = false;
        for (kind, name, cell) in self.filled(record) {
            if !kind.says_status() {
                continue;
            }
            let word = plain(cell);
            let answered = match (kind, answers.statuses.get(&word)) {
                (Column::Status | Column::Gets | Column::Confirms, Some(answer)) => Some(*answer),
                _ => None,
            };
            let unknown = || SubscriberError::UnknownStatus {
                line,
                word: beginning(cell),
                column: name.to_owned(),
            };
            let status = match answered {
                Some(StatusAnswer::Skip) => return Ok(StatusAnswer::Skip),
                Some(StatusAnswer::Is(status)) => Some(status),
                None => import_status::status_of_cell(kind, &word).map_err(|_| unknown())?,
            };
            said |= status.is_some();
            stands = stands.stricter(status);
        }
        match answers.statuses.get(EVERYBODY) {
            _ if said => {}
            Some(StatusAnswer::Skip) => return Ok(StatusAnswer::Skip),
            Some(StatusAnswer::Is(status)) => stands = *status,
            None => {
                // In many lists a yes, or nothing, is all that such a column holds.
                let says_who_stays = |kind: &Column| {
                    matches!(kind, Column::Status | Column::Gets | Column::Confirms)
                };
                if let Some(at) = self.kinds.iter().position(says_who_stays) {
                    return Err(SubscriberError::NoStatus {
                        line,
                        column: self.names[at].clone(),
                    });
                }
            }
        }
        if matches!(stands, Status::Confirmed | Status::Pending) {
            self.nobody_hides(record, line)?;
        }
        Ok(StatusAnswer::Is(stands))
    }

    /// The topics that the list names for somebody; `None`: it says nothing of topics. In our own export names
    /// are parted by blanks, and an empty cell is somebody without topics.
    pub fn topics(&self, record: &csv::StringRecord, own: bool) -> Option<Vec<String>> {
        let parts = |text: &str| {
            text.split(|c: char| matches!(c, ',' | ';' | '|') || (own && c == ' '))
                // Mailchimp writes each tag in quotation marks, within those of the cell.
                .map(|topic| topic.trim_matches(['"', ' ']))
                .filter(|topic| !topic.is_empty())
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        let cells = self.cells(record, Column::Topics);
        let named: Vec<String> = cells.flat_map(|(_, text)| parts(text)).collect();
        (!named.is_empty() || own && self.has(Column::Topics)).then_some(named)
    }

    /// Whether somebody who is to be mailed, and for whom the list names topics, gets one of them here.
    ///
    /// # Errors
    /// They would get everything, though they asked for something else.
    pub fn some_topic_is_ours(
        &self,
        record: &csv::StringRecord,
        line: u64,
        answers: &Answers,
    ) -> Result<()> {
        let Some(ours) = &answers.topics else {
            return Ok(());
        };
        let Some(named) = self.topics(record, false) else {
            return Ok(());
        };
        if named.iter().any(|name| ours.contains(&plain(name))) {
            return Ok(());
        }
        let (column, cell) = self
            .cells(record, Column::Topics)
            .next()
            .unwrap_or_default();
        Err(SubscriberError::NoTopicOfOurs {
            line,
            word: beginning(cell),
            column: column.to_owned(),
        })
    }

    /// Whether any column says where people stand.
    pub fn say_status(&self) -> bool {
        self.kinds.iter().any(|kind| kind.says_status())
    }

    /// What a column that nobody knows may say of who has left is asked about: nobody is mailed because a
    /// column has an unusual name.
    fn nobody_hides(&self, record: &csv::StringRecord, line: u64) -> Result<()> {
        for ((doubt, name), cell) in self.doubts.iter().zip(&self.names).zip(record) {
            let hides = match doubt {
                Doubt::None => false,
                Doubt::Word => import_status::says_gone(cell),
                Doubt::No => import_status::says_no(cell) || import_status::says_gone(cell),
                Doubt::Anything => !cell.is_empty() && import_status::says_something(cell),
                Doubt::Standing => {
                    import_status::is_status_of_gone(cell) || import_status::says_gone(cell)
                }
                Doubt::Words => cell.split([',', ';', '|']).any(import_status::says_gone),
            };
            if hides {
                return Err(SubscriberError::MayHaveLeft {
                    line,
                    word: beginning(cell),
                    column: name.clone(),
                });
            }
        }
        Ok(())
    }

    /// The cells that hold something, each with what its column holds and is called.
    fn filled<'a>(
        &'a self,
        record: &'a csv::StringRecord,
    ) -> impl Iterator<Item = (Column, &'a str, &'a str)> {
        self.kinds
            .iter()
            .zip(&self.names)
            .zip(record)
            .filter(|(_, cell)| !cell.is_empty())
            .map(|((kind, name), cell)| (*kind, name.as_str(), cell))
    }
}

/// Of several columns that may hold the address, the one with the better name.
fn email_column(first: &csv::StringRecord, kinds: &[Column]) -> Option<usize> {
    (0..kinds.len())
        .filter(|at| kinds[*at] == Column::Email)
        .min_by_key(|at| email_rank(&first[*at]))
}

/// The names of the columns, each once: a name that stands there again has its number behind it, and a
/// column without one is called by where it stands.
pub fn distinct_names(first: &csv::StringRecord) -> Vec<String> {
    let mut names: Vec<String> = Vec::with_capacity(first.len());
    let mut seen: HashMap<String, usize> = HashMap::new();
    for (at, written) in first.iter().enumerate() {
        let name = match written {
            "" => format!("column {}", at + 1),
            written => written.to_owned(),
        };
        let times = seen.entry(plain(&name)).or_default();
        *times += 1;
        names.push(match *times {
            1 => name,
            times => format!("{name} ({times})"),
        });
    }
    names
}

/// Whether a cell holds an address.
pub fn is_address(cell: &str) -> bool {
    EmailAddress::parse(bare_address(cell)).is_ok()
}

/// As much of a cell as a message shows.
pub fn beginning(cell: &str) -> String {
    const SHOWN: usize = 60;
    let mut shown: String = cell.chars().take(SHOWN).collect();
    if shown.len() < cell.len() {
        shown.push('…');
    }
    shown
}
