//! The topics that a list names: which of ours they are, and which of our own export's are made.

use std::collections::{BTreeMap, HashSet};

use super::{Importer, count_word};
use crate::{
    db::WriteTransaction,
    given_name,
    subscribers::{
        ExportedTopic, Result, exported_topic::TopicWords, import_spelling::plain, made_topics,
        topics::TopicRow,
    },
};

impl Importer<'_> {
    /// The topics that a cell names. Tags that are none of our topics are none; where the file names
    /// none of ours at all, it says nothing of topics.
    pub(super) fn topics_of(
        &mut self,
        words: &[String],
        details: &BTreeMap<String, ExportedTopic>,
    ) -> (Vec<i64>, bool) {
        let (mut found, mut unknown) = (Vec::new(), Vec::new());
        for word in words {
            let details = details.get(word);
            let topic = match self.known_topic(word, details) {
                None if self.import.makes_topics => Some(self.topic_to_make(word, details)),
                known => known,
            };
            match topic {
                Some(topic) if found.contains(&topic) => {}
                Some(topic) => found.push(topic),
                None => unknown.push(word),
            }
        }
        if found.is_empty() && !self.import.makes_topics {
            return (self.given.clone(), false);
        }
        for word in unknown {
            count_word(&mut self.report.unknown_topics, word);
        }
        (found, true)
    }

    /// The topic of this short name, or else of this name. Our own export names what somebody has of a topic
    /// that is not offered any more, too.
    pub(super) fn known_topic(&self, word: &str, details: Option<&ExportedTopic>) -> Option<i64> {
        let word = plain(word);
        let is_named = |topic: &TopicRow| {
            plain(&topic.name) == word
                || self
                    .translated
                    .get(&topic.id)
                    .is_some_and(|names| names.contains(&word))
                || details.is_some_and(|details| {
                    given_name::key(&details.name) == given_name::key(&topic.name)
                })
        };
        let may = |topic: &&TopicRow| self.import.makes_topics || topic.archived_at.is_none();
        let mut by_slug = self.known.iter().filter(may);
        let mut by_name = self.known.iter().filter(may);
        let found = by_slug.find(|topic| plain(&topic.slug) == word);
        found
            .or_else(|| by_name.find(|topic| is_named(topic)))
            .map(|topic| topic.id)
    }

    /// Notes a topic that is made with the chunk of whoever has it.
    fn topic_to_make(&mut self, slug: &str, details: Option<&ExportedTopic>) -> i64 {
        self.report.new_topics.push(slug.to_owned());
        let name = details.map_or(slug, |details| &details.name);
        let is_archived = details.is_some_and(|details| details.archived);
        let id = -1 - i64::try_from(self.known.len()).unwrap_or_default();
        self.known.push(TopicRow {
            id,
            slug: slug.to_owned(),
            name: name.to_owned(),
            description: String::new(),
            archived_at: is_archived.then(|| self.app.clock.now_ms()),
        });
        id
    }

    /// Notes what a line says of topics for all others.
    pub(super) fn note_words(&mut self, details: &BTreeMap<String, ExportedTopic>) {
        let in_full = details.iter().filter_map(|(slug, topic)| {
            let words = topic.words.clone()?;
            Some((slug.clone(), words))
        });
        self.words.extend(in_full);
    }

    /// Says of the topics that were made what the file says of them, wherever in it.
    pub(super) async fn describe_made(&self, transaction: &WriteTransaction) -> Result<()> {
        let made = self.known.iter().filter_map(|topic| {
            let is_made = self.made.values().any(|id| *id == topic.id);
            let words = self.words.get(&topic.slug).filter(|_| is_made)?;
            Some((topic.clone(), words.clone()))
        });
        let made: Vec<(TopicRow, TopicWords)> = made.collect();
        let who = self.import.operator;
        made_topics::describe(self.app, transaction, &self.office, &made, who).await
    }

    /// Makes what is still to be made, in the transaction that stores the people who have it.
    pub(super) async fn make_topics(&mut self, transaction: &WriteTransaction) -> Result<()> {
        let before = self.made.len();
        for topic in self.known.iter_mut().filter(|topic| topic.id < 0) {
            let made =
                made_topics::make(self.app, transaction, topic, self.import.operator).await?;
            self.made.insert(topic.id, made);
            topic.id = made;
        }
        if self.made.is_empty() {
            return Ok(());
        }
        if self.made.len() > before {
            let made: Vec<i64> = self.made.values().copied().collect();
            made_topics::note(transaction, &self.batch, &made).await?;
        }
        for person in self.chunk.values_mut() {
            let often = person.frequencies.iter_mut().map(|(topic, _)| topic);
            for topic in person.topics.iter_mut().chain(often) {
                *topic = self.made.get(topic).copied().unwrap_or(*topic);
            }
            // One line may have named it before it was made, and one since.
            let mut named = HashSet::new();
            person.topics.retain(|topic| named.insert(*topic));
        }
        Ok(())
    }
}
