//! RSS and Atom as sites really serve them (F1, F5, F6).

use std::collections::{HashMap, HashSet};

use feed_rs::{
    model::{Entry, Feed, FeedType},
    parser,
};
use gazette_templates::Document;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use url::Url;

use super::{
    attachments::{self, Attachment},
    identity, json_feed,
    reading::{self, dates::Calendar},
    release_topics, repair,
};

/// What a source lists.
#[derive(Debug, Default)]
pub(super) struct Listing {
    /// What the source calls itself.
    pub title: String,
    /// Its items, in its order.
    pub items: Vec<Item>,
    /// Those of its items that nothing can be made of.
    pub set_aside: Vec<SetAside>,
    /// What it is written in, as people name it.
    pub format: String,
    /// The page that it belongs to.
    pub home: Option<Url>,
    /// Who tells of news in it (F4).
    pub hub: Option<Url>,
    /// What the hub calls it.
    pub own: Option<Url>,
    /// In how many parts it is given.
    pub pages: u32,
}

/// An item that nothing can be made of; the others of its source go on (F6).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetAside {
    /// What it calls itself.
    pub item: String,
    /// What is wrong with it.
    pub why: String,
}

impl SetAside {
    pub(super) fn new(item: &str, why: &str) -> Self {
        Self {
            item: item.chars().take(200).collect(),
            why: why.to_owned(),
        }
    }

    pub(super) fn nameless(id: &str) -> Self {
        Self::new(id, "it has neither a title nor a link")
    }
}

/// One item of a feed or an API.
#[derive(Debug, Clone, Default)]
pub(super) struct Item {
    /// Which one it is, however often its site moves (F7).
    pub identity: String,
    /// Its page.
    pub url: Option<Url>,
    /// Its title as plain text.
    pub title: String,
    /// When it was published.
    pub published: Option<Timestamp>,
    /// What the source says of it.
    pub document: Option<Document>,
    /// Whether that is all of it; else the page has the rest.
    pub whole: bool,
    /// What it brings beside its text.
    pub attachments: Vec<Attachment>,
    /// What the source files it under, as the source names it.
    pub categories: Vec<String>,
    /// Its page is another organisation's: what stands there is not the office's to mail (F11).
    pub elsewhere: bool,
}

/// Reads a feed; none: it is no feed, such as a page that says that the site is down.
pub(super) fn read(text: &str, address: &Url, calendar: &Calendar) -> Option<Listing> {
    let text = text.trim_start_matches('\u{feff}').trim_start();
    if text.starts_with('{') {
        return json_feed::read(text, address, calendar);
    }
    let xml = repair::repair(text);
    let mut listing = Listing::default();
    let feeds = if let Some(feed) = parse(&xml, address, calendar) {
        vec![feed]
    } else {
        listing.title = title_in(&xml);
        parts(&xml, address, calendar, &mut listing.set_aside)
    };
    let first = feeds.first()?;
    if let Some(title) = &first.title {
        listing.title = reading::line(&title.content);
    }
    listing.format = format_of(first, text);
    let link = |rel: &str| {
        let link = first.links.iter().find(|l| l.rel.as_deref() == Some(rel))?;
        address.join(link.href.trim()).ok()
    };
    (listing.hub, listing.own) = (link("hub"), link("self"));
    listing.home = first
        .links
        .iter()
        .find(|link| matches!(link.rel.as_deref(), None | Some("alternate")))
        .and_then(|link| address.join(link.href.trim()).ok());
    let language = first
        .language
        .as_deref()
        .and_then(reading::language)
        .unwrap_or_else(|| "en".to_owned());
    let entries = || feeds.iter().flat_map(|feed| &feed.entries);
    let shared = shared_ids(entries());
    let twins = enclosures_apart(&xml, address, calendar, &feeds);
    for (at, entry) in entries().enumerate() {
        let id = entry.id.as_str();
        let guid = Some(id).filter(|id| !id.is_empty() && !shared.contains(id));
        let twin = twins.as_ref().and_then(|twins| twins.entries.get(at));
        let item = item((entry, twin), address, calendar, &language, guid);
        if item.url.is_none() && item.title.is_empty() {
            listing.set_aside.push(SetAside::nameless(id));
        } else {
            listing.items.push(item);
        }
    }
    Some(listing)
}

