//! The hold rules: what about a new release is odd enough that a person must look first (F8, F10).

use std::collections::HashSet;

use gazette_templates::Document;
use sea_orm::{ColumnTrait, EntityTrait, ExprTrait, QueryFilter, sea_query::Expr};

use super::{
    ReleaseState, filters::Filter, identity, items::Item, reading, release_error::ReleaseError,
    release_tables::release,
};
use crate::{
    app::App,
    clock::{DAY, HOUR},
    db, values,
};

/// More new items than this in one poll are no ordinary day.
const MANY_NEW_RELEASES: usize = 3;

/// F10: how far into the text a release says that it is not yet public.
const EMBARGO_WITHIN_CHARACTERS: usize = 500;

/// For how long a title is the same one again.
const SAME_RELEASE_MS: i64 = 30 * DAY;

/// Who publishes today what is dated before this published it late, or again.
const OLD_DATE_MS: i64 = 48 * HOUR;

/// A release waits for a date of its own that is nearer than this.
const FAR_OFF_DATE_MS: i64 = 14 * DAY;

/// Why a release waits for a person. Its words are what staff read, and what the database keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum HoldReason {
    /// So many came in one poll.
    #[error(
        "{0} new releases came at once. Perhaps the site was rebuilt; check that this one is really new."
    )]
    ManyAtOnce(usize),
    #[error("The source was empty before. Check that this release is really new.")]
    SourceWasEmpty,
    /// The last look's items are all gone from the list.
    #[error(
        "Its source lists nothing any more that the last look saw, so others may have come and gone in between, and be missing here. Look at the site."
    )]
    GapInList,
    #[error("It is dated more than 48 hours before it appeared. Check that it is really new.")]
    OldDate,
    #[error(
        "It is dated more than two weeks from now. Check its date: let go, it waits for that date; its draft can be approved at any time."
    )]
    FarOffDate,
    #[error("It says that it is embargoed. Send it when the embargo is over.")]
    Embargoed,
    /// F2: so WordPress's feed calls a post behind a password.
    #[error("The site keeps it behind a password. Send it when the site shows it to everyone.")]
    BehindPassword,
    #[error(
        "A release with the same title came or was mailed within the last 30 days. Check that this is not the same one."
    )]
    SameTitle,
    #[error(
        "Its text and date are those of a release that came within the last 30 days, under another title and address. Check that this is not the same one."
    )]
    SameText,
    /// Nothing is known of it but its title.
    #[error("Its text was not read. Look at its page, and add it by hand.")]
    NoText,
    #[error(
        "Its page could not be read, only the feed's summary. Look at its page, and add it by hand."
    )]
    OnlySummary,
    /// It passed once, and would not any more.
    #[error(
        "It no longer passes the source's filter. Check whether it is to be mailed all the same."
    )]
    OutOfFilter,
    #[error("Its site could not be reached for a day to see whether it still stands.")]
    Unreachable,
    #[error(
        "Its source no longer lists it, and it has no page of its own that says whether it stands. Ask the office, then let it go or drop it."
    )]
    Unlisted,
}

/// Several reasons as staff read them: whoever lets it go because of one has seen the others.
fn joined(reasons: &[HoldReason]) -> Option<String> {
    let words: Vec<String> = reasons.iter().map(HoldReason::to_string).collect();
    (!words.is_empty()).then(|| words.join(" "))
}

/// Fewer words than these are the same in many a notice.
const FEWEST_WORDS_TO_COMPARE: usize = 12;

/// An item and what becomes of it.
#[derive(Debug)]
pub(super) struct Assessment {
    pub item: Item,
    pub held: Option<String>,
    pub state: ReleaseState,
}

impl Assessment {
    fn skipped(item: Item) -> Self {
        Self {
            item,
            held: None,
            state: ReleaseState::Filtered,
        }
    }
}

/// What is known of the look that found the items.
#[derive(Debug)]
pub(super) struct LookFacts<'a> {
    /// `source.id`
    pub source: i64,
    /// The source listed nothing before.
    pub was_empty: bool,
    /// Nothing of what the last look saw is listed any more.
    pub has_gap: bool,
    pub settle_seconds: i64,
    pub filter: &'a Filter,
}

