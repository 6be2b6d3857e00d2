//! Soft bounces are counted; enough of them, over time, are a hard one. A mailbox that takes mail
//! again is forgiven.

use sea_orm::{ColumnTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter, QuerySelect};

use super::{
    return_reader::ReturnKind,
    returned_mail::{Column, Entity},
};
use crate::{
    app::App,
    clock::{DAY, HOUR},
    db::WriteTransaction,
    delivery::{
        accepted_since,
        reply_class::{ReplyAction, ReplyClass},
    },
    subscribers::Returnee,
};

/// A mail that has not come back by then has arrived.
const ARRIVED_AFTER_MS: i64 = 2 * DAY;

/// Between two reports that a domain does not exist.
const MISSING_FOR_MS: i64 = 24 * HOUR;

/// Rows that are looked at; thresholds are far below.
const LOOKED_AT: u64 = 200;

#[derive(Debug, FromQueryResult)]
struct SoftBounce {
    at: i64,
    newsletter_id: Option<i64>,
}

/// Whether this person's soft bounces are enough: so many newsletters in a row, over so many days
/// (`GAZETTE_RETURNS_SOFT_BOUNCES`, `GAZETTE_RETURNS_SOFT_DAYS`).
pub(super) async fn are_enough(
    app: &App,
    transaction: &WriteTransaction,
    who: &Returnee,
) -> Result<bool, DbErr> {
    let mut bounces = of(transaction, who, None).await?;
    let Some(first_at) = bounces.iter().map(|bounce| bounce.at).min() else {
        return Ok(false);
    };
    let now = app.clock.now_ms();
    let came_back: Vec<Option<i64>> = bounces.iter().map(|bounce| bounce.newsletter_id).collect();
    let arrived_at = accepted_since(transaction, who.id, first_at)
        .await?
        .into_iter()
        .filter(|accepted| accepted.at <= now - ARRIVED_AFTER_MS)
        .filter(|accepted| !came_back.contains(&Some(accepted.newsletter)))
        .map(|accepted| accepted.at)
        .max();
    if let Some(arrived_at) = arrived_at {
        bounces.retain(|bounce| bounce.at > arrived_at);
    }
    let newsletters: std::collections::BTreeSet<_> = bounces
        .iter()
        .filter_map(|bounce| bounce.newsletter_id)
        .collect();
    let (first, last) = (
        bounces.iter().map(|bounce| bounce.at).min().unwrap_or(now),
        bounces.iter().map(|bounce| bounce.at).max().unwrap_or(now),
    );
    Ok(
        newsletters.len() >= app.settings.returns.soft_bounces as usize
            && last - first >= i64::from(app.settings.returns.soft_days) * DAY,
    )
}

/// Whether the person's domain was reported missing at least a day ago.
pub(super) async fn host_was_missing_before(
    app: &App,
    transaction: &WriteTransaction,
    subscriber: i64,
    since: i64,
) -> Result<bool, DbErr> {
    let before = Entity::find()
        .filter(Column::SubscriberId.eq(subscriber))
        .filter(Column::At.gte(since))
        .filter(Column::At.lte(app.clock.now_ms() - MISSING_FOR_MS))
        .filter(Column::Kind.eq(ReturnKind::Bounce))
        .filter(Column::Class.eq(ReplyClass::UnknownHost))
        .one(transaction)
        .await?;
    Ok(before.is_some())
}

async fn of(
    transaction: &WriteTransaction,
    who: &Returnee,
    class: Option<ReplyClass>,
) -> Result<Vec<SoftBounce>, DbErr> {
    let mut query = Entity::find()
        .select_only()
        .columns([Column::At, Column::NewsletterId])
        .filter(Column::SubscriberId.eq(who.id))
        .filter(Column::At.gte(who.status_at()))
        .filter(Column::Kind.eq(ReturnKind::Bounce))
        .filter(Column::Action.eq(ReplyAction::Count))
        .limit(LOOKED_AT);
    if let Some(class) = class {
        query = query.filter(Column::Class.eq(class));
    }
    query.into_model::<SoftBounce>().all(transaction).await
}
