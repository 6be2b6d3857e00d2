//! What the columns of one list hold: as their names say, or as a person says of them.
//!
//! What is not sure is asked: whoever may have left must not become a subscriber.

use std::collections::HashSet;

use super::{
    Result, SubscriberError,
    import_answers::{Answers, EVERYBODY, StatusAnswer, listed},
    import_cells::{Says, agrees, says, status_of_cell},
    import_consent_columns::{tells_of_coming, tells_who_confirmed},
    import_doubts::{Doubt, is_of_dates_of_life, is_of_life},
    import_frequency::is_in_numbers,
    import_spelling::{plain, write_plain},
    import_words::{Column, bare_address, email_rank, kind, may_name_an_address},
    subscriber_kinds::Status,
};
use crate::address::EmailAddress;

/// The columns of one list.
#[derive(Debug)]
pub struct Columns {
    all: Vec<ListColumn>,
    email: usize,
    /// Other columns that may hold the address, of which nobody said what they hold.
    rivals: Vec<usize>,
    /// The first line names them; otherwise it is a person's already.
    named: bool,
    /// They are those of our own export, though some of them may be missing.
    own: bool,
}

/// One of them.
#[derive(Debug)]
struct ListColumn {
    name: String,
    kind: Column,
    /// A person said what it holds.
    is_explained: bool,
    doubt: Doubt,
    /// It says how somebody came to the list.
    tells_of_coming: bool,
    /// Nothing in it, where others have a date, says that somebody never confirmed.
    tells_who_confirmed: bool,
    /// The topic that it is called by.
    topic: Option<String>,
}

/// Where somebody stands, as a line says.
#[derive(Debug, Clone, Copy)]
pub struct RowStatus {
    /// See there.
    pub answer: StatusAnswer,
    /// A column says it; otherwise it is so because no column does.
    pub is_said: bool,
}

impl RowStatus {
    /// Whether they are mailed, or may be once they confirm.
    #[must_use]
    pub fn is_mailed(self) -> bool {
        matches!(
            self.answer,
            StatusAnswer::Is(Status::Confirmed | Status::Pending)
        )
    }
}

impl ListColumn {
    fn of(name: &str, kind: Column, explained: Option<Column>, answers: &Answers) -> Self {
        let topic = answers.topics.as_ref();
        Self {
            name: name.to_owned(),
            kind: explained.unwrap_or(kind),
            is_explained: explained.is_some(),
            doubt: Doubt::None,
            tells_of_coming: false,
            tells_who_confirmed: false,
            topic: topic.and_then(|topics| topics.named_by(name)),
        }
    }

    /// What it may say of who has left, though nobody knows that it does.
    fn doubt(&self, names: &[String], own: bool) -> Doubt {
        match self.kind {
            _ if self.is_explained => Doubt::None,
            Column::Other => Doubt::of(&self.name, names),
            Column::Topics => Doubt::Tags,
            Column::Frequency if is_in_numbers(&self.name) => Doubt::Remark,
            Column::Frequency if !own => Doubt::Frequency,
            // In some systems it says whether there was one.
            Column::Original if plain(&self.name) == "double opt in" => Doubt::Refusal,
            Column::Original => match Doubt::of(&self.name, names) {
                Doubt::Place => Doubt::Place,
                _ => Doubt::None,
            },
            _ => Doubt::None,
        }
    }
}

