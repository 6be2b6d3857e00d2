//! What was published since the last look, where a source lists less than that: from the next parts of
//! the list, from `WordPress`'s pages, at last from the site's sitemap; and whether others may be missing
//! all the same.

use std::collections::{HashMap, HashSet};

use url::Url;

use super::{
    SourceKind,
    fetch::Fetcher,
    identity,
    items::{Item, Listing},
    known_items::{KnownItems, Listed},
    reader,
    release_error::ReleaseError,
    robots,
    ssrf_guard::same_organisation,
};
use crate::clock::DAY;

/// A site that was rebuilt lists everything anew; more of it than this tells nobody more.
const MOST_PARTS: u32 = 5;

/// Files of a site that are asked for its pages. Each may be an index, and is read as one that is a source is.
const MOST_SITEMAPS: usize = 3;

/// Where sitemaps stand that `robots.txt` does not name.
const USUAL_SITEMAPS: [&str; 3] = ["/sitemap.xml", "/sitemap_index.xml", "/wp-sitemap.xml"];

/// More pages than these that changed since tell nobody more.
const MOST_OF_A_SITEMAP: usize = 20;

/// A sitemap may say the day alone, by the clock of its site.
const DAY_ALONE_MS: i64 = DAY;

/// A look at a source.
pub(super) struct Look<'a> {
    pub kind: SourceKind,
    pub url: &'a Url,
    /// Whether what it lists may be less than what is new; what was empty before is all new.
    pub may_have_more: bool,
    /// When the last one was.
    pub since: i64,
    /// Whether this one comes as soon after it as looks do.
    pub is_on_time: bool,
}

/// What a look found.
#[derive(Debug, Default)]
pub(super) struct CaughtUp {
    /// Items that were not known, the newest first.
    pub new: Vec<Item>,
    /// Whether others may be missing that were published between them and the last look.
    pub has_gap: bool,
}

/// Finds what is new, from all parts of the list that may have some of it.
pub(super) async fn new_since(
    fetcher: &Fetcher,
    look: &Look<'_>,
    mut listing: Listing,
    known: &KnownItems,
) -> Result<CaughtUp, ReleaseError> {
    let mut seen = Seen::default();
    let mut part = 1;
    loop {
        let next = (listing.next.take(), listing.pages);
        // Where all of a part is new, the next one may have more.
        if !seen.take(listing.items, known) || part >= MOST_PARTS {
            break;
        }
        part += 1;
        listing = match next_part(fetcher, look, next, part).await? {
            Some(listing) => listing,
            None => break,
        };
    }
    let mut has_gap = look.may_have_more && seen.has_gap(look);
    if has_gap && matches!(look.kind, SourceKind::Feed | SourceKind::Page) {
        has_gap = !seen.take_sitemap(fetcher, look, known).await;
    }
    Ok(CaughtUp {
        new: seen.new,
        has_gap,
    })
}

/// The part of the list behind the one that says where it stands. `None`: there is none.
async fn next_part(
    fetcher: &Fetcher,
    look: &Look<'_>,
    (next, pages): (Option<Url>, u32),
    part: u32,
) -> Result<Option<Listing>, ReleaseError> {
    match (look.kind, next) {
        (SourceKind::WordPress, _) if part <= pages => {
            let mut listing = reader::more(fetcher, look.url, part).await?;
            listing.pages = listing.pages.max(pages);
            Ok(Some(listing))
        }
        (kind @ (SourceKind::Feed | SourceKind::Page), Some(next))
            if look.may_have_more && same_organisation(&next, look.url) =>
        {
            match reader::whole(fetcher, kind, &next).await {
                Ok(listing) => Ok(Some(listing)),
                // Past the last part.
                Err(error) => {
                    tracing::info!(source.url = %look.url, %error, "a source has no further part");
                    Ok(None)
                }
            }
        }
        _ => Ok(None),
    }
}

/// What a look has seen so far.
#[derive(Debug, Default)]
struct Seen {
    listed: Listed,
    identities: HashSet<String>,
    /// Pages that are listed.
    pages: Vec<Url>,
    new: Vec<Item>,
}

impl Seen {
    /// Takes a part of the list. Whether all of it is new.
    fn take(&mut self, items: Vec<Item>, known: &KnownItems) -> bool {
        self.listed.add(&items);
        let before = self.new.len();
        let all = items.len();
        for item in items {
            self.pages.extend(item.url.clone());
            if self.identities.insert(item.identity.clone()) && !known.has(&item, &self.listed) {
                self.new.push(item);
            }
        }
        self.new.len() - before == all && all > 0
    }

