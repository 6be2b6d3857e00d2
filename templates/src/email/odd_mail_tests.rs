//! What a hurried press secretary sends and an odd reader meets: each is a mail in which nothing is lost,
//! said twice, or wider than a phone.

use super::{LONGEST, NewsletterMail, Parts, newsletter, tests::mail};
use crate::document::{Block, Direction, Document, Figure, Inline, List, Table, words};

fn says(text: &str) -> Vec<Inline> {
    vec![Inline::Text(text.to_owned())]
}

fn paragraph(text: &str) -> Block {
    Block::Paragraph(says(text))
}

fn written(language: &str, blocks: Vec<Block>) -> Parts {
    let parts = newsletter(&mail(&Document {
        language: language.to_owned(),
        direction: Direction::Ltr,
        blocks,
    }));
    assert!(parts.html.len() <= LONGEST, "{}", parts.html.len());
    assert_eq!(
        words::of_html(&parts.html),
        words::of_text(&parts.text, language),
        "{}",
        parts.text
    );
    parts
}

fn table(columns: usize, rows: usize, cell: impl Fn(usize, usize) -> String) -> Block {
    Block::Table(Table {
        caption: Some(says("All of it")),
        header: (0..columns)
            .map(|at| says(&format!("Column {at}")))
            .collect(),
        rows: (0..rows)
            .map(|row| (0..columns).map(|at| says(&cell(row, at))).collect())
            .collect(),
        row_headers: false,
    })
}

fn picture(alt: &str, caption: Option<&str>) -> Figure {
    Figure {
        src: "https://doe.house.gov/bridge.jpg".parse().unwrap(),
        alt: alt.to_owned(),
        caption: caption.map(says),
        width: Some(1200),
        height: Some(800),
        link: None,
    }
}

#[test]
fn of_a_table_too_long_for_a_phone_a_mail_has_the_beginning_and_a_link_to_the_whole() {
    for (language, label) in [
        ("en", "See the whole table on the web"),
        ("ar", "عرض الجدول كاملًا على الويب"),
        ("fr", "See the whole table on the web"),
    ] {
        let thirty = table(30, 12, |row, at| format!("{}", row * 100 + at));
        // Also where it stands in something else.
        for blocks in [vec![thirty.clone()], vec![Block::Quote(vec![thirty])]] {
            let parts = written(language, blocks);
            assert!(parts.html.contains("Column 29: 129") && !parts.html.contains("Column 0: 200"));
            let link = "<a href=\"https://news.example.gov/archive/kim-leads-letter\"";
            assert_eq!(parts.html.matches(label).count(), 1);
            assert!(parts.html.matches(link).count() == 2 && parts.text.contains(label));
            assert_eq!(
                parts.html.contains("<span lang=\"en\" dir=\"ltr\">See"),
                language == "fr"
            );
        }
    }
    // One row alone may be longer, and a long table that a phone shows in columns is whole.
    let one = written("en", vec![table(300, 2, |row, at| format!("{row}-{at}"))]);
    assert!(one.html.contains("0-299") && !one.html.contains("1-0"));
    let narrow = written("en", vec![table(2, 200, |row, _| format!("{row}"))]);
    assert!(narrow.html.contains(">199<") && !narrow.html.contains("whole table"));
    let wide = written("en", vec![table(8, 20, |row, at| format!("{row}-{at}"))]);
    assert!(wide.html.contains("19-7") && !wide.html.contains("whole table"));
}

#[test]
fn a_long_cell_is_no_tower_beside_white_space() {
    let long = "what was done in the city for its roads ".repeat(7);
    let cells = |row: usize, at: usize| match at {
        0 => format!("City {row}"),
        1 => long.clone(),
        _ => format!("${row},000,000"),
    };
    let parts = written("en", vec![table(3, 2, cells)]);
    assert!(!parts.html.contains("<th scope"), "{}", parts.html);
    assert!(parts.html.contains("Column 1: what was done"));
    // Two columns leave it room.
    let agenda = |row: usize, at: usize| match at {
        0 => format!("{row} p.m."),
        _ => "The committee hears from the crews who built it.".to_owned(),
    };
    let parts = written("en", vec![table(2, 3, agenda)]);
    assert!(parts.html.contains("<th scope=\"col\""), "{}", parts.html);
}

#[test]
fn what_a_caption_says_is_not_said_by_the_picture_too() {
    let told = |figure: Figure| written("en", vec![paragraph("News."), Block::Figure(figure)]);
    for caption in [
        "Doe opens the bridge.",
        "Doe opens the bridge. (Photo: Office)",
    ] {
        let parts = told(picture("Doe opens the bridge", Some(caption)));
        assert_eq!(
            parts.text.matches("opens the bridge").count(),
            1,
            "{}",
            parts.text
        );
        assert!(
            parts
                .text
                .contains("[Image]\nhttps://doe.house.gov/bridge.jpg\nDoe opens")
        );
        assert!(parts.html.contains("alt=\"\"") && parts.html.contains(caption));
    }
    // Other words stay, and so does what names a link.
    let other = told(picture(
        "The bridge from the north",
        Some("Doe opens the bridge."),
    ));
    assert!(other.html.contains("alt=\"The bridge from the north\""));
    let linked = Figure {
        link: Some("https://doe.house.gov/letter.pdf".parse().unwrap()),
        ..picture("The letter", Some("The letter"))
    };
    assert!(told(linked).html.contains("alt=\"The letter\""));
}

