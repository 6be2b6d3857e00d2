//! Finding out what an address is: a feed, a `WordPress` site, a page that leads to either or lists
//! releases itself, or a sitemap.

use reqwest::StatusCode;
use serde::Serialize;
use url::Url;

use super::feed_links;
use crate::releases::{
    ReleaseError,
    fetch::{Body, FetchError, Fetcher},
    identity,
    items::{Listing, SetAside},
    reader::{self, Found},
    robots,
    source_kind::SourceKind,
    ssrf_guard::same_organisation,
    wordpress,
};
use crate::{app::App, clock::Timestamp};

/// Where content systems have their feed when their pages do not say so.
const USUAL: [&str; 5] = [
    "/feed/",
    "/rss.xml",
    "/news/rss.aspx",
    "/atom.xml",
    "/feed.json",
];

/// A page that links to more feeds links to one for each of its headings.
const MOST_FEEDS: usize = 5;

/// What an address leads to.
#[derive(Debug)]
pub(in crate::releases) struct Discovery {
    pub url: Url,
    pub kind: SourceKind,
    pub listing: Listing,
    /// How it was found, where not at the address itself.
    how: &'static str,
}

/// What an address is and lists, for a person who wants to know before adding it.
#[derive(Debug, Serialize)]
pub struct SourcePreview {
    /// Where releases are looked for.
    pub url: String,
    /// What it is.
    pub kind: SourceKind,
    /// The same in words.
    pub found: String,
    /// What it calls itself.
    pub title: String,
    /// Its hub, where it has one.
    pub hub: Option<String>,
    /// What it lists, in its order.
    pub items: Vec<PreviewItem>,
    /// What nothing can be made of.
    pub set_aside: Vec<SetAside>,
}

/// One of the items.
#[derive(Debug, Serialize)]
pub struct PreviewItem {
    /// Its title.
    pub title: String,
    /// Its page.
    pub url: Option<String>,
    /// When it was published.
    pub published: Option<Timestamp>,
    /// Whether the source has its whole text.
    pub whole: bool,
}

/// Looks at an address and keeps nothing.
pub async fn look(app: &App, url: &str) -> Result<SourcePreview, ReleaseError> {
    let given = address(url)?;
    let found = discover(&Fetcher::new(app).await?, given).await?;
    Ok(SourcePreview {
        found: found.words(),
        url: found.url.to_string(),
        kind: found.kind,
        title: found.listing.title,
        hub: found.listing.hub.map(|hub| hub.to_string()),
        items: found
            .listing
            .items
            .into_iter()
            .map(|item| PreviewItem {
                title: item.title,
                url: item.url.map(|url| url.to_string()),
                published: item.published,
                whole: item.whole,
            })
            .collect(),
        set_aside: found.listing.set_aside,
    })
}

/// What staff typed: an address, perhaps without its beginning.
pub(in crate::releases) fn address(typed: &str) -> Result<Url, FetchError> {
    let typed = typed.trim();
    let url = match Url::parse(typed) {
        Ok(url) if url.has_host() => Ok(url),
        // `doe.example/news` has no scheme, and `doe.example:8080` a strange one.
        _ if !typed.contains("://") && typed.contains('.') => {
            Url::parse(&format!("https://{typed}"))
        }
        other => other,
    };
    url.map_err(|_| FetchError::Address(typed.to_owned()))
}

/// Finds out what stands at the address or what it leads to.
pub(in crate::releases) async fn discover(
    fetcher: &Fetcher,
    given: Url,
) -> Result<Discovery, ReleaseError> {
    let body = if wordpress::is_rest(&given) {
        let page = wordpress::page(&given, 1, 20, wordpress::FIELDS);
        fetcher.body(&page).await?
    } else {
        fetcher.body(&given).await?
    };
    let at = body.url.clone();
    let leads = feed_links::of(&body);
    let is_wordpress_feed = !body.is_html() && body.text().contains("wordpress.org/?v=");
    let site = at.clone();
    match recognise(fetcher, body).await? {
        Some(found) if found.kind == SourceKind::Feed => {
            let posts = match leads.posts {
                None if is_wordpress_feed => interface(fetcher, found.listing.home.as_ref()).await,
                posts => posts,
            };
            if let Some(posts) = posts
                && let Some(better) = site_of_wordpress(fetcher, posts, Some(&found.listing)).await
            {
                return Ok(better);
            }
            Ok(found)
        }
        Some(found) if found.kind == SourceKind::Page => {
            match through(fetcher, leads, Some(&found.listing)).await {
                Ok(Some(better)) => Ok(better),
                Ok(None) | Err(_) => Ok(found),
            }
        }
        Some(found) if found.kind == SourceKind::WordPress => Ok(Discovery {
            url: given,
            ..found
        }),
        Some(found) => Ok(found),
        None => {
            let led = through(fetcher, leads, None).await;
            if let Ok(Some(found)) = led {
                return Ok(found);
            }
            if let Some(found) = usual_feed(fetcher, &site).await {
                return Ok(found);
            }
            if let Some(found) = news_sitemap(fetcher, &site).await {
                return Ok(found);
            }
            // What the page leads to and did not answer may well be the feed: another try may find it.
            led?;
            Err(ReleaseError::NoFeed(given.to_string()))
        }
    }
}