impl Columns {
    /// Reads the first line. Where it does not name the columns, it is a person's line already, and the
    /// column with an address in it is known by that.
    pub fn of(first: &csv::StringRecord, answers: &Answers) -> Result<Self> {
        let names = distinct_names(first);
        let said = |name: &String| answers.columns.get(&plain(name)).copied();
        let columns = names.iter().zip(first);
        let mut all: Vec<ListColumn> = columns
            .map(|(name, written)| ListColumn::of(name, kind(written), said(name), answers))
            .collect();
        let chosen = |column: &ListColumn| column.is_explained && column.kind == Column::Email;
        let chosen = all.iter().position(chosen);
        let email = chosen.or_else(|| email_column(first, &all));
        // An address is no name of a column, whatever somebody says that it holds.
        if let Some(email) = email.filter(|email| !is_address(&first[*email])) {
            let own = are_of_our_export(&all);
            for (at, column) in all.iter_mut().enumerate() {
                column.kind = match column.kind {
                    Column::Original if own && plain(&column.name) == "created" => Column::Created,
                    Column::Answers | Column::TopicDetails if !own => Column::Other,
                    kind => kind,
                };
                column.doubt = if column.kind == Column::Email && at != email {
                    // `Subscriber: No` beside the address.
                    Doubt::of(&column.name, &names)
                } else {
                    column.doubt(&names, own)
                };
                let is_evidence = column.kind == Column::Other && !column.is_explained;
                if is_evidence
                    && !own
                    && column.doubt == Doubt::Remark
                    && column.topic.is_none()
                    && !is_of_life(&column.name, &names)
                {
                    column.doubt = Doubt::Unknown;
                }
                column.tells_of_coming =
                    is_evidence && (tells_of_coming(&column.name) || column.doubt.is_of_agreeing());
                column.tells_who_confirmed =
                    matches!(column.kind, Column::Original | Column::Other)
                        && !own
                        && !column.is_explained
                        && tells_who_confirmed(&column.name, &names);
            }
            let may_be = |column: &ListColumn| {
                column.kind == Column::Email
                    || column.kind == Column::Other && may_name_an_address(&column.name)
            };
            let rivals = all.iter().enumerate().filter(|(at, column)| {
                *at != email && chosen.is_none() && !column.is_explained && may_be(column)
            });
            return Ok(Self {
                rivals: rivals.map(|(at, _)| at).collect(),
                all,
                email,
                named: true,
                own,
            });
        }
        let email = first.iter().position(is_address);
        let email = email.ok_or(SubscriberError::NoAddressColumn)?;
        // The first person's cells stand for names: what somebody said of them holds.
        for column in &mut all {
            if !column.is_explained {
                (column.kind, column.doubt) = (Column::Other, Doubt::Nameless);
            }
            column.topic = None;
        }
        (all[email].kind, all[email].doubt) = (Column::Email, Doubt::None);
        let others = all.iter().enumerate();
        let others = others.filter(|(at, column)| *at != email && !column.is_explained);
        Ok(Self {
            rivals: others.map(|(at, _)| at).collect(),
            all,
            email,
            named: false,
            own: false,
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

    /// Whether they are those of our own export.
    pub fn are_our_own(&self) -> bool {
        self.own
    }

    /// Whether one is of this kind.
    pub fn has(&self, wanted: Column) -> bool {
        self.all.iter().any(|column| column.kind == wanted)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.all.len()
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
            columns: columns.map(|at| self.all[*at].name.clone()).collect(),
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
            .filter(move |(column, _)| column.kind == wanted)
            .map(|(column, cell)| (column.name.as_str(), cell))
    }

    /// Where somebody stands: of several columns the strictest says it.
    ///
    /// # Errors
    /// A word that nobody knows in a column that says it, and nothing in it.
    pub fn status_of_row(
        &self,
        record: &csv::StringRecord,
        line: u64,
        answers: &Answers,
    ) -> Result<RowStatus> {
        let skipped = |is_said| RowStatus {
            answer: StatusAnswer::Skip,
            is_said,
        };
        let mut stands = Status::Confirmed;
        let mut is_said = false;
        for (column, cell) in self.filled(record) {
            if !column.kind.says_status() && column.kind != Column::Reason {
                continue;
            }
            let answered = match column.kind {
                Column::Reason => None,
                _ if answers.statuses.is_empty() => None,
                _ => answers.statuses.get(&plain(cell)),
            };
            let status = match answered {
                Some(StatusAnswer::Skip) => return Ok(skipped(true)),
                Some(StatusAnswer::Is(status)) => Some(*status),
                None => {
                    let read = status_of_cell(column.kind, cell, column.is_explained);
                    read.map_err(|_| SubscriberError::UnknownStatus {
                        line,
                        word: beginning(cell),
                        column: column.name.clone(),
                    })?
                }
            };
            is_said |= status.is_some();
            stands = stands.stricter(status);
        }
        match answers.statuses.get(EVERYBODY) {
            _ if is_said => {}
            Some(StatusAnswer::Skip) => return Ok(skipped(false)),
            Some(StatusAnswer::Is(status)) => stands = *status,
            None => {
                // In many lists a yes, or nothing, is all that such a column holds.
                let says_who_stays = |column: &&ListColumn| {
                    matches!(
                        column.kind,
                        Column::Status | Column::Gets | Column::Confirms
                    )
                };
                if let Some(column) = self.all.iter().find(says_who_stays) {
                    return Err(SubscriberError::NoStatus {
                        line,
                        column: column.name.clone(),
                    });
                }
            }
        }
        Ok(RowStatus {
            answer: StatusAnswer::Is(stands),
            is_said,
        })
    }

    /// The topics that the list names for somebody; `None`: it says nothing of topics. In our own export names
    /// are parted by blanks, and an empty cell is somebody without topics; in a list with a column for each topic
    /// somebody may have chosen none.
    pub fn topics(&self, record: &csv::StringRecord, answers: &Answers) -> Option<Vec<String>> {
        if self.own {
            let cells = self.cells(record, Column::Topics);
            let named = cells.flat_map(|(_, cell)| listed(cell).flat_map(str::split_whitespace));
            return self
                .has(Column::Topics)
                .then(|| named.map(str::to_owned).collect());
        }
        let (mut named, mut is_said) = (Vec::new(), false);
        for (column, cell) in self.all.iter().zip(record) {
            if column.kind != Column::Topics {
                continue;
            }
            match &column.topic {
                Some(topic) if agrees(cell) => named.push(topic.clone()),
                Some(_) if matches!(says(cell), Says::No | Says::Nothing | Says::Refused) => {}
                _ if cell.is_empty() => continue,
                _ => match &answers.topics {
                    Some(topics) => named.extend(topics.parts(cell)),
                    None => named.extend(listed(cell).map(str::to_owned)),
                },
            }
            is_said = true;
        }
        is_said.then_some(named)
    }

    /// Whether somebody who is to be mailed, and for whom the list names topics, gets one of them here.
    ///
    /// # Errors
    /// They would get everything, though they asked for something else; or topics stand where nobody knows that
    /// they do.
    pub fn some_topic_is_ours(
        &self,
        record: &csv::StringRecord,
        line: u64,
        answers: &Answers,
    ) -> Result<()> {
        let Some(ours) = &answers.topics else {
            return Ok(());
        };
        let Some(named) = self.topics(record, answers) else {
            return self.no_topic_hides(record, line, answers);
        };
        if named.is_empty() || named.iter().any(|name| ours.contain(&plain(name))) {
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

    /// A topic in a column that nobody knows is asked about: who asked for one topic does not get all.
    fn no_topic_hides(
        &self,
        record: &csv::StringRecord,
        line: u64,
        answers: &Answers,
    ) -> Result<()> {
        let Some(ours) = &answers.topics else {
            return Ok(());
        };
        let mut words = String::new();
        for (column, cell) in self.filled(record) {
            if column.kind != Column::Other || column.is_explained {
                continue;
            }
            write_plain(cell, &mut words);
            let hides = match &column.topic {
                Some(_) => matches!(says(cell), Says::Yes | Says::No),
                None => false,
            };
            if hides || ours.are_several && ours.are_in(cell, &words) {
                return Err(SubscriberError::MayNameTopics {
                    line,
                    word: beginning(cell),
                    column: column.name.clone(),
                });
            }
        }
        Ok(())
    }

    /// Whether any column says where people stand.
    pub fn say_status(&self) -> bool {
        self.all.iter().any(|column| column.kind.says_status())
    }

    /// What a column that nobody knows may say of who has left is asked about: nobody is mailed because a
    /// column has an unusual name.
    pub fn nobody_hides(&self, record: &csv::StringRecord, line: u64) -> Result<()> {
        let mut words = String::new();
        for (column, cell) in self.filled(record) {
            if column.doubt == Doubt::None {
                continue;
            }
            write_plain(cell, &mut words);
            if column.doubt.is_raised_by(cell, &words) {
                return Err(SubscriberError::MayHaveLeft {
                    line,
                    word: beginning(cell),
                    column: column.name.clone(),
                    likely: column.doubt.likely_meaning(),
                });
            }
        }
        Ok(())
    }

    /// The columns that may say who agreed, by where they stand, each with whether this line has a yes in it;
    /// `None`: it has nothing in it.
    pub fn agreements<'a>(
        &'a self,
        record: &'a csv::StringRecord,
    ) -> impl Iterator<Item = (usize, Option<bool>)> + 'a {
        let columns = self.all.iter().zip(record).enumerate();
        columns
            .filter(|(_, (column, _))| {
                column.doubt.is_of_agreeing() && column.kind == Column::Other
                    || column.tells_who_confirmed
            })
            .map(|(at, (column, cell))| {
                let agreed = || {
                    if column.tells_who_confirmed {
                        says(cell) == Says::Date
                    } else {
                        column.doubt.is_agreed_by(cell)
                    }
                };
                (at, (!cell.is_empty()).then(agreed))
            })
    }

    /// The cells of the columns that nobody knows, by where they stand: neither a person nor a name says what they
    /// hold.
    pub fn unknown<'a>(
        &'a self,
        record: &'a csv::StringRecord,
    ) -> impl Iterator<Item = (usize, &'a str)> {
        let columns = self.all.iter().zip(record).enumerate();
        columns
            .filter(|(_, (column, _))| column.doubt == Doubt::Unknown)
            .map(|(at, (_, cell))| (at, cell))
    }

    /// Whether the dates of a column are known by its name: when somebody came, or of people's lives.
    pub fn has_known_dates(&self, at: usize) -> bool {
        self.all[at].tells_of_coming || is_of_dates_of_life(&self.all[at].name)
    }

    /// The cells that say how somebody came to the list, in columns that no table has, with the columns' names.
    pub fn of_coming<'a>(
        &'a self,
        record: &'a csv::StringRecord,
    ) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.filled(record)
            .filter(|(column, _)| column.tells_of_coming)
            .map(|(column, cell)| (column.name.as_str(), cell))
    }

