//! Markdown and the tree, there and back.

use super::*;
use crate::releases::cost_ratio::grows_too_fast;
use gazette_templates::document::{
    Description, Direction, List, Missing, NumberStyle, Numbering, Table,
};

fn text(says: &str) -> Vec<Inline> {
    vec![Inline::Text(says.to_owned())]
}

fn paragraph(says: &str) -> Block {
    Block::Paragraph(text(says))
}

fn of(blocks: Vec<Block>) -> Document {
    Document {
        language: "en".to_owned(),
        direction: gazette_templates::document::Direction::Ltr,
        blocks,
    }
}

fn link(href: &str, label: &str) -> Inline {
    Inline::Link {
        href: href.parse().unwrap(),
        label: text(label),
    }
}

#[test]
fn what_staff_type_becomes_the_tree() {
    let document = from_markdown(
        "# Too high\n\nWashington – **Kim** led *a* [letter](https://o.example/l). See https://o.example/x_y_z.\n\n\
         1. One\n   - inner\n2. Two\n\n> Quoted\n\n| A | B |\n|---|---|\n| 1 | 2 |\n\n\
         ![A bridge](https://o.example/b.jpg \"Opened\")\n\n###\n",
    );
    let [
        Block::Heading { level: 2, .. },
        Block::Paragraph(lead),
        Block::List(list),
        Block::Quote(_),
        Block::Table(table),
        Block::Figure(figure),
        Block::EndMark(mark),
    ] = document.blocks.as_slice()
    else {
        panic!("{document:?}")
    };
    assert!(lead.contains(&Inline::Strong(text("Kim"))));
    assert!(lead.contains(&link("https://o.example/l", "letter")));
    assert!(lead.contains(&link("https://o.example/x_y_z", "https://o.example/x_y_z")));
    assert_eq!(list.items.len(), 2);
    assert!(matches!(
        list.items[0].as_slice(),
        [Block::Paragraph(_), Block::List(_)]
    ));
    assert_eq!((table.header.len(), table.rows.len()), (2, 1));
    assert_eq!(figure.caption, Some(text("Opened")));
    assert_eq!(mark, "###");
    assert_eq!(document.language, "en");
}

#[test]
fn no_markup_comes_through_and_no_link_that_runs() {
    let document = from_markdown(
        "A <script>alert(1)</script> <b onclick=x>bold</b> [x](javascript:alert(1)) ![y](data:image/png;base64,xx)\n\n<iframe src=\"https://evil.example\"></iframe>\n\n<p>block</p>\n",
    );
    let json = serde_json::to_string(&document).unwrap();
    for gone in ["script>", "onclick", "javascript", "iframe", "data:"] {
        assert!(!json.contains(gone), "{gone}: {json}");
    }
    assert!(json.contains("bold"));
}

#[test]
fn a_text_that_nests_without_end_is_read_all_the_same() {
    for deep in [
        "<!-- language es -->\n\n".repeat(1_000),
        "> <!-- language es -->\n>\n> - ".repeat(1_000),
        ">".repeat(20_000),
        "- ".repeat(5_000),
        "*a ".repeat(5_000),
        "[".repeat(5_000),
    ] {
        let document = from_markdown(&format!("{deep}word"));
        assert!(reading::words(&document).contains("word"));
        serde_json::to_string(&document).unwrap();
    }
}