    /// Whether nothing is listed any more that was listed before: others may have come and gone in
    /// between. A list of one item changes with each release, which tells something only where the
    /// last look was long ago.
    fn has_gap(&self, look: &Look<'_>) -> bool {
        let is_all_new = !self.new.is_empty() && self.new.len() == self.identities.len();
        is_all_new && (self.new.len() > 1 || !look.is_on_time)
    }

    /// Takes the pages that the site's sitemap says changed since, as far as they stand where the
    /// source's releases stand. Whether they are all: the sitemap names what the list has and what it had.
    async fn take_sitemap(
        &mut self,
        fetcher: &Fetcher,
        look: &Look<'_>,
        known: &KnownItems,
    ) -> bool {
        let Some(home) = self.pages.first().cloned() else {
            return false;
        };
        let places = ReleaseAddresses::of(known.pages().iter().chain(&self.pages), &home);
        for file in sitemaps(fetcher, &home).await {
            let listing = match reader::whole(fetcher, SourceKind::Sitemap, &file).await {
                Ok(listing) => listing,
                Err(error) => {
                    tracing::info!(source.url = %look.url, %error, "a site's sitemap cannot be read");
                    continue;
                }
            };
            let pages: Vec<Item> = listing
                .items
                .into_iter()
                .filter(|page| page.url.as_ref().is_some_and(|url| places.fit(url)))
                .collect();
            let listed: HashSet<String> = self.pages.iter().map(identity::place).collect();
            let is_listed = |url: &Url| listed.contains(&identity::place(url));
            let names = |is: &dyn Fn(&Url) -> bool| {
                pages.iter().filter_map(|page| page.url.as_ref()).any(is)
            };
            let is_whole = names(&is_listed) && names(&|url| known.has_page(url));
            if pages.is_empty() {
                continue;
            }
            let unknown = pages.into_iter().filter(|page| {
                page.url
                    .as_ref()
                    .is_some_and(|url| !is_listed(url) && !known.has_page(url))
            });
            let (dated, undated): (Vec<Item>, Vec<Item>) =
                unknown.partition(|page| changed(page).is_some());
            let mut found: Vec<Item> = dated
                .into_iter()
                .filter(|page| changed(page).is_some_and(|at| at >= look.since - DAY_ALONE_MS))
                .collect();
            found.sort_by_key(|page| std::cmp::Reverse(changed(page)));
            let is_all = is_whole && undated.is_empty() && found.len() <= MOST_OF_A_SITEMAP;
            found.truncate(MOST_OF_A_SITEMAP);
            tracing::info!(source.url = %look.url, pages = found.len(), "a site's sitemap was asked for what its list leaves out");
            for mut page in found {
                page.notes.of_sitemap = true;
                if self.identities.insert(page.identity.clone()) {
                    self.new.push(page);
                }
            }
            return is_all;
        }
        false
    }
}

fn changed(page: &Item) -> Option<i64> {
    let at = page.published.or(page.changed);
    at.map(jiff::Timestamp::as_millisecond)
}

/// The sitemaps of the site of this page: those that `robots.txt` names, else where they usually stand.
/// None of another host: such a file may say nothing of this one.
async fn sitemaps(fetcher: &Fetcher, home: &Url) -> Vec<Url> {
    let text = fetcher.robots_text(home).await.ok().flatten();
    let at = |places: &[&str]| -> Vec<Url> {
        places
            .iter()
            .filter_map(|place| home.join(place).ok())
            .filter(|file| authority(file) == authority(home))
            .take(MOST_SITEMAPS)
            .collect()
    };
    let named = at(&robots::sitemaps(text.as_deref().unwrap_or_default()));
    if named.is_empty() {
        at(&USUAL_SITEMAPS)
    } else {
        named
    }
}

/// What the addresses of a source's releases have in common: `/news/2026/05/a-bridge-opens` stands where
/// `/news/2026/06/the-ferry-stops` does, and `/about/staff` elsewhere.
#[derive(Debug)]
struct ReleaseAddresses {
    host: String,
    /// By their pattern, how many hyphens the last part has at least.
    patterns: HashMap<String, usize>,
}

/// A name of so many words is a headline's.
const HYPHENS_OF_A_HEADLINE: usize = 2;

