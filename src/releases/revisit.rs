//! Looking again at what is final, held or withdrawn, for two weeks: an office corrects, withdraws
//! and puts back later too. What has changed is kept as a revision and as an event; what that means
//! for a newsletter is the newsletters' own affair.

use sea_orm::{
    ActiveValue::Set, ColumnTrait, DbErr, EntityTrait, ExprTrait, QueryFilter, QueryOrder,
    QuerySelect, sea_query::Expr,
};

use super::{
    ReleaseState, SourceKind,
    events::ReleaseEventKind as Event,
    fetch::Fetcher,
    hold_reason::{HoldReason, HoldReasons},
    hold_rules,
    items::{Item, Listing},
    page_reader::PageReader,
    release_error::ReleaseError,
    release_state::{self, ReleaseText, Transition},
    release_states::FIRST_REVISIT_MS,
    release_tables::release,
    rereading,
    second_look::{self, Absence, KnownRelease, Recheck},
};
use crate::{
    app::App,
    clock::{DAY, HOUR, SECOND},
    newsletter_lookup::{sql_begun_of_release, sql_waits_of_release},
};

/// The time between two looks grows with the release's age, up to this while it is news, and
/// perhaps still waits for the sending window.
const LONGEST_WHILE_NEWS_MS: i64 = HOUR;
/// And then up to this.
const LONGEST_MS: i64 = 12 * HOUR;
/// For how long it is news.
const NEWS_MS: i64 = 3 * DAY;
/// Later changes are the archive's.
const WATCHED_MS: i64 = 14 * DAY;
/// Looked at in one round: each may be a page to fetch.
const AT_ONCE: u64 = 20;

/// What staff are told of a release that is back.
const RESTORED: &str = "The office had taken it back, and its page is there again. It is read once more and goes on as its source's policy says; of what was cancelled because of it a new draft is made.";

const FINAL_OR_HELD: &[ReleaseState] = &[ReleaseState::Settled, ReleaseState::Held];

fn next(first_seen_at: i64, now: i64) -> Option<i64> {
    let age = now - first_seen_at;
    let longest = if age < NEWS_MS {
        LONGEST_WHILE_NEWS_MS
    } else {
        LONGEST_MS
    };
    (age < WATCHED_MS).then(|| now + age.clamp(FIRST_REVISIT_MS, longest))
}

/// Looks again at what is due; how many had changed.
pub async fn revisit_due(app: &App) -> Result<u64, ReleaseError> {
    // release_revisit
    let due: Vec<i64> = release::Entity::find()
        .select_only()
        .column(release::Column::Id)
        .filter(release::Column::RevisitAt.is_not_null())
        .filter(release::Column::RevisitAt.lte(app.clock.now_ms()))
        .order_by_asc(release::Column::RevisitAt)
        .limit(AT_ONCE)
        .into_tuple()
        .all(app.db.pool())
        .await?;
    if due.is_empty() {
        return Ok(0);
    }
    let fetcher = Fetcher::new(app).await?;
    let pages = PageReader::new(&fetcher);
    let mut changed = 0;
    for ((feed, kind), releases) in second_look::by_source(app, &due).await {
        let listing = second_look::listing(&fetcher, SourceKind::of(kind), &feed).await;
        for release in releases {
            let found = look(&pages, &release, listing.as_ref()).await;
            match keep(app, &release, found).await {
                Ok(is_news) => changed += u64::from(is_news),
                Err(error) => {
                    second_look::recheck_later(app, release.id, &error, FIRST_REVISIT_MS).await;
                }
            }
        }
    }
    if changed > 0 {
        app.scheduler_wakeup.notify_one();
    }
    Ok(changed)
}

/// A feed forgets old releases, so only a release's own page says that it is gone, and that it is
/// back. It does not say what has changed: where the text came from the feed, the page reads a
/// little differently.
async fn look(
    pages: &PageReader<'_>,
    release: &KnownRelease,
    listing: Option<&Listing>,
) -> Recheck {
    if release.state == ReleaseState::Vanished {
        return second_look::page(pages, release).await;
    }
    if let Some(item) = listing.and_then(|listing| second_look::listed(release, listing)) {
        return second_look::with_page(pages, release, item.clone()).await;
    }
    match second_look::page(pages, release).await {
        Recheck::PageGone => Recheck::PageGone,
        Recheck::Present(_) => Recheck::Unlisted,
        Recheck::Unlisted | Recheck::Unclear => Recheck::Unclear,
    }
}

