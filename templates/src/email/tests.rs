//! The newsletter as mail software and readers get it.

use super::{NewsletterMail, newsletter, newsletter::LONGEST};
use crate::document::{Block, Direction, Document, Inline, tests::sample, words};

const SUBJECT: &str = "Kim Leads Letter Demanding Answers on Russia-DPRK Relationship";

fn mail(document: &Document) -> NewsletterMail<'_> {
    NewsletterMail {
        subject: SUBJECT,
        document,
        date: jiff::civil::date(2024, 2, 16),
        office: "Office of Rep. Young Kim",
        colour: "#1d4f91",
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
    // We do not speak Arabic: the footer says that it is English.
    assert!(html.contains(r#"class="muted" lang="en""#));
    assert_eq!(html.matches("<h1").count(), 1);
}

/// WCAG 2.2 contrast of two `rrggbb` colours.
fn contrast(one: &str, other: &str) -> f64 {
    let luminance = |colour: &str| {
        let channel = |at: usize| {
            let value = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).unwrap()) / 255.0;
            if value <= 0.04045 {
                value / 12.92
            } else {
                ((value + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * channel(0) + 0.7152 * channel(2) + 0.0722 * channel(4)
    };
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

#[test]
fn e4_text_stands_out_in_light_dark_and_inverted_colours() {
    let inverted = |colour: &str| {
        format!(
            "{:06x}",
            0x00ff_ffff - u32::from_str_radix(colour, 16).unwrap()
        )
    };
    let html = newsletter(&mail(&sample())).html;
    for (text, ground) in [
        ("1b1f24", "ffffff"),
        ("4a5560", "ffffff"),
        ("1d4f91", "ffffff"),
        ("ffffff", "1d4f91"),
        ("f1f3f5", "1a2027"),
        ("c4ccd4", "1a2027"),
        ("9ecbff", "1a2027"),
    ] {
        assert!(
            html.contains(text) && html.contains(ground),
            "{text} on {ground} is no longer used"
        );
        assert!(contrast(text, ground) >= 4.5, "{text} on {ground}");
        assert!(
            contrast(&inverted(text), &inverted(ground)) >= 4.5,
            "{text} on {ground}, inverted"
        );
    }
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
