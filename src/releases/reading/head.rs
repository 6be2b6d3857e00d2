//! What a page says about itself.

use dom_query::Document as Page;
use url::Url;

use super::{
    blocks::resolve,
    dates::{self, Written},
    edges::title_key,
    language, line,
};

/// What is not the release but about it.
#[derive(Debug)]
pub(super) struct Head {
    pub title: Option<String>,
    pub published: Option<Written>,
    pub canonical: Option<Url>,
    pub feeds: Vec<Url>,
    pub language: String,
    pub direction: Option<String>,
    pub base: Option<Url>,
}

/// Reads the page's head, and the headings and dates in its body.
pub(super) fn read(page: &Page, address: Option<&Url>) -> Head {
    let resolved =
        |selector: &str| attribute(page, selector, "href").and_then(|href| resolve(address, &href));
    let canonical = resolved("link[rel=canonical]");
    // `<base>` rules the page's links; without it and without an address, the page's own word does.
    let base = resolved("base[href]")
        .or_else(|| address.cloned())
        .or_else(|| canonical.clone());
    Head {
        title: Some(title(page)).filter(|title| !title.is_empty()),
        published: published(page),
        feeds: feeds(page, address),
        language: attribute(page, "html", "lang")
            .and_then(|tag| language::primary(&tag))
            .unwrap_or_else(|| "en".to_owned()),
        direction: attribute(page, "html", "dir"),
        canonical,
        base,
    }
}

/// The release's headline: the heading that the page's title begins with; else the title that is
/// made for sharing; else the title without the name of the site. The first `<h1>` alone will not
/// do: on many sites it is the site's name.
fn title(page: &Page) -> String {
    let meta = |selector: &str| line(&attribute(page, selector, "content").unwrap_or_default());
    let shared = meta("meta[property='og:title']");
    let site = meta("meta[property='og:site_name']");
    let whole = line(&page.select_single("head title").text());
    let (shared_key, whole_key, site_key) =
        (title_key(&shared), title_key(&whole), title_key(&site));
    let mut best = String::new();
    let mut first = String::new();
    for heading in page.select("h1, h2").iter().take(60) {
        let text = line(&heading.html());
        let key = title_key(&text);
        if key.is_empty() {
            continue;
        }
        // `Press Release: Headline`.
        let labelled = whole
            .strip_suffix(&text)
            .is_some_and(|label| label.ends_with(": "));
        if key == shared_key || ((whole_key.starts_with(&key) || labelled) && key != site_key) {
            if text.chars().count() > best.chars().count() {
                best = text;
            }
        } else if first.is_empty() && heading.is("h1") {
            first = text;
        }
    }
    [
        best,
        without_site(&shared, &site_key),
        without_site(&whole, &site_key),
        first,
    ]
    .into_iter()
    .find(|title| !title.is_empty())
    .unwrap_or_default()
}

/// `Headline | Rep. Doe`, `Headline – Office of the Governor`: without what stands after the last
/// separator, where that is the site's name or can hardly be anything else.
fn without_site(title: &str, site_key: &str) -> String {
    for (separator, sure) in [(" | ", true), (" » ", true), (" – ", false), (" - ", false)] {
        let Some((before, after)) = title.rsplit_once(separator) else {
            continue;
        };
        let words = |text: &str| text.split_whitespace().count();
        let is_site = title_key(after) == site_key
            || (sure && words(before) >= 3)
            || (words(before) >= 4 && words(after) <= 5 && words(after) < words(before));
        if is_site {
            return before.trim().to_owned();
        }
    }
    title.to_owned()
}

fn published(page: &Page) -> Option<Written> {
    let said = [
        ("meta[property='article:published_time']", "content"),
        ("meta[itemprop=datePublished]", "content"),
        ("[itemprop=datePublished][datetime]", "datetime"),
        ("meta[name=date]", "content"),
        ("meta[name='dc.date']", "content"),
        ("meta[name='dcterms.created']", "content"),
        ("article time[datetime]", "datetime"),
        ("time[datetime]", "datetime"),
    ]
    .iter()
    .filter_map(|(selector, name)| attribute(page, selector, name))
    .find_map(|at| dates::written(&at));
    said.or_else(|| {
        [".published", ".entry-date", ".date", ".post-date"]
            .iter()
            .find_map(|selector| {
                super::edges::date_line(&line(&page.select_single(selector).text()))
            })
    })
}

/// The feeds that the page links to, comments last; after them the interface of `WordPress`.
fn feeds(page: &Page, address: Option<&Url>) -> Vec<Url> {
    let mut found: Vec<(bool, Url)> = page
        .select("link[rel~=alternate]")
        .nodes()
        .iter()
        .filter(|link| {
            let kind = link.attr_or("type", "").to_ascii_lowercase();
            kind.contains("rss") || kind.contains("atom") || kind.contains("feed+json")
        })
        .filter_map(|link| {
            Some((
                link.attr_or("href", "").contains("comments"),
                resolve(address, &link.attr("href")?)?,
            ))
        })
        .collect();
    found.sort_by_key(|(comments, _)| *comments);
    let rest = attribute(page, "link[rel='https://api.w.org/']", "href")
        .and_then(|href| resolve(address, &href))
        .and_then(|api| wordpress_posts(&api));
    found.into_iter().map(|(_, url)| url).chain(rest).collect()
}

/// Where the site's posts are listed: both forms of the interface's address.
fn wordpress_posts(api: &Url) -> Option<Url> {
    let mut posts = api.clone();
    if api.query().is_some() {
        let route = api
            .query_pairs()
            .find(|(name, _)| name == "rest_route")?
            .1
            .into_owned();
        posts.query_pairs_mut().clear().append_pair(
            "rest_route",
            &format!("{}/wp/v2/posts", route.trim_end_matches('/')),
        );
        return Some(posts);
    }
    posts.set_path(&format!("{}/wp/v2/posts", api.path().trim_end_matches('/')));
    Some(posts)
}

fn attribute(page: &Page, selector: &str, name: &str) -> Option<String> {
    let value = page.select_single(selector).attr(name)?.trim().to_owned();
    (!value.is_empty()).then_some(value)
}