#[test]
fn a_document_that_is_opened_and_saved_says_what_it_said() {
    let list = |numbering, items: &[&str]| {
        Block::List(List {
            numbering,
            items: items.iter().map(|item| vec![paragraph(item)]).collect(),
        })
    };
    let numbered = |style, start, reversed| {
        Some(Numbering {
            start,
            style,
            reversed,
        })
    };
    let document = of(vec![
        Block::Heading {
            level: 3,
            text: text("A heading # with marks"),
        },
        Block::Paragraph(vec![
            Inline::Strong(text("Bold")),
            Inline::Text(", [brackets], 5 * 3, snake_case, a_ <b> & &amp; \\ `code` ".to_owned()),
            Inline::Emphasis(text("and so on")),
            Inline::LineBreak,
            Inline::Text("# next line".to_owned()),
        ]),
        paragraph("1. no list"),
        paragraph("- no list either"),
        paragraph("> no quote"),
        Block::Paragraph(vec![
            Inline::Text("At ".to_owned()),
            link("https://o.example/a_(b)", "HERE"),
            Inline::Text(" and ".to_owned()),
            link("https://o.example/", "https://o.example/"),
        ]),
        list(
            numbered(NumberStyle::Decimal, 7, false),
            &["seven", "eight"],
        ),
        list(numbered(NumberStyle::LowerAlpha, 3, true), &["c", "b"]),
        list(numbered(NumberStyle::Decimal, -1, false), &["minus one"]),
        list(None, &["one", "two"]),
        list(None, &["another list"]),
        Block::Quote(vec![
            paragraph("Quoted"),
            Block::List(List {
                numbering: None,
                items: vec![
                    vec![paragraph("a"), paragraph("second paragraph")],
                    vec![
                        paragraph("b"),
                        list(numbered(NumberStyle::Decimal, 1, false), &["inner"]),
                    ],
                ],
            }),
        ]),
        Block::Table(Table {
            caption: Some(text("The votes")),
            header: vec![],
            rows: vec![vec![text("a | b"), text("2")], vec![text("c"), text("3")]],
            row_headers: true,
        }),
        Block::Figure(Figure {
            src: "https://o.example/b.jpg".parse().unwrap(),
            alt: "A [new] bridge".to_owned(),
            caption: Some(text("The \"bridge\"")),
            width: Some(600),
            height: Some(400),
            link: None,
        }),
        Block::Embed {
            title: "A video".to_owned(),
            url: "https://v.example/1".parse().unwrap(),
            poster: None,
        },
        Block::Preformatted("a\n  ``` b".to_owned()),
        Block::EndMark("###".to_owned()),
        Block::EndMark("-30-".to_owned()),
    ]);
    let markdown = to_markdown(&document);
    let again = edited(&markdown, &document);
    for (again, block) in again.blocks.iter().zip(&document.blocks) {
        assert_eq!(again, block, "{markdown}");
    }
    assert_eq!(again, document, "{markdown}");
}

#[test]
fn what_markdown_has_no_mark_for_survives_editing() {
    let document = of(vec![
        Block::Figure(Figure {
            src: "https://o.example/c.jpg".parse().unwrap(),
            alt: "A letter".to_owned(),
            caption: None,
            width: None,
            height: None,
            link: Some("https://o.example/c.pdf".parse().unwrap()),
        }),
        Block::Paragraph(vec![
            Inline::Text("10".to_owned()),
            Inline::Superscript(text("6")),
            Inline::Text(" CO".to_owned()),
            Inline::Subscript(text("2")),
            Inline::Text(" ~5 to ~10, ~~so~~ in 2026.".to_owned()),
            Inline::NoteMark("12".to_owned()),
            Inline::Text(" On ".to_owned()),
            Inline::Struck(text("Monday [sic]")),
            Inline::Text(" ".to_owned()),
            Inline::Inserted(vec![
                Inline::Strong(text("Tuesday")),
                Inline::Text(" it".to_owned()),
            ]),
            Inline::Code(text("a `b` <c>")),
            Inline::Keyboard(text("F1")),
            Inline::Abbreviation {
                title: "Dept. of \"V|A\" & <more>".to_owned(),
                text: text("VA"),
            },
            Inline::Foreign {
                language: "ar".to_owned(),
                direction: Direction::Rtl,
                text: text("مرحبا"),
            },
            Inline::Text("today".to_owned()),
            Inline::NoteMark("*".to_owned()),
            Inline::LostLink {
                href: "/uploads/letter (1).pdf".to_owned(),
                label: text("HERE"),
            },
            Inline::Link {
                href: "https://o.example/m".parse().unwrap(),
                label: vec![
                    Inline::Text("25 m".to_owned()),
                    Inline::Superscript(text("2")),
                ],
            },
        ]),
        Block::DescriptionList(vec![
            Description {
                terms: vec![text("WHAT"), text("#WHY")],
                details: vec![vec![paragraph("Town hall"), paragraph("and more")]],
            },
            Description {
                terms: vec![text("WHEN")],
                details: vec![
                    vec![paragraph(": Friday")],
                    vec![Block::List(List {
                        numbering: None,
                        items: vec![vec![paragraph("May 1")], vec![paragraph("May 2")]],
                    })],
                ],
            },
        ]),
        Block::Missing(Missing::Formula),
    ]);
    let markdown = to_markdown(&document);
    let again = edited(&markdown, &document);
    for (again, block) in again.blocks.iter().zip(&document.blocks) {
        assert_eq!(again, block, "{markdown}");
    }
    assert_eq!(again, document, "{markdown}");
}

