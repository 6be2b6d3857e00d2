//! Any document, and the sample release, through both renderings.

use proptest::prelude::*;

use super::{
    Block, Description, Direction, Document, Figure, Inline, List, NumberStyle, Numbering, Passage,
    Table, cut, findings, html, text, words,
};

/// The sample release as the reader of sources reads it, without its title.
pub(crate) fn sample() -> Document {
    let paragraph = |says: &str| Block::Paragraph(vec![Inline::Text(says.to_owned())]);
    let item = |says: &str| vec![paragraph(says)];
    let letter =
        "https://youngkim.house.gov/wp-content/uploads/2024/02/Letter-to-Secretary-Blinken.pdf";
    let mut questions = vec![
        item(
            "Is your Department concerned that Russia will provide advanced ballistic missile and cruise missile technology to the DPRK?",
        ),
        item(
            "Is your Department aware of any Russian efforts to provide these types of advanced materials to the DPRK?",
        ),
        item(
            "In your assessment, is the People’s Republic of China (PRC) playing in any role in the transfer of North Korean weapons to Russia?",
        ),
        item(
            "Was Russian technology, materials, design data, and/or technical knowledge used to advance any of the DPRK’s strategic or tactical missile capabilities over the past few years?",
        ),
        item(
            "Is your Department aware of any Russian plans or past activity to provide technology, materials, design data, and/or technical knowledge to advance the DPRK’s nuclear weapons program?\u{a0}What actions is the State Department taking to block the DPRK-Russian trade of advanced weapons?",
        ),
        item(
            "Is your Department engaging with allies and partners with a shared interest in nonproliferation of this technology about these concerns?",
        ),
        item(
            "Does your Department assess Russia to still be adhere to obligations of the Missile Technology Control Regime?\u{a0}",
        ),
    ];
    questions[6].push(Block::List(List {
        numbering: Some(DECIMAL),
        items: vec![item("Are you concerned that Russia’s role in the MTCR, a consensus-based export control regime, will inhibit the U.S. and partner efforts to develop key capabilities to counter an increasingly aggressive China, Russia, DPRK, and Iran?")],
    }));
    Document {
        language: "en".to_owned(),
        direction: Direction::Ltr,
        blocks: vec![
            paragraph(
                "Washington, DC – Today, U.S. Representative Young Kim (CA-40), who serves as Chairwoman of the Indo-Pacific Subcommittee, led a letter to Secretary of State Antony Blinken to demand answers on the State Department’s actions in response to the Russia-Democratic People’s Republic of Korea (DPRK) relationship.",
            ),
            Block::Paragraph(vec![
                Inline::Text("Find the letter ".to_owned()),
                Inline::Link {
                    href: letter.parse().unwrap(),
                    label: vec![Inline::Strong(vec![Inline::Text("HERE".to_owned())])],
                },
                Inline::Text(" or read highlights below.".to_owned()),
            ]),
            Block::Quote(vec![
                paragraph(
                    "We write you to express deep concern with the latest developments in the Russia-Democratic People’s Republic of Korea (DPRK) relationship.",
                ),
                paragraph("We ask for a prompt reply to the following questions:"),
                Block::List(List {
                    numbering: Some(DECIMAL),
                    items: questions,
                }),
            ]),
            Block::EndMark("###".to_owned()),
        ],
    }
}

const DECIMAL: Numbering = Numbering {
    start: 1,
    style: NumberStyle::Decimal,
    reversed: false,
};

fn document(blocks: Vec<Block>) -> Document {
    Document {
        language: "en".to_owned(),
        direction: Direction::Ltr,
        blocks,
    }
}

fn says(text: &str) -> Vec<Inline> {
    vec![Inline::Text(text.to_owned())]
}

fn paragraph(text: &str) -> Block {
    Block::Paragraph(says(text))
}

fn mail(document: &Document) -> String {
    let blocks = html::mail_blocks(document, "#1d4f91");
    blocks.into_iter().map(|block| block.0).collect()
}

fn sorted(mut words: Vec<String>) -> Vec<String> {
    words.sort();
    words
}

#[test]
fn r3_the_sample_reads_well_as_text() {
    insta::assert_snapshot!(text::render(&sample()));
}

