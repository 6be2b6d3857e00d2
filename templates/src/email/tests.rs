//! The newsletter as mail software and readers get it.

use super::{LONGEST, Logo, NewsletterMail, newsletter};
use crate::{
    Colour,
    document::{
        Block, Direction, Document, Inline, List, NumberStyle, Numbering, digest,
        reading_time::ReadingTime, tests::sample, words,
    },
};

const SUBJECT: &str = "Kim Leads Letter Demanding Answers on Russia-DPRK Relationship";

pub(super) fn mail(document: &Document) -> NewsletterMail<'_> {
    NewsletterMail {
        subject: SUBJECT,
        document,
        preview: None,
        intro: None,
        changed: None,
        date: jiff::civil::date(2024, 2, 16),
        office: "Office of Rep. Young Kim",
        colour: Colour::DEFAULT,
        logo: None,
        postal_address: "180 N Riverview Dr Suite 150\nAnaheim, CA 92808",
        topic: "Press releases",
        sign_up_url: "https://news.example.gov/",
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

/// Five releases of a week, one of them a photograph alone.
fn week(language: &str) -> Document {
    let sample = Document {
        language: language.to_owned(),
        ..sample()
    };
    let short = Document {
        blocks: sample.blocks[..1].to_vec(),
        ..sample.clone()
    };
    let titles = [
        "Town Hall on Roads in Tustin This Friday",
        "How Rep. Doe Voted This Week",
        "A Guide to Federal Help After the Fire",
        "Office Closed on Monday",
    ];
    let mut parts: Vec<digest::Part<'_>> = Vec::new();
    for (day, title) in (21..).zip(titles) {
        parts.push(digest::Part {
            title,
            date: jiff::civil::date(2026, 11, day),
            url: Some(format!("https://doe.house.gov/{day}/").parse().unwrap()),
            document: &short,
        });
    }
    parts.push(digest::Part {
        title: "Doe Opens the Harbor Bridge",
        date: jiff::civil::date(2026, 11, 27),
        url: Some("https://doe.house.gov/27/".parse().unwrap()),
        document: &sample,
    });
    digest::document(&parts)
}

#[test]
fn a_digest_as_a_mail_in_both_parts() {
    let document = week("en");
    let parts = newsletter(&NewsletterMail {
        subject: "Doe Opens the Harbor Bridge, and 4 more",
        date: jiff::civil::date(2026, 11, 27),
        ..mail(&document)
    });
    insta::assert_snapshot!(parts.html.replace("><", ">\n<"));
    insta::assert_snapshot!(parts.text);
}

#[test]
fn the_preview_of_a_digest_is_its_next_headlines() {
    let line = super::preview("Doe Opens the Harbor Bridge, and 4 more", &week("en")).unwrap();
    assert!(
        line.starts_with("Town Hall on Roads in Tustin This Friday · How Rep. Doe Voted This Week"),
        "{line}"
    );
    // The subject names it, wherever it stands.
    assert!(!line.contains("Harbor Bridge"), "{line}");
}

#[test]
fn r3_both_parts_say_the_same_words_in_the_same_order_in_every_language() {
    for language in ["en", "es", "ko", "vi", "zh-Hans", "zh-Hant", "ar", "tl"] {
        for document in [
            Document {
                language: language.to_owned(),
                ..sample()
            },
            paragraphs(120, language),
            week(language),
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

/// What stands in the hidden line.
fn hidden(html: &str) -> Option<&str> {
    let (_, rest) = html.split_once("display:none;max-height:0")?;
    rest.split_once('>')?
        .1
        .split_once("</div>")
        .map(|(line, _)| line)
}

#[test]
fn e5_the_mailbox_shows_the_beginning_of_the_release_which_stands_below_too() {
    let document = sample();
    let parts = newsletter(&mail(&document));
    let line = hidden(&parts.html).unwrap();
    assert!(
        line.chars().count() <= super::PREVIEW && line.len() > 60,
        "{line}"
    );
    // It comes before every word that is shown, in the HTML part alone, and says nothing new.
    assert!(parts.html.find(line) < parts.html.find("Office of Rep. Young Kim<br>"));
    let lead = line.trim_end_matches('…');
    assert!(parts.text.contains(lead) && !parts.text.starts_with(lead));
    assert_eq!(parts.html.matches("display:none").count(), 1);
    let own = newsletter(&NewsletterMail {
        preview: Some("What <we> ask & why"),
        ..mail(&document)
    });
    assert_eq!(hidden(&own.html), Some("What &lt;we&gt; ask &amp; why"));
    assert_eq!(own.text, parts.text);
}

#[test]
fn a_mail_that_was_cut_says_that_it_ends_and_how_long_the_whole_takes() {
    let whole = newsletter(&mail(&sample()));
    let long = paragraphs(400, "en");
    let cut = newsletter(&mail(&long));
    let minutes = ReadingTime::of(&long).minutes();
    assert!(minutes > 100, "of all of it, not of what is mailed");
    let takes = format!("{minutes} minutes to read");
    for part in [&cut.html, &cut.text] {
        assert!(
            part.contains("This mail ends here.") && part.contains(&takes),
            "{part}"
        );
    }
    for part in [&whole.html, &whole.text] {
        assert!(
            !part.contains("ends here") && part.contains("2 minutes to read"),
            "{part}"
        );
    }
}

#[test]
fn a_word_of_the_office_stands_above_the_release_in_both_parts_and_only_where_there_is_one() {
    let document = sample();
    let alone = newsletter(&mail(&document));
    let parts = newsletter(&NewsletterMail {
        intro: Some("Dear <neighbors>,\nthis letter matters to many of you."),
        ..mail(&document)
    });
    for part in [&parts.html, &parts.text] {
        let intro = part.find("this letter matters").unwrap();
        assert!(part.find("neighbors").unwrap() < intro);
        assert!(intro < part.rfind("led a letter").unwrap());
    }
    assert!(
        parts.html.contains("Dear &lt;neighbors&gt;,</p>"),
        "{}",
        parts.html
    );
    assert_eq!(
        words::of_html(&parts.html),
        words::of_text(&parts.text, "en")
    );
    // The line in the mailbox is still the release's.
    assert_eq!(hidden(&parts.html), hidden(&alone.html));
    let (taken_out, _) = parts.html.split_once("Dear ").unwrap();
    assert!(
        alone
            .html
            .starts_with(taken_out.rsplit_once("<p").unwrap().0)
    );
}

#[test]
fn a_correction_says_first_what_changed_and_the_mailbox_shows_it() {
    let document = sample();
    let parts = newsletter(&NewsletterMail {
        changed: Some("“6:00 p.m.” became “7:00 p.m.”.\nMore was changed."),
        ..mail(&document)
    });
    for part in [&parts.html, &parts.text] {
        let changed = part.rfind("“7:00 p.m.”").unwrap();
        assert!(part.contains("What changed:") && changed < part.rfind("led a letter").unwrap());
    }
    assert!(
        hidden(&parts.html)
            .unwrap()
            .starts_with("“6:00 p.m.” became")
    );
    assert_eq!(
        words::of_html(&parts.html),
        words::of_text(&parts.text, "en")
    );
}

#[test]
fn a_headline_of_its_own_takes_the_place_of_the_subject() {
    let mut document = sample();
    let headline = vec![Inline::Text("8 releases, November 21–27".to_owned())];
    document.blocks.insert(
        0,
        Block::Heading {
            level: 1,
            text: headline,
        },
    );
    let parts = newsletter(&mail(&document));
    assert_eq!(parts.html.matches("<h1").count(), 1);
    assert_eq!(parts.html.matches("8 releases, November 21–27").count(), 1);
    assert_eq!(
        parts
            .text
            .matches("8 releases, November 21–27\n==========================\n")
            .count(),
        1
    );
    assert!(!parts.text.contains(SUBJECT) && parts.html.contains(&format!("<title>{SUBJECT}")));
    assert_eq!(
        words::of_html(&parts.html),
        words::of_text(&parts.text, "en")
    );
}

#[test]
fn only_a_paragraph_that_leads_a_text_is_set_in_larger_letters() {
    let says = |text: &str| Block::Paragraph(vec![Inline::Text(text.to_owned())]);
    let larger = |blocks: Vec<Block>| {
        let document = Document { blocks, ..sample() };
        let html = newsletter(&mail(&document)).html;
        let (_, rest) = html.split_once("font-size:19px;line-height:1.5;")?;
        Some(rest.split_once('>')?.1.split('<').next()?.to_owned())
    };
    let body = || says("The body goes on.");
    assert_eq!(
        larger(vec![says("News."), body()]).as_deref(),
        Some("News.")
    );
    let below = vec![says("FOR IMMEDIATE RELEASE"), says("News."), body()];
    assert_eq!(larger(below).as_deref(), Some("News."));
    assert_eq!(larger(vec![body()]), None, "alone it is the text");
    assert_eq!(larger(vec![says(&"long ".repeat(200)), body()]), None);
    let quoted = vec![Block::Quote(vec![says("A letter.")]), body()];
    assert_eq!(larger(quoted), None);
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
    assert!(html.contains("إلغاء الاشتراك") && !html.contains(r#"<div lang="ar" dir="ltr""#));
    // We do not speak Hebrew: the words that we put in say that they are English, and run that way.
    let hebrew = Document {
        language: "he".to_owned(),
        ..arabic
    };
    let html = newsletter(&mail(&hebrew)).html;
    assert_eq!(html.matches(r#"lang="he" dir="rtl""#).count(), 2);
    assert!(
        html.contains(r#"<div lang="en" dir="ltr"><p"#),
        "the footer"
    );
    assert!(html.contains(r#"<p class="muted" lang="en" dir="ltr""#));
    assert_eq!(html.matches("<h1").count(), 1);
}

#[test]
fn in_arabic_an_address_in_latin_letters_begins_with_its_number() {
    let arabic = Document {
        language: "ar".to_owned(),
        direction: Direction::Rtl,
        ..sample()
    };
    let address = "180 N Riverview Dr Suite 150, Anaheim, CA 92808";
    let office = "مكتب النائبة يونغ كيم";
    let footer = Some("Paid for with official funds (authorized by the House).");
    let parts = newsletter(&NewsletterMail {
        office,
        footer,
        ..mail(&arabic)
    });
    let html = format!("{office}، <span dir=\"ltr\">{address}</span>");
    assert!(parts.html.contains(&html), "{}", parts.html);
    let text = format!("\n{office}، \u{2066}{address}\u{2069}\n");
    assert!(parts.text.contains(&text), "{}", parts.text);
    let last = "\u{2066}Paid for with official funds (authorized by the House).\u{2069}\n";
    assert!(parts.text.ends_with(last), "{}", parts.text);
    // Its own words need none, nor does an address in Arabic letters.
    let own = newsletter(&NewsletterMail {
        office,
        postal_address: "شارع ١\nتوستن",
        topic: "بيانات صحفية",
        ..mail(&arabic)
    });
    assert!(!own.html.contains("<span dir") && !own.text.contains('\u{2066}'));
    let english = newsletter(&mail(&sample()));
    assert!(!english.html.contains("<span dir") && !english.text.contains('\u{2066}'));
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
        // The bars and rules are no text, but a button's words stand on the office's colour, in the
        // dark on the links' colour.
        for (text, ground) in [
            (&*white, &*office.to_string()),
            (&*sheet, &*link),
            ("#1b1f24", &*white),
            ("#1b1f24", "#eef1f4"),
            ("#f1f3f5", "#2a323b"),
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
fn e6_the_seal_has_its_size_a_white_ground_and_no_words_of_its_own() {
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
        parts
            .html
            .contains("background-color:#ffffff;border-radius:4px")
    );
    assert!(
        sealed(300, 300)
            .html
            .contains("background-color:#ffffff;border-radius:28px")
    );
    assert!(
        sealed(1_000, 100)
            .html
            .contains(r#"width="112" height="11""#)
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
    for language in ["en", "es", "ko", "vi", "zh", "zh-TW", "ar"] {
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
        let asked = super::words::FixedWords::of(language)
            .why("Press releases", "Office of Rep. Young Kim");
        assert!(to_subscribers.text.contains(&asked), "{language}");
        assert!(!parts.text.contains(&asked), "{language}");
    }
}
