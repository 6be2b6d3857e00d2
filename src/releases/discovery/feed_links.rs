//! Where a page leads a machine: its feeds, the interface of `WordPress`, its hub. Said in the
//! page's head or in the answer's `Link` headers (RFC 8288).

use dom_query::Document as Page;
use reqwest::header::{HeaderMap, LINK};
use url::Url;

use crate::releases::fetch::Body;

/// What a page or an answer names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::releases) struct FeedLinks {
    /// Its feeds, comments last.
    pub feeds: Vec<Url>,
    /// Where `WordPress` lists the posts that the page is about.
    pub posts: Option<Url>,
    /// Who tells of news (`WebSub` §4).
    pub hub: Option<Url>,
    /// What the hub calls it.
    pub own: Option<Url>,
}

/// One link, wherever it was said.
#[derive(Debug, Default)]
struct Said {
    rel: String,
    href: String,
    kind: String,
}

/// Reads the headers, which go before the page's own words, and the head of a page.
pub(in crate::releases) fn of(body: &Body) -> FeedLinks {
    let mut said = in_headers(&body.headers);
    if body.is_html() {
        said.extend(in_page(&body.text()));
    }
    gather(&said, &body.url)
}

fn gather(said: &[Said], base: &Url) -> FeedLinks {
    let mut leads = FeedLinks::default();
    let (mut comments, mut api, mut term) = (Vec::new(), None, None);
    for link in said {
        let Some(url) = base.join(link.href.trim()).ok().filter(is_web) else {
            continue;
        };
        for rel in link.rel.split_ascii_whitespace() {
            match rel.to_ascii_lowercase().as_str() {
                "alternate" if is_feed(&link.kind) => {
                    if url.path().contains("comments") {
                        comments.push(url.clone());
                    } else {
                        leads.feeds.push(url.clone());
                    }
                }
                "alternate" if link.kind.starts_with("application/json") => {
                    term = term.or_else(|| term_of(&url));
                }
                "https://api.w.org/" => api = api.or_else(|| Some(url.clone())),
                "hub" => leads.hub = leads.hub.or_else(|| Some(url.clone())),
                "self" => leads.own = leads.own.or_else(|| Some(url.clone())),
                _ => {}
            }
        }
    }
    leads.feeds.append(&mut comments);
    leads.posts = api.and_then(|api| posts(&api, term.as_ref()));
    leads
}

fn is_web(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https")
}

fn is_feed(kind: &str) -> bool {
    ["rss", "atom", "feed+json", "rdf"]
        .iter()
        .any(|word| kind.contains(word))
}

/// A page of `WordPress` that lists one category or tag names it by its number.
fn term_of(url: &Url) -> Option<(&'static str, String)> {
    let place = match url.query_pairs().find(|(name, _)| name == "rest_route") {
        Some((_, route)) => route.into_owned(),
        None => url.path().to_owned(),
    };
    let (before, number) = place.trim_end_matches('/').rsplit_once('/')?;
    number.parse::<u64>().ok()?;
    ["categories", "tags"]
        .into_iter()
        .find(|taxonomy| before.ends_with(&format!("/wp/v2/{taxonomy}")))
        .map(|taxonomy| (taxonomy, number.to_owned()))
}