#[test]
fn r3_the_sample_reads_well_on_the_web() {
    insta::assert_snapshot!(html::web(&sample()).0.replace("><", ">\n<"));
}

#[test]
fn r3_lists_count_in_text_as_they_do_in_html() {
    let list = |start, style, reversed, items: usize| {
        text::render(&document(vec![Block::List(List {
            numbering: Some(Numbering {
                start,
                style,
                reversed,
            }),
            items: (0..items).map(|_| vec![paragraph("x")]).collect(),
        })]))
    };
    assert_eq!(list(5, NumberStyle::Decimal, false, 2), "  5. x\n  6. x\n");
    assert_eq!(
        list(3, NumberStyle::Decimal, true, 3),
        "  3. x\n  2. x\n  1. x\n"
    );
    assert_eq!(
        list(9, NumberStyle::Decimal, false, 2),
        "   9. x\n  10. x\n"
    );
    assert_eq!(
        list(26, NumberStyle::LowerAlpha, false, 2),
        "   z. x\n  aa. x\n"
    );
    assert_eq!(
        list(3, NumberStyle::UpperRoman, false, 2),
        "  III. x\n   IV. x\n"
    );
    assert_eq!(
        list(-1, NumberStyle::LowerRoman, false, 2),
        "  -1. x\n   0. x\n"
    );
    assert_eq!(
        list(i32::MAX, NumberStyle::Decimal, false, 2),
        "  2147483647. x\n  2147483648. x\n"
    );
}

#[test]
fn r3_what_is_no_text_is_named_and_linked() {
    let url = |text: &str| text.parse().unwrap();
    let blocks = vec![
        Block::Heading {
            level: 3,
            text: says("Background"),
        },
        Block::Table(Table {
            caption: Some(says("Grants")),
            header: vec![says("City"), says("Amount")],
            rows: vec![
                vec![says("Tustin"), says("$2,000,000")],
                vec![says("Orange"), says("$1")],
            ],
            row_headers: false,
        }),
        Block::Figure(Figure {
            src: url("https://example.gov/a.jpg"),
            alt: "Rep. Kim at a desk".to_owned(),
            caption: Some(says("At work")),
            width: Some(1104),
            height: Some(600),
            link: None,
        }),
        Block::Figure(Figure {
            src: url("https://example.gov/line.png"),
            alt: String::new(),
            caption: None,
            width: None,
            height: None,
            link: None,
        }),
        Block::Embed {
            title: "Video: the hearing".to_owned(),
            url: url("https://video.example/1"),
            poster: None,
        },
        Block::Paragraph(vec![
            Inline::Text("Write to ".to_owned()),
            Inline::Link {
                href: url("mailto:a@example.gov"),
                label: says("a@example.gov"),
            },
            Inline::LineBreak,
            Inline::Text("or ".to_owned()),
            Inline::Link {
                href: url("https://example.gov/x"),
                label: says("call"),
            },
            Inline::Text("ers.".to_owned()),
        ]),
        Block::EndMark("-30-".to_owned()),
        Block::EndMark("###".to_owned()),
    ];
    let document = document(blocks);
    insta::assert_snapshot!(text::render(&document));
    insta::assert_snapshot!(mail(&document).replace("><", ">\n<"));
    let expected = sorted(words::of_document(&document));
    assert_eq!(sorted(words::of_html(&mail(&document))), expected);
    assert_eq!(
        sorted(words::of_text(&text::render(&document), "en")),
        expected
    );
}

#[test]
fn a_release_with_marks_of_its_own_gets_no_second_set() {
    let document = document(vec![
        paragraph("As the court said [1]."),
        Block::Paragraph(vec![
            Inline::Text("See ".to_owned()),
            Inline::Link {
                href: "https://example.gov/".parse().unwrap(),
                label: says("the ruling"),
            },
            Inline::Text(".".to_owned()),
        ]),
    ]);
    assert_eq!(
        text::render(&document),
        "As the court said [1].\n\nSee the ruling <https://example.gov/>.\n"
    );
}

