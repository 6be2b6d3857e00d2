//! The rules of polling against a small site on a free port, with a clock that the test moves.

use std::sync::{Arc, Mutex};

use sea_orm::ConnectionTrait;

use super::{
    Policy, PollSummary, ReleaseState, add_source,
    events::{ReleaseEvent, ReleaseEventKind, event, next_event},
    fetch::FetchError,
    items::Item,
    poll_due,
    release_state::{NewRelease, ReleaseText},
    revisit_due,
    second_look::GONE_RECHECK_MS,
    settle_due,
};
use crate::{
    app::App,
    clock::{Clock, HOUR, MINUTE},
    db,
    delivery::testing,
    values,
};
use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};

#[derive(Debug, Clone)]
pub(crate) struct Post {
    pub slug: String,
    pub title: String,
    pub date: String,
    pub text: String,
    pub categories: Vec<String>,
    pub listed: bool,
    pub there: bool,
}

/// A site with a feed of summaries and a page for each post.
#[derive(Debug, Default)]
pub(crate) struct Site {
    pub posts: Vec<Post>,
    guids_at: Option<String>,
    pub error_page: bool,
    /// The feed is given in parts of so many items, each with a link to the next.
    per_part: Option<usize>,
    /// The feed's validator; `None`: it has none.
    etag: Option<String>,
    conditional: u32,
    unconditional: u32,
}

#[derive(Clone)]
pub(crate) struct Office {
    site: Arc<Mutex<Site>>,
    pub url: String,
}

impl Office {
    pub async fn open() -> Self {
        Self::open_at("127.0.0.1").await
    }

