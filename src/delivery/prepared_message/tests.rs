//! What goes on the wire, read back by a parser that is not ours.

use gazette_templates::document::{Block, Direction, Document, Inline};
use jiff::tz::TimeZone;
use mail_parser::{HeaderValue, Message, MessageParser};
use proptest::prelude::*;

use super::*;
use crate::{
    address::EmailAddress,
    config::PublicUrl,
    delivery::testing,
    newsletters::{Audience, Newsletter, NewsletterState, Subject, Topic},
    secret::Keys,
};

pub(in crate::delivery) fn office() -> Office {
    Office {
        name: "Office of Rep. Young Kim".to_owned(),
        from: EmailAddress::parse("news@mail.example.gov").unwrap(),
        reply_to: Some(EmailAddress::parse("press@example.gov").unwrap()),
        postal_address: "180 N Riverview Dr Suite 150\nAnaheim, CA 92808".to_owned(),
        time_zone: TimeZone::get("America/New_York").unwrap(),
        languages: vec!["en".to_owned()],
        site_url: None,
        privacy_url: None,
        bounce_domain: Some("bounce.example.gov".to_owned()),
        unsubscribe_by_mail: None,
        sender_id: Some("ca40press".to_owned()),
        colour: "#1d4f91".to_owned(),
        logo: None,
        deadline_hours: 72,
        confirmation_hours: 48,
        window: crate::sending_window::SendingWindow::default(),
        summary_day: jiff::civil::Weekday::Friday,
        summary_time: jiff::civil::Time::midnight(),
        footer: None,
        pause_in_blackout: false,
        evidence_years: 3,
        delivery_months: 24,
        notice_from: None,
        names: vec![("es".to_owned(), "Oficina de la Rep. Young Kim".to_owned())],
        notice_return_path: None,
        test_recipients: Vec::new(),
        one_click_leaves_all: false,
        phone: None,
        form_sites: Vec::new(),
        zip_codes: crate::form_questions::ZipCodes::default(),
        questions: Vec::new(),
        undo_seconds: 60,
        four_eyes: false,
        resume_after_quota: false,
        complete: true,
    }
}

pub(in crate::delivery) fn newsletter(subject: &str, paragraphs: &[&str]) -> Newsletter {
    let at = "2024-02-16T19:05:00Z".parse().unwrap();
    Newsletter {
        id: 7,
        topic: Topic {
            called: "Press releases".to_owned(),
            id: 1,
            slug: "press".to_owned(),
            name: "Press releases".to_owned(),
        },
        release_id: Some(3),
        release_url: Some("https://youngkim.house.gov/2024/02/16/letter/".to_owned()),
        published_at: Some(at),
        subject: subject.to_owned(),
        headline: None,
        slug: "kim-leads-letter".to_owned(),
        language: "en".to_owned(),
        document: Document {
            language: "en".to_owned(),
            direction: Direction::Ltr,
            blocks: paragraphs
                .iter()
                .map(|says| Block::Paragraph(vec![Inline::Text((*says).to_owned())]))
                .collect(),
        },
        frequency: crate::subscribers::Frequency::Each,
        covers_to: None,
        audience: Audience::Subscribers,
        deadline_hours: None,
        undo_until: None,
        resumes_at: None,
        review_requested: None,
        deadline_at: None,
        news_release: true,
        blackout_to: None,
        state: NewsletterState::Sending,
        automatic: false,
        created_at: at,
        approved: None,
        scheduled_at: None,
        started_at: Some(at),
        finished_at: None,
        attention: None,
        settles_at: None,
        auto_approve: None,
        revision: 0,
        superseded_by: None,
        preview: None,
        changed: None,
        intro: None,
        edition: None,
        by_language: false,
        corrects: None,
        waits: false,
    }
}

fn parts_of(newsletter: &Newsletter, office: &Office) -> MessageParts {
    let public_url: PublicUrl = "https://news.example.gov".parse().unwrap();
    compose(newsletter, office, &public_url, newsletter.created_at).unwrap()
}