/// Assesses what a poll found. What the source's filter leaves out is no part of the flood.
pub(super) async fn assess(
    app: &App,
    new: Vec<Item>,
    look: &LookFacts<'_>,
) -> Result<Vec<Assessment>, ReleaseError> {
    let LookFacts {
        source,
        settle_seconds,
        filter,
        ..
    } = *look;
    let many = new.iter().filter(|item| filter.takes(item)).count();
    let now = app.clock.now_ms();
    let mut findings = Vec::with_capacity(new.len());
    let mut titles = HashSet::new();
    let of_the_poll = about_the_poll(many, look);
    for item in new {
        if !filter.takes(&item) {
            findings.push(Assessment::skipped(item));
            continue;
        }
        let again = !titles.insert(identity::title_key(&item.title)) && !item.title.is_empty();
        let mut reasons = of_the_poll.clone();
        reasons.extend(odd(&item, now));
        if again || same_title(app, &item.title, 0, now).await? {
            reasons.push(HoldReason::SameTitle);
        } else if same_text(app, source, &item, now).await? {
            reasons.push(HoldReason::SameText);
        }
        if item.document.is_none() {
            reasons.push(HoldReason::NoText);
        } else if settle_seconds == 0 && is_summary(&item) {
            reasons.push(HoldReason::OnlySummary);
        }
        let held = joined(&reasons);
        let future = published(&item).is_some_and(|at| at > now);
        let state = match &held {
            Some(_) => ReleaseState::Held,
            None if settle_seconds == 0 && !future => ReleaseState::Settled,
            None => ReleaseState::Settling,
        };
        findings.push(Assessment { item, held, state });
    }
    Ok(findings)
}

fn published(item: &Item) -> Option<i64> {
    item.published.map(jiff::Timestamp::as_millisecond)
}

/// What is odd about a poll is odd about each of its releases.
fn about_the_poll(many: usize, look: &LookFacts<'_>) -> Vec<HoldReason> {
    let mut reasons = Vec::new();
    if many > MANY_NEW_RELEASES {
        reasons.push(HoldReason::ManyAtOnce(many));
    }
    if look.was_empty {
        reasons.push(HoldReason::SourceWasEmpty);
    }
    // A list as short as an ordinary day may be all new on such a day.
    if look.has_gap && many > MANY_NEW_RELEASES {
        reasons.push(HoldReason::GapInList);
    }
    reasons
}

/// What is odd about the item itself.
fn odd(item: &Item, now: i64) -> Vec<HoldReason> {
    let mut reasons = Vec::new();
    if published(item).is_some_and(|at| at < now - OLD_DATE_MS) {
        reasons.push(HoldReason::OldDate);
    }
    if published(item).is_some_and(|at| far_off(at, now)) {
        reasons.push(HoldReason::FarOffDate);
    }
    if embargoed(item) {
        reasons.push(HoldReason::Embargoed);
    }
    if item.title.starts_with("Protected: ") {
        reasons.push(HoldReason::BehindPassword);
    }
    reasons
}

/// A release that was judged when it was new, as it is when its settle time is over.
#[derive(Debug)]
pub(super) struct AssessedBefore<'a> {
    pub id: i64,
    /// What it was called then.
    pub title: &'a str,
    /// Why it was held, where a person let it go on: that holds it no second time.
    pub let_go: Option<&'a str>,
}

/// What about the text as it is now needs a person.
pub(super) async fn assess_again(
    app: &App,
    release: &AssessedBefore<'_>,
    item: &Item,
) -> Result<Option<String>, ReleaseError> {
    let now = app.clock.now_ms();
    let mut reasons = Vec::new();
    if embargoed(item) {
        reasons.push(HoldReason::Embargoed);
    }
    if published(item).is_some_and(|at| far_off(at, now)) {
        reasons.push(HoldReason::FarOffDate);
    }
    let renamed = identity::title_key(&item.title) != identity::title_key(release.title);
    if renamed && same_title(app, &item.title, release.id, now).await? {
        reasons.push(HoldReason::SameTitle);
    }
    if item.document.is_none() {
        reasons.push(HoldReason::NoText);
    } else if is_summary(item) {
        reasons.push(HoldReason::OnlySummary);
    }
    reasons.retain(|reason| !is_let_go(release.let_go, *reason));
    Ok(joined(&reasons))
}

