//! JSON Feed 1.0 and 1.1, item by item: one that is wrong takes no other with it (F5, F6).

use gazette_templates::Document;
use serde_json::Value;
use url::Url;

use super::{
    attachments, hash, identity,
    items::{Item, Listing, SetAside},
    reading::{self, dates::Calendar},
};

/// Reads the feed; none: it is no JSON Feed.
pub(super) fn read(text: &str, address: &Url, calendar: &Calendar) -> Option<Listing> {
    let mut broken = Vec::new();
    let feed: Value = match serde_json::from_str(text) {
        Ok(feed) => feed,
        Err(_) => apart(text, &mut broken)?,
    };
    let version = feed.get("version")?.as_str()?;
    if !version.contains("jsonfeed.org/version/") {
        return None;
    }
    let language = said(&feed, "language")
        .and_then(|tag| reading::language(&tag))
        .unwrap_or_else(|| "en".to_owned());
    let url = |name: &str| said(&feed, name).and_then(|url| address.join(&url).ok());
    let mut listing = Listing {
        title: said(&feed, "title").map_or_else(String::new, |title| reading::line(&title)),
        format: "JSON Feed".to_owned(),
        home: url("home_page_url"),
        own: url("feed_url"),
        hub: hub(&feed, address),
        next: url("next_url"),
        set_aside: broken,
        ..Listing::default()
    };
    for entry in feed.get("items")?.as_array()? {
        let item = item(entry, address, calendar, &language);
        if item.url.is_none() && item.title.is_empty() && item.document.is_none() {
            let id = said(entry, "id").unwrap_or_default();
            listing.set_aside.push(SetAside::nameless(&id));
        } else {
            listing.items.push(item);
        }
    }
    listing.tell_apart(calendar);
    Some(listing)
}

/// A feed that is no JSON as a whole, such as one that was cut off: what it says of itself and each of
/// its items, read alone. None: even that cannot be told.
fn apart(text: &str, broken: &mut Vec<SetAside>) -> Option<Value> {
    let text = clean(text);
    let (head, items) = text.split_once("\"items\"")?;
    let items = items
        .trim_start()
        .strip_prefix(':')?
        .trim_start()
        .strip_prefix('[')?;
    let mut feed: Value =
        serde_json::from_str(&format!("{}}}", head.trim_end().trim_end_matches(','))).ok()?;
    let mut found = Vec::new();
    let mut rest = items;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == ',');
        if !rest.starts_with('{') {
            break;
        }
        let mut one = serde_json::Deserializer::from_str(rest).into_iter::<Value>();
        if let Some(Ok(item)) = one.next() {
            let end = one.byte_offset();
            rest = rest.get(end..).unwrap_or_default();
            found.push(item);
        } else {
            // Where it ends nobody knows: the next one begins with an object again.
            broken.push(SetAside::new(
                &title_in(rest),
                "its JSON is broken, or it was cut off",
            ));
            let next = rest
                .get(1..)
                .and_then(|inside| Some(inside.find("},")? + 2));
            rest = next.and_then(|next| rest.get(next..)).unwrap_or_default();
        }
    }
    feed.as_object_mut()?
        .insert("items".to_owned(), Value::Array(found));
    Some(feed)
}

