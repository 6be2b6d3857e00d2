//! What a page means beyond its letters, through the reader and both parts of a mail.

use gazette_templates::{
    Document,
    document::{Block, findings, html, text as text_part, words},
};

use super::fragment;

fn read(html: &str) -> Document {
    let base = "https://doe.example/news/1".parse().ok();
    fragment(html, "A vote", "en", base.as_ref())
}

/// The text part, after holding both parts against each other.
fn said(html: &str) -> String {
    let document = read(html);
    let mail: String = html::mail_blocks(&document, "#1d4f91")
        .into_iter()
        .map(|block| block.0)
        .collect();
    let text = text_part::mail(&document);
    let expected = words::of_mail(&document);
    assert_eq!(words::of_html(&mail), expected, "{mail}");
    assert_eq!(
        words::of_text(&text, &document.language),
        expected,
        "{text}"
    );
    text.trim_end().to_owned()
}

fn web(html: &str) -> String {
    html::web(&read(html)).0
}

#[test]
fn no_number_of_an_office_becomes_another_one() {
    for (html, text) in [
        (
            "<p>It costs $4<sup>2</sup> million under S. 31<sup>5</sup>.</p>",
            "It costs $4² million under S. 31⁵.",
        ),
        (
            "<p>Some 10<sup>9</sup> tons of CO<sub>2</sub>, on 40 m<sup>2</sup>.</p>",
            "Some 10⁹ tons of CO₂, on 40 m².",
        ),
        (
            "<p>The 41<sup>st</sup> time, the 2<sup>nd</sup> reading.</p>",
            "The 41st time, the 2nd reading.",
        ),
        (
            "<p>She wrote in May.<sup>7</sup> He agreed<sup>8,9</sup> at once.</p>",
            "She wrote in May.[7] He agreed[8,9] at once.",
        ),
        (
            "<p>It costs $3 million<sup><a href=\"#fn1\">1</a></sup> now.</p><ol><li id=fn1>From the budget. <a href=\"#ref1\">↩︎</a></li></ol>",
            "It costs $3 million[1] now.\n\n  1. From the budget.",
        ),
        (
            "<p>A<span style=\"vertical-align:super\">*</span> word.</p>",
            "A* word.",
        ),
        ("<p>x<sup>a+b</sup></p>", "x^(a+b)"),
    ] {
        assert_eq!(said(html), text, "{html}");
    }
    assert_eq!(web("<p>$4<sup>2</sup></p>"), "<p>$4<sup>2</sup></p>");
    assert_eq!(
        web("<p>in May.<sup>7</sup></p>"),
        "<p>in May.<sup>[7]</sup></p>"
    );
}

#[test]
fn what_was_struck_out_is_never_said_as_if_it_were_meant() {
    for html in [
        "<p>The vote is <del>Monday</del> <ins>Tuesday</ins>.</p>",
        "<p>The vote is <s>Monday</s> Tuesday.</p>",
        "<p>The vote is <strike>Monday</strike> Tuesday.</p>",
        "<p>The vote is <span style=\"text-decoration: line-through\">Monday</span> Tuesday.</p>",
    ] {
        assert_eq!(
            said(html),
            "The vote is (struck: Monday) Tuesday.",
            "{html}"
        );
        assert!(web(html).contains("<del>Monday</del>"), "{html}");
    }
}

#[test]
fn abbreviations_quotations_keys_and_languages_are_kept() {
    let html = "<p>The <abbr title=\"Bureau of Bridges\">BoB</abbr> said <q>press <kbd>F1</kbd>, <q>now</q></q>; \
                the <abbr title=\"Bureau of Bridges\">BoB</abbr> and <i lang=\"fr\">merci à tous</i>.</p>";
    assert_eq!(
        said(html),
        "The BoB (Bureau of Bridges) said “press F1, ‘now’”; the BoB and merci à tous."
    );
    let web = web(html);
    for kept in [
        "<abbr title=\"Bureau of Bridges\">BoB</abbr>",
        "<kbd>F1</kbd>",
        "<span lang=\"fr\" dir=\"ltr\"><em>merci à tous</em></span>",
    ] {
        assert!(web.contains(kept), "{web}");
    }
    // Spelled out by the office, it needs no second time.
    assert_eq!(
        said("<p>The Bureau of Bridges (<abbr title=\"Bureau of Bridges\">BoB</abbr>) met.</p>"),
        "The Bureau of Bridges (BoB) met."
    );
}

