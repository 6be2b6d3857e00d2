//! From a change on the office's site to a draft, and from there to one mail, over HTTP alone (F9).

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    extract::State,
    http::{Uri, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use gazette::{
    clock::{MINUTE, SECOND},
    newsletters::{self, Newsletter, NewsletterState},
    releases::{self, Policy},
};

use crate::app::TestApp;

/// Slug, title and text of each release, the newest first.
type Posts = Arc<Mutex<Vec<(&'static str, &'static str, &'static str)>>>;

async fn site(posts: Posts) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new()
        .fallback(answer)
        .with_state((url.clone(), posts));
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

async fn answer(State((url, posts)): State<(String, Posts)>, uri: Uri) -> Response {
    let items: Vec<String> = posts
        .lock()
        .unwrap()
        .iter()
        .map(|(slug, title, text)| {
            format!(
                "<item><title>{title}</title><link>{url}/{slug}</link><pubDate>Tue, 24 Nov 2026 11:59:00 +0000</pubDate>\
                 <content:encoded><![CDATA[<p>{text}</p>]]></content:encoded></item>"
            )
        })
        .collect();
    let items = items.concat();
    let feed = format!(
        "<rss version=\"2.0\" xmlns:content=\"http://purl.org/rss/1.0/modules/content/\"><channel><title>Office</title>{items}</channel></rss>"
    );
    match uri.path() {
        "/feed" => ([(CONTENT_TYPE, "application/rss+xml")], feed).into_response(),
        _ => axum::http::StatusCode::NOT_FOUND.into_response(),
    }
}

async fn newest(app: &TestApp) -> Option<Newsletter> {
    let list = newsletters::list(&app.app, 1).await.unwrap();
    list.into_iter().next().map(|(newsletter, _)| newsletter)
}

fn later(app: &TestApp, ms: i64) {
    app.app.clock.advance_ms(ms);
    app.app.scheduler_wakeup.notify_one();
}

/// An instance with one reader whose source holds an old release and has been polled once; ten
/// minutes of settle time.
async fn watching(policy: Policy) -> (TestApp, Posts) {
    let app = TestApp::start().await;
    app.import(&["reader@example.org".to_owned()]).await;
    let posts = Posts::default();
    posts.lock().unwrap().push(("old", "Old", "Long ago."));
    let feed = format!("{}/feed", site(posts.clone()).await);
    releases::add_source(&app.app, &feed, policy, 600)
        .await
        .unwrap();
    app.app.scheduler_wakeup.notify_one();
    let baseline = "SELECT count(*) FROM release WHERE state = 'baseline'";
    app.until("the first poll", async || {
        (app.count(baseline).await == 1).then_some(())
    })
    .await;
    (app, posts)
}

/// The office publishes, and a minute goes by.
async fn published(app: &TestApp, posts: &Posts) -> Newsletter {
    let new = ("new", "A bridge opens", "The bridge opens on Monday.");
    posts.lock().unwrap().insert(0, new);
    later(app, 60 * SECOND);
    app.until("the draft", async || newest(app).await).await
}

#[tokio::test]
async fn a_change_on_the_site_has_its_draft_after_one_poll_and_is_mailed_once_it_is_final_f9() {
    let (app, posts) = watching(Policy::Approve).await;
    let draft = published(&app, &posts).await;
    assert_eq!(draft.state, NewsletterState::Draft);
    let settles = draft.settles_at.unwrap().as_millisecond() - draft.created_at.as_millisecond();
    assert_eq!(settles, 10 * MINUTE);
    newsletters::approve(&app.app, draft.id, "test", None, 0)
        .await
        .unwrap();
    later(&app, 9 * MINUTE);
    // The scheduler's next poll has come and gone.
    let polled = format!(
        "SELECT count(*) FROM source WHERE last_polled_at >= {}",
        app.app.clock.now_ms()
    );
    app.until("another poll", async || {
        (app.count(&polled).await == 1).then_some(())
    })
    .await;
    let waiting = newest(&app).await.unwrap();
    assert_eq!(waiting.state, NewsletterState::Approved);
    later(&app, MINUTE);
    app.until("the sending", async || {
        let state = newest(&app).await.unwrap().state;
        (state == NewsletterState::Sent).then_some(())
    })
    .await;
    let mails = app.mails_to("reader@example.org").await;
    assert_eq!(mails.len(), 1);
    assert!(mails[0].text().contains("opens on Monday"));
    app.stop().await;
}

#[tokio::test]
async fn what_the_office_takes_back_before_it_is_final_is_mailed_to_nobody_f9() {
    let (app, posts) = watching(Policy::Auto).await;
    published(&app, &posts).await;
    posts.lock().unwrap().remove(0);
    later(&app, 10 * MINUTE);
    // Its page is gone once; that it is gone is believed only when the page says so again.
    app.until("the first look", async || {
        let gone = "SELECT count(*) FROM release WHERE gone_since IS NOT NULL";
        (app.count(gone).await == 1).then_some(())
    })
    .await;
    let state = newest(&app).await.unwrap().state;
    assert_ne!(state, NewsletterState::Cancelled);
    later(&app, 6 * MINUTE);
    let ended = app
        .until("the end", async || {
            let newest = newest(&app).await.unwrap();
            (newest.state == NewsletterState::Cancelled).then_some(newest)
        })
        .await;
    assert!(ended.attention.unwrap().contains("took it back"));
    assert!(app.mails_to("reader@example.org").await.is_empty());
    app.stop().await;
}
