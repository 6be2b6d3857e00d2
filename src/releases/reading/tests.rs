use gazette_templates::document::{Block, Inline, List};
use url::Url;

use super::{Reading, dates::Calendar, page, runs::plain as text_of, text, words};
use crate::releases::sample;

const SAMPLE_TEXT: &str = include_str!("../sample/russia-dprk.txt");
const CHROME: [&str; 6] = [
    "Tustin Hangar",
    "Click Here",
    "Uncategorized",
    "Signup to receive",
    "The Latest News",
    "Share this",
];

fn instant(reading: &Reading) -> String {
    let at = Calendar::utc().instant(reading.published.unwrap().written);
    at.unwrap().to_string()
}

fn said(blocks: &[Block]) -> Vec<String> {
    blocks
        .iter()
        .flat_map(|block| match block {
            Block::Paragraph(text) | Block::Heading { text, .. } => vec![text_of(text)],
            Block::List(list) => list.items.iter().flat_map(|item| said(item)).collect(),
            Block::Quote(inner) => said(inner),
            _ => Vec::new(),
        })
        .collect()
}

fn the_list(blocks: &[Block]) -> &List {
    match blocks.last() {
        Some(Block::List(list)) => list,
        other => panic!("the release ends with its list, not with {other:?}"),
    }
}

fn is_exactly_the_release(blocks: &[Block]) {
    let lines = said(blocks);
    assert!(
        lines[0].starts_with("Washington, DC – Today"),
        "{}",
        lines[0]
    );
    assert!(
        lines
            .last()
            .unwrap()
            .ends_with("aggressive China, Russia, DPRK, and Iran?")
    );
    assert_eq!(lines.len(), 10 + 7 + 1, "{lines:#?}");
    let list = the_list(blocks);
    assert_eq!(list.numbering.unwrap().start, 1);
    assert_eq!(list.items.len(), 7);
    assert!(list.items[..6].iter().all(|item| item.len() == 1));
    let [Block::Paragraph(_), Block::List(inner)] = list.items[6].as_slice() else {
        panic!("question 7 has a question of its own: {:?}", list.items[6])
    };
    assert_eq!(inner.items.len(), 1);
    assert!(inner.numbering.is_some());
    for chrome in CHROME {
        assert!(!lines.concat().contains(chrome), "{chrome}");
    }
}

#[test]
fn the_sample_page_yields_exactly_the_release_r2() {
    let address = Url::parse("https://office.example/2024/02/16/letter/").unwrap();
    let reading = page(sample::RELEASES[1].page, Some(&address));
    is_exactly_the_release(&reading.document.blocks);
    assert_eq!(reading.title.as_deref(), Some(sample::RELEASES[1].title));
    assert_eq!(instant(&reading), "2024-02-16T15:00:00Z");
    assert_eq!(reading.document.language, "en");
    assert_eq!(reading.feeds[0].as_str(), "https://office.example/feed/");
    let json = serde_json::to_string(&reading.document).unwrap();
    assert!(
        json.contains("https://office.example/uploads/2024/02/letter-russia-dprk-relationship.pdf")
    );
}

#[test]
fn the_sample_text_yields_exactly_the_release_r2() {
    let reading = text(SAMPLE_TEXT);
    is_exactly_the_release(&reading.document.blocks);
    assert_eq!(instant(&reading), "2024-02-16T12:00:00Z");
}

#[test]
fn page_and_text_say_the_same_words_in_the_same_characters_r3() {
    let from_text = text(SAMPLE_TEXT).document;
    let from_page = page(sample::RELEASES[1].page, None).document;
    assert_eq!(words(&from_page), words(&from_text));
    let json = serde_json::to_string(&from_text).unwrap();
    assert_eq!(json.matches('\u{2019}').count(), 13);
    assert_eq!(json.matches('\u{2013}').count(), 1);
}

#[test]
fn the_other_sample_pages_are_read_whole() {
    for release in sample::RELEASES {
        let reading = page(release.page, None);
        assert_eq!(reading.title.as_deref(), Some(release.title));
        let all = words(&reading.document);
        assert!(
            !all.contains("Tustin Hangar Resource") && !all.contains("Latest News"),
            "{all}"
        );
        assert!(!reading.is_empty());
    }
    let last = page(sample::RELEASES[2].page, None).document.blocks;
    assert!(matches!(last.last(), Some(Block::EndMark(mark)) if mark == "###"));
    assert!(last.iter().any(|block| matches!(block, Block::Quote(_))));
    assert!(
        last.iter()
            .any(|block| matches!(block, Block::Heading { .. }))
    );
}

