//! The hold rules: what about a new release is odd enough that a person must look first (F8, F10).

use std::collections::HashSet;

use gazette_templates::{
    Document,
    document::findings::{self, Finding},
};
use sea_orm::{
    ColumnTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr,
};

use super::{
    ReleaseState,
    filters::Filter,
    hold_reason::{HoldReason, HoldReasons},
    identity,
    items::Item,
    near_text::{NearText, without_update_word},
    reading::{self, Certainty},
    release_error::ReleaseError,
    release_tables::release,
};
use crate::{
    app::App,
    clock::{DAY, HOUR},
    db,
    newsletter_lookup::{sql_begun_of_release_since, sql_waits_of_release},
    values,
};

/// More new items than this in one poll are no ordinary day.
const MANY_NEW_RELEASES: usize = 3;

/// For how long a title is the same one again.
const SAME_RELEASE_MS: i64 = 30 * DAY;

/// Who publishes today what is dated before this published it late, or again.
const OLD_DATE_MS: i64 = 48 * HOUR;

/// Nobody can have meant a date that is further ahead.
const FAR_OFF_DATE_MS: i64 = 14 * DAY;

/// A release waits by itself for a date of its own that is nearer than this.
const AHEAD_MS: i64 = 26 * HOUR;

/// For how long nearly the same words are taken for the same release, corrected; a notice comes every week in
/// nearly the same words.
const NEARLY_SAME_MS: i64 = 5 * DAY;

/// Releases of a source that a new one is held against, the newest first.
const MOST_TO_COMPARE: u64 = 300;

/// Fewer words than these are the same in many a notice.
const FEWEST_WORDS_TO_COMPARE: usize = 12;

/// An item and what becomes of it.
#[derive(Debug)]
pub(super) struct Assessment {
    pub item: Item,
    pub held: Option<HoldReasons>,
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
    /// Since when others may have come and gone: nothing is listed any more that the look of then saw.
    pub gap: Option<jiff::Timestamp>,
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
    let mut near_texts = Vec::new();
    let of_the_poll = about_the_poll(many, look);
    for item in new {
        if !filter.takes(&item) {
            findings.push(Assessment::skipped(item));
            continue;
        }
        let again = !titles.insert(release_key(&item.title)) && !item.title.is_empty();
        let text = item.document.as_ref().map(reading::words);
        let near = text.as_deref().and_then(NearText::of);
        let mut reasons = of_the_poll.clone();
        reasons.extend(odd(&item, now));
        if again || same_title(app, &item.title, 0, now).await? {
            reasons.push(HoldReason::SameTitle);
        } else if let Some(reason) = beside_in_poll(&near_texts, near.as_ref()) {
            reasons.push(reason);
        } else if let Some(text) = &text {
            reasons.extend(same_text(app, source, (&item, text, near.as_ref()), now).await?);
        }
        // More than so many are held anyway.
        near_texts.extend(
            near.filter(|_| near_texts.len() <= MANY_NEW_RELEASES)
                .map(|near| (item.title.clone(), near)),
        );
        // Its page may be readable when its settle time is over; a text that is missing is not waited for.
        let looks_once_more = settle_seconds > 0 && item.document.is_some();
        reasons.extend(unread(&item).filter(|_| !looks_once_more));
        reasons.extend(of_reading(&item));
        let held = HoldReasons::of(reasons);
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
        reasons.push(HoldReason::ManyAtOnce { count: many });
    }
    if look.was_empty {
        reasons.push(HoldReason::SourceWasEmpty);
    }
    if let Some(since) = look.gap {
        reasons.push(HoldReason::GapInList {
            since: Some(since.strftime("%-d %B %Y").to_string()),
        });
    }
    reasons
}

