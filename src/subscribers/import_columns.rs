//! What the columns of a list mean: the names that listmonk, Keila, Mailchimp, Constant Contact, Ghost,
//! `GovDelivery`, `MailerLite`, Substack and our own export give them, and the words for a status in each.
//!
//! What is not sure is asked: a status that nobody knows must not become a subscriber.

use std::collections::HashMap;

use super::{Result, SubscriberError, subscriber_kinds::Status};
use crate::address::EmailAddress;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// The address.
    Email,
    /// BCP 47.
    Language,
    /// A word for the status.
    Status,
    /// Topics, lists, tags.
    Topics,
    /// True or false: whether they get mail.
    Gets,
    /// When, or whether, they left.
    Left,
    /// When, or whether, their address bounced.
    Bounced,
    /// When, or whether, they complained.
    Complained,
    /// How and when the consent was given: kept as evidence as it stands.
    Original,
    /// ZIP code.
    Zip,
    /// Our own export: answers to the office's own questions.
    Answers,
    /// Our own export: how often they get each topic, where it is not every release.
    Frequency,
    /// Our own export: since when the status holds.
    Since,
    /// Our own export: since when the address is known.
    Created,
    /// Our own export: the evidence.
    Evidence,
    /// Anything else.
    Other,
}

/// What to do with somebody, as the list says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusAnswer {
    /// Where they stand.
    Is(Status),
    /// They are passed over.
    Skip,
}

/// What a person may say that a column holds: the word for it.
pub const MEANINGS: [(&str, Column); 10] = [
    ("email", Column::Email),
    ("status", Column::Status),
    ("topics", Column::Topics),
    ("language", Column::Language),
    ("zip", Column::Zip),
    ("consent", Column::Original),
    ("left", Column::Left),
    ("bounced", Column::Bounced),
    ("complained", Column::Complained),
    ("nothing", Column::Other),
];

/// What whoever imports says about the columns.
#[derive(Debug, Default)]
pub struct Answers {
    /// What a word for a status means, in lower case.
    pub statuses: HashMap<String, StatusAnswer>,
    /// What columns hold, by their names as [`plain`] writes them.
    pub columns: HashMap<String, Column>,
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
}

/// The columns of one list.
#[derive(Debug)]
pub struct Columns {
    names: Vec<String>,
    kinds: Vec<Column>,
    email: usize,
}

/// Names as [`plain`] writes them.
const NAMES: &[(Column, &[&str])] = &[
    (
        Column::Email,
        &[
            "email",
            "email address",
            "e mail",
            "e mail address",
            "emailaddress",
            "subscriber email",
            "subscriber",
            "destination",
            "correo electronico",
        ],
    ),
    (
        Column::Language,
        &["language", "lang", "locale", "preferred language"],
    ),
    (
        Column::Status,
        &[
            "status",
            "subscription status",
            "subscriber status",
            "email status",
            "email permission status",
            "member status",
            "contact status",
        ],
    ),
    (
        Column::Topics,
        &[
            "topics",
            "topic",
            "lists",
            "list",
            "list name",
            "list names",
            "email lists",
            "tags",
            "labels",
            "groups",
            "segments",
            "newsletters",
        ],
    ),
    (
        Column::Gets,
        &[
            "subscribed to emails",
            "subscribed",
            "is subscribed",
            "opted in",
        ],
    ),
    (
        Column::Left,
        &[
            "email disabled",
            "unsubscribed",
            "unsub time",
            "unsubscribed at",
            "unsubscribe date",
            "date unsubscribed",
            "unsubscribed date",
            "deleted at",
            "opted out",
            "opt out",
            "opt out date",
            "email opt out date",
            "confirmed opt out date",
            "unsubscription date",
            "unsubscribed on",
            "blocked at",
        ],
    ),
    (
        Column::Bounced,
        &[
            "bounced",
            "bounced at",
            "bounce date",
            "clean time",
            "cleaned at",
        ],
    ),
    (
        Column::Complained,
        &["complained", "complained at", "spam complaint date"],
    ),
    (
        Column::Original,
        &[
            "optin time",
            "optin ip",
            "confirm time",
            "confirm ip",
            "created at",
            "created",
            "createdat",
            "subscribed at",
            "signup date",
            "sign up date",
            "date added",
            "opt in date",
            "opt in source",
            "opted in at",
            "opt in time",
            "opt in ip",
            "signup ip",
            "sign up ip",
            "double opt in at",
            "confirmed at",
            "consented at",
            "source",
            "source name",
            "signup source",
            "sign up source",
            "ip",
            "ip address",
            "subscriber type",
            "unsub reason",
            "unsub campaign title",
            "clean campaign title",
        ],
    ),
    (
        Column::Zip,
        &[
            "zip",
            "zip code",
            "zipcode",
            "zip/postal code",
            "postal code",
        ],
    ),
    (Column::Answers, &["answers"]),
    (Column::Frequency, &["frequency"]),
    (Column::Since, &["since"]),
    (Column::Evidence, &["evidence"]),
];

