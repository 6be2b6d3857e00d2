//! Several processes on one database, and one after the other (rule S2).

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{Router, http::header::CONTENT_TYPE, routing::get};
use gazette::{
    clock::{MINUTE, SECOND},
    newsletters,
    releases::{self, Policy},
    scheduler,
};
use tokio::net::TcpListener;

use crate::{
    app::TestApp,
    peer::{Act, PIPELINING, Peer, Stage},
    relay_faults::{approve, progress},
};

#[tokio::test(flavor = "multi_thread")]
async fn on_postgresql_a_worker_hears_at_once_what_another_process_approved() {
    if std::env::var("GAZETTE_TEST_POSTGRES_URL").is_err() {
        return;
    }
    let peer = Peer::start(PIPELINING, |_| None).await;
    let app = TestApp::start_with(&["--smtp-url", &peer.url(), "--smtp-connections", "2"]).await;
    app.import(&["ana@example.org".to_owned()]).await;
    let command_line = app.another().await;
    for round in 1..=4 {
        let newsletter = app.draft(&format!("round {round}")).await;
        let asked = Instant::now();
        newsletters::approve(&command_line, newsletter, "test", None, 0)
            .await
            .unwrap();
        app.until("the message", async || {
            (peer.seen().received.len() == round).then_some(())
        })
        .await;
        let took = asked.elapsed();
        println!("the message came after {took:?}");
        // Who does not hear looks every five seconds; and it has just looked, when the round before
        // ended. The first round is the one in which the worker may still be starting.
        assert!(took < Duration::from_secs(3) || round == 1, "{took:?}");
        app.finished(newsletter).await;
    }
    app.stop().await;
}

/// A feed that takes so long that whoever would ask beside the first has asked, too.
async fn slow_feed(asked: Arc<AtomicUsize>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let feed = move || {
        let asked = asked.clone();
        async move {
            asked.fetch_add(1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(1_500)).await;
            let feed = r#"<?xml version="1.0"?><rss version="2.0"><channel><title>Doe</title>
                <item><guid>1</guid><title>A bridge opens</title><link>https://doe.example/1</link></item></channel></rss>"#;
            ([(CONTENT_TYPE, "application/rss+xml")], feed)
        }
    };
    let router = Router::new().route("/feed", get(feed));
    tokio::spawn(async move { axum::serve(listener, router).await });
    address.to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_schedulers_on_one_database_ask_a_source_as_often_as_one_and_one_takes_over() {
    let asked = Arc::new(AtomicUsize::new(0));
    let site = slow_feed(asked.clone()).await;
    let app = TestApp::start_with(&["--fetch-allow", &site]).await;
    let other = app.another().await;
    let second = tokio::spawn(scheduler::run(other.clone()));
    let url = format!("http://{site}/feed");
    let source = releases::add_source(&app.app, &url, Policy::Approve, 0)
        .await
        .unwrap();
    let polled_at = async || {
        let listed = releases::list_sources(&app.app).await.unwrap();
        let source = listed.into_iter().find(|listed| listed.id == source);
        source.unwrap().last_polled_at
    };
    let until_polled = async || {
        app.until("the look", async || {
            (polled_at().await == Some(app.app.clock.now())).then_some(())
        })
        .await;
        // Both have had their turn since.
        tokio::time::sleep(Duration::from_millis(1_500)).await;
    };
    // It is due in time for the lease of whoever is in turn: were that over at the same instant, either might
    // begin a look, and one would be taken back.
    let comes_due = async || {
        app.app.clock.advance_ms(3 * SECOND);
        releases::be_due(&app.app, source).await.unwrap();
    };
    until_polled().await;
    let before = asked.load(Ordering::SeqCst);
    for round in 1..=3 {
        comes_due().await;
        until_polled().await;
        assert_eq!(asked.load(Ordering::SeqCst), before + round);
    }
    // The one ends; the other needs no lease to end for that.
    app.app.shutdown.cancel();
    comes_due().await;
    until_polled().await;
    assert_eq!(asked.load(Ordering::SeqCst), before + 4);
    other.shutdown.cancel();
    second.await.unwrap();
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_asks_for_a_look_while_one_is_under_way_gets_another_and_counts_no_failure() {
    let asked = Arc::new(AtomicUsize::new(0));
    let site = slow_feed(asked.clone()).await;
    let app = TestApp::start_with(&["--fetch-allow", &site]).await;
    let url = format!("http://{site}/feed");
    let source = releases::add_source(&app.app, &url, Policy::Approve, 0)
        .await
        .unwrap();
    let has_ended = async || {
        let outcome = releases::outcome_when_due(&app.app, source).await.unwrap();
        outcome.filter(|_| asked.load(Ordering::SeqCst) > 1)
    };
    app.until("the first look", has_ended).await;

    // The scheduler looks; somebody at the command line asks for the same.
    let before = asked.load(Ordering::SeqCst);
    app.app.clock.advance_ms(3_600 * SECOND);
    app.app.scheduler_wakeup.notify_one();
    app.until("the scheduler's look", async || {
        (asked.load(Ordering::SeqCst) > before).then_some(())
    })
    .await;
    let by_hand = app.another().await;
    releases::be_due(&by_hand, source).await.unwrap();
    let looked = releases::poll_due(&by_hand).await.unwrap();
    assert_eq!(looked, releases::PollSummary::default());
    let outcome = app.until("the look that was asked for", has_ended).await;
    assert_eq!(outcome, None);
    assert_eq!(asked.load(Ordering::SeqCst), before + 2);
    let listed = releases::list_sources(&app.app).await.unwrap();
    assert_eq!(listed[0].failures, 0);
    app.stop().await;
}

#[tokio::test]
async fn s2_a_restart_neither_forgets_what_was_put_off_nor_tries_it_at_once() {
    let peer = Peer::start(PIPELINING, |moment| {
        let late = moment.stage == Stage::Rcpt && moment.line.contains("late@") && moment.nth <= 2;
        late.then_some(Act::Say("451 4.7.1 not now"))
    })
    .await;
    let app = TestApp::start_with(&["--smtp-url", &peer.url(), "--smtp-connections", "1"]).await;
    app.import(&["late@example.org".to_owned(), "ana@example.net".to_owned()])
        .await;
    let newsletter = app.draft("restart").await;
    approve(&app, newsletter).await;
    app.until("the deferral", async || {
        let (_, counts) = progress(&app, newsletter).await;
        (counts.deferred == 1 && counts.accepted == 1).then_some(())
    })
    .await;
    let row = async |app: &TestApp| {
        let at = app.count("SELECT at FROM delivery WHERE state = 2").await;
        let attempts = "SELECT cast(attempts AS BIGINT) FROM delivery WHERE state = 2";
        (at, app.count(attempts).await)
    };
    let tried = || {
        let seen = peer.seen();
        let late = seen.announced.iter().filter(|one| one.to.contains("late@"));
        late.count()
    };
    let deferred = row(&app).await;
    assert_eq!((deferred.1, tried()), (1, 1));

    let app = app.restart().await;
    assert_eq!(row(&app).await, deferred);
    let wait = deferred.0 - app.app.clock.now_ms();
    app.app.clock.advance_ms(wait - MINUTE);
    // Twice as long as until the queue is looked at.
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!((row(&app).await, tried()), (deferred, 1));
    app.app.clock.advance_ms(MINUTE);
    assert_eq!(app.finished(newsletter).await.accepted, 2);
    assert_eq!(tried(), 2);
    app.stop().await;
}
