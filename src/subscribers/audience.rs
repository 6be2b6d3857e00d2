//! The audience of a newsletter: who may be mailed, written once. Recipient eligibility is asked for
//! the count that staff see, when a newsletter is queued, when a delivery is claimed, and before each
//! message; every one of these statements is built from the parts here.
//!
//! * [`Audience::sql_eligible`]: who may be queued, as a FROM and its conditions
//! * [`Audience::sql_join_wanted`], [`Audience::sql_address_wanted`]: whether a delivery that is queued
//!   is still wanted, by primary keys alone
//!
//! The two audiences share nothing: the press list stands under [`NO_TOPIC`], to which
//! nobody can subscribe, and press contacts have ids that no subscription holds. So neither can be
//! mailed what is meant for the other. What narrows the audience of one newsletter further (another
//! topic's copy, a correction) is `newsletters`' part.
//!
//! Names in the parts: `s` subscriber, `t` subscription, `c` press contact, `d` delivery.

use sea_orm::{DeriveActiveEnum, EnumIter};
use serde::Serialize;

use super::{Status, consent::Evidence};
use crate::db::{sql_value, sql_values};

/// What a newsletter to the press list has in place of a topic. Nobody can subscribe to it, so
/// whatever asks for the subscribers of a newsletter's topic finds none.
pub const NO_TOPIC: i64 = 0;

/// Whom a newsletter is for: one or the other, never both. It is decided when the newsletter is made
/// and never changes: a trigger refuses it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "i16", db_type = "SmallInteger")]
#[serde(rename_all = "kebab-case")]
pub enum Audience {
    /// Those who asked for its topic and confirmed, each with the evidence.
    Subscribers = 0,
    /// The addresses that staff keep ([`crate::subscribers::press_list`]).
    PressList = 1,
}

/// SQL text: the readers of an audience.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqlAudience {
    /// What stands after FROM.
    pub from: &'static str,
    /// The column that holds the reader's id, in whose order the tables are walked.
    pub reader: &'static str,
    /// What stands after WHERE.
    pub conditions: String,
}

impl Audience {
    /// The audience of a newsletter with this topic.
    #[must_use]
    pub fn of_topic(topic: i64) -> Self {
        if topic == NO_TOPIC {
            Self::PressList
        } else {
            Self::Subscribers
        }
    }

    /// The words for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Subscribers => "subscribers",
            Self::PressList => "press list",
        }
    }

    /// Who may be queued for a newsletter of the topic `$topic` whose sending began at `$began`.
    ///
    /// Subscribers: walks the topic's part of subscription's primary key, subscriber by its own, and
    /// the evidence by `consent_proof`. Press list: walks `press_contact`, a few thousand at most.
    #[must_use]
    pub fn sql_eligible(self, topic: &str, began: &str) -> SqlAudience {
        match self {
            Self::Subscribers => SqlAudience {
                from: "subscription t JOIN subscriber s ON s.id = t.subscriber_id",
                reader: "t.subscriber_id",
                conditions: format!(
                    "t.topic_id = {topic} AND {} AND s.status_at <= {began} AND {}",
                    sql_is_confirmed(),
                    sql_has_consented()
                ),
            },
            Self::PressList => SqlAudience {
                from: "press_contact c",
                reader: "c.id",
                conditions: format!(
                    "{topic} = {} AND c.added_at <= {began} AND {}",
                    NO_TOPIC,
                    sql_contact_may_be_mailed()
                ),
            },
        }
    }

    /// Joins that keep of the deliveries `d` those whose reader still wants them. Every table by its
    /// primary key. The evidence is not asked for again: it was there when the delivery was queued,
    /// and goes only with its subscriber.
    #[must_use]
    pub fn sql_join_wanted(self, topic: &str) -> String {
        match self {
            Self::Subscribers => format!(
                "JOIN subscriber s ON s.id = d.subscriber_id AND {}
                 JOIN subscription t ON t.topic_id = {topic} AND t.subscriber_id = d.subscriber_id",
                sql_is_confirmed()
            ),
            Self::PressList => format!(
                "JOIN press_contact c ON c.id = d.subscriber_id AND {topic} = {} AND {}",
                NO_TOPIC,
                sql_contact_may_be_mailed()
            ),
        }
    }

    /// The same as a query for the address of the reader of the row `delivery`; nothing for one who
    /// left.
    #[must_use]
    pub fn sql_address_wanted(self, topic: &str) -> String {
        match self {
            Self::Subscribers => format!(
                "SELECT s.email FROM subscriber s
                 JOIN subscription t ON t.subscriber_id = s.id AND t.topic_id = {topic}
                 WHERE s.id = delivery.subscriber_id AND {}",
                sql_is_confirmed()
            ),
            Self::PressList => format!(
                "SELECT c.email FROM press_contact c
                 WHERE c.id = delivery.subscriber_id AND {topic} = {} AND {}",
                NO_TOPIC,
                sql_contact_may_be_mailed()
            ),
        }
    }
}