    /// What a column is called.
    pub fn name(&self, at: usize) -> &str {
        &self.all[at].name
    }

    /// The cells that hold something, each with its column.
    fn filled<'a>(
        &'a self,
        record: &'a csv::StringRecord,
    ) -> impl Iterator<Item = (&'a ListColumn, &'a str)> {
        self.all
            .iter()
            .zip(record)
            .filter(|(_, cell)| !cell.is_empty())
    }
}

/// Whether they are those of our own export: somebody may have removed the evidence, or what the topics are called.
fn are_of_our_export(all: &[ListColumn]) -> bool {
    let has = |kind: &&Column| all.iter().any(|column| column.kind == **kind);
    let others = [Column::Frequency, Column::Answers, Column::TopicDetails];
    has(&&Column::Since) && (has(&&Column::Evidence) || others.iter().filter(has).count() >= 2)
}

/// Of several columns that may hold the address, the one with the better name.
fn email_column(first: &csv::StringRecord, all: &[ListColumn]) -> Option<usize> {
    (0..all.len())
        .filter(|at| all[*at].kind == Column::Email)
        .min_by_key(|at| email_rank(&first[*at]))
}

/// The names of the columns, each once: a name that stands there again has its number behind it, and a
/// column without one is called by where it stands.
pub fn distinct_names(first: &csv::StringRecord) -> Vec<String> {
    let mut names: Vec<String> = Vec::with_capacity(first.len());
    let mut seen = HashSet::new();
    for (at, written) in first.iter().enumerate() {
        let name = match written {
            "" => format!("column {}", at + 1),
            written => written.to_owned(),
        };
        let (mut distinct, mut times) = (name.clone(), 1);
        while !seen.insert(plain(&distinct)) {
            times += 1;
            distinct = format!("{name} ({times})");
        }
        names.push(distinct);
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