/// The words for a status.
const STATUSES: &[(Status, &[&str])] = &[
    (
        Status::Confirmed,
        &[
            "confirmed",
            "active",
            "enabled",
            "subscribed",
            "express",
            "opted in",
        ],
    ),
    (
        Status::Pending,
        &[
            "pending",
            "unconfirmed",
            "pending confirmation",
            "awaiting confirmation",
            "awaiting",
        ],
    ),
    (
        Status::Unsubscribed,
        &[
            "unsubscribed",
            "disabled",
            "inactive",
            "left",
            "opted out",
            "removed",
            "cancelled",
            "canceled",
            "deleted",
        ],
    ),
    (
        Status::Bounced,
        &[
            "bounced",
            "cleaned",
            "unreachable",
            "undeliverable",
            "hard bounce",
            "invalid",
        ],
    ),
    (
        Status::Complained,
        &[
            "complained",
            "complaint",
            "spam",
            "junk",
            "abuse",
            "marked as spam",
        ],
    ),
    (Status::Blocked, &["blocked", "blocklisted", "blacklisted"]),
];

impl Columns {
    /// Reads the first line; with whether it names the columns. Where it does not, it is a person's line
    /// already, and the column with an address in it is known by that.
    pub fn of(first: &csv::StringRecord, answers: &Answers) -> Result<(Self, bool)> {
        let names: Vec<String> = first.iter().map(str::to_owned).collect();
        let said = |name: &String| answers.columns.get(&plain(name)).copied();
        let mut kinds: Vec<Column> = names
            .iter()
            .map(|name| said(name).unwrap_or_else(|| kind(name)))
            .collect();
        let address = |cell: &String| EmailAddress::parse(cell).is_ok();
        let chosen = names
            .iter()
            .position(|name| said(name) == Some(Column::Email));
        let email = chosen.or_else(|| email_column(&names, &kinds));
        // An address is no name of a column, whatever somebody says that it holds.
        if let Some(email) = email.filter(|email| !address(&names[*email])) {
            let own = kinds.contains(&Column::Evidence) && kinds.contains(&Column::Since);
            for (kind, name) in kinds.iter_mut().zip(&names) {
                if own && plain(name) == "created" {
                    *kind = Column::Created;
                }
                if !own && matches!(kind, Column::Frequency | Column::Answers) {
                    *kind = Column::Other;
                }
                let is_explained = answers.columns.contains_key(&plain(name));
                if *kind == Column::Other && !is_explained && plain(name).contains("status") {
                    return Err(SubscriberError::UnknownStatusColumn(name.clone()));
                }
            }
            let columns = Self {
                names,
                kinds,
                email,
            };
            return Ok((columns, true));
        }
        let email = names.iter().position(address);
        let email = email.ok_or(SubscriberError::NoAddressColumn)?;
        // The first person's cells stand for names: what somebody said of them holds.
        let mut kinds: Vec<Column> = names
            .iter()
            .map(|name| said(name).unwrap_or(Column::Other))
            .collect();
        kinds[email] = Column::Email;
        let columns = Self {
            names,
            kinds,
            email,
        };
        Ok((columns, false))
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
        self.kinds
            .iter()
            .zip(&self.names)
            .zip(record)
            .filter(move |((kind, _), cell)| **kind == wanted && !cell.is_empty())
            .map(|((_, name), cell)| (name.as_str(), cell))
    }

