//! Sitemaps and sitemap indexes (sitemaps.org 0.9, with Google's extension for news).

use quick_xml::{Reader, events::Event, name::QName};
use url::Url;

use super::{
    identity,
    items::{Item, Listing, SetAside},
    reading::{self, dates::Calendar},
};

/// The protocol's own limit for one file.
const MOST_ENTRIES: usize = 50_000;

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
    let (root, entries) = entries(text)?;
    Some(match root {
        Tag::SitemapIndex => Sitemap::Index(index(entries, address, calendar)),
        _ => Sitemap::Pages(Box::new(pages(entries, address, calendar))),
    })
}

fn pages(entries: Vec<Entry>, address: &Url, calendar: &Calendar) -> Listing {
    let mut listing = Listing {
        title: address.host_str().unwrap_or_default().to_owned(),
        format: "sitemap".to_owned(),
        home: address.join("/").ok(),
        ..Listing::default()
    };
    for entry in entries {
        let place = entry.place.trim();
        // Addresses must be whole; some sites leave out their own host.
        let url = match place.strip_prefix('/') {
            Some(_) => address.join(place),
            None => Url::parse(place),
        };
        match url {
            Ok(url) if matches!(url.scheme(), "http" | "https") => {
                let item = item(&entry, reading::secured(url, address), calendar);
                if !item.title.is_empty() {
                    "news sitemap".clone_into(&mut listing.format);
                }
                listing.items.push(item);
            }
            _ => listing
                .set_aside
                .push(SetAside::new(place, "its address is no web address")),
        }
    }
    listing
}

/// `lastmod` is no date of publication: the page says that itself, when it is read.
fn item(entry: &Entry, url: Url, calendar: &Calendar) -> Item {
    let title = reading::line(entry.title.trim());
    Item {
        identity: identity::of(None, Some(&url), &title, None),
        title,
        published: calendar.read(entry.published.trim()),
        changed: calendar.read(entry.modified.trim()),
        url: Some(url),
        ..Item::default()
    }
}

/// A site's posts stand in some of its sitemaps only; those that changed last go first, and of
/// those without a date the last, where numbered ones are appended to.
fn index(entries: Vec<Entry>, address: &Url, calendar: &Calendar) -> Vec<Url> {
    let mut found: Vec<(Option<jiff::Timestamp>, usize, Url)> = entries
        .into_iter()
        .enumerate()
        .filter_map(|(at, entry)| {
            let url = address.join(entry.place.trim()).ok()?;
            Some((calendar.read(entry.modified.trim()), at, url))
        })
        .collect();
    found.sort_by(|(one, at, _), (other, other_at, _)| other.cmp(one).then(other_at.cmp(at)));
    found.into_iter().map(|(_, _, url)| url).collect()
}