#[test]
fn marks_stay_where_markdown_would_take_them_for_letters() {
    let strong = |says: &str| Inline::Strong(text(says));
    let words = |says: &str| Inline::Text(says.to_owned());
    let document = of(vec![
        Block::Paragraph(vec![words("a"), strong("“b”"), words("c")]),
        Block::Paragraph(vec![words("그는"), strong("「b」"), words("라고")]),
        Block::Paragraph(vec![
            strong("a"),
            Inline::Emphasis(text("\"b\"")),
            words("c"),
        ]),
        Block::Paragraph(vec![words("Read!"), link("https://o.example/l", "letter")]),
        Block::Paragraph(vec![Inline::Struck(text("Monday"))]),
        Block::Paragraph(vec![Inline::Superscript(vec![
            Inline::Struck(text("1")),
            words("2"),
        ])]),
        Block::Paragraph(vec![link("https://o.example/?a=1&lt;=\\*", "x")]),
        Block::Heading {
            level: 2,
            text: text("#"),
        },
    ]);
    let markdown = to_markdown(&document);
    let again = edited(&markdown, &document);
    for (again, block) in again.blocks.iter().zip(&document.blocks) {
        assert_eq!(again, block, "{markdown}");
    }
    assert_eq!(again, document, "{markdown}");
    // A line break at an edge stands outside of the mark, and one at the end is nothing.
    let broken = Block::Paragraph(vec![
        Inline::Strong(vec![words("a"), Inline::LineBreak]),
        words("b"),
        Inline::LineBreak,
    ]);
    assert_eq!(write::blocks(&[broken]), "**a**\\\nb\n");
}

#[test]
fn tags_that_are_not_closed_or_not_ours_mark_nothing() {
    let document = from_markdown(
        "a <sup>1 b\n\nc </sup> d\n\n<span onclick=\"x\">e</span> <sup>2<sub>3</sup>4</sub>\n\n~5 to ~6",
    );
    assert_eq!(
        document.blocks,
        [
            paragraph("a 1 b"),
            paragraph("c  d"),
            Block::Paragraph(vec![
                Inline::Text("e ".to_owned()),
                Inline::Superscript(text("23")),
                Inline::Text("4".to_owned()),
            ]),
            paragraph("~5 to ~6"),
        ]
    );
}

#[test]
fn a_part_in_another_language_stays_one() {
    let passage = |language: &str, direction, blocks| {
        Block::Passage(Passage {
            language: language.to_owned(),
            direction,
            blocks,
        })
    };
    let document = of(vec![
        paragraph("In English"),
        passage(
            "es",
            Direction::Ltr,
            vec![
                paragraph("En español"),
                passage("en", Direction::Ltr, vec![paragraph("“In English”")]),
                Block::List(List {
                    numbering: None,
                    items: vec![vec![paragraph("uno")], vec![paragraph("dos")]],
                }),
            ],
        ),
        passage(
            "ar-EG",
            Direction::Rtl,
            vec![Block::Quote(vec![paragraph("بالعربية")])],
        ),
        Block::Quote(vec![
            passage("zh-Hant", Direction::Ltr, vec![paragraph("中文")]),
            paragraph("In English again"),
        ]),
    ]);
    let markdown = to_markdown(&document);
    assert_eq!(edited(&markdown, &document), document, "{markdown}");
    // One who deletes the second comment meant the rest; one who deletes both, no other language.
    let rest = markdown.replace("<!-- /language -->", "");
    let again = edited(&rest, &document);
    let [_, Block::Passage(rest)] = again.blocks.as_slice() else {
        panic!("{again:?}")
    };
    assert_eq!(rest.language, "es");
    let wrong = edited(
        "<!-- language --> \n\nA\n\n<!-- language x_y -->\n\nB",
        &document,
    );
    assert_eq!(wrong.blocks, [paragraph("A"), paragraph("B")]);
}