/// Whether it was news.
async fn keep(app: &App, release: &KnownRelease, found: Recheck) -> Result<bool, ReleaseError> {
    let now = app.clock.now_ms();
    let next = next(release.first_seen_at, now);
    if release.state == ReleaseState::Vanished {
        return match found {
            Recheck::Present(_) => restore(app, release).await,
            _ => look_again_at(app, release.id, next).await,
        };
    }
    match found {
        Recheck::PageGone => match Absence::note(app, release).await? {
            Absence::AskAgainAt(at) => look_again_at(app, release.id, Some(at)).await,
            Absence::Confirmed => withdraw(app, release).await,
        },
        Recheck::Present(item) => {
            second_look::note_present(app, release).await?;
            look_again_at(app, release.id, next).await?;
            // Only its summary, or nothing: that tells of no change.
            if hold_rules::is_summary(&item) || item.document.is_none() {
                return Ok(false);
            }
            changed(app, release, &item).await
        }
        Recheck::Unlisted => {
            second_look::note_present(app, release).await?;
            look_again_at(app, release.id, next).await
        }
        Recheck::Unclear => look_again_at(app, release.id, next).await,
    }
}

async fn look_again_at(app: &App, id: i64, at: Option<i64>) -> Result<bool, ReleaseError> {
    release::Entity::update_many()
        .set(release::ActiveModel {
            revisit_at: Set(at),
            ..Default::default()
        })
        .filter(release::Column::Id.eq(id))
        .exec(&app.db.writer())
        .await?;
    Ok(false)
}

async fn withdraw(app: &App, release: &KnownRelease) -> Result<bool, ReleaseError> {
    let transaction = app.db.begin().await?;
    let withdraw = Transition::new(FINAL_OR_HELD, Event::Withdrawn, ReleaseState::Vanished);
    let withdrawn = withdraw
        .apply(&transaction, release.id, app.clock.now_ms())
        .await?;
    transaction.commit().await?;
    tracing::info!(release.id, "the office took a release back");
    Ok(withdrawn)
}

/// Takes up again what had been taken back: it settles anew.
async fn restore(app: &App, release: &KnownRelease) -> Result<bool, ReleaseError> {
    let now = app.clock.now_ms();
    let transaction = app.db.begin().await?;
    let restore = Transition {
        notice: Some(RESTORED.to_owned()),
        settles_at: Some(now + release.settle_seconds * SECOND),
        ..Transition::new(
            &[ReleaseState::Vanished],
            Event::Restored,
            ReleaseState::Settling,
        )
    };
    let restored = restore.apply(&transaction, release.id, now).await?;
    transaction.commit().await?;
    tracing::info!(release.id, "a release that was taken back is there again");
    Ok(restored)
}

/// Keeps what is new about it. A final release that its source's filter would leave out by now is
/// held first, so that nothing of it begins between the two.
async fn changed(app: &App, release: &KnownRelease, item: &Item) -> Result<bool, ReleaseError> {
    let now = app.clock.now_ms();
    let text = ReleaseText::of(item)?;
    let let_go = release.let_go.as_ref();
    let mut reasons = Vec::new();
    if !release.filter().takes(item) && !hold_rules::is_let_go(let_go, &HoldReason::OutOfFilter) {
        reasons.push(HoldReason::OutOfFilter);
    }
    let differs = text.content_hash() != release.content_hash.as_deref();
    let is_reread = differs && rereading::is_reread(app, release, item).await?;
    if differs && !is_reread {
        reasons.extend(hold_rules::assess_change(let_go, item));
    }
    let transaction = app.db.begin().await?;
    rereading::note_source(&transaction, release, item, &text, is_reread).await?;
    let mut is_held = false;
    if let Some(reason) = HoldReasons::of(reasons)
        && is_unmailed(&transaction, release.id).await?
    {
        let hold = Transition::new(&[ReleaseState::Settled], Event::Held, ReleaseState::Held)
            .because(&reason);
        is_held = hold.apply(&transaction, release.id, now).await?;
    }
    let revised = differs
        && !is_reread
        && release_state::revise(&transaction, release.id, FINAL_OR_HELD, now, &text).await?;
    transaction.commit().await?;
    if is_held {
        tracing::info!(
            release.id,
            "a final release is held because of what it says now"
        );
    }
    if revised {
        tracing::info!(release.id, "the office changed a release that was final");
    }
    Ok(is_held || revised)
}

/// Whether nothing of the release was mailed yet, and something still can be.
async fn is_unmailed(transaction: &crate::db::WriteTransaction, id: i64) -> Result<bool, DbErr> {
    let unmailed = release::Entity::find_by_id(id)
        .filter(Expr::cust(sql_begun_of_release("release.id")).not())
        .filter(
            release::Column::DraftedAt
                .is_null()
                .or(Expr::cust(sql_waits_of_release("release.id"))),
        )
        .one(transaction)
        .await?;
    Ok(unmailed.is_some())
}
