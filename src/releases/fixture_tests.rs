//! Every fixture of `tests/fixtures/sources`, read as what its folder says, against what it holds:
//! one for each format (F1, F5), each breakage (F6), each way to build a list of releases.

use std::{fmt::Write, fs, path::Path};

use super::{
    SourceKind,
    fetch::{Body, Validators},
    items::Item,
    reader::{Found, read_now},
    reading::dates::Calendar,
};

fn read(folder: &str, kind: SourceKind) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/sources");
    let mut files: Vec<_> = fs::read_dir(root.join(folder))
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    files.sort();
    let mut all = String::new();
    for file in files {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let body = Body {
            url: format!("https://doe.example/{name}").parse().unwrap(),
            bytes: fs::read(&file).unwrap(),
            content_type: String::new(),
            validators: Validators::default(),
            headers: Box::default(),
        };
        writeln!(
            all,
            "{name}: {}",
            shown(read_now(&Calendar::utc(), kind, &body))
        )
        .unwrap();
    }
    all
}

/// What the source lists that stands at this address and says this.
fn listed(kind: SourceKind, url: &str, says: &str) -> Vec<Item> {
    let body = Body {
        url: url.parse().unwrap(),
        bytes: says.as_bytes().to_vec(),
        content_type: String::new(),
        validators: Validators::default(),
        headers: Box::default(),
    };
    match read_now(&Calendar::utc(), kind, &body) {
        Some(Found::Listing(listing)) => listing.items,
        other => panic!("{url}: {other:?}"),
    }
}

#[test]
fn what_came_by_https_leads_by_https_to_the_same_host_r4() {
    const TEXT: &str = r#"<p>See <a href="/letter.pdf">the letter</a>, <a href="http://doe.example/map">the map</a> and <a href="http://other.example/">others</a>.</p><img src="http://doe.example/a.jpg" alt="A bridge">"#;
    let escaped = TEXT.replace('<', "&lt;").replace('"', "&quot;");
    let json = TEXT.replace('"', r#"\""#);
    let atom = format!(
        r#"<feed xmlns="http://www.w3.org/2005/Atom" xml:base="http://doe.example/"><title>O</title><id>o</id><updated>2024-02-16T15:00:00Z</updated><entry><id>tag:o,1</id><title>T</title><link href="http://doe.example/a"/><updated>2024-02-16T15:00:00Z</updated><content type="html">{escaped}</content></entry></feed>"#
    );
    let rss = format!(
        r#"<rss version="2.0"><channel><title>O</title><item><title>T</title><link>http://doe.example/a</link><description>{escaped}</description></item></channel></rss>"#
    );
    let json_feed = format!(
        r#"{{"version":"https://jsonfeed.org/version/1.1","title":"O","items":[{{"id":"1","url":"http://doe.example/a","title":"T","content_html":"{json}"}}]}}"#
    );
    let posts = format!(
        r#"[{{"id":1,"link":"http://doe.example/a","title":{{"rendered":"T"}},"content":{{"rendered":"{json}"}}}}]"#
    );
    let sitemap = "<urlset><url><loc>http://doe.example/a</loc></url></urlset>".to_owned();
    let page = "<base href='http://doe.example/'><ul><li><a href=/a>Doe leads letter on care</a> 2/16/2024<li><a href=/b>Statement on the farm bill</a> 2/15/2024<li><a href=http://doe.example/c>Office opens in Tustin on Monday</a> 2/9/2024</ul>".to_owned();
    for (kind, says, has_text) in [
        (SourceKind::Feed, &atom, true),
        (SourceKind::Feed, &rss, true),
        (SourceKind::Feed, &json_feed, true),
        (SourceKind::WordPress, &posts, true),
        (SourceKind::Sitemap, &sitemap, false),
        (SourceKind::Page, &page, false),
    ] {
        for item in listed(kind, "https://doe.example/feed", says) {
            let url = item.url.unwrap();
            assert_eq!(url.scheme(), "https", "{says}");
            let text = serde_json::to_string(&item.document).unwrap();
            assert!(!text.contains("http://doe.example"), "{text}");
            if has_text {
                assert!(text.contains("https://doe.example/a.jpg"), "{text}");
                assert!(text.contains("https://doe.example/letter.pdf"), "{text}");
                assert!(text.contains("http://other.example/"), "{text}");
            }
        }
        // Who came by http, or from another host, knows nothing of it.
        for place in ["http://doe.example/feed", "https://feeds.doe.example/"] {
            let item = listed(kind, place, says).remove(0);
            assert_eq!(item.url.unwrap().scheme(), "http", "{place}: {says}");
        }
    }
}

fn shown(found: Option<Found>) -> String {
    let listing = match found {
        None => return "cannot be read".to_owned(),
        Some(Found::Index(urls)) => return format!("an index of {urls:?}"),
        Some(Found::Listing(listing)) => listing,
    };
    let mut text = format!("{}, “{}”", listing.format, listing.title);
    if let Some(hub) = &listing.hub {
        write!(text, ", hub {hub}").unwrap();
    }
    for item in &listing.items {
        let at = item
            .published
            .map_or("no date".to_owned(), |at| at.to_string());
        let url = item.url.as_ref().map_or("no link", url::Url::as_str);
        let texts = match (item.whole, &item.document) {
            (true, _) => "whole",
            (false, Some(_)) => "summary",
            (false, None) => "no text",
        };
        write!(
            text,
            "\n    {} | {url} | {at} | {texts} | {}",
            item.title, item.identity
        )
        .unwrap();
    }
    for aside in &listing.set_aside {
        write!(text, "\n    set aside: {:?}: {}", aside.item, aside.why).unwrap();
    }
    text
}

#[test]
fn feeds_of_every_format_are_read_f1_f5() {
    insta::assert_snapshot!(read("feeds", SourceKind::Feed));
}

#[test]
fn no_breakage_stops_a_feed_f6() {
    insta::assert_snapshot!(read("broken", SourceKind::Feed));
}

#[test]
fn lists_of_releases_are_found_by_structure() {
    insta::assert_snapshot!(read("pages", SourceKind::Page));
}

#[test]
fn sitemaps_are_read() {
    insta::assert_snapshot!(read("sitemaps", SourceKind::Sitemap));
}
