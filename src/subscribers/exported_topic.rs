//! What an export says of a topic beside its short name, so that an import makes it as it was.

use serde::{Deserialize, Serialize};

use super::topics::TopicRow;

/// See the module's head.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportedTopic {
    /// As readers see it.
    pub name: String,
    /// Readers may not choose it any more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub archived: bool,
}

impl From<&TopicRow> for ExportedTopic {
    fn from(topic: &TopicRow) -> Self {
        Self {
            name: topic.name.clone(),
            archived: topic.archived_at.is_some(),
        }
    }
}
