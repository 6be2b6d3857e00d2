//! The partial indexes of the schema name states by their numbers and words. Here they are held to the
//! enums, on a database that was migrated just now: a room adds one line for each index of its own.

use crate::{
    clock::Clock,
    db::{self, sql_value, sql_values},
    delivery::testing,
    delivery_state::DeliveryState,
    newsletters::NewsletterState,
    releases::ReleaseState,
    subscribers::{Audience, Status, consent::Evidence},
    values,
};

/// An index, and its condition as the queries write it that use it.
fn conditions() -> Vec<(&'static str, String)> {
    use DeliveryState::{Claimed, Deferred, Failed, Queued, Withdrawn};
    let newsletter = |state: NewsletterState| state as i16;
    vec![
        (
            "subscriber_not_confirmed",
            format!("status <> {}", sql_value(&Status::Confirmed)),
        ),
        (
            "consent_proof",
            format!("event IN ({})", sql_values(&Evidence::PROVES_CONSENT)),
        ),
        ("delivery_queued", format!("state = {}", sql_value(&Queued))),
        (
            "delivery_deferred",
            format!("state = {}", sql_value(&Deferred)),
        ),
        (
            "delivery_claimed",
            format!("state = {}", sql_value(&Claimed)),
        ),
        (
            "delivery_exception",
            format!("state IN ({})", sql_values(&[Failed, Withdrawn])),
        ),
        (
            "transactional_mail_due",
            format!("state IN ({})", sql_values(&[Queued, Deferred])),
        ),
        (
            "transactional_mail_claimed",
            format!("state = {}", sql_value(&Claimed)),
        ),
        (
            "newsletter_to_press",
            format!("audience = {}", sql_value(&Audience::PressList)),
        ),
        (
            "release_held",
            format!("state = {}", sql_value(&ReleaseState::Held)),
        ),
        (
            "newsletter_active",
            format!(
                "state IN ({}, {}, {})",
                newsletter(NewsletterState::Approved),
                newsletter(NewsletterState::Sending),
                newsletter(NewsletterState::Paused)
            ),
        ),
    ]
}

/// The numbers and words in a condition: PostgreSQL keeps `IN (1, 2)` as `= ANY (ARRAY[1, 2])`.
fn literals(condition: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, part) in condition.split('\'').enumerate() {
        if at % 2 == 1 {
            found.push(part.to_owned());
        } else {
            let numbers = part.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            found.extend(
                numbers
                    .filter(|word| word.chars().all(|c| c.is_ascii_digit()) && !word.is_empty())
                    .map(str::to_owned),
            );
        }
    }
    found
}

#[tokio::test]
async fn every_partial_index_names_the_states_of_its_enum() {
    let (app, _folder) = testing::app(Clock::system()).await;
    let definition = if app.db.is_sqlite() {
        "SELECT sql FROM sqlite_master WHERE type = 'index' AND name = $1"
    } else {
        "SELECT indexdef FROM pg_indexes WHERE indexname = $1"
    };
    for (index, expected) in conditions() {
        let found: Option<String> = db::scalar(app.db.pool(), definition, values![index])
            .await
            .unwrap();
        let found = found.unwrap_or_else(|| panic!("there is no index {index}"));
        let (_, condition) = found.split_once("WHERE ").unwrap();
        if app.db.is_sqlite() {
            assert_eq!(condition, expected, "{index}");
        } else {
            assert_eq!(
                literals(condition),
                literals(&expected),
                "{index}: {condition}"
            );
        }
    }
}

#[test]
fn the_literals_of_both_databases_are_the_same() {
    let kept = "(state = ANY (ARRAY[1, 2, 30]))";
    assert_eq!(literals(kept), literals("state IN (1, 2, 30)"));
    let kept = "(event = ANY (ARRAY['confirmed'::text, 'imported'::text]))";
    assert_eq!(
        literals(kept),
        literals("event IN ('confirmed', 'imported')")
    );
    assert_ne!(literals("state = 1"), literals("state = 2"));
}
