//! Topics that a known reader had and gave up here: no list brings them back, as none brings back who left. Read
//! from the evidence, in the order in which it was written.

use std::collections::{BTreeSet, HashMap};

use sea_orm::{ColumnTrait, DerivePartialModel, EntityTrait, QueryFilter, QueryOrder};
use serde_json::Value;

use crate::{
    db::WriteTransaction,
    subscribers::{
        Result,
        consent::{Evidence, slugs},
        subscriber_tables::consent as proof,
    },
};

#[derive(DerivePartialModel)]
#[sea_orm(entity = "proof::Entity")]
struct Step {
    subscriber_id: i64,
    event: Evidence,
    evidence: String,
}

/// What one reader has and gave up so far, by slug.
#[derive(Debug, Default)]
struct Choices {
    has: BTreeSet<String>,
    given_up: BTreeSet<String>,
}

impl Choices {
    fn follow(&mut self, event: Evidence, evidence: &Value) {
        let named = || slugs(evidence, "topics").map(str::to_owned);
        match event {
            // A list may add some; what it takes away is nobody's choice of topics.
            Evidence::Imported => self.has.extend(named()),
            Evidence::Confirmed | Evidence::Resubscribed => self.choose(named()),
            Evidence::TopicLeft => {
                for slug in slugs(evidence, "topics_left") {
                    self.has.remove(slug);
                    self.given_up.insert(slug.to_owned());
                }
            }
            Evidence::PreferencesChanged if evidence["batch_undone"].is_string() => {
                self.has = named().collect();
            }
            Evidence::PreferencesChanged => {
                self.given_up.append(&mut self.has);
                self.choose(named());
            }
            _ => {}
        }
    }

    fn choose(&mut self, chosen: impl Iterator<Item = String>) {
        for slug in chosen {
            self.given_up.remove(&slug);
            self.has.insert(slug);
        }
    }
}

/// What each of these readers gave up, by slug.
pub(super) async fn given_up_topics(
    transaction: &WriteTransaction,
    readers: &[i64],
) -> Result<HashMap<i64, BTreeSet<String>>> {
    let mut all: HashMap<i64, Choices> = HashMap::new();
    if readers.is_empty() {
        return Ok(HashMap::new());
    }
    // consent_of_subscriber
    let steps: Vec<Step> = proof::Entity::find()
        .filter(proof::Column::SubscriberId.is_in(readers.iter().copied()))
        .order_by_asc(proof::Column::Id)
        .into_partial_model()
        .all(transaction)
        .await?;
    for step in steps {
        let evidence: Value = serde_json::from_str(&step.evidence)?;
        let choices = all.entry(step.subscriber_id).or_default();
        choices.follow(step.event, &evidence);
    }
    Ok(all
        .into_iter()
        .map(|(id, choices)| (id, choices.given_up))
        .collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_somebody_left_stays_left_until_they_choose_it_again() {
        let mut choices = Choices::default();
        let mut given_up = |event, evidence: Value| {
            choices.follow(event, &evidence);
            choices
                .given_up
                .iter()
                .cloned()
                .collect::<Vec<_>>()
                .join(" ")
        };
        let all = json!({ "topics": ["press", "veterans", "jobs"] });
        assert_eq!(given_up(Evidence::Confirmed, all), "");
        let left = json!({ "topics_left": ["press"] });
        assert_eq!(given_up(Evidence::TopicLeft, left), "press");
        let fewer = json!({ "topics": ["jobs"] });
        assert_eq!(
            given_up(Evidence::PreferencesChanged, fewer),
            "press veterans"
        );
        let list = json!({ "topics": ["health"], "batch": "b1" });
        assert_eq!(given_up(Evidence::Imported, list), "press veterans");
        let undone = json!({ "topics": ["jobs"], "batch_undone": "b1" });
        assert_eq!(
            given_up(Evidence::PreferencesChanged, undone),
            "press veterans"
        );
        let again = json!({ "topics": ["press", "jobs"] });
        assert_eq!(given_up(Evidence::PreferencesChanged, again), "veterans");
    }
}
