//! The archive and the preview, on an instance of their own.

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use gazette_templates::{
    document::{Block, Direction, Document, Inline},
    pages::layout,
};
use tower::ServiceExt;

use super::*;
use crate::{
    clock::Clock,
    delivery::testing,
    newsletters::{self, NewsletterError, NewsletterState},
    test_data,
};

async fn instance() -> (App, tempfile::TempDir) {
    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        settings: crate::config::Settings,
    }
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/gazette.db", folder.path().display());
    let line: Line = clap::Parser::parse_from([
        "gazette",
        "--database-url",
        &url,
        "--public-url",
        "https://news.example.gov",
    ]);
    let clock = Clock::fixed_at("2024-02-16T19:05:00Z".parse().unwrap());
    let app = App::open(line.settings, clock).await.unwrap();
    (app, folder)
}

/// A document with one paragraph, as it is stored.
fn text(says: &str) -> String {
    let document = Document {
        language: "en".to_owned(),
        direction: Direction::Ltr,
        blocks: vec![Block::Paragraph(vec![Inline::Text(says.to_owned())])],
    };
    serde_json::to_string(&document).unwrap()
}

async fn add(app: &App, id: i64, state: NewsletterState, language: &str, says: &str) {
    let document = text(says);
    let now = app.clock.now_ms();
    let release = test_data::release(id).url(&format!("https://kim.example.gov/{id}/"));
    release.published_at(now - 86_400_000).insert(app).await;
    let newsletter = test_data::newsletter(&format!("subject-{id}"))
        .id(id)
        .release(id)
        .subject(&format!("Subject <{id}>"))
        .language(language)
        .document(&document)
        .state(state)
        .started_at(now)
        .finished_at(now);
    newsletter.insert(app).await;
}

async fn get_page(app: &App, path: &str) -> (StatusCode, String) {
    let request = Request::get(path).body(Body::empty()).unwrap();
    let response = routes()
        .with_state(app.clone())
        .oneshot(request)
        .await
        .unwrap();
    let status = response.status();
    let bytes = to_bytes(response.into_body(), 10_000_000).await.unwrap();
    (status, String::from_utf8(bytes.to_vec()).unwrap())
}

