//! RSS and Atom as sites really serve them (F1, F5, F6).

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use feed_rs::{
    model::{Entry, Feed, FeedType},
    parser,
};
use url::Url;

use super::{
    feed_dialects,
    feed_item::item,
    feed_markup, feed_tags,
    items::{Listing, SetAside},
    json_feed,
    reading::{self, Certainty, dates::Calendar},
    repair,
};

/// Reads a feed; none: it is no feed, such as a page that says that the site is down.
pub(super) fn read(text: &str, address: &Url, calendar: &Calendar) -> Option<Listing> {
    let text = feed_dialects::without_preamble(text.trim_start_matches('\u{feff}'));
    if text.starts_with('{') {
        return json_feed::read(text, address, calendar);
    }
    let xml = repair::repair(text);
    // Of these dates the parser keeps the likelier day only.
    let unclear = UnclearDates::default();
    let mut listing = Listing::default();
    let parse = |xml: &str| parse(xml, address, calendar, &unclear);
    let feeds = match parse(&xml) {
        Some(feed) if feed.entries.len() >= feed_tags::count_items(&xml) => vec![feed],
        whole => {
            listing.title = title_in(&xml);
            parts(&xml, whole, parse, &mut listing.set_aside)
        }
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
    // RFC 5005 §3 and §4.
    listing.next = link("next")
        .or_else(|| link("prev-archive"))
        .or_else(|| next_of_wordpress(first, address));
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
        let mut item = item((entry, twin), address, calendar, &language, guid);
        item.notes.date = unclear.certainty(item.published);
        if item.url.is_none() && item.title.is_empty() {
            listing.set_aside.push(SetAside::nameless(id));
        } else {
            listing.items.push(item);
        }
    }
    listing.tell_apart(calendar);
    Some(listing)
}

/// The dates of a feed that may mean another day, too, or lie ahead.
#[derive(Clone, Default)]
struct UnclearDates(Arc<Mutex<HashMap<jiff::Timestamp, Certainty>>>);

impl UnclearDates {
    fn read(&self, text: &str, calendar: &Calendar) -> Option<jiff::Timestamp> {
        let found = calendar.dated(text)?;
        if found.certainty != Certainty::Certain {
            self.known().insert(found.instant, found.certainty);
        }
        Some(found.instant)
    }

    fn certainty(&self, published: Option<jiff::Timestamp>) -> Certainty {
        let known = published.and_then(|at| self.known().get(&at).copied());
        known.unwrap_or_default()
    }

    fn known(&self) -> MutexGuard<'_, HashMap<jiff::Timestamp, Certainty>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn parse(xml: &str, address: &Url, calendar: &Calendar, unclear: &UnclearDates) -> Option<Feed> {
    let (calendar, unclear) = (calendar.clone(), unclear.clone());
    parser::Builder::new()
        .base_uri(Some(address.as_str()))
        // Ours is decided below; the parser's own would change with the title.
        .id_generator(|_, _, _| String::new())
        .timestamp_parser(move |text| unclear.read(text, &calendar)?.to_string().parse().ok())
        .build()
        .parse(xml.as_bytes())
        .ok()
}

/// The items of a broken feed, each read alone, behind what the feed says of itself; or the feed as the
/// parser has it, where that is more.
fn parts(
    xml: &str,
    whole: Option<Feed>,
    parse: impl Fn(&str) -> Option<Feed>,
    set_aside: &mut Vec<SetAside>,
) -> Vec<Feed> {
    let why = match whole {
        None => "its XML is broken: an element is not closed, or closed by another",
        Some(_) => "it is not written as items of such a feed are",
    };
    let apart = repair::apart(xml);
    let one = |part: &str| parse(part).filter(|feed| !feed.entries.is_empty());
    let mut feeds: Vec<Feed> = Vec::new();
    for part in &apart.items {
        match one(part).or_else(|| one(&feed_markup::essentials(part)?)) {
            Some(feed) => feeds.push(feed),
            None => set_aside.push(SetAside::new(&title_in(part), why)),
        }
    }
    if apart.left_out > 0 {
        let why = "only the first 500 items of a broken feed are looked at";
        let items = format!("{} more items", apart.left_out);
        set_aside.push(SetAside::new(&items, why));
    }
    let read: usize = feeds.iter().map(|feed| feed.entries.len()).sum();
    match whole {
        Some(whole) if whole.entries.len() >= read => vec![whole],
        whole => {
            let head = whole.or_else(|| parse(&apart.head)).map(|mut head| {
                head.entries.clear();
                head
            });
            feeds.splice(0..0, head);
            feeds
        }
    }
}

