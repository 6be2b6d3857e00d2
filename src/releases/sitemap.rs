//! Sitemaps and sitemap indexes (sitemaps.org 0.9, with Google's extension for news).

use url::Url;

use super::{
    feeds::{Item, Listing, SetAside},
    identity,
    reading::{self, dates::Calendar},
    repair,
};

/// The protocol's own limit for one file.
const MOST: usize = 50_000;

/// What a sitemap file is.
#[derive(Debug)]
pub(super) enum Sitemap {
    /// It lists pages.
    Pages(Box<Listing>),
    /// It lists sitemaps, those that changed last first.
    Index(Vec<Url>),
}

/// Reads the file; none: it is no sitemap.
pub(super) fn read(text: &str, address: &Url, calendar: &Calendar) -> Option<Sitemap> {
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let root = text.get(..ceil(text, 4_000)).unwrap_or_default();
    if root.contains("<sitemapindex") {
        return Some(Sitemap::Index(index(text, address, calendar)));
    }
    if !root.contains("<urlset") {
        return None;
    }
    let mut listing = Listing {
        title: address.host_str().unwrap_or_default().to_owned(),
        format: "sitemap".to_owned(),
        home: address.join("/").ok(),
        ..Listing::default()
    };
    for entry in elements(text, "url").take(MOST) {
        let place = value(entry, "loc");
        // Addresses must be whole; some sites leave out their own host.
        let url = match place.strip_prefix('/') {
            Some(_) => address.join(&place),
            None => Url::parse(&place),
        };
        match url {
            Ok(url) if matches!(url.scheme(), "http" | "https") => {
                let item = item(entry, reading::secured(url, address), calendar);
                if !item.title.is_empty() {
                    "news sitemap".clone_into(&mut listing.format);
                }
                listing.items.push(item);
            }
            _ => listing
                .set_aside
                .push(SetAside::new(&place, "its address is no web address")),
        }
    }
    Some(Sitemap::Pages(Box::new(listing)))
}

/// `lastmod` is no date of publication: the page says that itself, when it is read.
fn item(entry: &str, url: Url, calendar: &Calendar) -> Item {
    let title = reading::line(&value(entry, "news:title"));
    Item {
        identity: identity::of(None, Some(&url), &title, None),
        title,
        published: calendar.read(&value(entry, "news:publication_date")),
        url: Some(url),
        ..Item::default()
    }
}

/// A site's posts stand in some of its sitemaps only; those that changed last go first, and of
/// those without a date the last, where numbered ones are appended to.
fn index(text: &str, address: &Url, calendar: &Calendar) -> Vec<Url> {
    let mut found: Vec<(Option<jiff::Timestamp>, usize, Url)> = elements(text, "sitemap")
        .enumerate()
        .filter_map(|(at, entry)| {
            let url = address.join(&value(entry, "loc")).ok()?;
            Some((calendar.read(&value(entry, "lastmod")), at, url))
        })
        .collect();
    found.sort_by(|(one, at, _), (other, other_at, _)| other.cmp(one).then(other_at.cmp(at)));
    found.into_iter().map(|(_, _, url)| url).collect()
}

/// What stands between the tags of this name. No parser is needed for a format without nesting,
/// and so no entity can expand (F11).
fn elements<'a>(xml: &'a str, name: &str) -> impl Iterator<Item = &'a str> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let mut rest = xml;
    std::iter::from_fn(move || {
        let (_, from) = rest.split_once(&open)?;
        let (inside, after) = from.split_once(&close)?;
        rest = after;
        Some(inside)
    })
}

fn value(entry: &str, name: &str) -> String {
    let inside = elements(entry, name).next().unwrap_or_default().trim();
    match inside.strip_prefix("<![CDATA[") {
        Some(verbatim) => verbatim.trim_end_matches("]]>").trim().to_owned(),
        None => repair::plain(inside),
    }
}

fn ceil(text: &str, at: usize) -> usize {
    (at..=text.len())
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, address: &Url) -> Option<Sitemap> {
        super::read(text, address, &Calendar::utc())
    }

    #[test]
    fn a_news_sitemap_has_titles_and_dates() {
        let address: Url = "https://o.example/news.xml".parse().unwrap();
        let xml = "<?xml version=\"1.0\"?><urlset xmlns:news=\"n\">
          <url><loc>https://o.example/a?x=1&amp;y=2</loc><news:news><news:publication_date>2024-02-16T07:00:00-08:00</news:publication_date><news:title><![CDATA[Kim’s & Doe’s letter]]></news:title></news:news></url>
          <url><loc>mailto:x@o.example</loc></url><url><lastmod>2024-02-16</lastmod></url></urlset>";
        let Some(Sitemap::Pages(listing)) = read(xml, &address) else {
            panic!("no sitemap")
        };
        assert_eq!(listing.format, "news sitemap");
        assert_eq!(listing.items.len(), 1);
        assert_eq!(listing.set_aside.len(), 2);
        let item = &listing.items[0];
        assert_eq!(item.title, "Kim’s & Doe’s letter");
        assert_eq!(item.identity, "/a?x=1&y=2");
        assert_eq!(item.published.unwrap().to_string(), "2024-02-16T15:00:00Z");
    }

    #[test]
    fn an_index_gives_those_first_that_changed_last() {
        let address: Url = "https://o.example/sitemap.xml".parse().unwrap();
        let xml = "<sitemapindex><sitemap><loc>/pages.xml</loc><lastmod>2020-01-01</lastmod></sitemap>
          <sitemap><loc>/posts-1.xml</loc></sitemap><sitemap><loc>/posts-2.xml</loc></sitemap>
          <sitemap><loc>/news.xml</loc><lastmod>2024-02-16T15:00:00Z</lastmod></sitemap></sitemapindex>";
        let Some(Sitemap::Index(found)) = read(xml, &address) else {
            panic!("no index")
        };
        let paths: Vec<&str> = found.iter().map(Url::path).collect();
        assert_eq!(
            paths,
            ["/news.xml", "/pages.xml", "/posts-2.xml", "/posts-1.xml"]
        );
        assert!(read("<html><body>urlset</body></html>", &address).is_none());
        assert!(read("\u{e9}\u{e9}", &address).is_none());
    }
}