#[tokio::test]
async fn the_archive_shows_what_was_mailed_and_nothing_else() {
    let (app, _folder) = instance().await;
    assert!(
        get_page(&app, "/archive")
            .await
            .1
            .contains("Nothing has been mailed yet")
    );
    for (id, state) in [
        (1, NewsletterState::Draft),
        (2, NewsletterState::Approved),
        (3, NewsletterState::Sending),
        (4, NewsletterState::Paused),
        (5, NewsletterState::Sent),
        (6, NewsletterState::Cancelled),
    ] {
        add(&app, id, state, "en", "Hello.").await;
    }
    let (status, list) = get_page(&app, "/archive").await;
    assert_eq!(status, StatusCode::OK);
    let (_, feed) = get_page(&app, "/archive/feed.xml").await;
    for (id, public) in [
        (1, false),
        (2, false),
        (3, true),
        (4, true),
        (5, true),
        (6, false),
    ] {
        let path = format!("/archive/subject-{id}");
        let (status, page) = get_page(&app, &path).await;
        assert_eq!(status == StatusCode::OK, public, "{id}");
        assert_eq!(page.contains("Hello."), public, "{id}");
        assert_eq!(
            list.contains(&format!("href=\"{path}?lang=en\"")),
            public,
            "{id}"
        );
        assert_eq!(
            feed.contains(&format!("<id>https://news.example.gov{path}</id>")),
            public,
            "{id}"
        );
    }
    assert_eq!(
        get_page(&app, "/archive/none").await.0,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn a_newsletters_page_names_its_original_and_keeps_its_language() {
    let (app, _folder) = instance().await;
    add(&app, 1, NewsletterState::Sent, "es", "Hola <b>& adiós").await;
    let (_, page) = get_page(&app, "/archive/subject-1").await;
    // The style sheet's mark changes with the style sheet.
    let page = page
        .replace(layout::CSS_URL.as_str(), "/assets/gazette.css")
        .replace(layout::ICON_URL.as_str(), "/assets/icon.svg");
    insta::assert_snapshot!(page.replace("><", ">\n<"));
}

#[tokio::test]
async fn a_newsletters_page_tells_machines_what_it_is_and_cannot_be_made_to_run() {
    let (app, _folder) = instance().await;
    add(
        &app,
        1,
        NewsletterState::Sent,
        "en",
        "</script><script>alert(1)</script> & more",
    )
    .await;
    let (_, page) = get_page(&app, "/archive/subject-1").await;
    assert!(!page.contains("<script>"));
    assert_eq!(page.matches("</script>").count(), 1);
    let json = page
        .split_once("<script type=\"application/ld+json\">")
        .and_then(|(_, rest)| rest.split_once("</script>"))
        .unwrap()
        .0;
    let article: serde_json::Value = serde_json::from_str(json).unwrap();
    assert_eq!(article["@type"], "NewsArticle");
    assert_eq!(article["headline"], "Subject <1>");
    assert_eq!(article["datePublished"], "2024-02-15T19:05:00Z");
    assert_eq!(article["mainEntityOfPage"], "https://kim.example.gov/1/");
    assert!(
        article["description"]
            .as_str()
            .unwrap()
            .starts_with("</script>")
    );
    // Feed readers find the feed from every page of the archive.
    let (_, list) = get_page(&app, "/archive").await;
    for page in [&page, &list] {
        assert!(page.contains(
            "rel=\"alternate\" type=\"application/atom+xml\" href=\"/archive/feed.xml\""
        ));
    }
}

#[tokio::test]
async fn the_feed_is_one_that_a_feed_reader_understands() {
    let (app, _folder) = instance().await;
    add(
        &app,
        1,
        NewsletterState::Sent,
        "en",
        "Hello & <welcome> \u{b}\u{ffff}.",
    )
    .await;
    add(&app, 2, NewsletterState::Sent, "ko", "안녕하세요").await;
    let (_, text) = get_page(&app, "/archive/feed.xml").await;
    let feed = feed_rs::parser::parse(text.as_bytes()).unwrap();
    assert_eq!(feed.entries.len(), 2);
    let oldest = &feed.entries[1];
    assert_eq!(oldest.id, "https://news.example.gov/archive/subject-1");
    assert_eq!(oldest.title.as_ref().unwrap().content, "Subject <1>");
    assert_eq!(oldest.published.unwrap().timestamp(), 1_708_023_900);
    let content = oldest.content.as_ref().unwrap().body.as_ref().unwrap();
    assert!(
        content.starts_with("<p>Hello &amp; &lt;welcome&gt;"),
        "{content}"
    );
}

#[tokio::test]
async fn the_offices_own_words_above_a_release_stand_in_the_feed_and_are_found() {
    let (app, _folder) = instance().await;
    for id in [1, 2] {
        add(&app, id, NewsletterState::Sent, "en", "Hello.").await;
    }
    let intro = "UPDATE newsletter SET intro = 'Dear <neighbors>,\ncome and see it.' WHERE id = 2";
    app.db.execute(intro, []).await.unwrap();
    let (_, text) = get_page(&app, "/archive/feed.xml").await;
    let feed = feed_rs::parser::parse(text.as_bytes()).unwrap();
    let content = |at: usize| {
        let content = feed.entries[at].content.as_ref().unwrap();
        content.body.as_deref().unwrap()
    };
    assert!(
        content(0).starts_with(
            "<p><em>Dear &lt;neighbors&gt;,</em></p><p><em>come and see it.</em></p><p>Hello."
        ),
        "{}",
        content(0)
    );
    assert!(content(1).starts_with("<p>Hello."), "{}", content(1));
    let (_, page) = get_page(&app, "/archive/subject-2").await;
    assert!(page.contains("<p><em>come and see it.</em></p>"), "{page}");
    for (sought, is_found) in [("neighbors", true), ("see+hello", true), ("nobody", false)] {
        let (_, found) = get_page(&app, &format!("/archive?q={sought}")).await;
        assert_eq!(found.contains("/archive/subject-2"), is_found, "{sought}");
        assert!(!found.contains("/archive/subject-1"), "{sought}");
    }
}

/// Phones curve an apostrophe, and macOS writes a letter and its accent apart.
#[tokio::test]
async fn a_word_is_found_however_a_keyboard_writes_it() {
    let (app, _folder) = instance().await;
    add(
        &app,
        1,
        NewsletterState::Sent,
        "en",
        "Caf\u{e9} of Mr. O'Brien.",
    )
    .await;
    add(
        &app,
        2,
        NewsletterState::Sent,
        "en",
        "The office of Ms. O\u{2019}Hara.",
    )
    .await;
    for (sought, subject) in [
        ("caf\u{e9}", 1),
        ("cafe\u{301}", 1),
        ("o'brien", 1),
        ("O\u{2019}Brien", 1),
        ("o'hara", 2),
        ("O\u{2019}HARA", 2),
    ] {
        let query: String = url::form_urlencoded::byte_serialize(sought.as_bytes()).collect();
        let (_, found) = get_page(&app, &format!("/archive?q={query}")).await;
        let found = (1..=2).filter(|id| found.contains(&format!("href=\"/archive/subject-{id}")));
        assert_eq!(found.collect::<Vec<_>>(), [subject], "{sought}");
    }
}

#[tokio::test]
async fn accents_left_out_find_words_that_have_them_and_the_other_way_round() {
    // On whichever database the tests run.
    let clock = Clock::fixed_at("2024-02-16T19:05:00Z".parse().unwrap());
    let (app, _folder) = testing::app(clock).await;
    for (id, says) in [
        (1, "Ayuda para cada NIÑO y su mamá."),
        (2, "Help for El Nino storms."),
        (3, "Cuộc họp ở đường Nguyễn Huệ."),
        (4, "新的桥梁今天开通。"),
        (5, "새로운 다리가 열립니다."),
    ] {
        add(&app, id, NewsletterState::Sent, "en", says).await;
    }
    let found = async |sought: &str| -> Vec<i64> {
        let query: String = url::form_urlencoded::byte_serialize(sought.as_bytes()).collect();
        let (_, page) = get_page(&app, &format!("/archive?q={query}")).await;
        (1..=5)
            .filter(|id| page.contains(&format!("href=\"/archive/subject-{id}")))
            .collect()
    };
    // Before the index is made, which takes a minute at most, and after it.
    for _ in 0..2 {
        for (sought, expected) in [
            ("nino", vec![1, 2]),
            ("niño", vec![1, 2]),
            ("Nin\u{303}o mama", vec![1]),
            ("duong nguyen", vec![3]),
            ("Đường", vec![3]),
            ("cuoc hop", vec![3]),
            ("桥梁", vec![4]),
            ("桥", vec![4]),
            ("桥今", vec![]),
            ("다리", vec![5]),
            ("nowhere", vec![]),
            ("%", vec![]),
        ] {
            assert_eq!(found(sought).await, expected, "{sought}");
        }
        newsletters::index_archive(&app).await.unwrap();
    }
    assert_eq!(newsletters::index_archive(&app).await.unwrap(), 0);
    // It is the index that is asked, and not every text.
    app.db
        .execute("DELETE FROM archive_word WHERE word = 'nino'", [])
        .await
        .unwrap();
    assert_eq!(found("nino").await, Vec::<i64>::new());
}

#[tokio::test]
async fn older_newsletters_are_a_page_away() {
    let (app, _folder) = instance().await;
    for id in 1..=51 {
        add(&app, id, NewsletterState::Sent, "en", "Hello.").await;
    }
    let (_, first) = get_page(&app, "/archive").await;
    assert_eq!(first.matches("href=\"/archive/subject-").count(), 50);
    assert!(first.contains("href=\"/archive?before=2&amp;lang=en\""));
    let (_, second) = get_page(&app, "/archive?before=2").await;
    assert_eq!(second.matches("href=\"/archive/subject-").count(), 1);
    assert!(!second.contains("before="));
}

#[tokio::test]
async fn past_newsletters_are_found_by_month_topic_and_words_in_every_language() {
    let (app, _folder) = instance().await;
    let veterans = test_data::topic(&app, "veterans").await;
    let month = 31 * 86_400_000;
    let now = app.clock.now_ms();
    for (id, topic, months_ago, language, says) in [
        (1, None, 0, "en", "A bridge OPENS in Tustin."),
        (2, Some(veterans), 0, "en", "Help for those who served."),
        (3, None, 1, "es", "ÚLTIMO AÑO del puente."),
        (4, None, 2, "ko", "다리가 열립니다."),
    ] {
        let mut newsletter = test_data::newsletter(&format!("subject-{id}"))
            .id(id)
            .subject(&format!("Subject {id}"))
            .language(language)
            .document(&text(says))
            .state(NewsletterState::Sent)
            .started_at(now - months_ago * month)
            .finished_at(now);
        if let Some(topic) = topic {
            newsletter = newsletter.topic(topic);
        }
        newsletter.insert(&app).await;
    }
    let found = async |query: &str| -> Vec<i64> {
        let (status, page) = get_page(&app, &format!("/archive?{query}")).await;
        assert_eq!(status, StatusCode::OK, "{query}");
        (1..=4)
            .filter(|id| page.contains(&format!("href=\"/archive/subject-{id}")))
            .collect()
    };
    for (query, expected) in [
        ("", vec![1, 2, 3, 4]),
        ("topic=veterans", vec![2]),
        ("month=2024-02", vec![1, 2]),
        ("month=2024-01", vec![3]),
        ("month=2024-02&topic=veterans&q=served", vec![2]),
        ("month=2024-01&topic=veterans", vec![]),
        ("q=BRIDGE+tustin", vec![1]),
        ("q=%C3%BAltimo", vec![3]),
        ("q=A%C3%B1o", vec![3]),
        ("q=%EB%8B%A4%EB%A6%AC", vec![4]),
        // Words of the stored form, and what means something to a database.
        ("q=paragraph", vec![]),
        ("q=%25", vec![]),
        ("q=_", vec![]),
        // What cannot be meant asks for nothing.
        ("month=2024-13&topic=&q=+", vec![1, 2, 3, 4]),
        ("topic=nowhere", vec![]),
    ] {
        assert_eq!(found(query).await, expected, "{query}");
    }
}

#[tokio::test]
async fn a_preview_shows_both_parts_and_what_the_office_still_lacks() {
    let (app, _folder) = instance().await;
    add(&app, 1, NewsletterState::Draft, "en", "Hello.").await;
    let preview = newsletters::preview(&app, 1).await.unwrap();
    for part in [&preview.html, &preview.text] {
        assert!(part.contains("Hello.") && part.contains("(no postal address set yet)"));
    }
    let to = crate::address::EmailAddress::parse("me@example.gov").unwrap();
    let refused = newsletters::send_test(&app, 1, std::slice::from_ref(&to), "ana")
        .await
        .unwrap_err();
    assert!(matches!(refused, NewsletterError::OfficeIncomplete));
    Office::set_all(
        &app.db,
        "operator",
        &[
            ("name", "Office of Rep. Kim"),
            ("from", "news@example.gov"),
            ("postal-address", "1 Main St"),
        ],
        0,
    )
    .await
    .unwrap();
    newsletters::send_test(&app, 1, std::slice::from_ref(&to), "ana")
        .await
        .unwrap();
    let row = app
        .db
        .one("SELECT recipient, content FROM transactional_mail", [])
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        row.try_get::<String>("", "recipient").unwrap(),
        "me@example.gov"
    );
    assert!(
        row.try_get::<String>("", "content")
            .unwrap()
            .contains("\"newsletter\":1")
    );
}
