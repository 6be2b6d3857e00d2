//! The checks, on releases that have what they look for, and on a small site.

use axum::{
    Router,
    http::{StatusCode, header},
    routing::{any, get},
};
use gazette_templates::document::{Block, Direction, Figure, Inline};

use super::*;
use crate::{
    clock::{HOUR, MINUTE},
    logo::tests::png,
    newsletters::{self, NewsletterState},
    test_data, values,
};

fn says(text: &str) -> Vec<Inline> {
    vec![Inline::Text(text.to_owned())]
}

fn link(href: &str, label: &str) -> Inline {
    Inline::Link {
        href: href.parse().unwrap(),
        label: says(label),
    }
}

fn document(blocks: Vec<Block>) -> Document {
    Document {
        language: "en".to_owned(),
        direction: Direction::Ltr,
        blocks,
    }
}

fn house(subject: &str, inlines: Vec<Inline>) -> Check {
    rules::house(
        subject,
        &Content::of(&document(vec![Block::Paragraph(inlines)])),
        &[],
    )
}

#[test]
fn c5_campaigning_is_stopped_with_its_place() {
    for (text, place) in [
        (
            "Please donate to the cause today",
            "Please donate to the cause",
        ),
        (
            "On Tuesday, VOTE FOR Jane Doe.",
            "On Tuesday VOTE FOR Jane Doe",
        ),
        ("Re-elect the team", "Re elect the team"),
        ("후원금을 보내 주세요", "후원금을 보내 주세요"),
    ] {
        let check = house("A bridge opens", says(text));
        assert_eq!(check.severity, Severity::Blocking, "{text}");
        assert!(check.details[0].contains(place), "{:?}", check.details);
    }
    for href in [
        "https://secure.actblue.com/donate/doe",
        "https://secure.winred.com/doe",
        "https://secure.doe.example/",
        "https://doe.example/contribute?amount=25",
    ] {
        let check = house("A bridge opens", vec![link(href, "Help out")]);
        assert_eq!(check.severity, Severity::Blocking, "{href}");
        assert!(check.details[0].contains(href) && check.details[0].contains("Help out"));
    }
    assert_eq!(
        house("Donate now", says("Hello.")).severity,
        Severity::Blocking
    );
}

#[test]
fn c5_what_stands_beside_the_text_is_read_as_the_text_is() {
    let content = Content::of(&document(vec![Block::Paragraph(says("Hello."))]));
    for place in [
        "in the word above the release",
        "in the first line in the mailbox",
    ] {
        let beside = [("Vote for Jane Doe", place)];
        let check = rules::house("A bridge opens", &content, &beside);
        assert_eq!(check.severity, Severity::Blocking);
        assert!(check.details[0].ends_with(place), "{:?}", check.details);
    }
}

#[test]
fn c5_what_official_mail_says_every_day_is_not_stopped() {
    for text in [
        "The Member voted for the bill, which passed 220 to 207.",
        "The election of a new Speaker; donors of organs; a campaign against smoking.",
    ] {
        assert_eq!(house("A vote", says(text)).severity, Severity::Ok, "{text}");
    }
    let official = link("https://secure.ssa.gov/donations", "Social Security");
    assert_eq!(house("A vote", vec![official]).severity, Severity::Ok);
    let reason = reason_to_hold("A vote", &document(vec![Block::Paragraph(says("Hello."))]));
    assert_eq!(reason, None);
}

#[test]
fn c5_every_host_that_is_not_the_offices_nor_a_governments_is_listed() {
    let content = Content::of(&document(vec![Block::Paragraph(vec![
        link("https://kim.house.gov/a", "a"),
        link("https://www.doe.example/b", "b"),
        link("https://www.youtube.com/watch?v=1", "c"),
        link("https://www.youtube.com/watch?v=2", "d"),
        link("mailto:a@elsewhere.example", "e"),
    ])]));
    let check = rules::hosts(&content, &["doe.example".to_owned()]);
    assert_eq!(check.severity, Severity::Warning);
    assert_eq!(check.details, ["www.youtube.com (2 links)"]);
}