/// What JSON lets stand in no text, and programs write all the same: line ends and tabs as they are.
fn clean(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

/// What an item that is broken calls itself.
fn title_in(item: &str) -> String {
    let title = item.split_once("\"title\"").and_then(|(_, rest)| {
        let rest = rest.trim_start().strip_prefix(':')?.trim_start();
        rest.strip_prefix('"')?.split('"').next()
    });
    reading::line(title.unwrap_or_default())
}

fn item(entry: &Value, address: &Url, calendar: &Calendar, language: &str) -> Item {
    let url = said(entry, "url")
        .or_else(|| said(entry, "id").filter(|id| id.starts_with("http")))
        .and_then(|url| address.join(&url).ok())
        .filter(|url| matches!(url.scheme(), "http" | "https"))
        .map(|url| reading::secured(url, address));
    let title = said(entry, "title").map_or_else(String::new, |title| reading::line(&title));
    let published = said(entry, "date_published")
        .or_else(|| said(entry, "date_modified"))
        .and_then(|at| calendar.dated(&at));
    let language = said(entry, "language")
        .and_then(|tag| reading::language(&tag))
        .unwrap_or_else(|| language.to_owned());
    let base = url.as_ref().unwrap_or(address);
    let parse = |html: &str| -> Option<Document> {
        let document = reading::fragment(html, &title, &language, Some(base));
        (!document.blocks.is_empty()).then_some(document)
    };
    let content = said(entry, "content_html")
        .and_then(|html| parse(&html))
        .or_else(|| {
            let text = said(entry, "content_text")?;
            let read = reading::text(&text).document;
            (!read.blocks.is_empty()).then_some(read)
        });
    let breaks_off = said(entry, "content_html").is_some_and(|html| reading::breaks_off(&html));
    let whole = content.is_some() && !breaks_off;
    let attachments = attachments::of_json(entry, base);
    let mut document = content.or_else(|| said(entry, "summary").and_then(|html| parse(&html)));
    if let Some(document) = &mut document {
        attachments::add(document, &attachments);
    }
    let day = published.map(|at| calendar.day(at.instant));
    let mut item = Item {
        identity: identity::of(said(entry, "id").as_deref(), url.as_ref(), &title, day),
        url,
        title,
        document,
        whole,
        attachments,
        source_hash: Some(hash::of_source(&entry.to_string())),
        ..Item::default()
    };
    item.set_date(published);
    item
}

/// A text; an id that is a number is one too (§"id": readers should coerce).
fn said(object: &Value, name: &str) -> Option<String> {
    match object.get(name)? {
        Value::String(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn hub(feed: &Value, address: &Url) -> Option<Url> {
    let hubs = feed.get("hubs")?.as_array()?;
    let hub = hubs
        .iter()
        .find(|hub| said(hub, "type").is_some_and(|kind| kind.eq_ignore_ascii_case("websub")))?;
    address.join(&said(hub, "url")?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, address: &Url) -> Option<Listing> {
        super::read(text, address, &Calendar::utc())
    }

    #[test]
    fn one_wrong_item_takes_no_other_with_it_f6() {
        let address: Url = "https://o.example/feed.json".parse().unwrap();
        let listing = read(
            r#"{"version":"https://jsonfeed.org/version/1","title":"O","feed_url":"/feed.json",
                "hubs":[{"type":"rssCloud","url":"https://no.example/"},{"type":"WebSub","url":"https://hub.example/"}],
                "items":[{"id":7,"url":"/7","title":"Kim &amp; Co","content_text":"One.\n\nTwo.","date_published":"soon"},
                         {"id":{"not":"an id"},"title":null},
                         {"id":"8","summary":"<p>In short</p>","title":"T","date_published":"2024-02-16T07:00:00-08:00"}]}"#,
            &address,
        )
        .unwrap();
        assert_eq!(listing.items.len(), 2);
        assert_eq!(listing.set_aside.len(), 1);
        assert_eq!(listing.items[0].identity, "7");
        assert_eq!(listing.items[0].title, "Kim & Co");
        assert!(listing.items[0].whole && listing.items[0].published.is_none());
        assert!(!listing.items[1].whole && listing.items[1].document.is_some());
        assert_eq!(
            listing.items[1].published.unwrap().to_string(),
            "2024-02-16T15:00:00Z"
        );
        assert_eq!(listing.hub.unwrap().as_str(), "https://hub.example/");
        assert_eq!(listing.own.unwrap().as_str(), "https://o.example/feed.json");
        assert!(read("{\"items\":[]}", &address).is_none());
    }

    #[test]
    fn of_a_feed_that_is_cut_off_or_broken_each_item_that_is_whole_is_read() {
        let address: Url = "https://o.example/feed.json".parse().unwrap();
        let head = r#"{"version":"https://jsonfeed.org/version/1.1","title":"O","items":["#;
        let one = r#"{"id":"1","url":"/1","title":"The bridge opens"}"#;
        for (items, read_items, named) in [
            (
                format!("{head}{one},{{\"id\":\"2\",\"title\":\"The fer"),
                1,
                vec!["The fer"],
            ),
            (format!("{head}{one},]}}"), 1, vec![]),
            (
                format!("{head}{{\"id\":\"2\",\"title\":\"The ferry\nstops\"}},{one}]}}"),
                2,
                vec![],
            ),
            (
                format!("{head}{{\"id\":\"2\",\"title\":\"The ferry\",x}},{one}]}}"),
                1,
                vec!["The ferry"],
            ),
        ] {
            let listing = read(&items, &address).unwrap();
            assert_eq!(listing.items.len(), read_items, "{items}");
            let aside: Vec<&str> = listing
                .set_aside
                .iter()
                .map(|one| one.item.as_str())
                .collect();
            assert_eq!(aside, named, "{items}");
        }
        let parts = format!(
            "{}\"next_url\":\"/feed-2.json\",\"items\":[{one}]}}",
            head.trim_end_matches("\"items\":[")
        );
        assert_eq!(
            read(&parts, &address).unwrap().next.unwrap().path(),
            "/feed-2.json"
        );
    }
}