    /// Where somebody stands: of several columns the strictest says it.
    pub fn status_of_row(
        &self,
        record: &csv::StringRecord,
        line: u64,
        answers: &Answers,
    ) -> Result<StatusAnswer> {
        let mut status_of_row = Status::Confirmed;
        let mut strictest = |status: Status| {
            if strictness(status) > strictness(status_of_row) {
                status_of_row = status;
            }
        };
        for (name, word) in self.cells(record, Column::Status) {
            let plain = plain(word);
            match answers.statuses.get(&plain) {
                Some(StatusAnswer::Skip) => return Ok(StatusAnswer::Skip),
                Some(StatusAnswer::Is(status)) => strictest(*status),
                None => {
                    let known = known_status(&plain);
                    strictest(known.ok_or_else(|| SubscriberError::UnknownStatus {
                        line,
                        word: word.to_owned(),
                        column: name.to_owned(),
                    })?);
                }
            }
        }
        for (_, says) in self.cells(record, Column::Gets) {
            if truth(says) == Some(false) {
                strictest(Status::Unsubscribed);
            }
        }
        for (column, status) in [
            (Column::Left, Status::Unsubscribed),
            (Column::Bounced, Status::Bounced),
            (Column::Complained, Status::Complained),
        ] {
            // A date says yes; so does everything but a no.
            if self
                .cells(record, column)
                .any(|(_, says)| truth(says) != Some(false))
            {
                strictest(status);
            }
        }
        Ok(StatusAnswer::Is(status_of_row))
    }
}

/// The word that means a status.
#[must_use]
pub fn known_status(word: &str) -> Option<Status> {
    STATUSES
        .iter()
        .find(|(_, words)| words.contains(&word))
        .map(|(status, _)| *status)
}

fn strictness(status: Status) -> u8 {
    match status {
        Status::Confirmed => 0,
        Status::Pending => 1,
        Status::Unsubscribed => 2,
        Status::Bounced => 3,
        Status::Complained => 4,
        Status::Blocked => 5,
    }
}

fn truth(says: &str) -> Option<bool> {
    match says.to_lowercase().as_str() {
        "true" | "yes" | "y" | "1" | "t" => Some(true),
        "false" | "no" | "n" | "0" | "f" => Some(false),
        _ => None,
    }
}

/// What a column of this name holds.
#[must_use]
pub fn kind(name: &str) -> Column {
    let name = plain(name);
    NAMES
        .iter()
        .find(|(_, names)| names.contains(&name.as_str()))
        .map_or(Column::Other, |(kind, _)| *kind)
}

/// Of several columns that may hold the address, the one with the better name.
fn email_column(names: &[String], kinds: &[Column]) -> Option<usize> {
    let (_, by_name) = NAMES.first()?;
    let rank = |at: &usize| by_name.iter().position(|name| *name == plain(&names[*at]));
    (0..names.len())
        .filter(|at| kinds[*at] == Column::Email)
        .min_by_key(rank)
}

/// A name as people compare it: without case, signs and needless blanks.
#[must_use]
pub fn plain(name: &str) -> String {
    let words: String = name
        .chars()
        .map(|c| {
            if matches!(c, '_' | '-' | '.' | '\u{feff}') {
                ' '
            } else {
                c
            }
        })
        .collect();
    let words: Vec<&str> = words.split_whitespace().collect();
    words.join(" ").to_lowercase()
}