/// What stands between the title's tags, read without a parser, or as much of it as there is.
fn title_in(part: &str) -> String {
    let open = feed_tags::tags(part, 0).find(|tag| tag.name == "title" && !tag.closes);
    let rest = open
        .and_then(|open| part.get(open.end..))
        .unwrap_or_default();
    let rest = rest.trim_start().trim_start_matches("<![CDATA[");
    let title = match rest.split_once("</title>") {
        Some((title, _)) => title,
        None => rest.split('<').next().unwrap_or_default(),
    };
    reading::line(title.trim_end().trim_end_matches("]]>"))
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
    let twin = parse(&apart, address, calendar, &UnclearDates::default())?;
    (twin.entries.len() == feed.entries.len()).then_some(twin)
}

/// `WordPress` gives its feeds in parts and does not say so.
fn next_of_wordpress(feed: &Feed, address: &Url) -> Option<Url> {
    let generator = feed.generator.as_ref()?;
    let says = |text: &str| text.to_ascii_lowercase().contains("wordpress");
    if !says(&generator.content) && !generator.uri.as_deref().is_some_and(says) {
        return None;
    }
    let (mut part, mut others) = (1_u32, Vec::new());
    for (name, value) in address.query_pairs() {
        if name == "paged" {
            part = value.parse().unwrap_or(1);
        } else {
            others.push((name.into_owned(), value.into_owned()));
        }
    }
    let mut next = address.clone();
    next.query_pairs_mut()
        .clear()
        .extend_pairs(others)
        .append_pair("paged", &part.saturating_add(1).to_string());
    Some(next)
}