impl ReleaseAddresses {
    fn of<'a>(pages: impl Iterator<Item = &'a Url>, home: &Url) -> Self {
        let mut patterns = HashMap::new();
        for page in pages {
            let (pattern, hyphens) = pattern(page);
            let fewest = patterns.entry(pattern).or_insert(HYPHENS_OF_A_HEADLINE);
            *fewest = hyphens.min(*fewest);
        }
        Self {
            host: authority(home),
            patterns,
        }
    }

    fn fit(&self, page: &Url) -> bool {
        let (pattern, hyphens) = pattern(page);
        // Right below the host stand all kinds of pages.
        let is_deep = pattern.matches('/').count() > 1 || pattern.contains(['#', '?']);
        authority(page) == self.host
            && self.patterns.get(&pattern).is_some_and(|fewest| {
                hyphens >= *fewest && (is_deep || hyphens >= HYPHENS_OF_A_HEADLINE)
            })
    }
}

fn authority(page: &Url) -> String {
    super::fetch::authority(page)
        .trim_start_matches("www.")
        .to_owned()
}

/// An address without what tells one release from another, and the hyphens of its last part. Numbers
/// are `#`, names of values stay, and the last part is `*` with the ending of a file.
fn pattern(page: &Url) -> (String, usize) {
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let parts: Vec<&str> = page
        .path_segments()
        .into_iter()
        .flatten()
        .filter(|part| !part.is_empty())
        .collect();
    let mut names: Vec<String> = page
        .query_pairs()
        .map(|(name, _)| name.into_owned())
        .collect();
    names.sort();
    names.dedup();
    let (last, folders) = parts
        .split_last()
        .map_or(("", &[][..]), |(last, folders)| (*last, folders));
    let mut pattern = String::new();
    for folder in folders {
        pattern.push('/');
        pattern.push_str(if is_number(folder) { "#" } else { folder });
    }
    pattern.push('/');
    let ending = last.rsplit_once('.').map_or("", |(_, ending)| ending);
    // The page's values tell which one it is, where it has any.
    if !names.is_empty() {
        pattern.push_str(last);
    } else if is_number(last) {
        pattern.push('#');
    } else {
        pattern.extend(["*.", ending]);
    }
    for name in names {
        pattern.push('?');
        pattern.push_str(&name);
    }
    (pattern, last.matches('-').count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_stands_where_releases_stand_or_elsewhere() {
        let url = |text: &str| -> Url { Url::parse(text).unwrap() };
        for (known, fitting, others) in [
            (
                "https://o.example/news/2026/05/bridge-opens-on-monday",
                vec!["https://www.o.example/news/2026/06/ferry-stops-for-good/"],
                vec![
                    "https://o.example/news/2026/06/",
                    "https://o.example/news/archive",
                    "https://o.example/news/2026/06/gallery",
                    "https://o.example/blog/2026/06/ferry-stops-for-good",
                    "https://other.example/news/2026/06/ferry-stops-for-good",
                    "https://o.example/es/news/2026/06/ferry-stops-for-good",
                    "https://o.example/news/2026/06/ferry-stops-for-good/amp",
                ],
            ),
            (
                "https://o.example/bridge-opens-on-monday.html",
                vec!["https://o.example/ferry-stops-for-good.html"],
                vec![
                    "https://o.example/contact.html",
                    "https://o.example/ferry-stops-for-good",
                ],
            ),
            (
                "https://o.example/bridge",
                vec!["https://o.example/ferry-stops-for-good"],
                vec!["https://o.example/contact"],
            ),
            (
                "https://o.example/news.aspx?id=7",
                vec!["https://o.example/news.aspx?id=8"],
                vec![
                    "https://o.example/news.aspx",
                    "https://o.example/list.aspx?id=8",
                ],
            ),
            (
                "https://o.example/press/417",
                vec!["https://o.example/press/418"],
                vec!["https://o.example/press/all"],
            ),
        ] {
            let known = url(known);
            let addresses = ReleaseAddresses::of([&known].into_iter(), &known);
            for page in fitting {
                assert!(
                    addresses.fit(&url(page)),
                    "{page} {:?}",
                    pattern(&url(page))
                );
            }
            for page in others {
                assert!(
                    !addresses.fit(&url(page)),
                    "{page} {:?}",
                    pattern(&url(page))
                );
            }
        }
    }
}