pub(in crate::delivery) fn prepared(subject: &str, paragraphs: &[&str]) -> PreparedMessage {
    PreparedMessage::new(&parts_of(&newsletter(subject, paragraphs), &office())).unwrap()
}

pub(in crate::delivery) fn placeholders(subscriber: i64) -> Placeholders {
    let link = SubscriberLink {
        subscriber,
        newsletter: 7,
    };
    link.placeholders(&Keys::from_bytes(&[3; 32]))
}

/// The message without what SMTP adds.
fn message(prepared: &PreparedMessage, email: &str) -> Vec<u8> {
    let mut wire = Vec::new();
    prepared
        .write(&mut wire, email, &placeholders(42), None)
        .unwrap();
    let message = wire.strip_suffix(b".\r\n").unwrap();
    assert!(message.ends_with(b"\r\n"));
    message.to_vec()
}

fn lines(message: &[u8]) -> Vec<&str> {
    let text = std::str::from_utf8(message).unwrap();
    let lines: Vec<&str> = text.split("\r\n").collect();
    assert!(
        lines.iter().all(|line| !line.contains(['\r', '\n'])),
        "a bare CR or LF"
    );
    lines
}

/// A part as it was composed. The last line's end belongs to the boundary (RFC 2046 §5.1.1).
fn unix(part: &str) -> String {
    format!("{}\n", part.replace("\r\n", "\n"))
}

/// Single-instance headers once, structure as expected, every line within its limit (P5, M1, M2,
/// H1, H11).
fn lint<'m>(message: &'m [u8], email: &str) -> Message<'m> {
    let all = lines(message);
    let end = all.iter().position(|line| line.is_empty()).unwrap();
    let (headers, body) = all.split_at(end);
    for line in headers {
        assert!(line.len() <= 998, "{line}");
        let unfoldable = line.trim_start().split(' ').count() <= 2;
        assert!(
            line.len() <= 78 || unfoldable,
            "{} octets: {line}",
            line.len()
        );
        if line.contains("=?utf-8?") {
            assert!(line.len() <= 76, "{line}");
            assert!(line.split(' ').all(|word| word.len() <= 75), "{line}");
        }
        assert!(!line.trim().is_empty());
    }
    for line in body {
        assert!(line.len() <= 76, "{} octets: {line}", line.len());
        assert!(
            !line.starts_with('.') && !line.starts_with("From "),
            "{line}"
        );
        assert_eq!(
            line.trim_end(),
            *line,
            "white space at the end would be lost"
        );
    }
    assert_eq!(
        body.iter().filter(|line| line.starts_with("--=_")).count(),
        3
    );

    let parsed = MessageParser::default().parse(message).unwrap();
    for once in [
        "Date",
        "From",
        "To",
        "Subject",
        "Message-ID",
        "MIME-Version",
        "Content-Type",
        "List-Id",
        "List-Unsubscribe",
        "List-Unsubscribe-Post",
        "List-Help",
        "List-Owner",
        "List-Post",
        "List-Archive",
        "Precedence",
        "Content-Language",
    ] {
        let count = parsed
            .headers()
            .iter()
            .filter(|header| header.name().eq_ignore_ascii_case(once))
            .count();
        assert_eq!(count, 1, "{once}");
    }
    for never in ["Bcc", "Cc", "Sender", "Return-Path", "Received", "X-Evil"] {
        assert!(parsed.header(never).is_none(), "{never}");
    }
    let to = parsed.to().unwrap().as_list().unwrap();
    assert_eq!(to.len(), 1);
    assert_eq!(to[0].address(), Some(email));
    assert_eq!(
        parsed.from().unwrap().first().unwrap().address(),
        Some("news@mail.example.gov")
    );
    assert_eq!(parsed.parts.len(), 3);
    assert_eq!(parsed.text_body.len(), 1);
    assert_eq!(parsed.html_body.len(), 1);
    parsed
}

