//! What polling keeps of each source: when it is due, how the last look went, and when the next one
//! comes. Each is one statement with its condition, because a hub's word or another process may
//! change the row meanwhile.

use std::ops::RangeInclusive;

use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, DbErr, DerivePartialModel, EntityTrait, ExprTrait, QueryFilter,
    QueryOrder, QuerySelect, UpdateMany,
    sea_query::{Expr, Func, SimpleExpr},
};

use super::{
    SourceKind, fetch::Validators, filters::Filter, release_error::ReleaseError,
    release_tables::source,
};
use crate::{
    app::App,
    clock::{HOUR, SECOND},
};

/// How often a look that goes on says so: `poll_began_at` is its lease, and a command may look beside
/// the scheduler.
pub(super) const SIGN_OF_LIFE_MS: i64 = 10 * SECOND;

/// Who looks and has said nothing for this long is gone.
const GONE_AFTER_MS: i64 = 6 * SIGN_OF_LIFE_MS;

/// A source whose time has come.
#[derive(Debug, DerivePartialModel)]
#[sea_orm(entity = "source::Entity")]
pub(super) struct DueSource {
    pub id: i64,
    pub url: String,
    pub kind: SourceKind,
    pub settle_seconds: i64,
    pub poll_seconds: i64,
    pub baseline_at: Option<i64>,
    pub etag: Option<String>,
    pub last_modified: Option<String>,
    pub last_polled_at: Option<i64>,
    pub failing_since: Option<i64>,
    pub last_unconditional_at: Option<i64>,
    pub next_poll_at: i64,
    pub failures: i32,
    pub include_terms: Option<String>,
    pub exclude_terms: Option<String>,
    pub listed_nothing: bool,
    /// The last sign of life of a look that has not ended yet.
    pub poll_began_at: Option<i64>,
}

impl DueSource {
    pub(super) fn filter(&self) -> Filter {
        Filter::of(self.include_terms.as_deref(), self.exclude_terms.as_deref())
    }

    /// When it was last seen, or began to fail.
    pub(super) fn last_look(&self) -> i64 {
        let last = self.failing_since.or(self.last_polled_at);
        last.or(self.baseline_at).unwrap_or_default()
    }

    pub(super) fn validators(&self) -> Validators {
        Validators {
            etag: self.etag.clone(),
            last_modified: self.last_modified.clone(),
        }
    }
}

/// The signs of life of those who look now: neither silent for long, nor of before the clock was set back.
fn alive(now: i64) -> RangeInclusive<i64> {
    now - GONE_AFTER_MS..=now + GONE_AFTER_MS
}

/// Whether somebody looks at it now.
fn is_looked_at(now: i64) -> SimpleExpr {
    source::Column::PollBeganAt.between(*alive(now).start(), *alive(now).end())
}

/// Those whose time has come and whom nobody looks at. A row that cannot be read stops no other; it is
/// asked again in an hour.
pub(super) async fn due(app: &App) -> Result<Vec<DueSource>, ReleaseError> {
    let now = app.clock.now_ms();
    let ids: Vec<i64> = source::Entity::find()
        .select_only()
        .column(source::Column::Id)
        // source_due
        .filter(source::Column::Active.eq(true))
        .filter(source::Column::NextPollAt.lte(now))
        .filter(
            source::Column::PollBeganAt
                .is_null()
                .or(is_looked_at(now).not()),
        )
        .order_by_asc(source::Column::NextPollAt)
        .limit(MOST_DUE)
        .into_tuple()
        .all(app.db.pool())
        .await?;
    let mut sources = Vec::with_capacity(ids.len());
    for id in ids {
        let row = source::Entity::find_by_id(id)
            .into_partial_model::<DueSource>()
            .one(app.db.pool())
            .await;
        match row {
            // Somebody else may have had the turn since the list was made.
            Ok(source) => sources.extend(source.filter(|source| source.next_poll_at <= now)),
            Err(error) => {
                tracing::error!(source.id = id, %error, "a source's row cannot be read; the others go on");
                let later = source::ActiveModel {
                    next_poll_at: Set(now + HOUR),
                    ..Default::default()
                };
                bookkeeping(id, later).exec(&app.db.writer()).await?;
            }
        }
    }
    Ok(sources)
}

/// More of them wait for the next look for due sources.
const MOST_DUE: u64 = 64;

/// A statement that notes something of one source.
fn bookkeeping(id: i64, row: source::ActiveModel) -> UpdateMany<source::Entity> {
    source::Entity::update_many()
        .set(row)
        .filter(source::Column::Id.eq(id))
}

/// The same, with the instant of the next look: `next`, unless somebody asked for one since the
/// source's row was read. A hub that tells of news while a look is under way means another look.
fn with_next_poll(
    source: &DueSource,
    row: source::ActiveModel,
    next: i64,
) -> UpdateMany<source::Entity> {
    let asked = || Expr::col(source::Column::NextPollAt);
    let next = Expr::case(asked().eq(source.next_poll_at), next).finally(asked());
    bookkeeping(source.id, row).col_expr(source::Column::NextPollAt, next.into())
}