#[test]
fn links_and_images_are_absolute_or_gone_r4() {
    let html = r##"<html><head><base href="https://a.example/x/"></head><body><article>
        <p>One <a href="../up.pdf">up</a>, <a href="//cdn.example/f">net</a>, <a href="?q=1">query</a>,
        <a href="#part">part</a>, <a href="javascript:alert(1)">script</a>, <a href="data:text/html,x">data</a>.</p>
        <p><img src="data:image/gif;base64,R0" data-src="/lazy.jpg" alt="A bridge"></p>
        <iframe src="https://video.example/embed/1" title="Floor speech"></iframe>
        <p onclick="x()">Two<script>evil()</script><style>p{}</style></p></article></body></html>"##;
    let reading = page(html, Some(&Url::parse("https://other.example/").unwrap()));
    let json = serde_json::to_string(&reading.document).unwrap();
    for there in [
        "https://a.example/up.pdf",
        "https://cdn.example/f",
        "https://a.example/x/?q=1",
        "https://a.example/x/#part",
        "https://a.example/lazy.jpg",
        "https://video.example/embed/1",
        "Floor speech",
    ] {
        assert!(json.contains(there), "{there} in {json}");
    }
    for gone in ["javascript", "data:", "evil", "onclick", "p{}"] {
        assert!(!json.contains(gone), "{gone} in {json}");
    }
}

#[test]
fn lists_tables_and_marks_keep_their_shape_r3() {
    let html = r#"<article><p>We ask:</p><ol start="4" type="a" reversed><li>Who?</li><li>Why?<ul><li>How?</li></ul></li></ol>
        <table><caption>Funds</caption><tr><th>Place</th><th>Sum</th></tr><tr><td>Tustin</td><td>$1</td></tr></table>
        <p>First line<br>second line<br><br>Next paragraph. ###</p></article>"#;
    let blocks = page(html, None).document.blocks;
    let json = serde_json::to_string(&blocks).unwrap();
    assert!(
        json.contains(r#""start":4,"style":"lower_alpha","reversed":true"#),
        "{json}"
    );
    let Some(Block::Table(table)) = blocks.iter().find(|b| matches!(b, Block::Table(_))) else {
        panic!("{json}")
    };
    assert_eq!((table.header.len(), table.rows.len()), (2, 1));
    assert!(table.caption.is_some());
    let tail = &blocks[blocks.len() - 3..];
    assert!(matches!(&tail[0], Block::Paragraph(run) if run.contains(&Inline::LineBreak)));
    assert!(matches!(&tail[1], Block::Paragraph(_)));
    assert!(matches!(&tail[2], Block::EndMark(_)));
}

#[test]
fn deep_markup_exhausts_neither_the_stack_nor_the_patience() {
    let deep = |levels| format!("<p>Before</p>{}deep", "<div><b>".repeat(levels));
    assert!(words(&page(&deep(100), None).document).contains("deep"));
    // A million levels would keep the parser busy for hours.
    let cut = words(&page(&deep(500_000), None).document);
    assert!(cut.contains("Before") && !cut.contains("deep"));
    let flat = format!(
        "<article>{}</article>",
        "<p>one<br><div>two</div>".repeat(3_000)
    );
    assert_eq!(
        words(&page(&flat, None).document).matches("two").count(),
        3_000
    );
}

#[test]
fn a_page_names_where_it_stands_in_other_languages() {
    let address: Url = "https://doe.example.gov/bridge/".parse().unwrap();
    let page = r#"<html lang=en><head>
            <link rel="alternate" hreflang="en" href="/bridge/">
            <link rel="alternate" hreflang="es" href="/es/puente/">
            <link rel="alternate" hreflang="x-default" href="/bridge/">
            <link rel="alternate" hreflang="fr" href="https://elsewhere.example.com/pont">
            <link rel="alternate" type="application/rss+xml" href="/feed/"></head>"#;
    assert_eq!(
        crate::releases::reading::page(page, Some(&address)).alternates,
        [
            "https://doe.example.gov/bridge/",
            "https://doe.example.gov/es/puente/"
        ]
    );
}
