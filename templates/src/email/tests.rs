//! The newsletter as mail software and readers get it.

use super::{LONGEST, Logo, NewsletterMail, newsletter};
use crate::{
    Colour,
    document::{
        Block, Direction, Document, Inline, List, NumberStyle, Numbering, tests::sample, words,
    },
};

const SUBJECT: &str = "Kim Leads Letter Demanding Answers on Russia-DPRK Relationship";

fn mail(document: &Document) -> NewsletterMail<'_> {
    NewsletterMail {
        subject: SUBJECT,
        document,
        date: jiff::civil::date(2024, 2, 16),
        office: "Office of Rep. Young Kim",
        colour: Colour::DEFAULT,
        logo: None,
        postal_address: "180 N Riverview Dr Suite 150\nAnaheim, CA 92808",
        topic: "Press releases",
        asked_at: "news.example.gov",
        release_url: Some("https://youngkim.house.gov/2024/02/16/letter/"),
        web_url: "https://news.example.gov/archive/kim-leads-letter",
        unsubscribe_url: "https://news.example.gov/unsubscribe/TOKEN",
        preferences_url: "https://news.example.gov/preferences/TOKEN",
        privacy_url: "https://news.example.gov/privacy",
        press_list: false,
        footer: None,
    }
}

fn paragraphs(count: usize, language: &str) -> Document {
    let says =
        "The committee heard from “witnesses” & experts about water, roads, and veterans’ care. "
            .repeat(5);
    Document {
        language: language.to_owned(),
        direction: Direction::Ltr,
        blocks: (0..count)
            .map(|at| {
                Block::Paragraph(vec![
                    Inline::Text(format!("{at} {says}")),
                    Inline::Link {
                        href: format!("https://example.gov/{at}").parse().unwrap(),
                        label: vec![Inline::Text(format!("Source {at}"))],
                    },
                ])
            })
            .collect(),
    }
}

#[test]
fn the_sample_as_a_mail_in_html() {
    insta::assert_snapshot!(newsletter(&mail(&sample())).html.replace("><", ">\n<"));
}

#[test]
fn the_sample_as_a_mail_in_text() {
    insta::assert_snapshot!(newsletter(&mail(&sample())).text);
}

#[test]
fn r3_both_parts_say_the_same_words_in_the_same_order_in_every_language() {
    for language in ["en", "es", "ko", "vi", "zh", "tl"] {
        for document in [
            Document {
                language: language.to_owned(),
                ..sample()
            },
            paragraphs(120, language),
            paragraphs(400, language),
        ] {
            let parts = newsletter(&mail(&document));
            assert_eq!(
                words::of_html(&parts.html),
                words::of_text(&parts.text, language),
                "{language}"
            );
        }
    }
}

#[test]
fn e1_a_long_release_is_cut_below_the_limit_with_its_links_and_a_way_out_at_the_top() {
    let document = paragraphs(180, "en");
    assert!(words::of_document(&document).len() > 10_000);
    let parts = newsletter(&mail(&document));
    assert!(parts.html.len() <= LONGEST, "{}", parts.html.len());
    assert!(parts.html.len() > LONGEST - 2_000, "{}", parts.html.len());
    for part in [&parts.html, &parts.text] {
        assert!(part.contains("Read the full release"));
        assert_eq!(part.matches("/unsubscribe/TOKEN").count(), 2);
        let (way_out, title) = (part.find("/unsubscribe/TOKEN"), part.rfind(SUBJECT));
        assert!(way_out < title);
        assert!(
            part.contains("https://example.gov/100") && !part.contains("https://example.gov/179")
        );
        assert!(part.contains("Anaheim, CA 92808") && part.contains("/preferences/TOKEN"));
    }
    assert!(parts.html.ends_with("</html>\n"));
}

#[test]
fn a_middling_release_stays_whole_and_still_has_a_way_out_at_the_top() {
    let parts = newsletter(&mail(&paragraphs(90, "en")));
    assert!(parts.html.len() > 40_000 && parts.html.len() < LONGEST);
    assert!(
        !parts.html.contains("Read the full release")
            && parts.html.contains("https://example.gov/89")
    );
    assert_eq!(parts.html.matches("/unsubscribe/TOKEN").count(), 2);
}

#[test]
fn e5_the_preheader_is_visible_and_the_beginning_of_the_release() {
    let parts = newsletter(&mail(&sample()));
    let first = parts.text.lines().next().unwrap();
    let lead = first.strip_suffix('…').unwrap();
    assert!(first.chars().count() <= 110 && lead.len() > 60, "{first}");
    assert!(crate::document::text::render(&sample()).starts_with(lead));
    assert!(!parts.html.contains("display:none"));
    let chinese = format!("台北 {}", "新闻稿".repeat(60));
    let document = Document {
        blocks: vec![Block::Paragraph(vec![Inline::Text(chinese)])],
        ..sample()
    };
    let text = newsletter(&mail(&document)).text;
    assert_eq!(text.lines().next().unwrap().chars().count(), 110);
}

#[test]
fn r3_lists_that_count_down_and_lines_that_matter_need_nothing_that_outlook_lacks() {
    let item = |says: &str| vec![Block::Paragraph(vec![Inline::Text(says.to_owned())])];
    let document = Document {
        blocks: vec![
            Block::List(List {
                numbering: Some(Numbering {
                    start: 3,
                    style: NumberStyle::Decimal,
                    reversed: true,
                }),
                items: vec![item("three"), item("two"), item("one")],
            }),
            Block::Preformatted("AYE   12\n  NAY  3\n".to_owned()),
        ],
        ..sample()
    };
    let parts = newsletter(&mail(&document));
    for number in [3, 2, 1] {
        assert!(parts.html.contains(&format!("<li value=\"{number}\"")));
    }
    assert!(!parts.html.contains("reversed") && !parts.html.contains("white-space"));
    let lines = "AYE \u{a0}\u{a0}12<br>\u{a0}\u{a0}NAY \u{a0}3</p>";
    assert!(parts.html.contains(lines));
    assert_eq!(
        words::of_html(&parts.html),
        words::of_text(&parts.text, "en")
    );
}

