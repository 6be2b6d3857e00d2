//! The REST answer of `WordPress`: `/wp-json/wp/v2/posts` (F2).

use jiff::Timestamp;
use serde::Deserialize;
use url::Url;

use super::{
    feeds::{Item, Listing},
    identity,
    reading::{self, dates},
};

#[derive(Deserialize)]
struct Post {
    id: i64,
    /// UTC without saying so. `date` beside it is in the site's zone, which nothing names.
    date_gmt: Option<String>,
    link: Option<String>,
    title: Rendered,
    content: Option<Rendered>,
    guid: Option<Rendered>,
    status: Option<String>,
}

#[derive(Deserialize)]
struct Rendered {
    rendered: String,
    #[serde(default)]
    protected: bool,
}

/// Whether the address is one of the REST interface of `WordPress`.
pub(super) fn is_rest(url: &Url) -> bool {
    url.path().contains("/wp-json/")
        || url
            .query()
            .is_some_and(|query| query.contains("rest_route="))
}

/// Reads a list of posts; none: it is no such list.
pub(super) fn read(text: &str, address: &Url) -> Option<Listing> {
    let posts: Vec<Post> = serde_json::from_str(text.trim_start_matches('\u{feff}')).ok()?;
    let items = posts
        .iter()
        .filter(|post| is_public(post))
        .map(|post| item(post, address))
        .collect();
    Some(Listing {
        title: address.host_str().unwrap_or_default().to_owned(),
        items,
    })
}

fn is_public(post: &Post) -> bool {
    let protected = post
        .content
        .as_ref()
        .is_some_and(|content| content.protected);
    !protected && matches!(post.status.as_deref(), None | Some("publish" | "future"))
}

fn item(post: &Post, address: &Url) -> Item {
    let title = reading::line(&post.title.rendered);
    let url = post
        .link
        .as_deref()
        .and_then(|link| address.join(link).ok());
    let published: Option<Timestamp> = post.date_gmt.as_deref().and_then(dates::instant);
    let base = url.as_ref().unwrap_or(address);
    let document = post
        .content
        .as_ref()
        .map(|content| reading::fragment(&content.rendered, &title, "en", Some(base)))
        .filter(|document| !document.blocks.is_empty());
    let id = format!("wp:{}", post.id);
    let guid = post
        .guid
        .as_ref()
        .map_or(id.as_str(), |guid| guid.rendered.as_str());
    Item {
        identity: identity::of(Some(guid), url.as_ref(), &title, None),
        url,
        title,
        published,
        whole: document.is_some(),
        document,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_utc_and_protected_posts_are_left_out_f2() {
        let address = "https://o.example/wp-json/wp/v2/posts".parse().unwrap();
        let json = r#"[
          {"id":4821,"date":"2024-02-16T07:00:00","date_gmt":"2024-02-16T15:00:00","link":"https://o.example/a/",
           "guid":{"rendered":"https://o.example/?p=4821"},"status":"publish",
           "title":{"rendered":"Kim&#8217;s letter"},"content":{"rendered":"<p>Text</p>","protected":false}},
          {"id":4822,"date_gmt":"2024-02-16T15:00:00","link":"https://o.example/b/",
           "title":{"rendered":"Protected"},"content":{"rendered":"","protected":true}}]"#;
        let items = read(json, &address).unwrap().items;
        assert_eq!(items.len(), 1);
        assert_eq!(items[0].title, "Kim’s letter");
        assert_eq!(
            items[0].published.unwrap().to_string(),
            "2024-02-16T15:00:00Z"
        );
        assert_eq!(items[0].identity, "/?p=4821");
        assert!(items[0].whole);
    }
}
