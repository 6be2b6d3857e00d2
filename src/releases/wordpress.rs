//! The REST answer of `WordPress`: `/wp-json/wp/v2/posts` (F2).

use reqwest::header::HeaderMap;
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::{
    identity,
    items::{Item, Listing, SetAside},
    language_versions,
    reading::{self, dates::Calendar},
    release_topics,
};

mod embedded;

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
    #[serde(default, rename = "_embedded")]
    embedded: Value,
    /// Such as `category-press-release`: slugs, in newer versions of WordPress.
    #[serde(default)]
    class_list: ClassList,
    /// WPML: the post in other languages.
    #[serde(default)]
    wpml_translations: Value,
    /// Polylang: the same.
    #[serde(default)]
    translations: Value,
}

/// PHP writes a list with a gap in it as an object.
#[derive(Deserialize, Default)]
#[serde(untagged)]
enum ClassList {
    List(Vec<String>),
    Numbered(std::collections::BTreeMap<String, String>),
    #[default]
    None,
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

/// Reads a list of posts; none: it is no such list. One that cannot be read takes no other with it.
pub(super) fn read(text: &str, address: &Url) -> Option<Listing> {
    let posts: Vec<Value> =
        serde_json::from_str(text.trim_start_matches('\u{feff}').trim_start()).ok()?;
    let mut listing = Listing {
        title: address.host_str().unwrap_or_default().to_owned(),
        format: "WordPress".to_owned(),
        home: address.join("/").ok(),
        ..Listing::default()
    };
    for (at, post) in posts.iter().enumerate() {
        match Post::deserialize(post) {
            Err(error) => {
                let id = post.get("id").map_or(at.to_string(), ToString::to_string);
                let why = format!("it is not as WordPress writes posts: {error}");
                listing
                    .set_aside
                    .push(SetAside::new(&format!("post {id}"), &why));
            }
            Ok(post) if is_protected(&post) => listing.set_aside.push(SetAside::new(
                &reading::line(&post.title.rendered),
                "the site keeps it behind a password",
            )),
            Ok(post) if is_public(&post) => listing.items.push(item(&post, address)),
            Ok(_) => {}
        }
    }
    // Anything may be an array; posts are objects with an id.
    let is_list = posts.is_empty() || posts.iter().any(|post| post.get("id").is_some());
    is_list.then_some(listing)
}

/// Where a page of the list stands, with all that we need of each post and nothing else (F2).
pub(super) fn page(posts: &Url, number: u32, per_page: u32, fields: &str) -> Url {
    let mut page = posts.clone();
    let ours = ["page", "per_page", "_fields", "_embed"];
    let kept: Vec<(String, String)> = posts
        .query_pairs()
        .filter(|(name, _)| !ours.contains(&name.as_ref()))
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    let mut query = page.query_pairs_mut();
    query.clear().extend_pairs(kept);
    query.append_pair("per_page", &per_page.to_string());
    if number > 1 {
        query.append_pair("page", &number.to_string());
    }
    query.append_pair("_fields", fields);
    if fields.contains("_embedded") {
        query.append_pair("_embed", embedded::WANTED);
    }
    drop(query);
    page
}

/// What a poll asks for. Nothing is embedded where the links to it are left out.
pub(super) const FIELDS: &str = "id,date_gmt,modified_gmt,guid,slug,status,link,title,content,class_list,wpml_translations,translations,_links,_embedded";

/// What is needed to know a post again.
pub(super) const NAMES: &str = "id,date_gmt,guid,slug,status,link,title";

/// How many pages the list has.
pub(super) fn pages(headers: &HeaderMap) -> u32 {
    headers
        .get("x-wp-totalpages")
        .and_then(|value| value.to_str().ok()?.parse().ok())
        .unwrap_or(1)
}

fn is_protected(post: &Post) -> bool {
    post.content
        .as_ref()
        .is_some_and(|content| content.protected)
}

fn is_public(post: &Post) -> bool {
    matches!(post.status.as_deref(), None | Some("publish" | "future"))
}

fn item(post: &Post, address: &Url) -> Item {
    let title_source = &post.title.rendered;
    let title = reading::line(title_source);
    let url = post
        .link
        .as_deref()
        .and_then(|link| reading::resolve(Some(address), link))
        .filter(|url| matches!(url.scheme(), "http" | "https"));
    let utc = Calendar::utc();
    let published = post.date_gmt.as_deref().and_then(|at| utc.read(at));
    let base = url.as_ref().unwrap_or(address);
    let mut document = post
        .content
        .as_ref()
        .map(|content| reading::fragment(&content.rendered, &title, "en", Some(base)))
        .filter(|document| !document.blocks.is_empty());
    if let Some(document) = &mut document {
        embedded::show_picture(document, &post.embedded, base);
    }
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
        whole: document.is_some()
            && !post
                .content
                .as_ref()
                .is_some_and(|content| reading::breaks_off(&content.rendered)),
        source_hash: post.content.as_ref().map(|content| {
            super::hash::of_source(&format!("{title_source}\n{}", content.rendered))
        }),
        document,
        categories: categories(post),
        alternates: language_versions::of_post(
            post.id,
            &post.wpml_translations,
            &post.translations,
        ),
        ..Item::default()
    }
}

