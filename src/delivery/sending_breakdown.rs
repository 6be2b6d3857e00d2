//! Where a newsletter that is being sent stands, part by part: what each relay took, and at which mailbox
//! provider messages wait to be tried again.

use sea_orm::{DbErr, FromQueryResult};

use crate::{
    app::App,
    clock::{Timestamp, instant},
    db::{self, sql_value},
    delivery_state::DeliveryState,
    subscribers::audience::{SQL_JOIN_READER, SQL_READER_ADDRESS},
    values,
};

/// Providers that are named; the rest is in the total.
const MOST_DOMAINS: i64 = 6;

/// What one relay took.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct TakenByRelay {
    /// Its host and port.
    pub relay: String,
    /// How many messages.
    pub accepted: i64,
}

/// Messages to addresses of one domain that are being retried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetriedAtDomain {
    /// What stands behind the @.
    pub domain: String,
    /// How many.
    pub people: u64,
    /// When the next of them is tried.
    pub next_at: Timestamp,
}

#[derive(Debug, FromQueryResult)]
struct DomainRow {
    domain: String,
    people: i64,
    next_at: i64,
}

/// What each relay took of a newsletter. It reads all of its part of the queue: not to be asked every second.
///
/// # Errors
/// The database failed.
pub async fn taken_by_relays(app: &App, id: i64) -> Result<Vec<TakenByRelay>, DbErr> {
    // The primary key of `delivery`.
    let sql = format!(
        "SELECT r.address AS relay, count(*) AS accepted FROM delivery d JOIN relay r ON r.id = d.relay
         WHERE d.newsletter_id = $1 AND d.state = {} GROUP BY r.address ORDER BY r.address",
        sql_value(&DeliveryState::Accepted)
    );
    db::rows(app.db.pool(), &sql, values![id]).await
}

/// SQL text: what stands behind the @ of a reader's address; empty where it was erased.
fn sql_domain(app: &App) -> String {
    let at_sign = if app.db.is_sqlite() {
        "instr"
    } else {
        "strpos"
    };
    format!(
        "coalesce(lower(substr({SQL_READER_ADDRESS}, {at_sign}({SQL_READER_ADDRESS}, '@') + 1)), '')"
    )
}

/// Messages that were accepted for addresses of one domain.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct TakenAtDomain {
    /// What stands behind the @.
    pub domain: String,
    /// How many.
    pub accepted: i64,
}

/// For which mailbox providers messages of a newsletter were accepted, most first. It reads all of its part of
/// the queue, with each address: seconds for a million.
///
/// # Errors
/// The database failed.
pub async fn taken_at_domains(app: &App, id: i64) -> Result<Vec<TakenAtDomain>, DbErr> {
    // The primary key of `delivery`.
    let sql = format!(
        "SELECT {} AS domain, count(*) AS accepted FROM delivery d {SQL_JOIN_READER}
         WHERE d.newsletter_id = $1 AND d.state = {} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT $2",
        sql_domain(app),
        sql_value(&DeliveryState::Accepted)
    );
    db::rows(app.db.pool(), &sql, values![id, MOST_DOMAINS]).await
}

/// Where messages of a newsletter wait to be tried again, most first.
///
/// # Errors
/// The database failed.
pub async fn retried_at_domains(app: &App, id: i64) -> Result<Vec<RetriedAtDomain>, DbErr> {
    // delivery_deferred
    let sql = format!(
        "SELECT {} AS domain, count(*) AS people, min(d.at) AS next_at
         FROM delivery d {SQL_JOIN_READER}
         WHERE d.newsletter_id = $1 AND d.state = {}
         GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT $2",
        sql_domain(app),
        sql_value(&DeliveryState::Deferred)
    );
    let rows: Vec<DomainRow> = db::rows(app.db.pool(), &sql, values![id, MOST_DOMAINS]).await?;
    Ok(rows
        .into_iter()
        .map(|row| RetriedAtDomain {
            domain: row.domain,
            people: row.people.unsigned_abs(),
            next_at: instant(row.next_at),
        })
        .collect())
}
