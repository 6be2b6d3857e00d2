//! What a source lists now, read as what it was found to be when it was added: a page that a feed's
//! address answers with one day is an error of the site, and not a list of releases.

use url::Url;

use super::{
    discovery::feed_links,
    feeds,
    fetch::{Body, FetchError, Fetched, Fetcher, Validators},
    items::{Listing, SetAside},
    listing,
    page_reader::off_the_web_threads,
    reading::dates::Calendar,
    release_error::ReleaseError,
    sitemap::{self, Sitemap},
    source_kind::SourceKind,
    ssrf_guard::same_organisation,
    wordpress,
};

/// A site's index may name hundreds; those that changed last are enough.
const MOST_SITEMAPS: usize = 4;

/// Posts in one answer.
const POSTS: u32 = 20;

/// The most that `WordPress` gives in one answer (F2).
const MOST_POSTS: u32 = 100;

/// At most this many answers are read to learn what was there before the source.
const MOST_PAGES: u32 = 10;

/// What asking a source brought.
#[derive(Debug)]
pub(super) enum Reply {
    /// Nothing is new.
    NotModified,
    /// What it lists, and what to ask with the next time.
    Listing(Box<Listing>, Validators),
}

/// Asks a source; with validators, only for what changed.
pub(super) async fn ask(
    fetcher: &Fetcher,
    kind: SourceKind,
    url: &Url,
    known: &Validators,
) -> Result<Reply, ReleaseError> {
    let address = match kind {
        SourceKind::WordPress => wordpress::page(url, 1, POSTS, wordpress::FIELDS),
        _ => url.clone(),
    };
    let body = match fetcher.get(&address, known).await? {
        Fetched::NotModified => return Ok(Reply::NotModified),
        Fetched::Gone => {
            return Err(FetchError::Status(url.clone(), reqwest::StatusCode::NOT_FOUND).into());
        }
        Fetched::Body(body) => body,
    };
    let validators = body.validators.clone();
    match read(fetcher.calendar(), kind, body).await {
        Some(Found::Listing(listing)) => Ok(Reply::Listing(listing, validators)),
        // An index may stay as it is while its sitemaps change: it is always asked for whole.
        Some(Found::Index(sitemaps)) => {
            let listing = gather(fetcher, url, &sitemaps).await?;
            Ok(Reply::Listing(Box::new(listing), Validators::default()))
        }
        None => Err(ReleaseError::NoFeed(url.to_string())),
    }
}

/// All that a source lists, whether or not it changed.
pub(super) async fn whole(
    fetcher: &Fetcher,
    kind: SourceKind,
    url: &Url,
) -> Result<Listing, ReleaseError> {
    match ask(fetcher, kind, url, &Validators::default()).await? {
        Reply::Listing(listing, _) => Ok(*listing),
        Reply::NotModified => {
            Err(FetchError::Status(url.clone(), reqwest::StatusCode::NOT_MODIFIED).into())
        }
    }
}

/// The next part of what the source lists; only `WordPress` gives it in parts.
pub(super) async fn more(
    fetcher: &Fetcher,
    url: &Url,
    number: u32,
) -> Result<Listing, ReleaseError> {
    part(
        fetcher,
        &wordpress::page(url, number, POSTS, wordpress::FIELDS),
    )
    .await
}

/// What stood in `WordPress` before the source was added, without the texts: an old post that is
/// listed again when a newer one is deleted must not look new.
pub(super) async fn names(fetcher: &Fetcher, url: &Url) -> Result<Listing, ReleaseError> {
    let page = |number| wordpress::page(url, number, MOST_POSTS, wordpress::NAMES);
    let mut all = part(fetcher, &page(1)).await?;
    for number in 2..=all.pages.min(MOST_PAGES) {
        let next = part(fetcher, &page(number)).await?;
        all.items.extend(next.items);
    }
    Ok(all)
}

async fn part(fetcher: &Fetcher, page: &Url) -> Result<Listing, ReleaseError> {
    let body = fetcher.body(page).await?;
    match read(fetcher.calendar(), SourceKind::WordPress, body).await {
        Some(Found::Listing(listing)) => Ok(*listing),
        _ => Err(ReleaseError::NoFeed(page.to_string())),
    }
}

async fn gather(fetcher: &Fetcher, index: &Url, sitemaps: &[Url]) -> Result<Listing, ReleaseError> {
    let mut all = Listing::default();
    let ours = sitemaps
        .iter()
        .filter(|sitemap| same_organisation(sitemap, index));
    for sitemap in ours.take(MOST_SITEMAPS) {
        let body = fetcher.body(sitemap).await?;
        let listing = match read(fetcher.calendar(), SourceKind::Sitemap, body).await {
            Some(Found::Listing(listing)) => listing,
            unlisted => {
                // Sitemaps that name one another would have no end: sitemaps.org allows no such thing.
                let why = if unlisted.is_some() {
                    "it is an index of sitemaps within another one, which is not followed"
                } else {
                    "it is no sitemap"
                };
                all.set_aside.push(SetAside::new(sitemap.as_str(), why));
                continue;
            }
        };
        let (mut items, mut set_aside) = (all.items, all.set_aside);
        items.extend(listing.items);
        set_aside.extend(listing.set_aside);
        let mut format = listing.format;
        if all.format == "news sitemap" {
            format = all.format;
        }
        all = Listing {
            items,
            set_aside,
            title: listing.title,
            home: listing.home,
            format,
            ..Listing::default()
        };
    }
    Ok(all)
}

/// What a body turned out to be.
#[derive(Debug)]
pub(super) enum Found {
    Listing(Box<Listing>),
    Index(Vec<Url>),
}

/// Reads a body as what it should be; none: it is something else. Large ones take a while, so none is
/// read on a thread that answers requests.
pub(super) async fn read(calendar: Calendar, kind: SourceKind, body: Body) -> Option<Found> {
    off_the_web_threads(move || read_now(&calendar, kind, &body))
        .await
        .flatten()
}

pub(super) fn read_now(calendar: &Calendar, kind: SourceKind, body: &Body) -> Option<Found> {
    let text = body.text();
    let mut listing = match kind {
        SourceKind::WordPress => wordpress::read(&text, &body.url)?,
        SourceKind::Feed => feeds::read(&text, &body.url, calendar)?,
        SourceKind::Page => listing::read(&text, &body.url, calendar)?,
        SourceKind::Sitemap => match sitemap::read(&text, &body.url, calendar)? {
            Sitemap::Pages(listing) => *listing,
            Sitemap::Index(sitemaps) => return Some(Found::Index(sitemaps)),
        },
    };
    if kind == SourceKind::WordPress {
        listing.pages = wordpress::pages(&body.headers);
    } else {
        // WebSub §4: the answer's headers go before what the feed says itself.
        let leads = feed_links::of(body);
        listing.hub = leads.hub.or(listing.hub);
        listing.own = leads.own.or(listing.own);
    }
    for item in &mut listing.items {
        item.elsewhere = item.url.as_ref().is_some_and(|url| {
            let home = listing.home.as_ref();
            !same_organisation(url, &body.url) && !home.is_some_and(|h| same_organisation(url, h))
        });
    }
    Some(Found::Listing(Box::new(listing)))
}