#[test]
fn e1_a_long_document_is_cut_between_blocks_and_keeps_no_lonely_heading() {
    let mut blocks: Vec<Block> = (0..100)
        .map(|at| paragraph(&format!("{at} {}", "word ".repeat(20))))
        .collect();
    let one = mail(&document(vec![blocks[10].clone()])).len();
    blocks.insert(
        3,
        Block::Heading {
            level: 2,
            text: says("More"),
        },
    );
    let whole = document(blocks);
    assert_eq!(cut::to_fit(&whole, mail(&whole).len()), None);
    let cut = cut::to_fit(&whole, 3 * one + 100).unwrap();
    assert_eq!(cut.blocks.len(), 3);
    let endless = document(vec![paragraph(&"word ".repeat(1_000))]);
    let cut = cut::to_fit(&endless, 1_000).unwrap();
    let html = mail(&cut);
    assert!(
        html.len() <= 1_000 && html.len() > 900 && html.ends_with("word …</p>"),
        "{html}"
    );
}

fn word() -> impl Strategy<Value = String> {
    "[A-Za-zé’“”&<]{1,6}( [A-Za-zñ한–]{1,8}){0,3}"
}

fn run() -> impl Strategy<Value = Vec<Inline>> {
    let leaf = prop_oneof![
        4 => word().prop_map(Inline::Text),
        // A full stop stands behind a word that is no number: a line that begins with `a. ` reads like
        // an item of a list, to people as to `words::of_text`.
        1 => prop_oneof![Just(" "), Just("here"), Just("! "), Just("done. "), Just(", ")]
            .prop_map(|text| Inline::Text(text.to_owned())),
        1 => Just(Inline::LineBreak),
    ];
    let inline = leaf.prop_recursive(2, 8, 3, |inner| {
        let inner = prop::collection::vec(inner, 0..3);
        prop_oneof![
            inner.clone().prop_map(Inline::Strong),
            inner.clone().prop_map(Inline::Emphasis),
            inner.clone().prop_map(Inline::Superscript),
            inner.clone().prop_map(Inline::Subscript),
            inner.clone().prop_map(Inline::Struck),
            inner.clone().prop_map(Inline::Inserted),
            inner.clone().prop_map(Inline::Code),
            inner.clone().prop_map(Inline::Keyboard),
            prop_oneof![Just("1"), Just("a"), Just("*"), Just("[2]")]
                .prop_map(|mark| Inline::NoteMark(mark.to_owned())),
            (
                prop_oneof![Just("Veterans Affairs"), Just("A & \"B\""), Just(" ")],
                inner.clone()
            )
                .prop_map(|(title, text)| Inline::Abbreviation {
                    title: title.to_owned(),
                    text
                }),
            inner.clone().prop_map(|text| Inline::Foreign {
                language: "ar".to_owned(),
                direction: Direction::Rtl,
                text,
            }),
            "[A-Za-z ]{0,5}".prop_map(|alt| Inline::Picture(Figure {
                src: "https://example.gov/yes.png".parse().unwrap(),
                alt,
                caption: None,
                width: None,
                height: None,
                link: None,
            })),
            inner.clone().prop_map(|label| Inline::LostLink {
                href: "/a".to_owned(),
                label,
            }),
            (0..4u8, inner).prop_map(|(n, label)| Inline::Link {
                href: format!("https://example.gov/{n}?a=1&b=2").parse().unwrap(),
                label,
            }),
        ]
    });
    prop::collection::vec(inline, 0..5)
}