#[test]
fn e8_no_script_form_tracker_or_foreign_style_is_in_the_mail() {
    let html = newsletter(&mail(&sample())).html;
    for never in [
        "<script",
        "<form",
        "<link",
        "@import",
        "@font-face",
        "url(",
        "<img",
        "flex",
        "grid",
        "position:",
    ] {
        assert!(!html.contains(never), "{never}");
    }
    let style = html
        .split("<style>")
        .nth(1)
        .unwrap()
        .split("</style>")
        .next()
        .unwrap();
    assert!(style.len() < 8_000);
    let hosts = html
        .split("href=\"")
        .skip(1)
        .map(|rest| rest.split('/').nth(2).unwrap());
    assert!(
        hosts
            .into_iter()
            .all(|host| ["youngkim.house.gov", "news.example.gov"].contains(&host))
    );
}

#[test]
fn a3_h16_the_language_and_direction_are_on_the_page_and_on_its_wrapper() {
    let arabic = Document {
        language: "ar".to_owned(),
        direction: Direction::Rtl,
        ..sample()
    };
    let html = newsletter(&mail(&arabic)).html;
    assert_eq!(html.matches(r#"lang="ar" dir="rtl""#).count(), 2);
    // We do not speak Arabic: the footer says that it is English, and runs that way.
    assert!(html.contains(r#"class="muted" lang="en" dir="ltr""#));
    assert!(html.contains(r#"<p lang="en" dir="ltr""#));
    assert_eq!(html.matches("<h1").count(), 1);
}

#[test]
fn e4_text_stands_out_in_light_dark_and_inverted_colours() {
    for office in ["#1d4f91", "#7a0019", "#767676", "#0b5d2a"] {
        let office = Colour::parse(office).unwrap();
        let (link, white, sheet) = (
            office.on_dark().to_string(),
            "#ffffff".to_owned(),
            Colour::DARK_SHEET.to_string(),
        );
        let document = sample();
        let html = newsletter(&NewsletterMail {
            colour: office,
            ..mail(&document)
        })
        .html;
        for (text, ground) in [
            ("#1b1f24", &*white),
            ("#4a5560", &*white),
            (&office.to_string(), &*white),
            ("#f1f3f5", &*sheet),
            ("#c4ccd4", &*sheet),
            (&*link, &*sheet),
        ] {
            assert!(
                html.contains(text) && html.contains(ground),
                "{text} on {ground} is no longer used"
            );
            let (text, ground) = (Colour::parse(text).unwrap(), Colour::parse(ground).unwrap());
            assert!(text.contrast(ground) >= 4.5, "{text} on {ground}");
            assert!(
                text.inverted().contrast(ground.inverted()) >= 4.5,
                "{text} on {ground}, inverted"
            );
        }
    }
}

#[test]
fn e6_the_seal_has_its_size_a_plate_and_no_words_of_its_own() {
    let document = sample();
    let sealed = |width, height| {
        let url = "https://news.example.gov/logo/0123.png";
        newsletter(&NewsletterMail {
            logo: Some(Logo { url, width, height }),
            ..mail(&document)
        })
    };
    let plain = newsletter(&mail(&document));
    let parts = sealed(400, 200);
    assert!(parts.html.contains(
        r#"<img src="https://news.example.gov/logo/0123.png" alt="" width="112" height="56""#
    ));
    assert_eq!(words::of_html(&parts.html), words::of_html(&plain.html));
    assert_eq!(parts.text, plain.text);
    assert!(
        sealed(1_000, 100)
            .html
            .contains(r#"width="168" height="16""#)
    );
    assert!(sealed(1, 1_000).html.contains(r#"width="1" height="56""#));
}

#[test]
fn c7_the_last_line_says_who_prepared_it_or_what_the_office_wants_it_to_say() {
    let document = sample();
    for (footer, says) in [
        (
            None,
            "Prepared by the Office of Rep. Young Kim. Official business.",
        ),
        (Some("Paid for by no one."), "Paid for by no one."),
    ] {
        let parts = newsletter(&NewsletterMail {
            footer,
            ..mail(&document)
        });
        assert!(parts.text.trim_end().ends_with(says), "{}", parts.text);
        assert!(parts.html.contains(says), "{says}");
        let default = footer.is_some() && parts.text.contains("Official business");
        assert!(!default, "the office's own words take the place of ours");
    }
}

#[test]
fn c1_on_the_press_list_nobody_is_told_that_they_asked_for_it() {
    for language in ["en", "es", "ko", "vi", "zh"] {
        let document = paragraphs(1, language);
        let parts = newsletter(&NewsletterMail {
            press_list: true,
            ..mail(&document)
        });
        let to_subscribers = newsletter(&mail(&document));
        for (press, subscribers) in [
            (&parts.html, &to_subscribers.html),
            (&parts.text, &to_subscribers.text),
        ] {
            assert!(press.contains("/unsubscribe/TOKEN"));
            assert!(!press.contains("/preferences/"));
            assert!(subscribers.contains("/preferences/TOKEN"));
        }
        let asked = super::words::FixedWords::of(language).why(
            "Press releases",
            "news.example.gov",
            "Office of Rep. Young Kim",
        );
        assert!(to_subscribers.text.contains(&asked), "{language}");
        assert!(!parts.text.contains(&asked), "{language}");
    }
}
