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
    let feed: Value = serde_json::from_str(text).ok()?;
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
    Some(listing)
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
    let whole = content.is_some();
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
}