    /// As a host of its own: visits to one host are spaced out.
    async fn open_at(host: &str) -> Self {
        let listener = tokio::net::TcpListener::bind((host, 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let office = Self {
            site: Arc::default(),
            url,
        };
        let router = Router::new().fallback(serve).with_state(office.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        office
    }

    pub fn publish(&self, slug: &str, title: &str, date: &str) {
        self.change(|site| {
            site.posts.insert(0, Post {
                slug: slug.to_owned(),
                title: title.to_owned(),
                date: date.to_owned(),
                text: format!("<p>Washington, DC – Today the office says all there is to say about {title}.</p>"),
                categories: Vec::new(),
                listed: true,
                there: true,
            });
        });
    }

    pub fn change<T>(&self, change: impl FnOnce(&mut Site) -> T) -> T {
        change(&mut self.site.lock().unwrap())
    }

    fn feed(&self) -> String {
        format!("{}/feed/", self.url)
    }
}

async fn serve(State(office): State<Office>, uri: Uri, headers: HeaderMap) -> Response {
    let mut site = office.site.lock().unwrap();
    let html = |text: String| ([(header::CONTENT_TYPE, "text/html")], text).into_response();
    match uri.path() {
        "/" => html(
            "<html><head><link rel=alternate type=application/rss+xml href=/feed/></head></html>"
                .into(),
        ),
        "/to-metadata" => (
            StatusCode::FOUND,
            [(header::LOCATION, "http://169.254.169.254/latest/")],
        )
            .into_response(),
        "/circle" => (StatusCode::FOUND, [(header::LOCATION, "/circle")]).into_response(),
        "/large" => html("x".repeat(5_000_001)),
        "/feed/" if site.error_page => {
            html("<!DOCTYPE html><p>Error establishing a database connection</p>".into())
        }
        "/feed/" => {
            let asked = headers
                .get(header::IF_NONE_MATCH)
                .and_then(|etag| etag.to_str().ok());
            if asked.is_some() {
                site.conditional += 1;
            } else {
                site.unconditional += 1;
            }
            if asked.is_some() && asked == site.etag.as_deref() {
                return StatusCode::NOT_MODIFIED.into_response();
            }
            let base = site.guids_at.clone().unwrap_or_else(|| office.url.clone());
            let items: Vec<String> = site.posts.iter().filter(|post| post.listed).map(|post| format!(
                "<item><title>{}</title><link>{base}/{}/</link><guid>{base}/{}/</guid><pubDate>{}</pubDate>{}<description>In short.</description></item>",
                post.title, post.slug, post.slug, post.date,
                post.categories.iter().flat_map(|name| ["<category>", name, "</category>"]).collect::<String>()
            )).collect();
            let part: usize = uri
                .query()
                .and_then(|query| query.strip_prefix("part=")?.parse().ok())
                .unwrap_or(0);
            let per_part = site.per_part.unwrap_or(items.len()).max(1);
            let shown: Vec<String> = items
                .into_iter()
                .skip(part * per_part)
                .take(per_part)
                .collect();
            let next = match site.per_part {
                Some(_) if !shown.is_empty() => format!(
                    "<atom:link xmlns:atom=\"http://www.w3.org/2005/Atom\" rel=\"next\" href=\"/feed/?part={}\"/>",
                    part + 1
                ),
                _ => String::new(),
            };
            let feed = format!(
                "<rss version=\"2.0\"><channel><title>Office</title>{next}{}</channel></rss>",
                shown.concat()
            );
            let etag = site.etag.clone().unwrap_or_default();
            (
                [
                    (header::CONTENT_TYPE, "application/rss+xml".to_owned()),
                    (header::ETAG, etag),
                ],
                feed,
            )
                .into_response()
        }
        path => match site
            .posts
            .iter()
            .find(|post| post.there && path.trim_matches('/') == post.slug)
        {
            Some(post) if post.text.starts_with("%PDF-") => (
                [(header::CONTENT_TYPE, "application/pdf")],
                post.text.clone(),
            )
                .into_response(),
            Some(post) => html(format!(
                "<html><body><article><h1>{}</h1>{}</article></body></html>",
                post.title, post.text
            )),
            None => StatusCode::NOT_FOUND.into_response(),
        },
    }
}

const NOW: &str = "2024-02-16T15:00:00Z";

/// An instance whose source has one old release and has been polled once.
pub(crate) async fn watching(settle_seconds: i64) -> (App, Office, tempfile::TempDir) {
    let (app, folder) = testing::app(Clock::fixed_at(NOW.parse().unwrap())).await;
    let office = Office::open().await;
    office.publish("old", "An old release", "Mon, 05 Feb 2024 15:00:00 +0000");
    add_source(&app, &office.url, Policy::Auto, settle_seconds)
        .await
        .unwrap();
    assert_eq!(poll(&app).await.new, 0);
    (app, office, folder)
}

#[tokio::test]
async fn sources_that_all_answer_at_once_take_no_connection_from_each_other_f3() {
    let (app, _office, _folder) = watching(0).await;
    for number in 1..=40 {
        let office = Office::open_at(&format!("127.0.2.{number}")).await;
        office.publish("old", "An old release", "Mon, 05 Feb 2024 15:00:00 +0000");
        office.change(|site| site.etag = Some("\"1\"".to_owned()));
        crate::test_data::source_like_the_first(&app, &office.feed()).await;
    }
    assert_eq!(poll(&app).await.polled, 41);
    app.clock.advance_ms(MINUTE);
    // Somebody writes for a moment, so that all of them have to wait for the database together.
    let writing = app.db.begin().await.unwrap();
    let polling = tokio::spawn({
        let app = app.clone();
        async move { poll_due(&app).await.unwrap() }
    });
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    writing.commit().await.unwrap();
    // Where somebody held what another waits for, the wait for a connection would end as a failure.
    let polled = tokio::time::timeout(std::time::Duration::from_mins(5), polling).await;
    let polled = polled.expect("the polls end").unwrap();
    assert_eq!((polled.polled, polled.failed), (41, 0));
}

/// Polls now, whether or not it is time.
pub(crate) async fn poll(app: &App) -> PollSummary {
    app.db
        .execute(
            "UPDATE source SET next_poll_at = $1",
            values![app.clock.now_ms()],
        )
        .await
        .unwrap();
    poll_due(app).await.unwrap()
}

/// State, reason and text of all releases that are no baseline.
pub(super) async fn releases(app: &App) -> Vec<(String, String, String)> {
    app.db
        .all("SELECT state, held_because, document FROM release WHERE state <> 'baseline' ORDER BY id", [])
        .await
        .unwrap()
        .iter()
        .map(|row| {
            let text = |name| row.try_get::<Option<String>>("", name).unwrap().unwrap_or_default();
            let why: Option<super::HoldReasons> = row.try_get("", "held_because").unwrap();
            let why = why.map(|reasons| reasons.to_string()).unwrap_or_default();
            (text("state"), why, text("document"))
        })
        .collect()
}

pub(crate) const TODAY: &str = "Fri, 16 Feb 2024 14:59:00 +0000";

#[tokio::test]
async fn what_was_there_before_the_source_is_never_taken_f8() {
    let (app, office, _folder) = watching(0).await;
    assert_eq!(
        poll(&app).await,
        PollSummary {
            polled: 1,
            ..Default::default()
        }
    );
    office.publish("new", "A new release", TODAY);
    assert_eq!(
        poll(&app).await,
        PollSummary {
            polled: 1,
            new: 1,
            ..Default::default()
        }
    );
    assert_eq!(poll(&app).await.new, 0);
    let all = releases(&app).await;
    assert_eq!(all.len(), 1);
    assert_eq!(all[0].0, "settled");
    assert!(
        all[0].2.contains("all there is to say"),
        "the page's text, not the summary: {}",
        all[0].2
    );
    let twice = add_source(&app, &office.feed(), Policy::Auto, 0)
        .await
        .unwrap_err();
    assert!(twice.to_string().contains("is a source already"));
}

#[tokio::test]
async fn odd_releases_wait_for_a_person_f8_f10() {
    for (odd, why) in [
        (
            vec![
                ("a", "A", TODAY),
                ("b", "B", TODAY),
                ("c", "C", TODAY),
                ("d", "D", TODAY),
            ],
            "4 new releases",
        ),
        (
            vec![("late", "Late", "Tue, 13 Feb 2024 15:00:00 +0000")],
            "more than 48 hours",
        ),
        (
            vec![("e", "EMBARGOED UNTIL Monday: plans", TODAY)],
            "embargoed",
        ),
    ] {
        let (app, office, _folder) = watching(0).await;
        for (slug, title, date) in &odd {
            office.publish(slug, title, date);
        }
        let polled = poll(&app).await;
        assert_eq!(
            (polled.new, polled.held),
            (odd.len() as u64, odd.len() as u64),
            "{why}"
        );
        for (state, because, document) in releases(&app).await {
            assert_eq!(state, ReleaseState::Held.as_str());
            assert!(because.contains(why), "{because}");
            assert!(!document.is_empty(), "a person needs its text");
        }
    }
}

#[tokio::test]
async fn the_same_title_again_within_thirty_days_is_held_f8() {
    let (app, office, _folder) = watching(0).await;
    office.publish("first", "Kim leads letter", TODAY);
    poll(&app).await;
    app.clock.advance_ms(HOUR);
    office.publish(
        "second",
        "KIM LEADS LETTER",
        "Fri, 16 Feb 2024 15:30:00 +0000",
    );
    assert_eq!(poll(&app).await.held, 1);
    assert!(releases(&app).await[1].1.contains("same title"));
}

#[tokio::test]
async fn a_feed_that_fills_from_empty_is_held_f8() {
    let (app, _folder) = testing::app(Clock::fixed_at(NOW.parse().unwrap())).await;
    let office = Office::open().await;
    add_source(&app, &office.feed(), Policy::Auto, 0)
        .await
        .unwrap();
    poll(&app).await;
    office.publish("a", "A", TODAY);
    assert_eq!(poll(&app).await.held, 1);
    assert!(releases(&app).await[0].1.contains("empty before"));
}

#[tokio::test]
async fn a_feed_that_was_emptied_and_fills_again_is_held_f8() {
    let (app, office, _folder) = watching(0).await;
    office.change(|site| site.posts[0].listed = false);
    assert_eq!(poll(&app).await.new, 0);
    office.change(|site| site.posts[0].listed = true);
    office.publish("a", "A", TODAY);
    let polled = poll(&app).await;
    assert_eq!((polled.new, polled.held), (1, 1));
    assert!(releases(&app).await[0].1.contains("empty before"));
    office.publish("b", "B", TODAY);
    assert_eq!(
        poll(&app).await.held,
        0,
        "once it has something, it is a source like others"
    );
}

#[tokio::test]
async fn a_site_that_moves_or_renames_sends_nothing_f7() {
    let (app, office, _folder) = watching(0).await;
    office.change(|site| site.guids_at = Some("https://new-host.example".to_owned()));
    assert_eq!(poll(&app).await.new, 0, "another host");
    office.change(|site| site.posts[0].slug = "renamed".to_owned());
    assert_eq!(poll(&app).await.new, 0, "another slug");
}

#[tokio::test]
async fn an_edit_before_the_settle_time_is_over_is_what_goes_out_f9() {
    let (app, office, _folder) = watching(600).await;
    office.publish("new", "A new release", TODAY);
    poll(&app).await;
    assert_eq!(settle_due(&app).await.unwrap(), 0, "not yet");
    app.clock.advance_ms(5 * MINUTE);
    office.change(|site| {
        site.posts[0].text = "<p>The corrected text of the office’s release.</p>".to_owned();
    });
    assert_eq!(poll(&app).await.new, 0);
    app.clock.advance_ms(5 * MINUTE);
    assert_eq!(settle_due(&app).await.unwrap(), 1);
    assert_eq!(settle_due(&app).await.unwrap(), 0, "once");
    let all = releases(&app).await;
    assert_eq!((all.len(), all[0].0.as_str()), (1, "settled"));
    assert!(all[0].2.contains("corrected text"));
    assert_eq!(
        number(&app, "SELECT count(*) FROM release_revision").await,
        2
    );
}

#[tokio::test]
async fn a_release_taken_back_in_time_is_not_sent_f9() {
    let (app, office, _folder) = watching(600).await;
    office.publish("page-gone", "Page gone", TODAY);
    office.publish("unlisted", "Unlisted", TODAY);
    poll(&app).await;
    office.change(|site| {
        site.posts[0].listed = false;
        site.posts[0].there = false;
        site.posts[1].there = false;
    });
    app.clock.advance_ms(10 * MINUTE);
    assert_eq!(settle_due(&app).await.unwrap(), 0);
    assert!(releases(&app).await.iter().all(|r| r.0 == "settling"));
    app.clock.advance_ms(GONE_RECHECK_MS);
    assert_eq!(settle_due(&app).await.unwrap(), 0);
    assert!(releases(&app).await.iter().all(|r| r.0 == "vanished"));
    let told = "SELECT count(*) FROM release WHERE notice LIKE '%took it back%'";
    assert_eq!(number(&app, told).await, 2, "staff are told");
}

#[tokio::test]
async fn one_look_at_a_page_that_is_missing_loses_no_release() {
    let (app, office, _folder) = watching(600).await;
    office.publish("new", "A new release", TODAY);
    poll(&app).await;
    app.clock.advance_ms(10 * MINUTE);
    office.change(|site| site.posts[0].there = false);
    settle_due(&app).await.unwrap();
    office.change(|site| site.posts[0].there = true);
    app.clock.advance_ms(GONE_RECHECK_MS);
    assert_eq!(settle_due(&app).await.unwrap(), 1);
    assert_eq!(releases(&app).await[0].0, "settled");
}

#[tokio::test]
async fn an_old_copy_of_the_feed_loses_no_release() {
    let (app, office, _folder) = watching(600).await;
    office.publish("new", "A new release", TODAY);
    poll(&app).await;
    // The copy has the older one, so this one seems to have been taken out.
    office.change(|site| site.posts[0].listed = false);
    app.clock.advance_ms(10 * MINUTE);
    assert_eq!(settle_due(&app).await.unwrap(), 1);
    assert_eq!(releases(&app).await[0].0, "settled");
}

#[tokio::test]
async fn two_who_find_the_same_release_at_once_store_it_once_and_neither_fails() {
    let (app, _office, _folder) = watching(600).await;
    let item = Item {
        identity: "https://example.gov/new".to_owned(),
        title: "A new release".to_owned(),
        ..Item::default()
    };
    for is_new in [true, false] {
        let release = NewRelease {
            source_id: Some(1),
            identity: item.identity.clone(),
            state: ReleaseState::Settling,
            held_because: None,
            settles_at: Some(0),
            text: ReleaseText::of(&item).unwrap(),
        };
        let transaction = app.db.begin().await.unwrap();
        let stored = release.insert(&transaction, app.clock.now_ms()).await;
        assert_eq!(stored.unwrap().is_some(), is_new);
        transaction.commit().await.unwrap();
    }
    assert_eq!(releases(&app).await.len(), 1);
}

#[tokio::test]
async fn two_looks_at_a_missing_page_in_the_same_minute_are_one() {
    let (app, office, _folder) = watching(600).await;
    office.publish("new", "A new release", TODAY);
    poll(&app).await;
    office.change(|site| site.posts[0].there = false);
    app.clock.advance_ms(10 * MINUTE);
    settle_due(&app).await.unwrap();
    let again = "UPDATE release SET settles_at = 0 WHERE state = 'settling'";
    for _ in 0..3 {
        app.db.execute(again, []).await.unwrap();
        app.clock.advance_ms(MINUTE);
        settle_due(&app).await.unwrap();
    }
    assert_eq!(releases(&app).await[0].0, "settling");
}

#[tokio::test]
async fn what_was_taken_back_and_comes_back_is_taken_up_again() {
    for final_before in [false, true] {
        let (app, office, _folder) = watching(600).await;
        office.publish("new", "A new release", TODAY);
        poll(&app).await;
        app.clock.advance_ms(10 * MINUTE);
        if final_before {
            assert_eq!(settle_due(&app).await.unwrap(), 1);
        }
        office.change(|site| site.posts[0].there = false);
        for _ in 0..4 {
            app.clock.advance_ms(15 * MINUTE);
            settle_due(&app).await.unwrap();
            revisit_due(&app).await.unwrap();
        }
        assert_eq!(releases(&app).await[0].0, "vanished", "{final_before}");
        office.change(|site| site.posts[0].there = true);
        app.clock.advance_ms(HOUR);
        assert_eq!(revisit_due(&app).await.unwrap(), 1);
        assert_eq!(releases(&app).await[0].0, "settling");
        let told = "SELECT count(*) FROM release WHERE notice LIKE '%there again%'";
        assert_eq!(number(&app, told).await, 1, "staff are told");
        app.clock.advance_ms(10 * MINUTE);
        assert_eq!(settle_due(&app).await.unwrap(), 1);
        assert_eq!(releases(&app).await[0].0, "settled");
        let events = events(&app).await;
        let kinds: Vec<ReleaseEventKind> = events.iter().map(|event| event.kind).collect();
        let mut expected = vec![
            ReleaseEventKind::ReadyToDraft,
            ReleaseEventKind::Withdrawn,
            ReleaseEventKind::Restored,
            // Whoever read the first one while it was gone made nothing of it.
            ReleaseEventKind::ReadyToDraft,
            ReleaseEventKind::Settled,
        ];
        if final_before {
            expected.insert(1, ReleaseEventKind::Settled);
        }
        assert_eq!(kinds, expected);
        let withdrawn = 1 + usize::from(final_before);
        assert_eq!(events[withdrawn].was_final, final_before);
    }
}

/// All that happened to releases.
async fn events(app: &App) -> Vec<ReleaseEvent> {
    let (mut events, mut after) = (Vec::new(), 0);
    while let Some(next) = next_event(app.db.pool(), after).await.unwrap() {
        events.push(event(app.db.pool(), next.id).await.unwrap());
        after = next.id;
    }
    events
}

#[tokio::test]
async fn a_row_that_cannot_be_read_stops_no_other() {
    let (app, office, _folder) = watching(600).await;
    if !app.db.is_sqlite() {
        // PostgreSQL holds a column to its type: it cannot have such a row.
        return;
    }
    office.publish("bad", "A row that is damaged", TODAY);
    office.publish("good", "A row that is sound", TODAY);
    poll(&app).await;
    app.clock.advance_ms(10 * MINUTE);
    let damage = "UPDATE release SET title = x'ff', settles_at = 0 WHERE title LIKE '%damaged'";
    app.db.execute(damage, []).await.unwrap();
    assert_eq!(settle_due(&app).await.unwrap(), 1);
    let count = "SELECT count(*) FROM release WHERE state = 'settled' AND title LIKE '%sound'";
    assert_eq!(number(&app, count).await, 1);
    app.clock.advance_ms(15 * MINUTE);
    let due = "UPDATE release SET revisit_at = 1 WHERE state = 'settling'";
    app.db.execute(due, []).await.unwrap();
    office
        .change(|site| site.posts[0].text = "<p>The corrected text of the office.</p>".to_owned());
    assert_eq!(revisit_due(&app).await.unwrap(), 1);
}

async fn number(app: &App, query: &str) -> i64 {
    db::scalar(app.db.pool(), query, []).await.unwrap().unwrap()
}

#[tokio::test]
async fn what_an_undated_list_has_pushed_off_is_looked_for_on_its_page_f9() {
    for (there, state) in [(true, "settled"), (false, "vanished")] {
        let (app, office, _folder) = watching(600).await;
        office.change(|site| site.posts[0].date.clear());
        office.publish("undated", "Undated", "");
        poll(&app).await;
        office.publish("newer", "Newer", "");
        office.change(|site| {
            (site.posts[1].listed, site.posts[1].there) = (false, there);
        });
        app.clock.advance_ms(10 * MINUTE);
        settle_due(&app).await.unwrap();
        app.clock.advance_ms(GONE_RECHECK_MS);
        settle_due(&app).await.unwrap();
        assert_eq!(releases(&app).await[0].0, state);
    }
}

#[tokio::test]
async fn a_release_dated_in_the_future_waits_f10() {
    let (app, office, _folder) = watching(0).await;
    office.publish("tomorrow", "Tomorrow", "Sat, 17 Feb 2024 15:00:00 +0000");
    poll(&app).await;
    assert_eq!(settle_due(&app).await.unwrap(), 0);
    assert_eq!(releases(&app).await[0].0, "settling");
    app.clock.advance_ms(24 * HOUR);
    assert_eq!(settle_due(&app).await.unwrap(), 1);
}

#[tokio::test]
async fn validators_are_sent_back_but_not_for_an_hour_f3() {
    let (app, office, _folder) = watching(0).await;
    office.change(|site| site.etag = Some("W/\"v 1\"".to_owned()));
    app.clock.advance_ms(HOUR);
    poll(&app).await;
    // Published late: the site's validator does not change for it.
    office.publish("hidden", "Hidden", TODAY);
    let mut minutes = 0;
    while releases(&app).await.is_empty() {
        minutes += 1;
        app.clock.advance_ms(MINUTE);
        poll(&app).await;
        assert!(minutes <= 60, "hidden for more than an hour");
    }
    assert!(
        office.change(|site| site.conditional) > 50,
        "it does ask with validators"
    );
    assert!(minutes > 50);
}

#[tokio::test]
async fn an_error_page_is_a_failure_and_not_an_empty_feed_f6() {
    let (app, office, _folder) = watching(0).await;
    office.change(|site| site.error_page = true);
    assert_eq!(poll(&app).await.failed, 1);
    assert_eq!(poll(&app).await.failed, 1);
    let source = super::list_sources(&app).await.unwrap().remove(0);
    assert_eq!(source.failures, 2);
    assert!(source.last_error.is_some());
    assert_eq!(
        source.next_poll_at.as_millisecond(),
        app.clock.now_ms() + 2 * MINUTE,
        "it waits longer"
    );
    office.change(|site| site.error_page = false);
    assert_eq!(
        poll(&app).await,
        PollSummary {
            polled: 1,
            ..Default::default()
        }
    );
    assert_eq!(super::list_sources(&app).await.unwrap()[0].failures, 0);
}

#[tokio::test]
async fn fetching_stays_within_its_bounds_f11() {
    let (app, _folder) = testing::app(Clock::system()).await;
    let office = Office::open().await;
    let fetcher = super::fetch::Fetcher::new(&app).await.unwrap();
    let get = async |path: &str| {
        fetcher
            .body(&format!("{}{path}", office.url).parse().unwrap())
            .await
            .map(|_| ())
            .unwrap_err()
    };
    assert!(matches!(get("/to-metadata").await, FetchError::Private(_)));
    assert!(matches!(get("/circle").await, FetchError::Redirects(_)));
    assert!(matches!(get("/large").await, FetchError::Large(_)));
    assert!(matches!(get("/nowhere").await, FetchError::Status(..)));
}

#[tokio::test]
async fn a_post_behind_a_password_waits_for_a_person_f2() {
    let (app, office, _folder) = watching(0).await;
    office.publish(
        "secret",
        "Protected: Draft of a letter",
        "2024-02-16T15:00:00Z",
    );
    let summary = poll(&app).await;
    assert_eq!((summary.new, summary.held), (1, 1));
    assert!(releases(&app).await[0].1.contains("behind a password"));
}

#[tokio::test]
async fn a_source_takes_only_a_topic_that_exists() {
    let (app, _office, _folder) = watching(0).await;
    let first = super::list_sources(&app).await.unwrap()[0].id;
    let error = super::set_topic(&app, first, "nonsense").await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("there is no topic `nonsense`; there is `press"),
        "{error}"
    );
    super::set_topic(&app, first, "press").await.unwrap();
}

/// A correction that comes with another date is dated so.
#[tokio::test]
async fn a_release_that_the_office_corrects_is_dated_as_it_says_then() {
    let (app, office, _folder) = watching(600).await;
    office.publish("new", "A new release", TODAY);
    poll(&app).await;
    let published = "SELECT max(published_at) FROM release";
    let first = number(&app, published).await;
    app.clock.advance_ms(5 * MINUTE);
    office.change(|site| {
        site.posts[0].text = "<p>The corrected text of the office’s release.</p>".to_owned();
        "Fri, 16 Feb 2024 15:02:00 +0000".clone_into(&mut site.posts[0].date);
    });
    poll(&app).await;
    app.clock.advance_ms(5 * MINUTE);
    assert_eq!(settle_due(&app).await.unwrap(), 1);
    assert!(releases(&app).await[0].2.contains("corrected text"));
    assert_eq!(number(&app, published).await, first + 3 * MINUTE);
}

/// A release that is added again says when it was published now.
#[tokio::test]
async fn a_release_that_is_added_again_is_dated_as_its_page_is_now() {
    let (app, _folder) = testing::app(Clock::fixed_at(NOW.parse().unwrap())).await;
    let office = Office::open().await;
    office.publish("hearing", "Hearing", TODAY);
    let dated = |day: &str| {
        format!(
            "<p><time datetime=\"{day}T10:00:00Z\">{day}</time></p>\
             <p>Washington, DC – Today the office says all there is to say about the hearing of {day}.</p>"
        )
    };
    let url = format!("{}/hearing/", office.url);
    let published = "SELECT published_at FROM release";
    let mut instants = Vec::new();
    for day in ["2024-02-12", "2024-02-14"] {
        office.change(|site| site.posts[0].text = dated(day));
        super::add(&app, &url, None).await.unwrap();
        instants.push(number(&app, published).await);
    }
    assert_eq!(number(&app, "SELECT count(*) FROM release").await, 1);
    assert!(instants[0] < instants[1], "{instants:?}");
    let log = "SELECT count(*) FROM audit WHERE action = 'release.add' AND who = 'operator'";
    assert_eq!(number(&app, log).await, 2);
}

#[tokio::test]
async fn a_hub_that_tells_of_news_while_a_look_is_under_way_means_another_look() {
    for failing in [false, true] {
        let (app, office, _folder) = watching(0).await;
        office.change(|site| site.error_page = failing);
        // As `websub::notified` writes it, once, after the poll has read its row.
        let told = "UPDATE source SET found = 'told', next_poll_at = NEW.next_poll_at - 1, last_unconditional_at = NULL";
        let when = "NEW.poll_began_at IS NOT NULL AND NEW.found <> 'told'";
        let trigger = if app.db.is_sqlite() {
            format!(
                "CREATE TRIGGER told AFTER UPDATE OF poll_began_at ON source WHEN {when} BEGIN {told}; END"
            )
        } else {
            format!(
                "CREATE FUNCTION told() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {told}; RETURN NULL; END $$;
                 CREATE TRIGGER told AFTER UPDATE OF poll_began_at ON source FOR EACH ROW WHEN ({when})
                 EXECUTE FUNCTION told()"
            )
        };
        app.db.pool().execute_unprepared(&trigger).await.unwrap();
        assert_eq!(poll(&app).await.polled, 2, "{failing}: asked again at once");
    }
}

#[tokio::test]
async fn a_source_whose_last_look_never_ended_is_asked_more_rarely() {
    let (app, _office, _folder) = watching(0).await;
    let mut waits = Vec::new();
    for _ in 0..4 {
        // The process ended in the midst of a look.
        let broken = "UPDATE source SET poll_began_at = 1, next_poll_at = $1";
        app.db
            .execute(broken, values![app.clock.now_ms()])
            .await
            .unwrap();
        let polled = poll_due(&app).await.unwrap();
        assert_eq!((polled.polled, polled.failed), (0, 1));
        let source = super::list_sources(&app).await.unwrap().remove(0);
        assert!(source.last_error.unwrap().contains("never ended"));
        waits.push(source.next_poll_at.as_millisecond() - app.clock.now_ms());
    }
    assert_eq!(waits, [1, 2, 4, 8].map(|minutes| minutes * MINUTE));
    assert_eq!(poll(&app).await.failed, 0);
    assert_eq!(super::list_sources(&app).await.unwrap()[0].failures, 0);
}

#[tokio::test]
async fn two_who_look_at_a_source_at_once_ask_it_once_and_neither_calls_that_a_failure() {
    crate::db::several_connections();
    crate::db::several_connections();
    let (app, office, _folder) = watching(0).await;
    let asked = || office.change(|site| site.conditional + site.unconditional);
    let is_due = async || {
        let due = "UPDATE source SET next_poll_at = $1";
        let now = values![app.clock.now_ms()];
        app.db.execute(due, now).await.unwrap();
    };
    for _ in 0..5 {
        let before = asked();
        is_due().await;
        let (one, other) = tokio::join!(poll_due(&app), poll_due(&app));
        let (one, other) = (one.unwrap(), other.unwrap());
        assert_eq!(
            (one.polled + other.polled, one.failed + other.failed),
            (1, 0)
        );
        assert_eq!(asked(), before + 1);
    }
    let looked_at = async |sign_of_life: i64| {
        is_due().await;
        let looked_at = "UPDATE source SET poll_began_at = $1";
        app.db
            .execute(looked_at, values![sign_of_life])
            .await
            .unwrap();
    };
    // Another process looks at it, and said so a while ago.
    let before = asked();
    looked_at(app.clock.now_ms() - MINUTE / 2).await;
    assert_eq!(poll_due(&app).await.unwrap(), PollSummary::default());
    // It says nothing any more; one of those who see that counts the failure.
    app.clock.advance_ms(MINUTE);
    let (one, other) = tokio::join!(poll_due(&app), poll_due(&app));
    assert_eq!(one.unwrap().failed + other.unwrap().failed, 1);
    // One of before the clock was set back is gone, too.
    looked_at(app.clock.now_ms() + HOUR).await;
    assert_eq!(poll_due(&app).await.unwrap().failed, 1);
    assert_eq!(asked(), before);
}

#[tokio::test]
async fn what_the_command_line_does_to_a_source_stands_in_the_audit_log() {
    let (app, _office, _folder) = watching(0).await;
    super::set_source(&app, 1, &[("every", "120")])
        .await
        .unwrap();
    super::remove_source(&app, 1).await.unwrap();
    for action in ["source.add", "source.set", "source.remove"] {
        let log = format!(
            "SELECT count(*) FROM audit WHERE who = 'operator' AND object = 'source/1' AND action = '{action}'"
        );
        assert_eq!(number(&app, &log).await, 1, "{action}");
    }
}

/// The subjects and texts of the mails that wait for staff.
async fn notices(app: &App) -> Vec<String> {
    let mails = "SELECT content FROM transactional_mail ORDER BY id";
    db::scalars(app.db.pool(), mails, []).await.unwrap()
}

#[tokio::test]
async fn staff_hear_once_of_a_source_that_fails_for_hours_and_again_when_it_is_well() {
    let (app, office, _folder) = watching(0).await;
    let settings = [
        ("name", "Office of Rep. Jane Doe"),
        ("from", "news@example.gov"),
        ("postal-address", "1 Main St, Tustin, CA"),
    ];
    crate::office::Office::set_all(&app.db, "operator", &settings, 0)
        .await
        .unwrap();
    crate::test_data::member(&app, "e@x.gov", crate::accounts::Role::Editor).await;
    office.change(|site| site.error_page = true);
    for hour in 0..3 {
        poll(&app).await;
        assert_eq!(
            super::notify_staff(&app).await.unwrap(),
            0,
            "{hour}: sites fail for a while"
        );
        assert!(super::failing_sources(&app).await.unwrap().is_empty());
        app.clock.advance_ms(HOUR);
    }
    poll(&app).await;
    assert_eq!(super::notify_staff(&app).await.unwrap(), 1);
    assert_eq!(super::notify_staff(&app).await.unwrap(), 0, "once");
    let failing = super::failing_sources(&app).await.unwrap();
    assert_eq!(failing.len(), 1);
    let mail = &notices(&app).await[0];
    for needed in [
        "cannot be read",
        "Gazette/",
        "robots.txt",
        office.url.as_str(),
        "news@example.gov",
    ] {
        assert!(mail.contains(needed), "{needed}: {mail}");
    }
    office.change(|site| site.error_page = false);
    poll(&app).await;
    // What is noticed within a minute of a mail goes into the next one.
    app.clock.advance_ms(crate::clock::MINUTE);
    assert_eq!(super::notify_staff(&app).await.unwrap(), 1);
    assert!(notices(&app).await[1].contains("can be read again"));
    assert_eq!(super::notify_staff(&app).await.unwrap(), 0);
    assert!(super::failing_sources(&app).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_release_under_another_title_and_address_with_the_same_text_and_date_is_held() {
    let (app, office, _folder) = watching(0).await;
    office.publish("first", "Kim leads letter", TODAY);
    poll(&app).await;
    app.clock.advance_ms(HOUR);
    let text = office.change(|site| site.posts[0].text.clone());
    office.publish("second", "A letter to the Secretary", TODAY);
    office.change(|site| site.posts[0].text = text);
    assert_eq!(poll(&app).await.held, 1);
    assert!(releases(&app).await[1].1.contains("text and date"));
    // So is one whose date has lost its hour.
    app.clock.advance_ms(HOUR);
    let text = office.change(|site| site.posts[0].text.clone());
    office.publish("again", "A letter", "Fri, 16 Feb 2024 00:00:00 +0000");
    office.change(|site| site.posts[0].text = text);
    assert_eq!(poll(&app).await.held, 1);
    assert!(releases(&app).await[2].1.contains("text and date"));
    // Another text of that day is another release.
    app.clock.advance_ms(HOUR);
    office.publish("third", "A third one", TODAY);
    assert_eq!(poll(&app).await.held, 0);
}

#[tokio::test]
async fn what_the_feed_pushed_off_since_the_last_look_is_read_from_its_next_parts() {
    let (app, office, _folder) = watching(0).await;
    office.change(|site| site.per_part = Some(2));
    for slug in ["a", "b", "c"] {
        office.publish(slug, &format!("Release {slug}"), TODAY);
    }
    // The first part has two of them, the next the third and the old one.
    assert_eq!(poll(&app).await.new, 3);
    assert!(!releases(&app).await[0].1.contains("come and gone"));
}

#[tokio::test]
async fn a_list_without_anything_of_the_last_look_is_held_because_others_may_be_missing() {
    let (app, office, _folder) = watching(0).await;
    for slug in ["a", "b", "c", "d"] {
        office.publish(slug, &format!("Release {slug}"), TODAY);
    }
    office.change(|site| site.posts[4].listed = false);
    assert_eq!(poll(&app).await.held, 4);
    assert!(releases(&app).await[0].1.contains("come and gone"));
}

#[tokio::test]
async fn a_site_that_is_a_source_already_is_not_added_as_another_one() {
    let (app, office, _folder) = watching(0).await;
    for slug in ["a", "b", "c"] {
        office.publish(slug, &format!("Release {slug}"), TODAY);
    }
    poll(&app).await;
    let error = add_source(&app, &format!("{}?copy=1", office.feed()), Policy::Auto, 0)
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("comes from source 1 already"),
        "{error}"
    );
}

#[tokio::test]
async fn what_a_newer_reader_makes_of_an_untouched_page_is_no_change_by_the_office() {
    let same =
        "<p>Washington, DC – Today the office says all there is to say about A bridge opens.</p>";
    let other = "<p>Washington, DC – Today the office says that nothing of it was true.</p>";
    for (source_hash, text, is_changed) in [
        // The page is as it was.
        ("source_hash", same.to_owned(), 0),
        // Only what stands around the release is new.
        (
            "NULL",
            format!("{same}<div class=\"related\"><a href=/x>Another one</a></div>"),
            0,
        ),
        // The office changed it just then.
        ("NULL", other.to_owned(), 1),
    ] {
        let (app, office, _folder) = watching(0).await;
        office.publish("bridge", "A bridge opens", TODAY);
        poll(&app).await;
        // As if an earlier reader had read it, who made something else of it.
        let read = format!(
            "UPDATE release SET content_hash = $1, reader_version = 1, source_hash = {source_hash}
             WHERE state = 'settled'"
        );
        let read = app.db.execute(&read, values![vec![0_u8]]).await.unwrap();
        assert_eq!(read, 1);
        office.change(|site| site.posts[0].text = text);
        app.clock.advance_ms(20 * MINUTE);
        assert_eq!(
            revisit_due(&app).await.unwrap(),
            is_changed,
            "{source_hash}"
        );
        app.clock.advance_ms(2 * HOUR);
        assert_eq!(revisit_due(&app).await.unwrap(), 0, "{source_hash}");
        // And what the office changes from here on is seen.
        office.change(|site| site.posts[0].text = "<p>The bridge is closed again.</p>".to_owned());
        app.clock.advance_ms(2 * HOUR);
        assert_eq!(revisit_due(&app).await.unwrap(), 1, "{source_hash}");
    }
}
