//! RSS, Atom and JSON Feed as sites really serve them (F1, F5, F6).

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
};

use feed_rs::{model::Entry, parser};
use gazette_templates::Document;
use jiff::Timestamp;
use url::Url;

use super::{
    identity,
    reading::{self, dates},
    topics,
};

/// What a source lists.
#[derive(Debug, Default)]
pub(super) struct Listing {
    /// What the source calls itself.
    pub title: String,
    /// Its items, in its order.
    pub items: Vec<Item>,
}

/// One item of a feed or an API.
#[derive(Debug, Clone)]
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
    /// What the source files it under, as the source names it.
    pub categories: Vec<String>,
}

/// Reads a feed; none: it is no feed, such as a page that says that the site is down.
pub(super) fn read(text: &str, address: &Url) -> Option<Listing> {
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let repaired = if text.starts_with('{') {
        text.to_owned()
    } else {
        repair(text)
    };
    let feed = parser::Builder::new()
        .base_uri(Some(address.as_str()))
        // Ours is decided below; the parser's own would change with the title.
        .id_generator(|_, _, _| String::new())
        .timestamp_parser(|text| dates::instant(text)?.to_string().parse().ok())
        .build()
        .parse(repaired.as_bytes())
        .ok()?;
    let language = feed
        .language
        .as_deref()
        .and_then(reading::language)
        .unwrap_or_else(|| "en".to_owned());
    let title = feed
        .title
        .map(|title| reading::line(&title.content))
        .unwrap_or_default();
    let shared = shared_ids(&feed.entries);
    let items: Vec<Item> = feed
        .entries
        .iter()
        .map(|entry| {
            let id = entry.id.as_str();
            let guid = Some(id).filter(|id| !id.is_empty() && !shared.contains(id));
            item(entry, address, &language, guid)
        })
        .filter(|item| item.url.is_some() || !item.title.is_empty())
        .collect();
    Some(Listing { title, items })
}

fn item(entry: &Entry, address: &Url, language: &str, guid: Option<&str>) -> Item {
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
    let document = content.or_else(|| {
        entry
            .summary
            .as_ref()
            .and_then(|summary| parse(&summary.content))
    });
    let day = published.map(|at| at.as_second() / 86_400);
    Item {
        identity: identity::of(guid, url.as_ref(), &title, day),
        url,
        title,
        published,
        document,
        whole,
        categories: categories(entry),
    }
}

/// Atom has a label for people beside the term for machines.
fn categories(entry: &Entry) -> Vec<String> {
    let names = entry
        .categories
        .iter()
        .map(|category| reading::line(category.label.as_deref().unwrap_or(&category.term)));
    names.filter(|name| topics::is_topic(name)).collect()
}

/// The ids that the feed gives to several links, such as `N/A`: they tell no items apart.
fn shared_ids(entries: &[Entry]) -> HashSet<&str> {
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
}

/// XML that a strict parser takes: an ampersand is one unless XML itself knows the entity. This
/// also leaves a document's own entities unread, so nothing can expand (F11). The text is UTF-8
/// by now, whatever its first line says.
fn repair(text: &str) -> String {
    let body = match text.strip_prefix("<?xml") {
        Some(rest) => rest
            .split_once("?>")
            .map_or(text, |(_, body)| body.trim_start()),
        None => text,
    };
    let body = with_known_version(body);
    let mut out = String::with_capacity(body.len() + 64);
    let mut rest = body.as_ref();
    while let Some(at) = rest.find(['&', '<']) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        if from.starts_with("<![CDATA[") {
            let end = from.find("]]>").map_or(from.len(), |end| end + 3);
            let (verbatim, after) = from.split_at(end);
            out.push_str(verbatim);
            rest = after;
            continue;
        }
        let (mark, after) = from.split_at(1);
        out.push_str(mark);
        if mark == "&" && !known_entity(after) {
            out.push_str("amp;");
        }
        rest = after;
    }
    out.push_str(rest);
    // Control characters are in no version of XML.
    out.retain(|c| !c.is_control() || matches!(c, '\n' | '\r' | '\t'));
    out
}

/// RSS of a version that was never written down, or of none, is read as what it resembles.
fn with_known_version(xml: &str) -> Cow<'_, str> {
    let Some(at) = xml.find("<rss").filter(|at| *at < 4_000) else {
        return Cow::Borrowed(xml);
    };
    let (before, from) = xml.split_at(at);
    let (tag, after) = from.split_at(from.find('>').unwrap_or(from.len()));
    let known = ["2.0", "0.91", "0.92"].iter().any(|version| {
        tag.contains(&format!("version=\"{version}\""))
            || tag.contains(&format!("version='{version}'"))
    });
    if known {
        return Cow::Borrowed(xml);
    }
    let rest = tag.replacen("<rss", "", 1).replacen("version", "said", 1);
    Cow::Owned(format!("{before}<rss version=\"2.0\"{rest}{after}"))
}

fn known_entity(after: &str) -> bool {
    let Some((name, _)) = after.split_once(';') else {
        return false;
    };
    match name.strip_prefix('#') {
        Some(number) => {
            let digits = number.strip_prefix(['x', 'X']);
            let code = match digits {
                Some(hex) => u32::from_str_radix(hex, 16),
                None => number.parse(),
            };
            code.is_ok_and(|code| code >= 32 && char::from_u32(code).is_some())
        }
        None => matches!(name, "amp" | "lt" | "gt" | "quot" | "apos"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