/// What the body itself is, by what it holds and not by what it claims to be.
async fn recognise(fetcher: &Fetcher, body: Body) -> Result<Option<Discovery>, ReleaseError> {
    let url = body.url.clone();
    let calendar = fetcher.calendar();
    let read = tokio::task::spawn_blocking(move || {
        let kinds: &[SourceKind] = if wordpress::is_rest(&body.url) {
            &[SourceKind::WordPress]
        } else {
            &[SourceKind::Feed, SourceKind::Sitemap, SourceKind::Page]
        };
        kinds
            .iter()
            .find_map(|kind| Some((*kind, reader::read_now(&calendar, *kind, &body)?)))
    });
    let listing = match read.await.ok().flatten() {
        None => return Ok(None),
        Some((kind, Found::Listing(listing))) => {
            return Ok(Some(Discovery::at(url, kind, *listing)));
        }
        Some((_, Found::Index(_))) => reader::whole(fetcher, SourceKind::Sitemap, &url).await?,
    };
    Ok(Some(Discovery::at(url, SourceKind::Sitemap, listing)))
}

/// What a page leads to; the interface of `WordPress` first, because it tells more than its feed.
/// Where the page lists releases itself, what it leads to must list the same ones. An error: nothing
/// was found, and this feed that the page names could not be fetched.
async fn through(
    fetcher: &Fetcher,
    leads: feed_links::FeedLinks,
    listed: Option<&Listing>,
) -> Result<Option<Discovery>, FetchError> {
    if let Some(posts) = leads.posts
        && let Some(found) = site_of_wordpress(fetcher, posts, listed).await
    {
        return Ok(Some(found));
    }
    let mut unanswered = None;
    for feed in leads.feeds.into_iter().take(MOST_FEEDS) {
        match feed_at(fetcher, &feed).await {
            Ok(Some(mut found))
                if listed.is_none_or(|listed| shared(&found.listing, listed, usize::MAX) > 0) =>
            {
                found.how = "; the page links to it";
                return Ok(Some(found));
            }
            Ok(_) | Err(FetchError::Status(_, StatusCode::NOT_FOUND | StatusCode::GONE)) => {}
            Err(error) => unanswered = unanswered.or(Some(error)),
        }
    }
    unanswered.map_or(Ok(None), Err)
}

async fn feed_at(fetcher: &Fetcher, url: &Url) -> Result<Option<Discovery>, FetchError> {
    let body = fetcher.body(url).await?;
    let at = body.url.clone();
    let found = reader::read(fetcher.calendar(), SourceKind::Feed, body).await;
    Ok(match found {
        Some(Found::Listing(listing)) => Some(Discovery::at(at, SourceKind::Feed, *listing)),
        Some(Found::Index(_)) | None => None,
    })
}

/// The interface, if it gives what the page or feed gives: it lists the posts of the whole site,
/// and an office may publish only some of them as releases.
async fn site_of_wordpress(
    fetcher: &Fetcher,
    posts: Url,
    like: Option<&Listing>,
) -> Option<Discovery> {
    let mut listing = reader::whole(fetcher, SourceKind::WordPress, &posts)
        .await
        .ok()?;
    if listing.items.is_empty() {
        return None;
    }
    if let Some(like) = like.filter(|like| !like.items.is_empty()) {
        let newest = like.items.len().min(listing.items.len());
        // One in five may be missing: pages are cached, and feature old posts.
        if (newest - shared(&listing, like, newest)) * 5 > newest {
            return None;
        }
    }
    // The interface names no hub; what the feed's hub tells of is true of it too.
    if let Some(like) = like {
        (listing.hub, listing.own) = (like.hub.clone(), like.own.clone());
    }
    let mut found = Discovery::at(posts, SourceKind::WordPress, listing);
    found.how = "; its interface tells more than its pages and feeds, so that is what is asked";
    Some(found)
}