#[test]
fn the_header_block_is_appendix_a_s() {
    let prepared = prepared(
        "Kim Leads Letter Demanding Answers on Russia-DPRK Relationship – a second line follows",
        &["Hello."],
    );
    let message = message(&prepared, "ana@example.org");
    let text = std::str::from_utf8(&message).unwrap();
    insta::assert_snapshot!(text.split("\r\n\r\n").next().unwrap().replace("\r\n", "\n"));
}

#[test]
fn both_parts_come_back_as_they_were_with_the_readers_own_links() {
    let newsletter = newsletter(
        "A title",
        &[
            "Curly “quotes” – and\u{a0}spaces.",
            ".A dot",
            "From here on",
            "100 % = all",
            &"word ".repeat(300),
        ],
    );
    let parts = parts_of(&newsletter, &office());
    let prepared = PreparedMessage::new(&parts).unwrap();
    let message = message(&prepared, "ana@example.org");
    let parsed = lint(&message, "ana@example.org");
    let placeholders = placeholders(42);
    let token = std::str::from_utf8(&placeholders.token).unwrap();
    let own = |part: &str| part.replace(SubscriberLink::SLOT, token);
    let text = crate::delivery::encoding::flowed(&parts.text);
    assert_eq!(unix(&parsed.body_text(0).unwrap()), own(&text));
    assert_eq!(unix(&parsed.body_html(0).unwrap()), own(&parts.html));
    assert!(
        !std::str::from_utf8(&message)
            .unwrap()
            .contains(SubscriberLink::SLOT)
    );
    for part in [parsed.body_text(0).unwrap(), parsed.body_html(0).unwrap()] {
        assert!(part.contains(&format!("https://news.example.gov/u/{token}")));
        assert!(part.contains(&format!("https://news.example.gov/p/{token}")));
    }
    assert_eq!(prepared.size("ana@example.org", None), message.len());
}

#[test]
fn h15_every_header_line_is_short_whatever_its_addresses_are() {
    let mut long = newsletter("A title", &["Hello."]);
    long.release_url = Some(format!(
        "https://doe.house.gov/{}",
        "a-long-segment/".repeat(20)
    ));
    let mut office = office();
    office.name = "Office of Representative Jane Q. Doe of the Fortieth District".to_owned();
    let message = message(
        &PreparedMessage::new(&parts_of(&long, &office)).unwrap(),
        "ana@example.org",
    );
    for line in lines(&message).iter().take_while(|line| !line.is_empty()) {
        assert!(line.len() <= 78, "{line}");
    }
    let parsed = lint(&message, "ana@example.org");
    let archived = parsed.header_raw("Archived-At").unwrap();
    let whole: String = archived.split_whitespace().collect();
    assert_eq!(whole, format!("<{}>", long.release_url.unwrap()));
}

#[test]
fn h1_one_click_headers_carry_the_readers_token_and_nothing_else() {
    let message = message(&prepared("A title", &["Hello."]), "ana@example.org");
    let parsed = lint(&message, "ana@example.org");
    let placeholders = placeholders(42);
    let token = std::str::from_utf8(&placeholders.token).unwrap();
    let raw = |name: &str| parsed.header_raw(name).unwrap().trim().to_owned();
    assert_eq!(
        raw("List-Unsubscribe"),
        format!("<https://news.example.gov/u/{token}>")
    );
    assert_eq!(raw("List-Unsubscribe-Post"), "List-Unsubscribe=One-Click");
}