#[test]
fn p7_a_link_that_seems_to_lead_elsewhere_is_pointed_out() {
    let names = |href: &str, label: &str| {
        names::names(&Content::of(&document(vec![Block::Paragraph(vec![link(
            href, label,
        )])])))
    };
    for (href, label, why) in [
        (
            "https://p\u{430}ypal.com/letter.pdf",
            "the letter",
            "“p\u{430}ypal.com” is xn--pypal-4ve.com",
        ),
        (
            "https://doe.example.net/",
            "www.irs.gov",
            "reads like www.irs.gov, but leads to doe.example.net",
        ),
        (
            "https://doe.example.net/",
            "Read it at https://www.irs.gov/pub.",
            "reads like www.irs.gov",
        ),
        ("https://bit.ly/x", "IRS.gov/refund", "reads like irs.gov"),
    ] {
        let check = names(href, label);
        assert_eq!(check.severity, Severity::Warning, "{href} {label}");
        assert!(check.details[0].contains(why), "{:?}", check.details);
    }
    for (href, label) in [
        ("https://www.irs.gov/refund", "irs.gov"),
        ("https://kim.house.gov/a", "https://doe.house.gov/a"),
        ("https://doe.example.net/map.zip", "map.zip"),
        ("https://doe.example.net/", "letter.pdf"),
        ("https://doe.example.net/", "The I.R.S. and the U.S. Code"),
        ("https://doe.example.net/", "news@irs.gov"),
        ("mailto:news@irs.gov", "irs.com"),
        ("https://www.xn--bcher-kva.com/", "bücher.com"),
        ("https://пример.com/", "пример"),
    ] {
        assert_eq!(names(href, label).severity, Severity::Ok, "{href} {label}");
    }
    // Also where an honest link to the same place came before.
    let text = [
        ("Our page", "https://bit.ly/x"),
        ("irs.gov", "https://bit.ly/x"),
    ]
    .map(|(label, href)| link(href, label));
    let content = Content::of(&document(vec![Block::Paragraph(text.to_vec())]));
    assert_eq!(content.links.len(), 1);
    assert_eq!(names::names(&content).severity, Severity::Warning);
}

#[test]
fn e6_a_picture_says_what_it_shows_or_is_pointed_out() {
    let figure = |src: &str, alt: &str, size: Option<u32>| {
        Block::Figure(Figure {
            src: src.parse().unwrap(),
            alt: alt.to_owned(),
            caption: None,
            width: size,
            height: size,
            link: None,
        })
    };
    let good = figure(
        "https://doe.example/a.jpg",
        "Jane Doe opens the bridge",
        Some(300),
    );
    let content = Content::of(&document(vec![good.clone()]));
    assert_eq!(sizes::pictures(&content).severity, Severity::Ok);
    assert_eq!(sizes::without_pictures(&content).severity, Severity::Ok);
    let bad = [
        ("https://doe.example/a.jpg", "", Some(300), "no words"),
        (
            "https://doe.example/a.jpg",
            "IMG_1234.jpg",
            Some(300),
            "file name",
        ),
        ("http://doe.example/a.jpg", "A bridge", Some(300), "https"),
        ("https://doe.example/a.webp", "A bridge", Some(300), "kind"),
        ("https://doe.example/a.jpg", "A bridge", None, "size"),
    ];
    for (src, alt, size, why) in bad {
        let check = sizes::pictures(&Content::of(&document(vec![figure(src, alt, size)])));
        assert_eq!(check.severity, Severity::Warning, "{src}");
        assert!(check.details[0].contains(why), "{:?}", check.details);
    }
    // What its caption says need not be said in its place once more.
    let mut captioned = good;
    if let Block::Figure(figure) = &mut captioned {
        figure.caption = Some(vec![Inline::Text(figure.alt.clone())]);
    }
    let content = Content::of(&document(vec![captioned]));
    assert_eq!(sizes::pictures(&content).severity, Severity::Ok);
    assert_eq!(sizes::without_pictures(&content).severity, Severity::Ok);
    let poster = Content::of(&document(vec![figure(
        "https://doe.example/p.png",
        "",
        Some(9),
    )]));
    assert_eq!(
        sizes::without_pictures(&poster).severity,
        Severity::Blocking
    );
}

