//! What a page says about itself.

use dom_query::Document as Page;
use gazette_templates::document::Direction;
use jiff::Timestamp;
use url::Url;

use super::{content::words, dates};

/// What is not the release but about it.
#[derive(Debug)]
pub(super) struct Head {
    pub title: Option<String>,
    pub published: Option<Timestamp>,
    pub canonical: Option<Url>,
    pub feeds: Vec<Url>,
    pub language: String,
    pub direction: Option<String>,
    pub base: Option<Url>,
}

/// To be called before anything is taken out of the page.
pub(super) fn read(page: &Page, address: Option<&Url>) -> Head {
    let resolve = |href: &str| match address {
        Some(address) => address.join(href.trim()).ok(),
        None => Url::parse(href.trim()).ok(),
    };
    let canonical = attribute(page, "link[rel=canonical]", "href").and_then(|href| resolve(&href));
    // `<base>` rules the page's links; without it and without an address, the page's own word does.
    let base = attribute(page, "base[href]", "href")
        .and_then(|href| resolve(&href))
        .or_else(|| address.cloned())
        .or_else(|| canonical.clone());
    Head {
        title: title(page),
        published: published(page),
        feeds: feeds(page, &resolve),
        language: attribute(page, "html", "lang")
            .and_then(|tag| language(&tag))
            .unwrap_or_else(|| "en".to_owned()),
        direction: attribute(page, "html", "dir"),
        canonical,
        base,
    }
}

/// The primary language of a BCP 47 tag, where it is one.
pub(in crate::releases) fn language(tag: &str) -> Option<String> {
    let primary = tag.trim().split(['-', '_']).next()?.to_ascii_lowercase();
    let fits = (2..=3).contains(&primary.len()) && primary.bytes().all(|b| b.is_ascii_lowercase());
    fits.then_some(primary)
}

pub(super) fn direction(language: &str, said: Option<&str>) -> Direction {
    match said.map(str::to_ascii_lowercase).as_deref() {
        Some("rtl") => Direction::Rtl,
        Some("ltr") => Direction::Ltr,
        _ if matches!(language, "ar" | "fa" | "he" | "ur" | "yi" | "ps") => Direction::Rtl,
        _ => Direction::Ltr,
    }
}

fn title(page: &Page) -> Option<String> {
    let own = attribute(page, "meta[property='og:title']", "content");
    for selector in ["h1.entry-title", "article h1", "main h1", "[role=main] h1"] {
        if let Some(found) = text(page, selector) {
            return Some(found);
        }
    }
    let headings = page.select("h1");
    if headings.length() == 1 {
        let only = folded(&headings.text());
        // A heading that the page's own title does not begin with is the site's name.
        let whole = text(page, "title").unwrap_or_default();
        if !only.is_empty() && (own.is_none() || words(&whole).starts_with(&words(&only))) {
            return Some(only);
        }
    }
    own.map(|own| folded(&own))
        .filter(|own| !own.is_empty())
        .or_else(|| {
            let whole = text(page, "title")?;
            let cut = [" | ", " – ", " — ", " - ", " » "]
                .iter()
                .filter_map(|mark| whole.rfind(mark))
                .max();
            Some(whole.get(..cut.unwrap_or(whole.len()))?.to_owned())
        })
}

fn published(page: &Page) -> Option<Timestamp> {
    for (selector, name) in [
        ("meta[property='article:published_time']", "content"),
        ("meta[itemprop=datePublished]", "content"),
        ("meta[name=date]", "content"),
        ("meta[name='dcterms.created']", "content"),
        ("article time[datetime]", "datetime"),
        ("time[datetime]", "datetime"),
    ] {
        if let Some(at) = attribute(page, selector, name).and_then(|at| dates::instant(&at)) {
            return Some(at);
        }
    }
    for selector in [".published", ".entry-date", ".date", ".post-date"] {
        if let Some(at) = text(page, selector).and_then(|at| dates::line(&at)) {
            return Some(at);
        }
    }
    None
}

fn feeds(page: &Page, resolve: &dyn Fn(&str) -> Option<Url>) -> Vec<Url> {
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
                resolve(&link.attr("href")?)?,
            ))
        })
        .collect();
    found.sort_by_key(|(comments, _)| *comments);
    found.into_iter().map(|(_, url)| url).collect()
}

fn attribute(page: &Page, selector: &str, name: &str) -> Option<String> {
    let value = page.select_single(selector).attr(name)?.trim().to_owned();
    (!value.is_empty()).then_some(value)
}

fn text(page: &Page, selector: &str) -> Option<String> {
    Some(folded(&page.select_single(selector).text())).filter(|text| !text.is_empty())
}

fn folded(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