/// Both forms of the interface's address: `/wp-json/` and `/?rest_route=/`.
fn posts(api: &Url, term: Option<&(&'static str, String)>) -> Option<Url> {
    let mut posts = api.clone();
    let route = api
        .query_pairs()
        .find(|(name, _)| name == "rest_route")
        .map(|(_, route)| route.into_owned());
    posts.set_query(None);
    if let Some(route) = route {
        let route = format!("{}/wp/v2/posts", route.trim_end_matches('/'));
        posts.query_pairs_mut().append_pair("rest_route", &route);
    } else {
        let path = format!("{}/wp/v2/posts", api.path().trim_end_matches('/'));
        posts.set_path(&path);
    }
    if let Some((taxonomy, number)) = term {
        posts.query_pairs_mut().append_pair(taxonomy, number);
    }
    is_web(&posts).then_some(posts)
}

fn in_page(html: &str) -> Vec<Said> {
    let page = Page::from(crate::releases::reading::bounded(html));
    let links = page.select("link[rel][href], a[rel~=alternate][type][href]");
    let links = links.nodes().iter().map(|link| Said {
        rel: link.attr_or("rel", "").to_string(),
        href: link.attr_or("href", "").to_string(),
        kind: link.attr_or("type", "").to_ascii_lowercase(),
    });
    links.collect()
}

fn in_headers(headers: &HeaderMap) -> Vec<Said> {
    headers
        .get_all(LINK)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(links_in)
        .collect()
}

/// `<https://o.example/feed>; rel="self", <…>; rel=hub`
fn links_in(value: &str) -> Vec<Said> {
    let mut found = Vec::new();
    let mut rest = value;
    while let Some((href, after)) = rest
        .split_once('<')
        .and_then(|(_, from)| from.split_once('>'))
    {
        let mut said = Said {
            href: href.to_owned(),
            ..Said::default()
        };
        let (parameters, next) = until_comma(after);
        for (name, value) in parameters {
            match name.to_ascii_lowercase().as_str() {
                "rel" if said.rel.is_empty() => said.rel = value,
                "type" => said.kind = value.to_ascii_lowercase(),
                _ => {}
            }
        }
        found.push(said);
        rest = next;
    }
    found
}

/// The parameters of one link, and what stands after its comma; one in quotes ends nothing.
fn until_comma(text: &str) -> (Vec<(String, String)>, &str) {
    let (mut quoted, mut escaped) = (false, false);
    let mut end = text.len();
    let mut pieces = vec![String::new()];
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => {
                escaped = true;
                continue;
            }
            '"' => {
                quoted = !quoted;
                continue;
            }
            ',' if !quoted => {
                end = at;
                break;
            }
            ';' if !quoted => {
                pieces.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(piece) = pieces.last_mut() {
            piece.push(c);
        }
    }
    let parameters = pieces.iter().filter_map(|piece| {
        let (name, value) = piece.split_once('=')?;
        Some((name.trim().to_owned(), value.trim().to_owned()))
    });
    (parameters.collect(), text.get(end..).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(html: &str) -> FeedLinks {
        gather(&in_page(html), &"https://o.example/news/".parse().unwrap())
    }

    #[test]
    fn a_page_names_its_feeds_and_the_interface_of_wordpress_f2() {
        let leads = read(
            "<link rel=alternate type=application/rss+xml href=/comments/feed/>
             <link rel=\"alternate\" type=\"application/rss+xml\" href=/feed/>
             <link rel=alternate type=application/feed+json href=feed.json>
             <link rel=alternate hreflang=es href=/es/>
             <link rel='https://api.w.org/' href=https://o.example/wp-json/>
             <link rel=alternate title=JSON type=application/json href=https://o.example/wp-json/wp/v2/categories/5>
             <link rel=hub href=https://hub.example/>",
        );
        let feeds: Vec<&str> = leads.feeds.iter().map(Url::as_str).collect();
        assert_eq!(
            feeds,
            [
                "https://o.example/feed/",
                "https://o.example/news/feed.json",
                "https://o.example/comments/feed/"
            ]
        );
        assert_eq!(
            leads.posts.unwrap().as_str(),
            "https://o.example/wp-json/wp/v2/posts?categories=5"
        );
        assert_eq!(leads.hub.unwrap().as_str(), "https://hub.example/");
        let plain = read("<link rel='https://api.w.org/' href='/index.php?rest_route=/'>");
        assert_eq!(
            plain.posts.unwrap().as_str(),
            "https://o.example/index.php?rest_route=%2Fwp%2Fv2%2Fposts"
        );
    }

    #[test]
    fn link_headers_are_read_with_quotes_and_commas_in_them_f4() {
        let base = "https://o.example/feed".parse().unwrap();
        let said = links_in(
            "<https://o.example/a,b>; title=\"x, \\\"y\\\"; z\"; rel=\"self nofollow\", <https://hub.example/>;rel=hub, <broken",
        );
        let leads = gather(&said, &base);
        assert_eq!(leads.own.unwrap().as_str(), "https://o.example/a,b");
        assert_eq!(leads.hub.unwrap().as_str(), "https://hub.example/");
        assert!(links_in("").is_empty() && links_in("rel=hub").is_empty());
    }
}
