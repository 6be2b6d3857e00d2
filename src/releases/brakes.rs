//! What about a new release is odd enough that a person must look first (F8, F10).

use std::collections::HashSet;

use super::{ReleaseError, ReleaseState, feeds::Item, filters::Filter, identity, reading};
use crate::{
    app::App,
    clock::{DAY, HOUR},
    values,
};

/// More new items than this in one poll are no ordinary day.
const MANY: usize = 3;

/// F10: how far into the text a release says that it is not yet public.
const BEGINNING: usize = 500;

/// For how long a title is the same one again.
const SAME_TITLE: i64 = 30 * DAY;

/// Why a release is held whose page cannot be read.
const ONLY_SUMMARY: &str =
    "Its page could not be read, only the feed's summary. Look at its page, and add it by hand.";

/// Why a release is held that nothing is known of but its title.
const NO_TEXT: &str = "Its text was not read. Look at its page, and add it by hand.";

/// Why a release is held whose title is not new.
const TITLE_AGAIN: &str = "A release with the same title came or was mailed within the last 30 days. Check that this is not the same one.";

/// Why a release is held that is dated too far ahead.
const FAR_OFF: &str = "It is dated more than two weeks from now. Check its date: let go, it waits for that date; its draft can be approved at any time.";

/// Why a release is held that says that it is not yet public.
const EMBARGOED: &str = "It says that it is embargoed. Send it when the embargo is over.";

/// An item and what becomes of it.
#[derive(Debug)]
pub(super) struct Finding {
    pub item: Item,
    pub held: Option<String>,
    pub state: ReleaseState,
}

impl Finding {
    fn skipped(item: Item) -> Self {
        Self {
            item,
            held: None,
            state: ReleaseState::Filtered,
        }
    }
}

/// Judges what a poll found. What the source's filter leaves out is no part of the flood.
pub(super) async fn judge(
    app: &App,
    new: Vec<Item>,
    was_empty: bool,
    settle_seconds: i64,
    filter: &Filter,
) -> Result<Vec<Finding>, ReleaseError> {
    let many = new.iter().filter(|item| filter.takes(item)).count();
    let now = app.clock.now_ms();
    let mut findings = Vec::with_capacity(new.len());
    let mut titles = HashSet::new();
    let of_the_poll = about_the_poll(many, was_empty);
    for item in new {
        if !filter.takes(&item) {
            findings.push(Finding::skipped(item));
            continue;
        }
        let again = !titles.insert(identity::title_key(&item.title)) && !item.title.is_empty();
        let mut reasons = of_the_poll.clone();
        reasons.extend(odd(&item, now).into_iter().map(str::to_owned));
        if again || same_title(app, &item.title, 0, now).await? {
            reasons.push(TITLE_AGAIN.to_owned());
        }
        if item.document.is_none() {
            reasons.push(NO_TEXT.to_owned());
        } else if settle_seconds == 0 && is_summary(&item) {
            reasons.push(ONLY_SUMMARY.to_owned());
        }
        // All of them: whoever lets it go because of one has seen the others.
        let held = (!reasons.is_empty()).then(|| reasons.join(" "));
        let future = published(&item).is_some_and(|at| at > now);
        let state = match &held {
            Some(_) => ReleaseState::Held,
            None if settle_seconds == 0 && !future => ReleaseState::Settled,
            None => ReleaseState::Settling,
        };
        findings.push(Finding { item, held, state });
    }
    Ok(findings)
}

fn published(item: &Item) -> Option<i64> {
    item.published.map(jiff::Timestamp::as_millisecond)
}

/// What is odd about a poll is odd about each of its releases.
fn about_the_poll(many: usize, was_empty: bool) -> Vec<String> {
    let mut reasons = Vec::new();
    if many > MANY {
        reasons.push(format!(
            "{many} new releases came at once. Perhaps the site was rebuilt; check that this one is really new."
        ));
    }
    if was_empty {
        reasons
            .push("The source was empty before. Check that this release is really new.".to_owned());
    }
    reasons
}

/// What is odd about the item itself.
fn odd(item: &Item, now: i64) -> Vec<&'static str> {
    let mut reasons = Vec::new();
    if published(item).is_some_and(|at| at < now - 48 * HOUR) {
        reasons.push(
            "It is dated more than 48 hours before it appeared. Check that it is really new.",
        );
    }
    if published(item).is_some_and(|at| far_off(at, now)) {
        reasons.push(FAR_OFF);
    }
    if embargoed(item) {
        reasons.push(EMBARGOED);
    }
    if item.title.starts_with("Protected: ") {
        // F2: so WordPress's feed calls a post behind a password.
        reasons.push(
            "The site keeps it behind a password. Send it when the site shows it to everyone.",
        );
    }
    reasons
}

/// A release that was judged when it was new, as it is when its settle time is over.
#[derive(Debug)]
pub(super) struct Judged<'a> {
    pub id: i64,
    /// What it was called then.
    pub title: &'a str,
    /// Why it was held, where a person let it go on: that holds it no second time.
    pub let_go: Option<&'a str>,
}

/// What about the text as it is now needs a person.
pub(super) async fn judge_again(
    app: &App,
    release: &Judged<'_>,
    item: &Item,
) -> Result<Option<String>, ReleaseError> {
    let now = app.clock.now_ms();
    let mut reasons = Vec::new();
    if embargoed(item) {
        reasons.push(EMBARGOED);
    }
    if published(item).is_some_and(|at| far_off(at, now)) {
        reasons.push(FAR_OFF);
    }
    let renamed = identity::title_key(&item.title) != identity::title_key(release.title);
    if renamed && same_title(app, &item.title, release.id, now).await? {
        reasons.push(TITLE_AGAIN);
    }
    if item.document.is_none() {
        reasons.push(NO_TEXT);
    } else if is_summary(item) {
        reasons.push(ONLY_SUMMARY);
    }
    reasons.retain(|reason| !is_let_go(release.let_go, reason));
    Ok((!reasons.is_empty()).then(|| reasons.join(" ")))
}

/// Whether a person let the release go on although this held it.
pub(super) fn is_let_go(let_go: Option<&str>, reason: &str) -> bool {
    let_go.is_some_and(|reasons| reasons.contains(reason))
}

/// Whether there is more of it that could not be read.
pub(super) fn is_summary(item: &Item) -> bool {
    !item.whole && item.url.is_some()
}

/// A release waits for its date (F10), but not for one that nobody can have meant: it would wait
/// in silence until 2062.
pub(super) fn far_off(published: i64, now: i64) -> bool {
    published > now + 14 * DAY
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
            .any(|at| text.get(..at).unwrap_or_default().chars().count() < BEGINNING)
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
    let row = app
        .db
        .one(SAME_TITLE_SQL, values![key, now - SAME_TITLE, but])
        .await?;
    Ok(row.is_some())
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
