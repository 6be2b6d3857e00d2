//! The partial indexes of the schema name states by their numbers and words. Here they are held to the
//! enums, on a database that was migrated just now: a room adds one line for each index of its own, and
//! one that is forgotten is missed.

use std::collections::BTreeMap;

use sea_orm::{ActiveEnum, FromQueryResult};

use crate::{
    clock::Clock,
    db::{self, sql_value, sql_values},
    delivery::testing,
    delivery_state::DeliveryState,
    newsletters::NewsletterState,
    releases::ReleaseState,
    returns::{ReturnKind, ReturnState},
    subscribers::{Audience, Frequency, Status, consent::Evidence},
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
        (
            "consent_left",
            format!("event IN ({})", sql_values(&Evidence::LEAVES)),
        ),
        (
            "consent_address_changed",
            is("event", &Evidence::AddressChanged),
        ),
        ("delivery_queued", is("state", &Queued)),
        ("delivery_deferred", is("state", &Deferred)),
        ("delivery_claimed", is("state", &Claimed)),
        (
            "delivery_exception",
            format!("state IN ({})", sql_values(&[Failed, Withdrawn])),
        ),
        (
            "transactional_mail_due",
            format!("state IN ({})", sql_values(&[Queued, Deferred])),
        ),
        ("transactional_mail_claimed", is("state", &Claimed)),
        ("newsletter_to_press", is("audience", &Audience::PressList)),
        ("release_held", is("state", &ReleaseState::Held)),
        (
            "newsletter_active",
            format!(
                "state IN ({}, {}, {})",
                newsletter(NewsletterState::Approved),
                newsletter(NewsletterState::Sending),
                newsletter(NewsletterState::Paused)
            ),
        ),
        (
            "newsletter_unchecked",
            format!(
                "state IN ({}) AND checked_at IS NULL",
                sql_values(&NewsletterState::UNMAILED)
            ),
        ),
        (
            "newsletter_correction",
            format!(
                "corrects IS NOT NULL AND state <> {}",
                newsletter(NewsletterState::Cancelled)
            ),
        ),
        ("release_settling", is("state", &ReleaseState::Settling)),
        (
            "release_filtered",
            format!(
                "state = {} AND settles_at IS NOT NULL",
                sql_value(&ReleaseState::Filtered)
            ),
        ),
        (
            "release_awaiting_draft",
            format!(
                "state IN ({}) AND drafted_at IS NULL",
                sql_values(&[
                    ReleaseState::Settling,
                    ReleaseState::Settled,
                    ReleaseState::Held
                ])
            ),
        ),
        (
            "delivery_reply_refused",
            format!("outcome = {} AND code >= 500", sql_value(&Failed)),
        ),
        (
            "returned_mail_set_aside",
            is("state", &ReturnState::SetAside),
        ),
        (
            "returned_mail_complaints",
            is("kind", &ReturnKind::Complaint),
        ),
        (
            "subscription_summarised",
            format!(
                "frequency + frequency_before > {}",
                sql_value(&Frequency::Each)
            ),
        ),
    ]
}

/// The column holds this value.
fn is<E: ActiveEnum>(column: &str, value: &E) -> String
where
    E::Value: Into<sea_orm::Value>,
{
    format!("{column} = {}", sql_value(value))
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

/// A partial index and its condition, as the database has them.
#[derive(FromQueryResult)]
struct Kept {
    name: String,
    definition: String,
}

#[tokio::test]
async fn every_partial_index_names_the_states_of_its_enum() {
    let (app, _folder) = testing::app(Clock::system()).await;
    let definitions = if app.db.is_sqlite() {
        "SELECT name, sql AS definition FROM sqlite_master WHERE type = 'index' AND sql LIKE '% WHERE %'"
    } else {
        "SELECT indexname AS name, indexdef AS definition FROM pg_indexes
         WHERE schemaname = current_schema() AND indexdef LIKE '% WHERE %'"
    };
    let kept: Vec<Kept> = db::rows(app.db.pool(), definitions, []).await.unwrap();
    let mut conditions: BTreeMap<&str, String> = conditions().into_iter().collect();
    for Kept { name, definition } in kept {
        let (_, condition) = definition.split_once("WHERE ").unwrap();
        let Some(expected) = conditions.remove(name.as_str()) else {
            assert!(
                literals(condition).is_empty(),
                "{name} names a state, and nothing holds it to its enum: {condition}"
            );
            continue;
        };
        if app.db.is_sqlite() {
            assert_eq!(condition, expected, "{name}");
        } else {
            assert_eq!(
                literals(condition),
                literals(&expected),
                "{name}: {condition}"
            );
        }
    }
    assert!(
        conditions.is_empty(),
        "there are no such indexes: {conditions:?}"
    );
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