/// What is odd about the item itself.
fn odd(item: &Item, now: i64) -> Vec<HoldReason> {
    let mut reasons = Vec::new();
    if published(item).is_some_and(|at| at < now - OLD_DATE_MS) {
        reasons.push(HoldReason::OldDate);
    }
    reasons.extend(of_date(item, now).or_else(|| of_release_line(item, now)));
    if item.notes.of_sitemap && item.published.is_none() {
        reasons.push(HoldReason::UndatedInSitemap);
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
    pub let_go: Option<&'a HoldReasons>,
}

/// What about the text as it is now needs a person.
pub(super) async fn assess_again(
    app: &App,
    release: &AssessedBefore<'_>,
    item: &Item,
) -> Result<Option<HoldReasons>, ReleaseError> {
    let now = app.clock.now_ms();
    let mut reasons = Vec::new();
    reasons.extend(of_date(item, now));
    let renamed = release_key(&item.title) != release_key(release.title);
    if renamed && same_title(app, &item.title, release.id, now).await? {
        reasons.push(HoldReason::SameTitle);
    }
    reasons.extend(unread(item));
    reasons.extend(of_reading(item));
    reasons.retain(|reason| !is_let_go(release.let_go, reason));
    Ok(HoldReasons::of(reasons))
}

/// What a change by the office brought that needs a person before it is mailed.
pub(super) fn assess_change(let_go: Option<&HoldReasons>, item: &Item) -> Vec<HoldReason> {
    let mut reasons = of_reading(item);
    reasons.retain(|reason| !is_let_go(let_go, reason));
    reasons
}

/// Why there is nothing of it, or not all.
fn unread(item: &Item) -> Option<HoldReason> {
    match item.notes.refusal {
        Some(refusal) if !item.whole => Some(HoldReason::PageRefused { refusal }),
        _ if item.document.is_none() => Some(HoldReason::NoText),
        _ => is_summary(item).then_some(HoldReason::OnlySummary),
    }
}

/// What its text showed when it was read.
fn of_reading(item: &Item) -> Vec<HoldReason> {
    let mut reasons = Vec::new();
    if let Some(title) = item.notes.other_page.clone() {
        reasons.push(HoldReason::OtherPage { title });
    }
    if let Some(doubt) = &item.notes.doubt {
        reasons.push(HoldReason::ReadersDisagree {
            percent: doubt.percent(),
        });
    }
    if let Some(document) = &item.document {
        let found = findings::find(&item.title, document);
        reasons.extend(found.into_iter().map(|finding| match finding {
            // F10: it says that it is not yet public.
            Finding::NotYet(_) => HoldReason::Embargoed,
            finding => HoldReason::Meaning { finding },
        }));
    }
    reasons
}

/// A date that a release would wait for in silence, or that may be another one.
fn of_date(item: &Item, now: i64) -> Option<HoldReason> {
    let at = published(item)?;
    let day = |at: i64| crate::clock::instant(at).strftime("%-d %B %Y").to_string();
    if far_off(at, now) {
        return Some(HoldReason::FarOffDate);
    }
    if let Certainty::Ambiguous { other } = item.notes.date {
        return Some(HoldReason::AmbiguousDate {
            read: day(at),
            other: day(other.as_millisecond()),
        });
    }
    lies_ahead(at, now).then(|| HoldReason::FutureDate { day: day(at) })
}

/// A line above its text that names a day ahead from which on it may be used, whatever the list says.
fn of_release_line(item: &Item, now: i64) -> Option<HoldReason> {
    let document = item.document.as_ref()?;
    let order = reading::dates::DateOrder::of(&document.language, None, "");
    let day = reading::for_release(&document.blocks, order)?;
    let midnight = day.to_datetime(jiff::civil::Time::midnight());
    let at = jiff::tz::TimeZone::UTC.to_timestamp(midnight).ok()?;
    lies_ahead(at.as_millisecond() + AHEAD_MS / 2, now).then(|| HoldReason::FutureDate {
        day: day.strftime("%-d %B %Y").to_string(),
    })
}

/// Whether a person let the release go on although this held it.
pub(super) fn is_let_go(let_go: Option<&HoldReasons>, reason: &HoldReason) -> bool {
    let_go.is_some_and(|reasons| reasons.cover(reason))
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

/// Whether it is dated so far ahead that a person has to know: tomorrow is an hour's difference of
/// clocks away, and what waits for longer is said.
pub(super) fn lies_ahead(published: i64, now: i64) -> bool {
    published > now + AHEAD_MS
}

/// The title by which a release is known again, also where it says that it is an update.
fn release_key(title: &str) -> String {
    identity::title_key(without_update_word(title).unwrap_or(title))
}

/// Whether another release of this title came, or was mailed, not long ago. One that never left,
/// because every newsletter of it was cancelled, is no repetition.
async fn same_title(app: &App, title: &str, but: i64, now: i64) -> Result<bool, ReleaseError> {
    let mut keys = vec![identity::title_key(title), release_key(title)];
    keys.dedup();
    for key in keys.into_iter().filter(|key| !key.is_empty()) {
        let values = values![key, now - SAME_RELEASE_MS, but];
        let found: Option<i32> = db::scalar(app.db.pool(), &sql_same_title(), values).await?;
        if found.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether an earlier item of the same poll says nearly the same.
fn beside_in_poll(others: &[(String, NearText)], near: Option<&NearText>) -> Option<HoldReason> {
    let (title, _) = others
        .iter()
        .find(|(_, other)| near.is_some_and(|near| near.is_near(other)))?;
    Some(HoldReason::NearlySameText {
        title: title.clone(),
    })
}

/// Whether another release of the source says the same words, and neither is dated on another day: its
/// address, its id and its title all changed, as when a site is rebuilt. Or nearly the same within some days: it
/// was corrected under a new address.
async fn same_text(
    app: &App,
    source: i64,
    (item, words, near): (&Item, &str, Option<&NearText>),
    now: i64,
) -> Result<Option<HoldReason>, ReleaseError> {
    if words.split_whitespace().count() < FEWEST_WORDS_TO_COMPARE {
        return Ok(None);
    }
    let others = release::Entity::find()
        // release_identity: those of the source
        .filter(Expr::cust("coalesce(source_id, 0)").eq(source))
        .filter(release::Column::FirstSeenAt.gte(now - SAME_RELEASE_MS))
        .filter(release::Column::Document.is_not_null())
        .order_by_desc(release::Column::FirstSeenAt)
        .limit(MOST_TO_COMPARE)
        .all(app.db.pool())
        .await?;
    let mut nearly = None;
    for other in others {
        let Some(json) = &other.document else {
            continue;
        };
        // A site that is rebuilt may say the day alone, where it said the hour before.
        let days = published(item).zip(other.published_at);
        let is_other_day = days.is_some_and(|(one, other)| (one - other).abs() > DAY);
        let is_of_these_days = nearly.is_none() && other.first_seen_at >= now - NEARLY_SAME_MS;
        if is_other_day && !is_of_these_days {
            continue;
        }
        let document: Document = serde_json::from_str(json)?;
        let others_words = reading::words(&document);
        if !is_other_day && others_words == words {
            return Ok(Some(HoldReason::SameText));
        }
        let is_near = || Some(near?.is_near(&NearText::of(&others_words)?));
        if is_of_these_days && is_near() == Some(true) {
            nearly = Some(HoldReason::NearlySameText { title: other.title });
        }
    }
    Ok(nearly)
}

/// SQL text: whether another release of the title `$1` came or was mailed since `$2`.
pub(super) fn sql_same_title() -> String {
    // release_title, newsletter_release_of, newsletter's primary key
    format!(
        "SELECT 1 FROM release r WHERE r.title_key = $1 AND r.id <> $3
           AND (r.first_seen_at >= $2 AND r.state NOT IN ({never_mailed})
                AND (r.drafted_at IS NULL OR {waits})
             OR {begun})
         LIMIT 1",
        never_mailed = db::sql_values(&NEVER_MAILED),
        waits = sql_waits_of_release("r.id"),
        begun = sql_begun_of_release_since("r.id", "$2"),
    )
}

/// Releases that stand so never went out as they are.
const NEVER_MAILED: [ReleaseState; 4] = [
    ReleaseState::Baseline,
    ReleaseState::Vanished,
    ReleaseState::Filtered,
    ReleaseState::Dropped,
];
