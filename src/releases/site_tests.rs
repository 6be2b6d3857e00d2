//! Whole sources against sites on free ports that answer what the test says: what an address turns
//! out to be, and how a site and its hub are treated.

use std::{
    collections::HashMap,
    fmt::Write,
    sync::{Arc, Mutex},
    time::Duration,
};

use aws_lc_rs::hmac;
use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, HeaderName, Method, Request, StatusCode, Uri},
    response::{IntoResponse, Response},
};
use tower::ServiceExt;

use super::{
    Policy, PollSummary, Source, add_source,
    fetch::{FetchError, Fetcher, Validators},
    list_sources, look,
    politeness::{self, Politeness},
    poll_due,
    release_error::ReleaseError,
    source, websub,
};
use crate::{
    app::App,
    clock::{Clock, HOUR, MINUTE},
    delivery::testing,
    values,
};

type Page = (u16, Vec<(&'static str, String)>, Vec<u8>);

/// A site that answers what it was told to, and remembers what it was asked.
#[derive(Clone)]
pub(super) struct Site {
    pub(super) url: String,
    pages: Arc<Mutex<HashMap<String, Page>>>,
    asked: Arc<Mutex<Vec<Asked>>>,
}

#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
}

impl Site {
    pub(super) async fn open() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        politeness::ours().forget(&address);
        let site = Self {
            url: format!("http://{address}"),
            pages: Arc::default(),
            asked: Arc::default(),
        };
        let router = Router::new().fallback(answer).with_state(site.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        site
    }

    pub(super) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    /// `SITE` in a body or a header is the site's address.
    pub(super) fn page(&self, path: &str, kind: &str, body: &str) {
        self.answer(path, 200, &[("content-type", kind)], body);
    }

    pub(super) fn answer(
        &self,
        path: &str,
        status: u16,
        headers: &[(&'static str, &str)],
        body: &str,
    ) {
        let filled = |text: &str| text.replace("SITE", &self.url);
        let headers = headers.iter().map(|(n, v)| (*n, filled(v))).collect();
        let page = (status, headers, filled(body).into_bytes());
        self.pages.lock().unwrap().insert(path.to_owned(), page);
    }

    /// A file that is packed, and that the server says nothing more of.
    pub(super) fn packed(&self, path: &str, body: &str) {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut packer, body.replace("SITE", &self.url).as_bytes()).unwrap();
        let headers = vec![("content-type", "application/x-gzip".to_owned())];
        let page = (200, headers, packer.finish().unwrap());
        self.pages.lock().unwrap().insert(path.to_owned(), page);
    }

    pub(super) fn asked(&self, path: &str) -> Vec<Asked> {
        let asked = self.asked.lock().unwrap();
        asked.iter().filter(|a| a.path == path).cloned().collect()
    }
}

async fn answer(
    State(site): State<Site>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    site.asked.lock().unwrap().push(Asked {
        method,
        path: uri.path().to_owned(),
        headers: headers.clone(),
        body: String::from_utf8_lossy(&body).into_owned(),
    });
    let pages = site.pages.lock().unwrap();
    let whole = uri.path_and_query().map_or("", |path| path.as_str());
    let Some((status, said, body)) = pages.get(whole).or_else(|| pages.get(uri.path())) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    // As WordPress does: 304 only if every validator that was sent is the present one (F3).
    let present = |name: &str| {
        said.iter()
            .find(|(n, _)| *n == name)
            .map(|(_, v)| v.as_str())
    };
    let sent = [
        ("if-none-match", "etag"),
        ("if-modified-since", "last-modified"),
    ]
    .map(|(asked, name)| {
        let asked = headers.get(asked)?.to_str().ok()?;
        Some(present(name) == Some(asked))
    });
    if sent.iter().any(Option::is_some) && sent.iter().all(|same| *same != Some(false)) {
        return StatusCode::NOT_MODIFIED.into_response();
    }
    let mut response = body.clone().into_response();
    *response.status_mut() = StatusCode::from_u16(*status).unwrap();
    response.headers_mut().remove("content-type");
    for &(name, ref value) in said {
        let name = HeaderName::from_static(name);
        response.headers_mut().append(name, value.parse().unwrap());
    }
    response
}

pub(super) const NOW: &str = "2024-02-16T15:00:00Z";
pub(super) const RSS: &str = "application/rss+xml";
pub(super) const HTML: &str = "text/html; charset=utf-8";

pub(super) async fn instance() -> (App, Site, tempfile::TempDir) {
    let (app, folder) = testing::app(Clock::fixed_at(NOW.parse().unwrap())).await;
    (app, Site::open().await, folder)
}

#[tokio::test]
async fn f11_a_packed_sitemap_is_read_as_far_as_it_may_be() {
    let (app, site, _folder) = instance().await;
    site.packed(
        "/sitemap.xml.gz",
        "<sitemapindex><sitemap><loc>SITE/news.xml.gz</loc></sitemap></sitemapindex>",
    );
    site.packed("/news.xml.gz", "<urlset xmlns:news='n'><url><loc>SITE/a</loc><news:news><news:title>Doe leads letter</news:title><news:publication_date>2024-02-16</news:publication_date></news:news></url></urlset>");
    let found = look(&app, &site.at("/sitemap.xml.gz")).await.unwrap();
    assert_eq!(found.kind.as_str(), "sitemap");
    assert!(found.found.contains("lists 1 release"), "{}", found.found);

    // A few kilobytes on the way, and more than the limit when unpacked.
    site.packed("/bomb.xml.gz", &" ".repeat(5_000_001));
    site.packed("/torn.xml.gz", "<urlset></urlset>");
    if let Some((.., body)) = site.pages.lock().unwrap().get_mut("/torn.xml.gz") {
        body.truncate(15);
    }
    for (path, why) in [
        ("/bomb.xml.gz", "is packed and holds more than 5 MB"),
        ("/torn.xml.gz", "cannot be unpacked"),
    ] {
        let error = look(&app, &site.at(path)).await.unwrap_err();
        assert!(error.to_string().contains(why), "{error}");
    }
}

/// Items as (path, title); dated today.
pub(super) fn feed(head: &str, items: &[(&str, &str)]) -> String {
    let mut feed = format!(
        "<rss version=\"2.0\" xmlns:atom=\"http://www.w3.org/2005/Atom\"><channel><title>Office</title>{head}"
    );
    for (path, title) in items {
        write!(feed, "<item><title>{title}</title><link>SITE{path}</link><pubDate>Fri, 16 Feb 2024 14:59:00 +0000</pubDate><description>In short.</description></item>").unwrap();
    }
    feed + "</channel></rss>"
}

pub(super) fn list(items: &[(&str, &str)]) -> String {
    let mut page = "<main><h1>News</h1><ul>".to_owned();
    for (path, title) in items {
        write!(
            page,
            "<li><a href={path}>{title}</a> February 16, 2024</li>"
        )
        .unwrap();
    }
    page + "</ul></main>"
}

fn posts(items: &[(&str, &str)]) -> String {
    let posts: Vec<String> = items
        .iter()
        .enumerate()
        .map(|(at, (path, title))| format!(
            r#"{{"id":{},"date":"2024-02-16T06:59:00","date_gmt":"2024-02-16T14:59:00","link":"SITE{path}","title":{{"rendered":"{title}"}},"guid":{{"rendered":"SITE/?p={}"}},"content":{{"rendered":"<p>The whole text.</p>","protected":false}}}}"#,
            100 - at, 100 - at
        ))
        .collect();
    format!("[{}]", posts.join(","))
}

const ITEMS: [(&str, &str); 4] = [
    ("/a", "Doe leads letter on care"),
    ("/b", "Statement on the farm bill"),
    ("/c", "Office opens in Tustin"),
    ("/d", "Mobile office visits towns"),
];

pub(super) async fn add(app: &App, url: &str) -> Source {
    let id = add_source(app, url, Policy::Auto, 0).await.unwrap();
    source(app, id).await.unwrap()
}

/// Polls now, whether or not it is time.
pub(super) async fn poll(app: &App) -> PollSummary {
    let now = app.clock.now_ms();
    app.db
        .execute("UPDATE source SET next_poll_at = $1", values![now])
        .await
        .unwrap();
    poll_due(app).await.unwrap()
}

pub(super) async fn count(app: &App, what: &str) -> i64 {
    let count = format!("SELECT count(*) FROM {what}");
    let number = crate::db::scalar(app.db.pool(), &count, []).await;
    number.unwrap().unwrap()
}

#[tokio::test]
async fn every_kind_of_address_is_found_out_and_said() {
    let (app, site, _folder) = instance().await;
    site.page("/feed", RSS, &feed("", &ITEMS));
    site.page("/news", HTML, &list(&ITEMS));
    let linked = "<link rel=alternate type=application/rss+xml href=/feed>";
    site.page("/linked", HTML, &(linked.to_owned() + &list(&ITEMS[..3])));
    let other = linked.to_owned()
        + &list(&[
            ("/x", "One of other things"),
            ("/y", "Two of other things"),
            ("/z", "Six of other things"),
        ]);
    site.page("/other", HTML, &other);
    site.page("/", HTML, &format!("{linked}<h1>Welcome</h1>"));
    site.page(
        "/feed.json",
        "application/json",
        r#"{"version":"https://jsonfeed.org/version/1.1","title":"O","items":[]}"#,
    );
    site.page("/index.xml", "text/xml", "<sitemapindex><sitemap><loc>SITE/news.xml</loc></sitemap><sitemap><loc>https://elsewhere.example/s.xml</loc></sitemap></sitemapindex>");
    site.page("/news.xml", "text/xml", "<urlset xmlns:news='n'><url><loc>SITE/a</loc><news:news><news:title>Doe leads letter</news:title><news:publication_date>2024-02-16</news:publication_date></news:news></url></urlset>");
    for (path, kind, url, words) in [
        (
            "/feed",
            "feed",
            "/feed",
            "an RSS 2.0 feed that lists 4 releases; the whole text is taken from each release's own page",
        ),
        (
            "/news",
            "page",
            "/news",
            "a page without a feed that lists 4 releases",
        ),
        ("/linked", "feed", "/feed", "the page links to it"),
        ("/other", "page", "/other", "a page without a feed"),
        ("/", "feed", "/feed", "the page links to it"),
        (
            "/feed.json",
            "feed",
            "/feed.json",
            "a JSON Feed, empty so far",
        ),
        (
            "/index.xml",
            "sitemap",
            "/index.xml",
            "a news sitemap that lists 1 release",
        ),
    ] {
        let found = look(&app, &site.at(path)).await.unwrap();
        assert_eq!(
            (found.kind.as_str(), found.url),
            (kind, site.at(url)),
            "{path}"
        );
        assert!(found.found.contains(words), "{path}: {}", found.found);
    }
    assert_eq!(count(&app, "source").await, 0, "looking keeps nothing");
}

#[tokio::test]
async fn what_no_page_links_to_is_looked_for_at_its_usual_place() {
    let (app, site, _folder) = instance().await;
    site.page("/", HTML, "<h1>Welcome to the office</h1>");
    let error = look(&app, &site.url).await.unwrap_err();
    assert!(matches!(error, ReleaseError::NoFeed(_)), "{error}");
    site.page("/robots.txt", "text/plain", "Sitemap: SITE/s.xml");
    site.page(
        "/s.xml",
        "text/xml",
        "<urlset><url><loc>SITE/a</loc><news:title>A title of it</news:title></url></urlset>",
    );
    let found = look(&app, &site.url).await.unwrap().found;
    assert!(found.contains("robots.txt names it"), "{found}");
    site.page("/rss.xml", RSS, &feed("", &ITEMS));
    let found = look(&app, &site.url).await.unwrap().found;
    assert!(found.contains("at its usual place"), "{found}");
}

#[tokio::test]
async fn a_feed_that_does_not_answer_just_now_is_not_said_to_be_missing() {
    let (app, site, _folder) = instance().await;
    let head = "<link rel=alternate type=application/rss+xml href=/feed/>";
    site.page("/", HTML, &format!("{head}<h1>Welcome to the office</h1>"));
    site.answer("/feed/", 503, &[], "");
    let error = look(&app, &site.url).await.unwrap_err();
    assert!(error.to_string().contains("answered 503"), "{error}");
    site.answer("/feed/", 404, &[], "");
    let error = look(&app, &site.url).await.unwrap_err();
    assert!(matches!(error, ReleaseError::NoFeed(_)), "{error}");
}

#[tokio::test]
async fn the_interface_of_wordpress_is_preferred_where_it_lists_the_same_f2() {
    let (app, site, _folder) = instance().await;
    let head = "<link rel='https://api.w.org/' href='/wp-json/'><link rel=alternate type=application/rss+xml href=/feed/>";
    site.page("/news", HTML, &(head.to_owned() + &list(&ITEMS)));
    site.answer(
        "/feed/",
        200,
        &[
            ("content-type", RSS),
            ("link", "<SITE/wp-json/>; rel=\"https://api.w.org/\""),
        ],
        &feed("", &ITEMS),
    );
    site.page("/wp-json/wp/v2/posts", "application/json", &posts(&ITEMS));
    for path in ["/news", "/feed/"] {
        let found = look(&app, &site.at(path)).await.unwrap();
        assert_eq!(found.url, site.at("/wp-json/wp/v2/posts"), "{path}");
        assert!(
            found
                .found
                .starts_with("a WordPress site that lists 4 releases; its interface")
        );
        assert!(found.items[0].whole);
        assert_eq!(
            found.items[0].published.unwrap().to_string(),
            "2024-02-16T14:59:00Z"
        );
    }
    // The whole site's posts are more than this office's releases.
    site.page(
        "/wp-json/wp/v2/posts",
        "application/json",
        &posts(&[
            ("/blog/1", "A blog post"),
            ITEMS[0],
            ("/blog/2", "Another post"),
            ITEMS[1],
        ]),
    );
    for path in ["/news", "/feed/"] {
        assert_eq!(
            look(&app, &site.at(path)).await.unwrap().url,
            site.at("/feed/")
        );
    }
}

#[tokio::test]
async fn the_hub_of_a_feed_tells_of_the_site_behind_it_f2_f4() {
    let (app, site, _folder) = instance().await;
    let head =
        "<atom:link rel=\"hub\" href=\"SITE/hub\"/><atom:link rel=\"self\" href=\"SITE/feed/\"/>";
    let link = "<SITE/wp-json/>; rel=\"https://api.w.org/\"";
    let headers = [("content-type", RSS), ("link", link)];
    site.answer("/feed/", 200, &headers, &feed(head, &ITEMS));
    let json = "application/json";
    site.page("/wp-json/wp/v2/posts", json, &posts(&ITEMS));
    let source = add(&app, &site.at("/feed/")).await;
    assert_eq!(source.kind.as_str(), "wordpress");
    assert_eq!(source.hub.unwrap().url, site.at("/hub"));
    websub::subscribe_due(&app).await.unwrap();
    let form = &site.asked("/hub")[0].body;
    assert!(form.contains("feed%2F&"), "the hub knows the feed: {form}");
}

#[tokio::test]
async fn all_that_wordpress_had_before_the_source_is_known_f2_f8() {
    let (app, site, _folder) = instance().await;
    let json = "application/json";
    site.page("/wp-json/wp/v2/posts", json, &posts(&ITEMS[..2]));
    let names = "id%2Cdate_gmt%2Cguid%2Cslug%2Cstatus%2Clink%2Ctitle";
    let first = format!("/wp-json/wp/v2/posts?per_page=100&_fields={names}");
    let second = format!("/wp-json/wp/v2/posts?per_page=100&page=2&_fields={names}");
    site.answer(
        &first,
        200,
        &[("content-type", json), ("x-wp-totalpages", "2")],
        &posts(&ITEMS[..2]),
    );
    site.page(
        &second,
        json,
        &posts(&ITEMS[2..])
            .replace("\"id\":100", "\"id\":50")
            .replace("p=100", "p=50")
            .replace("p=99", "p=49"),
    );
    add(&app, &site.at("/wp-json/wp/v2/posts")).await;
    assert_eq!(poll(&app).await.new, 0);
    assert_eq!(count(&app, "release WHERE state = 'baseline'").await, 4);
}

#[tokio::test]
async fn a_page_that_lists_releases_is_polled_like_a_feed() {
    let (app, site, _folder) = instance().await;
    site.page("/news", HTML, &list(&ITEMS));
    add(&app, &site.at("/news")).await;
    assert_eq!(poll(&app).await.new, 0);
    let mut items = ITEMS.to_vec();
    items.insert(0, ("/new", "Something new today"));
    site.page("/news", HTML, &list(&items));
    site.page("/new", HTML, "<article><h1>Something new today</h1><p>Tustin, CA – Today there is something new to say.</p></article>");
    assert_eq!(
        poll(&app).await,
        PollSummary {
            polled: 1,
            new: 1,
            ..Default::default()
        }
    );
    let text = "SELECT document FROM release WHERE state = 'settled'";
    let text: Option<String> = crate::db::scalar(app.db.pool(), text, []).await.unwrap();
    assert!(text.unwrap().contains("something new to say"));
    // Rebuilt, or broken: nothing that can be read is a failure, and no empty list.
    site.page("/news", HTML, "<h1>Under maintenance</h1>");
    assert_eq!(poll(&app).await.failed, 1);
}

#[tokio::test]
async fn both_validators_go_back_verbatim_and_cannot_hide_a_release_for_an_hour_f3() {
    let (app, site, _folder) = instance().await;
    let validators = [
        ("content-type", RSS),
        ("etag", "W/\"a 1\""),
        ("last-modified", "Fri, 16 Feb 2024  10:00:00 GMT"),
    ];
    site.answer("/feed", 200, &validators, &feed("", &ITEMS[1..]));
    add(&app, &site.at("/feed")).await;
    poll(&app).await;
    // Scheduled for yesterday and published now: WordPress's validators do not change for it.
    site.answer("/feed", 200, &validators, &feed("", &ITEMS));
    let mut minutes = 0;
    while count(&app, "release WHERE state <> 'baseline'").await == 0 {
        minutes += 1;
        assert!(minutes <= 60, "hidden for more than an hour");
        app.clock.advance_ms(MINUTE);
        poll(&app).await;
    }
    let asked = site.asked("/feed");
    let sent = |name: &str| {
        asked
            .iter()
            .filter_map(|a| a.headers.get(name))
            .collect::<Vec<_>>()
    };
    assert!(sent("if-none-match").len() > 50);
    assert!(sent("if-none-match").iter().all(|v| *v == "W/\"a 1\""));
    assert!(
        sent("if-modified-since")
            .iter()
            .all(|v| *v == "Fri, 16 Feb 2024  10:00:00 GMT")
    );
}

#[tokio::test]
async fn a_site_of_a_hundred_items_that_moves_sends_nothing_f7() {
    let (app, site, _folder) = instance().await;
    let moved = |host: &str| {
        let items: Vec<String> = (0..100).map(|n| format!(
            "<item><title>Release number {n}</title><link>{host}/{n}/</link><guid>{host}/{n}/</guid><pubDate>Thu, 15 Feb 2024 14:{:02}:{:02} +0000</pubDate></item>", n / 60, n % 60
        )).collect();
        let items = items.concat();
        format!("<rss version=\"2.0\"><channel><title>O</title>{items}</channel></rss>")
    };
    site.page("/feed", RSS, &moved("http://doe.example"));
    add(&app, &site.at("/feed")).await;
    assert_eq!(poll(&app).await.new, 0);
    let permalinks = moved("https://new.example");
    let numbers = permalinks.replace(
        "<guid>https://new.example/",
        "<guid isPermaLink=\"false\">https://new.example/?p=",
    );
    for (what, feed) in [
        ("https", moved("https://doe.example")),
        ("another host", permalinks.clone()),
        ("ids by number", numbers),
        (
            "other addresses and ids",
            permalinks.replace("new.example/", "new.example/news/"),
        ),
        ("no closing slash", permalinks.replace("/</", "</")),
        (
            "one id for all",
            permalinks
                .replace("<guid>", "<guid isPermaLink=\"false\">N/A</guid><x>")
                .replace("/</guid>", "</x>"),
        ),
    ] {
        site.page("/feed", RSS, &feed);
        assert_eq!(
            poll(&app).await,
            PollSummary {
                polled: 1,
                ..Default::default()
            },
            "{what}"
        );
    }
    assert_eq!(count(&app, "release").await, 100);
}

#[tokio::test]
async fn a_broken_item_is_set_aside_with_its_reason_and_the_feed_goes_on_f6() {
    let (app, site, _folder) = instance().await;
    site.page("/feed", RSS, &feed("", &ITEMS));
    let id = add(&app, &site.at("/feed")).await.id;
    poll(&app).await;
    let broken =
        "<item><title>Not closed<link>/x</link></item><item><description>?</description></item>";
    let mut items = ITEMS.to_vec();
    items.insert(0, ("/new", "Something new today"));
    site.page("/feed", RSS, &feed(broken, &items));
    site.page(
        "/new",
        HTML,
        "<article><h1>Something new today</h1><p>Today there is something new.</p></article>",
    );
    assert_eq!(poll(&app).await.new, 1);
    let source = source(&app, id).await.unwrap();
    assert_eq!(source.failures, 0);
    let why: Vec<&str> = source
        .set_aside
        .iter()
        .map(|aside| aside.why.as_str())
        .collect();
    assert_eq!(why.len(), 2, "{why:?}");
    assert!(why[0].contains("XML is broken") && why[1].contains("neither a title nor a link"));
    let json = serde_json::to_string(&list_sources(&app).await.unwrap()).unwrap();
    assert!(
        json.contains("set_aside") && json.contains("Not closed"),
        "{json}"
    );
    site.page("/feed", RSS, &feed("", &items));
    poll(&app).await;
    assert!(super::source(&app, id).await.unwrap().set_aside.is_empty());
}

#[tokio::test]
async fn another_organisations_article_is_not_the_offices_to_mail_f11() {
    let (app, site, _folder) = instance().await;
    site.page("/feed", RSS, &feed("", &[]));
    add(&app, &site.at("/feed")).await;
    poll(&app).await;
    let paper = Site::open().await;
    let there = paper.url.replace("127.0.0.1", "localhost");
    paper.page(
        "/article",
        HTML,
        "<article><h1>In the paper</h1><p>What the paper wrote about the office.</p></article>",
    );
    let item = format!("<item><title>In the paper</title><link>{there}/article</link></item>");
    site.page("/feed", RSS, &feed(&item, &[]));
    assert_eq!(poll(&app).await.held, 1);
    assert!(paper.asked("/article").is_empty());
    site.answer("/moved", 302, &[("location", &format!("{there}/feed"))], "");
    let error = look(&app, &site.at("/moved")).await.unwrap_err();
    assert!(
        error.to_string().contains("another organisation's site"),
        "{error}"
    );
    assert!(paper.asked("/feed").is_empty());
}

#[tokio::test]
async fn robots_txt_is_honoured_and_named_where_it_forbids() {
    let (app, site, _folder) = instance().await;
    site.page(
        "/robots.txt",
        "text/plain",
        "User-agent: *\nDisallow: /feed\n",
    );
    site.page("/feed", RSS, &feed("", &ITEMS));
    let error = look(&app, &site.at("/feed")).await.unwrap_err().to_string();
    assert!(
        error.contains("robots.txt") && error.contains("`Allow: /feed`"),
        "{error}"
    );
    assert!(site.asked("/feed").is_empty());
    let asked = &site.asked("/robots.txt")[0];
    let agent = asked.headers["user-agent"].to_str().unwrap();
    assert!(
        agent.starts_with("Gazette/") && agent.contains("(+http"),
        "{agent}"
    );
}

#[tokio::test]
async fn a_site_that_asks_for_rest_gets_it() {
    let (app, site, _folder) = instance().await;
    site.page("/feed", RSS, &feed("", &ITEMS));
    let id = add(&app, &site.at("/feed")).await.id;
    poll(&app).await;
    site.answer("/feed", 503, &[("retry-after", "7200")], "");
    assert_eq!(poll(&app).await.failed, 1);
    let source = source(&app, id).await.unwrap();
    assert_eq!(
        source.next_poll_at.as_millisecond(),
        app.clock.now_ms() + 2 * HOUR
    );
    assert!(source.last_error.unwrap().contains("another 7200 seconds"));
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_not_waited_for_f11() {
    let (app, _site, _folder) = instance().await;
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", silent.local_addr().unwrap())
        .parse()
        .unwrap();
    let politeness = Arc::new(Politeness::with_pause(Duration::ZERO));
    let mut fetcher = Fetcher::with_politeness(&app, politeness).await.unwrap();
    fetcher.timeout = Duration::from_millis(50);
    let error = fetcher.get(&url, &Validators::default()).await.unwrap_err();
    assert!(matches!(error, FetchError::Network(..)), "{error}");
    assert!(error.to_string().contains("no answer"), "{error}");
}

#[tokio::test]
async fn a_hub_is_subscribed_to_verified_believed_only_when_signed_and_asked_again_f4() {
    let (app, site, _folder) = instance().await;
    let hub = Site::open().await;
    hub.answer("/hub", 202, &[], "");
    let link = format!("<{}/hub>; rel=hub, <SITE/feed?own>; rel=\"self\"", hub.url);
    site.answer(
        "/feed",
        200,
        &[("content-type", RSS), ("link", &link)],
        &feed("", &ITEMS),
    );
    let id = add(&app, &site.at("/feed")).await.id;
    poll(&app).await;
    assert_eq!(websub::subscribe_due(&app).await.unwrap(), 1);
    assert_eq!(websub::subscribe_due(&app).await.unwrap(), 0, "once");

    let asked = hub.asked("/hub").remove(0);
    assert_eq!(asked.method, Method::POST);
    let form: HashMap<String, String> = url::form_urlencoded::parse(asked.body.as_bytes())
        .into_owned()
        .collect();
    assert_eq!(form["hub.mode"], "subscribe");
    assert_eq!(form["hub.topic"], site.at("/feed?own"));
    assert!(form["hub.secret"].len() >= 32 && form["hub.secret"].len() < 200);
    let callback: url::Url = form["hub.callback"].parse().unwrap();

    let verify = async |topic: &str, mode: &str| {
        let mut url = callback.clone();
        url.query_pairs_mut()
            .append_pair("hub.mode", mode)
            .append_pair("hub.topic", topic)
            .append_pair("hub.challenge", "echo this")
            .append_pair("hub.lease_seconds", "864000");
        let path = &url[url::Position::BeforePath..];
        call(&app, Request::get(path), "").await
    };
    let topic = site.at("/feed?own");
    assert_eq!(verify("https://other.example/", "subscribe").await.0, 404);
    assert_eq!(verify(&topic, "unsubscribe").await.0, 404);
    assert_eq!(
        verify(&topic, "subscribe").await,
        (200, "echo this".to_owned())
    );
    assert_eq!(
        verify(&topic, "subscribe").await.0,
        404,
        "nothing is pending any more"
    );
    let lease = source(&app, id).await.unwrap().hub.unwrap().until.unwrap();
    assert_eq!(lease.as_millisecond(), app.clock.now_ms() + 240 * HOUR);

    // A signed message makes the source due; any other is accepted and changes nothing.
    let next = async || source(&app, id).await.unwrap().next_poll_at;
    let later = next().await;
    let key = hmac::Key::new(hmac::HMAC_SHA256, form["hub.secret"].as_bytes());
    let signature = data_encoding::HEXLOWER.encode(hmac::sign(&key, b"news").as_ref());
    let signature = format!("sha256={signature}");
    for (signature, body) in [
        ("sha256=00", "news"),
        ("", "news"),
        (signature.as_str(), "other"),
    ] {
        let request = Request::post(callback.path()).header("x-hub-signature", signature);
        assert_eq!(call(&app, request, body).await.0, 202);
        assert_eq!(next().await, later);
    }
    let signed = || Request::post(callback.path()).header("x-hub-signature", &signature);
    assert_eq!(call(&app, signed(), "news").await.0, 202);
    assert_eq!(next().await.as_millisecond(), app.clock.now_ms());
    let strange = callback.path().replace(char::is_numeric, "7");
    assert_eq!(call(&app, Request::post(strange), "news").await.0, 404);

    // Polling goes on behind it, and the lease is renewed before it ends.
    assert_eq!(poll_due(&app).await.unwrap().polled, 1);
    app.clock.advance_ms(217 * HOUR);
    assert_eq!(websub::subscribe_due(&app).await.unwrap(), 1);
    assert_eq!(hub.asked("/hub").len(), 2);

    super::remove_source(&app, id).await.unwrap();
    assert_eq!(call(&app, signed(), "news").await.0, 410);
    app.clock.advance_ms(HOUR);
    assert_eq!(websub::subscribe_due(&app).await.unwrap(), 0);
}

async fn call(app: &App, request: axum::http::request::Builder, body: &str) -> (u16, String) {
    let request = request
        .body(axum::body::Body::from(body.to_owned()))
        .unwrap();
    let router = websub::routes().with_state(app.clone());
    let response = router.oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let body = axum::body::to_bytes(response.into_body(), 1_000)
        .await
        .unwrap();
    (status, String::from_utf8_lossy(&body).into_owned())
}