/// The ids that the feed gives to several links or headlines, such as `N/A`: they tell no items apart.
fn shared_ids<'a>(entries: impl Iterator<Item = &'a Entry>) -> HashSet<&'a str> {
    let mut known = HashMap::new();
    let mut shared = HashSet::new();
    for entry in entries {
        let link = entry.links.first().map(|link| link.href.as_str());
        let title = entry.title.as_ref().map(|title| title.content.as_str());
        if *known.entry(&entry.id).or_insert((link, title)) != (link, title) {
            shared.insert(entry.id.as_str());
        }
    }
    shared
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

    fn items_of(feed: &str) -> Vec<(String, String, String)> {
        let address: Url = "https://town.example/feed".parse().unwrap();
        read(feed, &address)
            .unwrap()
            .items
            .into_iter()
            .map(|item| {
                let day = item
                    .published
                    .map_or("-".to_owned(), |at| at.strftime("%F").to_string());
                let path = item.url.map_or("-".to_owned(), |url| url.path().to_owned());
                (day, item.title, path)
            })
            .collect()
    }

    #[test]
    fn feeds_of_old_and_homemade_kinds_are_read() {
        let row = |day: &str, title: &str, path: &str| {
            (day.to_owned(), title.to_owned(), path.to_owned())
        };
        let fair = "<title>The fair opens</title>";
        for (feed, expected) in [
            (
                format!("<rss version=\"2.0\"><channel><item>{fair}<link>/f</link><pubdate>Tue, 02 Jun 2026 08:00:00 GMT</pubdate></item></channel></rss>"),
                row("2026-06-02", "The fair opens", "/f"),
            ),
            (
                format!("<?xml version='1.0'?><feed version=\"0.3\" xmlns=\"http://purl.org/atom/ns#\"><title>T</title><entry>{fair}<link rel=\"alternate\" href=\"/f\"/><id>tag:t,1</id><issued>2026-06-02T08:00:00Z</issued><content type=\"text/html\" mode=\"escaped\">&lt;p&gt;It opens.&lt;/p&gt;</content></entry></feed>"),
                row("2026-06-02", "The fair opens", "/f"),
            ),
            (
                format!("<rss version=\"2.0\" xmlns=\"http://backend.userland.com/rss2\"><channel><item>{fair}<link>/f</link></item></channel></rss>"),
                row("-", "The fair opens", "/f"),
            ),
            (
                format!("<!-- ours -->\n<?xml version=\"1.0\"?>\n<rss version=\"2.0\"><channel><item>{fair}<link href=\"/f\"/></item></channel></rss>"),
                row("-", "The fair opens", "/f"),
            ),
            (
                format!("<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" xmlns=\"http://my.netscape.com/rdf/simple/0.9/\"><channel><title>T</title></channel><item>{fair}<link>/f</link></item></rdf:RDF>"),
                row("-", "The fair opens", "/f"),
            ),
            (
                "<rss version=\"2.0\"><channel><item><description>&lt;p&gt;The fair opens on Tuesday.&lt;/p&gt;</description><guid isPermaLink=\"false\">9</guid></item></channel></rss>".to_owned(),
                row("-", "The fair opens on Tuesday.", "-"),
            ),
            (
                "<?xml version='1.0'?><!DOCTYPE feed [<!ENTITY nbsp \"&#160;\">]><feed xmlns=\"http://www.w3.org/2005/Atom\"><title>T</title><id>t</id><entry><id>tag:t,1</id><title type=\"xhtml\"><div xmlns=\"http://www.w3.org/1999/xhtml\">Fair&nbsp;opens &mdash; today</div></title><link href=\"/f\"/></entry></feed>".to_owned(),
                row("-", "Fair opens — today", "/f"),
            ),
            // Every tag under a prefix, beside modules that have tags of the same name.
            (
                "<r:rss version=\"2.0\" xmlns:r=\"http://backend.userland.com/rss2\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\"><r:channel><r:title>T</r:title><r:item><dc:title>Other</dc:title><r:title>The fair opens</r:title><r:link>/f</r:link><r:pubDate>Tue, 02 Jun 2026 08:00:00 GMT</r:pubDate></r:item></r:channel></r:rss>".to_owned(),
                row("2026-06-02", "The fair opens", "/f"),
            ),
            (
                "<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" xmlns:rss='http://purl.org/rss/1.0/' xmlns:dc=\"http://purl.org/dc/elements/1.1/\"><rss:channel rdf:about=\"/\"><rss:title>T</rss:title></rss:channel><rss:item rdf:about=\"/f\"><rss:title>The fair opens</rss:title><rss:link>/f</rss:link><dc:date>2026-06-02T08:00:00Z</dc:date></rss:item></rdf:RDF>".to_owned(),
                row("2026-06-02", "The fair opens", "/f"),
            ),
            // Kinds of text as media types: of old, and by mistake.
            (
                "<feed version=\"0.3\" xmlns=\"http://purl.org/atom/ns#\"><title type='text/plain'>T</title><entry><title type=\"text/plain\">The fair opens</title><link rel=\"alternate\" type=\"text/html\" href=\"/f\"/><id>tag:t,1</id><issued>2026-06-02T08:00:00Z</issued><content type=\"application/xhtml+xml\" xml:base=\"http://town.example/\"><div xmlns=\"http://www.w3.org/1999/xhtml\">It <a href=\"x\">opens</a>.</div></content></entry></feed>".to_owned(),
                row("2026-06-02", "The fair opens", "/f"),
            ),
            (
                "<feed xmlns=\"http://www.w3.org/2005/Atom\"><title>T</title><id>t</id><entry><id>tag:t,1</id><title type=\"text/html\">The fair &lt;b&gt;opens&lt;/b&gt;</title><link href=\"/f\"/><updated>2026-06-02T08:00:00Z</updated><summary type=\"text/plain\">It opens.</summary></entry></feed>".to_owned(),
                row("2026-06-02", "The fair opens", "/f"),
            ),
            // Nothing but what it says.
            (
                "<rss version=\"0.92\"><channel><title>T</title><item><description>The fair opens on Tuesday. All may come.</description></item></channel></rss>".to_owned(),
                row("-", "The fair opens on Tuesday.", "-"),
            ),
        ] {
            assert_eq!(items_of(&feed), [expected], "{feed}");
        }
        // Cut off in the midst of an item: those before it are whole.
        let cut = format!(
            "<rss version=\"2.0\"><channel><item>{fair}<link>/f</link></item><item><title>Half"
        );
        assert_eq!(items_of(&cut)[0], row("-", "The fair opens", "/f"));
        assert_eq!(items_of(&cut).len(), 1);
    }

    #[test]
    fn a_feed_of_which_no_item_can_be_read_is_not_empty() {
        let address: Url = "https://town.example/feed".parse().unwrap();
        let odd = "<rss version=\"2.0\"><channel><entry><title>A</title></entry></channel></rss>";
        let listing = read(odd, &address).unwrap();
        assert!(listing.items.is_empty());
        assert_eq!(listing.set_aside[0].item, "A");
        assert!(listing.set_aside[0].why.contains("not written as items"));
    }

    #[test]
    fn ampersands_and_broken_items_cost_no_more_than_they_are_long() {
        let begun = std::time::Instant::now();
        let ampersands = repair::repair(&"&a ".repeat(1_000_000));
        assert_eq!(ampersands.len(), 7_000_000);
        let address: Url = "https://town.example/feed".parse().unwrap();
        let broken = format!(
            "<rss version=\"2.0\"><channel>{}",
            "<item><title>A<b></title><link>/a</link></item>".repeat(50_000)
        );
        let listing = read(&broken, &address);
        let items = listing.map_or(0, |listing| listing.items.len() + listing.set_aside.len());
        // And one that says how many more there are.
        assert!(items <= 501);
        // It was minutes when each ampersand had the whole rest searched.
        assert!(begun.elapsed() < std::time::Duration::from_mins(1));
    }
}