fn parse(xml: &str, address: &Url, calendar: &Calendar) -> Option<Feed> {
    let calendar = calendar.clone();
    parser::Builder::new()
        .base_uri(Some(address.as_str()))
        // Ours is decided below; the parser's own would change with the title.
        .id_generator(|_, _, _| String::new())
        .timestamp_parser(move |text| calendar.read(text)?.to_string().parse().ok())
        .build()
        .parse(xml.as_bytes())
        .ok()
}

/// The items of a broken feed, each read alone.
fn parts(
    xml: &str,
    address: &Url,
    calendar: &Calendar,
    set_aside: &mut Vec<SetAside>,
) -> Vec<Feed> {
    let mut feeds = Vec::new();
    for part in repair::apart(xml) {
        match parse(&part, address, calendar).filter(|feed| !feed.entries.is_empty()) {
            Some(feed) => feeds.push(feed),
            None => set_aside.push(SetAside::new(
                &title_in(&part),
                "its XML is broken: an element is not closed, or closed by another",
            )),
        }
    }
    feeds
}

/// What stands between the title's tags, read without a parser.
fn title_in(part: &str) -> String {
    let title = part
        .split_once("<title>")
        .and_then(|(_, rest)| Some(rest.split_once("</title>")?.0))
        .unwrap_or_default()
        .trim_start_matches("<![CDATA[")
        .trim_end_matches("]]>");
    reading::line(title)
}

fn format_of(feed: &Feed, text: &str) -> String {
    match feed.feed_type {
        FeedType::Atom => "Atom".to_owned(),
        FeedType::RSS1 => "RSS 1.0".to_owned(),
        FeedType::JSON => "JSON Feed".to_owned(),
        FeedType::RSS0 | FeedType::RSS2 => match repair::rss_version(text) {
            Some(version) => format!("RSS {version}"),
            None => "RSS".to_owned(),
        },
    }
}

/// The feed once more without its `media:` elements, where it has enclosures too: the parser folds an
/// enclosure into the picture beside it, and the letter would be lost.
fn enclosures_apart(xml: &str, address: &Url, calendar: &Calendar, feeds: &[Feed]) -> Option<Feed> {
    let ([feed], true, true) = (feeds, xml.contains("<enclosure"), xml.contains("<media:")) else {
        return None;
    };
    let apart = xml
        .replace("<media:", "<other-")
        .replace("</media:", "</other-");
    let twin = parse(&apart, address, calendar)?;
    (twin.entries.len() == feed.entries.len()).then_some(twin)
}

fn item(
    (entry, twin): (&Entry, Option<&Entry>),
    address: &Url,
    calendar: &Calendar,
    language: &str,
    guid: Option<&str>,
) -> Item {
    let url = link(entry, address);
    let title = entry
        .title
        .as_ref()
        .map(|title| reading::line(&title.content))
        .unwrap_or_default();
    let published = entry
        .published
        .or(entry.updated)
        .and_then(|at| Timestamp::from_millisecond(at.timestamp_millis()).ok());
    let language = entry
        .language
        .as_deref()
        .and_then(reading::language)
        .unwrap_or_else(|| language.to_owned());
    let base = entry
        .base
        .as_deref()
        .and_then(|base| address.join(base).ok())
        .map(|base| reading::secured(base, address))
        .or_else(|| url.clone())
        .unwrap_or_else(|| address.clone());
    let parse = |html: &str| {
        Some(reading::fragment(html, &title, &language, Some(&base)))
            .filter(|d| !d.blocks.is_empty())
    };
    let content = entry
        .content
        .as_ref()
        .and_then(|content| content.body.as_deref())
        .and_then(parse);
    let whole = content.is_some();
    let attachments = attachments::of_entry(entry, twin, &base);
    let mut document = content.or_else(|| {
        entry
            .summary
            .as_ref()
            .and_then(|summary| parse(&summary.content))
    });
    if let Some(document) = &mut document {
        attachments::add(document, &attachments);
    }
    let day = published.map(|at| calendar.day(at));
    Item {
        identity: identity::of(guid, url.as_ref(), &title, day),
        url,
        title,
        published,
        document,
        whole,
        attachments,
        categories: categories(entry),
        ..Item::default()
    }
}