/// What every look that succeeded leaves.
fn is_well(now: i64) -> source::ActiveModel {
    source::ActiveModel {
        last_polled_at: Set(Some(now)),
        failures: Set(0),
        last_error: Set(None),
        failing_since: Set(None),
        poll_began_at: Set(None),
        ..Default::default()
    }
}

/// What there is to do about a source that was due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// It is ours to look.
    Ours,
    /// The last look never ended, because it took the process with it.
    NeverEnded,
    /// Somebody else has begun, or was asked to, since the row was read.
    Others,
}

/// Takes the look at a source: of several processes that see it due, one gets it.
pub(super) async fn begin(app: &App, source: &DueSource) -> Result<Turn, DbErr> {
    let now = app.clock.now_ms();
    // Who counts the failure has the turn until it is counted.
    let row = sign_of_life(now);
    let unchanged = match source.poll_began_at {
        None => source::Column::PollBeganAt.is_null(),
        // Somebody has begun between the list of those that are due and the row.
        Some(began) if alive(now).contains(&began) => return Ok(Turn::Others),
        Some(began) => source::Column::PollBeganAt.eq(began),
    };
    let taken = bookkeeping(source.id, row)
        .filter(source::Column::NextPollAt.eq(source.next_poll_at))
        .filter(unchanged)
        .exec(&app.db.writer())
        .await?;
    Ok(match (taken.rows_affected, source.poll_began_at) {
        (0, _) => Turn::Others,
        (_, None) => Turn::Ours,
        (_, Some(_)) => Turn::NeverEnded,
    })
}

fn sign_of_life(now: i64) -> source::ActiveModel {
    source::ActiveModel {
        poll_began_at: Set(Some(now)),
        ..Default::default()
    }
}

/// Says that the look at a source goes on.
pub(super) async fn goes_on(app: &App, source: &DueSource) -> Result<(), DbErr> {
    bookkeeping(source.id, sign_of_life(app.clock.now_ms()))
        // One that has ended meanwhile has ended.
        .filter(source::Column::PollBeganAt.is_not_null())
        .exec(&app.db.writer())
        .await?;
    Ok(())
}

/// Gives a look back that a stopping process does not finish: it is no fault of the source's.
pub(super) async fn give_back(app: &App, source: &DueSource) -> Result<(), DbErr> {
    let row = source::ActiveModel {
        poll_began_at: Set(None),
        ..Default::default()
    };
    bookkeeping(source.id, row).exec(&app.db.writer()).await?;
    Ok(())
}

/// Notes that nothing has changed since the last look.
pub(super) async fn unchanged(
    app: &App,
    source: &DueSource,
    now: i64,
    next: i64,
) -> Result<(), DbErr> {
    with_next_poll(source, is_well(now), next)
        .exec(&app.db.writer())
        .await?;
    Ok(())
}

/// What a look leaves with its source.
pub(super) struct PollResult {
    /// JSON of what nothing could be made of.
    pub set_aside: Option<String>,
    pub listed_nothing: bool,
    /// To ask with the next time.
    pub validators: Validators,
    /// Whether it was asked only for what changed.
    pub conditional: bool,
    pub now: i64,
    pub next: i64,
}

/// Notes what a look brought, in the transaction that stores the releases.
pub(super) async fn done(
    transaction: &impl ConnectionTrait,
    source: &DueSource,
    look: &PollResult,
) -> Result<(), DbErr> {
    let row = source::ActiveModel {
        etag: Set(look.validators.etag.clone()),
        last_modified: Set(look.validators.last_modified.clone()),
        baseline_at: Set(Some(source.baseline_at.unwrap_or(look.now))),
        set_aside: Set(look.set_aside.clone()),
        listed_nothing: Set(look.listed_nothing),
        ..is_well(look.now)
    };
    let whole = if look.conditional {
        source.last_unconditional_at
    } else {
        Some(look.now)
    };
    // Where a hub told of news meanwhile, the next look is asked for whole.
    let told = Expr::col(source::Column::NextPollAt).ne(source.next_poll_at);
    let whole = Expr::case(told, Option::<i64>::None).finally(whole);
    with_next_poll(source, row, look.next)
        .col_expr(source::Column::LastUnconditionalAt, whole.into())
        .exec(transaction)
        .await?;
    Ok(())
}

/// Notes that a look failed; the next one comes at `next`.
pub(super) async fn failed(
    app: &App,
    source: &DueSource,
    error: &ReleaseError,
    next: i64,
) -> Result<(), DbErr> {
    let now = app.clock.now_ms();
    let row = source::ActiveModel {
        last_polled_at: Set(Some(now)),
        last_error: Set(Some(error.to_string())),
        poll_began_at: Set(None),
        ..Default::default()
    };
    let since = Func::coalesce([Expr::col(source::Column::FailingSince), Expr::val(now)]);
    with_next_poll(source, row, next)
        .col_expr(
            source::Column::Failures,
            Expr::col(source::Column::Failures).add(1),
        )
        .col_expr(source::Column::FailingSince, since.into())
        .exec(&app.db.writer())
        .await?;
    Ok(())
}