/// By name where the answer has the names, else by slug: as titles are compared, `health-care` and
/// `Health Care` are one.
fn categories(post: &Post) -> Vec<String> {
    let mut categories = embedded::categories(&post.embedded);
    if categories.is_empty() {
        let classes: Vec<&String> = match &post.class_list {
            ClassList::List(classes) => classes.iter().collect(),
            ClassList::Numbered(classes) => classes.values().collect(),
            ClassList::None => Vec::new(),
        };
        let slugs = classes
            .into_iter()
            .filter_map(|class| class.strip_prefix("category-"));
        categories = slugs.map(|slug| slug.replace('-', " ")).collect();
    }
    categories.retain(|category| release_topics::is_topic(category));
    categories
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
           "title":{"rendered":"Kim&#8217;s letter"},"class_list":["post-4821","category-health-care","category-uncategorized"],"content":{"rendered":"<p>Text</p>","protected":false}},
          {"id":4822,"date_gmt":"2024-02-16T15:00:00","link":"https://o.example/b/",
           "title":{"rendered":"Protected"},"content":{"rendered":"","protected":true}},
          {"id":4823,"date_gmt":"2024-02-16T15:00:00","link":"https://o.example/c/","class_list":{"0":"post-4823","2":"category-x"},
           "title":{"rendered":"Two"},"content":{"rendered":"<p>Text</p>"},
           "_embedded":{"author":[{"id":1}],"wp:term":[[{"taxonomy":"category","name":"Health &amp; Care"}],[{"taxonomy":"post_tag","name":"x"}]]}}]"#;
        let listing = read(json, &address).unwrap();
        assert!(listing.set_aside[0].why.contains("behind a password"));
        let items = listing.items;
        assert_eq!(items.len(), 2);
        assert_eq!(items[0].categories, ["health care"]);
        assert_eq!(items[1].categories, ["Health & Care"]);
        assert!(items[1].document.is_some());
        assert_eq!(items[0].title, "Kim’s letter");
        assert_eq!(
            items[0].published.unwrap().to_string(),
            "2024-02-16T15:00:00Z"
        );
        assert_eq!(items[0].identity, "/?p=4821");
        assert!(items[0].whole);
    }

    #[test]
    fn one_post_that_cannot_be_read_takes_no_other_with_it_f6() {
        let address = "https://o.example/wp-json/wp/v2/posts".parse().unwrap();
        let json = r#"[{"id":1,"title":"a text"},
            {"id":2,"title":{"rendered":"Two"},"link":"/two/","date_gmt":"0000-00-00T00:00:00"}]"#;
        let listing = read(json, &address).unwrap();
        assert_eq!(listing.items.len(), 1);
        assert!(listing.items[0].published.is_none());
        assert_eq!(listing.set_aside[0].item, "post 1");
        for other in [
            "[1,2]",
            "{\"code\":\"rest_no_route\"}",
            "<html>",
            "[{\"a\":1}]",
        ] {
            assert!(read(other, &address).is_none(), "{other}");
        }
    }

    #[test]
    fn a_page_of_the_list_keeps_what_the_address_asks_for_f2() {
        let posts = "https://o.example/?rest_route=%2Fwp%2Fv2%2Fposts&categories=5&per_page=3";
        let page = page(&posts.parse().unwrap(), 2, 100, "id,link");
        assert_eq!(
            page.as_str(),
            "https://o.example/?rest_route=%2Fwp%2Fv2%2Fposts&categories=5&per_page=100&page=2&_fields=id%2Clink"
        );
        // Embedded is what `_embed` names, where `_fields` lets it and the links to it through.
        let posts = "https://o.example/wp-json/wp/v2/posts?_embed"
            .parse()
            .unwrap();
        let asked = |fields: &str, name: &str| -> Option<String> {
            let page = super::page(&posts, 1, 20, fields);
            let mut values = page.query_pairs().filter(|(other, _)| other == name);
            let value = values.next().map(|(_, value)| value.into_owned());
            assert!(values.next().is_none(), "{page}");
            value
        };
        let embed = asked(FIELDS, "_embed");
        assert_eq!(embed.as_deref(), Some("wp:term,wp:featuredmedia"));
        let fields = asked(FIELDS, "_fields").unwrap();
        assert!(fields.ends_with(",_links,_embedded"), "{fields}");
        assert_eq!(asked(NAMES, "_embed"), None);
    }
}
