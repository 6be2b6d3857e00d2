//! What a page says about itself.

use dom_query::Document as Page;
use url::Url;

use super::{
    blocks::resolve,
    dates::{self, DateFound, DateOrder},
    headline::{self, Headline},
    language,
    structured::{self, Declared},
};

/// What is not the release but about it.
#[derive(Debug)]
pub(super) struct Head {
    pub headline: Headline,
    /// What the page says about its article for machines.
    pub declared: Declared,
    /// The date that its head or its JSON-LD says.
    pub published: Option<DateFound>,
    /// What dates of numbers begin with here.
    pub order: DateOrder,
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
    let declared = structured::article(page);
    let tag = attribute(page, "html", "lang").unwrap_or_default();
    let order = DateOrder::of(&tag, address.or(canonical.as_ref()), &page.text());
    Head {
        headline: headline::find(page, &declared),
        published: published(page, &declared, order),
        declared,
        order,
        feeds: feeds(page, address),
        language: language::primary(&tag).unwrap_or_else(|| "en".to_owned()),
        direction: attribute(page, "html", "dir"),
        canonical,
        base,
    }
}

/// Where heads say when the article was published, the surest first.
const DATES: &[(&str, &str)] = &[
    ("meta[property='article:published_time']", "content"),
    ("meta[name='article:published_time']", "content"),
    ("meta[itemprop=datePublished]", "content"),
    ("[itemprop~=datePublished][datetime]", "datetime"),
    ("[itemprop~=datePublished][content]", "content"),
    ("meta[property='og:published_time']", "content"),
    ("meta[name='dcterms.issued']", "content"),
    ("meta[name='dc.date.issued']", "content"),
    ("meta[name='DC.date.issued']", "content"),
    ("meta[name='dcterms.date']", "content"),
    ("meta[name='DCTERMS.date']", "content"),
    ("meta[name='dcterms.created']", "content"),
    ("meta[name='dc.date']", "content"),
    ("meta[name='DC.date']", "content"),
    ("meta[name=date]", "content"),
    ("meta[name=Date]", "content"),
    ("meta[name=pubdate]", "content"),
    ("meta[name=PubDate]", "content"),
    ("meta[name=publishdate]", "content"),
    ("meta[name='publish-date']", "content"),
    ("meta[name=publish_date]", "content"),
    ("meta[name='publication_date']", "content"),
    ("meta[name='parsely-pub-date']", "content"),
    ("meta[name='sailthru.date']", "content"),
    ("meta[name='citation_publication_date']", "content"),
];

/// What the head says, JSON-LD before the rest. Dates in the body are read where the article is.
fn published(page: &Page, declared: &Declared, order: DateOrder) -> Option<DateFound> {
    let said = declared
        .published
        .as_deref()
        .and_then(|at| dates::written_in(at, order));
    said.or_else(|| {
        // Most pages have none of these: one look tells.
        let metas = page.select("meta[content], [itemprop~=datePublished]");
        if metas.is_empty() {
            return None;
        }
        DATES
            .iter()
            .filter_map(|(selector, name)| attribute(page, selector, name))
            .find_map(|at| dates::written_in(&at, order))
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
