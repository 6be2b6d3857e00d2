//! Whatever a site serves is read without a panic and without end.

use proptest::prelude::*;
use url::Url;

use super::{
    feeds,
    reading::{self, charset, dates},
    wordpress,
};

/// Pieces of what sites serve, so that chance gets past the first letters.
const PIECES: [&str; 44] = [
    "<?xml version=\"1.0\" encoding=\"utf-8\"?>",
    "<rss version=\"2.0\">",
    "<channel>",
    "<item>",
    "</item>",
    "<title>",
    "</title>",
    "<link>",
    "<guid isPermaLink=\"false\">",
    "<pubDate>",
    "Tue, 24 Nov 2026 12:00:00 -0800",
    "2026년 11월 24일",
    "2026. 11. 24.",
    "24 tháng ",
    "下午2:30",
    "<description>",
    "<![CDATA[",
    "]]>",
    "<feed xmlns=\"http://www.w3.org/2005/Atom\">",
    "<entry>",
    "<content type=\"html\">",
    "{\"version\":\"https://jsonfeed.org/version/1.1\",\"items\":[",
    "{\"id\":\"1\",",
    "[{\"id\":1,\"guid\":{\"rendered\":\"",
    "<html lang=\"en\">",
    "<main>",
    "<article>",
    "<h1>",
    "<p>",
    "</p>",
    "<table><tr><td colspan=\"9999999\">",
    "<ul><li>",
    "<blockquote>",
    "<img src=\"x\" alt=\"",
    "<a href=\"//[::1\">",
    "<script type=\"application/ld+json\">{\"@type\":\"NewsArticle\",",
    "###",
    "–30–",
    "&#x110000;",
    "&amp;&nbsp;",
    "\u{202e}",
    "\u{0}",
    "<!--",
    "📷",
];

fn soup() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => proptest::sample::select(&PIECES[..]).prop_map(str::to_owned),
        1 => "\\PC{0,12}",
        1 => proptest::collection::vec(any::<u8>(), 0..12)
            .prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
    ];
    proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_page_or_a_feed_of_anything_is_read_or_refused(text in soup()) {
        let address: Url = "https://office.example/news/".parse().unwrap();
        let _ = feeds::read(&text, &address, &dates::Calendar::utc());
        let _ = wordpress::read(&text, &address);
        let _ = dates::written(&text);
        let _ = reading::line(&text);
        let _ = reading::text(&text);
        let _ = reading::fragment(&text, "Title", "en", Some(&address));
        let page = reading::page(&text, Some(&address));
        // Nothing is made up: a document is not longer than its page.
        prop_assert!(reading::words(&page.document).len() <= 3 * text.len() + 100);
    }

    #[test]
    fn bytes_of_any_charset_become_text(
        bytes in proptest::collection::vec(any::<u8>(), 0..200),
        declared in proptest::option::of("[a-zA-Z0-9_-]{0,12}"),
    ) {
        let text = charset::decode(&bytes, declared.as_deref());
        prop_assert!(text.len() <= 4 * bytes.len() + 4);
    }
}