/// How often the subscription in the alias `t` wants its topic, as it was in force for what was sent at
/// the instant `at`.
#[must_use]
pub fn sql_frequency_at(t: &str, at: &str) -> String {
    format!("CASE WHEN {t}.frequency_from <= {at} THEN {t}.frequency ELSE {t}.frequency_before END")
}

/// A subscriber `s` is on the list.
#[must_use]
pub fn sql_is_confirmed() -> String {
    format!("s.status = {}", sql_value(&Status::Confirmed))
}

/// The evidence of a consent stands in `consent`'s event. The words of the index `consent_proof`.
#[must_use]
pub fn sql_proves_consent(event: &str) -> String {
    format!("{event} IN ({})", sql_values(&Evidence::PROVES_CONSENT))
}

/// A subscriber `s` has a consent on record: a status alone is not enough (C1).
fn sql_has_consented() -> String {
    format!(
        "EXISTS (SELECT 1 FROM consent e WHERE e.subscriber_id = s.id AND {})",
        sql_proves_consent("e.event")
    )
}

/// A contact `c` may be mailed. Left, complained, bounced or blocked counts wherever it was said, on
/// the press list or as a subscriber. By suppression's primary key and subscriber's unique key.
#[must_use]
pub fn sql_contact_may_be_mailed() -> String {
    format!(
        "c.left_at IS NULL
         AND NOT EXISTS (SELECT 1 FROM suppression x WHERE x.address_hash = c.address_hash)
         AND NOT EXISTS (SELECT 1 FROM subscriber g WHERE g.email_key = c.email_key AND g.status IN ({}))",
        sql_values(&Status::GONE)
    )
}

/// A contact `c` stands for no newspaper or station: the exception for news releases to the media
/// does not cover it.
#[must_use]
pub fn sql_names_no_medium() -> &'static str {
    "c.outlet = ''"
}

/// Who subscribes to what, as what stands after FROM. Walk it by `t.topic_id` and `t.subscriber_id`, its
/// primary key.
pub const SQL_SUBSCRIPTIONS: &str = "subscription t";

/// Joins as `t` the subscription of one reader to one topic, given as columns. By its primary key.
#[must_use]
pub fn sql_join_subscription(t: &str, topic: &str, reader: &str) -> String {
    format!("JOIN subscription {t} ON {t}.topic_id = {topic} AND {t}.subscriber_id = {reader}")
}

/// Joins the subscriber `s` with the id `reader`. By its primary key.
#[must_use]
pub fn sql_join_subscriber(reader: &str) -> String {
    format!("JOIN subscriber s ON s.id = {reader}")
}

/// Joins the subscriber `s` with the address of the contact `c`. By subscriber's unique key.
#[must_use]
pub fn sql_join_subscriber_of_contact() -> &'static str {
    "JOIN subscriber s ON s.email_key = c.email_key"
}

/// The id of the last evidence that `reader` consented, or NULL. By `consent_proof`.
#[must_use]
pub fn sql_last_proof(reader: &str) -> String {
    format!(
        "(SELECT max(c.id) FROM consent c WHERE c.subscriber_id = {reader} AND {})",
        sql_proves_consent("c.event")
    )
}

/// Joins the evidence `c` with the id `id`. By its primary key.
#[must_use]
pub fn sql_join_evidence(id: &str) -> String {
    format!("JOIN consent c ON c.id = {id}")
}

/// What `of_request` says of the last evidence `q` that `reader` asked for a subscription, or NULL. By
/// `consent_of_subscriber`.
#[must_use]
pub fn sql_of_last_request(reader: &str, of_request: &str) -> String {
    format!(
        "(SELECT {of_request} FROM consent q WHERE q.subscriber_id = {reader} AND q.event = {}
          ORDER BY q.id DESC LIMIT 1)",
        sql_value(&Evidence::Requested)
    )
}

/// Joins the contacts of the deliveries `d` to the press list.
#[must_use]
pub fn sql_join_contact() -> &'static str {
    "JOIN press_contact c ON c.id = d.subscriber_id"
}

/// Joins to the deliveries `d` their readers of either audience, also those who do not want them any more.
/// By primary keys.
pub const SQL_JOIN_READER: &str = "LEFT JOIN subscriber s ON s.id = d.subscriber_id
             LEFT JOIN press_contact c ON c.id = d.subscriber_id";

/// The address of a reader whom [`SQL_JOIN_READER`] joined; NULL after an erasure.
pub const SQL_READER_ADDRESS: &str = "coalesce(s.email, c.email)";