/// How many of the newest items are among the other's, by address or title.
fn shared(listing: &Listing, other: &Listing, newest: usize) -> usize {
    listing
        .items
        .iter()
        .take(newest)
        .filter(|item| {
            other.items.iter().any(|known| {
                let place =
                    |item: &crate::releases::items::Item| item.url.as_ref().map(identity::place);
                (item.url.is_some() && place(item) == place(known))
                    || identity::title_key(&item.title) == identity::title_key(&known.title)
            })
        })
        .count()
}

/// Where the site's own page says that its interface is.
async fn interface(fetcher: &Fetcher, home: Option<&Url>) -> Option<Url> {
    let body = fetcher.body(home?).await.ok()?;
    feed_links::of(&body).posts
}

async fn usual_feed(fetcher: &Fetcher, site: &Url) -> Option<Discovery> {
    for path in USUAL {
        if let Ok(Some(mut found)) = feed_at(fetcher, &site.join(path).ok()?).await {
            found.how = "; no page links to it, but it stands at its usual place";
            return Some(found);
        }
    }
    None
}

/// A news sitemap that `robots.txt` names. Any other lists all of a site's pages.
async fn news_sitemap(fetcher: &Fetcher, site: &Url) -> Option<Discovery> {
    let text = fetcher.robots_text(site).await.ok()??;
    for file in robots::sitemaps(&text).into_iter().take(MOST_FEEDS) {
        let url = site.join(file).ok()?;
        if !same_organisation(&url, site) {
            continue;
        }
        if let Ok(listing) = reader::whole(fetcher, SourceKind::Sitemap, &url).await
            && listing.format == "news sitemap"
        {
            let mut found = Discovery::at(url, SourceKind::Sitemap, listing);
            found.how = "; the site's robots.txt names it";
            return Some(found);
        }
    }
    None
}

impl Discovery {
    fn at(url: Url, kind: SourceKind, listing: Listing) -> Self {
        Self {
            url,
            kind,
            listing,
            how: "",
        }
    }

    /// What was found, for a person: what it is, what it holds, how it was found.
    pub(in crate::releases) fn words(&self) -> String {
        let format = self.listing.format.as_str();
        let what = match (self.kind, format) {
            (SourceKind::WordPress, _) => "a WordPress site".to_owned(),
            (SourceKind::Page, _) => "a page without a feed".to_owned(),
            (SourceKind::Sitemap, _) => format!("a {format}"),
            (SourceKind::Feed, "JSON Feed") => "a JSON Feed".to_owned(),
            (SourceKind::Feed, _) => format!("an {format} feed"),
        };
        let items = &self.listing.items;
        let holds = match items.len() {
            0 if !self.listing.set_aside.is_empty() => {
                ", of whose items none can be read".to_owned()
            }
            0 => ", empty so far".to_owned(),
            1 => " that lists 1 release".to_owned(),
            count => format!(" that lists {count} releases"),
        };
        let texts = match items.iter().filter(|item| !item.whole).count() {
            0 => "",
            _ => "; the whole text is taken from each release's own page",
        };
        let hub = match self.listing.hub {
            Some(_) => "; it tells of news at once (WebSub)",
            None => "",
        };
        let aside = match self.listing.set_aside.len() {
            0 => String::new(),
            count => format!("; {count} set aside, because nothing can be made of them"),
        };
        format!("{what}{holds}{texts}{hub}{}{aside}", self.how)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_may_be_typed_without_its_beginning() {
        for (typed, url) in [
            (" doe.example/news ", "https://doe.example/news"),
            ("doe.example:8080/a", "https://doe.example:8080/a"),
            ("http://doe.example", "http://doe.example/"),
        ] {
            assert_eq!(address(typed).unwrap().as_str(), url);
        }
        assert!(address("doe").is_err() && address("").is_err());
    }
}
