//! The second look, when a release's settle time is over: offices correct and withdraw in the
//! first minutes (F9). What still stands then is final.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr};

use super::{
    ReleaseState, SourceKind,
    events::ReleaseEventKind as Event,
    fetch::Fetcher,
    filtered,
    hold_reason::{HoldReason, HoldReasons},
    hold_rules::{self, AssessedBefore},
    items::Item,
    page_reader::PageReader,
    release_error::ReleaseError,
    release_state::{ReleaseText, Transition},
    release_tables::release,
    second_look::{self, Absence, KnownRelease, Recheck},
};
use crate::{
    app::App,
    clock::{DAY, MINUTE},
    db,
};

/// What staff are told of a release that was never final.
const WITHDRAWN: &str = "The office took it back in the first minutes: its page was gone twice, some minutes apart. Nothing of it is mailed; should the page come back, it is taken up again.";

/// A site that cannot be reached is asked again after this.
const RETRY_MS: i64 = MINUTE;

const SETTLING: &[ReleaseState] = &[ReleaseState::Settling];

/// Looked at in one round: each may be a page to fetch.
const AT_ONCE: u64 = 100;

/// Settles the releases whose time is over; how many are final now.
pub async fn settle_due(app: &App) -> Result<u64, ReleaseError> {
    // release_settling, found by these very words
    let settling = format!("state = {}", db::sql_value(&ReleaseState::Settling));
    let due: Vec<i64> = release::Entity::find()
        .select_only()
        .column(release::Column::Id)
        .filter(Expr::cust(settling))
        .filter(release::Column::SettlesAt.lte(app.clock.now_ms()))
        .order_by_asc(release::Column::SettlesAt)
        .limit(AT_ONCE)
        .into_tuple()
        .all(app.db.pool())
        .await?;
    let filtered = filtered::due(app).await?;
    if due.is_empty() && filtered.is_empty() {
        return Ok(0);
    }
    let fetcher = Fetcher::new(app).await?;
    let pages = PageReader::new(&fetcher);
    let mut settled = 0;
    for ((feed, kind), releases) in second_look::by_source(app, &due).await {
        let listing = second_look::listing(&fetcher, SourceKind::of(kind), &feed).await;
        for release in releases {
            let found = match &listing {
                Some(listing) => second_look::look(&pages, &release, listing).await,
                None => Recheck::Unclear,
            };
            match settle(app, &release, found).await {
                Ok(is_final) => settled += u64::from(is_final),
                Err(error) => second_look::recheck_later(app, release.id, &error, RETRY_MS).await,
            }
        }
    }
    settled += filtered::take_in(app, &pages, &filtered).await?;
    if settled > 0 {
        app.scheduler_wakeup.notify_one();
    }
    Ok(settled)
}

/// Whether the release is final now.
async fn settle(app: &App, release: &KnownRelease, found: Recheck) -> Result<bool, ReleaseError> {
    let now = app.clock.now_ms();
    match found {
        Recheck::Present(item) => {
            second_look::note_present(app, release).await?;
            settle_found(app, release, &item).await
        }
        Recheck::PageGone => match Absence::note(app, release).await? {
            Absence::AskAgainAt(at) => ask_again(app, release, at).await,
            Absence::Confirmed => {
                let withdraw = Transition::new(SETTLING, Event::Withdrawn, ReleaseState::Vanished);
                let withdraw = Transition {
                    notice: Some(WITHDRAWN.to_owned()),
                    ..withdraw
                };
                if apply(app, release.id, &withdraw).await? {
                    tracing::info!(
                        release.id,
                        "the office took a release back before it was final"
                    );
                }
                Ok(false)
            }
        },
        Recheck::Unlisted => match Absence::note(app, release).await? {
            Absence::AskAgainAt(at) => ask_again(app, release, at).await,
            Absence::Confirmed => hold_or_settle(app, release, HoldReason::Unlisted).await,
        },
        Recheck::Unclear => {
            let since = release.published_at.unwrap_or(0).max(release.first_seen_at);
            if now - since > DAY {
                return hold_or_settle(app, release, HoldReason::Unreachable).await;
            }
            ask_again(app, release, now + RETRY_MS).await
        }
    }
}

async fn ask_again(app: &App, release: &KnownRelease, at: i64) -> Result<bool, ReleaseError> {
    second_look::set_settles_at(app, release.id, ReleaseState::Settling, Some(at)).await?;
    Ok(false)
}

/// Holds it for `reason`, unless that held it before and a person let it go on.
async fn hold_or_settle(
    app: &App,
    release: &KnownRelease,
    reason: HoldReason,
) -> Result<bool, ReleaseError> {
    if hold_rules::is_let_go(release.let_go.as_ref(), &reason) {
        let settle = Transition::new(SETTLING, Event::Settled, ReleaseState::Settled);
        return apply(app, release.id, &settle).await;
    }
    let reason = HoldReasons::one(reason);
    let hold = Transition::new(SETTLING, Event::Held, ReleaseState::Held).because(&reason);
    apply(app, release.id, &hold).await?;
    Ok(false)
}

/// Whether what was found makes the release final.
async fn settle_found(
    app: &App,
    release: &KnownRelease,
    item: &Item,
) -> Result<bool, ReleaseError> {
    let now = app.clock.now_ms();
    let let_go = release.let_go.as_ref();
    // Where only the summary can be read, the words that the filter asks for may be in the rest.
    if !hold_rules::is_summary(item)
        && !release.filter().takes(item)
        && !hold_rules::is_let_go(let_go, &HoldReason::OutOfFilter)
    {
        let leave_out = Transition::new(SETTLING, Event::FilteredOut, ReleaseState::Filtered);
        apply(app, release.id, &leave_out).await?;
        return Ok(false);
    }
    // F10: moved into the future meanwhile.
    if let Some(published) = item
        .published
        .map(jiff::Timestamp::as_millisecond)
        .filter(|at| *at > now && !hold_rules::lies_ahead(*at, now))
    {
        return ask_again(app, release, published).await;
    }
    let before = AssessedBefore {
        id: release.id,
        title: &release.title,
        let_go,
    };
    let held = hold_rules::assess_again(app, &before, item).await?;
    let text = ReleaseText::of(item)?;
    let transition = match &held {
        Some(reason) => Transition::new(SETTLING, Event::Held, ReleaseState::Held).because(reason),
        None => Transition::new(SETTLING, Event::Settled, ReleaseState::Settled),
    };
    // What was read before is more than the summary, or nothing, that can be read now.
    let worse = item.document.is_none() || hold_rules::is_summary(item);
    let transition = Transition {
        text: (held.is_none() || !worse).then_some(&text),
        ..transition
    };
    if !apply(app, release.id, &transition).await? {
        return Ok(false);
    }
    tracing::info!(
        release.id,
        state = transition.to.as_str(),
        "a release's settle time is over"
    );
    Ok(transition.to == ReleaseState::Settled)
}

async fn apply(app: &App, id: i64, transition: &Transition<'_>) -> Result<bool, ReleaseError> {
    let transaction = app.db.begin().await?;
    let moved = transition
        .apply(&transaction, id, app.clock.now_ms())
        .await?;
    transaction.commit().await?;
    Ok(moved)
}