#[test]
fn terms_headed_rows_and_captions_stay_what_they_are() {
    assert_eq!(
        said(
            "<dl><div><dt>WHAT</dt><dd>A hearing</dd></div><dt>WHEN</dt><dd>Friday at 6</dd></dl>"
        ),
        "WHAT\n    A hearing\n\nWHEN\n    Friday at 6"
    );
    let votes = "<table><caption>Votes</caption><tr><td></td><th>Yeas</th><th>Nays</th></tr>\
                 <tr><th scope=row>S. 1</th><td>301</td><td>8</td></tr><tr><th scope=row>S. 22</th><td>9</td><td>410</td></tr></table>";
    assert_eq!(
        said(votes),
        "Votes\n      | Yeas | Nays\n-------------------\nS. 1  |  301 |    8\nS. 22 |    9 |  410"
    );
    let web = web(votes);
    for kept in [
        "<caption>Votes</caption>",
        "<th scope=\"row\">S. 1</th>",
        "<td style=\"text-align:right\">301</td>",
        "<th scope=\"col\" style=\"text-align:right\">Yeas</th>",
    ] {
        assert!(web.contains(kept), "{web}");
    }
    // Ticks are data, photographs beside each other are not.
    let ticks = read(
        "<table><tr><th>Bridge</th><th>Open</th></tr><tr><td>Mill</td><td><img src=/yes.png alt=yes></td></tr></table>",
    );
    assert!(
        matches!(ticks.blocks.as_slice(), [Block::Table(_)]),
        "{ticks:?}"
    );
    let photographs = read(
        "<table><tr><td><img src=/a.jpg alt=one></td><td><img src=/b.jpg alt=two></td></tr></table>",
    );
    assert!(
        matches!(
            photographs.blocks.as_slice(),
            [Block::Figure(_), Block::Figure(_)]
        ),
        "{photographs:?}"
    );
}

#[test]
fn pictures_keep_their_links_and_links_their_words() {
    let linked = "<figure><a href=\"/photos\"><img src=\"/p.jpg\" alt=\"A handshake\" width=1024 height=683></a><figcaption>Milltown</figcaption></figure>";
    assert_eq!(
        said(linked),
        "[Image: A handshake]\nhttps://doe.example/photos\nMilltown"
    );
    assert!(web(linked).contains("<a href=\"https://doe.example/photos\"><img"));
    let report = read("<p><a href=\"/x\"><img src=\"/s.jpg\" alt=\"\"> Read the report</a></p>");
    assert!(
        html::web(&report)
            .0
            .contains("<a href=\"https://doe.example/x\">Read the report</a>"),
        "{report:?}"
    );
    assert_eq!(
        said(
            "<p>Follow us on <img src=/x.png alt=\"X\"> and at <img src=/y.png alt=\"\"> the office, or call.</p>"
        ),
        "Follow us on X and at the office, or call."
    );
    assert_eq!(
        said(
            "<p>Follow us on <a href=\"https://x.example/doe\"><img src=/x.png alt=\"X\" width=24 height=24></a>, too.</p>"
        ),
        "Follow us on X [1], too.\n[1] https://x.example/doe"
    );
    assert_eq!(
        said(
            "<figure><video poster=\"/p.jpg\" src=\"/v.mp4\"></video><figcaption>Doe speaks.</figcaption></figure>"
        ),
        "Doe speaks. https://doe.example/v.mp4"
    );
}

#[test]
fn no_reader_is_told_whose_copy_a_link_was_taken_from() {
    let wrapped = "https://nam02.safelinks.protection.outlook.com/?url=https%3A%2F%2Fdoe.example%2Freport&data=05%7Cjane%40doe.example";
    for html in [
        format!("<p>See <a href=\"{wrapped}\">the report</a>.</p>"),
        format!("<p>See <a href=\"{wrapped}\">{wrapped}</a>.</p>"),
    ] {
        let json = serde_json::to_string(&read(&html)).unwrap();
        assert!(
            json.contains("https://doe.example/report") && !json.contains("jane"),
            "{json}"
        );
    }
    let hidden = read(
        "<p>See <a href=\"https://protect-us.mimecast.com/s/AbC?domain=doe.example\">the report</a>.</p>",
    );
    assert_eq!(findings::find("A vote", &hidden).len(), 1);
    assert!(!html::web(&hidden).0.contains("mimecast"));
}

