//! What an export says of a topic beside its short name, so that an import makes it as it was.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use super::{topic_translations::TopicTranslation, topics::TopicRow};

/// See the module's head.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportedTopic {
    /// As readers see it.
    pub name: String,
    /// Readers may not choose it any more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub archived: bool,
    /// All that is said of it. `None`: the first line of the export says it, once for everybody.
    #[serde(flatten)]
    pub words: Option<TopicWords>,
}

/// What readers are told of a topic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopicWords {
    /// Its place among the topics.
    pub place: usize,
    /// What it holds.
    pub description: String,
    /// What it is called in other languages, by their tags.
    #[serde(default)]
    pub translations: BTreeMap<String, TranslatedTopic>,
}

/// A topic in another language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TranslatedTopic {
    /// As readers of this language see it.
    pub name: String,
    /// What it holds.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
}

impl From<&TopicRow> for ExportedTopic {
    fn from(topic: &TopicRow) -> Self {
        Self {
            name: topic.name.clone(),
            archived: topic.archived_at.is_some(),
            words: None,
        }
    }
}

/// All topics, by their short names, each with all that is said of it.
#[must_use]
pub fn in_full(
    topics: &[TopicRow],
    mut translations: HashMap<i64, Vec<TopicTranslation>>,
) -> BTreeMap<String, ExportedTopic> {
    let topics = topics.iter().enumerate();
    let in_full = topics.map(|(place, topic)| {
        let said = translations.remove(&topic.id).unwrap_or_default();
        let said = said.into_iter().map(|words| {
            let TopicTranslation {
                language,
                name,
                description,
            } = words;
            (language, TranslatedTopic { name, description })
        });
        let words = TopicWords {
            place,
            description: topic.description.clone(),
            translations: said.collect(),
        };
        let topic_in_full = ExportedTopic {
            words: Some(words),
            ..topic.into()
        };
        (topic.slug.clone(), topic_in_full)
    });
    in_full.collect()
}
