//! How long it takes to make a newsletter of a page: `cargo bench --bench reading`.
//!
//! The page is the sample release, chrome and all, its text repeated until the page has 78 KB: as
//! long as the longest releases get. Target: below 20 ms on one core, 10 of them for reading, from the page's bytes to both
//! parts of the mail, with the office's band, the footer and the cut that a long release gets (E1).

use divan::{Bencher, black_box};
use gazette::{
    address::EmailAddress,
    clock::Timestamp,
    config::PublicUrl,
    newsletters::{
        Audience, Newsletter, NewsletterState, Topic,
        compose::{MessageParts, compose},
    },
    office::Office,
    releases::{
        reading::{self, Reading, charset},
        sample,
    },
    sending_window::SendingWindow,
    subscribers::Frequency,
};
use gazette_templates::{
    Document,
    document::{html, text},
};
use jiff::{
    civil::{Time, Weekday},
    tz::TimeZone,
};

const LENGTH: usize = 78 * 1024;

fn main() {
    divan::main();
}

/// The sample page with its paragraphs said over and over.
fn long_page() -> String {
    let page = sample::RELEASES[1].page;
    let from = page.find("<p><strong>Washington").unwrap_or(0);
    let (before, rest) = page.split_at(from);
    let to = rest.find("</ol>\n</div>").map_or(rest.len(), |at| at + 5);
    let (release, after) = rest.split_at(to);
    let times = (LENGTH - before.len() - after.len()) / release.len() + 1;
    [before, &release.repeat(times), after].concat()
}

fn long_document() -> Document {
    reading::page(&long_page(), None).document
}

/// An office and its site, as it is loaded once for many newsletters.
struct Desk {
    office: Office,
    public_url: PublicUrl,
    now: Timestamp,
}

impl Desk {
    fn new() -> Self {
        let now: Timestamp = "2024-02-16T19:05:00Z".parse().unwrap();
        let office = Office {
            name: "Office of Rep. Jane Doe".to_owned(),
            from: EmailAddress::parse("news@mail.example.gov").unwrap(),
            reply_to: None,
            postal_address: "1 Main Street\nMilltown, XY 00001".to_owned(),
            time_zone: TimeZone::get("America/New_York").unwrap(),
            languages: vec!["en".to_owned()],
            site_url: None,
            privacy_url: None,
            bounce_domain: None,
            unsubscribe_by_mail: None,
            sender_id: None,
            colour: "#1d4f91".to_owned(),
            logo: None,
            deadline_hours: 72,
            confirmation_hours: 48,
            summary_day: Weekday::Friday,
            summary_time: Time::midnight(),
            window: SendingWindow::default(),
            footer: None,
            pause_in_blackout: false,
            evidence_years: 3,
            delivery_months: 24,
            zip_codes: gazette::form_questions::ZipCodes::default(),
            questions: Vec::new(),
            undo_seconds: 60,
            four_eyes: false,
            resume_after_quota: false,
            one_click_leaves_all: false,
            phone: None,
            form_sites: Vec::new(),
            names: Vec::new(),
            notice_from: None,
            notice_return_path: None,
            test_recipients: Vec::new(),
            complete: true,
        };
        Self {
            office,
            public_url: "https://news.example.gov".parse().unwrap(),
            now,
        }
    }

    fn newsletter(&self, reading: Reading) -> Newsletter {
        Newsletter {
            id: 1,
            topic: Topic {
                called: "Press releases".to_owned(),
                id: 1,
                slug: "press".to_owned(),
                name: "Press releases".to_owned(),
            },
            release_id: Some(1),
            release_url: Some("https://office.example/2024/02/16/letter/".to_owned()),
            published_at: Some(self.now),
            subject: reading.title.unwrap_or_default(),
            headline: None,
            slug: "letter".to_owned(),
            language: reading.document.language.clone(),
            document: reading.document,
            state: NewsletterState::Draft,
            automatic: false,
            created_at: self.now,
            approved: None,
            scheduled_at: None,
            started_at: None,
            finished_at: None,
            deadline_hours: None,
            deadline_at: None,
            attention: None,
            edition: None,
            by_language: false,
            corrects: None,
            frequency: Frequency::Each,
            covers_to: None,
            waits: false,
            settles_at: None,
            auto_approve: None,
            revision: 0,
            superseded_by: None,
            preview: None,
            intro: None,
            changed: None,
            undo_until: None,
            resumes_at: None,
            review_requested: None,
            audience: Audience::Subscribers,
            news_release: true,
            blackout_to: None,
        }
    }

    fn compose(&self, newsletter: &Newsletter) -> MessageParts {
        compose(newsletter, &self.office, &self.public_url, self.now).unwrap()
    }
}

#[divan::bench]
fn a_78_kb_page_to_the_newsletter(bencher: Bencher) {
    let (page, desk) = (long_page(), Desk::new());
    assert!(page.len() >= LENGTH, "{} bytes", page.len());
    bencher.bench_local(|| {
        let page = charset::decode(black_box(page.as_bytes()), None);
        desk.compose(&desk.newsletter(reading::page(&page, None)))
    });
}

#[divan::bench]
fn reading_alone(bencher: Bencher) {
    let page = long_page();
    bencher.bench_local(|| reading::page(black_box(&page), None));
}

#[divan::bench]
fn both_renderings_alone(bencher: Bencher) {
    let document = long_document();
    bencher.bench_local(|| {
        (
            html::mail_blocks(black_box(&document), "#1d4f91"),
            text::render(black_box(&document)),
        )
    });
}

#[divan::bench]
fn composing_alone(bencher: Bencher) {
    let desk = Desk::new();
    let newsletter = desk.newsletter(reading::page(&long_page(), None));
    bencher.bench_local(|| desk.compose(black_box(&newsletter)));
}