#[test]
fn a_subject_that_shouts_or_runs_on_is_worth_a_look() {
    for (subject, verdict) in [
        ("Kim leads letter on Russia-DPRK relationship", Severity::Ok),
        ("한국어 제목", Severity::Ok),
        ("KIM LEADS LETTER ON RUSSIA", Severity::Warning),
        ("Bridge opens!!", Severity::Warning),
        (&"word ".repeat(20), Severity::Warning),
    ] {
        assert_eq!(reading::subject(subject).severity, verdict, "{subject}");
    }
}

#[test]
fn spam_words_count_in_a_subject_or_when_they_gather() {
    let text = |text: &str| Content::of(&document(vec![Block::Paragraph(says(text))]));
    let verdict = |subject, content: &Content| reading::spam(subject, content).severity;
    assert_eq!(verdict("A fair", &text("Entry is free.")), Severity::Ok);
    assert_eq!(verdict("Free entry", &text("Come.")), Severity::Warning);
    let many = text("Act now: a free prize, guaranteed.");
    let check = reading::spam("A fair", &many);
    assert_eq!(
        (check.severity, check.details.len()),
        (Severity::Warning, 4)
    );
}

#[test]
fn the_time_to_read_knows_languages_without_spaces() {
    let time = |text: String| {
        reading::time(&Content::of(&document(vec![Block::Paragraph(says(&text))]))).says
    };
    assert_eq!(time("word ".repeat(460)), "460 words, about 2 minutes.");
    assert_eq!(
        time("新闻".repeat(600)),
        "1200 characters, about 3 minutes."
    );
    assert_eq!(time("Hi.".to_owned()), "1 word, about 1 minute.");
}

/// A site with a page, a dead link, one that only knows GET, a redirect, a locked door, a fault and
/// a picture.
async fn site() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = format!("http://{}", listener.local_addr().unwrap());
    let only_get = get(|| async { "here" }).head(|| async { StatusCode::METHOD_NOT_ALLOWED });
    let picture = get(|| async { ([(header::CONTENT_TYPE, "image/png")], png(640, 480)) });
    let router = Router::new()
        .route("/page", get(|| async { "here" }))
        .route("/only-get", only_get)
        .route(
            "/moved",
            any(|| async { (StatusCode::FOUND, [(header::LOCATION, "/page")]) }),
        )
        .route("/locked", any(|| async { StatusCode::FORBIDDEN }))
        .route(
            "/members",
            any(|| async {
                let form = "/wp-login.php?redirect_to=%2Fmembers";
                (StatusCode::FOUND, [(header::LOCATION, form)])
            }),
        )
        .route("/wp-login.php", get(|| async { "Your name and password?" }))
        .route(
            "/intranet",
            get(|| async {
                let form = "<h1>Staff</h1><form><input name=u><input type=password name=p></form>";
                axum::response::Html(form)
            }),
        )
        .route("/fault", any(|| async { StatusCode::BAD_GATEWAY }))
        .route("/busy", any(|| async { StatusCode::TOO_MANY_REQUESTS }))
        .route("/picture.png", picture);
    tokio::spawn(async move { axum::serve(listener, router).await });
    at
}

async fn instance(public_url: &str) -> (App, crate::console::tests::Place) {
    let place = crate::console::tests::Place::new().await;
    let app = place.open(public_url).await;
    test_data::somebody(&app).await;
    (app, place)
}

/// A draft of a settled release from a source with this policy.
async fn draft(app: &App, policy: &str, document: &Document) -> i64 {
    let now = app.clock.now_ms();
    let json = serde_json::to_string(document).unwrap();
    test_data::idle_source(app, 1, policy.parse().unwrap()).await;
    let release = test_data::release(1).source(1).published_at(now);
    release.document(&json).insert(app).await;
    Office::set_all(
        &app.db,
        "operator",
        &[
            ("name", "Office of Rep. Jane Doe"),
            ("from", "news@doe.example"),
            ("postal-address", "1 Main St"),
        ],
        0,
    )
    .await
    .unwrap();
    newsletters::draft(app, 1).await.unwrap()
}