#[test]
fn every_sample_release_survives_editing() {
    for sample in super::super::sample::RELEASES {
        let document = reading::page(sample.page, None).document;
        let again = edited(&to_markdown(&document), &document);
        assert_eq!(
            reading::words(&again),
            reading::words(&document),
            "{}",
            sample.slug
        );
        assert_eq!(again.blocks.len(), document.blocks.len(), "{}", sample.slug);
    }
}

proptest::proptest! {
    #[test]
    fn any_words_survive_editing(says in "[ -~äñ한’\u{a0}]{0,60}", bold in "[ -~]{1,20}") {
        let document = of(vec![
            Block::Paragraph(vec![
                Inline::Text(says.clone()),
                Inline::Strong(text(&bold)),
            ]),
            Block::Heading { level: 2, text: text(&says) },
            Block::List(List { numbering: None, items: vec![vec![paragraph(&says)]] }),
        ]);
        let again = edited(&to_markdown(&document), &document);
        let letters = |document: &Document| -> String {
            reading::words(document).split_whitespace().collect()
        };
        proptest::prop_assert_eq!(letters(&again), letters(&document));
    }
}

#[test]
fn a_paste_from_word_keeps_lists_and_drops_words_own() {
    let word = "<html xmlns:o=\"urn:schemas-microsoft-com:office:office\"><head><style>p.MsoNormal{margin:0}</style></head><body lang=EN-US><!--StartFragment-->
        <p class=MsoNormal><b><span style='font-size:14.0pt'>Kim Leads Letter</span></b><o:p></o:p></p>
        <p class=MsoNormal>Washington, DC – Today the office <i>said</i> so.<o:p></o:p></p>
        <p class=MsoListParagraphCxSpFirst style='text-indent:-.25in;mso-list:l0 level1 lfo1'><![if !supportLists]><span style='font-family:Symbol'><span style='mso-list:Ignore'>·<span style='font:7.0pt \"Times New Roman\"'>&nbsp;&nbsp; </span></span></span><![endif]>First point<o:p></o:p></p>
        <p class=MsoListParagraphCxSpMiddle style='margin-left:1.0in;mso-list:l0 level2 lfo1'><![if !supportLists]><span style='mso-list:Ignore'>1.<span>&nbsp; </span></span><![endif]>Inner point<o:p></o:p></p>
        <p class=MsoListParagraphCxSpLast style='mso-list:l0 level1 lfo1'><![if !supportLists]><span style='mso-list:Ignore'>·</span><![endif]>Second point<o:p></o:p></p>
        <p class=MsoNormal>The end.</p><!--EndFragment--></body></html>";
    let markdown = to_markdown(&from_paste(word));
    assert_eq!(
        markdown,
        "**Kim Leads Letter**\n\nWashington, DC – Today the office *said* so.\n\n- First point\n  1. Inner point\n- Second point\n\nThe end.\n"
    );
}

#[test]
fn of_what_a_person_pastes_no_words_are_taken_for_a_websites_own() {
    for words in [
        "Sign up here",
        "Donate",
        "Subscribe",
        "Share",
        "Print",
        "Learn more",
        "Read more",
        "Download PDF",
        "Photo gallery",
        "Home",
        "© 2026 Office",
        "All rights reserved",
        "2 min read",
        "December 15, 2026",
        "Text KIM to 12345",
        "Subscribe to my newsletter",
        "By Jane Doe",
        "PRESS RELEASE",
        "x",
    ] {
        let link = format!("<a href=\"https://o.example/s\">{words}</a>");
        for html in [
            format!("<p>{words}</p><p>Please help.</p><p>Thank you all.</p>"),
            format!("<p>Please help.</p><p>{link}</p><p>Thank you all.</p>"),
            format!("<p>Please help.</p><p>Thank you all.</p><p>{words}</p>"),
            format!("<p>Please help.</p><h2>{words}</h2><p>Thank you all.</p>"),
        ] {
            let markdown = to_markdown(&from_paste(&html));
            for kept in [words, "Please help.", "Thank you all."] {
                assert!(markdown.contains(kept), "{html}: {markdown}");
            }
        }
    }
    // Headings under which a website lists its own.
    for heading in ["Issues", "Related", "Comments", "Read more here"] {
        let html = format!(
            "<p>We met.</p><h3>{heading}</h3><ul><li><a href=\"https://o.example/1\">Water</a></li>\
             <li><a href=\"https://o.example/2\">Roads</a></li></ul>"
        );
        let markdown = to_markdown(&from_paste(&html));
        for kept in [heading, "[Water](", "[Roads]("] {
            assert!(markdown.contains(kept), "{html}: {markdown}");
        }
    }
}

