//! No input makes the way of a release quadratic: read, read a second time, looked through for what
//! staff should see, written as HTML and as text, and compared with what it said before.

use gazette_templates::document::{diff, findings, html, text as text_part};
use url::Url;

use super::{Reading, bytes, second_reader::second_reading};
use crate::releases::cost_ratio::grows_too_fast;

/// The whole way of what a server answered with. Gives how many blocks were found.
fn whole_way(source: &str, content_type: &str) -> usize {
    let address = Url::parse("https://doe.example/news/1").ok();
    let Reading {
        title, document, ..
    } = bytes(source.as_bytes(), content_type, address.as_ref());
    let title = title.unwrap_or_default();
    if content_type == "text/html" {
        let _ = second_reading(source, &title, &document);
    }
    let _ = findings::find(&title, &document);
    let _ = html::web(&document);
    let _ = html::mail_blocks(&document, "#1d4f91");
    let _ = text_part::mail(&document);
    let mut before = document.clone();
    before.blocks.reverse();
    before.blocks.truncate(document.blocks.len() / 2);
    let _ = diff::between((&title, &before), (&title, &document));
    document.blocks.len()
}

fn page(body: &str) -> String {
    format!(
        "<html lang=en><head><title>The bridge opens on Monday</title></head><body><article><h1>The bridge opens on Monday</h1><p>The county opens the bridge on Monday, and the ferry stops on Tuesday.</p>{body}</article></body></html>"
    )
}

/// Makes an input so many times as large as its smallest.
type Make<'a> = Box<dyn Fn(usize) -> String + 'a>;