fn block() -> impl Strategy<Value = Block> {
    let url = || "https://example.gov/x".parse::<url::Url>().unwrap();
    let leaf = prop_oneof![
        4 => run().prop_map(Block::Paragraph),
        1 => (0..9u8, run()).prop_map(|(level, text)| Block::Heading { level, text }),
        1 => ("[A-Za-z ]{0,9}", prop::option::of(run()), any::<bool>()).prop_map(move |(alt, caption, linked)| Block::Figure(Figure {
            src: url(), alt, caption, width: Some(700), height: Some(3), link: linked.then(url),
        })),
        1 => ("[A-Za-z ]{0,9}", any::<bool>()).prop_map(move |(title, shown)| Block::Embed {
            title, url: url(), poster: shown.then(url),
        }),
        1 => Just(Block::Missing(super::Missing::Formula)),
        1 => "[A-Za-z]{1,5}(\n[A-Za-z]{0,5}){0,3}".prop_map(Block::Preformatted),
        1 => prop_oneof![Just("###"), Just("-30-")].prop_map(|mark| Block::EndMark(mark.to_owned())),
        1 => (prop::option::of(run()), prop::collection::vec(run(), 0..3), prop::collection::vec(prop::collection::vec(run(), 1..3), 0..3), any::<bool>())
            .prop_map(|(caption, header, rows, row_headers)| Block::Table(Table { caption, header, rows, row_headers })),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        let numbering = (any::<i32>(), any::<bool>()).prop_map(|(start, reversed)| Numbering {
            start: start % 50,
            style: NumberStyle::LowerRoman,
            reversed,
        });
        let description = (
            prop::collection::vec(run(), 0..3),
            prop::collection::vec(prop::collection::vec(inner.clone(), 0..3), 0..3),
        )
            .prop_map(|(terms, details)| Description { terms, details });
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Block::Quote),
            prop::collection::vec(description, 0..3).prop_map(Block::DescriptionList),
            prop::collection::vec(inner.clone(), 0..4).prop_map(|blocks| Block::Passage(Passage {
                language: "ar".to_owned(),
                direction: Direction::Rtl,
                blocks,
            })),
            (
                prop::option::of(numbering),
                prop::collection::vec(prop::collection::vec(inner, 0..3), 0..4)
            )
                .prop_map(|(numbering, items)| Block::List(List { numbering, items })),
        ]
    })
}

fn any_document() -> impl Strategy<Value = Document> {
    prop::collection::vec(block(), 0..6).prop_map(document)
}

proptest! {
    #[test]
    fn r3_both_renderings_say_the_documents_words_and_no_other(document in any_document()) {
        let expected = words::of_document(&document);
        prop_assert_eq!(&words::of_html(&html::web(&document).0), &expected);
        let text = text::render(&document);
        prop_assert_eq!(&words::of_text(&text, "en"), &expected, "{}", text);
        // A table that is told by records says its headings again, in both parts alike.
        let expected = words::of_mail(&document);
        prop_assert_eq!(&words::of_html(&mail(&document)), &expected);
        let text = text::mail(&document);
        prop_assert_eq!(&words::of_text(&text, "en"), &expected, "{}", text);
    }

    #[test]
    fn a3_no_heading_level_is_skipped(document in any_document()) {
        let html = format!("<h1>{}", mail(&document));
        let levels: Vec<u32> = html.split("<h").skip(1)
            .filter_map(|rest| rest.chars().next()?.to_digit(10)).collect();
        prop_assert!(levels.windows(2).all(|pair| pair[1] <= pair[0] + 1), "{levels:?}");
        prop_assert!(levels.iter().skip(1).all(|level| (2..=6).contains(level)));
    }

    #[test]
    fn e1_whatever_is_cut_fits_and_is_a_beginning(document in any_document(), room in 0usize..4_000) {
        if let Some(cut) = cut::to_fit(&document, room) {
            prop_assert!(mail(&cut).len() <= room);
            let whole = words::of_document(&document).concat();
            let kept = words::of_document(&cut).concat();
            prop_assert!(whole.starts_with(&kept), "{kept} of {whole}");
        }
    }

    #[test]
    fn hostile_text_stays_text(text in any::<String>()) {
        let document = document(vec![paragraph(&text), Block::Preformatted(text.clone()), Block::Embed {
            title: text.clone(), url: "https://example.gov/".parse().unwrap(), poster: None }]);
        let html = mail(&document);
        prop_assert!(!html.chars().any(|c| c.is_control() && c != '\n' && c != '\t'));
        prop_assert_eq!(html.matches('<').count(), mail(&self::document(vec![paragraph("x"), Block::Preformatted("x".to_owned()), Block::Embed {
            title: "x".to_owned(), url: "https://example.gov/".parse().unwrap(), poster: None }])).matches('<').count());
        let _ = text::render(&document);
    }
}