#[test]
fn what_word_says_beside_the_text_is_no_text() {
    let word = "<p class=MsoNormal>We <a style='mso-comment-reference:JD_1;mso-comment-date:20261129T1200'>agree</a>\
        <span class=MsoCommentReference><span style='font-size:8.0pt'><a class=msocomanchor id=\"_anchor_1\" href=\"#_msocom_1\" name=\"_msoanchor_1\">[JD1]</a></span></span>.\
        <a href=\"#_ftn1\" name=\"_ftnref1\"><span class=MsoFootnoteReference>[1]</span></a></p>\
        <p>It costs <del cite=\"mailto:J\" datetime=\"2026-11-29T10:00\">too much</del><ins cite=\"mailto:J\" datetime=\"2026-11-29T10:00\">$5</ins>, not <s>$4</s>.</p>\
        <ul><del cite=\"mailto:J\"><li>Taken out</li></del><li>Left in</li></ul>\
        <div style='mso-element:comment-list'><div style='mso-element:comment'><div id=\"_com_1\" class=msocomtxt>\
        <p class=MsoCommentText>[JD1]do not publish</p></div></div></div>";
    let markdown = to_markdown(&from_paste(word));
    for gone in ["JD1", "do not publish", "too much", "Taken out", "#_", "++"] {
        assert!(!markdown.contains(gone), "{gone}: {markdown}");
    }
    for kept in ["We agree", "[1]", "costs $5", "$4", "Left in"] {
        assert!(
            markdown.replace('\\', "").contains(kept),
            "{kept}: {markdown}"
        );
    }
}

#[test]
fn the_numbers_that_word_typed_are_those_that_readers_see() {
    let item = |mark: &str, says: &str| {
        format!(
            "<p class=MsoListParagraph style='mso-list:l0 level1 lfo1'><span style='mso-list:Ignore'>{mark}\
             <span>&nbsp;&nbsp; </span></span>{says}</p>"
        )
    };
    let html = [
        &*item("5.", "Who pays"),
        &item("6.", "Who builds"),
        "<p>Between them.</p>",
        &item("7.", "Who checks"),
        "<p>And these.</p>",
        &item("IV.", "Fourth part"),
        "<p>And these.</p>",
        &item("Sec. 3(a)", "Third section"),
        "<p>And these.</p>",
        &item("3.", "Three"),
        &item("5.", "Five"),
    ]
    .concat();
    let document = from_paste(&html);
    let text = to_markdown(&document).replace('\\', "");
    for says in [
        "5. Who pays",
        "6. Who builds",
        "7. Who checks",
        "IV.",
        "Sec. 3(a)",
        "3.",
        "Three",
        "5.",
        "Five",
    ] {
        assert!(text.contains(says), "{says}: {text}");
    }
}

#[test]
fn a_paste_from_google_docs_keeps_bold_and_real_addresses() {
    let docs = "<meta charset='utf-8'><b style=\"font-weight:normal;\" id=\"docs-internal-guid-1\"><p dir=\"ltr\" style=\"line-height:1.38\"><span style=\"font-size:11pt;font-weight:400\">The office wrote </span><span style=\"font-size:11pt;font-weight:700\">a letter</span><span style=\"font-weight:400\"> about it, </span><a href=\"https://www.google.com/url?q=https://o.example/letter&amp;sa=D\"><span>which is here</span></a><span>.</span></p><ul><li dir=\"ltr\"><p dir=\"ltr\"><span style=\"font-style:italic\">One</span></p></li></ul></b>";
    assert_eq!(
        to_markdown(&from_paste(docs)),
        "The office wrote **a letter** about it, [which is here](<https://o.example/letter>).\n\n- *One*\n"
    );
}