#[test]
fn h9_a_mail_address_for_leaving_comes_first_where_there_is_one() {
    let office = Office {
        unsubscribe_by_mail: Some("bounce.example.gov".to_owned()),
        ..office()
    };
    let parts = parts_of(&newsletter("A title", &["Hello."]), &office);
    let message = message(&PreparedMessage::new(&parts).unwrap(), "ana@example.org");
    let parsed = lint(&message, "ana@example.org");
    let value = parsed
        .header_raw("List-Unsubscribe")
        .unwrap()
        .replace("\r\n", "");
    let addresses: Vec<&str> = value.split(',').map(str::trim).collect();
    assert_eq!(addresses.len(), 2);
    assert!(
        addresses[0].starts_with("<mailto:unsub+") && addresses[1].starts_with("<https://"),
        "{value}"
    );
    assert!(!value.contains(SubscriberLink::SLOT));
}

#[test]
fn who_reads_spanish_gets_mail_from_the_offices_spanish_name() {
    for (language, name) in [
        ("es-MX", "Oficina de la Rep. Young Kim"),
        ("en", "Office of Rep. Young Kim"),
        ("tl", "Office of Rep. Young Kim"),
        ("ko", "Office of Rep. Young Kim"),
    ] {
        let mut newsletter = newsletter("A title", &["Hello."]);
        newsletter.language = language.to_owned();
        let parts = parts_of(&newsletter, &office());
        assert_eq!(parts.from_name, name, "{language}");
        assert!(parts.text.starts_with(name), "{language}");
    }
}

#[test]
fn a_correction_refers_to_what_its_own_reader_got() {
    let mut corrected = newsletter("Correction: A title", &["Hello."]);
    corrected.corrects = Some(5);
    let prepared = PreparedMessage::new(&parts_of(&corrected, &office())).unwrap();
    assert_eq!(prepared.corrects(), Some(5));
    let keys = Keys::from_bytes(&[3; 32]);
    let original = SubscriberLink {
        subscriber: 42,
        newsletter: 5,
    };
    let mut wire = Vec::new();
    let own = placeholders(42).answering(original, &keys);
    prepared.write(&mut wire, "a@b.org", &own, None).unwrap();
    let parsed = MessageParser::default().parse(&wire).unwrap();
    let id = original.placeholders(&keys).message_id;
    assert_eq!(
        parsed.header_raw("References").unwrap().trim(),
        format!("<{}@mail.example.gov>", std::str::from_utf8(&id).unwrap())
    );
    assert_ne!(parsed.message_id().unwrap().as_bytes(), id);
}

#[test]
fn p14_message_ids_differ_per_reader_and_stay_over_attempts() {
    let prepared = prepared("A title", &["Hello."]);
    let id = |subscriber: i64| {
        let mut wire = Vec::new();
        prepared
            .write(&mut wire, "a@b.org", &placeholders(subscriber), None)
            .unwrap();
        MessageParser::default()
            .parse(&wire)
            .unwrap()
            .message_id()
            .unwrap()
            .to_owned()
    };
    let ids: std::collections::HashSet<String> = (0..1_000).map(id).collect();
    assert_eq!(ids.len(), 1_000);
    assert!(ids.contains(&id(999)));
    assert!(
        ids.iter()
            .all(|id| id.ends_with("@mail.example.gov") && id.len() <= 500)
    );
}

#[test]
fn b1_the_return_path_is_the_readers_own_or_the_offices() {
    let path = |office: &Office| {
        let mut out = Vec::new();
        let parts = parts_of(&newsletter("A title", &["Hello."]), office);
        PreparedMessage::new(&parts)
            .unwrap()
            .return_path(&mut out, &placeholders(42));
        String::from_utf8(out).unwrap()
    };
    let own = path(&office());
    let local = own.strip_suffix("@bounce.example.gov").unwrap();
    let keys = Keys::from_bytes(&[3; 32]);
    assert_eq!(
        SubscriberLink::from_return_path(&keys, local)
            .unwrap()
            .subscriber,
        42
    );
    assert_eq!(
        path(&Office {
            bounce_domain: None,
            ..office()
        }),
        "news@mail.example.gov"
    );
}