/// Atom has a label for people beside the term for machines.
fn categories(entry: &Entry) -> Vec<String> {
    let names = entry
        .categories
        .iter()
        .map(|category| reading::line(category.label.as_deref().unwrap_or(&category.term)));
    names
        .filter(|name| release_topics::is_topic(name))
        .collect()
}

/// The ids that the feed gives to several links, such as `N/A`: they tell no items apart.
fn shared_ids<'a>(entries: impl Iterator<Item = &'a Entry>) -> HashSet<&'a str> {
    let mut links: HashMap<&str, Option<&str>> = HashMap::new();
    let mut shared = HashSet::new();
    for entry in entries {
        let link = entry.links.first().map(|link| link.href.as_str());
        if *links.entry(&entry.id).or_insert(link) != link {
            shared.insert(entry.id.as_str());
        }
    }
    shared
}

fn link(entry: &Entry, address: &Url) -> Option<Url> {
    let alternate = |rel: Option<&str>| matches!(rel, None | Some("alternate"));
    entry
        .links
        .iter()
        .filter(|link| alternate(link.rel.as_deref()))
        .map(|link| link.href.as_str())
        .chain(std::iter::once(entry.id.as_str()).filter(|id| id.starts_with("http")))
        .filter_map(|href| address.join(href.trim()).ok())
        .find(|url| matches!(url.scheme(), "http" | "https"))
        .map(|url| reading::secured(url, address))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, address: &Url) -> Option<Listing> {
        super::read(text, address, &Calendar::utc())
    }

    fn rss(items: &str) -> Listing {
        let address = "https://office.example/feed/".parse().unwrap();
        read(
            &format!("<?xml version=\"1.0\" encoding=\"windows-1252\"?><rss version=\"2.0\"><channel><title>A &amp; B</title>{items}</channel></rss>"),
            &address,
        )
        .unwrap()
    }

    #[test]
    fn broken_feeds_are_read_all_the_same_f6() {
        let feed = rss(
            "<item><title>Jobs &nbsp; &amp;#8217;s &lt;em&gt;plan&lt;/em&gt; R&D – Café</title><link>/a</link>
               <guid isPermaLink=\"false\">&lt;a href=&quot;https://x/a&quot;&gt;a&lt;/a&gt;</guid>
               <pubDate>Monday, April 15, 2013 - 2:23pm</pubDate>
               <description>One paragraph.Another paragraph.###</description></item>
             <item><title>Only a title</title></item>",
        );
        let [first, second] = feed.items.as_slice() else {
            panic!("{feed:?}")
        };
        assert_eq!(feed.title, "A & B");
        assert_eq!(first.title, "Jobs ’s plan R&D – Café");
        assert_eq!(
            first.url.as_ref().unwrap().as_str(),
            "https://office.example/a"
        );
        assert_eq!(first.identity, "/a");
        assert_eq!(first.published.unwrap().to_string(), "2013-04-15T14:23:00Z");
        assert_eq!(first.document.as_ref().unwrap().blocks.len(), 2);
        assert!(!first.whole);
        assert_eq!(second.title, "Only a title");
        assert!(rss("").items.is_empty());
        let address = "https://office.example/feed/".parse().unwrap();
        assert!(
            read(
                "<!DOCTYPE html><html><body>Database error</body></html>",
                &address
            )
            .is_none()
        );
        assert!(
            read(
                "\u{feff}<rss version=\"2.0\"><channel><title>T</title></channel></rss>",
                &address
            )
            .is_some()
        );
    }

    #[test]
    fn an_id_that_several_items_share_is_none_f7() {
        let feed = rss(
            "<item><title>A</title><link>https://o.example/a</link><guid isPermaLink=\"false\">N/A</guid></item>
             <item><title>B</title><link>https://o.example/b</link><guid isPermaLink=\"false\">N/A</guid></item>",
        );
        assert_eq!(feed.items[0].identity, "/a");
        assert_eq!(feed.items[1].identity, "/b");
    }

    #[test]
    fn rss_of_any_version_is_read_f5() {
        let address: Url = "https://office.example/feed/".parse().unwrap();
        for rss in [
            "<rss>",
            "<rss version='0.93'>",
            "<rss version=\"2.0.1\" xmlns:x=\"http://x/\">",
            "<rss version=\"0.91\">",
        ] {
            let feed = format!(
                "<?xml version='1.0'?>{rss}<channel><title>T</title><item><title>A</title><link>/a</link></item></channel></rss>"
            );
            assert_eq!(read(&feed, &address).unwrap().items.len(), 1, "{rss}");
        }
    }

    #[test]
    fn categories_are_kept_and_uncategorized_is_none_f1_r2() {
        let feed = rss(
            "<item><title>T</title><link>/a</link><category>Uncategorized</category>
               <category><![CDATA[Health &amp; Care]]></category><category>Veterans</category></item>",
        );
        assert_eq!(feed.items[0].categories, ["Health & Care", "Veterans"]);
    }

    #[test]
    fn entities_are_not_expanded_f11() {
        let address = "https://office.example/feed/".parse().unwrap();
        let bomb = "<?xml version=\"1.0\"?><!DOCTYPE lolz [<!ENTITY lol \"lol\"><!ENTITY lol2 \"&lol;&lol;\">]>
            <rss version=\"2.0\"><channel><title>x</title><item><title>&lol2;</title><link>/a</link></item></channel></rss>";
        if let Some(feed) = read(bomb, &address) {
            assert!(!feed.items[0].title.contains("lollol"));
        }
    }

    #[test]
    fn whole_texts_and_other_formats_are_read_f5() {
        let address: Url = "https://office.example/feed/".parse().unwrap();
        let feed = rss(
            "<item><title>T</title><link>https://o.example/a</link><content:encoded xmlns:content=\"http://purl.org/rss/1.0/modules/content/\"><![CDATA[<p>All &amp; whole <a href=\"/doc\">text</a></p>]]></content:encoded></item>",
        );
        assert!(feed.items[0].whole);
        assert!(feed.items[0].categories.is_empty());
        let json = serde_json::to_string(&feed.items[0].document).unwrap();
        assert!(
            json.contains("https://o.example/doc") && json.contains("All & whole"),
            "{json}"
        );
        let atom = "<feed xmlns=\"http://www.w3.org/2005/Atom\"><title>O</title><id>o</id><updated>2024-02-16T15:00:00Z</updated>
            <entry><id>tag:o,1</id><title type=\"html\">Kim &amp;amp; Co</title><link href=\"/x\"/><updated>2024-02-16T15:00:00Z</updated><content type=\"html\">&lt;p&gt;Hi&lt;/p&gt;</content></entry></feed>";
        let atom = read(atom, &address).unwrap();
        assert_eq!(
            (
                atom.items[0].title.as_str(),
                atom.items[0].identity.as_str()
            ),
            ("Kim & Co", "tag:o,1")
        );
        let json = r#"{"version":"https://jsonfeed.org/version/1.1","title":"O","items":[{"id":"7","url":"https://o.example/7","title":"T","content_html":"<p>Hi</p>","date_published":"2024-02-16T15:00:00Z"}]}"#;
        let json = read(json, &address).unwrap();
        assert!(json.items[0].whole && json.items[0].published.is_some());
    }
}