/// What a `url` or a `sitemap` element says.
#[derive(Debug, Default)]
struct Entry {
    place: String,
    modified: String,
    title: String,
    published: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tag {
    UrlSet,
    SitemapIndex,
    Url,
    Sitemap,
    Loc,
    LastMod,
    News,
    NewsTitle,
    NewsDate,
    Title,
    PublicationDate,
    Other,
}

impl Tag {
    /// By the local name: prefixes are each file's own choice, and where an element stands tells a
    /// news title from a picture's. Only the usual prefix is known: some files leave `news:news` out.
    fn of(name: QName<'_>) -> Self {
        match name.into_inner() {
            "news:title" => return Self::NewsTitle,
            "news:publication_date" => return Self::NewsDate,
            _ => {}
        }
        match name.local_name().into_inner() {
            "urlset" => Self::UrlSet,
            "sitemapindex" => Self::SitemapIndex,
            "url" => Self::Url,
            "sitemap" => Self::Sitemap,
            "loc" => Self::Loc,
            "lastmod" => Self::LastMod,
            "news" => Self::News,
            "title" => Self::Title,
            "publication_date" => Self::PublicationDate,
            _ => Self::Other,
        }
    }
}

/// The root and its entries; none: the file is no sitemap. Of a file that breaks off, what was
/// whole before counts. Entities of the file's own stay unread, so nothing can expand (F11).
fn entries(text: &str) -> Option<(Tag, Vec<Entry>)> {
    let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}'));
    let config = reader.config_mut();
    config.check_end_names = false;
    config.allow_unmatched_ends = true;
    config.allow_dangling_amp = true;
    config.expand_empty_elements = true;
    let mut place = Place::default();
    let mut entries = Vec::new();
    let mut entry = Entry::default();
    while entries.len() < MOST_ENTRIES {
        match reader.read_event() {
            Ok(Event::Start(start)) => {
                let tag = Tag::of(start.name());
                if place.root().is_none() && !matches!(tag, Tag::UrlSet | Tag::SitemapIndex) {
                    return None;
                }
                if matches!(tag, Tag::Url | Tag::Sitemap) {
                    // The entry before was not closed.
                    if place.leave(tag) {
                        entries.push(std::mem::take(&mut entry));
                    }
                    entry = Entry::default();
                }
                place.enter(tag);
            }
            Ok(Event::End(end)) => {
                let tag = Tag::of(end.name());
                if place.leave(tag) && matches!(tag, Tag::Url | Tag::Sitemap) {
                    entries.push(std::mem::take(&mut entry));
                }
            }
            Ok(Event::Text(words)) => {
                if let Some(value) = place.value(&mut entry) {
                    value.push_str(&words);
                }
            }
            Ok(Event::CData(words)) => {
                if let Some(value) = place.value(&mut entry) {
                    value.push_str(&words);
                }
            }
            Ok(Event::GeneralRef(reference)) => {
                if let Some(value) = place.value(&mut entry) {
                    let named = quick_xml::escape::resolve_xml_entity(&reference);
                    match (reference.resolve_char_ref(), named) {
                        (Ok(Some(character)), _) => value.push(character),
                        (_, Some(words)) => value.push_str(words),
                        _ => {
                            value.push('&');
                            value.push_str(&reference);
                            value.push(';');
                        }
                    }
                }
            }
            Ok(Event::Eof) | Err(_) => break,
            Ok(_) => {}
        }
    }
    Some((place.root()?, entries))
}

/// The open elements, as far down as any is looked at.
#[derive(Debug, Default)]
struct Place {
    path: Vec<Tag>,
    /// How many more are open below.
    deeper: usize,
    root: Option<Tag>,
}

/// `urlset`, `url`, `news`, `title`, and one that is none of these.
const DEPTH: usize = 5;

impl Place {
    /// The file's first element, open or not.
    fn root(&self) -> Option<Tag> {
        self.root
    }

    fn enter(&mut self, tag: Tag) {
        self.root.get_or_insert(tag);
        if self.path.len() < DEPTH {
            self.path.push(tag);
        } else {
            self.deeper += 1;
        }
    }

    /// Closes the element and what was left open in it; false: none is open.
    fn leave(&mut self, tag: Tag) -> bool {
        if self.deeper > 0 && !matches!(tag, Tag::Url | Tag::Sitemap) {
            self.deeper -= 1;
            return true;
        }
        let Some(at) = self.path.iter().rposition(|open| *open == tag) else {
            return false;
        };
        self.path.truncate(at);
        self.deeper = 0;
        true
    }