#[test]
fn h12_only_a_newsletter_that_nobody_approved_says_that_it_is_automatic() {
    for automatic in [true, false] {
        let newsletter = Newsletter {
            automatic,
            ..newsletter("A title", &["Hello."])
        };
        let prepared = PreparedMessage::new(&parts_of(&newsletter, &office())).unwrap();
        let message = message(&prepared, "ana@example.org");
        let parsed = lint(&message, "ana@example.org");
        assert_eq!(
            parsed.header_raw("Auto-Submitted").map(str::trim),
            automatic.then_some("auto-generated")
        );
    }
}

#[test]
fn p5_m6_hostile_titles_and_names_begin_no_header() {
    let long = "word ".repeat(400);
    for title in [
        "Re: x\r\nBcc: y@z.gov\r\n\r\nbody",
        "a\0b\u{1}c\u{2}d\u{3}e",
        &long,
        "🎉🎉 Fwd: =?utf-8?q?x?= 🎉",
        "\u{202e}evil",
        &"𝒳".repeat(2_000),
        &"x".repeat(2_000),
    ] {
        let mut newsletter = newsletter(title, &["Hello.\r\n.\r\nQUIT"]);
        newsletter.topic.name = "News\r\nX-Evil: 1".to_owned();
        newsletter.topic.slug = "a\r\nX-Evil: 1".to_owned();
        newsletter.language = "en\r\nX-Evil: 1".to_owned();
        newsletter.release_url = Some("https://x.gov/\r\nX-Evil: 1".to_owned());
        let office = Office {
            name: "Me\r\nBcc: you@x.gov".to_owned(),
            ..office()
        };
        let prepared = PreparedMessage::new(&parts_of(&newsletter, &office)).unwrap();
        let message = message(&prepared, "ana@example.org");
        let parsed = lint(&message, "ana@example.org");
        let subject = parsed.subject().unwrap();
        assert!(
            subject.chars().count() <= 998 && !subject.contains(['\r', '\n']),
            "{subject}"
        );
        let raw = parsed.header_raw("Subject").unwrap();
        assert!(raw.len() <= 1_000, "{}", raw.len());
        assert!(parsed.header("X-Evil").is_none() && parsed.header("Bcc").is_none());
    }
}

#[test]
fn names_that_are_not_ascii_or_have_quotes_come_back() {
    for name in [
        "Oficina de José Núñez",
        "Rep. \"Bob\" O'Neil \\ Team",
        "김영 의원실",
        &"Long name ".repeat(9),
    ] {
        let office = Office {
            name: name.to_owned(),
            ..office()
        };
        let mut newsletter = newsletter("A title", &["Hello."]);
        newsletter.topic.name = name.to_owned();
        let message = message(
            &PreparedMessage::new(&parts_of(&newsletter, &office)).unwrap(),
            "ana@example.org",
        );
        let parsed = lint(&message, "ana@example.org");
        assert_eq!(
            parsed.from().unwrap().first().unwrap().name(),
            Some(name.trim())
        );
        let list_id = parsed.header("List-Id").unwrap();
        let HeaderValue::Address(list_id) = list_id else {
            panic!("{list_id:?}")
        };
        assert_eq!(
            list_id.first().unwrap().address(),
            Some("press.list-id.mail.example.gov")
        );
    }
}

#[test]
fn m9_an_address_beyond_ascii_needs_smtputf8_and_stands_in_to_as_it_is() {
    let prepared = prepared("A title", &["Hello."]);
    assert!(PreparedMessage::needs_smtputf8("用户@xn--r8jz45g.jp"));
    assert!(!PreparedMessage::needs_smtputf8("ana@example.org"));
    lint(
        &message(&prepared, "用户@xn--r8jz45g.jp"),
        "用户@xn--r8jz45g.jp",
    );
}

