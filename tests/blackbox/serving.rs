//! `gazette serve` from its first line to its last.

use std::{collections::HashSet, net::SocketAddr, sync::atomic::Ordering::Relaxed, time::Duration};

use axum::{
    body::{Body, to_bytes},
    extract::ConnectInfo,
    http::Request,
};
use gazette::web;
use tower::ServiceExt;

use crate::{
    app::TestApp,
    program::{IMPORT_LIST, Program},
    relay::Relay,
};

/// A newsletter to so many readers, approved; its number.
pub async fn approved(program: &Program, readers: usize) -> String {
    let readers: Vec<String> = (0..readers)
        .map(|n| format!("reader{n}@example.org"))
        .collect();
    let list = readers.join("\n");
    std::fs::write(program.folder().join("list.csv"), format!("email\n{list}")).unwrap();
    assert_eq!(program.run(&IMPORT_LIST).await.status, 0);
    let release =
        "A bridge opens\n\nWashington, DC – Today a bridge opened. Everyone may cross it.\n";
    let id = program.draft(release).await;
    let send = program.run(&["newsletters", "approve", &id]).await;
    assert_eq!(send.status, 0, "{}", send.err);
    id
}

async fn counts(program: &Program, id: &str) -> serde_json::Value {
    let shown = program.run(&["newsletters", "show", id, "--json"]).await;
    let shown: serde_json::Value = serde_json::from_str(&shown.out).unwrap();
    shown["counts"].clone()
}

#[tokio::test]
async fn sigterm_in_the_middle_of_sending_ends_well_and_loses_and_repeats_nothing() {
    const READERS: usize = 600;
    let relay = Relay::start().await;
    relay.delay_ms.store(150, Relaxed);
    let program = Program::new()
        .with("GAZETTE_SMTP_URL", &relay.url)
        .with_office()
        .await;
    let id = approved(&program, READERS).await;
    let serving = program.serve().await;
    while relay.taken().len() < 30 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let (status, took, _) = serving.stop().await;
    assert_eq!(status, 0);
    assert!(took < Duration::from_secs(10), "{took:?}");
    let taken = relay.taken().len();
    assert!(taken < READERS, "the test came too late");
    let now = counts(&program, &id).await;
    assert_eq!(now["accepted"], taken, "{now}");
    assert_eq!(now["claimed"], 0, "{now}");

    relay.delay_ms.store(0, Relaxed);
    let serving = program.serve().await;
    while relay.taken().len() < READERS {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(serving.stop().await.0, 0);
    let taken = relay.taken();
    let people: HashSet<&str> = taken.iter().map(|mail| mail.to.as_str()).collect();
    assert_eq!((taken.len(), people.len()), (READERS, READERS));
}

#[tokio::test]
async fn the_first_start_says_where_everything_is_and_json_logs_are_json() {
    let program = Program::new()
        .with("GAZETTE_LOG_FORMAT", "json")
        .with("GAZETTE_LOG", "debug");
    let serving = program.serve().await;
    for words in [
        "/mailbox",
        "gazette office set",
        "gazette staff first-link",
        "gazette.db",
    ] {
        assert!(serving.said.contains(words), "{}", serving.said);
    }
    let ready = reqwest::get(format!("{}/health/ready", serving.base))
        .await
        .unwrap();
    let ready: serde_json::Value = ready.json().await.unwrap();
    assert_eq!(
        ready,
        serde_json::json!({
            "ready": true,
            "why": [],
            "office_complete": false,
            "sources_failing": [],
            "mails_put_off": null,
            "release_events_set_aside": 0
        })
    );
    let metrics = reqwest::get(format!("{}/metrics", serving.base))
        .await
        .unwrap();
    let metrics = metrics.text().await.unwrap();
    for line in metrics.lines().filter(|line| !line.starts_with('#')) {
        let name = line.split(['{', ' ']).next().unwrap();
        assert!(metrics.contains(&format!("# HELP {name} ")), "{line}");
        assert!(
            line.rsplit(' ').next().unwrap().parse::<u64>().is_ok(),
            "{line}"
        );
    }
    assert!(metrics.contains("\ngazette_workers 1\n"), "{metrics}");
    let (status, _, log) = serving.stop().await;
    assert_eq!(status, 0);
    assert!(log.lines().count() > 3, "{log}");
    for line in log.lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        for field in ["timestamp", "level", "message", "target"] {
            assert!(line[field].is_string(), "{field} is missing: {line}");
        }
    }
}

#[tokio::test]
async fn a_site_without_tls_is_warned_about_and_no_link_that_makes_an_admin_stands_in_the_journal()
{
    let relay = Relay::start().await;
    let program = Program::new().with("GAZETTE_SMTP_URL", &relay.url);
    let plain = "export GAZETTE_PUBLIC_URL=http://news.doe.example";
    let serving = program.serve_under(plain).await;
    let said = serving.said.clone();
    assert!(said.contains("gazette staff first-link"), "{said}");
    let (_, _, log) = serving.stop().await;
    assert!(log.contains("the public URL is not https"), "{log}");
    for text in [said, log] {
        assert!(!text.contains("/staff/welcome"), "{text}");
    }
}

#[tokio::test]
async fn without_a_worker_and_a_scheduler_it_is_not_ready_and_says_why() {
    let running = TestApp::start_web().await;
    let app = &running.app;
    // Who asks from afar learns no more than whether.
    for (from, told) in [([203, 0, 113, 9], false), ([127, 0, 0, 1], true)] {
        let from = ConnectInfo(SocketAddr::from((from, 4711)));
        let request = Request::get("/health/ready").extension(from);
        let request = request.body(Body::empty()).unwrap();
        let answer = web::router(app.clone()).oneshot(request).await.unwrap();
        assert_eq!(answer.status(), 503);
        let body = to_bytes(answer.into_body(), 10_000).await.unwrap();
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(body["ready"], false);
        let why = body["why"].to_string();
        for part in [
            "no scheduler",
            "no delivery worker",
            "start `gazette serve`",
        ] {
            assert_eq!(why.contains(part), told, "{why}");
        }
    }
}

#[tokio::test]
async fn figures_are_for_our_own_networks_and_counted_once_for_all_who_ask() {
    let app = TestApp::start().await;
    let figure = async || {
        let text = app.get("/metrics").await.text().await.unwrap();
        let line = text
            .lines()
            .find(|line| line.starts_with("gazette_subscribers{"));
        line.map(str::to_owned)
    };
    let before = figure().await;
    app.import(&["ana@example.org".to_owned()]).await;
    assert_eq!(figure().await, before);
    for from in ["203.0.113.9", "unknown", "127.0.0.1"] {
        let asked = app.client.get(app.url("/metrics"));
        let answer = asked.header("x-forwarded-for", from).send().await.unwrap();
        assert_eq!(answer.status(), 404, "{from}");
    }
    let asked = app.client.get(app.url("/metrics"));
    let answer = asked
        .header("x-forwarded-for", "10.0.0.9")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
}