#[test]
fn what_no_file_can_say_alone_is_named_as_lost() {
    let document = fragment(
        "<p>Find the letter <a href=\"/uploads/l.pdf\">HERE</a>.</p><p><img src=\"p.jpg\" alt=\"A bridge\"></p>\
         <p><math><mfrac><mi>a</mi><mi>b</mi></mfrac></math> is half.</p>",
        "A vote",
        "en",
        None,
    );
    let reasons: Vec<String> = findings::find("A vote", &document)
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(reasons.len(), 3, "{reasons:?}");
    assert!(
        reasons[0].contains("“HERE”") && reasons[0].contains("/uploads/l.pdf"),
        "{reasons:?}"
    );
    assert_eq!(
        said("<p><math><msup><mi>x</mi><mn>2</mn></msup><mo>+</mo><mn>1</mn></math></p>"),
        "x²+1"
    );
}

#[test]
fn shortcodes_go_and_what_is_left_of_them_is_named() {
    let html = "[vc_row][vc_column width=&#8221;1/1&#8243;]<p>The bridge is open.</p>[/vc_column][/vc_row]\
                <p>The bill [S. 1234] passed. &#8220;It [the bridge] is safe.&#8221;</p>\
                <p>[caption id=\"a\" width=\"300\"]<img src=\"/p.png\" alt=\"The bridge\" width=300 height=200/> On Monday[/caption]</p>";
    assert_eq!(
        said(html),
        "The bridge is open.\n\nThe bill [S. 1234] passed. “It [the bridge] is safe.”\n\n\
         [Image: The bridge]\nhttps://doe.example/p.png\nOn Monday"
    );
    assert!(findings::find("A vote", &read(html)).is_empty());
    let left = read("<p>Hello {{ name }} [unheard-of id=\"5\"]</p>");
    assert_eq!(findings::find("A vote", &left).len(), 1);
    assert_eq!(
        findings::find("Doe &#8217;s {{ title }}", &read("<p>Words.</p>")).len(),
        1
    );
}

#[test]
fn a_saved_page_has_its_links_from_the_offices_site() {
    let page = "<html><head><title>A vote in Milltown</title></head><body><main><h1>A vote in Milltown</h1>\
                <p>The council of Milltown voted on the bridge on Monday evening, nine to two, after a long debate.</p>\
                <p>Find the letter <a href=\"/uploads/l.pdf\">HERE</a>.</p></main></body></html>";
    let site = "https://doe.example/".parse().unwrap();
    let found = |document: &Document| findings::find("A vote", document).len();
    let mended = super::saved_page(page, Some(&site)).document;
    assert_eq!(found(&mended), 0);
    assert!(
        html::web(&mended)
            .0
            .contains("https://doe.example/uploads/l.pdf")
    );
    assert_eq!(found(&super::saved_page(page, None).document), 1);
}

#[test]
fn what_a_site_shows_as_a_button_is_one_in_the_mail() {
    let buttons = |html: &str| -> usize {
        let mail = html::mail_blocks(&read(html), "#1d4f91");
        mail.iter()
            .map(|block| block.0.matches("class=\"go\"").count())
            .sum()
    };
    for (html, number) in [
        (
            "<p>Come.</p><div class=wp-block-buttons><div class=wp-block-button><a class=wp-block-button__link href=/rsvp>RSVP for the town hall</a></div></div>",
            1,
        ),
        (
            "<p>Come.</p><p><a class='btn btn-primary' href=/rsvp>RSVP for the town hall</a></p>",
            1,
        ),
        (
            "<p>Come.</p><p>Please <a class=btn href=/rsvp>RSVP for the town hall</a> by Friday.</p>",
            0,
        ),
        (
            "<p>Come.</p><p><a href=/rsvp>RSVP for the town hall</a></p>",
            0,
        ),
    ] {
        assert_eq!(buttons(html), number, "{html}");
    }
    assert_eq!(
        said("<p>Come.</p><div><a class=wp-block-button__link href=/rsvp>RSVP here</a></div>"),
        "Come.\n\nRSVP here: https://doe.example/rsvp"
    );
}
