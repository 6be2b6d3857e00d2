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

/// Why a release is held whose page cannot be read.
pub(super) const ONLY_SUMMARY: &str =
    "Its page could not be read, only the feed's summary. Look at its page, and add it by hand.";

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
    for item in new {
        if !filter.takes(&item) {
            findings.push(Finding::skipped(item));
            continue;
        }
        let again = !titles.insert(identity::title_key(&item.title)) && !item.title.is_empty();
        let held = if many > MANY {
            Some(format!(
                "{many} new releases came at once. Perhaps the site was rebuilt; check that this one is really new."
            ))
        } else if was_empty {
            Some("The source was empty before. Check that this release is really new.".to_owned())
        } else if let Some(why) = odd(&item, now) {
            Some(why.to_owned())
        } else if again || same_title(app, &item.title, now).await? {
            Some("A release with the same title came within the last 30 days. Check that this is not the same one.".to_owned())
        } else if item.document.is_none() {
            Some("Its text could not be read. Look at its page, and add it by hand.".to_owned())
        } else if settle_seconds == 0 && !item.whole && item.url.is_some() {
            Some(ONLY_SUMMARY.to_owned())
        } else {
            None
        };
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

/// What is odd about the item itself.
fn odd(item: &Item, now: i64) -> Option<&'static str> {
    if published(item).is_some_and(|at| at < now - 48 * HOUR) {
        Some("It is dated more than 48 hours before it appeared. Check that it is really new.")
    } else if published(item).is_some_and(|at| far_off(at, now)) {
        Some(FAR_OFF)
    } else if embargoed(item) {
        Some(EMBARGOED)
    } else if item.title.starts_with("Protected: ") {
        // F2: so WordPress's feed calls a post behind a password.
        Some("The site keeps it behind a password. Send it when the site shows it to everyone.")
    } else {
        None
    }
}

/// A release waits for its date (F10), but not for one that nobody can have meant: it would wait
/// in silence until 2062.
pub(super) fn far_off(published: i64, now: i64) -> bool {
    published > now + 14 * DAY
}

/// Why a release is held that is dated too far ahead.
pub(super) const FAR_OFF: &str =
    "It is dated more than two weeks from now. Check its date; send it when its time has come.";

/// Why a release is held that says that it is not yet public.
pub(super) const EMBARGOED: &str =
    "It says that it is embargoed. Send it when the embargo is over.";

/// F10: in the title or the first 500 characters.
pub(super) fn embargoed(item: &Item) -> bool {
    let text = item
        .document
        .as_ref()
        .map(reading::words)
        .unwrap_or_default();
    let start: String = text.chars().take(500).collect();
    let says = |text: &str| {
        let text = text.to_ascii_lowercase();
        ["embargoed until", "embargo until", "under embargo"]
            .iter()
            .any(|mark| text.contains(mark))
    };
    says(&item.title) || says(&start) || item.title.to_ascii_lowercase().starts_with("embargoed")
}

async fn same_title(app: &App, title: &str, now: i64) -> Result<bool, ReleaseError> {
    let key = identity::title_key(title);
    if key.is_empty() {
        return Ok(false);
    }
    let row = app
        .db
        .one(
            // release_title
            "SELECT 1 FROM release WHERE title_key = $1 AND first_seen_at >= $2
             AND state NOT IN ('baseline', 'vanished', 'filtered', 'dropped') LIMIT 1",
            values![key, now - 30 * DAY],
        )
        .await?;
    Ok(row.is_some())
}