#[test]
fn a_table_scrolls_on_the_web_for_keyboards_too_and_never_in_a_mail() {
    let table = |caption: Option<&str>| {
        Block::Table(Table {
            caption: caption.map(|says| vec![Inline::Text(says.to_owned())]),
            header: vec![],
            rows: vec![vec![vec![Inline::Text("1".to_owned())]]],
            row_headers: false,
        })
    };
    let document = Document {
        language: "es-US".to_owned(),
        direction: Direction::Ltr,
        blocks: vec![
            table(Some("Votos \"por\" ciudad")),
            Block::Quote(vec![table(None)]),
        ],
    };
    let web = html::web(&document).0;
    for name in ["Votos &quot;por&quot; ciudad", "Tabla 2"] {
        let region =
            format!(r#"<div class="scroll" role="region" tabindex="0" aria-label="{name}"><table"#);
        assert!(web.contains(&region), "{web}");
    }
    let mail = mail(&document);
    // Phones cut off what scrolls sideways in a mail.
    assert_eq!(mail.matches("<table").count(), 2);
    assert!(!mail.contains("overflow"), "{mail}");
    assert!(
        !mail.contains("tabindex") && !mail.contains("aria-"),
        "{mail}"
    );
}

#[test]
fn a_document_that_was_stored_before_is_read_and_stored_the_same() {
    // As the database of an office has it that upgrades.
    let stored = r#"{"language":"en","direction":"ltr","blocks":[
        {"heading":{"level":2,"text":[{"text":"Background"}]}},
        {"paragraph":[{"text":"See "},{"link":{"href":"https://o.example/letter.pdf","label":[{"strong":[{"emphasis":[{"text":"the letter"}]}]}]}},"line_break",{"text":"today."}]},
        {"quote":[{"list":{"numbering":{"start":3,"style":"lower_roman","reversed":true},"items":[[{"paragraph":[{"text":"One"}]}]]}}]},
        {"table":{"caption":[{"text":"Votes"}],"header":[[{"text":"Bill"}]],"rows":[[[{"text":"H.R. 1"}]]]}},
        {"figure":{"src":"https://o.example/a.jpg","alt":"A bridge","caption":null,"width":640,"height":null}},
        {"embed":{"title":"A video","url":"https://v.example/1"}},
        {"preformatted":"a\n b"},
        {"passage":{"language":"ar","direction":"rtl","blocks":[{"end_mark":"-30-"}]}}]}"#;
    let document: Document = serde_json::from_str(stored).unwrap();
    let again: serde_json::Value = serde_json::to_value(&document).unwrap();
    // Not a byte more: the fingerprint of a release is made of this.
    assert_eq!(
        again,
        serde_json::from_str::<serde_json::Value>(stored).unwrap()
    );
    assert!(findings::find("A vote", &document).is_empty());
}

#[test]
fn no_number_runs_into_the_one_before_it_in_either_part() {
    let two = |mark: fn(Vec<Inline>) -> Inline, base: &str, script: &str| {
        vec![
            Inline::Text(base.to_owned()),
            mark(says(script)),
            Inline::Text(".".to_owned()),
        ]
    };
    let note = |text: &str, mark: &str| {
        vec![
            Inline::Text(text.to_owned()),
            Inline::NoteMark(mark.to_owned()),
        ]
    };
    let document = document(vec![
        Block::Paragraph(two(Inline::Superscript, "$2", "1")),
        Block::Paragraph(two(Inline::Subscript, "CO", "2")),
        Block::Paragraph(two(Inline::Superscript, "x", "n+1 a")),
        Block::Paragraph(note("in 2026.", "12")),
        Block::Paragraph(note("today", "*")),
        Block::Paragraph(vec![
            Inline::Text("on ".to_owned()),
            Inline::Struck(says("Monday")),
            Inline::Text(" ".to_owned()),
            Inline::Inserted(says("Tuesday")),
        ]),
        Block::Paragraph(vec![
            Inline::Abbreviation {
                title: "Department of Veterans Affairs".to_owned(),
                text: says("VA"),
            },
            Inline::Text(", ".to_owned()),
            Inline::Abbreviation {
                title: "Department of Veterans Affairs".to_owned(),
                text: says("VA"),
            },
            Inline::Text(": ".to_owned()),
            Inline::Foreign {
                language: "es".to_owned(),
                direction: Direction::Ltr,
                text: says("buenos días"),
            },
            Inline::Text(" ".to_owned()),
            Inline::Keyboard(says("F1")),
        ]),
    ]);
    assert_eq!(
        text::render(&document),
        "$2¹.\n\nCO₂.\n\nx^(n+1 a).\n\nin 2026.[12]\n\ntoday*\n\non (struck: Monday) Tuesday\n\n\
         VA (Department of Veterans Affairs), VA: buenos días F1\n"
    );
    let web = html::web(&document).0;
    for kept in [
        "$2<sup>1</sup>",
        "CO<sub>2</sub>",
        "2026.<sup>[12]</sup>",
        "today<sup>*</sup>",
        "on <del>Monday</del> <ins>Tuesday</ins>",
        "<abbr title=\"Department of Veterans Affairs\">VA</abbr>, VA: <span lang=\"es\" dir=\"ltr\">buenos días</span> <kbd>F1</kbd>",
    ] {
        assert!(web.contains(kept), "{kept}: {web}");
    }
    // What is one word to a reader is one in all three; a number that is raised is none with what
    // it stands on.
    assert_eq!(words::of_document(&document)[..4], ["2", "1", "CO", "2"]);
}

