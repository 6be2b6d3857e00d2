//! Pages as other content systems build them, and pages built to break a reader.

use gazette_templates::{Document, document::Block};
use url::Url;

use super::{Reading, block_words::all_words, fragment, line, page, text, words};

const DIVI_POST: &str = include_str!("../../../tests/fixtures/releases/divi-post.html");
const DIVI_TABLE: &str = include_str!("../../../tests/fixtures/releases/divi-table.html");

/// A paragraph of a release, told from others by its number.
fn prose(number: usize) -> String {
    format!(
        "Paragraph {number} of the release says that the county opens its second service center \
         on Main Street in the spring, and that the first appointments can be made from Monday on."
    )
}

fn read(html: &str) -> Reading {
    page(
        html,
        Some(&Url::parse("https://o.example/news/1/").unwrap()),
    )
}

fn says_paragraphs(document: &Document, numbers: std::ops::RangeInclusive<usize>) {
    let said = words(document);
    for number in numbers {
        assert!(
            said.contains(&format!("Paragraph {number} of")),
            "{number} in {said}"
        );
    }
}

#[test]
fn a_divi_post_yields_exactly_the_release_r2() {
    let reading = read(DIVI_POST);
    let said = all_words(&reading.document.blocks);
    assert!(said.starts_with("Washington, DC – Today"), "{said}");
    assert!(
        said.trim_end().ends_with("China, Russia, DPRK, and Iran?"),
        "{said}"
    );
    for chrome in [
        "Attention!",
        "Uncategorized",
        "Signup",
        "Latest News",
        "Share",
        "Academy",
    ] {
        assert!(!said.contains(chrome), "{chrome}");
    }
    assert_eq!(said.matches('’').count(), 13);
    let Some(Block::List(questions)) = reading.document.blocks.last() else {
        panic!("{said}")
    };
    assert_eq!((questions.items.len(), questions.items[6].len()), (7, 2));
    assert_eq!(
        reading.title.as_deref(),
        Some("Rep. Young Kim Leads Letter Demanding Answers on Russia-DPRK Relationship")
    );
    let reading = read(DIVI_TABLE);
    let said = all_words(&reading.document.blocks);
    assert!(said.starts_with("Anaheim Hills, CA –"), "{said}");
    assert!(said.trim_end().ends_with("###"), "{said}");
}

#[test]
fn an_introduction_beside_the_box_of_the_letter_is_kept() {
    let letter: Vec<String> = (2..=20).map(|n| format!("<p>{}</p>", prose(n))).collect();
    let letter = letter.concat();
    for html in [
        format!(
            "<body><div id=release><p>{}</p><div class=letter>{letter}</div></div></body>",
            prose(1)
        ),
        format!(
            "<body><main><h1>T</h1><section><p>{}</p></section><section>{letter}</section></main></body>",
            prose(1)
        ),
        format!(
            "<body><div>{}<br><br><div>{letter}</div></div></body>",
            prose(1)
        ),
    ] {
        says_paragraphs(&read(&html).document, 1..=20);
    }
}

#[test]
fn a_page_that_is_one_form_is_read() {
    // ASP.NET puts the whole page into a form.
    let html = format!(
        "<body><form id=aspnetForm><div id=nav><ul><li><a href=/>Home</a></ul></div><div id=ctl00><p>{}</p><p>{}</p>
         <form><input name=q><button>Search</button></form></div></form></body>",
        prose(1), prose(2)
    );
    says_paragraphs(&read(&html).document, 1..=2);
}