/// Whether a person let the release go on although this held it.
pub(super) fn is_let_go(let_go: Option<&str>, reason: HoldReason) -> bool {
    let_go.is_some_and(|reasons| reasons.contains(&reason.to_string()))
}

/// Whether there is more of it that could not be read.
pub(super) fn is_summary(item: &Item) -> bool {
    !item.whole && item.url.is_some()
}

/// A release waits for its date (F10), but not for one that nobody can have meant: it would wait
/// in silence until 2062.
pub(super) fn far_off(published: i64, now: i64) -> bool {
    published > now + FAR_OFF_DATE_MS
}

/// F10: in the title, or begun in the first 500 characters.
fn embargoed(item: &Item) -> bool {
    let text = item
        .document
        .as_ref()
        .map(reading::words)
        .unwrap_or_default();
    let says = |text: &str| {
        let text = text.to_ascii_lowercase();
        ["embargoed until", "embargo until", "under embargo"]
            .iter()
            .filter_map(|mark| text.find(mark))
            .any(|at| {
                text.get(..at).unwrap_or_default().chars().count() < EMBARGO_WITHIN_CHARACTERS
            })
    };
    says(&item.title) || says(&text) || item.title.to_ascii_lowercase().starts_with("embargoed")
}

/// Whether another release of this title came, or was mailed, not long ago. One that never left,
/// because every newsletter of it was cancelled, is no repetition.
async fn same_title(app: &App, title: &str, but: i64, now: i64) -> Result<bool, ReleaseError> {
    let key = identity::title_key(title);
    if key.is_empty() {
        return Ok(false);
    }
    let values = values![key, now - SAME_RELEASE_MS, but];
    let found: Option<i32> = db::scalar(app.db.pool(), SAME_TITLE_SQL, values).await?;
    Ok(found.is_some())
}

/// Whether another release of the source says the same words and has the same date: its address, its
/// id and its title all changed, as when a site is rebuilt.
async fn same_text(app: &App, source: i64, item: &Item, now: i64) -> Result<bool, ReleaseError> {
    let Some((document, at)) = item.document.as_ref().zip(published(item)) else {
        return Ok(false);
    };
    let words = reading::words(document);
    if words.split_whitespace().count() < FEWEST_WORDS_TO_COMPARE {
        return Ok(false);
    }
    let others = release::Entity::find()
        // release_identity: those of the source
        .filter(Expr::cust("coalesce(source_id, 0)").eq(source))
        .filter(release::Column::PublishedAt.eq(at))
        .filter(release::Column::FirstSeenAt.gte(now - SAME_RELEASE_MS))
        .filter(release::Column::Document.is_not_null())
        .all(app.db.pool())
        .await?;
    for other in others {
        let Some(json) = &other.document else {
            continue;
        };
        let other: Document = serde_json::from_str(json)?;
        if reading::words(&other) == words {
            return Ok(true);
        }
    }
    Ok(false)
}

// release_title, newsletter_release_of, newsletter's primary key
pub(super) const SAME_TITLE_SQL: &str = "
    SELECT 1 FROM release r WHERE r.title_key = $1 AND r.id <> $3
      AND (r.first_seen_at >= $2 AND r.state NOT IN ('baseline', 'vanished', 'filtered', 'dropped')
           AND (r.drafted_at IS NULL OR EXISTS
                (SELECT 1 FROM newsletter_release x JOIN newsletter n ON n.id = x.newsletter_id
                 WHERE x.release_id = r.id AND n.state IN (0, 1)))
        OR EXISTS
           (SELECT 1 FROM newsletter_release x JOIN newsletter n ON n.id = x.newsletter_id
            WHERE x.release_id = r.id AND n.started_at >= $2))
    LIMIT 1";