fn named<'a>(checks: &'a [Check], name: &str) -> &'a Check {
    checks.iter().find(|check| check.name == name).unwrap()
}

#[tokio::test]
async fn links_are_followed_once_and_a_dead_one_is_a_stop() {
    let (app, _place) = instance("http://127.0.0.1:8080").await;
    let site = site().await;
    let linked = |path: &str| link(&format!("{site}{path}"), "there");
    let picture = Block::Figure(Figure {
        src: format!("{site}/picture.png").parse().unwrap(),
        alt: "A bridge".to_owned(),
        caption: None,
        width: Some(320),
        height: None,
        link: None,
    });
    let links = [
        "/page",
        "/page#part",
        "/only-get",
        "/moved",
        "/locked",
        "/members",
        "/intranet",
        "/fault",
        "/gone",
    ];
    let text = links.iter().map(|path| linked(path)).collect();
    let body = document(vec![Block::Paragraph(text), Block::Quote(vec![picture])]);
    let id = draft(&app, "approve", &body).await;

    let before = check(&app, id).await.unwrap();
    assert_eq!(named(&before, "links").says, "9 links, not followed yet.");
    // Nobody asked, and this is a trial machine.
    assert_eq!(follow_due(&app).await.unwrap(), 0);
    follow_links(&app, id).await.unwrap();
    let after = check(&app, id).await.unwrap();
    let links = named(&after, "links");
    assert_eq!(links.severity, Severity::Blocking);
    assert_eq!(
        links.says,
        "9 links; 1 leads nowhere, 4 should be opened by hand. Followed just now."
    );
    assert!(links.details[0].contains("/gone") && links.details[0].contains("404"));
    let rest = links.details[1..].join("\n");
    assert!(rest.contains("/locked") && rest.contains("(403)") && rest.contains("error 502"));
    assert_eq!(blocking(&after).as_deref(), Some("links"));

    // The picture's other side was found, in the proportion of the one that the page gave.
    let kept = newsletters::find(&app, id).await.unwrap().document;
    let Block::Quote(inner) = &kept.blocks[1] else {
        panic!()
    };
    let Block::Figure(figure) = &inner[0] else {
        panic!()
    };
    assert_eq!((figure.width, figure.height), (Some(320), Some(240)));
    assert!(rest.contains("/intranet: it asks whoever opens it to sign in"));
    assert!(rest.contains("/members: it asks whoever opens it to sign in"));
    assert_eq!(answers_kept(&app).await, Some(9));
    app.clock.advance_ms(31 * 24 * HOUR);
    purge(&app).await.unwrap();
    assert_eq!(answers_kept(&app).await, Some(0));
}

#[tokio::test]
async fn of_a_host_that_has_had_enough_nothing_is_known_f11() {
    let (app, _place) = instance("http://127.0.0.1:8080").await;
    let text = vec![link(&format!("{}/busy", site().await), "there")];
    let id = draft(&app, "approve", &document(vec![Block::Paragraph(text)])).await;
    follow_links(&app, id).await.unwrap();
    let checks = check(&app, id).await.unwrap();
    let links = named(&checks, "links");
    assert_eq!(links.severity, Severity::Warning);
    assert_eq!(links.says, "1 link, not followed yet.");
}

#[tokio::test]
async fn f11_links_lead_nobody_into_the_private_network() {
    let (app, _place) = instance("https://news.doe.example").await;
    let text = vec![
        link("http://127.0.0.1:1/secret", "there"),
        link("http://169.254.169.254/latest", "meta"),
    ];
    let id = draft(&app, "approve", &document(vec![Block::Paragraph(text)])).await;
    assert_eq!(follow_due(&app).await.unwrap(), 1);
    // Once: what cannot be followed is not tried for ever.
    assert_eq!(follow_due(&app).await.unwrap(), 0);
    let checks = check(&app, id).await.unwrap();
    let links = named(&checks, "links");
    assert_eq!(links.severity, Severity::Warning);
    assert!(
        links
            .details
            .iter()
            .all(|line| line.contains("private network")),
        "{links:?}"
    );
}

