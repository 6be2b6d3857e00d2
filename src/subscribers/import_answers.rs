//! What whoever imports a list says of it: what its columns hold and its words mean.

use std::collections::{HashMap, HashSet};

use super::{
    Result, SubscriberError,
    import_spelling::plain,
    import_status::known_status,
    import_words::{Column, MEANINGS},
    subscriber_kinds::Status,
    topic_translations::OfferedTopic,
};

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
    /// What a word for a status means, as [`plain`] writes it.
    pub statuses: HashMap<String, StatusAnswer>,
    /// What columns hold, by their names as [`plain`] writes them.
    pub columns: HashMap<String, Column>,
    /// The topics that there are, where nobody said for which of them the list is
    /// ([`Answers::asking_for_topics`]).
    pub(super) topics: Option<TopicWords>,
}

/// What topics are called, by their short names and in all languages.
#[derive(Debug, Default)]
pub(super) struct TopicWords {
    words: HashSet<String>,
    /// Who gets one of them gets not all.
    pub are_several: bool,
}

impl TopicWords {
    /// Whether a name, as [`plain`] writes it, is that of a topic.
    pub fn contain(&self, name: &str) -> bool {
        self.words.contains(name)
    }

    /// The topic that a column is called by: `Veterans`, `Topic: Veterans`.
    pub fn named_by(&self, column: &str) -> Option<String> {
        let name = plain(column);
        let behind = ["topic ", "list ", "newsletter ", "tema ", "lista "];
        let behind = behind.iter().find_map(|word| name.strip_prefix(word));
        let found = behind.filter(|name| self.contain(name)).map(str::to_owned);
        found.or_else(|| self.contain(&name).then_some(name))
    }

    /// The topics in a cell that may name several. Where a part is none of ours its words may be short names, as our
    /// own export writes them.
    pub fn parts(&self, cell: &str) -> Vec<String> {
        if self.contain(&plain(cell)) {
            return vec![cell.to_owned()];
        }
        let mut parts = Vec::new();
        for part in listed(cell) {
            let by_sign = |sign: char| {
                let words: Vec<&str> = part.split(sign).map(str::trim).collect();
                let all = words.len() > 1 && words.iter().all(|word| self.contain(&plain(word)));
                all.then_some(words)
            };
            let is_ours = self.contain(&plain(part));
            let several = (!is_ours).then(|| by_sign('/').or_else(|| by_sign(' ')));
            match several.flatten() {
                Some(words) => parts.extend(words.into_iter().map(str::to_owned)),
                None => parts.push(part.to_owned()),
            }
        }
        parts
    }

    /// Whether a cell names a topic, alone or among others; `words` is the same as [`plain`] writes it.
    pub fn are_in(&self, cell: &str, words: &str) -> bool {
        self.contain(words)
            || cell.contains(LIST_SIGNS) && listed(cell).any(|part| self.contain(&plain(part)))
    }
}

/// What parts the topics of a cell.
const LIST_SIGNS: [char; 4] = [',', ';', '|', '\n'];

/// What a cell lists. Mailchimp writes each tag in quotation marks, within those of the cell.
pub(super) fn listed(cell: &str) -> impl Iterator<Item = &str> {
    cell.split(LIST_SIGNS)
        .map(|part| part.trim().trim_matches(['"', ' ']))
        .filter(|part| !part.is_empty())
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
    pub fn asking_for_topics(mut self, offered: &[OfferedTopic]) -> Self {
        let names = offered.iter().flat_map(|topic| &topic.names);
        self.topics = Some(TopicWords {
            words: names.map(|name| plain(name)).collect(),
            are_several: offered.len() > 1,
        });
        self
    }

    /// Whether they say where everybody stands of whom the list says nothing.
    #[must_use]
    pub fn say_everybody(&self) -> bool {
        self.statuses.contains_key(EVERYBODY)
    }
}

/// The word for those of whom no column says where they stand: `everybody=unsubscribed`.
pub(super) const EVERYBODY: &str = "everybody";