#[test]
fn terms_and_what_is_said_of_them_stay_together() {
    let document = document(vec![Block::DescriptionList(vec![
        Description {
            terms: vec![says("WHAT")],
            details: vec![vec![paragraph("Town hall")]],
        },
        Description {
            terms: vec![says("WHEN"), says("WHERE")],
            details: vec![
                vec![paragraph("Friday")],
                vec![paragraph("Tustin"), paragraph("Hall")],
            ],
        },
    ])]);
    assert_eq!(
        text::render(&document),
        "WHAT\n    Town hall\n\nWHEN\nWHERE\n    Friday\n    Tustin\n\n    Hall\n"
    );
    assert_eq!(
        html::web(&document).0,
        "<dl><dt>WHAT</dt><dd>Town hall</dd><dt>WHEN</dt><dt>WHERE</dt><dd>Friday</dd>\
         <dd><p>Tustin</p><p>Hall</p></dd></dl>"
    );
}

#[test]
fn what_the_tree_could_not_hold_is_named_with_its_reason() {
    let document = document(vec![
        Block::Quote(vec![Block::Missing(super::Missing::Formula)]),
        Block::Paragraph(vec![Inline::Strong(vec![Inline::LostLink {
            href: "/letter.pdf".to_owned(),
            label: says("HERE"),
        }])]),
        Block::Missing(super::Missing::Formula),
    ]);
    let reasons: Vec<String> = findings::find("A vote", &document)
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        reasons,
        [
            "A mathematical formula could not be read. Look at its page.",
            "The link “HERE” leads to “/letter.pdf”, which a reader cannot follow. Give it its address, or take it out."
        ]
    );
    assert_eq!(text::render(&document), "HERE\n");
}

#[test]
fn a_paragraph_of_thousands_of_links_is_rendered_in_linear_time() {
    let link = |at: usize| Inline::Link {
        href: format!("https://o.example/{at}").parse().unwrap(),
        label: says(if at.is_multiple_of(2) {
            "here"
        } else {
            "the letter"
        }),
    };
    let paragraph = |links: usize| {
        let inlines = (0..links).flat_map(|at| [Inline::Text(", see ".to_owned()), link(at)]);
        document(vec![Block::Paragraph(inlines.collect())])
    };
    let rendered = |links: usize| {
        let document = paragraph(links);
        let started = std::time::Instant::now();
        let (text, html) = (text::render(&document), mail(&document));
        (started.elapsed(), text.len() + html.len())
    };
    let few = (0..3).map(|_| rendered(500).0).max().unwrap_or_default();
    let (many, length) = rendered(20_000);
    assert!(length > 1_000_000);
    // Forty times the links: a quadratic rendering takes 1,600 times as long.
    assert!(many < few * 400, "{few:?}, {many:?}");
}