/// `piece`, so often, in a page's article.
fn repeated(piece: &str, count: usize) -> String {
    page(&piece.repeat(count))
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of what was tried")]
fn no_page_costs_more_than_it_is_long() {
    let attributes = |count: usize| {
        let all: Vec<String> = (0..count).map(|n| format!(" a{n}=b")).collect();
        page(&format!(
            "<p{}>The county opens the bridge.</p>",
            all.concat()
        ))
    };
    let links = "see <a href=https://doe.example/x>the letter</a> and ";
    let nested = |count: usize| {
        let inner = format!("{}deep", "<div><a href=/x>word</a>".repeat(490));
        page(&inner.repeat(count))
    };
    let of = |piece: &'static str, count: usize| -> Make {
        Box::new(move |times| repeated(piece, count / 2 * times))
    };
    let in_one = |piece: &'static str, count: usize| -> Make {
        Box::new(move |times| page(&format!("<p>{}</p>", piece.repeat(count / 2 * times))))
    };
    let cases: Vec<(&str, Make)> = vec![
        ("tags that close nothing", of("<div></x>", 8_000)),
        ("bold left open in each paragraph", of("<p><b>bold ", 2_000)),
        (
            "three marks left open",
            of("<p><b id=1><i id=2><u id=3>x</p>", 1_000),
        ),
        (
            "attributes of one tag",
            Box::new(move |times| attributes(15_000 * times)),
        ),
        ("nested boxes with links", Box::new(nested)),
        (
            "boxes with links",
            of("<div><a href=/x>word</a></div>", 1_000),
        ),
        ("links in one paragraph", in_one(links, 700)),
        ("ampersands", in_one("& ", 20_000)),
        ("entities", in_one("&eacute;&amp; ", 20_000)),
        (
            "entities that are none",
            in_one("&nosuch; &#xFFFFFFFF; ", 10_000),
        ),
        ("tables in tables", of("<table><tr><td>x", 700)),
        (
            "rows of a table",
            Box::new(|times| {
                page(&format!(
                    "<table>{}</table>",
                    "<tr><th>A</th><td>1</td><td>2</td></tr>".repeat(400 * times)
                ))
            }),
        ),
        (
            "cells that span",
            Box::new(|times| {
                page(&format!(
                    "<table>{}</table>",
                    "<tr><td rowspan=3 colspan=2>A</td><td>1</td></tr>".repeat(400 * times)
                ))
            }),
        ),
        ("fonts in fonts", of("<font size=2><font color=red>", 2_000)),
        ("links left open", of("<a href=/x>word ", 3_000)),
        ("lists in lists", of("<ul><li>word", 2_000)),
        ("quotes in quotes", of("<blockquote>word", 2_000)),
        (
            "one style",
            Box::new(|times| {
                page(&format!(
                    "<style>{}</style>",
                    "p{color:red}".repeat(40_000 * times)
                ))
            }),
        ),
        (
            "one script",
            Box::new(|times| {
                page(&format!(
                    "<script>{}</script>",
                    "if(a<b){c('<p>')}".repeat(30_000 * times)
                ))
            }),
        ),
        ("comments", of("<!-- a -->", 20_000)),
        (
            "a comment without end",
            Box::new(|times| page(&format!("<!--{}", "<p>word".repeat(20_000 * times)))),
        ),
        (
            "data of many articles",
            Box::new(|times| {
                let one = "{\"@type\":\"NewsArticle\",\"headline\":\"A\",\"articleBody\":\"The county opens the bridge.\"},";
                page(&format!(
                    "<script type=application/ld+json>[{}0]</script>",
                    one.repeat(2_000 * times)
                ))
            }),
        ),
        (
            "data in data",
            Box::new(|times| {
                page(&format!(
                    "<script type=application/ld+json>{}{}</script>",
                    "{\"a\":[".repeat(10_000 * times),
                    "]}".repeat(10_000 * times)
                ))
            }),
        ),
        (
            "a body in the data",
            Box::new(|times| {
                page(&format!(
                    "<script type=application/ld+json>{{\"@type\":\"NewsArticle\",\"articleBody\":\"{}\"}}</script>",
                    "The county opens the bridge on Monday. ".repeat(4_000 * times)
                ))
            }),
        ),
        (
            "paragraphs",
            of(
                "<p>The county opens the bridge on Monday, and all may come.</p>",
                500,
            ),
        ),
        (
            "related lists",
            of(
                "<h3>Related news</h3><ul><li><a href=/a>One</a></li></ul>",
                400,
            ),
        ),
        (
            "bylines and dates",
            of("<p>By Ann Poe</p><p>May 4, 2026</p>", 700),
        ),
        (
            "share lists",
            of("<ul><li>Share</li><li>Print</li></ul>", 700),
        ),
        (
            "figures",
            of(
                "<figure><img src=/a.jpg alt=Bridge><figcaption>The bridge</figcaption></figure>",
                400,
            ),
        ),
        ("breaks", in_one("word<br>", 4_000)),
        ("a word without end", in_one("word", 40_000)),
        ("spaces", in_one(" \u{a0}\t", 40_000)),
        (
            "shortcodes",
            in_one("[vc_row][vc_column]word[/vc_column]", 1_500),
        ),
        ("shortcodes without end", in_one("[vc_row a=\"b", 6_000)),
        ("marks of notes", in_one("word<sup>1</sup> ", 1_500)),
        (
            "options",
            Box::new(|times| {
                page(&format!(
                    "<select>{}</select>",
                    "<option>word".repeat(4_000 * times)
                ))
            }),
        ),
        ("drawings", of("<svg><g><path d=M0/>", 2_000)),
        ("templates", of("<template><p>word", 2_000)),
        ("headings", of("<h2>The bridge</h2>", 1_000)),
        (
            "languages",
            of(
                "<p lang=es>El puente abre.</p><p lang=en>The bridge opens.</p>",
                400,
            ),
        ),
    ];
    let wrong: Vec<String> = cases
        .iter()
        .filter_map(|(name, make)| {
            grows_too_fast(name, make, &|source| {
                let _ = whole_way(source, "text/html");
            })
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_text_file_costs_more_than_it_is_long() {
    let wrong: Vec<String> = [
        ("lines", "The county opens the bridge on Monday.\n"),
        ("empty lines", "word\n\n"),
        ("one line", "word "),
        ("columns", "Monday     10:00    Bridge\n"),
        ("items", "- word\n  - word\n"),
        ("numbers", "1. word\n"),
        ("rules", "-----\nword\n"),
        ("addresses", "https://doe.example/a?b=c "),
        ("mailboxes", "a@b.example, "),
        ("indented", "        word\n"),
    ]
    .iter()
    .filter_map(|(name, line)| {
        let make = |times: usize| line.repeat(1_500 * times);
        grows_too_fast(name, &make, &|source| {
            let _ = whole_way(source, "text/plain");
        })
    })
    .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