#[test]
fn two_hundred_pictures_and_a_paragraph_without_an_end_stay_within_what_a_mail_may_weigh() {
    let alt = "The new fire station, its engines and the crews who drive them";
    let pictures = (0..200).map(|at| {
        let caption = format!("Picture {at} of the opening");
        Block::Figure(picture(alt, Some(&caption)))
    });
    let parts = written("en", pictures.collect());
    assert!(parts.html.contains("This mail ends here.") || parts.html.contains("Picture 199"));
    let endless = "roads and bridges ".repeat(300);
    let parts = written("en", vec![paragraph(&endless)]);
    assert!(
        !parts.html.contains("font-size:19px;line-height:1.5;"),
        "it is no lead"
    );
    assert!(parts.html.matches("roads").count() >= 300);
}

#[test]
fn a_quote_in_a_quote_in_a_list_keeps_its_bars_and_its_marks() {
    let inner = Block::Quote(vec![paragraph("Inner says that.")]);
    let outer = Block::Quote(vec![
        paragraph("Outer says this."),
        inner,
        paragraph("Again."),
    ]);
    let list = Block::List(List {
        numbering: None,
        items: vec![vec![paragraph("First"), outer], vec![paragraph("Second")]],
    });
    let parts = written("en", vec![list]);
    assert_eq!(parts.html.matches("<blockquote class=\"bar\"").count(), 2);
    assert!(
        parts
            .text
            .contains("    > Outer says this.\n    >\n    > > Inner says that."),
        "{}",
        parts.text
    );
}

#[test]
fn names_without_spaces_leave_the_masthead_within_the_window() {
    let document = Document {
        language: "en".to_owned(),
        direction: Direction::Ltr,
        blocks: vec![paragraph("News.")],
    };
    let masthead = |office| {
        let html = newsletter(&NewsletterMail {
            office,
            ..mail(&document)
        })
        .html;
        html.contains(";word-break:break-word")
    };
    let long = "Office of the Honorable Jane Alexandra Doe-Featherstonehaughworth, Second District";
    assert!(masthead(long) && !masthead("Office of Rep. Jane Doe"));
}

#[test]
fn a_line_of_korean_ends_between_words_and_a_table_of_its_words_fits_a_phone() {
    let news = || vec![paragraph("다리가 열렸습니다.")];
    for (language, keeps) in [
        ("ko", true),
        ("ko-KR", true),
        ("zh-Hant", false),
        ("en", false),
    ] {
        let html = written(language, news()).html;
        assert_eq!(html.contains("word-break:keep-all"), keeps, "{language}");
    }
    let long = |_: usize, _: usize| "대중교통개선사업".to_owned();
    let parts = written("ko", vec![table(4, 2, long)]);
    assert!(!parts.html.contains("<th scope"), "{}", parts.html);
}

#[test]
fn a_headline_that_is_a_whole_sentence_is_smaller_on_every_screen() {
    let document = Document {
        language: "en".to_owned(),
        direction: Direction::Ltr,
        blocks: vec![paragraph("News.")],
    };
    for (letters, head) in [
        (
            120,
            "<h1 class=\"head\" style=\"margin:0 0 8px;font-size:30px",
        ),
        (121, "<h1 style=\"margin:0 0 8px;font-size:24px"),
        (300, "<h1 style=\"margin:0 0 8px;font-size:21px"),
    ] {
        let subject = &"D".repeat(letters);
        let html = newsletter(&NewsletterMail {
            subject,
            ..mail(&document)
        })
        .html;
        assert!(html.contains(head), "{letters}: {html}");
    }
}

#[test]
fn letters_that_run_both_ways_and_small_pictures_among_them_are_said_alike_in_both_parts() {
    let arabic = Inline::Foreign {
        language: "ar".to_owned(),
        direction: Direction::Rtl,
        text: says("مركز الجالية العربية، 12!"),
    };
    let text = vec![
        Inline::Text("🎉 The center, ".to_owned()),
        arabic,
        Inline::Text(", opens at 6:00 p.m. 👩🏽‍🚒 (call 555-0100)".to_owned()),
    ];
    let parts = written("en", vec![Block::Paragraph(text)]);
    assert!(
        parts.html.contains("<span lang=\"ar\" dir=\"rtl\">مركز"),
        "{}",
        parts.html
    );
}
