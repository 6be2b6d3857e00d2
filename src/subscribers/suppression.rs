//! Who must not be mailed, kept as keyed hashes: the list of those who want to be left alone is no
//! list of addresses.

use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter,
    sea_query::{Expr, ExprTrait, OnConflict},
};

pub use super::subscriber_kinds::SuppressionReason;
use super::subscriber_tables::suppression;
use crate::app::App;

/// Why an address is suppressed, if it is.
pub async fn reason(
    app: &App,
    connection: &impl ConnectionTrait,
    email_key: &str,
) -> Result<Option<SuppressionReason>, DbErr> {
    let hash = app.keys.address_hash(email_key);
    let row = suppression::Entity::find_by_id(hash)
        .one(connection)
        .await?;
    Ok(row.map(|row| row.reason))
}

/// Whether an address, known by its keyed hash only, asked to be left alone for good.
pub async fn is_blocked(
    connection: &impl ConnectionTrait,
    address_hash: &[u8],
) -> Result<bool, DbErr> {
    let row = suppression::Entity::find_by_id(address_hash.to_vec())
        .one(connection)
        .await?;
    Ok(row.is_some_and(|row| row.reason == SuppressionReason::Blocked))
}

/// Suppresses an address. A block or complaint is never weakened by a later reason.
pub async fn add(
    app: &App,
    connection: &impl ConnectionTrait,
    email_key: &str,
    reason: SuppressionReason,
) -> Result<(), DbErr> {
    add_hash(app, connection, app.keys.address_hash(email_key), reason).await
}

/// The same for many addresses, each of them once.
pub async fn add_all(
    app: &App,
    connection: &impl ConnectionTrait,
    all: &[(&str, SuppressionReason)],
) -> Result<(), DbErr> {
    let hashed = all
        .iter()
        .map(|(key, reason)| (app.keys.address_hash(key), *reason));
    add_hashes(app, connection, hashed.collect()).await
}

/// The same for an address that we know by its keyed hash only.
pub async fn add_hash(
    app: &App,
    connection: &impl ConnectionTrait,
    address_hash: Vec<u8>,
    reason: SuppressionReason,
) -> Result<(), DbErr> {
    add_hashes(app, connection, vec![(address_hash, reason)]).await
}

async fn add_hashes(
    app: &App,
    connection: &impl ConnectionTrait,
    all: Vec<(Vec<u8>, SuppressionReason)>,
) -> Result<(), DbErr> {
    if all.is_empty() {
        return Ok(());
    }
    let stricter = Expr::col((suppression::Entity, suppression::Column::Reason))
        .gt(Expr::col(("excluded", suppression::Column::Reason)));
    let keep_the_strictest = OnConflict::column(suppression::Column::AddressHash)
        .update_columns([suppression::Column::Reason, suppression::Column::At])
        .action_and_where(stricter)
        .to_owned();
    let at = app.clock.now_ms();
    let rows = all
        .into_iter()
        .map(|(address_hash, reason)| suppression::ActiveModel {
            address_hash: Set(address_hash),
            reason: Set(reason),
            at: Set(at),
        });
    suppression::Entity::insert_many(rows)
        .on_conflict(keep_the_strictest)
        .exec_without_returning(connection)
        .await?;
    Ok(())
}

/// Lifts what a new opt-in lifts.
pub async fn lift(
    app: &App,
    connection: &impl ConnectionTrait,
    email_key: &str,
) -> Result<(), DbErr> {
    lift_reasons(
        app,
        connection,
        email_key,
        &SuppressionReason::LIFTED_BY_OPT_IN,
    )
    .await
}

/// Lifts a bounce that was read wrongly, and nothing else.
pub async fn lift_bounce(
    app: &App,
    connection: &impl ConnectionTrait,
    email_key: &str,
) -> Result<(), DbErr> {
    lift_reasons(app, connection, email_key, &[SuppressionReason::Bounced]).await
}

/// Lifts what a list can have said: whoever calls knows that only an import did, and that it is undone.
pub async fn lift_mark(
    app: &App,
    connection: &impl ConnectionTrait,
    email_key: &str,
) -> Result<(), DbErr> {
    lift_reasons(
        app,
        connection,
        email_key,
        &SuppressionReason::SAID_BY_LISTS,
    )
    .await
}

async fn lift_reasons(
    app: &App,
    connection: &impl ConnectionTrait,
    email_key: &str,
    reasons: &[SuppressionReason],
) -> Result<(), DbErr> {
    suppression::Entity::delete_by_id(app.keys.address_hash(email_key))
        .filter(suppression::Column::Reason.is_in(reasons.iter().copied()))
        .exec(connection)
        .await?;
    Ok(())
}