#[test]
fn a_table_that_no_phone_can_show_is_told_by_records_in_both_parts() {
    let header = [
        "Program",
        "Fiscal year 2024",
        "Fiscal year 2025",
        "Fiscal year 2026",
        "Deadline",
    ];
    let row = [
        "Block Grant",
        "$12,345,678",
        "",
        "$14,345,678",
        "2026-03-01",
    ];
    let document = document(vec![Block::Table(Table {
        caption: Some(says("Grants")),
        header: header.map(says).to_vec(),
        rows: vec![row.map(says).to_vec(), row.map(says).to_vec()],
        row_headers: true,
    })]);
    let text = text::mail(&document);
    assert!(
        text.starts_with(
            "Grants\n\nProgram: Block Grant\n  Fiscal year 2024: $12,345,678\n  Fiscal year 2026: $14,345,678\n  Deadline: 2026-03-01\n\nProgram:"
        ),
        "{text}"
    );
    let html = mail(&document);
    assert!(!html.contains("<table"), "{html}");
    assert!(
        html.contains("<strong>Program: Block Grant</strong><br>Fiscal year 2024: $12,345,678<br>"),
        "{html}"
    );
    assert!(
        html::web(&document)
            .0
            .contains("<th scope=\"row\">Block Grant</th>")
    );
    assert_eq!(words::of_html(&html), words::of_text(&text, "en"));
}

#[test]
fn headings_are_underlined_and_a_telephone_number_needs_no_footnote() {
    let call = |label: &str| Inline::Link {
        href: "tel:+12025550117".parse().unwrap(),
        label: says(label),
    };
    let document = document(vec![
        Block::Heading {
            level: 2,
            text: says("배경 A"),
        },
        Block::Heading {
            level: 3,
            text: says("More"),
        },
        Block::Paragraph(vec![
            Inline::Text("Call ".to_owned()),
            call("(202) 555-0117"),
            Inline::Text(" or ".to_owned()),
            call("us"),
            Inline::Text(".".to_owned()),
        ]),
        Block::Paragraph(vec![call("202-555-0117")]),
    ]);
    assert_eq!(
        text::mail(&document),
        "배경 A\n------\n\nMore\n----\n\nCall (202) 555-0117 or us <tel:+12025550117>.\n\n202-555-0117\n"
    );
}

#[test]
fn a_picture_leaves_no_more_than_a_window_empty_where_pictures_are_off() {
    let figure = |width, height| {
        Block::Figure(Figure {
            src: "https://example.gov/a.jpg".parse().unwrap(),
            alt: "A bridge".to_owned(),
            caption: None,
            width,
            height,
            link: None,
        })
    };
    for (width, height, shown) in [
        (Some(2_400), Some(3_000), "width=\"480\" height=\"600\""),
        (Some(1_104), Some(600), "width=\"552\" height=\"300\""),
        (Some(100), Some(20_000), "width=\"3\" height=\"600\""),
        (Some(0), Some(0), "width=\"0\" height=\"0\""),
        (Some(9_000), None, "width=\"552\" style"),
    ] {
        let html = mail(&document(vec![figure(width, height)]));
        assert!(html.contains(shown), "{html}");
    }
}

#[test]
fn an_alt_that_repeats_the_caption_is_not_said_twice() {
    let figure = |alt: &str, caption: &str, link: Option<&str>| {
        document(vec![Block::Figure(Figure {
            src: "https://example.gov/a.jpg".parse().unwrap(),
            alt: alt.to_owned(),
            caption: Some(vec![Inline::Emphasis(vec![Inline::Text(
                caption.to_owned(),
            )])]),
            width: None,
            height: None,
            link: link.map(|link| link.parse().unwrap()),
        })])
    };
    let repeated = figure(
        "The mayor cuts the ribbon",
        "The mayor cuts the ribbon.",
        None,
    );
    let text = text::mail(&repeated);
    assert_eq!(text.matches("ribbon").count(), 1, "{text}");
    assert!(
        text.starts_with("[Image]\nhttps://example.gov/a.jpg\n"),
        "{text}"
    );
    let html = mail(&repeated);
    assert_eq!(html.matches("ribbon").count(), 1, "{html}");
    assert!(html.contains("alt=\"\""), "{html}");
    // What says more, or names a link, stays.
    for more in [
        figure("The mayor cuts the ribbon", "The mayor", None),
        figure("The mayor", "The mayor cuts the ribbon", None),
        figure("The mayor", "The mayor", Some("https://example.gov/album")),
    ] {
        let says = text::mail(&more);
        assert_eq!(says.matches("The mayor").count(), 2, "{says}");
        assert_eq!(words::of_html(&mail(&more)), words::of_mail(&more));
    }
    assert_eq!(words::of_html(&html), words::of_mail(&repeated));
    assert_eq!(words::of_text(&text, "en"), words::of_mail(&repeated));
}