#[tokio::test]
async fn a_draft_whose_text_changed_has_its_links_followed_again() {
    let (app, _place) = instance("https://news.doe.example").await;
    let to = |href: &str| document(vec![Block::Paragraph(vec![link(href, "there")])]);
    let id = draft(&app, "approve", &to("http://127.0.0.1:1/a")).await;
    assert_eq!(follow_due(&app).await.unwrap(), 1);
    assert_eq!(follow_due(&app).await.unwrap(), 0);

    let edited = to("http://127.0.0.1:1/b");
    let edited = newsletters::EditedText::of("A bridge opens", &edited);
    newsletters::edit(&app, id, edited, 0, "ana").await.unwrap();
    let stale = check(&app, id).await.unwrap();
    assert_eq!(named(&stale, "links").says, "1 link, not followed yet.");
    assert_eq!(follow_due(&app).await.unwrap(), 1);
    assert_eq!(follow_due(&app).await.unwrap(), 0);
    let links = check(&app, id).await.unwrap();
    assert!(named(&links, "links").details[0].contains("127.0.0.1:1/b"));

    // The same where the office changed the release, and nobody had looked at it.
    let renewed = serde_json::to_string(&to("http://127.0.0.1:1/c")).unwrap();
    let untouched = "UPDATE newsletter SET edited_at = NULL WHERE id = $1";
    app.db.execute(untouched, values![id]).await.unwrap();
    test_data::release_says(&app, 1, 2, &renewed).await;
    test_data::release_event(app.db.pool(), 1, "revised", Some(2)).await;
    assert_eq!(newsletters::follow_changes(&app).await.unwrap(), 1);
    assert_eq!(follow_due(&app).await.unwrap(), 1);
    let links = check(&app, id).await.unwrap();
    assert!(named(&links, "links").details[0].contains("127.0.0.1:1/c"));
}

fn picture(src: &str) -> Document {
    document(vec![Block::Figure(Figure {
        src: src.parse().unwrap(),
        alt: "A bridge".to_owned(),
        caption: None,
        width: None,
        height: None,
        link: None,
    })])
}

/// As if the picture had been looked at a minute ago.
async fn seen(app: &App, src: &str, (width, height): (i32, i32)) {
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, src.as_bytes());
    app.db
        .execute(
            "INSERT INTO link_answer (url_hash, at, status, words, width, height) VALUES ($1, $2, 200, '', $3, $4)",
            values![hash.as_ref().to_vec(), app.clock.now_ms() - MINUTE, width, height],
        )
        .await
        .unwrap();
}

async fn state(app: &App, id: i64) -> NewsletterState {
    newsletters::start_due(app).await.unwrap();
    newsletters::find(app, id).await.unwrap().state
}

#[tokio::test]
async fn e6_what_goes_out_by_itself_waits_for_the_sizes_of_its_pictures() {
    const SRC: &str = "https://doe.example/bridge.png";
    let (app, _place) = instance("https://news.doe.example").await;
    seen(&app, SRC, (640, 480)).await;
    let id = draft(&app, "auto", &picture(SRC)).await;
    assert_eq!(state(&app, id).await, NewsletterState::Approved);
    assert_eq!(follow_due(&app).await.unwrap(), 1);
    assert_eq!(state(&app, id).await, NewsletterState::Sending);
    let kept = newsletters::find(&app, id).await.unwrap().document;
    let [Block::Figure(figure)] = kept.blocks.as_slice() else {
        panic!("{kept:?}")
    };
    assert_eq!((figure.width, figure.height), (Some(640), Some(480)));
    assert_eq!(follow_due(&app).await.unwrap(), 0);
}

