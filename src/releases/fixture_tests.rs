//! Every fixture of `tests/fixtures/sources`, read as what its folder says, against what it holds:
//! one for each format (F1, F5), each breakage (F6), each way to build a list of releases.

use std::{fmt::Write, fs, path::Path};

use super::{
    SourceKind,
    fetch::{Body, Validators},
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