#[test]
fn a_page_of_many_widgets_is_read() {
    let widgets: Vec<String> = (1..=6)
        .map(|n| format!("<div class='elementor-element elementor-widget elementor-widget-text-editor'><div class=elementor-widget-container><p>{}</p></div></div>", prose(n)))
        .collect();
    let widgets = widgets.concat();
    let html = format!("<body><div class=elementor><div class=elementor-section>{widgets}
        <div class='elementor-widget elementor-widget-share-buttons'><p>Share on Facebook</p></div></div></div></body>");
    let reading = read(&html);
    says_paragraphs(&reading.document, 1..=6);
    assert!(!words(&reading.document).contains("Facebook"));
}

#[test]
fn what_a_feed_adds_below_an_item_is_not_the_release() {
    let document = fragment(
        &format!(
            "<p>{}</p><p>The post <a href=/x>Center opens</a> appeared first on <a href=/>Office</a>.</p>",
            prose(1)
        ),
        "Center opens",
        "en",
        None,
    );
    assert!(
        !words(&document).contains("appeared first"),
        "{}",
        words(&document)
    );
}

#[test]
fn a_spanish_release_on_an_english_site_is_spanish_h16() {
    let spanish = "La representante anunció hoy que los fondos para la reparación de los puentes del distrito llegarán en el verano, y que las obras empezarán en agosto.";
    let reading = read(&format!(
        "<html lang=en-US><body><article><p>{spanish}</p><p>{spanish}</p></article></body></html>"
    ));
    assert_eq!(reading.document.language, "es");
    assert_eq!(
        text(&format!("Título de la nota\n\n{spanish}\n\n{spanish}\n"))
            .document
            .language,
        "es"
    );
    assert_eq!(read(DIVI_POST).document.language, "en");
}

#[test]
fn what_was_read_can_be_read_back_however_deep_it_nests() {
    for (open, close) in [
        ("<blockquote>", "</blockquote>"),
        ("<ul><li>", "</li></ul>"),
        ("<ol><li><blockquote>", "</blockquote></li></ol>"),
        ("<b><i>", "</i></b>"),
        ("<div><em>", "</em></div>"),
        ("<table><tr><td>", "</td></tr></table>"),
        ("<figure><figcaption>", "</figcaption></figure>"),
    ] {
        let html = format!(
            "<article><p>{}</p>{}{}{}</article>",
            prose(1),
            open.repeat(80),
            prose(2),
            close.repeat(80)
        );
        let document = read(&html).document;
        let json = serde_json::to_string(&document).unwrap();
        assert_eq!(
            serde_json::from_str::<Document>(&json).unwrap(),
            document,
            "{open}"
        );
        says_paragraphs(&document, 1..=2);
    }
}

#[test]
fn a_title_is_one_line_without_control_characters_m6() {
    for title in [
        "x\r\nBcc: y@z",
        "x\u{0}\u{7}\u{1b}[31m y",
        "a\u{202e}b\u{2066}c",
        "x&#13;&#10;Bcc: y",
        "&amp;#13;x",
    ] {
        let cleaned = line(title);
        assert!(
            !cleaned.chars().any(|c| c.is_control()
                || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')),
            "{cleaned:?}"
        );
        let html = format!(
            "<head><meta property='og:title' content=\"{title}\"><title>{title}</title></head><body><h1>{title}</h1><p>{}</p></body>",
            prose(1)
        );
        let found = read(&html).title.unwrap_or_default();
        assert!(
            !found.chars().any(|c| c.is_control()
                || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')),
            "{found:?}"
        );
    }
}

#[test]
fn columns_stay_under_their_headings_where_cells_span() {
    let html = format!("<article><p>{}</p><table><tr><th>A</th><th>B</th><th>C</th></tr>
        <tr><td colspan=2>one</td><td>two</td></tr><tr><td rowspan=2>x</td><td>y</td><td>z</td></tr><tr><td>v</td><td>w</td></tr></table></article>", prose(1));
    let document = read(&html).document;
    let Some(Block::Table(table)) = document.blocks.last() else {
        panic!("{document:?}")
    };
    let filled: Vec<Vec<bool>> = table
        .rows
        .iter()
        .map(|row| row.iter().map(|cell| !cell.is_empty()).collect())
        .collect();
    assert_eq!(
        filled,
        [[true, false, true], [true, true, true], [false, true, true]]
    );
}

#[test]
fn a_link_that_pretends_another_host_is_no_link() {
    let html = format!(
        "<article><p>{} <a href='https://youngkim.house.gov@evil.example/'>Sign in</a></p></article>",
        prose(1)
    );
    assert!(
        !serde_json::to_string(&read(&html).document)
            .unwrap()
            .contains("evil.example")
    );
}

#[test]
fn a_text_with_a_headline_keeps_all_its_lines() {
    let release = format!(
        "FOR IMMEDIATE RELEASE\nFebruary 16, 2024\nContact: Press Office, press@o.example\n\nCounty Opens Second Service Center\n\nTUSTIN, CA – {}\n\n{}\n\n###\n",
        prose(1),
        prose(2)
    );
    let reading = text(&release);
    assert_eq!(
        reading.title.as_deref(),
        Some("County Opens Second Service Center")
    );
    assert!(all_words(&reading.document.blocks).contains("press@o.example"));
    says_paragraphs(&reading.document, 1..=2);
    assert!(reading.published.is_some());
    assert!(matches!(
        reading.document.blocks.last(),
        Some(Block::EndMark(_))
    ));
}

#[test]
fn a_text_without_a_headline_asks_for_one_and_suggests_its_first_sentence() {
    let release = format!(
        "Rep. Jane Doe\n\nFeb 16, 2024 | Uncategorized\n\nTUSTIN, CA – Today, {}\n\n{}\n",
        prose(1),
        prose(2)
    );
    let reading = text(&release);
    assert_eq!(reading.title, None);
    let title = reading.suggested_title.unwrap();
    assert!(
        title.starts_with("Paragraph 1 of the release says"),
        "{title}"
    );
    assert!(
        title.chars().count() <= 100 && title.ends_with('…'),
        "{title}"
    );
}

#[test]
fn a_page_of_menus_holds_no_release() {
    let html = "<body><div><ul><li><a href=/a>About the office</a></li><li><a href=/b>Our services</a></li></ul></div></body>";
    assert!(read(html).is_empty());
}

#[test]
fn a_wordpress_site_without_a_feed_link_is_found_by_its_interface() {
    let html = "<head><link rel='https://api.w.org/' href='https://o.example/wp-json/'></head><body></body>";
    assert_eq!(
        read(html).feeds[0].as_str(),
        "https://o.example/wp-json/wp/v2/posts"
    );
}

#[test]
fn addresses_in_a_text_are_links_and_the_full_stop_is_not_theirs() {
    let document = text(&format!(
        "{}\n\nSee https://o.example/a?b=1. Or http and http:// alone.\n",
        prose(1)
    ))
    .document;
    let json = serde_json::to_string(&document.blocks.last()).unwrap();
    assert_eq!(
        json,
        r#"{"paragraph":[{"text":"See "},{"link":{"href":"https://o.example/a?b=1","label":[{"text":"https://o.example/a?b=1"}]}},{"text":". Or http and http:// alone."}]}"#
    );
}

#[test]
fn the_name_of_a_file_and_markup_describe_no_picture() {
    for (alt, described) in [
        ("IMG_2041.jpeg", ""),
        ("DSC00417", ""),
        ("Screen Shot 2026-05-06 at 4.55.35 PM", ""),
        ("unnamed (1)", ""),
        (
            "&lt;span style=&quot;font-size:13px&quot;&gt;Children on the net&lt;/span&gt;",
            "Children on the net",
        ),
        ("Image of the new bridge", "Image of the new bridge"),
        (
            "Untitled, oil on canvas, 1911",
            "Untitled, oil on canvas, 1911",
        ),
        ("Screen Shot at 90 years", "Screen Shot at 90 years"),
    ] {
        let html = format!(
            "<body><p>{}</p><p><img src='https://o.example/1.jpg' width=600 alt=\"{alt}\"></p><p>{}</p></body>",
            prose(1),
            prose(1)
        );
        let alts: Vec<String> = read(&html)
            .document
            .blocks
            .into_iter()
            .filter_map(|block| match block {
                Block::Figure(figure) => Some(figure.alt),
                _ => None,
            })
            .collect();
        assert_eq!(alts, [described], "{alt}");
    }
}