#[test]
fn e1_p8_a_release_of_78_kb_fits_every_limit() {
    let long =
        "The committee heard from witnesses about water, roads, and veterans’ care. ".repeat(10);
    let paragraphs: Vec<&str> =
        std::iter::repeat_n(long.as_str(), 78_000 / long.len() + 1).collect();
    let newsletter = newsletter("A title", &paragraphs);
    let parts = parts_of(&newsletter, &office());
    assert!(parts.html.len() <= 90_000);
    let message = message(&PreparedMessage::new(&parts).unwrap(), "ana@example.org");
    lint(&message, "ana@example.org");
    let headers = message
        .windows(4)
        .position(|window| window == b"\r\n\r\n")
        .unwrap();
    assert!(headers < 4_000);
}

#[test]
fn c4_the_exported_file_is_the_mail_but_for_the_readers_marks() {
    let prepared = prepared("A title", &["Hello."]);
    let eml = prepared.eml();
    let parsed = lint(&eml, "subscriber@recipient.invalid");
    assert!(parsed.body_text(0).unwrap().contains(SubscriberLink::SLOT));
    let sent = message(&prepared, "subscriber@recipient.invalid");
    assert_eq!(eml.len(), sent.len());
}

#[tokio::test]
async fn c4_a_newsletter_is_exported_once_the_office_is_set_up() {
    let (app, _folder) = testing::app(crate::clock::Clock::system()).await;
    testing::sending_newsletter(&app, 0).await;
    let refused = export_eml(&app, 1, "ana@example.gov").await.unwrap_err();
    assert!(
        refused.to_string().contains("gazette office set"),
        "{refused}"
    );
    let settings = [
        ("name", "Rep. Kim"),
        ("from", "news@mail.example.gov"),
        ("postal-address", "1 Main St"),
    ];
    Office::set_all(&app.db, "operator", &settings, 0)
        .await
        .unwrap();
    let eml = export_eml(&app, 1, "ana@example.gov").await.unwrap();
    assert_eq!(
        lint(&eml, "subscriber@recipient.invalid").subject(),
        Some("Subject")
    );
    // Who took it is on record, and who got nothing is not.
    let lines = crate::audit::latest(&app.db, i64::MAX, 100).await.unwrap();
    let exports: Vec<_> = lines
        .iter()
        .filter(|line| line.action == "newsletter.export")
        .map(|line| (line.who.as_str(), line.object.as_str()))
        .collect();
    assert_eq!(exports, [("ana@example.gov", "newsletter/1")]);
}

#[test]
fn a_release_that_holds_the_slots_digits_is_refused() {
    let public_url: PublicUrl = "https://news.example.gov".parse().unwrap();
    let stealing = format!("https://evil.example/?{}", SubscriberLink::SLOT);
    let newsletter = newsletter("A title", &[&stealing]);
    let error = compose(&newsletter, &office(), &public_url, newsletter.created_at).unwrap_err();
    assert!(error.to_string().contains("secret token"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]
    #[test]
    fn m3_any_title_comes_back_from_its_header(title in "\\PC{1,120}") {
        let Some(subject) = Subject::from_title(&title) else { return Ok(()) };
        let prepared = prepared(subject.as_str(), &["Hello."]);
        let message = message(&prepared, "ana@example.org");
        let parsed = lint(&message, "ana@example.org");
        prop_assert_eq!(parsed.subject().unwrap(), one_line(subject.as_str()));
    }

    #[test]
    fn m1_any_text_comes_back_from_its_part(text in "(\\PC|[.=\t \n-]|From |--=_gazette){0,200}") {
        let mut parts = parts_of(&newsletter("A title", &["Hello."]), &office());
        parts.text = format!("{text}\n");
        parts.html = parts.text.clone();
        let message = message(&PreparedMessage::new(&parts).unwrap(), "ana@example.org");
        let parsed = lint(&message, "ana@example.org");
        let flowed = crate::delivery::encoding::flowed(&parts.text);
        prop_assert_eq!(unix(&parsed.body_text(0).unwrap()), flowed);
        prop_assert_eq!(unix(&parsed.body_html(0).unwrap()), parts.html);
    }
}