    /// What the words here belong to.
    fn value<'a>(&self, entry: &'a mut Entry) -> Option<&'a mut String> {
        match self.path.as_slice() {
            _ if self.deeper > 0 => None,
            [_, Tag::Url | Tag::Sitemap, Tag::Loc] => Some(&mut entry.place),
            [_, Tag::Url | Tag::Sitemap, Tag::LastMod] => Some(&mut entry.modified),
            [_, Tag::Url, .., Tag::NewsTitle] | [_, Tag::Url, Tag::News, Tag::Title] => {
                Some(&mut entry.title)
            }
            [_, Tag::Url, .., Tag::NewsDate] | [_, Tag::Url, Tag::News, Tag::PublicationDate] => {
                Some(&mut entry.published)
            }
            _ => None,
        }
    }
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

    fn paths(text: &str) -> Vec<String> {
        let address: Url = "https://o.example/sitemap.xml".parse().unwrap();
        match read(text, &address).expect("a sitemap") {
            Sitemap::Pages(listing) => {
                let urls = listing.items.iter().filter_map(|item| item.url.as_ref());
                urls.map(|url| url[url::Position::BeforePath..].to_owned())
                    .collect()
            }
            Sitemap::Index(found) => found.iter().map(|url| url.path().to_owned()).collect(),
        }
    }

    #[test]
    fn f6_what_sites_get_wrong_takes_no_other_entry_with_it() {
        let xml =
            |inside: &str| format!("<!-- made by hand --><urlset xmlns='s'>{inside}</urlset>");
        for (inside, expected) in [
            // A prefix of the file's own, and attributes.
            (
                "<s:url lang=\"en\"><s:loc>https://o.example/a</s:loc></s:url>",
                "/a",
            ),
            // A picture's address is not the page's.
            (
                "<url><image:image><image:loc>https://o.example/p.png</image:loc></image:image><loc>https://o.example/a</loc></url>",
                "/a",
            ),
            (
                "<url><loc>https://o.example/a?x=1&y=2&#38;z=3</loc></url>",
                "/a?x=1&y=2&z=3",
            ),
            ("<url><loc>https://o.example/&own;</loc></url>", "/&own;"),
            (
                "<url><loc>https://o.example/a</url><url><loc>https://o.example/b</loc></url>",
                "/a /b",
            ),
            (
                "<url><loc>https://o.example/a</loc><url><loc>https://o.example/b</loc></url>",
                "/a /b",
            ),
            (
                "</priority><url><loc>https://o.example/a</loc></lastmod></url><url/><url><loc>https://o.example/b</loc></url>",
                "/a /b",
            ),
            (
                "<url><loc><!-- new -->https://o.example/a</loc></url><url><loc>https://o.example/b",
                "/a",
            ),
            (
                "<url><x><x><x><x><x><x></url><url><loc>https://o.example/b</loc></url>",
                "/b",
            ),
        ] {
            assert_eq!(paths(&xml(inside)).join(" "), expected, "{inside}");
        }
    }

    #[test]
    fn f6_a_news_title_is_found_under_any_prefix_and_a_pictures_title_is_none() {
        let address: Url = "https://o.example/news.xml".parse().unwrap();
        for (inside, expected) in [
            (
                "<n:news><n:title>Of the <![CDATA[bridge & road]]></n:title></n:news>",
                "Of the bridge & road",
            ),
            ("<news:title>Of the bridge</news:title>", "Of the bridge"),
            (
                "<image:image><image:title>A photo</image:title></image:image>",
                "",
            ),
            ("<title>Page</title>", ""),
        ] {
            let xml = format!("<urlset><url><loc>https://o.example/a</loc>{inside}</url></urlset>");
            let Some(Sitemap::Pages(listing)) = read(&xml, &address) else {
                panic!("no sitemap")
            };
            assert_eq!(listing.items[0].title, expected, "{inside}");
        }
    }

    #[test]
    fn f11_no_entity_expands_and_no_file_is_too_long() {
        let bomb = "<!DOCTYPE urlset [<!ENTITY a \"/x\"><!ENTITY b \"&a;&a;&a;\">]>
            <urlset><url><loc>https://o.example/&b;</loc></url></urlset>";
        assert_eq!(paths(bomb), ["/&b;"]);
        let many = format!(
            "<urlset>{}",
            "<url><loc>/a</loc></url>".repeat(MOST_ENTRIES + 9)
        );
        assert_eq!(paths(&many).len(), MOST_ENTRIES);
        let deep = format!("<urlset>{}", "<url><x>".repeat(100_000));
        assert!(paths(&deep).is_empty());
    }
}