#[test]
fn a_pasted_picture_without_an_address_for_mails_is_named_and_the_words_around_it_stay() {
    for src in [
        "file:///C:/Users/ana/clip_image001.png",
        "data:image/png;base64,iVBORw0KGgo=",
        "blob:null/1",
        "cid:image001",
    ] {
        let html = format!(
            "<p>Before.</p><p><img width=602 height=338 src=\"{src}\" alt=\"A bridge\"></p><p>Behind.</p>"
        );
        let document = from_paste(&html);
        assert!(
            document.blocks.contains(&Block::Missing(Missing::Picture)),
            "{src}: {:?}",
            document.blocks
        );
        let markdown = to_markdown(&document);
        assert!(
            markdown.contains("Before.") && markdown.contains("Behind."),
            "{markdown}"
        );
    }
    // One on the web keeps its address.
    let kept = to_markdown(&from_paste(
        "<p><img src=\"https://o.example/a.png\" alt=\"A bridge\"></p>",
    ));
    assert_eq!(kept, "![A bridge](<https://o.example/a.png>)\n");
}

#[test]
fn words_beside_a_picture_and_on_lines_of_their_own_stay_apart() {
    for html in [
        "<p>Before<img src=\"cid:image001\" alt=\"\">behind.</p>",
        "<p>Before<span style=\"display: block\">behind.</span></p>",
        "<p><span style=\"DISPLAY:block\">Before</span>behind.</p>",
    ] {
        let markdown = to_markdown(&from_paste(html));
        let words: Vec<&str> = markdown.split_whitespace().collect();
        let is_apart = words.contains(&"Before") && words.contains(&"behind.");
        assert!(is_apart, "{html}: {markdown}");
    }
}

#[test]
fn a_digests_headline_stays_one_and_nothing_else_becomes_one() {
    let heading = |level, says: &str| Block::Heading {
        level,
        text: vec![Inline::Text(says.to_owned())],
    };
    let digest = Document {
        blocks: vec![heading(1, "8 releases"), heading(2, "A bridge opens")],
        ..from_markdown("Text.")
    };
    let markdown = to_markdown(&digest);
    assert!(markdown.starts_with("# 8 releases\n"), "{markdown}");
    assert_eq!(edited(&markdown, &digest), digest);
    let renamed = edited(&markdown.replace("8 releases", "Our week"), &digest);
    assert_eq!(renamed.headline().as_deref(), Some("Our week"));
    assert_eq!(from_markdown(&markdown).headline(), None);
}

#[test]
fn a_paste_costs_what_it_is_long() {
    let shapes: [(&str, &str, &str); 3] = [
        ("ampersands", "&amp; ", "p"),
        ("no-break spaces", "\u{a0}£ ", "p"),
        (
            "items of Word",
            "<p style='mso-list:l0 level1 lfo1'>&amp;\u{a0}</p>",
            "div",
        ),
    ];
    for (name, piece, holder) in shapes {
        let count = if holder == "p" { 30_000 } else { 400 };
        let make = |times: usize| format!("<{holder}>{}</{holder}>", piece.repeat(count * times));
        let read = |html: &str| {
            let _ = from_paste(html);
        };
        assert_eq!(grows_too_fast(name, &make, &read), None);
    }
}

#[test]
fn what_is_struck_as_a_whole_paragraph_stays_struck_when_it_is_pasted() {
    let pasted = "<p style=\"text-decoration: line-through\">The old fare was $5.</p>\
        <ul style='text-decoration-line:line-through'><li>Bus 7</li></ul>\
        <p>The new fare is <span style=\"text-decoration:line-through\">$4</span> $3.</p>";
    let markdown = to_markdown(&from_paste(pasted));
    for struck in [
        "<del>The old fare was $5.</del>",
        "<del>Bus 7</del>",
        "<del>$4</del> $3.",
    ] {
        let plain = markdown.replace('\\', "");
        assert!(plain.contains(struck), "{struck}: {markdown}");
    }
}
