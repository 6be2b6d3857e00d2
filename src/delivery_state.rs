//! Where a message stands, a newsletter's delivery or a transactional mail, and how it travelled: the
//! numbers that the database keeps, each written here and nowhere else.
//!
//! It stands in the foundation because the rooms count and list deliveries, and `transactional`
//! queues mail, below the delivery room that moves them.

use sea_orm::{DeriveActiveEnum, EnumIter};
use serde::Serialize;

pub mod transition;

/// Where a delivery stands; transactional mail has the same states.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "i16", db_type = "SmallInteger")]
#[serde(rename_all = "lowercase")]
pub enum DeliveryState {
    /// Waits to be claimed.
    Queued = 0,
    /// A worker holds it.
    Claimed = 1,
    /// Tried, and to be tried again.
    Deferred = 2,
    /// A relay has taken responsibility for it (RFC 5321 §4.2.1).
    Accepted = 3,
    /// Refused for good, or its deadline passed.
    Failed = 4,
    /// Its reader left, or it was cancelled, before it was sent.
    Withdrawn = 5,
}

impl DeliveryState {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Claimed => "claimed",
            Self::Deferred => "deferred",
            Self::Accepted => "accepted",
            Self::Failed => "failed",
            Self::Withdrawn => "withdrawn",
        }
    }
}

/// The states as they stand in SQL text: a partial index is found by its very words.
pub mod sql {
    use super::DeliveryState as State;

    /// [`State::Queued`]
    pub const QUEUED: i16 = State::Queued as i16;
    /// [`State::Claimed`]
    pub const CLAIMED: i16 = State::Claimed as i16;
    /// [`State::Deferred`]
    pub const DEFERRED: i16 = State::Deferred as i16;
    /// [`State::Accepted`]; all states below it are open.
    pub const ACCEPTED: i16 = State::Accepted as i16;
    /// [`State::Failed`]
    pub const FAILED: i16 = State::Failed as i16;
    /// [`State::Withdrawn`]
    pub const WITHDRAWN: i16 = State::Withdrawn as i16;
}

/// How a message travelled to its relay, as the delivery log keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "i16", db_type = "SmallInteger")]
pub enum Tls {
    /// In the clear.
    None = 0,
    /// TLS 1.2.
    V1_2 = 12,
    /// TLS 1.3.
    V1_3 = 13,
}

impl Tls {
    /// As people write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::V1_2 => "TLS 1.2",
            Self::V1_3 => "TLS 1.3",
        }
    }
}

#[cfg(test)]
mod tests {
    use sea_orm::{ActiveEnum, Iterable};

    use super::{
        DeliveryState::{Deferred, Failed, Queued, Withdrawn},
        sql::{CLAIMED, DEFERRED, QUEUED},
        *,
    };
    use crate::db::sql_values;

    /// The schema's partial indexes are found by their very words.
    #[test]
    fn the_states_are_the_numbers_that_the_partial_indexes_of_the_schema_name() {
        let schema = include_str!("../migration/src/schema.sql");
        let steps = include_str!("../migration/src/m20261128_000001_field_words.rs");
        let condition = |name: &str| {
            let index = format!("CREATE INDEX {name} ");
            let text = [schema, steps]
                .into_iter()
                .find_map(|text| text.split_once(&index));
            let (_, rest) = text.unwrap_or_else(|| panic!("no index {name}"));
            let statement = rest.split(';').next().unwrap_or_default();
            let (_, condition) = statement.split_once("WHERE ").unwrap();
            condition.to_owned()
        };
        for (name, expected) in [
            ("delivery_queued", format!("state = {QUEUED}")),
            ("delivery_deferred", format!("state = {DEFERRED}")),
            ("delivery_claimed", format!("state = {CLAIMED}")),
            (
                "delivery_exception",
                format!("state IN ({})", sql_values(&[Failed, Withdrawn])),
            ),
            (
                "transactional_mail_due",
                format!("state IN ({})", sql_values(&[Queued, Deferred])),
            ),
            ("transactional_mail_claimed", format!("state = {CLAIMED}")),
        ] {
            assert_eq!(condition(name), expected, "{name}");
        }
    }

    #[test]
    fn every_number_is_read_back_as_what_was_written() {
        for state in DeliveryState::iter() {
            let number = state.to_value();
            assert_eq!(DeliveryState::try_from_value(&number), Ok(state));
        }
        for tls in Tls::iter() {
            assert_eq!(Tls::try_from_value(&tls.to_value()), Ok(tls));
        }
    }
}
