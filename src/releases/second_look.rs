//! Looking again at a release that is known: what its source and its own page say of it now.
//!
//! A feed can be an old copy, and forgets what it pushed off its end. So what it does not list is
//! not gone: only the release's own page says that, and only when it says so twice, some minutes
//! apart (`Absence`).

use std::collections::BTreeMap;

use sea_orm::{ActiveValue::Set, ColumnTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter};
use url::Url;

use super::{
    ReleaseState, SourceKind,
    fetch::{Fetched, Fetcher, Validators},
    filters::Filter,
    full_text::{self, PageText},
    hold_reason::HoldReasons,
    identity,
    items::{Item, Listing},
    page_reader::PageReader,
    reader,
    release_tables::release,
};
use crate::{
    app::App,
    clock::{HOUR, MINUTE, instant},
    db, values,
};

/// Between the two looks that must both find a page gone.
pub(super) const GONE_RECHECK_MS: i64 = 5 * MINUTE;

/// A release that is due for a look, and the source that it came from.
#[derive(Debug, FromQueryResult)]
pub(super) struct KnownRelease {
    pub id: i64,
    pub identity: String,
    pub url: Option<String>,
    pub title: String,
    pub published_at: Option<i64>,
    pub first_seen_at: i64,
    pub state: ReleaseState,
    pub content_hash: Option<Vec<u8>>,
    /// The fingerprint of what its text was read from.
    pub source_hash: Option<Vec<u8>>,
    /// Which reader read it.
    pub reader_version: Option<i32>,
    /// Why it was held, where a person let it go on.
    pub let_go: Option<HoldReasons>,
    /// Since when its page says that it is gone.
    pub gone_since: Option<i64>,
    pub kind: SourceKind,
    pub feed: String,
    pub source_id: i64,
    pub settle_seconds: i64,
    include_terms: Option<String>,
    exclude_terms: Option<String>,
}

impl KnownRelease {
    async fn load(app: &App, id: i64) -> Result<Option<Self>, DbErr> {
        db::row(
            app.db.pool(),
            "SELECT r.id, r.identity, r.url, r.title, r.published_at, r.first_seen_at, r.state, r.content_hash,
                    r.source_hash, r.reader_version, r.let_go, r.gone_since, s.kind, s.url AS feed, r.source_id, s.settle_seconds, s.include_terms, s.exclude_terms
             FROM release r JOIN source s ON s.id = r.source_id WHERE r.id = $1",
            values![id],
        )
        .await
    }

    pub(super) fn address(&self) -> Option<Url> {
        self.url.as_ref().and_then(|url| Url::parse(url).ok())
    }

    pub(super) fn filter(&self) -> Filter {
        Filter::of(self.include_terms.as_deref(), self.exclude_terms.as_deref())
    }
}

/// Those that are due, by the source that is asked about them. A row that cannot be read stops no
/// other: it is logged, and tried again in an hour.
pub(super) async fn by_source(
    app: &App,
    ids: &[i64],
) -> BTreeMap<(String, &'static str), Vec<KnownRelease>> {
    let mut by_source: BTreeMap<_, Vec<KnownRelease>> = BTreeMap::new();
    for id in ids {
        match KnownRelease::load(app, *id).await {
            Ok(Some(release)) => by_source
                .entry((release.feed.clone(), release.kind.as_str()))
                .or_default()
                .push(release),
            Ok(None) => recheck_later(app, *id, &"it has no source", HOUR).await,
            Err(error) => recheck_later(app, *id, &error, HOUR).await,
        }
    }
    by_source
}

/// After a fault: logged with its row, which is looked at again later, behind the others.
pub(super) async fn recheck_later(
    app: &App,
    id: i64,
    error: &(dyn std::fmt::Display + Sync),
    wait: i64,
) {
    tracing::error!(release.id = id, %error, "cannot look at a release again; the others go on");
    let later = app.clock.now_ms() + wait;
    let row = release::Entity::update_many().filter(release::Column::Id.eq(id));
    for done in [
        row.clone()
            .set(release::ActiveModel {
                settles_at: Set(Some(later)),
                ..Default::default()
            })
            .filter(release::Column::SettlesAt.lt(later))
            .exec(&app.db.writer())
            .await,
        row.set(release::ActiveModel {
            revisit_at: Set(Some(later)),
            ..Default::default()
        })
        .filter(release::Column::RevisitAt.lt(later))
        .exec(&app.db.writer())
        .await,
    ] {
        if let Err(error) = done {
            tracing::error!(release.id = id, %error, "nor can it be put off");
        }
    }
}

/// What another look found.
#[derive(Debug)]
pub(super) enum Recheck {
    /// It is there, perhaps with other words.
    Present(Box<Item>),
    /// Its own page answers that there is no such page.
    PageGone,
    /// Its source does not list it, and it has no page that could be asked.
    Unlisted,
    /// Not to be told now.
    Unclear,
}

/// What a source lists now. `None`: it cannot be told.
pub(super) async fn listing(fetcher: &Fetcher, kind: SourceKind, feed: &str) -> Option<Listing> {
    // A removed source's feed is marked in the fragment, which is not sent.
    match reader::whole(fetcher, kind, &Url::parse(feed).ok()?).await {
        Ok(listing) => Some(listing),
        Err(error) => {
            tracing::warn!(%error, "a feed cannot be read for the second look");
            None
        }
    }
}

