//! No feed, sitemap or list makes reading a source quadratic, however long, broken or odd it is.

use url::Url;

use super::{cost_ratio::grows_too_fast, feeds, listing, reading::dates::Calendar, sitemap};

/// Makes an input so many times as large as its smallest.
type Make<'a> = Box<dyn Fn(usize) -> String + 'a>;

fn channel(inner: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>Town</title><link>https://town.example/</link>{inner}</channel></rss>"
    )
}

fn of(piece: &'static str, count: usize) -> Make<'static> {
    Box::new(move |times| channel(&piece.repeat(count * times)))
}

fn numbered(count: usize, one: impl Fn(usize) -> String) -> String {
    let all: Vec<String> = (0..count).map(one).collect();
    all.concat()
}

#[test]
fn no_feed_costs_more_than_it_is_long() {
    let item = |n: usize| {
        format!(
            "<item><title>Bridge {n} opens</title><link>https://town.example/n/{n}</link><guid>{n}</guid><pubDate>Mon, 04 May 2026 10:00:00 GMT</pubDate><description>The bridge opens.</description></item>"
        )
    };
    let cases: Vec<(&str, Make)> = vec![
        (
            "items",
            Box::new(move |times| channel(&numbered(1_500 * times, item))),
        ),
        ("ampersands", of("& ", 40_000)),
        (
            "ampersands in a title",
            Box::new(|times| {
                channel(&format!(
                    "<item><title>{}</title><link>https://town.example/a</link></item>",
                    "A &b ".repeat(20_000 * times)
                ))
            }),
        ),
        (
            "items that are broken",
            of("<item><title>A<b></title><link>/a</link></item>", 1_500),
        ),
        ("items that never end", of("<item><title>A</title>", 3_000)),
        ("elements in elements", of("<a>", 10_000)),
        (
            "attributes",
            Box::new(|times| {
                let all = numbered(4_000 * times, |n| format!(" a{n}=\"b\""));
                channel(&format!("<item{all}><title>A</title></item>"))
            }),
        ),
        (
            "prefixes",
            Box::new(|times| {
                let all = numbered(1_500 * times, |n| format!(" xmlns:p{n}=\"urn:p{n}\""));
                format!(
                    "<rss version=\"2.0\"{all}><channel><item><title>A</title></item></channel></rss>"
                )
            }),
        ),
        (
            "entities of its own",
            Box::new(|times| {
                let all = numbered(1_000 * times, |n| {
                    format!("<!ENTITY e{n} \"&e{};&e{};\">", n + 1, n + 1)
                });
                format!(
                    "<!DOCTYPE rss [{all}]><rss version=\"2.0\"><channel><item><title>&e0;</title></item></channel></rss>"
                )
            }),
        ),
        (
            "markup in an item",
            Box::new(|times| {
                channel(&format!(
                    "<item><title>A</title><description><![CDATA[{}]]></description></item>",
                    "<p><b>bold <a href=/x>word</a>".repeat(1_500 * times)
                ))
            }),
        ),
        (
            "pictures of an item",
            Box::new(|times| {
                channel(&format!("<item><title>A</title>{}</item>", "<enclosure url=\"https://town.example/a.jpg\" type=\"image/jpeg\" length=\"1\"/>".repeat(1_500 * times)))
            }),
        ),
        (
            "a JSON feed",
            Box::new(|times| {
                format!(
                    "{{\"version\":\"https://jsonfeed.org/version/1.1\",\"title\":\"T\",\"items\":[{}]}}",
                    numbered(2_000 * times, |n| format!(
                        "{}{{\"id\":\"{n}\",\"title\":\"A {n}\",\"content_text\":\"B\"}}",
                        if n == 0 { "" } else { "," }
                    ))
                )
            }),
        ),
    ];
    let address: Url = "https://town.example/feed".parse().unwrap();
    let wrong: Vec<String> = cases
        .iter()
        .filter_map(|(name, make)| {
            grows_too_fast(name, make, &|source| {
                let _ = feeds::read(source, &address, &Calendar::utc());
            })
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_sitemap_and_no_list_costs_more_than_it_is_long() {
    let address: Url = "https://town.example/news".parse().unwrap();
    let place = |n: usize| {
        format!("<url><loc>https://town.example/n/{n}</loc><lastmod>2026-05-04</lastmod></url>")
    };
    let sitemaps: Vec<(&str, Make)> = vec![
        (
            "places",
            Box::new(move |times| format!("<urlset>{}</urlset>", numbered(2_000 * times, place))),
        ),
        (
            "places that never end",
            Box::new(|times| format!("<urlset>{}", "<url><loc>/a".repeat(2_000 * times))),
        ),
    ];
    let entry = |n: usize| {
        format!(
            "<li><a href=\"/n/{n}\">Bridge number {n} opens to all</a> <span>May 4, 2026</span></li>"
        )
    };
    let lists: Vec<(&str, Make)> = vec![
        (
            "entries",
            Box::new(move |times| {
                format!(
                    "<html><body><main><ul>{}</ul></main></body></html>",
                    numbered(150 * times, entry)
                )
            }),
        ),
        (
            "links",
            Box::new(|times| {
                format!(
                    "<html><body>{}</body></html>",
                    "<a href=/x>word</a> ".repeat(3_000 * times)
                )
            }),
        ),
        (
            "ampersands and no-break spaces in a link",
            Box::new(|times| {
                format!(
                    "<html><body><main><ul><li><a href=/x>{}</a></li></ul><a rel=next href=/y>{}</a></main></body></html>",
                    "&amp;\u{a0}".repeat(15_000 * times),
                    "£ ".repeat(15_000 * times)
                )
            }),
        ),
        (
            "boxes in boxes",
            Box::new(|times| "<div><a href=/x>The bridge opens</a>".repeat(80 * times)),
        ),
        (
            "tags that close nothing",
            Box::new(|times| "<div></x>".repeat(2_000 * times)),
        ),
    ];
    let read_sitemap = |source: &str| {
        let _ = sitemap::read(source, &address, &Calendar::utc());
    };
    let read_list = |source: &str| {
        let _ = listing::read(source, &address, &Calendar::utc());
    };
    let wrong: Vec<String> = sitemaps
        .iter()
        .filter_map(|(name, make)| grows_too_fast(name, make, &read_sitemap))
        .chain(
            lists
                .iter()
                .filter_map(|(name, make)| grows_too_fast(name, make, &read_list)),
        )
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