#[tokio::test]
async fn e6_what_goes_out_by_itself_shows_its_pictures_by_https_where_they_are_had_so() {
    let (app, _place) = instance("https://news.doe.example").await;
    let places = ["http", "https"].map(|scheme| format!("{scheme}://doe.example/bridge.png"));
    for src in &places {
        seen(&app, src, (640, 480)).await;
    }
    let mut release = picture(&places[0]);
    if let [Block::Figure(figure)] = release.blocks.as_mut_slice() {
        (figure.width, figure.height) = (Some(320), Some(240));
    }
    let id = draft(&app, "auto", &release).await;
    assert_eq!(state(&app, id).await, NewsletterState::Approved);
    assert_eq!(follow_due(&app).await.unwrap(), 1);
    assert_eq!(state(&app, id).await, NewsletterState::Sending);
    let kept = newsletters::find(&app, id).await.unwrap().document;
    let [Block::Figure(figure)] = kept.blocks.as_slice() else {
        panic!("{kept:?}")
    };
    assert_eq!(figure.src.as_str(), places[1]);
    assert_eq!((figure.width, figure.height), (Some(320), Some(240)));
}

#[tokio::test]
async fn a_picture_that_does_not_answer_holds_up_no_newsletter_for_long() {
    // Nobody has come to look at it within two minutes.
    let (app, _place) = instance("https://news.doe.example").await;
    let id = draft(&app, "auto", &picture("https://doe.example/a.png")).await;
    app.clock.advance_ms(2 * MINUTE - 1);
    assert_eq!(state(&app, id).await, NewsletterState::Approved);
    app.clock.advance_ms(1);
    assert_eq!(state(&app, id).await, NewsletterState::Sending);

    // It was looked at, and says nothing: there is nothing more to wait for.
    let (app, _place) = instance("https://news.doe.example").await;
    let id = draft(&app, "auto", &picture("http://127.0.0.1:1/a.png")).await;
    assert_eq!(follow_due(&app).await.unwrap(), 1);
    assert_eq!(state(&app, id).await, NewsletterState::Sending);

    // Without pictures nothing waits, and on a trial machine nobody looks.
    for (place, release) in [
        (
            "https://news.doe.example",
            document(vec![Block::Paragraph(says("Hello."))]),
        ),
        (
            "http://127.0.0.1:8080",
            picture("https://doe.example/a.png"),
        ),
    ] {
        let (app, _place) = instance(place).await;
        let id = draft(&app, "auto", &release).await;
        assert_eq!(state(&app, id).await, NewsletterState::Sending, "{place}");
    }
}

#[tokio::test]
async fn f10_a_picture_that_was_measured_opens_no_sending_window() {
    const SRC: &str = "https://doe.example/bridge.png";
    let (app, _place) = instance("https://news.doe.example").await;
    let today = app.clock.now().to_zoned_datetime(jiff::tz::TimeZone::UTC);
    let closed = today.tomorrow().unwrap().strftime("%a").to_string();
    let window = [
        ("time-zone", "UTC"),
        ("sending-days", &closed.to_lowercase()),
    ];
    Office::set_all(&app.db, "operator", &window, 0)
        .await
        .unwrap();
    seen(&app, SRC, (640, 480)).await;
    let id = draft(&app, "auto", &picture(SRC)).await;
    assert_eq!(follow_due(&app).await.unwrap(), 1);
    assert_eq!(state(&app, id).await, NewsletterState::Approved);
    let opens = newsletters::find(&app, id).await.unwrap().scheduled_at;
    assert_eq!(
        opens.map(|at| at.to_zoned_datetime(jiff::tz::TimeZone::UTC).date()),
        Some(today.date().tomorrow().unwrap())
    );
}

#[tokio::test]
async fn c5_a_release_that_campaigns_is_held_whatever_its_sources_policy() {
    for (text, state) in [
        ("Give at our page.", NewsletterState::Approved),
        ("Please donate at our page.", NewsletterState::Draft),
    ] {
        let (app, _place) = instance("http://127.0.0.1:8080").await;
        let id = draft(&app, "auto", &document(vec![Block::Paragraph(says(text))])).await;
        let made = newsletters::find(&app, id).await.unwrap();
        assert_eq!(made.state, state, "{text}");
        if state == NewsletterState::Draft {
            let why = made.attention.unwrap();
            assert!(
                why.contains("campaigning or fundraising") && why.contains("Please donate"),
                "{why}"
            );
        }
    }
}

async fn answers_kept(app: &App) -> Option<i64> {
    let sql = "SELECT count(*) FROM link_answer";
    crate::db::scalar(app.db.pool(), sql, []).await.unwrap()
}