/// What the source lists of the release; where it does not, what its own page says.
pub(super) async fn look(
    pages: &PageReader<'_>,
    release: &KnownRelease,
    listing: &Listing,
) -> Recheck {
    match listed(release, listing) {
        Some(item) => with_page(pages, release, item.clone()).await,
        None => page(pages, release).await,
    }
}

/// The release's item among those that the source lists.
pub(super) fn listed<'a>(release: &KnownRelease, listing: &'a Listing) -> Option<&'a Item> {
    let place = release.address().as_ref().map(identity::place);
    listing.items.iter().find(|item| {
        item.identity == release.identity
            || (place.is_some() && item.url.as_ref().map(identity::place) == place)
    })
}

/// What the release's own page says, where no feed speaks of it.
pub(super) async fn page(pages: &PageReader<'_>, release: &KnownRelease) -> Recheck {
    let Some(url) = release.address() else {
        return Recheck::Unlisted;
    };
    match pages.fetcher.get(&url, &Validators::default()).await {
        Ok(Fetched::Gone) => Recheck::PageGone,
        Ok(Fetched::Body(body)) => {
            let mut item = Item {
                identity: release.identity.clone(),
                url: Some(url),
                title: release.title.clone(),
                ..Item::default()
            };
            full_text::take_page(pages, &mut item, body).await;
            item.date_by_appearance(instant(release.first_seen_at));
            Recheck::Present(Box::new(item))
        }
        _ => Recheck::Unclear,
    }
}

/// The item with the text of its page.
pub(super) async fn with_page(
    pages: &PageReader<'_>,
    release: &KnownRelease,
    mut item: Item,
) -> Recheck {
    let text = full_text::complete(pages, &mut item).await;
    item.date_by_appearance(instant(release.first_seen_at));
    match text {
        PageText::Gone => Recheck::PageGone,
        PageText::Read | PageText::Unread => Recheck::Present(Box::new(item)),
    }
}

/// What it means that a release was not found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Absence {
    /// It was found missing for the first time, or not long ago: ask again at this instant.
    AskAgainAt(i64),
    /// Two looks some minutes apart say the same.
    Confirmed,
}

impl Absence {
    fn of(gone_since: Option<i64>, now: i64) -> Self {
        match gone_since {
            // A clock that was set back must not make it wait forever.
            Some(since) if since <= now && now < since + GONE_RECHECK_MS => {
                Self::AskAgainAt(since + GONE_RECHECK_MS)
            }
            Some(since) if since <= now => Self::Confirmed,
            _ => Self::AskAgainAt(now + GONE_RECHECK_MS),
        }
    }

    /// Notes that the release was not found, and says whether that is certain now.
    pub(super) async fn note(app: &App, release: &KnownRelease) -> Result<Self, DbErr> {
        let now = app.clock.now_ms();
        let absence = Self::of(release.gone_since, now);
        if release.gone_since.is_none_or(|since| since > now) {
            set_gone_since(app, release.id, Some(now)).await?;
        }
        Ok(absence)
    }
}

/// The release was found: what an earlier look missed was a fault of the site.
pub(super) async fn note_present(app: &App, release: &KnownRelease) -> Result<(), DbErr> {
    if release.gone_since.is_some() {
        set_gone_since(app, release.id, None).await?;
    }
    Ok(())
}

async fn set_gone_since(app: &App, id: i64, since: Option<i64>) -> Result<(), DbErr> {
    release::Entity::update_many()
        .set(release::ActiveModel {
            gone_since: Set(since),
            ..Default::default()
        })
        .filter(release::Column::Id.eq(id))
        .exec(&app.db.writer())
        .await?;
    Ok(())
}

/// When a settling or filtered release is looked at next, as long as it stands in `state`.
pub(super) async fn set_settles_at(
    app: &App,
    id: i64,
    state: ReleaseState,
    at: Option<i64>,
) -> Result<(), DbErr> {
    release::Entity::update_many()
        .set(release::ActiveModel {
            settles_at: Set(at),
            ..Default::default()
        })
        .filter(release::Column::Id.eq(id))
        .filter(release::Column::State.eq(state))
        .exec(&app.db.writer())
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_is_gone_when_two_looks_some_minutes_apart_say_so() {
        let first = Absence::of(None, 1_000);
        assert_eq!(first, Absence::AskAgainAt(1_000 + GONE_RECHECK_MS));
        let soon = Absence::of(Some(1_000), 1_000 + GONE_RECHECK_MS - 1);
        assert_eq!(soon, Absence::AskAgainAt(1_000 + GONE_RECHECK_MS));
        let later = Absence::of(Some(1_000), 1_000 + GONE_RECHECK_MS);
        assert_eq!(later, Absence::Confirmed);
        // The clock was set back.
        let back = Absence::of(Some(9_000_000), 1_000);
        assert_eq!(back, Absence::AskAgainAt(1_000 + GONE_RECHECK_MS));
    }
}
