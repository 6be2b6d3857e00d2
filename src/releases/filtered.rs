//! What a source's filter left out, looked at once more when its settle time is over: an office
//! adds a category, or the words that were missing, in the first minutes (F9). What passes then is
//! judged as if it were new.

use sea_orm::{
    ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr,
};

use super::{
    ReleaseState, SourceKind,
    events::ReleaseEventKind as Event,
    hold_rules::{self, Assessment, LookFacts},
    items::Listing,
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

/// Looked at in one round: each may be a page to fetch.
const AT_ONCE: u64 = 20;

/// Where nothing can be told now, the next look comes after this, for a day.
const RETRY_MS: i64 = MINUTE;

const FILTERED: &[ReleaseState] = &[ReleaseState::Filtered];

/// What is to be looked at now; nearly always nothing.
pub(super) async fn due(app: &App) -> Result<Vec<i64>, DbErr> {
    // release_filtered, found by these very words
    let filtered = format!(
        "state = {} AND settles_at IS NOT NULL",
        db::sql_value(&ReleaseState::Filtered)
    );
    release::Entity::find()
        .select_only()
        .column(release::Column::Id)
        .filter(Expr::cust(filtered))
        .filter(release::Column::SettlesAt.lte(app.clock.now_ms()))
        .order_by_asc(release::Column::SettlesAt)
        .order_by_asc(release::Column::Id)
        .limit(AT_ONCE)
        .into_tuple()
        .all(app.db.pool())
        .await
}

/// Takes in what of these passes the filter now; how many releases that were.
pub(super) async fn take_in(
    app: &App,
    pages: &PageReader<'_>,
    due: &[i64],
) -> Result<u64, ReleaseError> {
    let mut taken = 0;
    for ((feed, kind), releases) in second_look::by_source(app, due).await {
        let source = releases.first().map_or(0, |release| release.source_id);
        let listing = second_look::listing(pages.fetcher, SourceKind::of(kind), &feed).await;
        let (mut present, mut items) = (Vec::new(), Vec::new());
        for release in releases {
            match missing(app, pages, &release, listing.as_ref()).await {
                Ok(Some(item)) => {
                    present.push(release);
                    items.push(*item);
                }
                Ok(None) => {}
                Err(error) => second_look::recheck_later(app, release.id, &error, RETRY_MS).await,
            }
        }
        // The rules hold what is odd, also where many pass at once because staff changed the
        // filter. The settle time is over: nothing is left of it for this look.
        let Some(filter) = present.first().map(KnownRelease::filter) else {
            continue;
        };
        let look = LookFacts {
            source,
            was_empty: false,
            gap: None,
            settle_seconds: 0,
            filter: &filter,
        };
        let findings = match hold_rules::assess(app, items, &look).await {
            Ok(findings) => findings,
            Err(error) => {
                for release in &present {
                    second_look::recheck_later(app, release.id, &error, RETRY_MS).await;
                }
                continue;
            }
        };
        for (release, finding) in present.iter().zip(findings) {
            match take_in_one(app, release, &finding).await {
                Ok(is_taken) => taken += u64::from(is_taken),
                Err(error) => second_look::recheck_later(app, release.id, &error, RETRY_MS).await,
            }
        }
    }
    Ok(taken)
}

/// What the source or the page says of it; where that is nothing, decides when to ask again.
async fn missing(
    app: &App,
    pages: &PageReader<'_>,
    release: &KnownRelease,
    listing: Option<&Listing>,
) -> Result<Option<Box<super::items::Item>>, ReleaseError> {
    let found = match listing {
        Some(listing) => second_look::look(pages, release, listing).await,
        None => Recheck::Unclear,
    };
    let now = app.clock.now_ms();
    let next = match found {
        Recheck::Present(item) => {
            second_look::note_present(app, release).await?;
            return Ok(Some(item));
        }
        Recheck::PageGone | Recheck::Unlisted => match Absence::note(app, release).await? {
            Absence::AskAgainAt(at) => Some(at),
            Absence::Confirmed => None,
        },
        Recheck::Unclear => (now - release.first_seen_at <= DAY).then_some(now + RETRY_MS),
    };
    second_look::set_settles_at(app, release.id, ReleaseState::Filtered, next).await?;
    Ok(None)
}

/// Whether it is taken in.
async fn take_in_one(
    app: &App,
    release: &KnownRelease,
    finding: &Assessment,
) -> Result<bool, ReleaseError> {
    let state = finding.state;
    if state == ReleaseState::Filtered {
        // For good: who changes it later has to bring it by hand.
        second_look::set_settles_at(app, release.id, ReleaseState::Filtered, None).await?;
        return Ok(false);
    }
    let text = ReleaseText::of(&finding.item)?;
    let transition = Transition {
        reason: finding.held.as_ref(),
        notice: finding.held.as_ref().map(ToString::to_string),
        // F10: dated in the future, it waits for that.
        settles_at: finding
            .item
            .published
            .filter(|_| state == ReleaseState::Settling)
            .map(jiff::Timestamp::as_millisecond),
        text: Some(&text),
        ..Transition::new(FILTERED, Event::Restored, state)
    };
    let transaction = app.db.begin().await?;
    let taken = transition
        .apply(&transaction, release.id, app.clock.now_ms())
        .await?;
    transaction.commit().await?;
    if taken {
        tracing::info!(
            release.id,
            state = state.as_str(),
            "a release passes the filter since it was changed"
        );
    }
    Ok(taken)
}
